"""Lesson 06: right answers, the package's own among them."""

import numpy as np

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.gradients import numerical_gradient
from lessons_lib.grading.exercise.registry import EXERCISES
from tests.course.judged import cases_of
from tests.strategies import KINDS, unroll_backward


def test_the_bug_of_the_notebook_is_right_for_one_step_and_wrong_for_two():
    known = {m.name: m.function for m in exercises.find("lstm_backward").misconceptions}
    broken, right = known["dc_next_ignored"], exercises.find("lstm_backward")
    dhs, caches = cases_of("lstm_backward", 1)[0].arguments.values()
    for T in (1, 2):
        pairs = zip(broken(dhs[:T], caches[:T]), right(dhs[:T], caches[:T]), strict=True)
        assert {np.allclose(a, b) for a, b in pairs} == {T == 1}


def memory_by_numbers(dc, c_prev, i, f, g):
    """Central differences; in float64, as they need it."""
    point = {"c_prev": c_prev, "i": i, "f": f, "g": g}
    point = {name: value.astype(np.float64) for name, value in point.items()}

    def loss(**a):
        return float(np.sum(dc * (a["f"] * a["c_prev"] + a["i"] * a["g"])))

    return tuple(
        numerical_gradient(lambda v, name=name: loss(**point | {name: v}), value).astype(dc.dtype)
        for name, value in point.items()
    )


def step_block_by_block(dh, dc, cache):
    H = dh.shape[1]
    total = dc.copy()
    total += (1 - np.square(cache.tanh_c)) * cache.o * dh
    grads = {
        "i": total * cache.g * cache.i * (1 - cache.i),
        "f": total * cache.c_prev * cache.f * (1 - cache.f),
        "g": total * cache.i * (1 - cache.g) * (1 + cache.g),
        "o": dh * cache.tanh_c * cache.o * (1 - cache.o),
    }
    dx, dh_prev = np.zeros_like(cache.x), np.zeros_like(dh)
    dWx, dWh = np.empty_like(cache.Wx), np.empty_like(cache.Wh)
    db = np.empty(4 * H, dh.dtype)
    for k, da in enumerate(grads.values()):
        block = slice(k * H, (k + 1) * H)
        dx += da @ cache.Wx[:, block].T
        dh_prev += da @ cache.Wh[:, block].T
        dWx[:, block] = cache.x.T @ da
        dWh[:, block] = cache.h_prev.T @ da
        db[block] = np.ones(len(da), da.dtype) @ da
    return dx, dh_prev, total * cache.f, dWx, dWh, db


def chained(dhs, caches):
    zeros = np.zeros_like(dhs[0])
    return tuple(unroll_backward(KINDS["lstm"], dhs, (zeros, zeros), caches))


def path_by_cumprod(f):
    ones = np.ones_like(f[:1])
    return np.cumprod(np.concatenate([ones, f[::-1]]), axis=0)[::-1]


RIGHT = [
    ("memory_backward", memory_by_numbers),
    ("lstm_step_backward", step_block_by_block),
    ("lstm_step_backward", cells.lstm_step_backward),
    ("lstm_backward", chained),
    ("cell_gradient", path_by_cumprod),
    (
        "cell_gradient",
        lambda f: np.exp([np.log(f[t:]).sum(axis=0) for t in range(len(f) + 1)]).astype(f.dtype),
    ),
]


def test_the_gradient_on_the_old_memory_may_be_rounded():
    question = EXERCISES.asked_by_hand()["gradient_on_the_old_memory"]
    assert [question.judge(answer)[0] for answer in (0.738, 0.74, 0.73)] == [True, True, False]
