"""The village: shipped as built, readable in one way only, with probabilities that are right."""

import bz2
import itertools
import math
from collections import Counter

import numpy as np
import pytest

from lessons_lib.files import data_path
from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs, village
from lessons_lib.text.tokens import Tokens, readable
from lessons_lib.text.village import SCENE_BREAK, read, write


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("village")


@pytest.fixture(scope="module")
def steps(corpus):
    return list(read(corpus.vocab.decode(corpus.train)))


def test_shipped_text_is_what_the_grammar_builds():
    built = village.build()
    assert len(built) == 3
    for name, text in built.items():
        packed = data_path("village", f"{name}.bz2").read_bytes()
        assert bz2.decompress(packed) == text.encode()


def test_splits_share_no_scene_worth_mentioning(corpus):
    def scenes(ids):
        return set(" ".join(corpus.vocab.decode(ids)).split(SCENE_BREAK)) - {""}

    train, valid, test = (scenes(ids) for ids in corpus[:3])
    assert not valid & test
    assert len(train & (valid | test)) <= 0.001 * len(train)


def test_probabilities_sum_to_one_after_any_prefix(steps):
    for _, step in steps:
        assert math.isclose(sum(step.probs.values()), 1, abs_tol=1e-12)
        assert min(step.probs.values()) > 0


def test_no_prefix_is_ambiguous(steps):
    """Told again from its own tokens, a text meets the same choices: the state is in the tokens."""
    tokens = [token for token, _ in steps]
    again = itertools.islice(read(tokens), len(tokens))
    assert all(a == b for a, b in zip(steps, again, strict=True))


def test_phrases_of_a_group_begin_with_different_words():
    groups = [v for v in vars(village.words).values() if isinstance(v, tuple)]
    groups += [*village.words.CHORES.values(), *village.words.SOUNDS.values()]
    for group in groups:
        firsts = [phrase.split()[0] for phrase in group]
        assert len(set(firsts)) == len(firsts)
    plot = {"then", "there", "soon", '"', *village.words.PEOPLE}
    assert not plot & set(village.BESIDE_THE_PLOT)


def test_frequencies_agree_with_probabilities(steps):
    """Where the village had the same choice many times, each token came as often as it should."""
    came, choices = Counter(), Counter()
    for token, step in steps:
        choice = tuple(sorted(step.probs.items()))
        choices[choice] += 1
        came[choice, token] += 1
    compared = 0
    for choice, n in choices.items():
        if n < 200 or len(choice) == 1:
            continue
        for token, p in choice:
            compared += 1
            assert abs(came[choice, token] - n * p) < 4.5 * math.sqrt(n * p * (1 - p)), (token, p)
    assert compared > 100


def test_oracle_perplexity_is_the_entropy_of_the_grammar(corpus):
    """The mean surprise on the test text is the mean entropy of its choices, within chance."""
    surprise, entropy, variance = [], [], []
    for token, step in read(corpus.vocab.decode(corpus.test)):
        log_p = np.log(list(step.probs.values()))
        p = np.exp(log_p)
        surprise.append(-math.log(step.probs[token]))
        entropy.append(-(p * log_p).sum())
        variance.append((p * log_p**2).sum() - entropy[-1] ** 2)
    np.testing.assert_allclose(-oracle_log_probs(corpus.test), surprise[1:], atol=1e-12)
    error = math.sqrt(sum(variance)) / len(variance)
    assert 0 < error < 0.01
    assert abs(np.mean(surprise) - np.mean(entropy)) < 3 * error


def test_every_word_of_the_grammar_is_in_the_training_text(corpus, steps):
    possible = set(itertools.chain.from_iterable(step.probs for _, step in steps))
    assert possible == set(corpus.vocab.tokens)


def test_distances_of_a_scene_by_hand(corpus):
    scene = (
        "*** Tom was in the kitchen . the kitchen was warm . Tom was slicing bread . "
        "then Mary came in . Mary had a pie , a fine pie , under her arm . "
        "Mary waved to Tom in the kitchen ."
    ).split()
    distances = dict(
        zip(range(1, len(scene)), dependency_distances(corpus.vocab.encode(scene)), strict=True)
    )

    def at(word, occurrence):
        return [i for i, token in enumerate(scene) if token == word][occurrence]

    for word, occurrence, decider, earlier in (
        *(("Tom", 1, "Tom", 0), ("slicing", 0, "kitchen", 1), ("her", 0, "Mary", 1)),
        *(("Tom", 2, "Tom", 1), ("kitchen", 1, "kitchen", 0), ("kitchen", 2, "kitchen", 1)),
    ):
        place = at(word, occurrence)
        assert distances[place] == place - at(decider, earlier), word
    assert distances[at("pie", 1)] == 4
    assert distances[at("came", 0)] == 1


def test_distances_reach_from_1_to_beyond_50(corpus):
    distances = dependency_distances(corpus.test)
    assert distances.min() == 1
    for low, high in ((2, 4), (5, 9), (10, 19), (20, 34), (35, 59), (60, 1000)):
        assert ((distances >= low) & (distances <= high)).mean() > 0.004


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("Tom was in the kitchen .", 0, "Tom"),
        ("*** Tom was in the kitchen . Mary was", 7, "Mary"),
        ("*** Tom was in the kitchen . the kitchen was warm . Tom was reading", 14, "reading"),
    ],
)
def test_other_text_is_refused_with_its_place(corpus, text, position, word):
    with pytest.raises(ValueError, match=rf"^ids: .*position {position} stands '{word}'"):
        oracle_log_probs(corpus.vocab.encode(text.split()))


def test_writing_is_reproducible_and_whole():
    text = write(500, np.random.default_rng(7))
    assert text == write(500, np.random.default_rng(7))
    assert text[0] == SCENE_BREAK and text[-1] == "."
    assert len(list(read(text))) == len(text)


def test_readable_text_and_back(corpus):
    tokens = '*** Ada was late . " do you need a pie ? " asked Ben . the cat slept ( it was'.split()
    text = readable(tokens)
    assert text == '***\n\nAda was late. "Do you need a pie?" asked Ben. The cat slept (it was'
    assert Tokens("village", corpus.vocab).split(text) == tokens
