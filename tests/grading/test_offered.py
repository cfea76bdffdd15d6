"""What a submission may import of this package answers nothing that is asked, by any name."""

from types import ModuleType

import numpy as np
import pytest

from lessons_lib import functions
from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.adapting import Swapped, adapt
from lessons_lib.grading.exercise.definition import Output
from lessons_lib.grading.exercise.registry import exercise
from lessons_lib.grading.offered import answer_in, building_blocks

SOFTMAX_AND_RELATIVES = {"softmax", "log_softmax", "_minus_max", "cross_entropy"}


def asked(function, name, case):
    function.__name__, function.__module__ = name, "assignment"
    outputs = [Output("result", "N K")]
    return exercise(lesson="hw", outputs=outputs, make_case=case, sizes=[{}])(function)


def scores(rng):
    return {"z": rng.standard_normal((3, 4))}


def scores_and(**more):
    return lambda rng: scores(rng) | more


@pytest.mark.parametrize(
    ("function", "case", "gone"),
    [
        (lambda z: functions.sigmoid(z), scores, {"sigmoid"}),
        (lambda z: functions.softmax(z.T, axis=0).T, scores, SOFTMAX_AND_RELATIVES),
        (lambda z: functions.softmax(z, axis=0), scores, SOFTMAX_AND_RELATIVES),
        (lambda z: z**3, scores, set()),
        # What a function can do without may be asked for, and what it takes may be in a container.
        (lambda z, axis: functions.softmax(z, axis), scores_and(axis=0), SOFTMAX_AND_RELATIVES),
        (
            lambda z, y, skip: functions.cross_entropy(z, y, ignore_index=skip),
            scores_and(y=np.array([1, -9, 2]), skip=-9),
            SOFTMAX_AND_RELATIVES,
        ),
        (
            lambda params: functions.softmax(params["z"]),
            lambda rng: {"params": scores(rng)},
            SOFTMAX_AND_RELATIVES,
        ),
        (
            lambda pair: functions.softmax(pair[0]),
            lambda rng: {"pair": (scores(rng)["z"], 1)},
            SOFTMAX_AND_RELATIVES,
        ),
    ],
)
def test_a_function_that_gives_the_asked_numbers_goes_whatever_it_is_called(function, case, gone):
    modules, taken = building_blocks([asked(function, "mine", case)])
    assert modules == ["functions.py"]
    assert gone <= taken and ("sigmoid" in taken) == ("sigmoid" in gone)
    assert not taken & {"relu", "tanh"}


def test_what_moves_numbers_about_is_told_by_their_order():
    def turned(z):
        return z.T

    one = asked(turned, "turned", lambda rng: {"z": rng.uniform(size=(3, 4))})
    assert "relu" not in building_blocks([one])[1], "which leaves such z as it is"
    helpers = ModuleType("helpers")
    for name, gives in (("same", lambda z: z), ("other", lambda z: z.T.copy())):
        gives.__module__ = "helpers"
        assert answer_in(helpers, [one]) == ""
        setattr(helpers, name, gives)
    assert answer_in(helpers, [one]) == "helpers.other gives results that turned asks for"


def test_what_only_gives_another_shape_is_an_answer_too():
    def split_heads(z):
        return z.reshape(3, 2, 2)

    outputs = [Output("result", "N A B")]
    case = {"make_case": lambda rng: {"z": rng.normal(size=(3, 4))}, "sizes": [{}]}
    one = exercise(lesson="hw", outputs=outputs, **case)(split_heads)
    helpers = ModuleType("helpers")
    helpers.heads = lambda z: z.reshape(3, 2, 2)
    helpers.heads.__module__ = "helpers"
    assert answer_in(helpers, [one]) == "helpers.heads gives results that split_heads asks for"


def test_what_is_adapted_is_looked_for_in_the_courses_notation():
    loss = adapt(
        "cross_entropy",
        lesson="hw",
        name="nll",
        arguments={"scores": "logits", "y": "targets"},
        results={"mean": "loss"},
        conversions={"scores": [Swapped(0, -1)]},
    )
    assert SOFTMAX_AND_RELATIVES <= building_blocks([loss])[1]


def test_a_lesson_of_the_course_has_the_cells_before_it_and_not_its_own():
    modules, taken = building_blocks([exercises.find("lstm_step_backward")])
    assert modules == ["functions.py", "cells.py", "gradients.py"]
    assert "lstm_step_backward" in taken and "lstm_step" not in taken
    # reset_after=False makes the answer of the step that the lesson before asked for.
    assert "gru_step" in building_blocks([exercises.find("gru_step_reset_before")])[1]


@pytest.mark.parametrize("how", ["adapted", "the course's own function"])
def test_a_cell_under_another_name_cannot_be_imported(how, tmp_path):
    base = exercises.find("lstm_step")
    if how == "adapted":
        names = {name: name for name in base.parameters}
        mine = adapt(base, lesson="hw", name="step", arguments=names, results={"h": "h", "c": "c"})
    else:
        make = exercise(lesson="hw", outputs=base.outputs, make_case=base.draw, sizes=base.sizes)
        mine = make(base.reference)
    parameters = ", ".join(base.parameters)
    path = tmp_path / "s.py"
    path.write_text(
        "from lessons_lib.cells import lstm_step as theirs\n"
        f"def {mine.name}({parameters}):\n    return theirs({parameters})[:2]\n"
    )
    report = grade(path, exercises=[mine], isolation="basic")
    assert report.score == 0 and "lessons_lib.cells" in str(report)
    path.write_text(
        f"import numpy as np\ndef {mine.name}({parameters}):\n"
        "    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)\n"
        "    c = c_prev / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))\n"
        "    return np.tanh(c) / (1 + np.exp(-o)), c\n"
    )
    assert grade(path, exercises=[mine], isolation="basic").score == mine.points
