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


def test_what_is_predicted_is_read_next():
    (axes,) = figures.one_word_at_a_time(["a", "b", "c"]).axes
    columns = [(text.get_position()[0], text.get_text()) for text in axes.texts]
    assert [word for x, word in columns if x == 0 and "“" in word] == ["“a”", "“b”"]
    assert [word for x, word in columns if x == 2 and "“" in word] == ["“b”", "“c”"]
