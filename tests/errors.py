"""What bad input gets: one line that names the argument, what was expected and what came."""

import re
from collections.abc import Callable

import pytest


def says(*table: tuple[Callable[[], object], str]) -> pytest.MarkDecorator:
    """Run the test for each pair of a call and the words that it has to end in."""
    return pytest.mark.parametrize(("call", "words"), table)


def check_error(call: Callable[[], object], words: str) -> None:
    """Hold the call's error to a pattern that begins with its type, "TypeError: x: expected"."""
    with pytest.raises(Exception) as caught:
        call()
    said = f"{type(caught.value).__name__}: {caught.value}"
    assert re.match(words, said) and "\n" not in said, said
