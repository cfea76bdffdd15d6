"""Text as words, and what becomes of the rare ones."""

from lessons_lib.text import UNKNOWN, Corpus, Vocabulary, word_corpus
from lessons_lib.text.tokens import words_of


def characters(train, valid, test):
    vocab = Vocabulary(sorted(set(train + valid + test)))
    return Corpus(*(vocab.encode(text) for text in (train, valid, test)), vocab)


def test_words_are_small_and_marks_and_line_ends_stand_alone():
    words = words_of("ROMEO:\n\n'Tis Fire, is't?\nNo")
    assert words == ["romeo", ":", "\n", "'tis", "fire", ",", "is't", "?", "\n", "no"]


def test_rare_words_of_the_share_that_is_used_become_unknown():
    corpus = word_corpus(
        characters("to be or to be be xx yy yy yy", "to yy", "or be"), share=0.6, min_count=2
    )
    assert corpus.vocab.tokens == ("be", "to", UNKNOWN)
    assert corpus.vocab.decode(corpus.train) == ["to", "be", UNKNOWN, "to", "be", "be"]
    assert corpus.vocab.decode(corpus.valid) == ["to", UNKNOWN]
    assert corpus.vocab.decode(corpus.test) == [UNKNOWN, "be"]
