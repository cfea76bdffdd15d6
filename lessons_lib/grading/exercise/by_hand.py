"""Questions that are answered by hand: a number, a shape or a choice, and no function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

Answer = float | tuple[int, ...] | str


@dataclass(frozen=True)
class ByHand:
    """A question whose answer is found with pencil and paper. It earns no points.

    Attributes:
        name: what `check` and `hint` know it by.
        lesson: the notebook that asks it, without .ipynb.
        answer: the right answer: a number, a shape such as (3, 4), or one of `choices`.
        tolerance: how far a number may be from it, in the answer's own unit.
        choices: what there is to choose from, if anything.
        hints: each says more than the one before.
        mistakes: what is to be said to a wrong answer that can be foreseen, by that answer. Where
            such an answer is smaller than the right one, it is held as nearly in proportion.
    """

    name: str
    lesson: str
    answer: Answer
    tolerance: float = 0.0
    choices: Sequence[str] = ()
    hints: Sequence[str] = ()
    mistakes: Mapping[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.choices and self.answer not in self.choices:
            raise ValueError(f"answer: expected one of {list(self.choices)}, got {self.answer!r}")
        for wrong in self.mistakes:
            if self._same(wrong, self.answer):
                raise ValueError(f"mistakes: {wrong!r} is within the tolerance of the answer")

    def judge(self, given: Any) -> tuple[bool, str]:
        """Whether an answer is right, and what is to be said to it, if anything."""
        expected = self._expected()
        value = _read(given)
        if not _same_kind(value, self.answer) or (self.choices and value not in self.choices):
            return False, f"Expected {expected}, got {_shown(given)}."
        if self._same(value, self.answer):
            return True, ""
        for wrong, said in self.mistakes.items():
            if self._same(value, wrong, self._proportion(wrong)):
                return False, said
        return False, f"{_shown(given)} is not it." + (
            f' hint("{self.name}") helps.' if self.hints else ""
        )

    def _expected(self) -> str:
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        if isinstance(self.answer, tuple):
            return "a shape such as (2, 3)"
        return "a text" if isinstance(self.answer, str) else "a number"

    def _proportion(self, wrong: Any) -> float:
        """How large a wrong number is beside the right one, at most 1."""
        if isinstance(wrong, Real) and isinstance(self.answer, Real) and self.answer:
            return min(1.0, abs(float(wrong)) / abs(float(self.answer)))
        return 1.0

    def _same(self, one: Any, other: Any, proportion: float = 1.0) -> bool:
        if isinstance(one, Real) and isinstance(other, Real):
            return abs(float(one) - float(other)) <= proportion * self.tolerance
        return type(one) is type(other) and bool(one == other)


def _read(given: Any) -> Any:
    """An answer as Python has it: NumPy's scalars are numbers, a list of numbers is a shape."""
    if isinstance(given, np.ndarray | np.generic) and np.ndim(given) == 0:
        return given.item()
    if isinstance(given, list | tuple):
        return tuple(_read(entry) for entry in given)
    return " ".join(given.split()) if isinstance(given, str) else given


def _same_kind(value: Any, answer: Answer) -> bool:
    if isinstance(answer, tuple | str):
        return isinstance(value, type(answer))
    return isinstance(value, Real) and not isinstance(value, bool)


def _shown(given: Any) -> str:
    text = repr(_read(given))
    return text if len(text) <= 60 else f"{type(given).__name__} of another kind"
