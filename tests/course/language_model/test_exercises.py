"""Lesson 08: right answers, the package's own among them."""

import numpy as np
import pytest

from lessons_lib import functions
from lessons_lib.course import exercises
from lessons_lib.layers import Embedding
from lessons_lib.models import LanguageModel
from lessons_lib.text import sampling_distribution
from tests.course.judged import result


def test_only_the_last_case_overflows():
    found = result("cross_entropy", functions.cross_entropy, 0)
    assert found.status == "passed"
    mistakes = {m.name: m.function for m in exercises.find("cross_entropy").misconceptions}
    for name in ("exponential_overflows", "logarithm_of_zero"):
        found = result("cross_entropy", mistakes[name], 0)
        assert "V=7, scale=1000" in found.message
        assert "(the 3 cases before it are right)" in found.message


def table_of_the_package(ids, dx, vocab_size):
    layer = Embedding(vocab_size, dx.shape[-1], dtype=dx.dtype)
    layer.forward(ids)
    layer.backward(dx)
    return layer.grads["W"]


def one_hot_product(ids, dx, vocab_size):
    rows = functions.one_hot(ids.reshape(-1), vocab_size, dtype=dx.dtype)
    return rows.T @ dx.reshape(-1, dx.shape[-1])


def loss_over_flat_rows(logits, targets):
    rows, flat = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    top = rows.max(axis=1)
    total = np.log(np.exp(rows - top[:, None]).sum(axis=1)) + top
    loss = (total - rows[np.arange(len(flat)), flat]).sum() / len(flat)
    dlogits = functions.softmax(rows)
    dlogits[np.arange(len(flat)), flat] -= 1
    return loss, (dlogits / len(flat)).reshape(logits.shape)


def perplexity_as_geometric_mean(losses):
    flat = np.concatenate([batch.reshape(-1) for batch in losses])
    return float(1 / np.exp(-flat).prod() ** (1 / len(flat)))


def language_model(params):
    V, D = params["embedding.W"].shape
    model = LanguageModel(V, D, len(params["output.W"]), dtype=params["output.W"].dtype)
    model.params.update(params)
    return model


def whole_text_at_once(params, inputs, targets, seq_len):
    logits, _ = language_model(params).forward(inputs)
    at_target = *np.indices(targets.shape), targets
    return -functions.log_softmax(logits)[at_target]


def step_by_step(params, inputs, targets, seq_len):
    losses, state = np.zeros(inputs.shape, params["output.W"].dtype), None
    for t in range(len(inputs)):
        logits, state = language_model(params).forward(inputs[t : t + 1], state)
        p = functions.softmax(logits[0])
        losses[t] = -np.log(p[np.arange(len(p)), targets[t]])
    return losses


def by_choice(logits, temperature, rng):
    e = np.exp((logits - logits.max()) / temperature)
    return int(rng.choice(len(logits), p=e / e.sum()))


def by_a_loop(logits, temperature, rng):
    left, token = rng.random(), 0
    probs = functions.softmax(np.asarray(logits, float) / temperature)
    while left >= probs[token]:
        left -= probs[token]
        token += 1
    return token


def by_gumbel_noise(logits, temperature, rng):
    return (logits / temperature - np.log(-np.log(rng.random(len(logits))))).argmax()


RIGHT = [
    ("embedding_backward", table_of_the_package),
    ("embedding_backward", one_hot_product),
    ("cross_entropy", loss_over_flat_rows),
    ("cross_entropy", functions.cross_entropy),
    ("perplexity", perplexity_as_geometric_mean),
    ("token_losses", whole_text_at_once),
    ("token_losses", step_by_step),
    ("sample_next", by_choice),
    ("sample_next", by_a_loop),
    ("sample_next", by_gumbel_noise),
]


def every_way_to_draw():
    exercise = exercises.find("sample_next")
    return [exercise.reference, *exercise.alternatives]


@pytest.mark.parametrize("way", every_way_to_draw(), ids=lambda way: way.__name__)
def test_every_accepted_way_draws_from_the_distribution(way):
    logits, rng = np.array([0.5, -1.0, 2.0, 0.0]), np.random.default_rng(0)
    drawn = np.bincount([way(logits, 0.7, rng) for _ in range(2000)], minlength=4) / 2000
    expected = sampling_distribution(logits, temperature=0.7)
    # Four standard deviations of a share: sqrt(p (1 - p) / 2000) is at most 0.0112.
    np.testing.assert_allclose(drawn, expected, atol=0.045)
