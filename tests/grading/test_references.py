"""An exercise whose own solution would not earn full marks is refused before anybody is graded."""

import contextlib
import textwrap

import pytest

from lessons_lib.grading import grade
from lessons_lib.grading.batch import How, find_submissions, grade_all
from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.references import check_references

HEAD = """
import numpy as np
from lessons_lib.grading import Output, exercise


def asked(outputs="N H", strict="", blocks=(), **values):
    return exercise(
        lesson="hw",
        outputs=[Output("y", outputs, blocks=blocks)],
        sizes=[{"N": 3, "H": 4}],
        make_case=lambda rng, N, H: {"x": rng.normal(size=(N, H))} | values,
        strict=strict,
    )


"""
WORKS = [
    "@asked()\ndef f(x):\n    return np.where(x > 0, np.log(abs(x)), -np.inf)",
    "@asked()\ndef f(x):\n    return np.where(x > 0, np.nan, x)",
    "@asked(p=2)\ndef f(x, /, *, p):\n    return x**p",
    "@asked(k=np.arange(4).astype('>i8'))\ndef f(x, k):\n    return x * k",
    "@asked(f=np.tanh)\ndef f(x, f):\n    return np.stack([[f(v) for v in r] for r in x])",
    "@asked(f=lambda a, b: (a + b, (a * b).sum()))\ndef f(x, f):\n"
    "    s, n = f(x, x * 2)\n    return s / n",
]


@pytest.mark.parametrize("isolation", ["basic", "auto"])
def test_what_the_reference_earns_a_submission_earns(tmp_path, isolation):
    """In a process of its own as in place of one: the same for all that is accepted."""
    for number, body in enumerate(WORKS):
        file = tmp_path / f"works{number}.py"
        file.write_text(HEAD + body)
        exercises = load_exercises(file)
        check_references(exercises)
        (tmp_path / "answer.py").write_text("import numpy as np\n" + body.partition("\n")[2])
        (result,) = grade(
            tmp_path / "answer.py", exercises=exercises, isolation=isolation, seed=number
        ).results
        assert (result.status, result.message) == ("passed", ""), body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("@asked('T')\ndef f(x): return ['a']", "y, of its own solution, is a list of 1"),
        ("@asked()\ndef f(x): return {'y': x}", "is a dict; a result is an array"),
        ("@asked()\ndef f(x): return x * 1j", "of complex128"),
        ("@asked()\ndef f(x): return x[0]", "of shape (4,), and its axes are N H"),
        ("@asked(blocks='abc')\ndef f(x): return x", "has no 3 equal blocks"),
        ("@asked('')\ndef f(x): return True", "is True; expected a single number"),
        ("@asked(s={1})\ndef f(x, s): return x", "its argument s is a set, which no student"),
        ("@asked(s=np.float32)\ndef f(x, s): return x", "text (also for a dtype: 'float64')"),
        (
            "@asked(g=lambda a, k=1: a * k)\ndef f(x, g): return g(x, k=2)",
            "arguments in order, without names",
        ),
        ("@asked(s=np.array(['a']))\ndef f(x, s): return x", "its argument s is an array"),
        ("@asked(s=1)\ndef f(x): return x", "expected a dict with the names x, got x, s"),
        ("@asked()\ndef f(*x): return x[0]", "called by name or place, got *x"),
        ("@asked()\ndef f(x): assert (x > 9).all()", "raises AssertionError: (N = 3, H = 4)"),
        ("@asked(strict='dtype')\ndef f(x): return x.astype(float)", "strict about the dtype"),
        ("@asked(strict='arguments')\ndef f(x):\n    x *= 2\n    return x", "earns 0 of 1 points"),
        ("r = np.random.default_rng(0)\n@asked()\ndef f(x): return x + r.random()", "12 of 12"),
        ("@asked(g=lambda a: {})\ndef f(x, g): return x if g(x) == {} else x", "neither a number"),
        ("@asked()\ndef f(x): return x + np.nan", "its own solution gives no finite number"),
        ("import sys\n@asked()\ndef f(x): sys.exit(3)", "raises SystemExit"),
        ("@asked()\ndef f(x): return 1e-12 * x", "y: so small that zeros are within the tolerance"),
        ("@asked()\ndef f(x): return x\n@f.alternative\ndef g(z): return z[9]", "IndexError"),
    ],
)
def test_a_faulty_exercise_is_refused_with_its_reason(tmp_path, body, reason):
    file = tmp_path / "hw.py"
    file.write_text(HEAD + body)
    with pytest.raises(ValueError, match=r"^--exercises: f: ") as caught:
        check_references(load_exercises(file))
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_no_tolerance_makes_zeros_right(tmp_path):
    """Whoever answers in float32 may be held to that for float32 alone."""
    file = tmp_path / "hw.py"
    wide = '[Output("y", outputs, blocks=blocks, tolerance={"float64": 1e-6, "float32": 10.0})]'
    head = HEAD.replace('[Output("y", outputs, blocks=blocks)]', wide)
    file.write_text(f"{head}@asked()\ndef f(x):\n    return x\n")
    with pytest.raises(ValueError, match="zeros are within the tolerance"):
        check_references(load_exercises(file))


@pytest.mark.parametrize(
    ("second", "is_fine"),
    [
        ("np.sum(x - x.mean(0), axis=0)", True),
        ("0 * x[0]", True),
        ("1e-10 * x[0]", False),
        ("2e-6 * x[0]", False),
    ],
)
def test_one_of_several_results_may_be_zero_but_for_rounding(tmp_path, second, is_fine):
    file = tmp_path / "hw.py"
    outputs = 'outputs=[Output("y", "N H"), Output("s", "H")]'
    head = HEAD.replace('outputs=[Output("y", outputs, blocks=blocks)]', outputs)
    file.write_text(f"{head}@asked()\ndef f(x):\n    return x, {second}\n")
    refused = pytest.raises(ValueError, match="f: s: so small that zeros")
    with contextlib.nullcontext() if is_fine else refused:
        check_references(load_exercises(file))


def test_each_file_has_its_own_helper_and_results_depend_on_it(tmp_path):
    for factor in (2, 3):
        folder = tmp_path / str(factor)
        folder.mkdir()
        (folder / "helper.py").write_text(f"FACTOR = {factor}\n")
        late = "@asked()\ndef f(x):\n    from helper import FACTOR\n    return x * FACTOR"
        (folder / "hw.py").write_text(HEAD + late)
        (folder / "numpy.py").write_text("1 / 0")  # a student's may lie there, too
    answer = tmp_path / "in.py"
    answer.write_text("def f(x):\n    return 2 * x\n")

    def score(factor):
        folder = tmp_path / str(factor)
        found = find_submissions([answer], tmp_path / "unpacked")
        return grade_all(found, folder / "out", How(folder / "hw.py")).rows[0].report.score

    assert (score(2), score(3)) == (1, 0)
    for factor, value in ((3, 3), (2, 2), (3, 3)):
        (exercise,) = load_exercises(tmp_path / str(factor) / "hw.py")
        assert exercise(1) == value
    (tmp_path / "2" / "helper.py").write_text("FACTOR = 5\n")
    assert score(2) == 0, "graded anew"


def test_a_mistake_in_a_helper_is_told_with_its_line(tmp_path):
    (tmp_path / "hw.py").write_text(textwrap.dedent("import helper"))
    for text, words in (("x = 1\n1 / 0", "line 2: ZeroDivision"), ("y = (", "line 1: SyntaxError")):
        (tmp_path / "helper.py").write_text(text)
        with pytest.raises(ValueError, match=f"helper.py, {words}"):
            load_exercises(tmp_path / "hw.py")
