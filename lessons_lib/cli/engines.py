"""What computes a training run's passes: NumPy, or PyTorch where it is installed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import away_from_here, completed_from

if TYPE_CHECKING:
    from lessons_lib.models import LanguageModel

ENGINES = ("numpy", "torch")

EngineOption = Annotated[
    str,
    typer.Option(
        help="what computes: numpy, or torch where it is installed",
        autocompletion=completed_from(*ENGINES),
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        help="for torch: cpu, cuda or mps  [cpu]",
        autocompletion=completed_from("cpu", "cuda", "mps"),
    ),
]
MixedOption = Annotated[
    bool, typer.Option("--mixed-precision", help="for torch: products in bfloat16")
]
CompileOption = Annotated[
    bool, typer.Option("--compile", help="for torch: compile output layer and loss")
]


def find_engine(
    engine: str, device: str | None, mixed_precision: bool, compiled: bool
) -> "tuple[Callable[..., LanguageModel], str]":
    """What makes the model of a run, and what to say of it ("" for NumPy).

    Raises:
        ValueError: if there is no such engine, it is not installed, or has no such device.
    """
    if engine not in ENGINES:
        raise ValueError(f"--engine: expected one of {', '.join(ENGINES)}, got {engine!r}")
    if engine == "numpy":
        from lessons_lib.models import LanguageModel

        if device or mixed_precision or compiled:
            raise ValueError(
                "--device, --mixed-precision and --compile are for PyTorch; add --engine torch"
            )
        return LanguageModel, ""
    try:
        with away_from_here():
            import torch

            from lessons_lib.training.torch_engine import TorchLanguageModel, find_device
    except ImportError as error:
        raise ValueError(
            f"--engine torch needs the package torch: pip install 'lessons-lib[torch]' ({error})"
        ) from None
    found = find_device(device or "cpu")
    make = partial(
        TorchLanguageModel, device=str(found), mixed_precision=mixed_precision, compiled=compiled
    )
    return make, f"PyTorch {torch.__version__} computes, on {found}"
