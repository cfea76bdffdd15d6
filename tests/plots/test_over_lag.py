"""Norms over lag: medians, bands and bounds are where the numbers are."""

import numpy as np

from lessons_lib import plots


def test_median_band_and_bound():
    norms = np.array([[1.0, 0.1, 1e-20], [1.0, 0.3, 0.01], [1.0, 0.2, 0.04]])
    figure = plots.gradient_over_lag(
        {"one": {"a": norms}, "two": {"b": norms[0]}}, bounds={"one": {"bound": [1, 2, 4]}}
    )
    left, right = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in left.lines}
    np.testing.assert_allclose(lines["a"], [1, 0.2, 0.01])
    np.testing.assert_array_equal(lines["bound"], [1, 2, 4])
    (band,) = left.collections
    corners = band.get_paths()[0].vertices
    np.testing.assert_allclose([corners[:, 1].min(), corners[:, 1].max()], [1e-12, 1])
    assert left.get_yscale() == "log"
    assert [axes.get_title() for axes in (left, right)] == ["one", "two"]
    assert "lag" in left.get_xlabel()
    assert "gradient" in left.get_ylabel()
    assert "bound" not in {line.get_label() for line in right.lines}
