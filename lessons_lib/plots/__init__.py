"""Draws what the experiments return: arrays in, a figure out."""

from lessons_lib.plots.better_model import (
    mask_maps,
    perplexity_by_variant,
    rates_and_perplexities,
    stacked_layers,
    sums_under_dropout,
    training_and_validation,
)
from lessons_lib.plots.bridge import differences_on_log_axis, two_layouts
from lessons_lib.plots.cell_path import (
    accuracy_over_lag,
    sorted_half_lives,
    units_over_lag,
    ways_back,
)
from lessons_lib.plots.clipping import (
    clipped_arrows,
    descents_on_map,
    loss_across_edge,
    loss_landscape,
    norms_with_thresholds,
)
from lessons_lib.plots.gradients import gradient_over_lag
from lessons_lib.plots.gru import gru_unit, parameter_bars
from lessons_lib.plots.language_model import (
    excess_by_distance,
    word_distributions,
    writing_over_temperature,
)
from lessons_lib.plots.limits import functions_and_derivatives, histograms, lines_by_distance
from lessons_lib.plots.lines import learning_curve, lines_over_time
from lessons_lib.plots.memory import memory_cell
from lessons_lib.plots.over_text import heat_map_over_text, lines_over_text
from lessons_lib.plots.runs import learning_curves
from lessons_lib.plots.sequences import (
    lines_with_markers,
    similarity_map,
    states_over_tokens,
    unrolled_rnn,
    window_against_rnn,
)
from lessons_lib.plots.style import save_figure
from lessons_lib.plots.time_graph import chunk_graph, step_graph, unrolled_graph
from lessons_lib.plots.truncation import loss_reach, measured_curves

__all__ = [
    "accuracy_over_lag",
    "chunk_graph",
    "clipped_arrows",
    "descents_on_map",
    "differences_on_log_axis",
    "excess_by_distance",
    "functions_and_derivatives",
    "gradient_over_lag",
    "gru_unit",
    "heat_map_over_text",
    "histograms",
    "learning_curve",
    "learning_curves",
    "lines_by_distance",
    "lines_over_text",
    "lines_over_time",
    "lines_with_markers",
    "loss_across_edge",
    "loss_landscape",
    "loss_reach",
    "mask_maps",
    "measured_curves",
    "memory_cell",
    "norms_with_thresholds",
    "parameter_bars",
    "perplexity_by_variant",
    "rates_and_perplexities",
    "save_figure",
    "similarity_map",
    "sorted_half_lives",
    "stacked_layers",
    "states_over_tokens",
    "step_graph",
    "sums_under_dropout",
    "training_and_validation",
    "two_layouts",
    "units_over_lag",
    "unrolled_graph",
    "unrolled_rnn",
    "ways_back",
    "window_against_rnn",
    "word_distributions",
    "writing_over_temperature",
]
