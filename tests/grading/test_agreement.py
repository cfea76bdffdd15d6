"""`check`, `lessons check`, `lessons grade` and the exports' graders say the same of a file.

Each input is small, and answers `rnn_step` in a form that Jupyter or Python would read.
"""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.batch import How, find_submissions, grade_all
from lessons_lib.grading.export import github_grading, gradescope_grading
from lessons_lib.grading.export.assignment import grade_assignment
from lessons_lib.grading.export.nbgrader_cells import mark
from lessons_lib.grading.isolation import policy

NP = "import numpy as np"
BODY = "    return np.tanh(x @ Wx + h_prev @ Wh + b)"
STEP = f"def rnn_step(x, h_prev, Wx, Wh, b):\n{BODY}"
USES_T = f"def rnn_step(x, h_prev, Wx, Wh, b):\n    assert T == [0, 1]\n{BODY}"
# Cells, the verdict, and words of the message.
NOTEBOOKS = {
    "help": ([NP, f"{STEP}\nrnn_step?"], "passed", ""),
    "magics": ([f"{NP}\n%matplotlib inline", f"%%time\n{STEP}", "x = !ls"], "passed", ""),
    "continued": ([NP, "T = (7\n    % 7)\nT = [T, 1]", USES_T], "passed", ""),
    "future": (
        ["from __future__ import annotations", NP, STEP.replace("(x,", "(x: Float['N D'],")],
        "passed",
        "",
    ),
    "loop": ([NP, "T = []\nfor k in range(2):\n    T.append(k)", USES_T], "passed", ""),
    "item": ([NP, "T = [5, 1]", "T[0] = 0", USES_T], "passed", ""),
    "global": ([NP, "def g():\n    global T\n    T = [0, 1]", "g()", USES_T], "passed", ""),
    "bash": ([NP, "%%bash\necho 'def rnn_step(): pass'", STEP], "passed", ""),
    "unfinished": ([NP, STEP, "def g(x:\n    return"], "passed", "In cell 3, line 1"),
    "missing": (["import none_such", NP, STEP], "passed", "none_such (cell 1, line 1)"),
    "failed": ([NP, "T = 1 / 0", USES_T], "error", "In cell 2, line 1"),
    "used": ([NP, "import none_such as T", USES_T], "error", "none_such (cell 2, line 1)"),
    "later": ([NP, STEP, f"def rnn_step(x, h_prev, Wx, Wh, b):\n{BODY} * 2"], "failed", ""),
}
FILES = {
    "old_print.py": (
        f"{NP}\n\ndef show(m):\n    print 'value:', m\n\n\n{STEP}\n".encode(),
        "passed",
        "In old_print.py, line 4",
    ),
    "UPPER.PY": (f"{NP}\n{STEP}\n".encode(), "passed", ""),
    "bom.py": (b"\xef\xbb\xbf" + f"{NP}\r\n{STEP}\r\n".encode(), "passed", ""),
    "latin.py": (f"# coding: latin-1\n{NP}\n# é\n{STEP}\n".encode("latin-1"), "passed", ""),
    "none.py": (f"{NP}\nrnn_steps = 1\n".encode(), "not_attempted", "no function rnn_step"),
    "utf16.py": (f"{NP}\n{STEP}\n".encode("utf-16"), "error", "UTF-16"),
    "unknown.py": (f"# coding: none\n{NP}\n{STEP}".encode(), "error", "coding line"),
    "punycode.py": (f"# coding: punycode-\n{NP}\n{STEP}".encode(), "error", "coding line"),
}
LEVELS = ["basic", *([] if policy.missing_for_strong() else ["strong"])]
EXERCISE = exercises.find("rnn_step")


def notebook(cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    return made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    for name, (cells, _, _) in NOTEBOOKS.items():
        nbformat.write(notebook(cells), folder / f"{name}.ipynb")
    old = [{"cell_type": "code", "input": c, "language": "python"} for c in (NP, STEP)]
    (folder / "old.ipynb").write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": old}]}))
    for name, (data, _, _) in FILES.items():
        (folder / name).write_bytes(data)
    return folder


EXPECTED = {f"{name}.ipynb": rest for name, (_, *rest) in NOTEBOOKS.items()}
EXPECTED |= {name: rest for name, (_, *rest) in FILES.items()} | {"old.ipynb": ["passed", ""]}


@pytest.fixture(scope="module", params=LEVELS)
def batch(request, inputs, tmp_path_factory):
    """What `lessons grade` writes; with the lesson's other exercises, as by default."""
    found, how = find_submissions([inputs]), How(isolation=request.param, seed=1)
    out = tmp_path_factory.mktemp("out")
    rows, left_out, _ = grade_all(found, out, how, jobs=2)
    said = {row.name: {r.exercise: r for r in row.report.results} for row in rows}
    return request.param, said, left_out, out


def test_a_batch_says_what_is_expected(batch):
    _, said, left_out, _ = batch
    assert left_out == {"none.py": "it defines none of the exercises"}
    for name, (status, words) in EXPECTED.items():
        if name not in said or "file" in said[name]:
            continue  # of no lesson, and nothing in it says what is asked
        result = said[name]["rnn_step"]
        assert (result.status, words in result.message) == (status, True), f"{name}: {result}"
        assert status != "passed" or result.score == result.max_score
        assert words or status != "passed" or not result.message, f"{name}: {result}"


def test_github_agrees(batch, monkeypatch):
    _, said, _, out = batch
    monkeypatch.setattr(sys, "argv", ["", str(out), str(out / "collected")])
    github_grading.main()
    kinds = {"passed": [], "failed": ["failure"], "not_attempted": ["skipped"]}
    cases = ElementTree.parse(out / "junit.xml").iter("testcase")
    found = {(c.get("classname"), c.get("name")): [child.tag for child in c] for c in cases}
    assert found == {
        (name, result.exercise): kinds.get(result.status, ["error"])
        for name, results in said.items()
        for result in results.values()
    }


def by_gradescope(path, level, root, monkeypatch):
    for folder in ("source", "submission", "results"):
        (root / folder).mkdir()
    shutil.copy(path, root / "submission")
    settings = {"assignment": EXERCISE.lesson, "exercises": None, "feedback": "visible"}
    text = json.dumps({**settings, "isolation": level})
    (root / "source" / "assignment.json").write_text(text)
    monkeypatch.setattr(sys, "argv", ["", str(root)])
    gradescope_grading.main()
    tests = json.loads((root / "results" / "results.json").read_text())["tests"]
    (found,) = [test for test in tests if test["name"] == EXERCISE.name]
    unescaped = re.sub(r"\\(.)", r"\1", found["output"])
    return found["extra_data"]["status"], found["score"], unescaped


def by_otter(path, level, root, monkeypatch):
    """With a stand-in for otter-grader, which only calls the plugin's methods."""
    plugins = SimpleNamespace(AbstractOtterPlugin=object)
    monkeypatch.setitem(sys.modules, "otter.plugins", plugins)
    results = SimpleNamespace(TestCaseResult=tuple)
    monkeypatch.setitem(sys.modules, "otter.test_files.abstract_test", results)
    from lessons_lib.grading.export.otter_grading import GradeApart as OtterPlugin

    plugin = OtterPlugin()
    plugin.submission_path = shutil.copy(path, root)
    plugin.plugin_config = {"assignment": EXERCISE.lesson, "exercises": None, "isolation": level}
    plugin.before_grading(None)
    result = next(r for r in plugin.report.results if r.exercise == EXERCISE.name)
    return result.status, result.score, result.message


def by_nbgrader(path, level, root, monkeypatch):
    book = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_code_cell("")
    cell.metadata["nbgrader"] = {"grade": True, "grade_id": "rnn_step-graded"}
    book.cells.append(cell)
    mark(grade_assignment(path, EXERCISE.lesson, isolation=level), book)
    score = float(cell.outputs[-1].data["text/plain"])
    return EXPECTED[path.name][0], score, cell.outputs[0].text


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("grader", [by_gradescope, by_otter, by_nbgrader])
def test_the_exports_graders_agree(inputs, name, grader, tmp_path, monkeypatch):
    if grader is by_nbgrader and (not name.endswith("ipynb") or name == "old.ipynb"):
        pytest.skip("nbgrader reads notebooks of today")
    status, score, text = grader(inputs / name, LEVELS[-1], tmp_path, monkeypatch)
    expected, words = EXPECTED[name]
    assert (status, words in text) == (expected, True)
    assert score == (EXERCISE.points if expected == "passed" else 0)


@pytest.mark.parametrize("name", [n for n in EXPECTED if n not in ("utf16.py", "punycode.py")])
def test_lessons_check_agrees(lessons, inputs, name):
    status, out, err = lessons("check", inputs / name)
    if name in ("none.py", "unknown.py"):
        assert status == 2 and err.count("\n") == 1
    else:
        verdicts = {"passed": "passed", "failed": "not right", "error": "did not run"}
        assert f"rnn_step: {verdicts[EXPECTED[name][0]]}" in out
        assert status == (0 if EXPECTED[name][0] == "passed" else 1)


@pytest.mark.slow
def test_check_in_a_kernel_agrees(inputs, tmp_path):
    """All notebooks in one kernel, each from a namespace of its own."""
    cells = ["from lessons_lib.grading import check\nsaid = {}"]
    for name, (sources, _, _) in NOTEBOOKS.items():
        cells += [*sources, f"said[{name!r}] = check(rnn_step).results[0].status"]
        cells += ["for _ in ('T', 'g', 'np', 'rnn_step'): globals().pop(_, None)"]
    cells += ["import json; print(json.dumps(said))"]
    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    book = notebook(cells)
    NotebookClient(book, allow_errors=True, resources={"metadata": {"path": tmp_path}}).execute()
    said = json.loads(book.cells[-1].outputs[0].text)
    assert said == {name: status for name, (_, status, _) in NOTEBOOKS.items()}


def test_a_lesson_is_known_by_what_is_in_its_notebook(tmp_path):
    lesson = exercises.find("lstm_gates").lesson
    names = [e.name for e in exercises.all() if e.lesson == lesson]
    stubs = [f"def {name}():\n    raise NotImplementedError" for name in names]
    for file, cells in (
        ("Untitled.ipynb", stubs),
        ("mine.ipynb", [*stubs[:2], "check(lstm_unroll)"]),
        (f"doejane_123_456_{lesson} (1).ipynb", ["1"]),
    ):
        nbformat.write(notebook(cells), tmp_path / file)
        assert [r.exercise for r in grade(tmp_path / file).results] == names
    Path(tmp_path / "m.py").write_text(stubs[0])
    assert [r.exercise for r in grade(tmp_path / "m.py").results] == names[:1]
