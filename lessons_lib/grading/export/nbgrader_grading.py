"""Steps of `nbgrader autograde`: a notebook is graded in a process of its own.

Both are nbgrader's own steps for every assignment that was not exported.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook  # type: ignore[import-not-found]
from nbgrader.converters import Autograde  # type: ignore[import-not-found]
from nbgrader.nbgraderformat import SCHEMA_VERSION  # type: ignore[import-not-found]
from nbgrader.preprocessors import Execute, OverwriteCells  # type: ignore[import-not-found]
from traitlets import Dict
from traitlets.config import Config, LazyConfigValue

from lessons_lib.grading.export.assignment import grade_assignment
from lessons_lib.grading.export.nbgrader_cells import has_tests_of_others, mark


def grade_apart(
    config: Config,
    assignments: Iterable[str],
    *,
    exercises: str | Path | None = None,
    isolation: str = "auto",
) -> None:
    """Have assignments graded outside their notebooks; for `nbgrader_config.py`, at its end.

    Args:
        config: nbgrader's, as `get_config()` gives it. What it says of others stays.
        assignments: names of exported assignments.
        exercises: the instructor's file, or None for the course's exercises.
        isolation: as in `lessons_lib.grading.grade`.

    Raises:
        ValueError: if a list of steps in it lacks the one that is to be replaced.
    """
    how = {"exercises": str(exercises) if exercises else None, "isolation": isolation}
    for step in (config.GradeApart, config.KeepCells):
        step.assignments = {**dict(step.get("assignments", {})), **dict.fromkeys(assignments, how)}
    _replace(config, "autograde_preprocessors", Execute, GradeApart)
    _replace(config, "sanitize_preprocessors", OverwriteCells, KeepCells)


def _replace(config: Config, name: str, old: type, new: type) -> None:
    steps = config.Autograde.get(name)
    default = list(getattr(Autograde, name).default())
    if isinstance(steps, LazyConfigValue):  # the configuration so far has appended to the default
        steps = steps.get_value(default)
    names = [step if isinstance(step, str) else step.__name__ for step in steps or default]
    names = [name.rpartition(".")[2] for name in names]
    if not {old.__name__, new.__name__} & set(names):
        raise ValueError(f"c.Autograde.{name}: expected nbgrader's {old.__name__} in it")
    steps = [
        new if name == old.__name__ else step
        for name, step in zip(names, steps or default, strict=True)
    ]
    config.Autograde[name] = steps


class GradeApart(Execute):
    """Grades a notebook apart, in place of running it."""

    assignments = Dict(help="how exported assignments are graded, by their name").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, *more: Any, **named: Any) -> tuple[Any, Any]:
        """Grade the notebook that nbgrader is about to mark."""
        asked = resources["nbgrader"]
        how, name = self.assignments.get(asked["assignment"]), asked["notebook"]
        if how is None or name != asked["assignment"]:
            return super().preprocess(nb, resources, *more, **named)
        # Graded first: what is run here could change the grader.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.ipynb"
            path.write_text(json.dumps(nb), encoding="utf-8")
            exercises = Path(how["exercises"]) if how["exercises"] else None
            report = grade_assignment(path, name, exercises=exercises, isolation=how["isolation"])
        if has_tests_of_others(report, nb):
            nb, resources = super().preprocess(nb, resources, *more, **named)
        mark(report, nb)
        if report.isolation == "basic":
            self.log.warning(
                "%s of %s: there was only basic isolation; `lessons doctor` says what is missing",
                name,
                asked["student"],
            )
        return nb, resources


class KeepCells(OverwriteCells):
    """Puts lost graded cells back, wherever the submission has none of their neighbours left.

    What nbgrader notes of a cell is taken from its database: a student may write anything there,
    and a cell of an older format would end the whole run.
    """

    assignments = Dict(help="the exported assignments, by their name").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Make the cells what they were handed out as."""
        asked = resources["nbgrader"]
        if asked["assignment"] in self.assignments:
            self.add_missing_cells = True
            with Gradebook(asked["db_url"]) as gradebook:
                marks = _marks(gradebook.find_notebook(asked["notebook"], asked["assignment"]))
            for cell in reversed(nb.cells):  # of two with one id the last counts, as for nbgrader
                own = cell.metadata.pop("nbgrader", None)
                name = own.get("grade_id") if isinstance(own, dict) else None
                if isinstance(name, str) and name in marks:
                    cell.metadata["nbgrader"] = marks.pop(name)
        return super().preprocess(nb, resources)

    def add_missing_grade_cells(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Add each behind the nearest one before it that is there, or else at the end."""
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        points = {cell.name: cell.max_score for cell in source.grade_cells}
        solutions = {cell.name for cell in source.solution_cells}
        end = len(nb.cells)
        for lost in source.source_cells:
            ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            if lost.name in ids:
                end = ids.index(lost.name) + 1
            elif lost.name in points:
                cell = self.missing_cell_transform(
                    lost, points[lost.name], is_solution=lost.name in solutions
                )
                nb.cells.insert(end, cell)
                end += 1
        return nb, resources


def _marks(source: Any) -> dict[str, NotebookNode]:
    """What nbgrader notes of the cells that it knows of a notebook, by their ids."""
    points = {cell.name: cell.max_score for cell in (*source.grade_cells, *source.task_cells)}
    solutions, tasks = ({c.name for c in cs} for cs in (source.solution_cells, source.task_cells))
    marks = {}
    for cell in source.source_cells:
        marks[cell.name] = NotebookNode(
            grade_id=cell.name,
            grade=cell.name in points and cell.name not in tasks,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            locked=cell.locked,
            checksum=cell.checksum,
            cell_type=cell.cell_type,
            schema_version=SCHEMA_VERSION,
        )
        if cell.name in points:
            marks[cell.name]["points"] = points[cell.name]
    return marks
