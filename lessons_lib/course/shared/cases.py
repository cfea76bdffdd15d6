"""Random arguments for the exercises of several lessons: weights, one step, a whole sequence.

What is drawn, and in which order, decides the cases of a seed, which stored outputs show.
"""

import numpy as np


def rnn_weights(rng: np.random.Generator, D: int, H: int, gates: int = 1) -> dict[str, np.ndarray]:
    """Wx (D, gates * H), Wh (H, gates * H), b (gates * H,), scaled by fan-in."""
    return {
        "Wx": rng.normal(size=(D, gates * H)) / np.sqrt(D),
        "Wh": rng.normal(size=(H, gates * H)) / np.sqrt(H),
        "b": rng.normal(size=gates * H),
    }


def hidden_state(rng: np.random.Generator, N: int, H: int) -> np.ndarray:
    """A state (N, H) in the range of tanh."""
    return rng.uniform(-1, 1, size=(N, H))


def step_case(
    rng: np.random.Generator, N: int, D: int, H: int, gates: int = 1
) -> dict[str, np.ndarray]:
    """x (N, D), h_prev (N, H) and the weights of one step."""
    x = rng.normal(size=(N, D))
    return {"x": x, "h_prev": hidden_state(rng, N, H), **rnn_weights(rng, D, H, gates)}
