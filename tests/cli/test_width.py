"""In a terminal of 60 columns the output of each command fits, and says how one may go on."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from lessons_lib import cli
from tests.cli.quick import QUICK
from tests.cli.terminal import Terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows"),
]

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 60
# One process for all, since each would import the same again. The village is made short.
SCRIPT = """
import json, sys
import lessons_lib.text.village as grammar
from lessons_lib import cli, text

village = text.load_corpus("village")
short = text.Corpus(*(part[:3000] for part in village[:3]), village.vocab)
text.load_corpus = lambda name: short
text.fetch = lambda name: [f"{name}/input.txt"]  # as if it had come
grammar.build = lambda: {"train.txt": "Tom"}  # as if it had been built
for command in json.loads(sys.argv[1]):
    print(f"$ {' '.join(command)}", flush=True)
    sys.argv = ["lessons", *command]
    try:
        cli.main()
    except SystemExit as ended:
        print(f"status {ended.code}", flush=True)
"""
PROMPT = ("--prompt", "Tom was in the", "--length", "60")
OWN = ("--exercises", "hw/exercises.py")
COMMANDS = [
    ("list",),
    ("solution", "sigmoid"),
    ("new", "hw"),
    ("check", "wrong.py"),
    ("matrix", *OWN, "--seeds", "1"),
    ("grade", "hw/submissions", *OWN, "--out", "graded", "--isolation", "basic"),
    ("statistics", "graded"),
    ("export", "github", *OWN, "--out", "handout"),
    ("progress", "lessons"),
    ("train", "village", "--out", "runs/v", *QUICK),
    ("compare", "village", "--out", "runs/c", *QUICK),
    ("runs",),
    ("evaluate", "runs/v", "village"),
    ("sample", "runs/v", *PROMPT),
    ("sample", "runs/v", *PROMPT, "--explain"),
    ("convert", "plain.npz", "--gates", "ifgo", "--out", "c.safetensors"),
    ("doctor",),
    ("data", "list"),
    ("data", "build", "--out", "village"),
    ("data", "fetch", "shakespeare"),
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> dict[str, list[str]]:
    """The lines that each command, and its help, has printed in the terminal."""
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "lessons").mkdir()
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", folder / "lessons")
    (folder / "wrong.py").write_text("def sigmoid(x):\n    return 2 / (1 + 1 / x)\n")
    shapes = [(241, 5), (5, 16), (4, 16), (16,), (4, 241), (241,)]
    np.savez(folder / "plain.npz", *map(np.ones, shapes))
    helps = sorted({command[: 1 + (command[0] == "data")] for command in COMMANDS})
    given = json.dumps([*COMMANDS, ("--help",), *([*command, "--help"] for command in helps)])
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    terminal = Terminal("-c", SCRIPT, given, width=WIDTH, cwd=folder, env=environment)
    assert terminal.finish() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown.decode())  # colours, cursor
    outputs = {}
    for output in text.split("$ ")[1:]:
        command, *lines = re.split(r"[\r\n]+", output)
        outputs[command] = lines
    assert len(outputs) == len(COMMANDS) + 1 + len(helps)
    return outputs


def test_every_command_is_looked_at(outputs):
    data = next(group.typer_instance for group in cli.app.registered_groups)
    known = [one.name or one.callback.__name__ for one in cli.app.registered_commands]
    known += [f"data {one.name}" for one in data.registered_commands]
    assert all(f"{command} --help" in outputs for command in known)


def test_every_line_fits(outputs):
    wide = [
        f"{command}: {line}"
        for command, lines in outputs.items()
        if command != "solution sigmoid"  # code to copy
        for line in lines
        # A path is not broken: whoever copies it would copy the break.
        if cell_len(line) > WIDTH and len(line.split()) > 1
    ]
    assert not wide, "\n".join(wide)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] not in ("sample", "solution")])
def test_it_succeeds_and_says_how_to_go_on(outputs, command):
    lines = outputs[" ".join(command)]
    status = 1 if command[0] == "check" else 0
    assert f"status {status}" in lines
    assert any(line.startswith(("Next: ", "Go on with ")) for line in lines)


def test_a_table_that_is_too_wide_comes_in_parts(outputs):
    """Each begins with the first column again, and nothing is lost."""
    lines = outputs["runs"]
    (first, second) = (n for n, line in enumerate(lines) if line.startswith("run "))
    assert lines[first].split() == "run corpus preset model parameters epochs".split()
    assert lines[second].split() == "run valid test time".split()
    names = [
        [line.split()[0] for line in lines[start + 1 : start + 5]] for start in (first, second)
    ]
    assert names[0] == names[1] and set(names[0]) == {"c/gru", "c/lstm", "c/rnn", "v"}
