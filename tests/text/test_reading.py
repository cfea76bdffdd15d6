"""The user's own text files: any encoding, line end and length is read, or refused in one line."""

import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib.text import reading
from lessons_lib.text.reading import TextFiles
from lessons_lib.text.words import composed, words


def read(path, content, encoding="utf-8"):
    path.write_bytes(content)
    return "".join(TextFiles(path, encoding).pieces())


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        (b"one\ntwo", "utf-8", "one\ntwo"),
        (b"\xef\xbb\xbfone\r\ntwo\rthree\n", "utf-8", "one\ntwo\nthree\n"),
        ("één\n".encode("utf-16"), "utf-16", "één\n"),
        ("één".encode("utf-16-be"), "utf-16-be", "één"),
        (b"caf\xe9", "cp1252", "café"),
        ("cafe\u0301".encode(), "utf-8", "caf\u00e9"),
        ("שלום\x00\x07\x1b[2J\u202e".encode(), "utf-8", "שלום\x00\x07\x1b[2J\u202e"),
        ("one line\n".encode("utf-16-le") * 80, "utf-16-le", "one line\n" * 80),
        (b"x", "utf-8", "x"),
        (b"", "utf-8", ""),
    ],
)
def test_what_is_read(tmp_path, content, encoding, text):
    assert read(tmp_path / "a.txt", content, encoding) == text


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"a" * 300_000 + b"\xe9", "utf-8", r"byte 0xe9 at place 300,000, .*--encoding cp1252"),
        (b"abc\xc3", "utf-8", r"byte 0xc3 at place 3"),
        ("one".encode("utf-16"), "utf-8", "begins as UTF-16 does; give --encoding utf-16"),
        ("one line\n".encode("utf-16-le") * 80, "utf-8", "as in UTF-16; give --encoding utf-16-le"),
        ("one line\n".encode("utf-16-be") * 80, "cp1252", "give --encoding utf-16-be"),
        (b"%PDF-1.7\n", "utf-8", "it is a PDF, not plain text; save it as plain text"),
        (b"PK\x03\x04word/document.xml", "cp1252", "a packed file, such as .docx"),
        (b"x", "klingon", "--encoding: expected the name of an encoding, .* got 'klingon'"),
        (b"x", "zlib", "--encoding: expected"),
        (b"x", "", "--encoding: expected"),
    ],
)
def test_what_is_refused(tmp_path, content, encoding, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.txt", content, encoding)


@pytest.mark.skipif(os.name != "posix", reason="links are made otherwise")
def test_a_link_in_a_folder_leads_nowhere(tmp_path):
    (tmp_path / "secret").write_text("the reader's own")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "link.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "texts" / "own.txt").write_text("a text")
    assert "".join(TextFiles(tmp_path / "texts").pieces()) == "a text"


def test_a_folder_without_end_is_read_as_far_as_it_is_looked_into(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    deep = tmp_path.joinpath(*["d"] * 40)
    deep.mkdir(parents=True)
    (deep / "b.txt").write_text("b")
    (tmp_path / "d" / "c.txt").write_text("c")
    assert [path.name for path in TextFiles(tmp_path).files] == ["a.txt", "c.txt"]


def test_accents_and_flags_without_end_take_no_time(monkeypatch):
    accents = "e" + "\u0315\u0301" * 500_000
    assert len(composed(accents)) <= 31
    assert composed("e\u0301" * 100) == "é" * 100
    assert words("🇰🇷" * 20_000)[::10_000] == ["🇰🇷"] * 2
    assert words("a 🇰🇷🇫🇷 b") == ["a", "🇰🇷", "🇫🇷", "b"]


@pytest.mark.skipif(os.name != "posix", reason="there are no such devices")
def test_a_device_is_no_text():
    with pytest.raises(OSError, match="not a regular file"):
        list(TextFiles(reading.Path("/dev/zero")).pieces())


@given(st.text(st.sampled_from("ab \n\r\u0301e\u1100\u1161\u11a8가👩\u200d"), max_size=40))
def test_pieces_make_the_text_wherever_it_is_cut(tmp_path_factory, text):
    """Blocks of 4 bytes cut characters, line ends and accents apart."""
    path = tmp_path_factory.getbasetemp() / "a.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", 4)
        read_text = read(path, text.encode())
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert read_text == unicodedata.normalize("NFC", plain)


@settings(max_examples=50)
@given(
    st.lists(st.text(st.sampled_from("ab "), max_size=9), min_size=1, max_size=20),
    st.integers(2, 400),
)
def test_no_line_is_broken_and_each_part_ends_with_its_share(tmp_path_factory, lines, block):
    path = tmp_path_factory.getbasetemp() / "a.txt"
    text = "\n".join(lines)
    path.write_text(text)
    parts = ["", "", ""]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        for part, piece in TextFiles(path).parts((0.5, 0.3, 0.2)):
            parts[part] += piece
    assert "".join(parts) == text
    for part, share in enumerate((0.5, 0.8)):
        end = len("".join(parts[: part + 1]))
        assert end >= share * len(text) and (end in (0, len(text)) or text[end - 1] == "\n")
        # One line less would have been too few, but each part that can has a line of its own.
        before = text.rfind("\n", 0, max(0, end - 1)) + 1
        assert before < share * len(text) or before <= len("".join(parts[:part])) or not text


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    (tmp_path / "b").mkdir()
    for name, text in (("c.md", "three"), ("a.txt", "one"), ("b/x.txt", "two\n"), ("d.png", "no")):
        (tmp_path / name).write_text(text)
    assert "".join(TextFiles(tmp_path).pieces()) == "one\ntwo\nthree"
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"found no \.txt, \.text, \.md file in it"):
        list(TextFiles(tmp_path / "empty").pieces())
