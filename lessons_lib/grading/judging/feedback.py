"""The sentences of a report: what was found, said as a teacher would."""

from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import arrays_in
from lessons_lib.grading.exercise.definition import Exercise, Misconception, Output
from lessons_lib.grading.isolation.running import Outcome, Raised
from lessons_lib.grading.judging.comparing import CAUSES_OF_FLOAT64, Problem
from lessons_lib.grading.wording import describe, in_words, one_line

NOT_ATTEMPTED = "Write your code in place of the stub's last line, then check it again."
OF_PYTHON_2 = {
    "'xrange' is not defined": "Python 3 calls it range.",
    "slice indices must be integers": "In Python 3, 8 / 4 is 2.0, and 8 // 4 is 2.",
}
MOST_PRINTED_LINES = 10
MOST_SHAPES = 12


def about_signature(exercise: Exercise, signature: Signature | None, is_plain: bool) -> str:
    """What is wrong with a function's parameters; empty if nothing is.

    Arguments are passed by position, so parameters may have names of the learner's own; but a name
    of the exercise must not stand in another place.

    Args:
        exercise: what was asked.
        signature: the function's; None if it has none, as some built-in functions.
        is_plain: whether the function returns its results, without yield or async.
    """
    if not is_plain:
        return "It should be a plain function that returns its results, without yield or async."
    if signature is None:  # calling it will tell
        return ""
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    names = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind in positional or parameter.default is Parameter.empty
    ]
    found = (
        "Its parameters are not the exercise's.\n"
        f"    yours     ({', '.join(names)})\n"
        f"    expected  ({', '.join(exercise.parameters)})"
    )
    try:
        given = [name for name in exercise.parameters if name not in exercise.keyword_only]
        signature.bind(*given, **dict.fromkeys(exercise.keyword_only))
    except TypeError:
        missing = [name for name in exercise.parameters if name not in names]
        unknown = [name for name in names if name not in exercise.parameters]
        if missing and len(names) < len(exercise.parameters):
            found += f"\nMissing: {in_words(missing)}."
        elif unknown:
            found += f"\nToo many: {in_words(unknown)}."
        return found
    for wanted, name in zip(exercise.parameters, names, strict=False):
        if name != wanted and name in exercise.parameters:
            return f"{found}\nThe order differs: {name} stands where {wanted} belongs."
    return ""


def about_exception(case: Case, raised: Raised) -> str:
    """Which exception, at which of the learner's own lines, for which arguments."""
    text = one_line(raised.text)
    shapes = ""
    if raised.kind == "NotImplementedError" and raised.function:
        what = f"It needs {raised.function}, which is not written yet."
    elif raised.kind == "SystemExit":
        what = "It tried to end Python with exit or sys.exit; use return."
    elif raised.kind == "RecursionError":
        what = "It calls itself, perhaps by way of another function, and never stops."
    else:
        what = f"It raised {raised.kind}: {text}" if text else f"It raised {raised.kind}."
        what += "".join(f"\n{advice}" for words, advice in OF_PYTHON_2.items() if words in text)
        shapes = _shapes(case)
    place = f"    in {raised.function}, line {raised.line}:  {one_line(raised.source)}"
    return "\n".join([what, *([place] if raised.source else []), *([shapes] if shapes else [])])


def _shapes(case: Case) -> str:
    shapes = [
        f"{path} {array.shape}"
        for name, argument in case.arguments.items()
        for path, array in arrays_in(name, argument)
    ]
    shapes += [
        f"{name}.{key} = {item}"  # of a cache, so that all that it holds is listed
        for name, argument in case.arguments.items()
        for key, item in getattr(argument, "_asdict", dict)().items()
        if isinstance(item, bool)
    ]
    if len(shapes) > MOST_SHAPES:
        shapes[MOST_SHAPES:] = [f"and {len(shapes) - MOST_SHAPES} arrays more"]
    return f"The shapes of its arguments:\n    {', '.join(shapes)}" if shapes else ""


def about_structure(exercise: Exercise, value: Any) -> str:
    """What was returned where a tuple of results was expected."""
    names = ", ".join(output.name for output in exercise.returned)
    wanted = f"the tuple ({names})" if len(exercise.returned) > 1 else f"{names} alone"
    if exercise.returns_dict:
        wanted = f"a dict with the keys {names}"
        missing = [
            o.name for o in exercise.returned if isinstance(value, dict) and o.name not in value
        ]
        if missing:
            return f"The dict that it returns lacks {in_words(missing)}; expected {wanted}."
    if value is None:
        return f"It returns None; expected {wanted}. Does it end with a return statement?"
    return f"It returns {describe(value)}; expected {wanted}."


def about_scores(exercise: Exercise, right: Sequence[Output]) -> str:
    """Which results are right in every case and which are not."""
    wrong = [output.name for output in exercise.outputs if output not in right]
    if not right or not wrong:
        return ""
    return f"Right: {in_words([output.name for output in right])}. Not yet: {in_words(wrong)}."


def about_carried(function: str, names: Sequence[str], share: float) -> str:
    """Which results are right for the answer's own earlier function."""
    return (
        f"Right, given your own {function}, which is not right itself: {in_words(names)}, "
        f"for {share:.0%} of the points."
    )


def about_case(cases: Sequence[Case], number: int) -> str:
    """Which case goes wrong first."""
    case = cases[number]
    sizes = ", ".join(f"{letter}={size}" for letter, size in case.sizes.items())
    what = f"{sizes}, {case.dtype}" if sizes else case.dtype
    if number == 0:
        return f"In a case with {what}:"
    before = "the case before it is" if number == 1 else f"the {number} cases before it are"
    return f"In a case with {what} ({before} right):"


def about_results(exercise: Exercise, problems: Mapping[str, Problem], outcome: Outcome) -> str:
    """The problem to solve first, and which others may go away with it."""
    wrong = [output for output in exercise.outputs if output.name in problems]
    causes = [output for output in wrong if not set(output.computed_from) & set(problems)]
    telling = [output for output in wrong if problems[output.name].tells_where]
    first = (telling or causes or wrong)[0]
    problem = problems[first.name]
    lines = [problem.text]
    if problem.kind == "nan" and outcome.warnings:
        lines.append(f"NumPy warned: {one_line(outcome.warnings[0])}.")
    if problem.kind in ("values", "nan"):
        later = [output.name for output in wrong if first.name in output.computed_from]
        if later:
            lines.append(f"Look at {first.name} first, then at {in_words(later)}.")
    else:
        alike = [o.name for o in wrong if o is not first and problems[o.name].kind == problem.kind]
        if alike:
            lines.append(f"Not of the right {problem.kind} either: {in_words(alike)}.")
    return "\n".join(lines)


def about_order(exercise: Exercise, order: Sequence[str]) -> str:
    """Right results that stand in another order."""
    wanted = ", ".join(output.name for output in exercise.returned)
    return (
        f"The numbers are right, but their order is not: it returns ({', '.join(order)}), "
        f"the exercise asks for ({wanted})."
    )


def about_known(known: Misconception) -> str:
    """The hint of the misconception that was recognised."""
    return f"Hint: {known.hint}"


def about_first_hint(exercise: Exercise, *, can_be_asked: bool) -> str:
    """How to begin, for an answer of which nothing is known.

    Args:
        exercise: what was asked.
        can_be_asked: whether the learner's `hint` knows the exercise.
    """
    if not exercise.hints:
        return ""
    if can_be_asked:
        return f'Stuck? hint("{exercise.name}")'
    return f"A hint on how to begin: {exercise.hints[0]}"


def about_trying(exercise: Exercise, number: int) -> str:
    """How to get the arguments of a case that goes wrong, of short axes."""
    call = f'from lessons_lib.grading import case; case("{exercise.name}", {number})'
    return f"The arguments of a small case that goes wrong, to try by hand:\n    {call}"


def about_overflow(outcomes: Sequence[Outcome]) -> str:
    """Where a number became infinite on the way to right results; empty if none did."""
    said = (text for outcome in outcomes for text in outcome.warnings)
    first = next((text for text in said if text.startswith("overflow encountered")), "")
    return first and f"NumPy warned: {one_line(first)}. The results are right all the same."


def about_writing(outcome: Outcome, *, costs: bool) -> str:
    """Which arguments the function changed, and where.

    Args:
        outcome: of the call.
        costs: whether the exercise forbids it.
    """
    text = f"It writes into its argument{'s' * (len(outcome.written) > 1)} "
    text += f"{in_words(outcome.written)}, and so changes the caller's data."
    if not costs:
        text = f"Remark, at no cost: {text[0].lower()}{text[1:]}"
    if outcome.written_at and outcome.written_at.source:
        at = outcome.written_at
        text += f"\n    in {at.function}, line {at.line}:  {one_line(at.source)}"
    return f"{text}\na = a * b makes a new array; a *= b and a[...] = b write into the old one."


def about_other_dtypes(case: Case, found: Mapping[str, Any]) -> str:
    """Right values of another dtype than expected: by result, what it has and what it should."""
    names = list(found)
    kinds = in_words(sorted({str(got) for got, _ in found.values()}))
    wanted = in_words(sorted({str(wanted) for _, wanted in found.values()}))
    verb = "comes" if len(names) == 1 else "come"
    text = f"Remark, at no cost: {in_words(names)} {verb} back as {kinds}, expected {wanted}."
    if case.dtype == "float32" and "float64" in kinds:
        text += (
            "\nThe arguments are float32; in a large network float64 costs time and memory. "
            + CAUSES_OF_FLOAT64
        )
    return text


def about_kept_axes(names: Sequence[str]) -> str:
    """Right numbers in a shape that has axes of length 1 too many, or too few."""
    verb = "differs" if len(names) == 1 else "differ"
    return f"Remark, at no cost: the shape of {in_words(names)} {verb} in axes of length 1."


def about_float32(problem: str) -> str:
    """What goes wrong with float32 arguments alone."""
    return f"Remark, at no cost: with float32 arguments it does not run. {problem}"


def about_too_few_digits(names: Sequence[str]) -> str:
    """What is wrong with float32 arguments alone, where float64 is to come out."""
    verb = "has" if len(names) == 1 else "have"
    return (
        f"Remark, at no cost: with float32 arguments {in_words(names)} {verb} too few right "
        "digits. What is asked for is computed in float64."
    )


def about_printing(outcome: Outcome) -> str:
    """What the function printed in the case reported on."""
    lines = outcome.printed.splitlines()
    if not lines:
        return ""
    shown = [f"    {one_line(line)}" for line in lines[:MOST_PRINTED_LINES]]
    if len(lines) > MOST_PRINTED_LINES:
        shown.append(f"    … and {len(lines) - MOST_PRINTED_LINES} lines more")
    return "\n".join(["It printed, in this case:", *shown])
