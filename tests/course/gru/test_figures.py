"""A GRU's unit is drawn with the numbers that are given."""

from lessons_lib.course.gru import figures


def make_figures():
    return {
        "gru_unit": figures.gru_unit(
            {"reset r": [0, 1], "update z": [1, 0.25]},
            [0.5, -1],
            [0.4, -0.8],
            [0, 0.75],
            marks={2: "store"},
            limits=(-2, 2),
        )
    }


def test_a_unit_shows_input_candidate_and_state():
    _, bottom, _ = make_figures()["gru_unit"].axes
    assert [bar.get_height() for bar in bottom.patches] == [0.5, -1]
    drawn = {line.get_label(): list(line.get_ydata()) for line in bottom.get_lines()}
    assert drawn["candidate n"] == [0.4, -0.8]
    assert drawn["hidden state h"] == [0, 0.75]
