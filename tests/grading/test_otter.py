"""otter-grader gives the scores of `lessons grade`."""

import json
import re
import shutil
import sys
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
import yaml

from tests.grading.platforms import CS231N, NAME, POINTS, SCORES, TRAP, hand_in, run


def test_otter_notebook(exported):
    notebook = nbformat.read(exported("otter") / NAME / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    raw = [cell.source for cell in notebook.cells if cell.cell_type == "raw"]
    assert raw[0].startswith("# ASSIGNMENT CONFIG\n")
    assert yaml.safe_load(raw[0])["autograder_files"] == [CS231N.name]
    questions = [yaml.safe_load(text) for text in raw if text.startswith("# BEGIN QUESTION")]
    assert [question["points"] for question in questions] == [[0, p] for p in POINTS.values()]


@pytest.mark.slow
def test_otter_itself(exported, points, tmp_path):
    pytest.importorskip("otter")
    folder, trap = tmp_path / "course" / NAME, tmp_path / "trap"
    shutil.copytree(exported("otter"), tmp_path / "course")

    def otter(*arguments):
        return run([sys.executable, "-m", "otter", *map(str, arguments)], folder)

    otter("assign", f"{NAME}.ipynb", "dist")
    student_version = folder / "dist" / "student" / f"{NAME}.ipynb"
    assert "SOLUTION" not in student_version.read_text()
    (grader,) = (folder / "dist" / "autograder").glob("*.zip")
    submissions = hand_in(student_version, tmp_path / "in", TRAP.format(str(trap)))
    for who, score in SCORES.items():
        packed = tmp_path / f"{who}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(submissions / who / f"{NAME}.ipynb", f"{NAME}.ipynb")
            for name in ("numpy.py", "otter.py", ".OTTER_LOG"):
                archive.writestr(name, TRAP.format(str(trap)))
        otter("run", packed, "-a", grader, "-o", tmp_path)
        found = json.loads((tmp_path / "results.json").read_text())
        given = {test["name"]: test["score"] for test in found["tests"] if "score" in test}
        assert given == points[who]
        assert sum(given.values()) == score
        assert re.search("isolation; seed of the arguments: [0-9]+", found["output"])
        verdicts = {test["name"]: test["output"] for test in found["tests"]}
        said = {"right": "passed, 2 of 2", "partly": "not right yet, 1 of 2"}.get(who)
        assert said is None or said in verdicts["lstm_step_forward"]
    assert not trap.exists()


def test_a_submission_that_is_a_link_leads_nowhere(tmp_path, monkeypatch):
    """As GitHub's repositories may hold them, which Gradescope takes in."""
    own, folder = tmp_path / "own", tmp_path / "submission"
    own.write_text("the instructor's")
    folder.mkdir()
    (folder / "hw.py").symlink_to(own)
    with monkeypatch.context() as stand_ins:
        plugins = SimpleNamespace(AbstractOtterPlugin=object)
        stand_ins.setitem(sys.modules, "otter.plugins", plugins)
        results = SimpleNamespace(TestCaseResult=tuple)
        stand_ins.setitem(sys.modules, "otter.test_files.abstract_test", results)
        from lessons_lib.grading.export.otter_grading import GradeApart
    plugin = object.__new__(GradeApart)
    plugin.submission_path = str(folder / "hw.py")
    plugin.plugin_config = {"assignment": "05_lstm_gates", "exercises": None, "isolation": "basic"}
    plugin.before_grading(None)
    assert plugin.report.score == 0 and "a link" in str(plugin.report)
    assert own.read_text() == "the instructor's"
    assert (folder / "hw.py").read_text() == "" and not (folder / "hw.py").is_symlink()
