"""What the tests of the mathematics share: drawn sizes, cells unrolled in time, gradient checks.

Hypothesis draws sizes and a seed; the numbers come from the seed. So a failing case shrinks to
small sizes, and its values stay ordinary.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import strategies as st

from lessons_lib import cells
from lessons_lib.course.shared import traces
from lessons_lib.gradients import numerical_gradient
from lessons_lib.layers import GRU, LSTM, RNN, RecurrentLayer
from tests.measured import record

GRADIENT_TOLERANCE = 1e-7  # relative error allowed between a backward pass and the numbers


class Kind(NamedTuple):
    """A recurrent layer beside the one-step functions that it must agree with."""

    layer: Callable[..., RecurrentLayer]
    step: Callable[..., Any]
    step_backward: Callable[..., Any]
    num_states: int = 1  # h; for the LSTM h and c


KINDS = {
    "rnn": Kind(RNN, cells.rnn_step, cells.rnn_step_backward),
    "lstm": Kind(LSTM, cells.lstm_step, cells.lstm_step_backward, num_states=2),
    "gru": Kind(GRU, cells.gru_step, cells.gru_step_backward),
    "gru_reset_before": Kind(
        partial(GRU, reset_after=False),
        partial(cells.gru_step, reset_after=False),
        cells.gru_step_backward,
    ),
}


each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


class Sizes(NamedTuple):
    """Sizes of a sequence and the seed of its numbers."""

    T: int
    N: int
    D: int
    H: int
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


seeds = st.integers(0, 2**32 - 1)


def sizes(T: int | None = None, largest: int = 4) -> st.SearchStrategy[Sizes]:
    """Sizes with T as given or from 1 to 6, and N, D, H from 1 to `largest`."""
    steps = st.integers(1, 6) if T is None else st.just(T)
    up_to = st.integers(1, largest)
    return st.builds(Sizes, T=steps, N=up_to, D=up_to, H=up_to, seed=seeds)


class LayerCase(NamedTuple):
    """Numbers for one sequence: arguments, and gradients that arrive on all results."""

    params: dict[str, np.ndarray]
    x: np.ndarray  # (T, N, D)
    state: tuple[np.ndarray, ...]  # (h,) or (h, c), each (N, H)
    dhs: np.ndarray  # (T, N, H)
    dstate: tuple[np.ndarray, ...]  # like state, on the final state
    lengths: np.ndarray | None = None  # (N,)

    def point(self) -> dict[str, np.ndarray]:
        """Everything that a gradient is taken with respect to, by name."""
        return self.params | {"x": self.x} | dict(zip(("h", "c"), self.state, strict=False))

    def loss(self, hs: np.ndarray, state: tuple[np.ndarray, ...]) -> float:
        """A number whose gradient on the results is exactly dhs and dstate."""
        of_state = sum((s * ds).sum() for s, ds in zip(state, self.dstate, strict=True))
        return float((hs * self.dhs).sum() + of_state)


def make_case(kind: Kind, sizes: Sizes, dtype: type = np.float64) -> LayerCase:
    """Draw all numbers of a case from the seed: parameters within -1 … 1, the rest normal."""
    T, N, D, H, _ = sizes
    rng = sizes.rng()
    shapes = {name: p.shape for name, p in kind.layer(D, H).params.items()}
    params = {name: rng.uniform(-1, 1, shape).astype(dtype) for name, shape in shapes.items()}
    states = [rng.standard_normal((N, H)).astype(dtype) for _ in range(2 * kind.num_states)]
    return LayerCase(
        params=params,
        x=rng.standard_normal((T, N, D)).astype(dtype),
        state=tuple(states[::2]),
        dhs=rng.standard_normal((T, N, H)).astype(dtype),
        dstate=tuple(states[1::2]),
    )


def make_layer(kind: Kind, case: LayerCase) -> RecurrentLayer:
    """A layer that holds copies of the case's parameters."""
    D, H = case.x.shape[2], case.dhs.shape[2]
    layer = kind.layer(D, H, dtype=case.x.dtype)
    assert layer.params.keys() == case.params.keys()
    for name, value in case.params.items():
        layer.params[name] = value.copy()
    return layer


def pack(state: tuple[np.ndarray, ...]) -> Any:
    """What a layer takes as state: h alone, or the pair (h, c)."""
    return state if len(state) == 2 else state[0]


def unpack(state: Any) -> tuple[np.ndarray, ...]:
    """The inverse of `pack`."""
    return state if isinstance(state, tuple) else (state,)


def unroll(
    kind: Kind, x: np.ndarray, state: tuple[np.ndarray, ...], params: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, tuple[np.ndarray, ...], list[Any]]:
    """Chain one-step functions over a sequence.

    Returns:
        All hidden states (T, N, H), the final state, and the caches.
    """
    states, caches = traces.unroll(kind.step, x, state, *params.values())
    return states[0], tuple(values[-1] for values in states), caches


def unroll_backward(
    kind: Kind, dhs: np.ndarray, dstate: tuple[np.ndarray, ...], caches: list[Any]
) -> list[np.ndarray]:
    """Chain backward steps through dh_prev and dc_prev.

    Returns:
        Gradients on x, on the initial state's arrays, and on the parameters, in that order.
    """
    dh, *dc = dstate
    dxs, dparams = [], []
    for dh_out, cache in zip(dhs[::-1], caches[::-1], strict=True):
        dx, *rest = kind.step_backward(dh_out + dh, *dc, cache)
        dh, *dc = rest[: kind.num_states]
        dxs.append(dx)
        dparams.append(rest[kind.num_states :])
    return [np.stack(dxs[::-1]), dh, *dc, *map(sum, zip(*dparams, strict=True))]


def run_layer(layer: RecurrentLayer, case: LayerCase) -> dict[str, np.ndarray]:
    """Forward and backward through a layer: results and all gradients, by name."""
    hs, state = layer.forward(case.x, pack(case.state), lengths=case.lengths)
    dx, dstate = layer.backward(case.dhs, pack(case.dstate))
    results = {"hs": hs, "dx": dx, **{f"d{name}": g.copy() for name, g in layer.grads.items()}}
    for letter, s, ds in zip("hc", unpack(state), unpack(dstate), strict=False):
        results |= {letter: s, f"d{letter}": ds}
    return results


def run_cells(kind: Kind, case: LayerCase) -> dict[str, np.ndarray]:
    """Forward and backward through chained cells: the same names as `run_layer`."""
    hs, state, caches = unroll(kind, case.x, case.state, case.params)
    gradients = unroll_backward(kind, case.dhs, case.dstate, caches)
    names = ["x", *"hc"[: kind.num_states], *case.params]
    return (
        {"hs": hs}
        | dict(zip("hc", state, strict=False))
        | {f"d{name}": g for name, g in zip(names, gradients, strict=True)}
    )


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference over the largest entry; 0 where both arrays are 0 or empty."""
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape}"
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return float(np.abs(a - b).max(initial=0) / scale) if scale else 0.0


def check_gradients(
    loss: Callable[[dict[str, np.ndarray]], float],
    point: dict[str, np.ndarray],
    gradients: Mapping[str, np.ndarray],
) -> None:
    """Hold every gradient of `loss` at `point` to central differences.

    Two step lengths are combined so that the error in eps^2 cancels (Richardson's extrapolation).
    That allows steps long enough for rounding not to matter.
    """
    assert gradients.keys() == point.keys()
    eps = 5e-4
    for name, value in point.items():

        def along(v: np.ndarray, name: str = name) -> float:
            return loss(point | {name: v})

        near = numerical_gradient(along, value, eps)
        far = numerical_gradient(along, value, 2 * eps)
        error = relative_error(gradients[name], (4 * near - far) / 3)
        record("relative error of numerical gradients", error)
        assert error <= GRADIENT_TOLERANCE, f"{name}: relative error {error:.1e}"
