"""Truncation cuts what it says, the full gradient is the true one, and the echo task is an echo."""

import numpy as np
import pytest

from lessons_lib.cells import rnn_step
from lessons_lib.course.backpropagation import truncation
from lessons_lib.course.backpropagation.gradient_check import relative_error
from lessons_lib.course.shared.traces import unroll
from lessons_lib.gradients import numerical_gradient


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("T", "N", "D", "H"), [(1, 1, 1, 1), (7, 3, 2, 5)])
def test_every_input_and_state_is_kept_once(T, N, D, H):
    weights = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    _, caches = unroll(rnn_step, np.ones((T, N, D)), [np.zeros((N, H))], *weights)
    assert truncation.numbers_kept(caches) == T * N * (D + H) + N * H


def test_chunks_reach_triangles_and_windows_reach_a_band():
    full = truncation.reached_steps(10, 10, rng=rng())
    np.testing.assert_array_equal(full, np.tri(10))
    chunks = truncation.reached_steps(10, 4, rng=rng())
    t, s = np.indices((10, 10))
    np.testing.assert_array_equal(chunks, (s <= t) & (s // 4 == t // 4))
    window = truncation.reached_steps(10, 4, sliding=True, rng=rng())
    np.testing.assert_array_equal(window, (s <= t) & (t - s < 4))


@pytest.mark.parametrize("name", ["Wx", "Wh", "b"])
def test_the_full_gradient_is_the_numerical_one(name):
    net = truncation.make_net(rng(), hidden_size=4, radius=0.9)
    x, y = truncation.fading_sum(5, 3, rng(1))

    def loss(value):
        before, net.layer.params[name] = net.layer.params[name], value
        try:
            return truncation.gradient(net, x, y)[0]
        finally:
            net.layer.params[name] = before

    expected = numerical_gradient(loss, net.layer.params[name])
    assert relative_error(truncation.gradient(net, x, y)[1][name], expected) < 1e-7


@pytest.mark.parametrize("length", [1, 3, 4, 7])
def test_truncation_changes_the_gradient_and_not_the_loss(length):
    net = truncation.make_net(rng(), hidden_size=4, radius=0.9)
    x, y = truncation.fading_sum(7, 3, rng(1))
    loss, full = truncation.gradient(net, x, y)
    loss_cut, cut = truncation.gradient(net, x, y, length)
    assert loss_cut == pytest.approx(loss, rel=1e-12)  # the state is carried
    assert (truncation.distance(cut, full) < 1e-12) == (length == 7)


def test_the_fading_sum_keeps_its_share():
    x, y = truncation.fading_sum(4, 2, rng(), keep=0.5)
    np.testing.assert_allclose(y[0], x[0])
    np.testing.assert_allclose(y[3], x[3] + x[2] / 2 + x[1] / 4 + x[0] / 8)


def test_distance_is_in_units_of_the_second():
    one, two = {"a": np.array([3.0, 4.0])}, {"a": np.array([0.0, 4.0])}
    assert truncation.distance(one, two) == pytest.approx(3 / 4)
    assert truncation.distance(one, one) == 0


def test_bias_falls_with_length_and_is_larger_where_the_state_lasts():
    lengths = [1, 2, 4, 8, 16, 60]
    fading, lasting = (
        truncation.distance_by_length(lengths, radius=radius, seeds=range(3), num_rows=50)
        for radius in (0.5, 1.2)
    )
    assert fading.shape == (3, 6)
    for far in (fading, lasting):
        assert np.all(np.diff(far, axis=1) < 0)
        np.testing.assert_allclose(far[:, -1], 0, atol=1e-12)
    assert np.all(np.median(lasting, 0)[:-1] > np.median(fading, 0)[:-1])


def test_noise_shrinks_with_data_and_bias_does_not():
    full, cut = truncation.distance_by_rows([4, 400], length=4, seeds=range(4), num_reference=2000)
    assert np.all(full[:, 1] < 0.5 * full[:, 0])
    assert np.median(full[:, 1]) < 0.1
    assert np.all(cut[:, 1] > 0.2)


def test_an_echo_comes_after_its_lag():
    x, y = truncation.echo(20, 3, 4, rng())
    assert x.shape == y.shape == (20, 3, 1)
    np.testing.assert_array_equal(y[4:], x[:-4])
    assert np.abs(x).max() <= 1


# A short lag, so that training is quick; the lesson's runs have lag 8.
LAG = 3


@pytest.fixture(scope="module")
def errors():
    """Errors by position in chunks of 6, with the state carried and reset."""
    return {
        carry: truncation.error_by_position(
            truncation.train_on_echo(rng(), lag=LAG, length=6, carry=carry, num_steps=6000),
            lag=LAG,
            length=6,
            carry=carry,
        )
        for carry in (True, False)
    }


def test_a_carried_state_answers_everywhere(errors):
    assert errors[True].shape == (6,)
    assert errors[True].max() < 0.05


def test_a_reset_state_cannot_answer_before_the_lag(errors):
    assert np.all(errors[False][:LAG] > 0.9)
    assert np.all(errors[False][LAG:] < 0.1)


def test_a_net_trained_with_the_state_carried_needs_it():
    net = truncation.train_on_echo(rng(), lag=LAG, length=6, carry=True, num_steps=6000)
    carried = truncation.share_learned(net, lag=LAG, length=6, carry=True)
    reset = truncation.share_learned(net, lag=LAG, length=6, carry=False)
    assert carried > 0.95
    assert reset < 0.6


def test_too_short_a_truncation_does_not_teach_the_echo():
    net = truncation.train_on_echo(rng(), lag=8, length=2, carry=True, num_steps=4000)
    assert truncation.share_learned(net, lag=8, length=2, carry=True) < 0.5


def test_carrying_the_state_matters_from_the_second_chunk_on():
    for num_steps, same in ((4, True), (8, False)):
        one, two = (
            truncation.train_on_echo(rng(), lag=2, length=4, carry=carry, num_steps=num_steps)
            for carry in (True, False)
        )
        assert np.array_equal(one.layer.params["Wh"], two.layer.params["Wh"]) == same
