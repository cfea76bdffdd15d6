"""Corpora are cut and numbered as documented."""

import bz2
import dataclasses
import hashlib

import numpy as np
import pytest

from lessons_lib.text import CORPORA, Vocabulary, corpora, fetch, is_present, load_corpus


def check_ids(corpus):
    for ids in corpus[:3]:
        assert ids.ndim == 1
        assert ids.dtype == np.int64
        assert ids.min() >= 0
        assert ids.max() < len(corpus.vocab)


def use_files_of(name, home, monkeypatch):
    """Take the files that lie in the data home for the right ones."""
    files = tuple(
        dataclasses.replace(
            file, sha256=hashlib.sha256((home / file.places[0]).read_bytes()).hexdigest()
        )
        for file in CORPORA[name].files
    )
    monkeypatch.setitem(CORPORA, name, dataclasses.replace(CORPORA[name], files=files))


def test_shakespeare_is_cut_by_position_without_overlap(tmp_path, monkeypatch):
    text = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 17
    (tmp_path / "shakespeare").mkdir()
    (tmp_path / "shakespeare" / "input.txt").write_bytes(text.encode())
    use_files_of("shakespeare", tmp_path, monkeypatch)
    corpus = load_corpus("shakespeare", tmp_path)
    check_ids(corpus)
    assert "".join(corpus.vocab.decode(np.concatenate(corpus[:3]))) == text
    assert corpus.vocab.tokens == tuple(sorted(set(text)))
    assert len(corpus.train) == len(text) * 90 // 100
    assert abs(len(corpus.valid) - len(corpus.test)) <= 1


def test_the_opening_of_shakespeare_is_what_its_readme_says():
    text = corpora.shakespeare_opening()
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")
    assert len(text) == 300_000
    checksum = hashlib.sha256(text.encode("ascii")).hexdigest()
    assert checksum in corpora.data_path("shakespeare", "README.md").read_text(encoding="utf-8")


def write_splits(folder, train, valid, test, name="{}.txt"):
    folder.mkdir(parents=True)
    for split, text in (("train", train), ("valid", valid), ("test", test)):
        (folder / name.format(split)).write_text(text)


def test_ptb_marks_line_ends_and_numbers_words_by_appearance(tmp_path, monkeypatch):
    write_splits(
        tmp_path / "ptb",
        " the <unk> fell \n the N rose \n",
        " the rose \n",
        " moon \n",
        "ptb.{}.txt",
    )
    use_files_of("ptb", tmp_path, monkeypatch)
    corpus = load_corpus("ptb", tmp_path)
    check_ids(corpus)
    assert corpus.vocab.tokens == ("the", "<unk>", "fell", "<eos>", "N", "rose")
    np.testing.assert_array_equal(corpus.train, [0, 1, 2, 3, 0, 4, 5, 3])
    np.testing.assert_array_equal(corpus.valid, [0, 5, 3])
    np.testing.assert_array_equal(corpus.test, [1, 3])


def test_village_numbers_words_by_frequency(tmp_path, monkeypatch):
    write_splits(tmp_path / "village", "a b\nb c , b\n\na b", "c b", "a a")
    for plain in list((tmp_path / "village").iterdir()):
        plain.with_suffix(".txt.bz2").write_bytes(bz2.compress(plain.read_bytes()))
    monkeypatch.setattr(corpora, "data_path", tmp_path.joinpath)
    train, valid, test, vocab = load_corpus("village")
    assert vocab.tokens == ("b", "a", "c", ",")
    np.testing.assert_array_equal(train, [1, 0, 0, 2, 3, 0, 1, 0])
    np.testing.assert_array_equal(valid, [2, 0])
    np.testing.assert_array_equal(test, [1, 1])


def test_village_is_shipped(tmp_path):
    corpus = load_corpus("village", tmp_path)
    check_ids(corpus)
    assert is_present("village", tmp_path)
    assert len(fetch("village", tmp_path)) == 3
    assert corpus.vocab.tokens == Vocabulary.from_tokens(corpus.vocab.decode(corpus.train)).tokens
    assert list(tmp_path.iterdir()) == []


def test_unknown_corpus():
    for function in (load_corpus, fetch, is_present):
        with pytest.raises(ValueError, match=r"name: expected one of village, .*, got 'hamlet'"):
            function("hamlet")


@pytest.mark.skipif(not is_present("shakespeare"), reason="the real text is not in the data home")
def test_the_real_shakespeare():
    corpus = load_corpus("shakespeare")
    check_ids(corpus)
    assert [len(ids) for ids in corpus[:3]] == [1_003_854, 55_770, 55_770]
    assert len(corpus.vocab) == 65
    assert CORPORA["shakespeare"].size == fetch("shakespeare")[0].stat().st_size


@pytest.mark.skipif(not is_present("ptb"), reason="the real text is not in the data home")
def test_the_real_penn_treebank():
    corpus = load_corpus("ptb")
    check_ids(corpus)
    assert [len(ids) for ids in corpus[:3]] == [929_589, 73_760, 82_430]
    assert len(corpus.vocab) == 10_000
    np.testing.assert_array_equal(corpus.vocab.encode(["aer", "<eos>", "<unk>"]), [0, 24, 26])
    assert CORPORA["ptb"].size == sum(path.stat().st_size for path in fetch("ptb"))


def test_shakespeare_as_words_has_the_same_three_parts(tmp_path, monkeypatch):
    text = "To be, or not to be.\n\nThat is it.\n" * 40
    (tmp_path / "shakespeare").mkdir()
    (tmp_path / "shakespeare" / "input.txt").write_bytes(text.encode())
    use_files_of("shakespeare", tmp_path, monkeypatch)
    use_files_of("shakespeare-words", tmp_path, monkeypatch)
    corpus = load_corpus("shakespeare-words", tmp_path)
    first = ["to", "be", ",", "or", "not", "to", "be", ".", "\n", "that"]
    assert corpus.vocab.decode(corpus.train[:10]) == first
    characters = load_corpus("shakespeare", tmp_path)
    for words, letters in zip(corpus[:3], characters[:3], strict=True):
        assert 0 < len(words) < len(letters)
