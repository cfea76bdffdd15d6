"""Text as words, and what becomes of the rare ones."""

import pytest

from lessons_lib.text import UNKNOWN, Corpus, Vocabulary, word_corpus
from lessons_lib.text.tokens import Tokens
from lessons_lib.text.words import penn_words, words, words_of


def characters(train, valid, test):
    vocab = Vocabulary(sorted(set(train + valid + test)))
    return Corpus(*(vocab.encode(text) for text in (train, valid, test)), vocab)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("한국어 문장, 안녕!", ["한국어", "문장", ",", "안녕", "!"]),
        ("Cafe\u0301 noir", ["Caf\u00e9", "noir"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ('צה"ל x', ['צה"ל', "x"]),
        (
            "1,234.5 don\u2019t o'clock mother-in-law",
            ["1,234.5", "don\u2019t", "o'clock", "mother-in-law"],
        ),
        ("👨‍👩‍👧🇩🇪❤️👍🏽", ["👨‍👩‍👧", "🇩🇪", "❤️", "👍🏽"]),
        (
            "-5 a--b <unk>\n\nz\x00",
            ["-", "5", "a", "-", "-", "b", "<unk>", "\n", "\n", "z", "\x00"],
        ),
        ("", []),
    ],
)
def test_words_of_any_language_stay_whole(text, expected):
    assert words(text) == expected


def test_words_of_plays_are_small_and_marks_and_line_ends_stand_alone():
    found = words_of("ROMEO:\n\n'Tis Fire, is't?\nNo")
    assert found == ["romeo", ":", "\n", "'tis", "fire", ",", "is't", "?", "\n", "no"]


def test_plain_english_as_the_penn_treebank_has_it():
    text = (
        "Mr. Smith's \"dogs\" don\u2019t own 1,000 shares (3.5% of the U.S. total); N is $5.\nIt's."
    )
    known = "mr. smith 's dogs do n't own N shares % of the u.s. total is $ it <eos> <unk>".split()
    ptb = Tokens("ptb", Vocabulary(known))
    expected = "mr. smith 's dogs do n't own N shares N % of the u.s. total N is $ N <eos> it 's"
    assert ptb.split(text) == expected.split()
    assert ptb.split("Zorro. <unk>") == ["zorro", "<unk>"]  # without its full stop: unknown
    assert "".join(ptb.written(ptb.split("Don't! It's $5."))) == "Don't it's $N"
    assert penn_words("AT&T") == ["at&t"]


def test_rare_words_of_the_share_that_is_used_become_unknown():
    corpus = word_corpus(
        characters("to be or to be be xx yy yy yy", "to yy", "or be"), share=0.6, min_count=2
    )
    assert corpus.vocab.tokens == ("be", "to", UNKNOWN)
    assert corpus.vocab.decode(corpus.train) == ["to", "be", UNKNOWN, "to", "be", "be"]
    assert corpus.vocab.decode(corpus.valid) == ["to", UNKNOWN]
    assert corpus.vocab.decode(corpus.test) == [UNKNOWN, "be"]


def test_a_word_corpus_without_rare_words_knows_unknown_ones():
    corpus = word_corpus(characters("개 가 " * 9, "개 다", "가"), min_count=2)
    assert corpus.vocab.tokens == ("개", "가", UNKNOWN)
    assert corpus.vocab.decode(corpus.valid) == ["개", UNKNOWN]
