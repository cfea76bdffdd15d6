"""What is stored fades in an RNN, stays in a memory cell, and the lesson's claims hold."""

import numpy as np
import pytest

from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.lstm_gates import storing
from lessons_lib.course.shared import village_facts
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.course.shared.store_task import make_store_task, train_on_store_task
from lessons_lib.course.shared.traces import next_word_probs, read, trace_lstm
from lessons_lib.text import load_corpus


def test_an_rnn_step_is_tanh_of_weight_times_state_plus_input():
    hs = storing.iterate_rnn([0.2, -0.7], w=1.3, num_steps=2, inputs=[0.1, -0.4])
    first = np.tanh(1.3 * np.array([0.2, -0.7]) + 0.1)
    np.testing.assert_allclose(hs, [[0.2, -0.7], first, np.tanh(1.3 * first - 0.4)], rtol=1e-15)


@pytest.mark.parametrize("w", [0.5, 0.9, 1.0, 1.1, 1.5, 3.0])
def test_an_rnn_loses_what_was_stored(w):
    hs = storing.iterate_rnn([0.2, 0.8], w, 50)
    gap = hs[:, 1] - hs[:, 0]
    assert np.all(np.diff(gap) <= 0)
    assert gap[-1] < 0.1 * gap[0]


def test_one_unit_learns_the_only_schedule_there_is_on_longer_streams_than_it_saw():
    network = train_on_store_task("lstm", np.random.default_rng(1))
    task = make_store_task(50, 200, np.random.default_rng(7))
    trace = trace_lstm(task.x, **network.layer.params)
    miss = network.readout.forward(trace.h) - task.y
    asked = task.kinds["ask"]
    assert (miss[asked] ** 2).mean() < 0.01 * (task.y[asked] ** 2).mean()
    for kind, where in task.kinds.items():
        means = [gate[where].mean() for gate in (trace.i, trace.f, trace.o)]
        np.testing.assert_allclose(means, storing.RIGHT_SCHEDULE[kind], atol=0.25, err_msg=kind)


# What the lesson says in words about the shipped model.


@pytest.fixture(scope="module")
def village():
    corpus = load_corpus("village")
    return corpus, corpus.test[:6000], corpus.vocab.decode(corpus.test[:6000])


@pytest.fixture(scope="module")
def trained(village):
    corpus, ids, _ = village
    model = shipped("lstm")
    return model, read(model, corpus.valid[:6000]), read(model, ids)


@pytest.mark.slow
@pytest.mark.parametrize("name", village_facts.FACTS)
def test_the_memory_tells_facts_on_fresh_text(village, trained, name):
    corpus, _, words = village
    _, choosing, test = trained
    on_choosing = village_facts.FACTS[name](corpus.vocab.decode(corpus.valid[:6000]))
    fact = village_facts.FACTS[name](words)
    unit, one = village_facts.fit_one_unit(choosing.c, on_choosing)
    every = village_facts.fit_all_units(choosing.c, on_choosing)
    assert village_facts.separation(one.read(test.c), fact) > 0.85
    assert village_facts.separation(every.read(test.c), fact) > 0.99
    if name == "bracket open":
        inside = fact.holds & (np.array(words) != "(")
        assert test.f[inside, unit].mean() > 0.9


@pytest.mark.slow
def test_units_forget_at_different_speeds(trained):
    low, high = np.quantile(trained[2].f.mean(axis=0), [0.1, 0.9])
    assert low < 0.5 and high > 0.9


@pytest.mark.slow
def test_a_leak_loses_the_names_that_are_kept_longest(village, trained):
    _, ids, words = village
    model, _, test = trained
    far = find_recalls(ids, words, min_distance=20)
    near = [r for r in find_recalls(ids, words, 1) if r.distance < 10]

    def mean_prob(trace, recalls):
        probs = next_word_probs(model, trace.h)
        return np.mean([probs[r.asked - 1, ids[r.asked]] for r in recalls])

    leaking = read(model, ids, keep=0.9)
    kept_far = mean_prob(leaking, far) / mean_prob(test, far)
    kept_near = mean_prob(leaking, near) / mean_prob(test, near)
    assert kept_far < 0.7 and kept_far < kept_near


@pytest.mark.slow
def test_a_name_is_held_and_shown_when_asked_for(village, trained):
    corpus, ids, words = village
    far = find_recalls(ids, words, min_distance=20)[:20]
    before_gap, on_the_way = [], []
    for recall in far:
        scene = storing.swap_asked_name(trained[0], corpus.vocab, words, recall)
        assert scene.words[scene.asked] == scene.words[scene.named] == scene.swap.names[0]
        assert scene.asked - scene.named == recall.distance
        share = scene.swap.shown / np.maximum(scene.swap.held, 1e-9)  # both are 0 before the name
        before_gap.append(share[scene.asked - 1])
        on_the_way.append(share[scene.named + 1 : scene.asked - 1].mean())
    assert np.mean(before_gap) > np.mean(on_the_way) + 0.2


@pytest.mark.slow
def test_a_scene_break_clears_a_part_of_the_memory_only(village, trained):
    _, _, words = village
    trace = trained[2]
    kept = np.linalg.norm(trace.f[1:] * trace.c[:-1], axis=1) / np.linalg.norm(trace.c[:-1], axis=1)
    is_break = np.array(words[1:]) == "***"
    assert 0.4 < kept[is_break].mean() < kept[~is_break].mean() - 0.02
