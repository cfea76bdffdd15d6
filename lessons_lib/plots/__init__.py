"""Draws what the experiments return: arrays in, a figure out."""

from lessons_lib.plots.lines import learning_curve, lines_over_time
from lessons_lib.plots.memory import memory_cell
from lessons_lib.plots.over_text import heat_map_over_text, lines_over_text
from lessons_lib.plots.style import save_figure

__all__ = [
    "heat_map_over_text",
    "learning_curve",
    "lines_over_text",
    "lines_over_time",
    "memory_cell",
    "save_figure",
]
