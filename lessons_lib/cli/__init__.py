"""The `lessons` command. Each sub-command imports what it needs, so that --help is quick."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from lessons_lib.cli import (
    classroom,
    convert,
    course,
    data,
    doctor,
    grading,
    models,
    new,
    runs,
    training,
)
from lessons_lib.cli.common import said_by_system
from lessons_lib.shown import shown

LONGEST = 5000  # characters of a message; names that a stranger gave may stand in it

app = typer.Typer(
    help="Memory Gates: recurrent networks in NumPy. Learn, train, check.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"lessons {version('lessons-lib')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, help="Print the version."),
    ] = False,
) -> None:
    pass


# In the order in which --help shows them.
app.command("list")(course.list_lessons)
app.command()(course.solution)
app.command()(course.check)
app.command()(grading.grade)
app.command()(classroom.statistics)
app.command()(grading.matrix)
app.command("export")(grading.export_exercises)
app.command()(new.new)
app.command()(course.progress)
app.command()(training.train)
app.command()(models.evaluate)
app.command()(training.compare)
app.command()(runs.runs)
app.command()(convert.convert)
app.command()(models.sample)
app.command()(doctor.doctor)

data_app = typer.Typer(help="The texts that models are trained on.")
app.add_typer(data_app, name="data")
data_app.command("list")(data.list_texts)
data_app.command("fetch")(data.fetch)
data_app.command("build")(data.build)


def _complain(error: Exception) -> int:
    """One line on standard error, and the exit status of bad usage."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if isinstance(error, OSError):
        message = said_by_system(error)
    line = shown(" ".join(message[:LONGEST].split()), keep="")
    print("lessons:", line or type(error).__name__, file=sys.stderr)
    return 2


def _check_names(arguments: Sequence[str]) -> None:
    """Refuse what a shell that writes names in place of `*` makes of a stranger's.

    Raises:
        ValueError: for a file that would be taken for an option, or look like a line of ours.
    """
    for name in filter(os.path.lexists, arguments):
        if "\n" in name:
            raise ValueError(f"{name!r} has a line end in its name; rename it")
        if name.startswith("-"):  # "--" too: what stands behind it would be no option
            raise ValueError(f"{name!r} is a file here, and no option; write ./* in place of *")


def main() -> None:
    """Run the command; say what went wrong in one line, without a traceback."""
    for stream in (sys.stdout, sys.stderr):  # no letter that a terminal has not ends a report
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_names(sys.argv[1:])
        status = app(sys.argv[1:] or ["--help"], prog_name="lessons", standalone_mode=False)
    except typer.Exit as error:
        status = error.exit_code
    except (typer.TyperException, ValueError, TypeError, OSError, ArithmeticError) as error:
        status = _complain(error)
    except MemoryError:
        status = _complain(ValueError("there is not enough memory for this"))
    except KeyboardInterrupt:
        status = 130
    except Exception as error:
        if "Symlink loop" in str(error):  # a RuntimeError before Python 3.13
            status = _complain(error)
        else:  # a fault of ours, whose words may be a stranger's
            print(shown(traceback.format_exc()), end="", file=sys.stderr)
            status = 1
    sys.exit(status if isinstance(status, int) else 0)
