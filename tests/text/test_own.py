"""A text of the user's own becomes ids on disk, and a vocabulary of its training part."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lessons_lib.text import UNKNOWN
from lessons_lib.text.own import IDS, TEXT, TOKENIZER, Choices, open_text, prepare
from lessons_lib.text.reading import BLOCK, TextFiles

TEXTS = {  # training, validation, test: 80, 10 and 10 of 100 characters
    "characters": "abab cdcd\n" * 8 + "abab xdcd\n" + "abab cdcd\n",
    "words": "der Hund x\n" * 8 + "der Hund y\n" + "Der Hund x\n",
    "bpe": "der Hund x\n" * 8 + "한국어 y y yy\n" + "Der Hund x\n",
}
SHARES = (80.0, 10.0, 10.0)


@pytest.fixture(params=TEXTS)
def own(request, tmp_path):
    (tmp_path / "own.txt").write_text(TEXTS[request.param], encoding="utf-8")
    choices = Choices(request.param, SHARES, vocab_size=300 if request.param == "bpe" else 0)
    return prepare(TextFiles(tmp_path / "own.txt"), tmp_path, choices)


def test_a_text_in_three_parts(own, tmp_path):
    kind = own.tokens.kind
    text = TEXTS[kind]
    assert own.name == "own.txt" and own.made_from["tokens"] == kind
    written = ["".join(own.tokens.written(own.corpus.vocab.decode(ids))) for ids in own.corpus[:3]]
    if kind == "bpe":
        assert "".join(written) == text
        assert json.loads((tmp_path / TOKENIZER).read_text())["model"]["type"] == "BPE"
    elif kind == "characters":
        assert "".join(written) == text.replace("x", UNKNOWN)  # unknown to the training part
    else:
        assert written[1].split() == ["der", "Hund", UNKNOWN]
        assert written[2].split() == [
            UNKNOWN,
            "Hund",
            "x",
        ]  # as it is written, not in small letters
    lines = text.splitlines(keepends=True)
    sizes = [
        sum(len(line.encode()) for line in part) for part in (lines[:8], [lines[8]], [lines[9]])
    ]
    assert list(own.num_bytes.values()) == sizes
    again = open_text(tmp_path)
    assert again.corpus.vocab.tokens == own.corpus.vocab.tokens
    for before, after in zip(own.corpus[:3], again.corpus[:3], strict=True):
        assert isinstance(after, np.memmap) and np.array_equal(before, after)


def test_rare_tokens_and_those_beyond_the_size_become_unknown(tmp_path):
    (tmp_path / "a.txt").write_text("a a a b b b c c c d\n" * 3 + "e f g h i j\n" * 2)
    for choices, known in (
        (Choices("words", (70, 15, 15), 4), ["a", "b", "c", UNKNOWN]),
        (Choices("words", (70, 15, 15), 1, 3), ["a", "b", UNKNOWN]),
        (Choices("words", (70, 15, 15), 3), ["a", "b", "c", "d", "\n", UNKNOWN]),
    ):
        own = prepare(TextFiles(tmp_path / "a.txt"), tmp_path, choices)
        assert list(own.corpus.vocab.tokens) == known


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no text in it"),
        ("x", "1 tokens are left for training"),
        (
            "one line without an end " * 50,
            "0 tokens are left for validation, where 2 are the least",
        ),
    ],
)
def test_a_text_that_is_too_short(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        prepare(TextFiles(tmp_path / "a.txt"), tmp_path, Choices())
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]  # nothing half done


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"tokens": "letters"}, "--tokens: expected one of characters, words, bpe, got 'letters'"),
        ({"shares": (90, 10)}, "--split: expected three percentages .* got 90,10"),
        ({"shares": (90, 10, 0)}, "--split"),
        ({"shares": (90, 5, 4)}, "--split"),
        ({"shares": (float("nan"), 5, 4)}, "--split"),
        ({"min_count": 0}, "--min-count"),
    ],
)
def test_choices_that_cannot_be(choice, message):
    with pytest.raises(ValueError, match=message):
        Choices(**choice)


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found.update(counts=[10**12, 2, 2]),
        lambda found: found.update(counts=[80, 10]),
        lambda found: found.update(counts=7),
        lambda found: found.update(ids="object"),
        lambda found: found.update(name="x" * 101),
        lambda found: found.update(tokens={"vocabulary": "[" * 100_000}),
        lambda found: found.update(tokens={"vocabulary": json.dumps([*"abcd \n", "x" * 10**6])}),
        lambda found: found.pop("bytes"),
    ],
)
def test_a_strangers_text_that_is_none(tmp_path, damage):
    (tmp_path / "a.txt").write_text(TEXTS["characters"])
    prepare(TextFiles(tmp_path / "a.txt"), tmp_path, Choices("characters", SHARES))
    found = json.loads((tmp_path / TEXT).read_text())
    damage(found)
    (tmp_path / TEXT).write_text(json.dumps(found))
    with pytest.raises(ValueError, match="is damaged"):
        open_text(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_a_strangers_run_is_not_followed(tmp_path):
    (tmp_path / "a.txt").write_text(TEXTS["characters"])
    prepare(TextFiles(tmp_path / "a.txt"), tmp_path, Choices("characters", SHARES))
    (tmp_path / IDS).rename(tmp_path / "elsewhere")
    (tmp_path / IDS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=f"{IDS}: it is a link"):
        open_text(tmp_path)


MEMORY = """
import sys
from pathlib import Path
from lessons_lib.text import own
from lessons_lib.text.reading import TextFiles
from lessons_lib.training.identity import identity
own.MOST_COUNTED = 20_000
for name in sys.argv[2:]:
    made = own.prepare(TextFiles(Path(name)), Path(name).parent, own.Choices(sys.argv[1]))
    identity(made.corpus)
    own.count_unknown(made.corpus.train, made.corpus.vocab)
    # Not ru_maxrss, which begins with the peak of whoever started this process.
    print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def ever_new_words(count):
    """Each of them once: counted as they stand they would fill the memory."""
    lines = (f"{'-'.join(map(str, range(k, k + 9)))}\n{k:x}abc {k} \n" for k in range(count))
    return "".join(lines)


END = "and so\n" * 500_000  # for validation and test, after a training part of one line


@pytest.mark.skipif(sys.platform != "linux", reason="others count memory in other ways")
@pytest.mark.parametrize(
    ("kind", "small", "large"),
    [
        ("characters", "to be or not to be\n" * 60_000, "to be or not to be\n" * 1_100_000),
        ("characters", "without an end " * 60_000 + END, "without an end " * 1_200_000 + END),
        ("words", ever_new_words(20_000), ever_new_words(50_000)),
        ("words", "and so\n" * 20_000, "".join(f"{k:0100000}\n" for k in range(150))),
    ],
    ids=["lines", "one line", "words", "words without an end"],
)
def test_memory_does_not_grow_with_the_text(tmp_path, kind, small, large):
    paths = tmp_path / "small.txt", tmp_path / "large.txt"
    for path, text in zip(paths, (small, large), strict=True):
        path.write_text(text)
    command = [sys.executable, "-c", MEMORY, kind, *map(str, paths)]
    before, after = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(after) - int(before) < 12_000  # KiB


def test_subwords_are_learned_from_as_much_of_any_text(tmp_path, monkeypatch):
    """Each byte of it takes up to 64 of memory."""
    seen = []

    def train_subwords(texts, *choices):
        seen.extend(texts)
        raise InterruptedError

    monkeypatch.setattr("lessons_lib.text.own.MOST_LEARNED", 2 * BLOCK)
    monkeypatch.setattr("lessons_lib.text.own.train_subwords", train_subwords)
    (tmp_path / "a.txt").write_text(ever_new_words(40_000))
    with pytest.raises(InterruptedError):
        prepare(TextFiles(tmp_path / "a.txt"), tmp_path, Choices("bpe", SHARES))
    assert 1 < len(seen) <= 3 and max(map(len, seen)) <= BLOCK
