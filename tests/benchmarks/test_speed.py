"""The benchmark measures what it says; how fast that is depends on the machine and is no test."""

import importlib.util
import json

import numpy as np
import pytest

from benchmarks.speed.benchmarks import BENCHMARKS, LAYERS, layer_benchmark
from benchmarks.speed.measuring import Growth, Ratio, Row, measure
from benchmarks.speed.memory import Memory, memory
from benchmarks.speed.projection import projections
from benchmarks.speed.tables import as_json, as_markdown

HAS_TORCH = importlib.util.find_spec("torch") is not None
SMALL = "RNN 35, 20, 100, 100"


def test_the_table_has_a_row_for_each_layer_and_size_and_for_what_a_model_does():
    names = list(BENCHMARKS)
    assert sum(name.startswith(tuple(LAYERS)) for name in names) == 9
    for work in ("training step", "evaluation", "generation"):
        assert [f"{work}, `{preset}`" in names for preset in ("book", "better")] == [True, True]
    assert "training step, `best`" in names


@pytest.mark.parametrize("cell", LAYERS)
def test_all_candidates_of_a_layer_do_their_work(cell):
    benchmark = layer_benchmark(cell, 3, 2, 4, 5)
    benchmark.package()()
    benchmark.products()()
    if HAS_TORCH:
        benchmark.pytorch()()


@pytest.mark.thorough
def test_rows():
    layer, model = measure([SMALL, "training step, `book`"], turns=3, threads=1)
    assert layer.name == SMALL
    assert layer.milliseconds > 0
    assert layer.tokens_per_second is None
    assert (layer.to_pytorch is None) == (not HAS_TORCH)
    assert 0 < layer.to_products.low <= layer.to_products.median <= layer.to_products.high
    assert model.tokens_per_second == pytest.approx(700 / model.milliseconds * 1e3)


@pytest.mark.thorough
@pytest.mark.skipif(not importlib.util.find_spec("resource"), reason="Windows tells no peak")
def test_memory_grows_as_the_steps_do_and_not_from_step_to_step():
    measured = memory((3, 12))
    arrays = measured.arrays_by_steps
    assert arrays[800] / arrays[100] == pytest.approx(8, rel=0.1)
    first, last = measured.package
    assert last - first < 3  # MB; one (T * N, V) array alone has 28
    assert (measured.pytorch is None) == (not HAS_TORCH)


def test_a_whole_recipe_takes_its_steps_and_a_validation_for_each_epoch():
    rows = [
        Row("training step, `better`", 1.0, 929.589, None, None),
        Row("training step, `best`", 1.0, 929.589 * 2, None, None),
        Row("training step, `book`", 1.0, 20_000.0, None, None),
        Row("evaluation, `better`", 1.0, 73.760, None, None),
    ]
    better, best = projections(rows)  # the evaluation of `book` was not measured
    assert (better.preset, best.preset) == ("better", "best")
    assert better.hours == pytest.approx(24 * (1000 + 1000) / 3600)
    assert best.hours == pytest.approx(24 * (500 + 1000) / 3600)
    assert "| `better` | 24 | 930 | 13 |" in as_markdown(rows).splitlines()


def test_tables():
    rows = [
        Row("LSTM", 4.941, None, Ratio(0.851, 0.8, 0.9), Ratio(1.5, 1.4, 1.62)),
        Row("evaluation", 100.0, 70_000.0, None, None),
    ]
    grown = [Growth("T", (100, 200), (5.0, 11.0))]
    text = as_markdown(rows, grown, Memory({100: 5.0, 200: 10.0}, (103.0, 103.4), None))
    lines = text.splitlines()
    assert lines[2] == "| LSTM | 4.94 |  | 0.85 (0.80 to 0.90) | 1.50 (1.40 to 1.62) |"
    assert lines[3] == "| evaluation | 100 | 70,000 |  |  |"
    assert "| to a straight line from the first | 1.00 | 1.10 |" in lines
    assert "| this package, MB | 103.0 | 103.4 |" in lines
    assert "PyTorch, MB" not in text
    plain = json.loads(as_json(rows, grown))
    assert plain["rows"][0]["to_pytorch"]["median"] == 0.851
    assert plain["growth"][0]["milliseconds"] == [5.0, 11.0]
    np.testing.assert_equal(plain["memory"], None)
