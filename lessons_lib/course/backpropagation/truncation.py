"""Trainings with truncated backpropagation, which take too long for a notebook."""

import json
from typing import Any

import numpy as np

from lessons_lib.files import data_path


def load_echo_runs() -> dict[str, Any]:
    """What `tools/make_truncation.py` measured: how much of an echo is learned, by chunk length.

    Returns:
        "lag"; "lengths" (K,); "carried" and "reset", the share that was learned, (seeds, K) each.
    """
    runs = json.loads(data_path("truncation", "echo.json").read_text(encoding="utf-8"))
    return runs | {name: np.array(runs[name]) for name in ("lengths", "carried", "reset")}
