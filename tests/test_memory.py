"""A training step holds the scores of the vocabulary once, and leaves nothing behind."""

import gc
import tracemalloc

import numpy as np
import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.training import Recipe, Trainer


@pytest.mark.parametrize("tied", [False, True])
def test_one_array_of_scores(tied):
    T, N, V = 20, 10, 20_000
    model = LanguageModel(V, 8, 8, tie_weights=tied)
    ids = np.random.default_rng(0).integers(0, V, (T, N))
    tracemalloc.start()
    try:
        model.loss(ids, ids)
        model.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    scores = T * N * V * 4  # bytes
    assert scores < peak < 1.5 * scores


@pytest.mark.parametrize(("cell", "optimizer"), [("rnn", "sgd"), ("lstm", "adam"), ("gru", "sgd")])
def test_steps_leave_nothing_behind(cell, optimizer):
    recipe = Recipe(
        cell=cell,
        embed_size=4,
        hidden_size=5,
        num_layers=2,
        dropout=0.2,
        optimizer=optimizer,
        lr=0.01,
        batch_size=3,
        seq_len=4,
    )
    trainer = Trainer(recipe.build(11), np.random.default_rng(0).integers(0, 11, 500), recipe)
    tracemalloc.start()
    try:
        for _ in range(20):
            trainer.step()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            trainer.step()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 8_000  # bytes; one array kept of each step would be 16,000
