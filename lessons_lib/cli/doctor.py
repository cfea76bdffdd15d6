"""What is wrong with a machine, before a lesson stumbles over it."""

import textwrap
from pathlib import Path

import typer


def doctor() -> None:
    """Check this machine and environment, and say what to do where something is wrong.

    The exit status is 1 if something stops the course from working, and 0 otherwise.
    """
    from lessons_lib.cli.machine import examine

    levels = []
    for name, finding in examine(Path.cwd()):
        levels.append(finding.level)
        typer.echo(f"{finding.level:<9}{name:<14}{finding.found}")
        if finding.advice:
            typer.echo(textwrap.indent(finding.advice, " " * 23))
    problems, warnings = levels.count("problem"), levels.count("warning")
    if problems:
        typer.echo(f"\nProblems: {problems}. The course does not work until that is mended.")
        raise typer.Exit(1)
    typer.echo(f"\nThe course works here. Warnings: {warnings}.")
