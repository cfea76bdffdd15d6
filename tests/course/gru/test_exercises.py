"""Lesson 07: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.functions import sigmoid
from lessons_lib.layers import GRU, LSTM, RNN
from tests.course.judged import result


@pytest.mark.parametrize("seed", range(3))
def test_references_agree_with_the_package(seed):
    for case in exercises.find("gru_step").cases(np.random.default_rng(seed)):
        for name, after in (("gru_step", True), ("gru_step_reset_before", False)):
            expected, _ = cells.gru_step(**case.arguments, reset_after=after)
            got = exercises.find(name)(**case.arguments)
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(
                got, expected, rtol=1e-5 if case.dtype == "float32" else 1e-12
            )
    for case in exercises.find("gru_step_backward").cases(np.random.default_rng(seed)):
        assert case.arguments["cache"].reset_after
        if case.dtype == "float64":
            expected = cells.gru_step_backward(**case.arguments)
            got = exercises.find("gru_step_backward")(**case.arguments)
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("layer", "blocks", "biases"), [(RNN, 1, 1), (GRU, 3, 2), (LSTM, 4, 1)])
def test_the_count_is_that_of_the_layers(layer, blocks, biases):
    size = sum(p.size for p in layer(5, 7).params.values())
    assert exercises.find("count_parameters")(5, 7, blocks, biases) == size


# Right answers that do it in another way.


def step_by_blocks(x, h_prev, Wx, Wh, bx, bh):
    H = h_prev.shape[1]
    b = bx + bh
    r = 1 / (1 + np.exp(-(x @ Wx[:, :H] + h_prev @ Wh[:, :H] + b[:H])))
    z = sigmoid(x @ Wx[:, H : 2 * H] + h_prev @ Wh[:, H : 2 * H] + b[H : 2 * H])
    n = np.tanh(x @ Wx[:, -H:] + bx[-H:] + r * (h_prev @ Wh[:, -H:] + bh[-H:]))
    return n + z * (h_prev - n)


def before_with_one_bias(x, h_prev, Wx, Wh, bx, bh):
    # In this variant only the sum of the two biases counts.
    step = exercises.find("gru_step_reset_before")
    return step(x, h_prev, Wx, Wh, bx + bh, 0 * bh)


def before_by_einsum(x, h_prev, Wx, Wh, bx, bh):
    D, H = len(Wx), len(Wh)
    Wx, Wh = Wx.reshape(D, 3, H), Wh.reshape(H, 3, H)
    a = np.einsum("nd,dkh->knh", x, Wx) + (bx + bh).reshape(3, 1, H)
    r, z = sigmoid(a[:2] + np.einsum("ng,gkh->knh", h_prev, Wh[:, :2]))
    n = np.tanh(a[2] + np.einsum("ng,ng,gh->nh", r, h_prev, Wh[:, 2]))
    return z * h_prev + (1 - z) * n


def backward_block_by_block(dh, cache):
    x, h_prev, Wx, Wh, r, z, n, hn, _ = cache
    Wr, Wz, Wn = np.split(Wx, 3, axis=1)
    Ur, Uz, Un = np.split(Wh, 3, axis=1)
    dn = (1 - z) * dh
    dz = h_prev * dh - n * dh
    ds = dn * (1 - n * n)
    dr = ds * hn
    ar, az, ah = dr * (r - r * r), dz * (z - z * z), ds * r
    dx = ar @ Wr.T + az @ Wz.T + ds @ Wn.T
    dh_prev = z * dh + ar @ Ur.T + az @ Uz.T + ah @ Un.T
    dWx = np.hstack([x.T @ ar, x.T @ az, x.T @ ds])
    dWh = np.hstack([h_prev.T @ ar, h_prev.T @ az, h_prev.T @ ah])
    ones = np.ones(len(dh), dh.dtype)
    return dx, dh_prev, dWx, dWh, ones @ np.hstack([ar, az, ds]), ones @ np.hstack([ar, az, ah])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("gru_step", step_by_blocks),
        ("gru_step_reset_before", before_by_einsum),
        ("gru_step_reset_before", before_with_one_bias),
        ("gru_step_backward", cells.gru_step_backward),
        ("gru_step_backward", backward_block_by_block),
    ],
)
def test_right_variants_are_accepted(name, function, seed):
    found = result(name, function, seed)
    assert (found.status, found.hint) == ("passed", None), found.message
