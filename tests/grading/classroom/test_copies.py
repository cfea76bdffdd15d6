"""Copies are found whatever was done to hide them; two who solved the same task are not named."""

import ast
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from lessons_lib.grading.batch import Graded, find_submissions, load_exercises
from lessons_lib.grading.classroom.copies import Pair, fingerprints, near_pairs
from lessons_lib.grading.classroom.late import Late
from lessons_lib.grading.classroom.near import (
    MOST_PAIRS,
    look_for_copies,
    shared_fairly,
    write_copies,
)
from lessons_lib.grading.classroom.pages import Pages
from lessons_lib.grading.classroom.students import who_is_who
from lessons_lib.grading.report import Report, Result

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "cs231n_assignment.py"
ANSWER = (ROOT / "tests" / "grading" / "answers" / "cs231n.py").read_text()
NOTHING = np.empty(0, np.uint64)


def hidden(source):
    """The same with other names, functions in another order, comments, other formatting."""
    tree = ast.parse(source)
    kept = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    kept |= {"np", "range", "reversed"}
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in kept:
            node.id = names.setdefault(node.id, f"mine{len(names)}")
        elif isinstance(node, ast.arg):
            node.arg = names.setdefault(node.arg, f"mine{len(names)}")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tree.body = [node for node in tree.body if node not in functions] + functions[::-1]
    lines = ast.unparse(tree).replace(" + ", "+").replace(", ", " ,  ").splitlines()
    return "\n".join(f"{line}  # step {k}\n" for k, line in enumerate(lines))


def reference():
    return "\n\n".join(exercise.source for exercise in load_exercises(EXAMPLE))


def pairs_of(sources, handed_out=NOTHING, same=None, asked=None):
    codes = {name: fingerprints([("a.py", text)]) for name, text in sources.items()}
    return near_pairs(codes, {}, handed_out, same or {name: name for name in sources}, asked)


def test_a_hidden_copy():
    copy = hidden(ANSWER)
    assert copy != ANSWER and "prev_h" not in copy
    (pair,) = pairs_of({"ada": ANSWER, "bob": copy, "eve": reference()})
    assert {pair.first, pair.second} == {"ada", "bob"} and pair.share > 0.95


@pytest.mark.parametrize(
    "cells",
    [
        [ANSWER.replace("np.", "np. ")],
        [ANSWER.replace("np.", "np.\\\n")],
        [ANSWER.replace("np.", "np.#'''\n")],  # as inside brackets
        # Full-width letters, which Python takes for the others.
        [ANSWER.replace("tanh", "".join(chr(ord(c) + 0xFEE0) for c in "tanh"))],
        ['"""\n' + ANSWER],
        ["!echo '''\n" + ANSWER + "\n% '''"],
        ["q = (1  # (\n% len('''x\n'''))\n" + ANSWER + "\n'''end'''"],
        ["q = 1 \\\n% len('''x\n''')\n" + ANSWER + "\n'''end'''"],
        ["'''", ANSWER],
        ["x = 1\n" * 20, *ANSWER.split("\n\n")],
    ],
)
def test_a_copy_that_is_hidden_from_a_reader_of_tokens(cells):
    codes = {"ada": fingerprints([("a.py", ANSWER)])}
    codes["bob"] = fingerprints([(f"cell {k}", text) for k, text in enumerate(cells)])
    (pair,) = near_pairs(codes, {}, NOTHING, {"ada": "1", "bob": "2"})
    assert {pair.first, pair.second} == {"ada", "bob"} and pair.share > 0.95


def test_lines_are_those_of_all_cells():
    first = "x = 1\n'''\n% of it\n'''\n"
    lines = fingerprints([("cell 1", first), ("cell 2", ANSWER)]).lines
    alone = fingerprints([("a.py", ANSWER)]).lines
    assert max(lines) == max(alone) + first.count("\n") + 1


def test_a_part_of_it():
    half = ANSWER[: len(ANSWER) // 2]
    (pair,) = pairs_of({"ada": ANSWER, "bob": half})
    assert (pair.first, pair.second) == ("bob", "ada"), "it is all of his that is hers"
    assert pairs_of({"ada": ANSWER, "bob": ANSWER}, same={"ada": "1", "bob": "1"}) == []


def test_what_was_handed_out_is_not_counted():
    own = "def f(x):\n    return np.exp(x) + 1\n"
    both = {"ada": ANSWER + own, "bob": ANSWER}
    assert pairs_of(both) and pairs_of(both, fingerprints([("", ANSWER)]).hashes) == []


def test_what_many_have_is_not_counted():
    # Thirty who took their code from one page, and two among them who share more than that.
    own = reference().replace("np.", "numpy.linalg.")
    sources = {f"s{k}": ANSWER for k in range(28)} | {"ada": ANSWER + own, "bob": ANSWER + own}
    (pair,) = pairs_of(sources)
    assert {pair.first, pair.second} == {"ada", "bob"}


def test_what_nearly_all_of_a_small_class_have_is_not_counted():
    own = {"ada": hidden(reference()), "bob": reference(), "eve": "x = 1\n", "joe": "y = 2\n"}
    (pair,) = pairs_of({name: ANSWER + text for name, text in own.items()})
    assert {pair.first, pair.second} == {"ada", "bob"}
    assert len(pairs_of({"ada": ANSWER, "bob": ANSWER, "eve": ANSWER})) == 3
    of_two_tasks = {name: ANSWER for name in own} | {f"{name} 2": "z = 3\n" * 99 for name in own}
    asked = {name: name.endswith("2") for name in of_two_tasks}
    assert pairs_of(of_two_tasks) and pairs_of(of_two_tasks, asked=asked) == []


def test_handing_in_often_hides_nothing():
    again = {f"ada {k}": ANSWER for k in range(30)}
    same = dict.fromkeys(again, "1") | {"bob": "2"}
    pairs = pairs_of(again | {"bob": ANSWER}, same=same)
    assert len(pairs) == 30 and len(shared_fairly(pairs, same)) == 1


def test_a_flood_hides_no_other_pair():
    flood = [Pair(f"eve{k}", f"x{j}", 1.0) for k in range(20) for j in range(20)]
    told = shared_fairly([*flood, Pair("ada", "bob", 0.8)], {})
    assert len(told) == MOST_PAIRS and told[-1] == Pair("ada", "bob", 0.8)


@pytest.mark.parametrize(
    "text",
    [
        '"""' + '\\"""\n' * 20_000 + "\\",
        "'" + "\\'" * 50_000 + "\\",
        '"""\\' * 30_000,
        "'" * 100_000,
        "f'''" * 9_000 + "\\",
        "1_" * 50_000,
        "\ud800.x" * 9,
        "\ufdfa" * 100_000,  # 18 characters each, as Python reads names
        "#" + "\u0345\u0334" * 50_000,  # accents, which are put in order one by one
        "a" + "\u0345\u0334" * 50_000,
        ". #\n" * 30_000,
        "%\n" * 50_000,
        "(" * 100_000 + "\n!",
    ],
)
def test_hostile_sources_end(text):
    started = time.process_time()
    assert len(fingerprints([("a.py", text)]).hashes) >= 0
    assert time.process_time() - started < 5, "in a single pass"


def test_what_all_were_given_is_no_copy(tmp_path):
    """By `--given`, or since all four who answer the same exercise have it."""
    (tmp_path / "given.py").write_text(ANSWER)
    (tmp_path / "in").mkdir()
    for task, text in (("f", ANSWER), ("g", "x = 1\n" * 99)):
        for k in range(4):
            (tmp_path / "in" / f"{task}{k}.py").write_text(text)
    found = find_submissions([tmp_path / "in"]).submissions
    who = who_is_who(list(found))

    def pairs(names, given=None):
        rows = [Graded(n, Report([Result(n[0], "passed", 1.0, 1.0, "")])) for n in names]
        return look_for_copies(rows, found, who, EXAMPLE, None, given)

    three = sorted(found)[:3]
    assert len(pairs(three)) == 3 and pairs(three, tmp_path / "given.py") == []
    assert pairs(sorted(found)) == []


def test_pages_of_pairs(tmp_path):
    files = {"in/ada.py": ANSWER, "in/eve.py": reference(), "old/x.py": ANSWER}
    files["in/old: x.py"] = "pass"  # a student's, called as earlier work is
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = find_submissions([tmp_path / "in"])
    who = who_is_who(list(found.submissions))
    rows = [Graded(n, Report([Result("f", "passed", 1.0, 1.0, "")])) for n in found.submissions]
    near = look_for_copies(rows, found.submissions, who, EXAMPLE, tmp_path / "old")
    told = {(remark.first, remark.second) for remark, _, _ in near}
    assert told == {("ada", "old: x.py"), ("eve", "the reference of assignment3")}
    assert not any("old: x.py" in remark.of for remark, _, _ in near)
    packed = Path(shutil.make_archive(str(tmp_path / "older"), "zip", tmp_path / "old"))
    of_archive = look_for_copies(rows, found.submissions, who, EXAMPLE, packed)
    assert [pieces for _, _, pieces in of_archive] == [pieces for _, _, pieces in near]
    itself = look_for_copies(rows, found.submissions, who, EXAMPLE, tmp_path / "in")
    assert {r.second for r, _, _ in itself} == {"the reference of assignment3"}, "no earlier year"
    pages = Pages("HW", who, Late(), [remark for remark, _, _ in near])
    write_copies(tmp_path, pages, near)
    for name in ("ada", "eve"):
        with (tmp_path / "in" / f"{name}.py").open("a") as file:
            file.write("\n" * 290_000)
    write_copies(tmp_path, pages, look_for_copies(rows, found.submissions, who, EXAMPLE, None))
    large = (tmp_path / "copies" / "1.html").read_text()
    assert len(large) < 500_000 and "What may follow is not shown" in large
    write_copies(tmp_path, pages, near)
    text = (tmp_path / "copies" / "1.html").read_text()
    assert text.count('<span class="marked">') > 50 and "100% of what is" in text
    pages.write(tmp_path, rows, found.submissions, 0)
    assert 'href="copies/1.html">' in (tmp_path / "index.html").read_text()
    write_copies(tmp_path, pages, [])
    assert not (tmp_path / "copies").exists(), "what was told of an earlier batch is gone"
