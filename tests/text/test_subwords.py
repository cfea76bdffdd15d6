"""Subwords write any text, and a stranger's are taken only as far as they are that."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.text import subwords
from lessons_lib.text.own import tokens_of
from lessons_lib.text.subwords import train_subwords
from lessons_lib.text.tokens import composed

SUBWORDS = train_subwords(["the cat sat on the mat, the rat sat too\n"] * 9, 280, 2)


@given(st.text())
def test_any_text_comes_back(text):
    ids = SUBWORDS.encode(text)
    assert SUBWORDS.vocab.decode(ids) == SUBWORDS.split(text)
    pieces = list(SUBWORDS.written(SUBWORDS.split(text)))
    assert len(pieces) == len(ids) + 1 and "".join(pieces) == composed(text)


def test_the_vocabulary_is_learned_and_has_its_size():
    assert 256 < len(SUBWORDS.vocab) <= 280 and "Ġthe" in SUBWORDS.vocab
    assert len(SUBWORDS.encode("the cat sat on the mat")) < 12
    with pytest.raises(ValueError, match="--vocab-size: expected 256 or more, got 255"):
        train_subwords(["a"], 255, 2)


def test_what_has_no_blank_is_learned_from_in_pieces(monkeypatch):
    """The time is that of the square of a word's length: a line of base64 would take hours."""
    longest = {}
    for run in (10, 1000):
        monkeypatch.setattr(subwords, "LONGEST_RUN", run)
        made = train_subwords(["abcdefghijklmnop" * 100], 400, 2)
        longest[run] = max(map(len, made.vocab.tokens))
    assert longest[10] <= 11 < longest[1000]  # a blank belongs to the word behind it


def test_kept_and_read_again():
    kept = SUBWORDS.metadata()
    read = tokens_of(kept)
    assert (read.vocab.tokens, read.merges) == (SUBWORDS.vocab.tokens, SUBWORDS.merges)
    assert json.loads(kept["tokenizer"])["model"]["type"] == "BPE"  # the library's own format


def change(**model):
    kept = SUBWORDS.metadata()
    return kept | {
        "tokenizer": json.dumps({"model": json.loads(kept["tokenizer"])["model"] | model})
    }


@pytest.mark.parametrize(
    "kept",
    [
        change(merges=[["the", "no such token"]]),
        change(merges=[["Ġ", "t", "h"]]),
        change(merges=[7]),
        change(merges=7),
        change(vocab={"a": 0}),
        SUBWORDS.metadata() | {"tokenizer": "[" * 100_000},
        SUBWORDS.metadata() | {"tokenizer": "{}"},
        SUBWORDS.metadata() | {"vocabulary": '["a"]'},
        {
            "tokens": "bpe",
            "vocabulary": '["a"]',
            "tokenizer": '{"model": {"vocab": {"a": 0}, "merges": []}}',
        },
        {"tokens": "bpe", "vocabulary": "[" * 100_000},
    ],
)
def test_a_strangers_vocabulary_that_is_none(kept):
    with pytest.raises(ValueError, match="damaged"):
        tokens_of(kept)


def test_a_strangers_patterns_are_not_used():
    """They could take for ever, or lead to files."""
    kept = SUBWORDS.metadata()
    tokenizer = json.loads(kept["tokenizer"])
    tokenizer["pre_tokenizer"] = {"type": "Split", "pattern": {"Regex": "(a+)+$"}}
    tokenizer["normalizer"] = {
        "type": "Replace",
        "pattern": {"String": "t"},
        "content": "x" * 10**6,
    }
    read = tokens_of(kept | {"tokenizer": json.dumps(tokenizer)})
    assert read.split("the cat " + "a" * 50) == SUBWORDS.split("the cat " + "a" * 50)
