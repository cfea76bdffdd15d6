"""Perplexity counts every predicted token once, whatever the batches."""

import itertools
import math

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from lessons_lib.functions import log_softmax
from lessons_lib.models import LanguageModel
from lessons_lib.training import evaluation, perplexity, token_losses


@pytest.fixture(params=["in turn", "side by side"])
def way(request, monkeypatch):
    """Batches are read as on a single core, or as on several with a large vocabulary."""
    monkeypatch.setattr(evaluation, "LARGE", 1)
    monkeypatch.setattr(evaluation, "THREADED", {"float32", "float64"})
    with threadpool_limits(limits=1 if request.param == "in turn" else 2, user_api="blas"):
        yield request.param


MODELS = {
    "lstm": {"num_layers": 1},
    "two lstms": {"num_layers": 2},
    "rnn": {"cell": "rnn"},
    "two grus": {"cell": "gru", "num_layers": 2},
    "gru, reset before": {"cell": "gru", "reset_after": False},
}


@pytest.fixture(params=MODELS)
def model(request, way):
    kind = MODELS[request.param] | {"dropout": 0.5}  # which is off while it reads
    model = LanguageModel(11, 6, 8, rng=np.random.default_rng(0), dtype=np.float64, **kind)
    model.params["embedding.W"] *= 100  # so that what came before matters
    return model


IDS = np.random.default_rng(1).integers(0, 11, 211)


def one_token_at_a_time(model, ids):
    model.training = False
    losses, state = [], None
    for now, then in itertools.pairwise(ids):
        logits, state = model.forward([[now]], state)
        losses.append(-log_softmax(logits[0, 0])[then])
    return np.array(losses)


def test_one_lane_is_the_text_read_in_one_go(model):
    losses = token_losses(model, IDS, batch_size=1, seq_len=7)
    np.testing.assert_allclose(losses, one_token_at_a_time(model, IDS), rtol=1e-12)


@pytest.mark.parametrize(("batch_size", "seq_len"), [(3, 1), (4, 35), (300, 1000)])
def test_lanes_start_afresh_and_batches_do_not_matter(model, batch_size, seq_len):
    losses = token_losses(model, IDS, batch_size=batch_size, seq_len=seq_len)
    lanes = np.array_split(np.arange(len(IDS) - 1), min(batch_size, len(IDS) - 1))
    expected = [one_token_at_a_time(model, IDS[lane[0] : lane[-1] + 2]) for lane in lanes]
    np.testing.assert_allclose(losses, np.concatenate(expected), rtol=1e-12)
    mean = np.concatenate(expected).mean()
    got = perplexity(model, IDS, batch_size=batch_size, seq_len=seq_len)
    assert math.isclose(got, math.exp(mean), rel_tol=1e-12)


@pytest.mark.parametrize("ids", [[3], [], [[1, 2], [3, 4]], [1, 99]])
def test_bad_text(model, ids):
    with pytest.raises(ValueError, match="ids"):
        perplexity(model, np.array(ids, dtype=int))


def test_only_what_pays_is_read_side_by_side(model, way, monkeypatch):
    ways = []
    was = evaluation._side_by_side
    monkeypatch.setattr(
        evaluation, "_side_by_side", lambda *given: ways.append(given) or was(*given)
    )
    threads = [library["num_threads"] for library in threadpool_info()]
    perplexity(model, IDS)
    assert len(ways) == (way == "side by side")
    monkeypatch.setattr(evaluation, "THREADED", {"float32"})
    perplexity(model, IDS)
    monkeypatch.setattr(evaluation, "THREADED", {"float32", "float64"})
    monkeypatch.setattr(evaluation, "LARGE", 10_000)
    perplexity(model, IDS)
    assert len(ways) == (way == "side by side")
    assert [library["num_threads"] for library in threadpool_info()] == threads


def test_side_by_side_each_product_is_the_work_of_one_core(model, way, monkeypatch):
    # One product on more would leave threads that wait busily while the others work.
    layer = type(model.layers[0])
    forward, threads = layer.forward, []

    def spy(self, *given):
        threads.extend(lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas")
        return forward(self, *given)

    monkeypatch.setattr(layer, "forward", spy)
    perplexity(model, IDS)
    assert set(threads) == {1}


@pytest.mark.parametrize("kernels", [True, False])
def test_where_small_products_are_quick_they_are_made(model, way, kernels, monkeypatch):
    kinds = {library.get("architecture") for library in threadpool_info()} if kernels else set()
    monkeypatch.setattr(evaluation, "SMALL_KERNELS", kinds - {None})
    forward, seen = type(model.layers[0]).forward, set()
    monkeypatch.setattr(
        type(model.layers[0]),
        "forward",
        lambda layer, *given: seen.add(layer.narrow) or forward(layer, *given),
    )
    perplexity(model, IDS)
    assert (True in seen) == (kernels and way == "side by side")
    assert not any(layer.narrow for layer in model.layers)


@pytest.mark.parametrize("most", [evaluation.MOST_PRODUCTS, 80])
def test_equal_tokens_are_multiplied_once(model, way, most, monkeypatch):
    monkeypatch.setattr(evaluation, "MOST_PRODUCTS", most)
    rows = []
    was = evaluation._TokenProducts.__call__

    def spy(products, ids):
        known = products.known.copy()
        found = was(products, ids)
        rows.extend(np.flatnonzero(products.known & ~known))
        return found

    monkeypatch.setattr(evaluation._TokenProducts, "__call__", spy)
    expected = token_losses(model, IDS, seq_len=1000)
    can = way == "side by side" and most > 80 and getattr(model.layers[0], "reset_after", True)
    assert sorted(rows) == (sorted(set(IDS[:-1])) if can else [])
    np.testing.assert_allclose(token_losses(model, IDS, seq_len=3), expected, rtol=1e-12)
    assert not any(layer.takes_products for layer in model.layers)


def test_no_backward_follows(model, way):
    model.loss([[1]], [[2]])
    perplexity(model, IDS)
    with pytest.raises(RuntimeError, match="needs a loss just before it"):
        model.backward()
    if way == "side by side" and getattr(model.layers[0], "reset_after", True):
        with pytest.raises(RuntimeError, match="needs a forward before it"):
            model.layers[0].backward(np.zeros((1, 10, 8)))


def test_a_fault_half_way_is_told(model, monkeypatch):
    forward = type(model.layers[-1]).forward
    calls = itertools.count()

    def forward_twice(layer, *given):
        if next(calls) > 4:
            raise MemoryError("no more")
        return forward(layer, *given)

    monkeypatch.setattr(type(model.layers[-1]), "forward", forward_twice)
    with pytest.raises(MemoryError, match="no more"):
        perplexity(model, IDS, batch_size=2, seq_len=5)
