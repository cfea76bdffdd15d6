"""Two layouts of the same weights."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure


def two_layouts(Wx: npt.ArrayLike, weight_ih: npt.ArrayLike) -> Figure:
    """An LSTM's input weights in our layout and in PyTorch's, as pictures of equal scale.

    Args:
        Wx: (D, 4H), the blocks stand side by side.
        weight_ih: (4H, D), the blocks stand one below the other.
    """
    Wx, weight_ih = np.asarray(Wx, float), np.asarray(weight_ih, float)
    D, width = Wx.shape
    H = width // 4
    limit = max(np.abs(Wx).max(), np.abs(weight_ih).max())
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[width, D])
    for axes, W, title in (
        (left, Wx, "ours: Wx (D, 4H)"),
        (right, weight_ih, "PyTorch's:\nweight_ih_l0 (4H, D)"),
    ):
        image = axes.imshow(W, cmap="PuOr", vmin=-limit, vmax=limit)
        axes.set_title(title)
    middles = np.arange(4) * H + (H - 1) / 2
    for border in np.arange(1, 4) * H - 0.5:
        left.axvline(border, color="black", linewidth=2)
        right.axhline(border, color="black", linewidth=2)
    left.set_xticks(middles, "ifgo")
    right.set_yticks(middles, "ifgo")
    left.set_yticks(range(D))
    right.set_xticks(range(D))
    left.set(xlabel="a column for each sum, by blocks", ylabel="a row for each feature")
    right.set(xlabel="a column for\neach feature", ylabel="a row for each sum, by blocks")
    figure.colorbar(image, ax=[left, right], label="weight (no unit)")
    return figure
