"""A GRU's gates by hand follow their formulas, and what is said of its two variants is so."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course.gru import measuring
from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.shared.store_task import make_store_task, train_on_store_task
from lessons_lib.course.shared.traces import read, trace_gru
from lessons_lib.text import load_corpus
from lessons_lib.training import token_losses


def test_mixing_keeps_follows_and_fades():
    offers = [0.9, -0.4, 0.6]
    np.testing.assert_array_equal(measuring.mix(offers, z=1, h0=0.3), [0.3] * 3)
    np.testing.assert_array_equal(measuring.mix(offers, z=0, h0=0.3), offers)
    np.testing.assert_allclose(measuring.mix([1, 0, 0], z=0.5), [0.5, 0.25, 0.125])
    np.testing.assert_allclose(measuring.mix(offers, z=[1, 0, 1], h0=0.3), [0.3, -0.4, -0.4])


def test_a_mixture_never_leaves_the_range_of_what_was_offered():
    rng = np.random.default_rng(0)
    offers = rng.uniform(-1, 1, 30)
    for _ in range(200):
        h = measuring.mix(offers, z=rng.random(30))
        assert offers.min() <= h.min() <= h.max() <= offers.max()


def test_a_unit_by_hand_equals_the_cell_with_such_gates():
    x, h0 = np.array([0.5, -1.2, 0.3]), 0.4
    r, z, w = 0.3, 0.8, 1.7
    trace = measuring.gru_by_hand(x, r=r, z=z, w=w, h0=h0)
    logit = [np.log(gate / (1 - gate)) for gate in (r, z)]
    h = np.array([[h0]])
    for t in range(3):
        h, cache = cells.gru_step(
            np.array([[x[t]]]),
            h,
            np.array([[0.0, 0, 1]]),
            np.array([[0.0, 0, w]]),
            np.array([*logit, 0.0]),
            np.zeros(3),
        )
        assert [cache.r.item(), cache.z.item()] == pytest.approx([r, z])
        assert [cache.n.item(), h.item()] == pytest.approx([trace.n[t], trace.h[t]])


def test_gates_may_change_over_time():
    trace = measuring.gru_by_hand([1, 1, 1], r=[0, 1, 0], z=[0, 1, 0], w=5.0, h0=-2.0)
    np.testing.assert_allclose(trace.h, [np.tanh(1), np.tanh(1), np.tanh(1)])
    assert trace.n[1] == pytest.approx(np.tanh(1 + 5 * np.tanh(1)))


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


def make_reset_gate_uniform(weights, H):
    for name in ("Wx", "Wh"):
        weights[name][:, :H] = 0
    weights["bx"][:H], weights["bh"][:H] = 0.3, 0


def make_recurrent_weights_diagonal(weights, H):
    weights["Wh"][:, 2 * H :] = np.diag(np.linspace(-1, 1, H))


@pytest.mark.parametrize(
    ("change", "whatever_the_bias"),
    [
        (set_reset_gate_open, True),
        (make_reset_gate_uniform, False),
        (make_recurrent_weights_diagonal, False),
    ],
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


def error(network, task):
    asked = task.kinds["ask"]
    return np.sqrt(((network.forward(task.x) - task.y)[asked] ** 2).mean())


def trained(seed, **options):
    return train_on_store_task("gru", np.random.default_rng(seed), num_updates=600, **options)


def test_one_unit_cannot_stay_silent_until_asked():
    fresh = make_store_task(50, 50, np.random.default_rng(4))
    assert error(trained(1), fresh) > 0.4
    assert error(trained(2, hidden_size=2), fresh) < 0.1


@pytest.mark.parametrize(("seed", "closes_both"), [(0, False), (1, True)])
def test_one_unit_that_answers_always_drops_the_old_value_at_store(seed, closes_both):
    fresh = make_store_task(50, 50, np.random.default_rng(4))
    network = trained(seed, wanted=measuring.answer_always)
    assert error(network, measuring.answer_always(fresh)) < 0.1

    weights = network.layer.params
    trace = trace_gru(fresh.x, **weights)
    store = fresh.kinds["store"]
    z, r = trace.z[store].mean(), trace.r[store].mean()
    w = weights["Wh"][0, 2]
    assert abs(z + (1 - z) * r * w) < 0.1  # what is left of the old value
    assert (z < 0.1 and r < 0.1) == closes_both
    for kind in ("ask", "neither"):
        assert trace.z[fresh.kinds[kind]].mean() > 0.95


def test_the_trained_model_needs_the_variant_it_was_trained_with():
    model, ids = shipped("gru"), load_corpus("village").test[:300]
    own = np.exp(token_losses(model, ids, batch_size=1).mean())
    after, before = (
        measuring.perplexity_from_states(model, read(model, ids, reset_after=after).h, ids)
        for after in (True, False)
    )
    assert after == pytest.approx(own, rel=1e-5)
    assert before > 1.5 * own
