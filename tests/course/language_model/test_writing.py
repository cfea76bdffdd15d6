"""What a place in a scene asks for is told as the grammar has it."""

import itertools
from collections import Counter

import numpy as np
import pytest

from lessons_lib.course.language_model.writing import KINDS, effective_choices
from lessons_lib.text import load_corpus
from lessons_lib.text.village import tell

SCENE = """*** Tom was in the library . the library was quiet . Tom was reading a book .
then Mary came in . Mary had a fiddle , a fine fiddle , under her arm .
the owl slept ( nobody knew why ) . the bakers who knew the singer were tired .
Mary said hi to Tom . " i brought you this fiddle , " said Mary . Tom thanked Mary for the fiddle .
soon Tom was alone again in the library .""".split()


def changed(old, new, occurrence=0):
    places = [k for k, word in enumerate(SCENE) if word == old]
    place = places[occurrence]
    return [*SCENE[:place], new, *SCENE[place + 1 :]], place


def asked(scene):
    """What each word of a scene had to be, and whether it was possible."""
    telling = tell()
    step = next(telling)
    for word in [*scene, "***"]:
        kinds = [kind for kind, asks in KINDS.items() if asks(step.probs)]
        yield kinds, word in step.probs
        if word not in step.probs:
            return
        step = telling.send(word)


def test_what_a_scene_asks_for():
    found = list(asked(SCENE))
    assert all(possible for _, possible in found)
    assert Counter(itertools.chain.from_iterable(kinds for kinds, _ in found)) == {
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
def test_a_word_of_the_wrong_kind_is_where_that_kind_is_asked_for(kind, old, new, occurrence):
    scene, place = changed(old, new, occurrence)
    *before, (kinds, possible) = asked(scene)
    assert (kinds, possible, len(before)) == ([kind], False, place)


def test_the_corpus_asks_for_every_kind():
    corpus = load_corpus("village")
    words = corpus.vocab.decode(corpus.test[:3000])
    breaks = [k for k, word in enumerate(words) if word == "***"]
    found = [one for a, b in itertools.pairwise(breaks) for one in asked(words[a:b])]
    assert all(possible for _, possible in found)
    assert set().union(*(kinds for kinds, _ in found)) == set(KINDS)


def test_equal_chances_are_counted():
    assert effective_choices(np.full(8, 1 / 8)) == pytest.approx(8)
    assert effective_choices([0, 1, 0]) == pytest.approx(1)
    assert effective_choices([0.5, 0.25, 0.25]) == pytest.approx(2**1.5)
