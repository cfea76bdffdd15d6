"""A text of one's own from the first command to the last, with a real Ctrl-C in the second line.

The models are small, so that it takes seconds.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lessons_lib.text import shakespeare_opening
from lessons_lib.text.own import KINDS
from lessons_lib.training.checkpoints import load_checkpoint

TINY = "--set hidden_size=8 --set embed_size=8 --set seq_len=16 --set batch_size=4".split()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with two texts in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mytext.txt").write_text(shakespeare_opening()[:10_000])
    (tmp_path / "more.txt").write_text(shakespeare_opening()[10_000:18_000])
    return tmp_path


def typed(command):
    return command.replace('"', "").split()[1:]


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers Ctrl-C to whole consoles")
def test_the_commands_as_they_are_typed(here, lessons):
    begin = typed("lessons train mytext.txt --tokens bpe --preset small --out runs/mine")
    child = subprocess.Popen(
        [sys.executable, "-m", "lessons_lib", *begin, *TINY], stdout=-1, stderr=-1, text=True
    )
    first = child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate()
    assert re.fullmatch(r"mytext\.txt: [\d,]+ \+ \d+ \+ \d+ tokens, [\d,]+ of them .*\n", first)
    assert child.returncode == 130 and err.count("\n") == 1
    assert err.endswith("the run can be resumed: give the same command with --resume\n")

    status, out, _ = lessons(*typed("lessons sample runs/mine Once"))  # of an unfinished run
    assert status == 0 and out.startswith("Once")
    go_on = "lessons train mytext.txt --resume --out runs/mine --set epochs=3"
    status, out, err = lessons(*typed(go_on))
    assert (status, err) == (0, "")
    assert re.search(r"epoch 3/3: perplexity .* \(loss .*\) in training, .* tokens/s$", out, re.M)
    assert re.search(r"^test perplexity .* bits per byte$", out, re.M)
    assert load_checkpoint(here / "runs/mine/checkpoint.safetensors")[1]["finished"]

    status, out, _ = lessons(*typed('lessons sample runs/mine "Once"'))
    assert status == 0 and out.startswith("Once") and len(out) > 200
    status, out, _ = lessons(*typed("lessons train more.txt --from runs/mine --out runs/tuned"))
    known = re.search(
        r"([\d,]+) of ([\d,]+) tokens begin with the weights of runs/mine, 0 with", out
    )
    assert status == 0 and known[1] == known[2]
    status, out, _ = lessons(*typed("lessons runs runs --plot runs.png"))
    names = [line.split()[0] for line in out.splitlines()[:3]]
    assert status == 0 and sorted(names) == ["mine", "run", "tuned"]
    assert "bits/byte" in out and (here / "runs.png").read_bytes().startswith(b"\x89PNG")
    tested = re.search(r"test perplexity .*", lessons("evaluate", "runs/tuned")[1])[0]
    assert tested.split()[2] in out  # evaluate knows the text, and `runs` what it comes to


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tokens(here, lessons, kind):
    made = ("--tokens", kind, "--split", "80,10,10", "--sample-every", "25", "--set", "epochs=1")
    status, out, err = lessons("train", "mytext.txt", "--out", "run", *made, *TINY)
    assert (status, err) == (0, "")
    written = re.findall(r"^step \d+: .*", out, re.M)
    assert written
    status, again, _ = lessons(
        "train", "mytext.txt", "--out", "again", *made[:-4], *TINY, "--set", "epochs=1"
    )
    models = [(here / name / "model.safetensors").read_bytes() for name in ("run", "again")]
    assert models[0] == models[1] and "step " not in again  # writing changes nothing
    status, out, err = lessons("sample", "run", "First Zyx 한", "--length", "5")
    assert status == 0 and out.startswith("First")
    unknown = {"characters": "'한'", "words": "'Zyx', '한'", "bpe": None}[kind]
    assert err == (f"the model does not know {unknown} and reads <unk>\n" if unknown else "")
    status, out, _ = lessons("evaluate", "run", "more.txt")
    assert status == 0 and out.startswith("more.txt perplexity ") and " bits per byte" in out


def test_a_resume_with_another_text_or_another_choice(here, lessons):
    made = ("train", "mytext.txt", "--out", "run", *TINY)
    assert lessons(*made, "--min-count", "3", "--time-limit", "0.001s")[0] == 124
    for arguments, message in (
        (("more.txt",), "another text (/"),
        (("mytext.txt", "--tokens", "words"), "--tokens characters (now words)"),
        (("mytext.txt", "--min-count", "2"), "--min-count 3 (now 2)"),
        (("mytext.txt", "--split", "80,10,10"), "--split 90,5,5 (now 80,10,10)"),
        (("mytext.txt", "--set", "hidden_size=9"), "hidden_size=8"),
        (("village",), "corpus='mytext.txt', another vocabulary ("),
    ):
        status, _, err = lessons("train", *arguments, "--resume", "--out", "run")
        assert status == 2 and message in err and err.count("\n") == 1
    assert lessons("train", "mytext.txt", "--out", "run")[2].count("holds a run") == 1
    assert lessons("train", "mytext.txt", "--resume", "--out", "no")[2].count("found no run in no")
    recipe = Path("run/recipe.json")
    made_up = recipe.read_text().replace('"preset": "', '"preset": "small\\nlessons: all is well ')
    recipe.write_text(made_up)
    status, out, _ = lessons("train", "mytext.txt", "--resume", "--out", "run", "--set", "epochs=1")
    assert status == 0 and out.startswith(r"small\nlessons: all is well ")
    status, _, err = lessons(
        "train", "mytext.txt", "--from", "run", "--preset", "char", "--out", "x"
    )
    assert status == 2 and "--from: expected a recipe with embed_size=8, hidden_size=8" in err


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", [], "there is no text in it"),
        (b"x", [], "1 tokens are left for training"),
        (b"\x89PNG\r\n", [], "byte 0x89 at place 0"),
        (b"a\n" * 100, [], "the training text has 180 tokens, and a batch takes 16 x 64 + 1"),
        (b"a\n" * 100, ["--encoding", "klingon"], "--encoding: expected the name of an encoding"),
        (b"a\n" * 100, ["--split", "90"], "--split: expected three percentages"),
        (b"a\n" * 100, ["--split", "most"], "--split: expected three percentages"),
        (b"a\n" * 100, ["--tokens", "bpe", "--vocab-size", "9"], "--vocab-size: expected 256"),
        (b"a\n" * 100, ["--from", "nowhere"], "found no file nowhere"),
    ],
)
def test_texts_and_choices_that_will_not_do(here, lessons, content, options, message):
    (here / "bad.txt").write_bytes(content)
    status, _, err = lessons("train", "bad.txt", "--out", "run", *options)
    assert status == 2 and message in err and err.count("\n") == 1
    assert not (here / "run" / "text.json").exists() or "batch" in message


def test_a_corpus_of_the_course_keeps_its_form(here, lessons):
    status, _, err = lessons("train", "village", "--min-count", "3")
    assert status == 2 and "village is cut as the course has it" in err
    status, _, err = lessons("train", "village", "--tokens", "words")
    assert status == 2 and "village comes as words, in three parts" in err


def test_a_licence_at_the_end_is_named(here, lessons):
    text = (here / "mytext.txt").read_text()
    end = "*** END OF THE PROJECT GUTENBERG EBOOK 1 ***\n" + "Most people start at our web site.\n"
    (here / "novel.txt").write_text(text + end * 9)
    quick = ("--time-limit", "0.001s", *TINY)
    for name, is_named in (("novel", True), ("mytext", False)):
        status, out, _ = lessons("train", f"{name}.txt", "--out", name, *quick)
        assert status == 124
        assert (f"{name}.txt ends with Project Gutenberg's licence" in out) is is_named
