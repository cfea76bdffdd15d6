"""Two layouts of the same weights."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure


def two_layouts(
    Wx: npt.ArrayLike, weight_ih: npt.ArrayLike, *, blocks: Sequence[str] = ("i", "f", "g", "o")
) -> Figure:
    """The same input weights in our layout and in PyTorch's, as pictures of equal scale.

    Args:
        Wx: (D, kH), the blocks stand side by side.
        weight_ih: (kH, D), the blocks stand one below the other.
        blocks: their names.
    """
    Wx, weight_ih = np.asarray(Wx, float), np.asarray(weight_ih, float)
    D, width = Wx.shape
    H = width // len(blocks)
    limit = max(np.abs(Wx).max(), np.abs(weight_ih).max())
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[width, D])
    for axes, W, title in (
        (left, Wx, f"ours: Wx (D, {len(blocks)}H)"),
        (right, weight_ih, f"PyTorch's:\nweight_ih_l0 ({len(blocks)}H, D)"),
    ):
        image = axes.imshow(W, cmap="PuOr", vmin=-limit, vmax=limit)
        axes.set_title(title)
    middles = np.arange(len(blocks)) * H + (H - 1) / 2
    for border in np.arange(1, len(blocks)) * H - 0.5:
        left.axvline(border, color="black", linewidth=2)
        right.axhline(border, color="black", linewidth=2)
    left.set_xticks(middles, blocks)
    right.set_yticks(middles, blocks)
    left.set_yticks(range(D))
    right.set_xticks(range(D))
    left.set(xlabel="a column for each sum, by blocks", ylabel="a row for each feature")
    right.set(xlabel="a column for\neach feature", ylabel="a row for each sum, by blocks")
    figure.colorbar(image, ax=[left, right], label="weight (no unit)")
    return figure
