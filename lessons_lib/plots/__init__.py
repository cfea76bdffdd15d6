"""Draws what the experiments return: arrays in, a figure out."""

from lessons_lib.plots.gradients import gradient_over_lag
from lessons_lib.plots.lines import learning_curve, lines_over_time
from lessons_lib.plots.memory import memory_cell
from lessons_lib.plots.over_text import heat_map_over_text, lines_over_text
from lessons_lib.plots.style import save_figure

__all__ = [
    "gradient_over_lag",
    "heat_map_over_text",
    "learning_curve",
    "lines_over_text",
    "lines_over_time",
    "memory_cell",
    "save_figure",
]
