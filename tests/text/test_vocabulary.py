"""Tokens to ids and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.text import Vocabulary

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


def test_from_tokens_by_frequency_breaks_ties_by_first_appearance():
    vocab = Vocabulary.from_tokens(WORDS)
    assert vocab.tokens == ("the", "cat", "on", "sat", "mat")


def test_from_tokens_by_appearance():
    vocab = Vocabulary.from_tokens(WORDS, "appearance")
    assert vocab.tokens == ("the", "cat", "sat", "on", "mat")


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


def test_bad_lists_of_tokens():
    with pytest.raises(ValueError, match="at least one"):
        Vocabulary([])
    with pytest.raises(ValueError, match="'b' 3 times"):
        Vocabulary(["a", "b", "c", "b", "b"])
    with pytest.raises(ValueError, match="order"):
        Vocabulary.from_tokens(WORDS, "alphabet")


@pytest.mark.parametrize("ids", [[0, 3], [-1]])
def test_decode_refuses_ids_out_of_range(ids):
    with pytest.raises(ValueError, match="ids: expected values from 0 to 2"):
        Vocabulary(["a", "b", "c"]).decode(ids)


def test_decode_refuses_other_shapes_and_types():
    vocab = Vocabulary(["a", "b"])
    with pytest.raises(ValueError, match=r"1-D array, got shape \(1, 2\)"):
        vocab.decode([[0, 1]])
    with pytest.raises(ValueError, match="1-D"):
        vocab.decode(1)
    with pytest.raises(TypeError, match="integers"):
        vocab.decode([0.0])


def test_repr_is_short():
    assert repr(Vocabulary(["a"])) == "Vocabulary(1 tokens: 'a')"
    assert repr(Vocabulary(list("abcdef"))) == "Vocabulary(6 tokens: 'a', 'b', 'c', 'd', …)"
