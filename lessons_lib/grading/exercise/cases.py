"""One call of an exercise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons_lib.grading.exercise.containers import copied


@dataclass(frozen=True)
class Case:
    """The arguments of one call, by name, and the sizes they were made with.

    Attributes:
        writable: names of the arguments that the function is asked to write to.
        keyword_only: names of those that are passed by name; the others go by position.
        copying: whether each function of the answer gets copies of its arguments.
        looked_at: how many of several things that it returns; None: all. A cache may be large.
    """

    arguments: dict[str, Any]
    sizes: dict[str, int]
    dtype: str
    writable: frozenset[str] = frozenset()
    keyword_only: frozenset[str] = frozenset()
    copying: bool = False
    looked_at: int | None = None

    def by_position(self, arguments: Mapping[str, Any]) -> list[Any]:
        """Those of the arguments that are passed by position, in order."""
        return [value for name, value in arguments.items() if name not in self.keyword_only]

    def by_name(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the arguments that are passed by name."""
        return {name: value for name, value in arguments.items() if name in self.keyword_only}

    def copied_arguments(self) -> dict[str, Any]:
        """The arguments with every array copied, so that a function may spoil them."""
        return {name: copied(value) for name, value in self.arguments.items()}
