"""A GRU's gates by hand follow their formulas."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course.gru import measuring


def test_a_unit_by_hand_equals_the_cell_with_such_gates():
    x, h0 = np.array([0.5, -1.2, 0.3]), 0.4
    r, z, w = np.array([0.3, 0.9, 0.4]), np.array([0.8, 0.2, 0.6]), 1.7
    trace = measuring.gru_by_hand(x, r=r, z=z, w=w, h0=h0)
    logits = np.log([r / (1 - r), z / (1 - z)])
    h = np.array([[h0]])
    for t in range(3):
        h, cache = cells.gru_step(
            np.array([[x[t]]]),
            h,
            np.array([[0.0, 0, 1]]),
            np.array([[0.0, 0, w]]),
            np.array([*logits[:, t], 0.0]),
            np.zeros(3),
        )
        assert [cache.r.item(), cache.z.item()] == pytest.approx([r[t], z[t]])
        assert [cache.n.item(), h.item()] == pytest.approx([trace.n[t], trace.h[t]])
