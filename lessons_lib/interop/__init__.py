"""Parameters of other packages, in their names, layouts and orders; none of them is imported."""

from lessons_lib.interop.language_models import (
    language_model_from_arrays,
    language_model_from_torch,
    language_model_to_torch,
)
from lessons_lib.interop.layers import from_torch, reorder_blocks, to_torch

__all__ = [
    "from_torch",
    "language_model_from_arrays",
    "language_model_from_torch",
    "language_model_to_torch",
    "reorder_blocks",
    "to_torch",
]
