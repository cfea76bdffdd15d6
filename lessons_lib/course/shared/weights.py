"""Fresh weights of a recurrent layer, and a recurrent matrix of a given size."""

from typing import NamedTuple

import numpy as np

from lessons_lib.models import CELLS


class Weights(NamedTuple):
    """Weights of one layer of k blocks: 1 for the RNN; i, f, g, o for the LSTM; r, z, n: GRU."""

    Wx: np.ndarray  # (D, kH)
    Wh: np.ndarray  # (H, kH)
    b: np.ndarray  # (kH,)


def fresh_weights(
    cell: str,
    input_size: int,
    hidden_size: int,
    rng: np.random.Generator,
    *,
    gate_bias: float = 0.0,
    recurrent_scale: float = 1.0,
) -> Weights:
    """Weights as they are before training: N(0, 1) / sqrt(fan-in), biases 0.

    Args:
        cell: "rnn", "lstm" or "gru".
        input_size: D.
        hidden_size: H.
        rng: source of the weights.
        gate_bias: bias of the gate that keeps: the LSTM's forget gate, the GRU's update gate.
        recurrent_scale: Wh is multiplied by it.
    """
    D, H, k = input_size, hidden_size, CELLS[cell].blocks
    Wx = rng.normal(size=(D, k * H)) / np.sqrt(D)
    Wh = recurrent_scale * rng.normal(size=(H, k * H)) / np.sqrt(H)
    b = np.zeros(k * H)
    if cell != "rnn":
        b[H : 2 * H] = gate_bias  # second block: f in i, f, g, o and z in r, z, n
    return Weights(Wx, Wh, b)


def scale_to_radius(W: np.ndarray, radius: float) -> np.ndarray:
    """W (H, H) times the number that gives it the spectral radius."""
    return W * (radius / np.abs(np.linalg.eigvals(W)).max())
