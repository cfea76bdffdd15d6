"""A mask keeps means, and has the variance that lesson 09 derives."""

import numpy as np
import pytest

from lessons_lib.course.better_model import dropout


def test_a_mask_has_mean_1_and_the_variance_of_theory():
    for p in (0.0, 0.5, 0.8):
        mask = dropout.draw_mask((200, 1000), p, np.random.default_rng(1))
        assert mask.mean() == pytest.approx(1, abs=0.02)
        assert mask.var() == pytest.approx(p / (1 - p), rel=0.02)
