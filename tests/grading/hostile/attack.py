"""What an attack is, and the parts that attacks are written with."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HEAD = "import os, sys\nimport numpy as np\n\n"
SIGNATURE = "def lstm_gates(x, h_prev, Wx, Wh, b):\n"

# The answers that attacks come with, and what they earn by themselves.
WRONG = "wrong = np.zeros_like(h_prev)\nreturn wrong, wrong, wrong, wrong\n"
RIGHT = """\
a = x @ Wx + h_prev @ Wh + b
i, f, g, o = np.split(a, 4, axis=1)
return 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), np.tanh(g), 1 / (1 + np.exp(-o))
"""
FULL = 2.0

# Answers another exercise rightly, with nothing but operators, so that it can stand in one file
# with an attack.
CONTROL = """\
def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    c = c_prev / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    return np.tanh(c) / (1 + np.exp(-o)), c
"""


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    In its source these words are replaced: @PACKAGE@ and @NUMPY@ by where lessons_lib and NumPy
    are, @CANARY@ by a file that holds a secret and that is not its own, @TOKEN@ by a word that its
    processes are known by, and @PORT@ by that of a listening socket.

    Attributes:
        kind: the class of the attack.
        name: says what it does.
        source: of the submission.
        twin: points that its answer earns without the attack.
        at_import: whether it strikes while definitions are run. Then the control is a file of its
            own; else it is the first function that the same file is asked for.
        basic: whether basic isolation stops it: "no", "unfiltered" if it does so by its filter of
            system calls, or "perhaps" where that is the system's affair.
        write: for attacks by the file itself: makes it in a folder, and returns it.
    """

    kind: str
    name: str
    source: str = ""
    twin: float = 0.0
    at_import: bool = False
    basic: Literal["yes", "no", "unfiltered", "perhaps"] = "yes"
    write: Callable[[Path], Path] | None = None

    @property
    def has_its_control(self) -> bool:
        """Whether the control stands in the same file."""
        return not self.at_import and self.write is None


def when_called(kind, name, body, *, answer=WRONG, **more):
    """An attack in the function's body, before it answers."""
    body = textwrap.indent(textwrap.dedent(body).strip("\n") + "\n" + answer, "    ")
    return Attack(kind, name, f"{HEAD}{CONTROL}\n\n{SIGNATURE}{body}", **more)


def when_imported(kind, name, top, *, answer=WRONG, **more):
    """An attack that strikes before any function is called."""
    body = SIGNATURE + textwrap.indent(answer, "    ")
    return Attack(kind, name, f"{HEAD}{textwrap.dedent(top)}\n\n{body}", at_import=True, **more)
