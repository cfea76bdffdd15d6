"""Facts are read off a text rightly, and units are judged rightly."""

import numpy as np
import pytest

from lessons_lib.course.shared import village_facts
from lessons_lib.course.shared.village_facts import Fact
from lessons_lib.text import load_corpus


@pytest.mark.parametrize(
    ("name", "text", "holds", "applies"),
    [
        ("quotation open", 'so " i am here , " said Tom .', '" i am here ,', None),
        ("bracket open", "the cat slept ( it was late ) . a dog", "( it was late", None),
        (
            "subject plural",
            "the bakers who knew the singer were busy . the singer was late . a baker came .",
            "bakers who knew the singer",
            "bakers who knew the singer singer baker came",
        ),
    ],
)
def test_facts_hold_at_their_words(name, text, holds, applies):
    words = np.array(text.split())
    fact = village_facts.FACTS[name](text.split())
    assert words[fact.holds].tolist() == holds.split()
    assert words[fact.applies].tolist() == (applies or text).split()


@pytest.mark.parametrize("name", village_facts.FACTS)
def test_facts_agree_with_what_the_village_can_say_next(name):
    words = load_corpus("village").vocab.decode(load_corpus("village").test)
    fact = village_facts.FACTS[name](words)
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


def test_separation_counts_pairs():
    rng = np.random.default_rng(2)
    values = rng.integers(0, 4, 30).astype(float)  # many ties
    fact = Fact(rng.random(30) < 0.4, rng.random(30) < 0.8)
    high, low = values[fact.applies & fact.holds], values[fact.applies & ~fact.holds]
    expected = np.mean([(a > b) + (a == b) / 2 for a in high for b in low])
    assert village_facts.separation(values, fact) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_unit_that_tells_best_is_found(sign):
    rng = np.random.default_rng(3)
    fact = Fact(rng.random(200) < 0.3, rng.random(200) < 0.9)
    states = rng.normal(size=(200, 6))
    states[:, 4] = 7 + sign * (3 * fact.holds + 0.1 * states[:, 4])
    assert village_facts.best_unit(states, fact) == 4


def test_the_busiest_window_holds_most_of_the_rarest():
    masks = np.zeros((2, 20), bool)
    masks[0, 2:9] = True
    masks[1, [8, 12, 13]] = True
    # Windows of 5 words that begin at 4 to 8 have one word of each at least, none has two of both.
    window = village_facts.busiest_window(masks, 5)
    assert window == slice(6, 11)
    assert village_facts.busiest_window(masks[1:], 2) == slice(12, 14)
