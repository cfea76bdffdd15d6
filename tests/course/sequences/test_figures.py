"""Figures of lesson 01 show the numbers they are given, on axes that say what they are."""

import numpy as np
from matplotlib.collections import QuadMesh

from lessons_lib.course.sequences import figures


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
    one, two, colorbar = make_figures()["states_over_tokens"].axes
    (mesh,) = (item for item in one.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), [[0.1, 0.5, 1], [-0.9, 0.2, -1]])
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-1, 1)
    assert one.yaxis_inverted()  # unit 0 on top
    assert [t.get_text() for t in one.texts] == ["0.1", "0.5", "1.0", "-0.9", "0.2", "-1.0"]
    assert [t.get_text() for t in two.get_xticklabels()] == ["apple", "rose"]
    assert colorbar.get_ylabel() == "hidden state h (no unit)"


def test_similarity_has_the_words_in_order_and_a_line_between_groups():
    axes = make_figures()["similarity_map"].axes[0]
    (mesh,) = (item for item in axes.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), np.eye(3))
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Tom", "Mary", "mill"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["people", "rooms"]
    assert {tuple(line.get_ydata()) for line in axes.get_lines()} == {(2, 2), (0, 1)}


def test_the_unrolled_network_has_its_steps_and_one_recurrent_weight():
    texts = [text.get_text() for text in make_figures()["unrolled_rnn"].axes[0].texts]
    assert [f"$x_{{{t}}}$" in texts for t in (1, 2, 3, 4)] == [True, True, True, False]
    assert texts.count("tanh") == 4  # the loop, and three steps
    assert texts.count("$W_x$") == 4
