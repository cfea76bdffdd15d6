"""Colours and line styles of every figure, and how a figure is written to a file.

Colours are Okabe and Ito's, which stay apart for colour-blind readers, and lines differ in dash or
marker as well.
"""

import io
from os import PathLike
from typing import Any

from matplotlib.figure import Figure

from lessons_lib.files import write_atomically

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
SKY = "#56B4E9"
MARKERS = ("o", "s", "^", "D", "v", "P")  # with the line styles: never colour alone
LINE_STYLES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": VERMILION, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": PURPLE, "linestyle": ":"},
)


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure as PNG, atomically.

    Raises:
        OSError: if the file cannot be written.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write_atomically(path, buffer.getvalue())
