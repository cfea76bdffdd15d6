"""An assignment as students hand it in: right, partly right, wrong, untouched."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat

from lessons_lib.grading.batch import load_exercises

ROOT = Path(__file__).parents[2]
CS231N = ROOT / "examples" / "cs231n_assignment.py"
NAME = "assignment3"
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",  # nbgrader calls a program beside it
}

LSTM = """
    i, f, o, g = np.split({x} @ Wx + h @ Wh + b, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
    c = f * c + i * np.tanh(g)
    h = o * np.tanh(c)
"""
STEP = textwrap.dedent(LSTM.format(x="x"))
LOOP = textwrap.indent(textwrap.dedent(LSTM.format(x="x[:, t]")), "    ")
RIGHT = {
    "rnn_step_forward": "return np.tanh(x @ Wx + prev_h @ Wh + b), 'a cache'",
    "rnn_forward": """h, hs = h0, []
for t in range(x.shape[1]):
    h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    hs.append(h)
return np.stack(hs, axis=1)""",
    "lstm_step_forward": f"h, c = prev_h, prev_c\n{STEP}return h, c",
    "lstm_forward": f"""h, c, hs = h0, np.zeros_like(h0), []
for t in range(x.shape[1]):
{LOOP}
    hs.append(h)
return np.stack(hs, axis=1)""",
}
PARTLY = {
    **{name: RIGHT[name] for name in ("rnn_step_forward", "rnn_forward")},
    "lstm_step_forward": RIGHT["lstm_step_forward"].replace("h = o * np.tanh(c)", "h = o * c"),
}
WRONG = {name: body.replace("np.tanh(", "np.sin(") for name, body in RIGHT.items()}
SUBMISSIONS = {"right": RIGHT, "partly": PARTLY, "wrong": WRONG, "unattempted": {}}
SCORES = {"right": 8, "partly": 5, "wrong": 0, "unattempted": 0}
POINTS = {exercise.name: exercise.points for exercise in load_exercises(CS231N)}

# If a platform ran what students hand in, this would leave a file behind.
TRAP = "__import__('pathlib').Path({!r}).write_text('run')"


def filled(path, bodies, *cells):
    """The student version at `path` with some functions written, and further cells."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = re.match(r"def (\w+)", cell.source)
        if cell.cell_type == "code" and name and name[1] in bodies:
            body = textwrap.indent(bodies[name[1]], "    ")
            stub = r"(    # YOUR CODE HERE\n)?    raise NotImplementedError.*"
            cell.source, count = re.subn(stub, lambda match: body, cell.source)  # noqa: B023
            assert count == 1
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    return notebook


def hand_in(student_version, folder, *cells):
    """The four submissions, FOLDER/WHO/assignment3.ipynb."""
    for who, bodies in SUBMISSIONS.items():
        (folder / who).mkdir(parents=True)
        nbformat.write(filled(student_version, bodies, *cells), folder / who / f"{NAME}.ipynb")
    return folder


def run(command, folder, status=0, **environment):
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == status, done.stdout
    return done.stdout
