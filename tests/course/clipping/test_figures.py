"""Figures of clipping show the numbers they are given, on axes that say what they are."""

from functools import cache

import numpy as np
from matplotlib.collections import QuadMesh

from lessons_lib.course.clipping import figures

W, B = np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0])
LOSS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@cache
def make_figures():
    return {
        "loss_landscape": figures.loss_landscape(
            *np.meshgrid(W, B), LOSS, {"leaves": ([0, 4], [0, 1], [3, 1])}
        ),
        "descents_on_map": figures.descents_on_map(
            W,
            B,
            LOSS,
            {"one": ([0, 1], [0, 0.5]), "two": ([2, 9], [0, 0]), "three": ([1, 1], [0, 0])},
        ),
        "loss_across_edge": figures.loss_across_edge(
            {"far": ([-1, 0, 1], [2, 1, 0]), "near": ([-0.1, 0, 0.1], [1.5, 1, 0.5])},
            point=(0.0, 1.0),
            slope=-3.0,
        ),
        "clipped_arrows": figures.clipped_arrows(
            (3, 0.6), {"by norm": (0.98, 0.2), "by value": (1, 0.6)}, threshold=1
        ),
    }


def test_the_map_has_the_loss_and_a_way_in_each_panel():
    panels = make_figures()["descents_on_map"].axes[:3]
    for axes in panels:
        (mesh,) = [item for item in axes.collections if isinstance(item, QuadMesh)]
        np.testing.assert_array_equal(mesh.get_array(), LOSS)
        assert (axes.get_xlim(), axes.get_ylim()) == ((0, 2), (-1, 1))  # also for ways that leave
    drawn = {line.get_label(): line.get_xydata().tolist() for line in panels[0].get_lines()}
    assert drawn == {
        "way of descent": [[0, 0], [1, 0.5]],
        "start": [[0, 0]],
        "end": [[1, 0.5]],
    }


def test_the_relief_cuts_a_way_that_leaves():
    axes = make_figures()["loss_landscape"].axes[0]
    drawn = {line.get_label(): np.array(line.get_data_3d()).T for line in axes.get_lines()}
    # The border is at w = 2, half of the step.
    assert drawn["way of descent"].tolist() == [[0, 0, 3], [2, 0.5, 2]]
    assert drawn["leaves the map here"].tolist() == [[2, 0.5, 0], [2, 0.5, 2]]


def test_tangents_and_arrows_are_those_of_the_numbers():
    made = make_figures()
    for axes in made["loss_across_edge"].axes:
        _, tangent, point = axes.get_lines()
        np.testing.assert_allclose(tangent.get_ydata(), 1 - 3 * np.array(tangent.get_xdata()))
        assert point.get_xydata().tolist() == [[0, 1]]
    quivers = made["clipped_arrows"].axes[0].collections
    arrows = [(*quiver.U.tolist(), *quiver.V.tolist()) for quiver in quivers]
    assert arrows == [(3, 0.6), (0.98, 0.2), (1, 0.6)]
