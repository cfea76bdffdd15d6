"""Scenes are audited as the grammar has it."""

import itertools

import numpy as np
import pytest

from lessons_lib.course.language_model.writing import KINDS, audit, effective_choices, verdict
from lessons_lib.text import load_corpus

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


def test_equal_chances_are_counted():
    assert effective_choices(np.full(8, 1 / 8)) == pytest.approx(8)
    assert effective_choices([0, 1, 0]) == pytest.approx(1)
    assert effective_choices([0.5, 0.25, 0.25]) == pytest.approx(2**1.5)
