"""Text as a list of words."""

import re


def words_of(text: str) -> list[str]:
    """Words in small letters, punctuation marks and line ends; empty lines are left out."""
    return re.findall(r"[a-z']+|[^\sa-z]|\n", re.sub(r"\n+", "\n", text.lower()))
