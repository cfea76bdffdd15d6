"""Two layouts of the same weights, and how far conversions are from the original."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import single
from lessons_lib.plots.style import BLUE, VERMILION


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


def differences_on_log_axis(
    groups: Mapping[str, Mapping[str, float]], *, xlabel: str, floor: float = 1e-17
) -> Figure:
    """A row for each difference with a point on a logarithmic axis; groups differ in the marker.

    Args:
        groups: by label: differences by the row's name. Smaller ones than the floor are drawn
            there.
        xlabel: what the differences are.
        floor: the smallest difference that is told from 0.
    """
    names = [name for rows in groups.values() for name in rows]
    figure, axes = single(8, 0.34 * len(names) + 1.3, grid=True)
    markers = ((BLUE, "o"), (VERMILION, "X"))
    row = 0
    for (label, rows), (colour, marker) in zip(groups.items(), markers, strict=False):
        values = np.maximum(list(rows.values()), floor)
        places = np.arange(row, row + len(rows))
        axes.plot(values, places, marker, color=colour, markersize=9, label=label)
        row += len(rows)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel=xlabel, xscale="log", xlim=(floor / 3, 10))
    figure.legend(loc="outside lower center", ncols=len(groups))
    return figure
