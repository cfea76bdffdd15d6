"""Scenes are audited as the grammar has it, and a reset is a reset."""

import itertools

import numpy as np
import pytest

from lessons_lib.course.language_model.writing import (
    KINDS,
    audit,
    effective_choices,
    losses_in_pieces,
    scene_beginnings,
    verdict,
    write_scenes,
)
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary, load_corpus
from lessons_lib.training import token_losses

SCENE = """*** Tom was in the library . the library was quiet . Tom was reading a book .
then Mary came in . Mary had a fiddle , a fine fiddle , under her arm .
the owl slept ( nobody knew why ) . the bakers who knew the singer were tired .
Mary said hi to Tom . " i brought you this fiddle , " said Mary . Tom thanked Mary for the fiddle .
soon Tom was alone again in the library .""".split()


def changed(old, new, occurrence=0):
    places = [k for k, word in enumerate(SCENE) if word == old]
    place = places[occurrence]
    return [*SCENE[:place], new, *SCENE[place + 1 :]], place


def test_a_scene_of_the_village_is_possible():
    found = audit(SCENE)
    assert (found.possible, found.num_words) == (True, len(SCENE))
    assert found.asked == found.right
    assert dict(found.asked) == {
        "name": 6,
        "room": 2,
        "present": 3,
        "his or her": 1,
        "was or were": 2,  # "who" might be "were" too, and then comes "were"
        "end of bracket or quotation": 2,
        "chore of the room": 1,
        "newcomer": 1,
        "next sentence": 7,
    }


@pytest.mark.parametrize(
    ("kind", "old", "new", "occurrence"),
    [
        ("name", "Tom", "Ben", 2),
        ("room", "library", "mill", 1),
        ("present", "fiddle", "pie", 1),
        ("his or her", "her", "his", 0),
        ("was or were", "were", "was", 0),
        ("end of bracket or quotation", ")", ".", 0),
        ("chore of the room", "reading", "peeling", 0),
        ("newcomer", "Mary", "Tom", 0),
        ("next sentence", "soon", "then", 0),
    ],
)
def test_the_first_slip_is_found_and_named(kind, old, new, occurrence):
    scene, place = changed(old, new, occurrence)
    found = audit(scene)
    assert (found.possible, found.num_words) == (False, place)
    assert found.asked - found.right == {kind: 1}
    assert not audit(SCENE[:-1]).possible  # it stops too early


def test_a_verdict_adds_up():
    wrong, place = changed("were", "was")
    found = verdict([SCENE, wrong, SCENE])
    assert found.possible == pytest.approx(2 / 3)
    assert found.num_words == pytest.approx((2 * len(SCENE) + place) / 3)
    assert found.distinct == pytest.approx(2 / 3)
    one = audit(SCENE).asked["was or were"]
    assert found.asked["was or were"] == 3 * one
    assert found.right["was or were"] == 3 * one - 1


def test_the_corpus_is_possible_throughout():
    corpus = load_corpus("village")
    words = corpus.vocab.decode(corpus.test[:3000])
    breaks = [k for k, word in enumerate(words) if word == "***"]
    scenes = [words[a:b] for a, b in itertools.pairwise(breaks)]
    found = verdict(scenes)
    assert found.possible == 1
    assert found.asked == found.right
    assert set(found.asked) == set(KINDS)


class Chain:
    """A model that goes through the vocabulary in order, and remembers how much it has read."""

    def __init__(self, vocab_size):
        self.vocab_size = vocab_size

    def forward(self, ids, state=None):
        logits = np.full((*ids.shape, self.vocab_size), -np.inf)
        np.put_along_axis(logits, ((ids + 1) % self.vocab_size)[..., None], 0.0, axis=-1)
        return logits, (state or 0) + len(ids)


def test_scenes_end_where_the_next_one_begins():
    vocab = Vocabulary(["***", "a", "b", "c"])
    prompts = np.array([[2, 1], [3, 3], [0, 0]])
    scenes = write_scenes(Chain(4), vocab, prompts, np.random.default_rng(0))
    assert scenes == [["***", "a", "b", "c"]] * 2
    cut = write_scenes(Chain(4), vocab, prompts, np.random.default_rng(0), max_words=2)
    assert cut == [["***", "a"]] * 2


def small_model():
    rng = np.random.default_rng(0)
    model = LanguageModel(5, 3, 4, rng=rng, dtype=np.float64)
    for value in model.params.values():
        value[...] = rng.normal(size=value.shape)
    return model, rng.integers(5, size=23)


def test_scenes_follow_their_prompts_and_their_generator():
    model, _ = small_model()
    vocab = Vocabulary(["***", "a", "b", "c", "d"])
    prompts = np.array([[2, 3], [0, 0]])

    def written(seed, **options):
        rng = np.random.default_rng(seed)
        return write_scenes(model, vocab, prompts, rng, max_words=30, **options)

    assert written(1) == written(1)
    assert written(1) != written(2)
    # The best word after each word, with the state carried along.
    (greedy, _) = written(3, temperature=0)
    assert greedy == written(3, top_k=1)[0]
    ids = [2, 0, *vocab.encode(greedy)[1:]]
    logits, _ = model.forward(np.array(ids)[:, None])
    np.testing.assert_array_equal(logits[1:-1, 0].argmax(axis=-1), ids[2:])


def test_beginnings_end_in_a_scene_break():
    ids = np.array([0, 1, 2, 0, 3, 4, 0, 5])
    np.testing.assert_array_equal(
        scene_beginnings(ids, 0, 2, warm_up=3), np.array([[0, 1, 2, 0], [0, 3, 4, 0]]).T
    )
    with pytest.raises(ValueError, match="num_scenes: expected at most 2, got 3"):
        scene_beginnings(ids, 0, 3, warm_up=3)


def test_pieces_start_from_an_empty_state():
    model, ids = small_model()
    found = losses_in_pieces(model, ids, 7)
    assert found.shape == (3, 7)
    for k in range(3):
        alone = token_losses(model, ids[7 * k : 7 * k + 8], batch_size=1)
        np.testing.assert_allclose(found[k], alone)
    whole = token_losses(model, ids[:22], batch_size=1)
    np.testing.assert_allclose(found[0], whole[:7])
    assert not np.allclose(found[1], whole[7:14])


def test_equal_chances_are_counted():
    assert effective_choices(np.full(8, 1 / 8)) == pytest.approx(8)
    assert effective_choices([0, 1, 0]) == pytest.approx(1)
    assert effective_choices([0.5, 0.25, 0.25]) == pytest.approx(2**1.5)
