"""Figures of lesson 01 show the numbers they are given, on axes that say what they are."""

from functools import cache

import numpy as np
from matplotlib.collections import QuadMesh

from lessons_lib.course.sequences import figures


@cache
def make_figures():
    return {
        "window_against_rnn": figures.window_against_rnn(
            [1, 2, 4], [0.5, 0.25, 0.0], {"window": [10, 20, 40], "RNN": [15, 15, 15]}
        ),
        "states_over_tokens": figures.states_over_tokens(
            {
                "one": (["ate", "an", "apple"], [[0.1, -0.9], [0.5, 0.2], [1, -1]]),
                "two": (["apple", "rose"], [[0.3, 0.4], [0.0, 0.7]]),
            }
        ),
        "similarity_map": figures.similarity_map(
            np.eye(3), {"people": ["Tom", "Mary"], "rooms": ["mill"]}
        ),
        "unrolled_rnn": figures.unrolled_rnn(3),
    }


def test_the_window_is_shown_in_percent_beside_the_parameters():
    left, right = make_figures()["window_against_rnn"].axes
    assert list(left.get_lines()[0].get_ydata()) == [50, 25, 0]
    drawn = {line.get_label(): list(line.get_ydata()) for line in right.get_lines()}
    assert drawn == {"window": [10, 20, 40], "RNN": [15, 15, 15]}


def test_states_stand_above_their_tokens():
    one, _, _ = make_figures()["states_over_tokens"].axes
    (mesh,) = (item for item in one.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), [[0.1, 0.5, 1], [-0.9, 0.2, -1]])
    assert [t.get_text() for t in one.texts] == ["0.1", "0.5", "1.0", "-0.9", "0.2", "-1.0"]


def test_similarity_has_a_line_between_groups():
    axes = make_figures()["similarity_map"].axes[0]
    (mesh,) = (item for item in axes.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), np.eye(3))
    assert {tuple(line.get_ydata()) for line in axes.get_lines()} == {(2, 2), (0, 1)}
