"""The table of what names do: whole, told with its spread, and measured again."""

import pytest

from lessons_lib.course.lstm_gradient.remembering import effects_table, stored_effects
from tools import make_remembering


def test_every_training_and_distance_is_stored():
    rows = stored_effects()
    bands = [f"{least}-{most}" for least, most in make_remembering.BANDS]
    assert [(row["cell"], row["seed"], row["words_back"]) for row in rows] == [
        (cell, seed, band)
        for cell in make_remembering.CELLS
        for seed in make_remembering.SEEDS
        for band in bands
    ]
    assert all(row["recalls"] == make_remembering.MOST for row in rows)


def test_trainings_are_told_with_their_spread():
    rows = [
        {"cell": "rnn", "words_back": "1-4", "recalls": 9, "swapped": swapped, "foretold": 0.04,
         "brightest": share, "largest": 0.0}
        for swapped, share in ((-1.0, 0.25), (-2.0, 0.5), (-0.04, 0.0))
    ]  # fmt: skip
    shown = effects_table(rows).columns
    assert shown["network"] == ["RNN"] and shown["recalls"] == [9]
    assert shown["name swapped (nats)"] == ["-1.0 (-2.0 to 0.0)"]
    assert shown["gradient foretells"] == ["0.0 (0.0 to 0.0)"]
    assert shown["name is brightest"] == ["0.25 (0.00 to 0.50)"]


@pytest.mark.thorough
def test_a_shipped_network_is_measured_again():
    (again,) = make_remembering.measure(make_remembering.network("lstm", 0), [(20, 34)])
    stored = next(
        row
        for row in stored_effects()
        if (row["cell"], row["seed"], row["words_back"]) == ("lstm", 0, "20-34")
    )
    assert again == {name: pytest.approx(stored[name], abs=1e-3) if isinstance(stored[name], float)
                     else stored[name] for name in again}  # fmt: skip
