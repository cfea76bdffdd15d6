"""Tokens to ids and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.text import Vocabulary
from tests.errors import check_error, says

LETTERS = Vocabulary(["a", "b", "c"])
WORDS = ["the", "cat", "sat", "on", "the", "mat", "on", "the", "cat"]


def test_encode_and_decode():
    vocab = Vocabulary(["a", "b", "c"])
    ids = vocab.encode(["c", "a", "c"])
    np.testing.assert_array_equal(ids, [2, 0, 2])
    assert ids.dtype == np.int64
    assert vocab.decode(ids) == ["c", "a", "c"]
    assert vocab.decode([1, 1]) == ["b", "b"]
    assert len(vocab) == 3
    assert "b" in vocab
    assert "d" not in vocab
    assert vocab.tokens == ("a", "b", "c")
    assert vocab.encode([]).shape == (0,)
    assert vocab.encode([]).dtype == np.int64
    assert vocab.decode([]) == []


@given(st.lists(st.text(max_size=3), min_size=1))
def test_every_text_comes_back(tokens):
    for order in ("frequency", "appearance"):
        vocab = Vocabulary.from_tokens(tokens, order)
        assert vocab.decode(vocab.encode(tokens)) == tokens
        assert len(vocab) == len(set(tokens))


def test_the_order_of_tokens():
    """By frequency, ties by first appearance; or by appearance."""
    assert Vocabulary.from_tokens(WORDS).tokens == ("the", "cat", "on", "sat", "mat")
    by_appearance = Vocabulary.from_tokens(WORDS, "appearance")
    assert by_appearance.tokens == ("the", "cat", "sat", "on", "mat")


def test_string_is_taken_apart_only_by_a_vocabulary_of_characters():
    letters = Vocabulary(["a", "b", " "])
    np.testing.assert_array_equal(letters.encode("ab a"), [0, 1, 2, 0])
    assert letters.is_character_level

    words = Vocabulary(["a", "cat"])
    assert not words.is_character_level
    with pytest.raises(TypeError, match=r"tokens: expected a list .* got str 'a cat'.*split\(\)"):
        words.encode("a cat")
    with pytest.raises(TypeError, match=r"tokens: .*list\(text\)"):
        Vocabulary.from_tokens("abc")
    with pytest.raises(TypeError, match="tokens"):
        Vocabulary("abc")


def test_unknown_token_becomes_unk_where_there_is_one():
    vocab = Vocabulary(["a", "<unk>", "b"])
    np.testing.assert_array_equal(vocab.encode(["a", "zebra", "b"]), [0, 1, 2])


def test_unknown_tokens_are_named_with_their_positions():
    vocab = Vocabulary(["a", "b"])
    with pytest.raises(ValueError, match=r"got 'zebra' at position 1, 'yak' at position 3$"):
        vocab.encode(["a", "zebra", "b", "yak"])
    with pytest.raises(ValueError, match=r"'v' at position 2 and 2 more$"):
        vocab.encode("zyvwx")


@pytest.mark.parametrize("token", [1, None, b"a", ["a"]])
def test_token_that_is_no_string(token):
    vocab = Vocabulary(["a", "<unk>"])
    with pytest.raises(TypeError, match=r"tokens: expected strings, got .* at position 1"):
        vocab.encode(["a", token])
    with pytest.raises(TypeError, match="tokens: expected strings"):
        Vocabulary(["a", token])


@says(
    (lambda: Vocabulary([]), "ValueError: .*at least one"),
    (lambda: Vocabulary(["a", "b", "c", "b", "b"]), "ValueError: .*'b' 3 times"),
    (lambda: Vocabulary.from_tokens(WORDS, "alphabet"), "ValueError: order"),
    (lambda: LETTERS.decode([0, 3]), "ValueError: ids: expected values from 0 to 2"),
    (lambda: LETTERS.decode([-1]), "ValueError: ids: expected values from 0 to 2"),
    (lambda: LETTERS.decode([[0, 1]]), r"ValueError: .*1-D array, got shape \(1, 2\)"),
    (lambda: LETTERS.decode(1), "ValueError: .*1-D"),
    (lambda: LETTERS.decode([0.0]), "TypeError: .*integers"),
)
def test_what_is_refused(call, words):
    check_error(call, words)
