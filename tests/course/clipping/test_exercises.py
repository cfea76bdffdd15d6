"""Lesson 04: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import gradients
from lessons_lib.course import exercises
from tests.course.judged import assert_accepted


@pytest.mark.parametrize("name", ["global_norm", "clip_grads", "clip_values"])
def test_references_agree_with_the_package(name):
    exercise = exercises.find(name)
    for case in exercise.cases(np.random.default_rng(1)):
        ours, theirs = case.copied_arguments(), case.copied_arguments()
        returned = exercise(**ours)
        expected = getattr(gradients, name)(**theirs)
        rtol = 1e-14 if case.dtype == "float64" else 1e-6
        if expected is None:
            assert returned is None
        else:
            np.testing.assert_allclose(returned, expected, rtol=rtol)
        for key, g in theirs["grads"].items():
            np.testing.assert_allclose(ours["grads"][key], g, rtol=rtol)


# Right answers that do it in another way.


def norm_of_one_long_vector(grads):
    return np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))


def norm_of_norms(grads):
    return np.linalg.norm([np.linalg.norm(g) for g in grads.values()])


def norm_in_plain_python(grads):
    total = 0.0
    for g in grads.values():
        for value in g.ravel():
            total += float(value) ** 2
    return total**0.5


def clip_with_numpys_minimum(grads, max_norm):
    norm = norm_of_one_long_vector(grads)
    rate = np.minimum(1, max_norm / (norm + 1e-6))
    for g in grads.values():
        g[...] = g * rate.astype(g.dtype)
    return norm


def clip_by_the_papers_form(grads, max_norm):
    norm = norm_in_plain_python(grads)
    if norm >= max_norm:
        for g in grads.values():
            np.multiply(g, max_norm / norm, out=g)
    return norm


def clip_new_arrays_in_the_dict(grads, max_norm):
    norm = norm_in_plain_python(grads)
    rate = max_norm / (norm + 1e-6)
    if rate < 1:
        for name in grads:
            grads[name] = grads[name] * rate
    return norm


def values_by_comparison(grads, limit):
    for g in grads.values():
        g[g > limit] = limit
        g[g < -limit] = -limit


def values_by_minimum_and_maximum(grads, limit):
    for g in grads.values():
        g[:] = np.maximum(np.minimum(g, limit), -limit)
    return grads


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("global_norm", norm_of_one_long_vector),
        ("global_norm", norm_of_norms),
        ("global_norm", norm_in_plain_python),
        ("global_norm", gradients.global_norm),
        ("clip_grads", clip_with_numpys_minimum),
        ("clip_grads", clip_by_the_papers_form),
        ("clip_grads", clip_new_arrays_in_the_dict),
        ("clip_grads", gradients.clip_grads),
        ("clip_values", values_by_comparison),
        ("clip_values", values_by_minimum_and_maximum),
        ("clip_values", gradients.clip_values),
    ],
)
def test_right_variants_are_accepted(name, function):
    assert_accepted(name, function)
