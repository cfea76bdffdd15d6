"""Draws what several lessons measure: arrays in, a figure out. A lesson has its own figures."""

from lessons_lib.plots.lines import (
    learning_curve,
    lines_by_distance,
    lines_over_time,
    lines_with_markers,
)
from lessons_lib.plots.over_lag import gradient_over_lag
from lessons_lib.plots.over_text import heat_map_over_text, lines_over_text
from lessons_lib.plots.runs import learning_curves
from lessons_lib.plots.style import save_figure

__all__ = [
    "gradient_over_lag",
    "heat_map_over_text",
    "learning_curve",
    "learning_curves",
    "lines_by_distance",
    "lines_over_text",
    "lines_over_time",
    "lines_with_markers",
    "save_figure",
]
