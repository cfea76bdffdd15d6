"""What a learner calls: check, hint and reveal."""

import inspect
import zlib
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.by_hand import ByHand
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.running import Outcome, Raised, run, signature_of
from lessons_lib.grading.judging import feedback
from lessons_lib.grading.judging.judge import judge
from lessons_lib.grading.report import Progress, Report, Result, wrapped
from lessons_lib.grading.wording import describe


def check(fn: Any, exercise: str | Exercise | None = None) -> Report:
    """Check a learner's function against its exercise and print the verdict.

    The function runs in this process, on the same cases each time. Whatever it does wrong, or is,
    stands in the report. The answer to a question by hand is compared and nothing is run.

    Args:
        fn: the function; or the answer to a question by hand, None while there is none.
        exercise: the exercise or its name, or the question's; by default the function's own name.

    Returns:
        A Report with one result; a name that is none is told there.

    Raises:
        KeyboardInterrupt: if the learner interrupts the function.
    """
    result = _result(fn, exercise)
    report = Report([result], progress=_progress(result))
    report.show()
    return report


_solved: set[str] = set()  # names of exercises, in this session


def _progress(result: Result) -> Progress | None:
    """How far the lesson of an exercise is; None if the result is not on one."""
    try:
        target = EXERCISES.find(result.exercise)
    except ValueError:
        return None
    (_solved.add if result.status == "passed" else _solved.discard)(target.name)
    asked = [exercise.name for exercise in EXERCISES.of_lesson(target.lesson)]
    then = EXERCISES.what_comes_after(target.lesson)
    return Progress(target.lesson, len(_solved & set(asked)), len(asked), then)


def _result(fn: Any, exercise: str | Exercise | None) -> Result:
    if question := _asked_by_hand(exercise):
        return _answered(question, fn)
    not_a_function = (
        f"Expected a function, got {describe(fn)}. "
        "Pass the function itself, without calling it: check(lstm_step), not check(lstm_step(…))."
    )
    if exercise is None:
        if not callable(fn):
            return Result("check", "error", 0.0, 0.0, not_a_function)
        exercise = getattr(fn, "__name__", type(fn).__name__)
        if exercise == "<lambda>":
            text = (
                'A lambda has no name: say which exercise it answers, as in check(fn, "sigmoid").'
            )
            return Result("check", "error", 0.0, 0.0, text)
    try:
        target = _found(exercise)
    except (TypeError, ValueError) as error:
        return Result("check", "error", 0.0, 0.0, _sentence(error))
    if not callable(fn):
        return Result(target.name, "error", 0.0, target.points, not_a_function)
    if problem := feedback.about_signature(target, *signature_of(fn)):
        return Result(target.name, "error", 0.0, target.points, problem)
    cases = _cases(target)
    own = getattr(inspect.unwrap(fn), "__globals__", {}).get

    def other(name: str, case: Case) -> Outcome:
        function = own(name)
        if not callable(function) or isinstance(function, Exercise):
            return Outcome(raised=Raised("NameError", "", "", 0, ""))
        return run(function, [case])[0]

    def run_again(case: Case) -> Outcome:
        state = np.random.get_state()  # noqa: NPY002 - each run begins from the user's
        np.random.random()  # noqa: NPY002 - so what draws from it gets another number
        try:
            return run(fn, [case], own)[0]
        finally:
            np.random.set_state(state)  # noqa: NPY002

    return judge(
        target,
        cases,
        run(fn, cases, own),
        run_again=run_again,
        other=other,
        cases_can_be_had=EXERCISES.finds(target),
    )


def _asked_by_hand(name: Any) -> ByHand | None:
    """The question by hand of that name, if there is one."""
    return EXERCISES.asked_by_hand().get(name) if isinstance(name, str) else None


def _answered(question: ByHand, given: Any) -> Result:
    if given is None:
        return Result(question.name, "not_attempted", 0.0, 0.0, "")
    right, said = question.judge(given)
    return Result(question.name, "passed" if right else "failed", 0.0, 0.0, said)


def _found(name: Any) -> Exercise:
    """An exercise by its name, by a function of that name, or as it is."""
    if isinstance(name, Exercise):
        return name
    return EXERCISES.find(getattr(name, "__name__", name) if callable(name) else name)


def _sentence(error: Exception) -> str:
    text = str(error).removeprefix("exercise: ")
    return f"{text[0].upper()}{text[1:]}"


def case(name: str, number: int = 0) -> dict[str, Any]:
    """The arguments of one of the calls that `check` makes, to try a function by hand.

    Args:
        name: the exercise's name, or your function.
        number: which call, from 0.

    Returns:
        The arguments by name: `lstm_step(**case("lstm_step"))`.

    Raises:
        ValueError: if there is no exercise of that name, or no call of that number.
        TypeError: if name is not a string.
    """
    cases = _cases(_found(name))
    if number not in range(len(cases)):
        raise ValueError(f"number: expected one from 0 to {len(cases) - 1}, got {number!r}")
    return cases[number].copied_arguments()


def _cases(exercise: Exercise) -> list[Case]:
    seed = zlib.crc32(exercise.name.encode())  # the same cases each time: stored outputs compare
    return exercise.cases(np.random.default_rng(seed))


def hint(name: str, number: int = 1) -> None:
    """Print a hint on an exercise or a question by hand, or that there is none.

    Args:
        name: its name, or your function.
        number: which hint, from 1; each says more than the one before.
    """
    try:
        exercise = _asked_by_hand(name) or _found(name)
    except (TypeError, ValueError) as error:
        print(wrapped(_sentence(error)))
        return
    hints = exercise.hints
    if number not in range(1, len(hints) + 1):
        there_are = f"hints 1 to {len(hints)}" if hints else "no hint"
        print(f"{exercise.name} has {there_are}; you asked for number {number!r}.")
        return
    print(wrapped(f"Hint {number} of {len(hints)}: {hints[number - 1]}"))
    if number < len(hints):
        print(f'hint("{exercise.name}", {number + 1}) says more.')


def reveal(name: str) -> None:
    """Print the source of an exercise's reference, or a question's answer, or that there is none.

    Args:
        name: the exercise's or the question's name, or your function.
    """
    if question := _asked_by_hand(name):
        print(question.answer)
        return
    try:
        print(_found(name).source)
    except (TypeError, ValueError) as error:
        print(wrapped(_sentence(error)))
