"""Figures of clipping show the numbers they are given, on axes that say what they are."""

import numpy as np
from matplotlib.collections import QuadMesh

from lessons_lib.course.clipping import figures

W, B = np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0])
LOSS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def make_figures():
    return {
        "loss_landscape": figures.loss_landscape(*np.meshgrid(W, B), LOSS),
        "descents_on_map": figures.descents_on_map(
            W,
            B,
            LOSS,
            {"one": ([0, 1], [0, 0.5]), "two": ([2, 9], [0, 0]), "three": ([1, 1], [0, 0])},
            edge=([0, 2], [1, -1]),
        ),
        "loss_across_edge": figures.loss_across_edge(
            {"far": ([-1, 0, 1], [2, 1, 0]), "near": ([-0.1, 0, 0.1], [1.5, 1, 0.5])},
            point=(0.0, 1.0),
            slope=-3.0,
        ),
        "clipped_arrows": figures.clipped_arrows(
            (3, 0.6), {"by norm": (0.98, 0.2), "by value": (1, 0.6)}, threshold=1
        ),
        "norms_with_thresholds": figures.norms_with_thresholds(
            {"calm": [0.4, 0.5, 0.5, 4.0]}, thresholds=(0.3, 1.0), xlabel="norm (no unit)"
        ),
    }


def test_the_map_has_a_panel_for_each_way():
    *panels, colorbar = make_figures()["descents_on_map"].axes
    assert [axes.get_title() for axes in panels] == ["one", "two", "three"]
    assert colorbar.get_ylabel() == "loss (no unit)"
    for axes in panels:
        (mesh,) = [item for item in axes.collections if isinstance(item, QuadMesh)]
        np.testing.assert_array_equal(mesh.get_array(), LOSS)
        assert (axes.get_xlim(), axes.get_ylim()) == ((0, 2), (-1, 1))  # also for ways that leave
    drawn = {line.get_label(): line.get_xydata().tolist() for line in panels[0].get_lines()}
    assert drawn == {
        "edge of the cliff": [[0, 1], [2, -1]],
        "way of descent": [[0, 0], [1, 0.5]],
        "start": [[0, 0]],
        "end": [[1, 0.5]],
    }


def test_the_tangent_touches_at_its_point():
    for axes in make_figures()["loss_across_edge"].axes:
        loss, tangent, point = axes.get_lines()
        x = np.array(tangent.get_xdata())
        np.testing.assert_allclose(tangent.get_ydata(), 1 - 3 * x)
        assert point.get_xydata().tolist() == [[0, 1]]
        assert loss.get_linestyle() != tangent.get_linestyle()


def test_the_arrows_are_the_vectors():
    axes = make_figures()["clipped_arrows"].axes[0]
    arrows = [(*quiver.U.tolist(), *quiver.V.tolist()) for quiver in axes.collections]
    assert arrows == [(3, 0.6), (0.98, 0.2), (1, 0.6)]


def test_the_histogram_counts_every_update_and_marks_the_thresholds():
    axes = make_figures()["norms_with_thresholds"].axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == 4
    assert [line.get_xdata()[0] for line in axes.get_lines()] == [0.3, 1.0]


def test_the_relief_has_a_panel_for_each_way_and_cuts_one_that_leaves():
    ways = {"stays": ([0, 1], [0, 0.5], [3, 2]), "leaves": ([0, 4], [0, 1], [3, 1])}
    *panels, colorbar = figures.loss_landscape(*np.meshgrid(W, B), LOSS, ways).axes
    assert [axes.get_title() for axes in panels] == ["stays", "leaves"]
    assert colorbar.get_ylabel() == "loss (no unit)"
    drawn = [
        {line.get_label(): np.array(line.get_data_3d()).T.tolist() for line in axes.get_lines()}
        for axes in panels
    ]
    assert drawn[0] == {
        "way of descent": [[0, 0, 3], [1, 0.5, 2]],
        "start": [[0, 0, 3]],
        "end": [[1, 0.5, 2]],
    }
    assert drawn[1] == {  # the border is at w = 2, half of the step
        "way of descent": [[0, 0, 3], [2, 0.5, 2]],
        "start": [[0, 0, 3]],
        "leaves the map here": [[2, 0.5, 0], [2, 0.5, 2]],
    }
