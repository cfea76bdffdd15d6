"""What an instructor asks for: grades, tried cases, assignments for a platform."""

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from lessons_lib.cli.common import PLATFORM_NAMES, completed_from
from lessons_lib.cli.output import say, say_next, show_markdown

MOST_TOLD = 20  # lines of a kind
MOST_ROWS = 200


def grade(
    paths: Annotated[
        # One that a student has closed costs nobody else anything.
        list[Path],
        typer.Argument(metavar="PATH...", help="files or folders", readable=False),
    ],
    out: Annotated[Path, typer.Option(help="folder for grades.csv, results and feedback")],
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    lesson: Annotated[
        str | None, typer.Option(help="of the course, as 05: every file is graded on it")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="submissions at once")] = 1,
    isolation: Annotated[
        str,
        typer.Option(
            help="auto, strong or basic", autocompletion=completed_from("auto", "strong", "basic")
        ),
    ] = "auto",
    require: Annotated[
        str | None, typer.Option(help="strong: refuse to grade with anything weaker")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="draw the cases of an earlier grading")
    ] = None,
    run: Annotated[
        str,
        typer.Option(
            help="needed: what the answers use; all: every statement",
            autocompletion=completed_from("needed", "all"),
        ),
    ] = "needed",
    regrade: Annotated[
        bool, typer.Option("--regrade", help="grade anew what has a result already")
    ] = False,
    kind: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="canvas, moodle or blackboard: files to upload there",
            autocompletion=completed_from("canvas", "moodle", "blackboard"),
        ),
    ] = None,
    named_by: Annotated[
        str | None,
        typer.Option(
            help="who named the files: canvas, moodle, blackboard, or own: nobody else"
            "  [their form tells]",
            autocompletion=completed_from("canvas", "moodle", "blackboard", "own"),
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="the assignment, as the platform calls it")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="who is in the class: a table, or a platform's export")
    ] = None,
    due: Annotated[str | None, typer.Option(help="such as '2026-03-05 23:59'")] = None,
    late: Annotated[str | None, typer.Option(help="such as '10% a day, at most 3'")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="earlier work, for the look for copies")
    ] = None,
    given: Annotated[
        Path | None, typer.Option(help="what all were given: no copy if two have it")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            help="a Dask cluster's address, or local", autocompletion=completed_from("local")
        ),
    ] = None,
) -> None:
    """Grade submissions, each in a process of its own that never sees an expected result.

    Folders and .zip files are searched; left_out.csv says why a file in them has no grade.

    Give the same command again to go on with a batch that was stopped. What has changed since,
    submissions, exercises or the grader, is graded anew.
    """
    from tqdm import tqdm

    from lessons_lib.cli.classroom import Classroom
    from lessons_lib.cli.common import lesson_names
    from lessons_lib.grading.batch import (
        NAMED_BY,
        How,
        claimed,
        find_submissions,
        grade_all,
        leave_out_exercises,
        load_exercises,
    )
    from lessons_lib.grading.isolation.policy import reached
    from lessons_lib.grading.references import check_references

    if require not in (None, "strong"):
        raise ValueError(f"--require: expected strong, got {require!r}")
    if require == "strong" and isolation == "basic":
        raise ValueError("--isolation: expected strong or auto with --require strong, got basic")
    if run not in ("needed", "all"):
        raise ValueError(f"--run: expected needed or all, got {run!r}")
    if named_by not in (None, *NAMED_BY):
        raise ValueError(f"--named-by: expected {', '.join(NAMED_BY)}, got {named_by!r}")
    if lesson is not None and exercises is not None:
        raise ValueError("--lesson: expected it without --exercises, since it is one of the course")
    if late is not None and exercises is None and lesson is None:
        raise ValueError(
            "--late: expected --exercises or --lesson with it, or a file by another name would be "
            "asked for less, and lose a share of less"
        )
    if lesson is not None:
        (lesson,) = lesson_names([lesson])
    with contextlib.ExitStack() as stack:
        pool = None
        if dask is None:
            level = reached("strong" if require else isolation)
        else:
            from lessons_lib.grading.classroom.cluster import connected, graded_by_dask, level_there

            cluster = stack.enter_context(connected(dask, jobs))
            level = level_there(cluster, "strong" if require else isolation)
            pool = graded_by_dask(cluster)
        stack.enter_context(claimed(out, paths))
        found = find_submissions(paths, out / "unpacked", named_by)
        if exercises is not None:
            leave_out_exercises(found, exercises, paths)
            check_references(load_exercises(exercises))  # before anything is graded
        title = title or (exercises.stem if exercises else lesson or "Memory Gates")
        classroom = Classroom(
            found,
            kind=kind,
            title=title,
            roster=roster,
            due=due,
            late=late,
            exercises=exercises,
            compare=compare,
            given=given,
        )
        students = classroom.who.students  # one key for what counts and for the gradebook
        known = [n for n in found.submissions if n in found.students or students[n].row]
        ids = {name: students[name].id for name in known}
        found = found._replace(students=ids)
        how = How(exercises, level, seed, run, lesson)
        count = len(found.submissions)
        with tqdm(total=count, unit=" files", disable=not sys.stderr.isatty()) as bar:
            try:
                batch = grade_all(
                    found,
                    out,
                    how,
                    jobs=jobs,
                    regrade=regrade,
                    on_graded=lambda one: bar.update(),
                    about=classroom.about,
                    worth=classroom.worth,
                    pool=pool,
                )
            except KeyboardInterrupt:
                bar.close()
                said = "lessons: stopped; what is graded is kept, and the same command goes on"
                print(said, file=sys.stderr)
                raise
        classroom.write(batch, out)
    graded, left_out, anew = batch
    for name, report in graded[:MOST_ROWS]:
        say(f"{report.score:>6g} of {report.max_score:<6g} {name}")
    if len(graded) > MOST_ROWS:
        say(f"     and {len(graded) - MOST_ROWS} more")
    for name, reason in list(left_out.items())[:MOST_TOLD]:
        say(f"     not graded    {name}: {reason}")
    if len(left_out) > MOST_TOLD:
        say(f"     and {len(left_out) - MOST_TOLD} more, which left_out.csv names")
    for name, reason in list(anew.items())[:MOST_TOLD]:
        say(f"     graded anew   {name}: {reason}")
    if len(anew) > MOST_TOLD:
        say(f"     and {len(anew) - MOST_TOLD} more")
    lost = sum(r.status == "infrastructure_error" for g in graded for r in g.report.results)
    say(f"{len(graded)} graded with {level} isolation; grades.csv is in {out}")
    if level == "basic":
        say("Warning: a submission could read what you may, the references too.")
        say("`lessons doctor` says what strong isolation needs.")
    classroom.summarize(batch, out)
    say_next(f"open {out / 'index.html'} in a browser.")
    if lost:
        raise ValueError(f"{lost} results are missing; give the command again to try those anew")


def matrix(
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how often new cases are drawn")] = 10,
) -> None:
    """Show whether the cases of each exercise refuse its wrong versions and tell them apart."""
    from lessons_lib.course.exercises import all as all_exercises
    from lessons_lib.grading.batch import load_exercises
    from lessons_lib.grading.judging.known_versions import examine, table
    from lessons_lib.grading.references import check_references

    examined = all_exercises() if exercises is None else load_exercises(exercises)
    check_references(examined)
    rows = [examine(exercise, range(seeds)) for exercise in examined]
    show_markdown(table(rows, seeds))
    clean = all(row.is_clean for row in rows)
    say_next("`lessons export PLATFORM` hands them out." if clean else "mend what is named above.")
    raise typer.Exit(0 if clean else 1)


def export_exercises(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PLATFORM",
            help=", ".join(PLATFORM_NAMES),
            autocompletion=completed_from(*PLATFORM_NAMES),
        ),
    ],
    out: Annotated[Path, typer.Option(help="folder to write to, new or empty")],
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    lesson: Annotated[
        list[str] | None, typer.Option(help="one lesson, as 05; several times for several  [all]")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="the lessons' own text around the stubs")
    ] = False,
    wheel: Annotated[
        Path | None, typer.Option(help="this package as a .whl, for the graders  [made now]")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="replace what an export wrote into nbgrader's course")
    ] = False,
) -> None:
    """Write exercises and their grader for a platform, or `student`: the stubs alone.

    There is an assignment for each lesson; docs/exporting.md says how to go on. `nbgrader` also
    writes into a course that is there already.
    """
    from lessons_lib.cli.common import lesson_files, lesson_names
    from lessons_lib.grading.export import export
    from lessons_lib.grading.export.wheel import make_wheel

    names = list(lesson or ()) if exercises else lesson_names(lesson or ())
    if text and (exercises or not names):
        raise ValueError("--text: expected --lesson with it, since lessons of the course have text")
    texts = lesson_files(names) if text else None
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None and target != "student":
            say("No index has this package yet: the graders get a wheel of it, which is made now.")
            wheel = make_wheel(Path(folder))
        written = export(
            target,
            out,
            exercises=exercises,
            wheel=wheel,
            lessons=names,
            texts=texts,
            update=update,
        )
    say(f"{len(written)} files for {target} are in {out}")
    say_next("docs/exporting.md says how they get there.")
