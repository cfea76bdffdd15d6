"""A GRU's gates by hand follow their formulas, and what is said of its two variants is so."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course.gru import measuring
from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.shared.store_task import make_store_task
from lessons_lib.course.shared.traces import read
from lessons_lib.text import load_corpus
from lessons_lib.training import token_losses


def test_mixing_keeps_follows_and_fades():
    offers = [0.9, -0.4, 0.6]
    np.testing.assert_array_equal(measuring.mix(offers, z=1, h0=0.3), [0.3] * 3)
    np.testing.assert_array_equal(measuring.mix(offers, z=0, h0=0.3), offers)
    np.testing.assert_allclose(measuring.mix([1, 0, 0], z=0.5), [0.5, 0.25, 0.125])
    np.testing.assert_allclose(measuring.mix(offers, z=[1, 0, 1], h0=0.3), [0.3, -0.4, -0.4])


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


@pytest.fixture
def variants():
    rng = np.random.default_rng(2)
    D, H = 3, 6
    return rng.normal(size=(8, 2, D)), measuring.random_weights(rng, D, H), H


def test_the_variants_differ_from_the_second_step_on(variants):
    x, weights, H = variants
    weights["bh"][2 * H :] = 0  # else already the bias makes them differ, from the first step
    distance = measuring.variant_distance(x, **weights)
    assert distance[0] == 0
    assert distance[1:].min() > 0.01


def set_reset_gate_open(weights, H):
    weights["bx"][:H] = 100


def make_recurrent_weights_diagonal(weights, H):
    weights["Wh"][:, 2 * H :] = np.diag(np.linspace(-1, 1, H))


@pytest.mark.parametrize(
    ("change", "whatever_the_bias"),
    [(set_reset_gate_open, True), (make_recurrent_weights_diagonal, False)],
)
def test_when_the_variants_agree(variants, change, whatever_the_bias):
    x, weights, H = variants
    change(weights, H)
    assert (measuring.variant_distance(x, **weights).max() < 1e-12) == whatever_the_bias
    weights["bh"][2 * H :] = 0
    assert measuring.variant_distance(x, **weights).max() < 1e-12


def test_the_stored_value_is_wanted_at_every_step():
    task = make_store_task(30, 4, np.random.default_rng(3))
    always = measuring.answer_always(task)
    asked, store = task.kinds["ask"], task.kinds["store"]
    np.testing.assert_array_equal(always.y[asked], task.y[asked])
    np.testing.assert_array_equal(always.y[store][:, 0], task.x[store][:, 0])
    stays = ~store[1:]
    np.testing.assert_array_equal(always.y[1:][stays], always.y[:-1][stays])


def test_perplexity_from_states_is_the_models():
    model, ids = shipped("gru"), load_corpus("village").test[:300]
    own = np.exp(token_losses(model, ids, batch_size=1).mean())
    found = measuring.perplexity_from_states(model, read(model, ids).h, ids)
    assert found == pytest.approx(own, rel=1e-5)
