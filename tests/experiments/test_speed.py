"""The benchmark measures what it says; how fast that is depends on the machine and is no test."""

import importlib.util

from lessons_lib.experiments.speed import CELLS, SpeedRow, measure, table


def test_a_row_for_each_layer_and_size():
    rows = list(measure([(3, 2, 4, 5), (2, 1, 3, 3)], repeat=3))
    assert [(row.cell, row.sizes) for row in rows] == [
        (cell, sizes) for sizes in ((3, 2, 4, 5), (2, 1, 3, 3)) for cell in CELLS
    ]
    for row in rows:
        assert row.milliseconds > 0
        assert row.to_products > 1  # the layer does these products and more
        assert (row.to_torch is None) == (importlib.util.find_spec("torch") is None)


def test_table():
    text = table([SpeedRow("LSTM", (35, 20, 100, 100), 4.94, 0.851, 1.9)])
    assert text.splitlines()[-1] == "| LSTM | 35, 20, 100, 100 | 4.9 | x 0.85 | x 1.90 |"
    text = table([SpeedRow("GRU", (1, 2, 3, 4), 1.0, None, 1.5)])
    assert "| not installed |" in text
