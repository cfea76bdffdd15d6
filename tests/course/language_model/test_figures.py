"""The figures of lesson 08 show the numbers they are given, on labelled axes."""

import numpy as np

from lessons_lib.course.language_model import figures


def make_figures():
    return {
        "word_distributions": figures.word_distributions(
            ["a", "b"], {"one": [0.75, 0.25], "two": np.array([0.5, 0.5])}
        ),
        "excess_by_distance": figures.excess_by_distance(
            ["1", "2+"], [0.9, 0.1], {"RNN": [0.1, 2.0], "LSTM": [0.1, 0.2]}
        ),
        "writing_over_temperature": figures.writing_over_temperature(
            [0, 0.5, 1], {"possible": [0.9, 0.5, 0.1], "different": [0.1, 1, 1]}
        ),
    }


def test_bars_are_the_probabilities():
    one, two = make_figures()["word_distributions"].axes
    assert [bar.get_height() for bar in one.patches] == [0.75, 0.25]
    assert [bar.get_height() for bar in two.patches] == [0.5, 0.5]


def test_a_rare_word_weighs_little_in_the_whole():
    left, right = make_figures()["excess_by_distance"].axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in left.get_lines()}
    assert drawn == {"RNN": [0.1, 2.0], "LSTM": [0.1, 0.2]}
    rnn, lstm = right.containers
    np.testing.assert_allclose([bar.get_height() for bar in rnn], [0.09, 0.2])
    np.testing.assert_allclose([bar.get_height() for bar in lstm], [0.09, 0.02])


def test_lines_stand_over_their_temperatures():
    (axes,) = make_figures()["writing_over_temperature"].axes
    possible, _ = axes.get_lines()
    assert possible.get_xdata().tolist() == [0, 0.5, 1]
    assert possible.get_ydata().tolist() == [0.9, 0.5, 0.1]
