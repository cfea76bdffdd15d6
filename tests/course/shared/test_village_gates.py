"""Facts are read off a text rightly, units are judged rightly, and the lesson's claims hold."""

import numpy as np
import pytest

from lessons_lib.course.shared import village_gates
from lessons_lib.course.shared.village_gates import Fact
from lessons_lib.files import data_path
from lessons_lib.functions import softmax
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus, oracle_log_probs


def at(words, fact_name):
    """The words at which a fact holds, and those at which it applies."""
    fact = village_gates.FACTS[fact_name](words)
    return (
        [word for word, holds in zip(words, fact.holds, strict=True) if holds],
        [word for word, applies in zip(words, fact.applies, strict=True) if applies],
    )


def test_reading_gives_the_models_own_predictions():
    model = LanguageModel(11, 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    ids = np.random.default_rng(1).integers(0, 11, 9)
    trace = village_gates.read(model, ids)
    logits, _ = model.forward(ids[:, None])
    assert trace.c.shape == (9, 4)
    np.testing.assert_allclose(
        village_gates.next_word_probs(model, trace.h), softmax(logits[:, 0]), rtol=1e-12
    )
    leaking = village_gates.read(model, ids, keep=0.5)
    np.testing.assert_array_equal(leaking.c[0], trace.c[0])
    assert not np.allclose(leaking.c[1], trace.c[1])


def test_open_quotations():
    words = 'so " i am here , " said Tom . " yes . "'.split()
    holds, applies = at(words, "quotation open")
    assert holds == '" i am here , " yes .'.split()
    assert applies == words


def test_open_brackets():
    words = "the cat slept ( it was late ) . a dog".split()
    holds, applies = at(words, "bracket open")
    assert holds == "( it was late".split()
    assert applies == words


def test_subjects_that_wait_for_their_verb():
    sentences = "the bakers who knew the singer were busy . the singer was late .", "a baker came ."
    words = " ".join(sentences).split()
    holds, applies = at(words, "subject plural")
    assert holds == "bakers who knew the singer".split()
    assert applies == "bakers who knew the singer singer baker came".split()


@pytest.mark.parametrize("name", village_gates.FACTS)
def test_facts_agree_with_what_the_village_can_say_next(name):
    words = load_corpus("village").vocab.decode(load_corpus("village").test)
    fact = village_gates.FACTS[name](words)
    assert fact.holds.shape == fact.applies.shape == (len(words),)
    assert not (fact.holds & ~fact.applies).any()
    following = np.array([*words[1:], ""])
    ends = {"quotation open": '"', "bracket open": ")"}
    if name in ends:  # what closes comes only after what opens
        closing = following == ends[name]
        assert closing[fact.holds].sum() == (np.diff(fact.holds.astype(int)) == -1).sum() > 0
    else:
        assert (following[fact.holds] == "were").sum() > 0
        assert not (following[fact.holds] == "was").any()
        assert not (following[fact.applies & ~fact.holds] == "were").any()


def everywhere(holds):
    return Fact(np.asarray(holds), np.ones(len(holds), bool))


def test_separation_counts_pairs():
    rng = np.random.default_rng(2)
    values = rng.integers(0, 4, 30).astype(float)  # many ties
    fact = Fact(rng.random(30) < 0.4, rng.random(30) < 0.8)
    high, low = values[fact.applies & fact.holds], values[fact.applies & ~fact.holds]
    expected = np.mean([(a > b) + (a == b) / 2 for a in high for b in low])
    assert village_gates.separation(values, fact) == pytest.approx(expected, rel=1e-14)


def test_separation_of_values_that_tell_always_never_and_nothing():
    fact = everywhere([True, True, False, False, False])
    assert village_gates.separation(fact.holds * 2.0, fact) == 1
    assert village_gates.separation(fact.holds * -2.0, fact) == 0
    assert village_gates.separation(np.ones(5), fact) == 0.5


@pytest.mark.parametrize("sign", [1, -1])
def test_the_unit_that_tells_best_is_found_and_calibrated(sign):
    rng = np.random.default_rng(3)
    fact = Fact(rng.random(200) < 0.3, rng.random(200) < 0.9)
    c = rng.normal(size=(200, 6))
    c[:, 4] = 7 + sign * (3 * fact.holds + 0.1 * c[:, 4])
    unit, reader = village_gates.fit_one_unit(c, fact)
    assert unit == 4
    assert np.flatnonzero(reader.weights).tolist() == [4]
    reading = reader.read(c)
    assert reading[fact.applies & fact.holds].mean() == pytest.approx(1)
    assert reading[fact.applies & ~fact.holds].mean() == pytest.approx(-1)


def test_all_units_together_tell_what_no_single_one_does():
    rng = np.random.default_rng(4)
    c = rng.normal(size=(400, 5)) * [1, 10, 0.1, 1, 1] + 3
    fact = everywhere(c[:, 0] + c[:, 1] / 10 - c[:, 2] * 10 > 3 + 0.3 - 30)
    unit, one = village_gates.fit_one_unit(c[:200], Fact(*(a[:200] for a in fact)))
    every = village_gates.fit_all_units(c[:200], Fact(*(a[:200] for a in fact)))
    fresh = Fact(*(a[200:] for a in fact))
    assert unit in (0, 1, 2)
    assert village_gates.separation(one.read(c[200:]), fresh) < 0.9
    assert village_gates.separation(every.read(c[200:]), fresh) > 0.99
    assert every.read(c[:200])[fact.holds[:200]].mean() == pytest.approx(1)


def test_the_busiest_window_holds_most_of_the_rarest():
    masks = np.zeros((2, 20), bool)
    masks[0, 2:9] = True
    masks[1, [8, 12, 13]] = True
    # Windows of 5 words that begin at 4 to 8 have one word of each at least, none has two of both.
    window = village_gates.busiest_window(masks, 5)
    assert window == slice(6, 11)
    assert village_gates.busiest_window(masks[1:], 2) == slice(12, 14)


@pytest.fixture(scope="module")
def village():
    corpus = load_corpus("village")
    return corpus, corpus.test[:6000], corpus.vocab.decode(corpus.test[:6000])


def test_recalls_are_certain_and_as_far_as_they_say(village):
    _, ids, words = village
    recalls = village_gates.find_recalls(ids, words, min_distance=25)
    assert len(recalls) > 20
    certain = oracle_log_probs(ids)
    for recall in recalls:
        assert words[recall.start] == "***" and "***" not in words[recall.start + 1 : recall.asked]
        assert certain[recall.asked - 1] == pytest.approx(0, abs=1e-12)
        name = words[recall.asked]
        last = max(t for t in range(recall.start, recall.asked) if words[t] == name)
        assert recall.distance == recall.asked - last >= 25


def test_a_renamed_scene_is_still_village_text(village):
    corpus, ids, words = village
    for recall in village_gates.find_recalls(ids, words, min_distance=25)[:10]:
        scene, name = words[recall.start : recall.asked + 1], words[recall.asked]
        renamed, new = village_gates.rename(scene, name)
        assert new not in scene and name not in renamed
        assert [a == b for a, b in zip(scene, renamed, strict=True)] == [w != name for w in scene]
        oracle_log_probs(corpus.vocab.encode(renamed))  # raises if it is not


def test_swapping_a_name_compares_two_readings(village):
    corpus, ids, words = village
    model = LanguageModel(len(corpus.vocab), 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    recall = village_gates.find_recalls(ids, words, min_distance=25)[0]
    swap = village_gates.swap_name(model, corpus.vocab, words, recall)
    assert swap.words[swap.asked] == swap.words[swap.named] == swap.names[0] == words[recall.asked]
    assert swap.asked - swap.named == recall.distance
    first = swap.words.index(swap.names[0])
    assert (swap.held[:first] == 0).all() and (swap.held[first:] > 0).all()
    one, two = swap.traces
    np.testing.assert_allclose(swap.shown**2, ((one.h - two.h) ** 2).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(
        swap.held**2, ((np.tanh(one.c) - np.tanh(two.c)) ** 2).sum(axis=1), rtol=1e-12
    )


# What lesson 05 says in words about the shipped model.


@pytest.fixture(scope="module")
def trained(village):
    corpus, ids, _ = village
    model = LanguageModel.load(data_path("weights", "village-lstm.safetensors"))
    for name, value in model.params.items():
        model.params[name] = value.astype(np.float64)
    return model, village_gates.read(model, corpus.valid[:6000]), village_gates.read(model, ids)


@pytest.mark.slow
@pytest.mark.parametrize("name", village_gates.FACTS)
def test_the_memory_tells_facts_on_fresh_text(village, trained, name):
    corpus, _, words = village
    _, choosing, test = trained
    on_choosing = village_gates.FACTS[name](corpus.vocab.decode(corpus.valid[:6000]))
    fact = village_gates.FACTS[name](words)
    unit, one = village_gates.fit_one_unit(choosing.c, on_choosing)
    every = village_gates.fit_all_units(choosing.c, on_choosing)
    assert village_gates.separation(one.read(test.c), fact) > 0.85
    assert village_gates.separation(every.read(test.c), fact) > 0.99
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
    far = village_gates.find_recalls(ids, words, min_distance=20)
    near = [r for r in village_gates.find_recalls(ids, words, 1) if r.distance < 10]

    def mean_prob(trace, recalls):
        probs = village_gates.next_word_probs(model, trace.h)
        return np.mean([probs[r.asked - 1, ids[r.asked]] for r in recalls])

    leaking = village_gates.read(model, ids, keep=0.9)
    kept_far = mean_prob(leaking, far) / mean_prob(test, far)
    kept_near = mean_prob(leaking, near) / mean_prob(test, near)
    assert kept_far < 0.7 and kept_far < kept_near


@pytest.mark.slow
def test_a_name_is_held_and_shown_when_asked_for(village, trained):
    corpus, ids, words = village
    far = village_gates.find_recalls(ids, words, min_distance=20)[:20]
    swaps = [village_gates.swap_name(trained[0], corpus.vocab, words, recall) for recall in far]
    before_gap = [swap.shown[swap.asked - 1] / swap.held[swap.asked - 1] for swap in swaps]
    between = [
        (swap.shown / np.maximum(swap.held, 1e-9))[swap.named + 1 : swap.asked - 1].mean()
        for swap in swaps
    ]
    assert np.mean(before_gap) > np.mean(between) + 0.2


@pytest.mark.slow
def test_a_scene_break_clears_a_part_of_the_memory_only(village, trained):
    _, _, words = village
    trace = trained[2]
    kept = np.linalg.norm(trace.f[1:] * trace.c[:-1], axis=1) / np.linalg.norm(trace.c[:-1], axis=1)
    is_break = np.array(words[1:]) == "***"
    assert 0.4 < kept[is_break].mean() < kept[~is_break].mean() - 0.02
