"""The recall task asks for what was shown, and the networks are of equal size."""

import numpy as np
import pytest

from lessons_lib.course.shared import recall

S = recall.NUM_SYMBOLS


def test_a_sequence_shows_a_symbol_then_distractors_then_asks():
    task = recall.make_task(5, 4000, np.random.default_rng(0))
    assert task.x.shape == (7, 4000, S + 2)
    symbols, remember, asked = task.x[..., :S], task.x[..., S], task.x[..., S + 1]
    np.testing.assert_array_equal(symbols[0].argmax(axis=1), task.answers)
    np.testing.assert_array_equal(symbols[:-1].sum(axis=2), 1)
    np.testing.assert_array_equal(symbols[-1], 0)
    np.testing.assert_array_equal(remember, np.eye(7)[0][:, None] * np.ones(4000))
    np.testing.assert_array_equal(asked, np.eye(7)[-1][:, None] * np.ones(4000))
    for distractors in symbols[1:-1].argmax(axis=2):
        assert (distractors == task.answers).mean() == pytest.approx(1 / S, abs=0.02)


def test_networks_are_of_equal_size():
    sizes = [
        sum(p.size for p in recall.RecallNetwork(cell, np.random.default_rng(0)).params.values())
        for cell in recall.HIDDEN_SIZES
    ]
    assert max(sizes) < 1.02 * min(sizes)
