"""Any dtype, memory order, byte order, empty and long axes: every public function gives what it
gives for C-ordered float64, within the precision of the dtype, and leaves its arguments alone.

`CALLS` has a row for each public function and class of the mathematics; a new one without a row, or
without a reason in `NO_NUMBERS`, fails.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib import cells, functions, gradients, layers, text, training
from lessons_lib.models import LanguageModel
from lessons_lib.training import loss_split
from tests.measured import record
from tests.strategies import KINDS, pack, seeds, unpack

FLOATS = (np.float16, np.float32, np.float64, np.longdouble)
INTEGERS = (np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64)
# Errors allowed, in eps of the dtype times the largest entry: a pre-activation here has a size of
# up to 10 and is a sum of some ten rounded numbers. In a sum over a long axis errors add up as the
# steps of a random walk do: to the root of their number.
TOLERANCE = 40


VILLAGE = text.load_corpus("village").test[:60]  # more words than int8 has numbers


class Numbers:
    """Draws arrays of small multiples of 1/8, which every floating-point dtype holds exactly."""

    def __init__(self, seed: int, sizes: dict[str, int]) -> None:
        self.rng = np.random.default_rng(seed)
        self.sizes = sizes

    def floats(self, letters: str) -> np.ndarray:
        """An array whose axes have the sizes of the letters; 4 and 3 in front are factors."""
        shape = [int(axis[:-1] or 1) * self.sizes[axis[-1]] for axis in letters.split()]
        # More above 0 than below: sums over long axes grow.
        return self.rng.integers(-4, 9, shape) / 8

    def ids(self, letters: str, below: str = "D") -> np.ndarray:
        shape = [self.sizes[axis] for axis in letters.split()]
        return self.rng.integers(0, self.sizes[below], shape)


class Call(NamedTuple):
    """How a function is called: what makes its arrays, and what takes them and returns results."""

    arrays: Callable[[Numbers], dict[str, np.ndarray]]
    run: Callable[..., Any]
    smallest: int = 0  # length of an axis
    computes_in: Callable[[np.dtype], Any] = np.dtype  # dtype of the results, by that of the arrays
    writes: bool = False  # into its arguments


def of_layers(dtype: np.dtype) -> Any:
    """Parameters are float32 or float64."""
    return np.dtype(np.float32 if dtype.itemsize < 8 else np.float64)


def always_float64(dtype: np.dtype) -> Any:
    return np.dtype(np.float64)


def unchecked(f):
    """The function without the check of shapes, which knows no float128."""
    return partial(unchecked(f.func), **f.keywords) if isinstance(f, partial) else inspect.unwrap(f)


def run_step(kind, x, h, c, dh, dc, **params):
    states = (h, c)[: kind.num_states]
    step, backward = unchecked(kind.step), unchecked(kind.step_backward)
    *new, cache = step(x, *states, *params.values())
    return *new, *backward(*(dh, dc)[: kind.num_states], cache)


def params_of(kind, numbers):
    columns = f"{kind.layer(1, 1).blocks}H"
    shapes = {
        "Wx": f"D {columns}",
        "Wh": f"H {columns}",
        "b": columns,
        "bx": columns,
        "bh": columns,
    }
    return {name: numbers.floats(shapes[name]) for name in kind.layer(1, 1).params}


def step_arrays(kind, numbers):
    drawn = {"x": "N D", "h": "N H", "c": "N H", "dh": "N H", "dc": "N H"}
    return {name: numbers.floats(s) for name, s in drawn.items()} | params_of(kind, numbers)


def sequence_arrays(kind, numbers):
    return step_arrays(kind, numbers) | {
        "x": numbers.floats("T N D"),
        "dhs": numbers.floats("T N H"),
    }


def fill(layer, dtype, params):
    layer.params = {name: value.astype(dtype, copy=False) for name, value in params.items()}
    return layer


def run_recurrent(kind, x, h, c, dh, dc, dhs, **params):
    dtype = of_layers(x.dtype)
    layer = fill(kind.layer(x.shape[2], h.shape[1], dtype=dtype), dtype, params)
    n = kind.num_states
    hs, state = layer.forward(x, pack((h, c)[:n]))
    dx, dstate = layer.backward(dhs, pack((dh, dc)[:n]))
    return hs, *unpack(state), dx, *unpack(dstate), *layer.grads.values()


def run_both_directions(x, h, dh, Wx, Wh, b):
    dtype = of_layers(x.dtype)
    one, other = (layers.RNN(x.shape[2], h.shape[1], dtype=dtype) for _ in range(2))
    both = layers.Bidirectional(fill(one, dtype, {"Wx": Wx, "Wh": Wh, "b": b}), other)
    lengths = np.ones(x.shape[1], np.uint8)
    hs, state = both.forward(x, (h, h), lengths=lengths)
    dx, dstate = both.backward(hs, (dh, dh))
    return hs, *state, dx, *dstate, *both.grads.values()


def run_linear(x, dy, W, b):
    dtype = of_layers(x.dtype)
    layer = fill(layers.Linear(*W.shape, dtype=dtype), dtype, {"W": W, "b": b})
    return layer.forward(x), layer.backward(dy), *layer.grads.values()


def run_embedding(ids, dout, W):
    dtype = of_layers(W.dtype)
    layer = fill(layers.Embedding(*W.shape, dtype=dtype), dtype, {"W": W})
    rows = layer.forward(ids)
    layer.backward(dout)
    return rows, layer.grads["W"]


def run_dropout(x, dy):
    layer = layers.Dropout(0.25, rng=np.random.default_rng(0))
    return layer.forward(x), layer.backward(dy)


def run_optimizer(kind, p, g):
    dtype = of_layers(p.dtype)
    params, grads = {"p": p.astype(dtype)}, {"p": g.astype(dtype, copy=False)}
    optimizer = kind(params)
    for _ in range(2):
        optimizer.step(params, grads, 0.5, 0.25)
    return params["p"]


def small_model(ids):
    return LanguageModel(int(ids.max()) + 1, 3, 4, rng=np.random.default_rng(0), dtype=np.float64)


def read_with_a_model(measure, ids):
    return measure(small_model(ids), ids)


def run_trainer(ids):
    recipe = training.Recipe(batch_size=2, seq_len=2, embed_size=3, hidden_size=3, dtype="float64")
    trainer = training.Trainer(recipe.build(int(ids.max()) + 1), ids, recipe)
    return [trainer.step() for _ in range(3)]


def x_only(letters="T N D"):
    return lambda numbers: {"x": numbers.floats(letters)}


def some_ids(numbers, length=40):
    return {"ids": numbers.rng.integers(0, 5, length)}


def losses_and_ids(numbers):
    ids = numbers.rng.integers(0, 5, 40)
    return {"ids": ids, "losses": abs(numbers.rng.integers(0, 9, 39) / 8), "train": ids[::-1]}


def village_losses(numbers):
    return {"losses": numbers.rng.integers(0, 9, len(VILLAGE) - 1) / 8}


def step_call(name):
    kind = KINDS[name]
    return Call(partial(step_arrays, kind), partial(run_step, kind))


def sequence_call(name):
    kind = KINDS[name]
    return Call(partial(sequence_arrays, kind), partial(run_recurrent, kind), 1, of_layers)


CALLS = {
    functions.sigmoid: Call(x_only(), functions.sigmoid),
    functions.tanh: Call(x_only(), functions.tanh),
    functions.relu: Call(x_only(), functions.relu),
    functions.softmax: Call(x_only(), lambda x: [functions.softmax(x, k) for k in range(3)]),
    functions.log_softmax: Call(
        x_only(), lambda x: [functions.log_softmax(x, k) for k in range(3)]
    ),
    functions.one_hot: Call(
        lambda n: {"ids": n.ids("T N")}, lambda ids: functions.one_hot(ids, 3), 1, always_float64
    ),
    functions.check_ids: Call(
        lambda n: {"ids": n.ids("T N")},
        lambda ids: functions.check_ids(ids, 3, "ids").astype(float),
        1,
        always_float64,
    ),
    functions.cross_entropy: Call(
        lambda n: {"logits": n.floats("T N D"), "targets": n.ids("T N")}, functions.cross_entropy, 1
    ),
    cells.rnn_step: step_call("rnn"),
    cells.rnn_step_backward: step_call("rnn"),
    cells.lstm_step: step_call("lstm"),
    cells.lstm_step_backward: step_call("lstm"),
    cells.gru_step: step_call("gru"),
    cells.gru_step_backward: step_call("gru_reset_before"),
    gradients.global_norm: Call(x_only(), lambda x: gradients.global_norm(x)),
    gradients.clip_grads: Call(
        x_only(), lambda x: (gradients.clip_grads(x, np.float16(0.5)), x), writes=True
    ),
    gradients.clip_values: Call(
        x_only(), lambda x: (gradients.clip_values(x, np.float16(0.5)), x), writes=True
    ),
    gradients.numerical_gradient: Call(
        x_only("D N"),
        lambda x: gradients.numerical_gradient(
            lambda v: float((v[:3] ** 2).sum()), x[:3, :3], 0.125
        ),
        computes_in=always_float64,
    ),
    layers.RNN: sequence_call("rnn"),
    layers.LSTM: sequence_call("lstm"),
    layers.GRU: sequence_call("gru"),
    layers.RecurrentLayer: sequence_call("gru_reset_before"),
    layers.Bidirectional: Call(
        lambda n: {
            "x": n.floats("T N D"),
            "h": n.floats("N H"),
            "dh": n.floats("N H"),
            **params_of(KINDS["rnn"], n),
        },
        run_both_directions,
        1,
        of_layers,
    ),
    layers.Linear: Call(
        lambda n: {
            "x": n.floats("T N D"),
            "dy": n.floats("T N H"),
            "W": n.floats("D H"),
            "b": n.floats("H"),
        },
        run_linear,
        1,
        of_layers,
    ),
    layers.Embedding: Call(
        lambda n: {"ids": n.ids("T N"), "dout": n.floats("T N H"), "W": n.floats("D H")},
        run_embedding,
        1,
        of_layers,
    ),
    layers.Dropout: Call(lambda n: {"x": n.floats("T N D"), "dy": n.floats("T N D")}, run_dropout),
    training.SGD: Call(
        lambda n: {"p": n.floats("N D"), "g": n.floats("N D")},
        partial(run_optimizer, training.SGD),
        computes_in=of_layers,
    ),
    training.Adam: Call(
        lambda n: {"p": n.floats("N D"), "g": n.floats("N D")},
        partial(run_optimizer, training.Adam),
        computes_in=of_layers,
    ),
    training.Trainer: Call(some_ids, run_trainer),
    training.token_losses: Call(
        some_ids, partial(read_with_a_model, training.token_losses), computes_in=always_float64
    ),
    training.perplexity: Call(some_ids, partial(read_with_a_model, training.perplexity)),
    loss_split.by_position: Call(some_ids, partial(read_with_a_model, loss_split.by_position)),
    loss_split.by_frequency: Call(
        losses_and_ids, lambda ids, losses, train: loss_split.by_frequency(ids, losses, train)
    ),
    loss_split.by_distance: Call(
        village_losses, lambda losses: loss_split.by_distance(VILLAGE, losses)
    ),
    loss_split.classes: Call(
        some_ids, lambda ids: [members for _, members in loss_split.classes(ids, [0, 1, 5])]
    ),
    text.sampling_distribution: Call(
        x_only("D"),
        lambda x: text.sampling_distribution(
            x, temperature=np.float16(0.5), top_p=np.float16(0.875)
        ),
        1,
        always_float64,
    ),
}
NO_NUMBERS = {
    layers.Layer: "what the layers share",
    training.exp_loss: "takes a number",
    training.Recipe: "settings",
    training.StepResult: "what Trainer returns",
    loss_split.LossRow: "what by_frequency returns",
    loss_split.DistanceRow: "what by_distance returns",
    **dict.fromkeys(
        [training.Run, training.RunSummary, training.Interrupted, training.TimeLimitReached],
        "runs on disk",
    ),
    **dict.fromkeys(
        [training.find_runs, training.read_metrics, training.read_run, training.write_results],
        "runs on disk",
    ),
}


def public(module):
    """Functions and classes that a module has to offer, but for caches and types."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    found = [getattr(module, name) for name in names]
    return [f for f in found if callable(f) and not getattr(f, "__name__", "").endswith("Cache")]


def test_nothing_public_is_left_out():
    listed = {inspect.unwrap(f) for f in (*CALLS, *NO_NUMBERS)}
    missing = [
        f"{module.__name__}.{f.__name__}"
        for module in (functions, cells, gradients, layers, training, loss_split)
        for f in public(module)
        if inspect.unwrap(f) not in listed
    ]
    assert missing == []


def lay_out(array: np.ndarray, order: str, writeable: bool) -> np.ndarray:
    """The same entries, elsewhere in memory."""
    if order == "F":
        array = np.asfortranarray(array)
    elif order == "gaps":
        array = np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array
    elif order == "backwards":
        array = np.ascontiguousarray(array[::-1])[::-1] if array.ndim else array
    elif order == "swapped bytes":
        array = array.astype(array.dtype.newbyteorder())
    else:
        array = array.copy()
    array.flags.writeable = writeable
    return array


def flat(result: Any) -> list[np.ndarray]:
    """The arrays and numbers of a result, in order; text and None are left out."""
    if isinstance(result, list | tuple):
        return [array for part in result for array in flat(part)]
    return [] if result is None or isinstance(result, str) else [np.asarray(result)]


def check(call, dtype, integer, order, length, seed):
    dtype = np.dtype(dtype)
    sizes = dict.fromkeys("TNDH", max(length, call.smallest))
    if length > 3:  # one axis is long
        sizes = {"T": 2, "N": length, "D": 3, "H": 2}
    exact = call.arrays(Numbers(seed, sizes))
    expected = flat(call.run(**{name: value.copy() for name, value in exact.items()}))
    laid_out = {
        name: lay_out(a.astype(dtype if a.dtype.kind == "f" else integer), order, call.writes)
        for name, a in exact.items()
    }
    found = flat(call.run(**laid_out))
    computed_in = call.computes_in(dtype)
    eps = max(float(np.finfo(d).eps) for d in (computed_in, np.float64))
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        # A loss or a norm is a float of Python's, which is float64.
        expected_dtypes = (computed_in,) if a.ndim else (computed_in, np.float64)
        assert a.dtype.kind != "f" or a.dtype.newbyteorder("=") in expected_dtypes
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        a, b = np.nan_to_num(a.astype(np.float64)), np.nan_to_num(b)
        error = np.abs(a - b).max(initial=0) / max(1, np.abs(b).max(initial=0)) / eps
        record("errors of other dtypes and orders, in eps", float(error))
        assert error <= TOLERANCE + np.sqrt(length)


drawn = given(
    dtype=st.sampled_from(FLOATS),
    integer=st.sampled_from(INTEGERS),
    order=st.sampled_from(["C", "F", "gaps", "backwards", "swapped bytes"]),
    length=st.sampled_from([0, 1, 2, 3, 20_000]),
    seed=seeds,
)
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=[f.__name__ for f in CALLS])


@each_call
@drawn
@settings(max_examples=12)
def test_the_numbers_are_those_of_float64(call, dtype, integer, order, length, seed):
    check(call, dtype, integer, order, length, seed)


@pytest.mark.thorough
@each_call
@drawn
@settings(max_examples=300)
def test_the_numbers_are_those_of_float64_however_they_are_drawn(
    call, dtype, integer, order, length, seed
):
    check(call, dtype, integer, order, length, seed)
