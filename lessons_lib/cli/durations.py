"""Durations as people write them: 2h, 1h30m, 90s."""

import re

_UNITS = {"h": 3600, "m": 60, "s": 1}


def parse_duration(text: str) -> float:
    """Seconds of a duration.

    Args:
        text: hours, minutes and seconds, in this order and at least one of them, such as "2h",
            "1h30m", "0.5h" or "90s".
    """
    number = r"\d+(?:\.\d+)?"
    parts = re.fullmatch(rf"(?:({number})h)?(?:({number})m)?(?:({number})s)?", text.strip().lower())
    found = zip(_UNITS.values(), parts.groups(), strict=True) if parts else ()
    seconds = sum(unit * float(amount) for unit, amount in found if amount)
    if not seconds > 0:
        raise ValueError(f"--time-limit: expected a time such as 2h, 1h30m or 90s, got {text!r}")
    return seconds


def show_duration(seconds: float) -> str:
    """A duration in the two largest of its units: "1 h 30 min", "4 min 10 s", "8 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
