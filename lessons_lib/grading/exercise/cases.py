"""One call of an exercise."""

from dataclasses import dataclass
from typing import Any

from lessons_lib.grading.exercise.nested import copied


@dataclass(frozen=True)
class Case:
    """The arguments of one call, by name, and the sizes they were made with.

    Attributes:
        writable: names of the arguments that the function is asked to write to.
    """

    arguments: dict[str, Any]
    sizes: dict[str, int]
    dtype: str
    writable: frozenset[str] = frozenset()

    def copied_arguments(self) -> dict[str, Any]:
        """The arguments with every array copied, so that a function may spoil them."""
        return {name: copied(value) for name, value in self.arguments.items()}
