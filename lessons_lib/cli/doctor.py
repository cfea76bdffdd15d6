"""What is wrong with a machine, before a lesson stumbles over it."""

from pathlib import Path

import typer

from lessons_lib.cli.output import say, say_next


def doctor() -> None:
    """Check this machine and environment, and say what to do where something is wrong.

    The exit status is 1 if something stops the course from working, and 0 otherwise.
    """
    from lessons_lib.cli.machine import examine

    levels = []
    for name, finding in examine(Path.cwd()):
        levels.append(finding.level)
        say(f"{finding.level:<9}{name:<14}{finding.found}", indent=23)
        if finding.advice:
            say(" " * 23 + finding.advice)
    problems, warnings = levels.count("problem"), levels.count("warning")
    if problems:
        say(f"\nProblems: {problems}. The course does not work until that is mended.")
        raise typer.Exit(1)
    say(f"\nThe course works here. Warnings: {warnings}.")
    say_next("`make lab` opens the lessons; `lessons list` shows them.")
