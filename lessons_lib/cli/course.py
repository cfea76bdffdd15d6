"""What a learner asks for: the lessons, a reference, a verdict, how far they are."""

from pathlib import Path
from typing import Annotated

import typer

from lessons_lib.cli.output import say, say_next, show_table


def list_lessons() -> None:
    """List lessons and companions: minutes of work, exercises and their points."""
    from lessons_lib.course import exercises
    from lessons_lib.course.lessons import FURTHER, LESSONS

    rows = []
    for lesson in (*LESSONS, *FURTHER):
        members = [exercise for exercise in exercises.all() if exercise.lesson == lesson.name]
        points = f"{sum(exercise.points for exercise in members):g}" if members else ""
        if FURTHER and lesson == FURTHER[0]:
            rows += [("", "", ""), ("Going further (no lesson needs these)", "", "")]
        rows += [(lesson.name, f"{lesson.minutes}", points), (f"  {lesson.topic}", "", "")]
        rows += [(f"    {one.name}", "", f"{one.points:g}") for one in members]
    show_table(("lesson", "minutes", "points"), rows, right=["minutes", "points"])
    say_next("`make lab` opens the lessons; `lessons progress` shows what you have solved.")


def _exercise_names(incomplete: str) -> list[str]:
    from lessons_lib.course import exercises

    return [one.name for one in exercises.all() if one.name.startswith(incomplete)]


def solution(
    name: Annotated[
        str,
        typer.Argument(
            help="an exercise, as `lessons list` shows it", autocompletion=_exercise_names
        ),
    ],
) -> None:
    """Print the reference implementation of an exercise."""
    from lessons_lib.course import exercises

    typer.echo(exercises.find(name).source)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a notebook or a .py file")],
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
) -> None:
    """Check the exercises in a file, and say what is wrong where something is.

    What its answers use is run, as confined as it can be on this machine.
    """
    from lessons_lib.grading import grade as grade_file
    from lessons_lib.grading.batch import load_exercises
    from lessons_lib.grading.references import check_references

    wanted = None if exercises is None else load_exercises(exercises)
    check_references(wanted or [])
    _say_how_it_runs(str(file))
    report = grade_file(file, exercises=wanted)
    if not report.results:
        raise ValueError(f"FILE: {file} defines no exercise; `lessons list` shows their names")
    if report.max_score == 0:  # it did not come to an exercise
        raise ValueError(f"FILE: {file}: {report.results[0].message}")
    say(f"{report}\n\n{report.score:g} of {report.max_score:g} points")
    if exercises is None:
        say_next("`lessons solution NAME` prints how the course has it.")
    raise typer.Exit(0 if report.score == report.max_score else 1)


def _say_how_it_runs(what: str) -> None:
    """Whoever checks a file has it run, and is told so."""
    from lessons_lib.grading.isolation.policy import reached

    level = reached("auto")
    line = f"What the answers in {what} use is run, with {level} isolation."
    if level == "basic":
        line += " It may read and write what you may: check what you trust."
    say(f"{line}\n")


def progress(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="where the notebooks are")
    ] = Path("notebooks"),
) -> None:
    """Show which exercises of the saved notebooks are solved.

    What the notebooks' answers use is run, as confined as it can be on this machine.
    """
    from lessons_lib.course.lessons import FURTHER, LESSONS
    from lessons_lib.grading import Result
    from lessons_lib.grading import grade as grade_file
    from lessons_lib.grading.exercise.registry import EXERCISES

    course = (*LESSONS, *FURTHER)
    present = [lesson for lesson in course if (folder / lesson.file).is_file()]
    if not present:
        raise ValueError(f"FOLDER: there is no lesson in {folder}")
    _say_how_it_runs(f"the notebooks in {folder}")
    marks = {"passed": "solved", "not_attempted": "-"}

    def row(name: str, results: list[Result], said: str) -> str:
        score, most = sum(r.score for r in results), sum(r.max_score for r in results)
        return f"{name:<33}{f'{score:g} of {most:g}':>11}  {said}".rstrip()

    points: dict[str, list[Result]] = {"lessons": [], "companions": []}
    for lesson in present:
        asked = [e for e in EXERCISES.all() if e.lesson == lesson.name]
        if not asked:
            continue
        results = grade_file(folder / lesson.file, exercises=asked).results
        solved = sum(result.status == "passed" for result in results)
        say(row(lesson.name, results, f"{solved} of {len(results)} solved"))
        for result in results:
            said = marks.get(result.status, "not right yet")
            say(row(f"    {result.exercise}", [result], said))
        points["lessons" if lesson in LESSONS else "companions"] += results
    for kind, results in points.items():
        say(row(kind, results, "points"))
    say_next("`lessons check FILE` says what is wrong in a lesson's exercises.")
