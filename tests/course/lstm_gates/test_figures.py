"""One unit of an LSTM is drawn with the numbers that are given."""

import numpy as np
from matplotlib.collections import QuadMesh

from lessons_lib.course.lstm_gates import figures


def make_figures():
    gates = {"input i": [0, 1], "forget f": [1, 0.25]}
    return {
        "memory_cell": figures.memory_cell(
            gates, [0.5, -1], [0, 2], [0, 0.75], h_open=[0, 0.9], marks={2: "store"}
        )
    }


def test_the_memory_cell_shows_gates_marks_and_states():
    top, bottom, _ = make_figures()["memory_cell"].axes
    (mesh,) = [item for item in top.collections if isinstance(item, QuadMesh)]
    np.testing.assert_array_equal(mesh.get_array(), [[0, 1], [1, 0.25]])
    assert [text.get_text() for text in top.texts] == ["0", "1", "1", "0.2", "store"]
    assert [bar.get_height() for bar in bottom.patches] == [0.5, -1]
    drawn = {line.get_label(): list(line.get_ydata()) for line in bottom.get_lines()}
    assert drawn["hidden state h"] == [0, 0.75]
    assert drawn["memory cell c"] == [0, 2]
    assert drawn["h, output gate always open"] == [0, 0.9]
