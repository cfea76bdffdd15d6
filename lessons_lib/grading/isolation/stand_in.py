"""Stands in for IPython and matplotlib where submissions run: nothing of it has an effect.

The zip file of `importable.py` holds copies of this file as `IPython`, `matplotlib.pyplot`, ….
"""

from typing import Any

version_info = (9, 0, 0)


class Nothing:
    """Whatever is asked of it, it does nothing and gives None."""

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **named: Any) -> None:
        return None


NOTHING = Nothing()


def get_ipython() -> Nothing:
    """A shell whose every method does nothing."""
    return NOTHING


def __getattr__(name: str) -> Nothing:
    """`display`, `HTML`, `clear_output`, …"""
    if name.startswith("__"):
        raise AttributeError(name)
    return NOTHING
