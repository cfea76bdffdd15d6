"""Rows of different lengths, both directions, and targets that do not count.

`test_parity.py` holds the same to PyTorch's packed sequences.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib.functions import cross_entropy
from lessons_lib.layers import GRU, LSTM, RNN, Bidirectional
from lessons_lib.models import LanguageModel
from tests.errors import check_error, says
from tests.strategies import (
    Sizes,
    check_gradients,
    each_kind,
    make_case,
    make_layer,
    pack,
    relative_error,
    run_layer,
    seeds,
    sizes,
    unpack,
)


def draw_case(kind, size):
    """A case whose rows have lengths of their own, with NaN past their ends."""
    lengths = size.rng().integers(1, size.T + 1, size.N)
    case = make_case(kind, size)._replace(lengths=lengths)
    for array in (case.x, case.dhs):
        array[np.arange(size.T)[:, None] >= lengths] = np.nan
    return case


@each_kind
@given(size=sizes())
@settings(max_examples=25)
def test_each_row_is_what_it_is_alone(kind, size):
    case = draw_case(kind, size)
    found = run_layer(make_layer(kind, case), case)
    total = dict.fromkeys((f"d{name}" for name in case.params), 0.0)
    for row, end in enumerate(case.lengths):
        alone = case._replace(
            x=case.x[:end, row : row + 1],
            state=tuple(part[row : row + 1] for part in case.state),
            dhs=case.dhs[:end, row : row + 1],
            dstate=tuple(part[row : row + 1] for part in case.dstate),
            lengths=None,
        )
        expected = run_layer(make_layer(kind, case), alone)
        for name, value in expected.items():
            if name in total:
                total[name] = total[name] + value
            elif name in ("hs", "dx"):
                assert relative_error(found[name][:end, row : row + 1], value) <= 1e-12
                assert not found[name][end:, row].any()
            else:
                assert relative_error(found[name][row : row + 1], value) <= 1e-12
    for name, value in total.items():
        assert relative_error(found[name], value) <= 1e-12


@each_kind
def test_numerical_gradients_to_the_last_states_of_rows_that_end_early(kind):
    case = draw_case(kind, Sizes(T=4, N=3, D=2, H=3, seed=5))
    assert sorted(case.lengths) != [4, 4, 4] and case.lengths.max() > 1
    inside = (np.arange(4)[:, None] < case.lengths)[..., None]
    case = case._replace(dhs=np.where(inside, case.dhs, 0), x=np.where(inside, case.x, 0))
    layer = make_layer(kind, case)

    def loss(point):
        layer.params = {name: point[name] for name in case.params}
        state = tuple(point[letter] for letter in "hc"[: kind.num_states])
        hs, last = layer.forward(point["x"], pack(state), lengths=case.lengths)
        return case.loss(hs, unpack(last))

    results = run_layer(layer, case)
    check_gradients(loss, case.point(), {name: results[f"d{name}"] for name in case.point()})


@each_kind
def test_full_lengths_change_nothing_and_the_next_call_has_none(kind):
    case = make_case(kind, Sizes(T=3, N=2, D=4, H=5, seed=2))
    layer = make_layer(kind, case)
    expected = run_layer(layer, case)
    for lengths in ([3, 3], np.array([3, 3], np.uint8), None):
        for name, value in run_layer(layer, case._replace(lengths=lengths)).items():
            np.testing.assert_array_equal(value, expected[name])


x = np.zeros((4, 3, 2))


@says(
    *(
        (lambda lengths=lengths: RNN(2, 5).forward(x, lengths=lengths), words)
        for lengths, words in (
            ([1, 2], r"ValueError: lengths: expected one for each row, \(3,\), got \(2,\)"),
            (np.array(4), r"ValueError: lengths: expected one for each row, \(3,\), got \(\)"),
            ([0, 1, 2], "ValueError: lengths: expected values from 1 to 4, got 0"),
            ([1, 2, 5], "ValueError: lengths: expected values from 0 to 4, got .* 1 to 5"),
            ([-1, 1, 1], "ValueError: lengths: expected values from 0 to 4, got .* -1 to 1"),
            ([1.0, 2.0, 3.0], "TypeError: lengths: expected integers, got dtype float64"),
        )
    ),
    (lambda: Bidirectional(RNN(2, 5), None), "TypeError: reverse_layer: expected .*, got NoneType"),
    (lambda: Bidirectional(RNN(2, 5), RNN(2, 4)), r"ValueError: reverse_layer: expected .*\(2, 4,"),
    (
        lambda: Bidirectional(GRU(2, 5), GRU(2, 5)).forward(x, np.zeros((3, 5))),
        "TypeError: state: expected a pair, one for each direction",
    ),
    (lambda: Bidirectional(*[RNN(2, 5)] * 2), "ValueError: reverse_layer: expected a layer of its"),
    (
        lambda: Bidirectional(LSTM(2, 5), LSTM(2, 5)).backward(x),
        "RuntimeError: Bidirectional.backward needs a forward",
    ),
)
def test_what_is_refused(call, words):
    check_error(call, words)


@each_kind
@given(size=sizes(largest=3))
@settings(max_examples=10)
def test_both_directions_are_two_layers_of_which_one_reads_turned_rows(kind, size):
    cases = [draw_case(kind, size), make_case(kind, size._replace(seed=size.seed + 1))]
    lengths = cases[0].lengths
    both = Bidirectional(*(kind.layer(size.D, size.H, dtype=np.float64) for _ in cases))
    for direction, case in zip(("forward", "reverse"), cases, strict=True):
        both.params |= {f"{direction}.{name}": value for name, value in case.params.items()}

    hs, state = both.forward(cases[0].x, [pack(c.state) for c in cases], lengths=lengths)
    dhs = np.concatenate([c.dhs for c in cases], axis=-1)
    dx, dstate = both.backward(dhs, [pack(c.dstate) for c in cases])

    def turned(values):
        """Each row from its end to its beginning, as a loop."""
        result = np.zeros_like(values)
        for row, end in enumerate(lengths):
            result[:end, row] = values[:end, row][::-1]
        return result

    one = run_layer(make_layer(kind, cases[0]), cases[0])
    other_case = cases[1]._replace(x=turned(cases[0].x), dhs=turned(cases[1].dhs), lengths=lengths)
    other = run_layer(make_layer(kind, cases[1]), other_case)
    H = size.H
    found = {"hs": hs[..., :H], "turned hs": hs[..., H:], "dx": dx}
    expected = {
        "hs": one["hs"],
        "turned hs": turned(other["hs"]),
        "dx": one["dx"] + turned(other["dx"]),
    }
    for k, results in enumerate((one, other)):
        for letter, s, ds in zip("hc", unpack(state[k]), unpack(dstate[k]), strict=False):
            found |= {f"{letter}{k}": s, f"d{letter}{k}": ds}
            expected |= {f"{letter}{k}": results[letter], f"d{letter}{k}": results[f"d{letter}"]}
        for name in cases[0].params:
            found[f"{name}{k}"] = both.grads[f"{('forward', 'reverse')[k]}.{name}"]
            expected[f"{name}{k}"] = results[f"d{name}"]
    for name, value in expected.items():
        assert relative_error(found[name], value) <= 1e-12, name


@pytest.mark.parametrize("tied", [False, True])
@given(seed=seeds, ignored=st.sampled_from([-100, -1, 3]))
@settings(max_examples=3)
def test_targets_that_do_not_count(tied, seed, ignored):
    rng = np.random.default_rng(seed)
    model = LanguageModel(5, 3, 3, rng=rng, dtype=np.float64, tie_weights=tied)
    model.params = {name: rng.uniform(-1, 1, p.shape) for name, p in model.params.items()}
    ids, targets = rng.integers(0, 5, (2, 4, 3))
    targets[rng.random((4, 3)) < 0.5] = ignored
    targets[0, 0] = 1

    def loss(point):
        model.params = dict(point)
        return model.loss(ids, targets, ignore_index=ignored)[0]

    point = dict(model.params)
    expected, _ = cross_entropy(model.forward(ids)[0], targets, ignore_index=ignored)
    assert loss(point) == pytest.approx(expected, rel=1e-12)
    model.backward()
    check_gradients(loss, point, {name: g.copy() for name, g in model.grads.items()})


def test_at_least_one_target_counts():
    ids = np.zeros((2, 3), int)
    words = "ValueError: targets: expected at least one that counts, got none"
    check_error(lambda: LanguageModel(5, 3, 3).loss(ids, ids, ignore_index=0), words)
