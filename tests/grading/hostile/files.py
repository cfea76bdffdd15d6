"""Attacks by the file itself: what it is, what it holds, what it is called."""

import json
import os
import sys

from tests.grading.hostile.attack import CONTROL, HEAD, SIGNATURE, WRONG, Attack

LINKS = "links, and giant or malformed notebooks"
NAMES = "names of files"

SOURCE = f"{HEAD}{CONTROL}\n\n{SIGNATURE}" + WRONG.replace("wrong =", "    wrong =").replace(
    "return", "    return"
)


def holding(name, content):
    def write(folder):
        path = folder / name
        data = content() if callable(content) else content
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def notebook(*sources, **more):
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4, **more})


def link(folder):
    path = folder / "linked.py"
    path.symlink_to("/etc/passwd")
    return path


def pipe(folder):
    os.mkfifo(folder / "pipe.py")
    return folder / "pipe.py"


def a_folder(folder):
    (folder / "folder.ipynb").mkdir()
    return folder / "folder.ipynb"


def with_holes(folder):
    with (folder / "holes.ipynb").open("wb") as file:
        file.truncate(10**12)
    return folder / "holes.ipynb"


def in_punycode():
    return b"# coding: punycode-\na-" + b"b9" * 9_900_000  # Python overlooks the last hyphen


def attack(kind, name, write):
    return Attack(kind, name, write=write)


on_posix = (
    (
        attack(LINKS, "a link to another file", link),
        attack(LINKS, "a pipe", pipe),
        attack(LINKS, "a terabyte of holes", with_holes),
    )
    if sys.platform == "linux"
    else ()
)

ATTACKS = (
    *on_posix,
    attack(LINKS, "a folder with a notebook's name", a_folder),
    attack(LINKS, "21 MB", holding("large.ipynb", lambda: b" " * 21_000_000)),
    attack(LINKS, "a notebook nested 100,000 deep", holding("deep.ipynb", b"[" * 100_000)),
    attack(LINKS, "cells that are none", holding("n.ipynb", '{"cells": [1, null, "a", {}]}')),
    attack(LINKS, "sources that are none", holding("n.ipynb", lambda: notebook(3, None, {"a": 1}))),
    attack(LINKS, "100,000 cells", holding("n.ipynb", lambda: notebook(*["x = 1"] * 100_000))),
    attack(LINKS, "5 MB of code", holding("n.py", lambda: SOURCE + "\n" + "# π\n" * 10**6)),
    attack(LINKS, "half a surrogate pair", holding("n.ipynb", lambda: notebook("x = '\ud800'\n)"))),
    attack(LINKS, "null bytes", holding("n.py", lambda: SOURCE.encode() + b"\0\n")),
    attack(LINKS, "20 MB in an encoding that takes hours", holding("slow.py", in_punycode)),
    attack(LINKS, "no text", holding("n.py", b"\xff\xfe\x00\x80")),
    attack(LINKS, "brackets that break the parser", holding("n.py", "(" * 90_000)),
    attack(LINKS, "a sum that breaks the compiler", holding("n.py", "x = " + "-" * 90_000 + "1")),
    attack(LINKS, "a number of 20,000 digits", holding("n.ipynb", b"9" * 20_000)),
    attack(NAMES, "a formula", holding("=HYPERLINK(0).py", SOURCE)),
    attack(NAMES, "a formula after a semicolon", holding("a;=1+1.py", SOURCE)),
    attack(NAMES, "an escape", holding("\x1b[2J\x07\n.py", SOURCE)),
    attack(NAMES, "a tag", holding("<img src=x onerror=alert(1)>.py", SOURCE)),
    attack(NAMES, "points upwards", holding("..\\..\\..%2f..%2fx.py", SOURCE)),
)
