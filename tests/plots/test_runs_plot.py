"""Learning curves of several runs: the numbers, a label at each line's end, and room between."""

import numpy as np
import pytest

from lessons_lib import plots
from lessons_lib.plots.runs import _apart

CURVES = {
    "village": {
        "lstm": [[1, 2, 3], [5.0, 3.0, 2.0]],
        "gru": [[1, 2], [6.0, 2.001]],
        "rnn": [[1], [2.002]],
    },
    "ptb": {"lstm": [[1, 2], [200.0, 140.0]]},
}


def test_lines_and_labels():
    figure = plots.learning_curves(CURVES)
    assert [axes.get_title() for axes in figure.axes] == list(CURVES)
    for axes, curves in zip(figure.axes, CURVES.values(), strict=True):
        assert axes.get_xlabel() == "epoch" and "perplexity" in axes.get_ylabel()
        assert [text.get_text() for text in axes.texts] == list(curves)
        for line, text, points in zip(axes.get_lines(), axes.texts, curves.values(), strict=True):
            np.testing.assert_array_equal(line.get_xydata().T, points)
            assert text.xy == (points[0][-1], points[1][-1])  # the label's thin line begins there
        heights = sorted(text.xyann[1] for text in axes.texts)
        assert np.diff(heights).min(initial=1) > 0.05  # though two lines end at nearly one place
        assert max(heights) <= 1


def test_20_lines_look_different():
    lines = {f"run {k}": [[1, 2], [5, 4]] for k in range(20)}
    axes = plots.learning_curves({"village": lines}).axes[0]
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(looks) == 20


@pytest.mark.parametrize("places", [[0.5], [0.9, 0.91, 0.92], [0.5, 0.1, 0.5, 0.52], [0, 1]])
def test_labels_keep_their_order_and_distance(places):
    moved = _apart(places, 0.1)
    order = np.argsort(places, kind="stable")
    assert (np.diff(moved[order]) >= 0.1 - 1e-12).all()
    assert moved.max() <= 1 + 1e-12
    if len(places) < 3:
        assert moved.tolist() == places
