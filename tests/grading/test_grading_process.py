"""The process that grades for a batch: it ends with what it cannot end, and asks what is wanted."""

import pytest

from lessons_lib.grading.batch import pool
from lessons_lib.grading.batch.pool import GradingProcess, How

# Its function never comes to an end for infinite numbers. The times are short for the test.
EXERCISES = """
import numpy as np
from lessons_lib.grading import Output, exercise, grader
from lessons_lib.grading.isolation import process
grader.SECONDS_PER_CALL = process.SECONDS_TO_END = 0.5

def halved(x):
    while np.any(abs(x) > 1):
        x = x / 2
    return x

def make_case(rng, N):
    return {"f": halved, "x": rng.normal(size=N)}

@exercise(lesson="hw", outputs=[Output("y", "N")], make_case=make_case, sizes=[{"N": 3}])
def twice(f, x):
    return f(x) + f(x)
"""


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return written


def test_what_a_submission_leaves_running_in_the_grader_ends_with_it(write):
    process = GradingProcess(How(write("exercises.py", EXERCISES)))
    try:
        control = write("control.py", "def twice(f, x):\n    return 2 * f(x)\n")
        assert process.grade(control).score == 1
        first = process._process
        hostile = "import numpy as np\ndef twice(f, x):\n    return f(x + np.inf)\n"
        (result,) = process.grade(write("hostile.py", hostile)).results
        assert result.status == "timeout" and process._process is None
        assert first.poll() is not None
        assert process.grade(control).score == 1
    finally:
        process.close()


def test_what_can_only_be_killed_is_tried_once(write, monkeypatch):
    """In C, a call that goes on lets nobody else of its process look at a watch."""
    monkeypatch.setattr(pool, "MOST_SECONDS", 8.0)
    in_c = "x = x / 2 if np.all(np.isfinite(x)) else sum(range(10**18))"
    text = EXERCISES.replace("x = x / 2", in_c)
    process = GradingProcess(How(write("exercises.py", text)))
    started, starts = process._started, []
    monkeypatch.setattr(process, "_started", lambda: starts.append(1) or started())
    try:
        hostile = "import numpy as np\ndef twice(f, x):\n    return f(x + np.inf)\n"
        (result,) = process.grade(write("hostile.py", hostile)).results
        assert (result.status, len(starts)) == ("timeout", 1)
        assert "could not be ended" in result.message
        control = write("control.py", "def twice(f, x):\n    return 2 * x * 0\n")
        monkeypatch.setattr(pool, "MOST_SECONDS", 600.0)
        assert process.grade(control).results[0].status == "failed" and len(starts) == 2
    finally:
        process.close()


def test_a_lesson_that_is_asked_for_is_asked_of_every_file(write, lessons, tmp_path):
    other = write("ann_00_start_here.py", "def linear(x, W, b):\n    return x @ W + b\n")
    status, out, _ = lessons("grade", other, "--out", tmp_path / "out", "--lesson", "4")
    assert (status, out.splitlines()[0]) == (0, "     0 of 3      ann_00_start_here.py")
    status, _, err = lessons("grade", other, "--out", tmp_path / "out", "--lesson", "77")
    assert status == 2 and err.startswith("lessons: --lesson: expected a number")
