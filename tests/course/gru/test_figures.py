"""A GRU's unit and the sizes of layers are drawn with the numbers that are given."""

from lessons_lib.course.gru import figures


def make_figures():
    sizes = {"RNN": {"weights": 30, "biases": 2}, "GRU": {"weights": 90, "biases": 12}}
    return {
        "gru_unit": figures.gru_unit(
            {"reset r": [0, 1], "update z": [1, 0.25]},
            [0.5, -1],
            [0.4, -0.8],
            [0, 0.75],
            marks={2: "store"},
            limits=(-2, 2),
        ),
        "parameter_bars": figures.parameter_bars(sizes),
    }


def test_a_unit_shows_input_candidate_and_state():
    _, bottom, _ = make_figures()["gru_unit"].axes
    assert [bar.get_height() for bar in bottom.patches] == [0.5, -1]
    drawn = {line.get_label(): list(line.get_ydata()) for line in bottom.get_lines()}
    assert drawn["candidate n"] == [0.4, -0.8]
    assert drawn["hidden state h"] == [0, 0.75]


def test_bars_are_stacked_and_say_their_total():
    (axes,) = make_figures()["parameter_bars"].axes
    found = {(bar.get_x(), bar.get_width(), round(bar.get_y() + 0.4)) for bar in axes.patches}
    assert found == {(0, 30, 0), (30, 2, 0), (0, 90, 1), (90, 12, 1)}
    assert [text.get_text().strip() for text in axes.texts] == ["32", "102"]
