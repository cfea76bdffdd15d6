"""Models that other packages have saved."""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.output import say, say_next

if TYPE_CHECKING:
    import numpy as np

_UNREADABLE = (ArithmeticError, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError)
MOST_RATIO = 20  # of the unpacked size to a file's, from RATIO_FROM bytes on
RATIO_FROM = 50_000_000


def convert(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="parameters, a .npz or .safetensors file")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="the model, a .safetensors file")],
    gates: Annotated[
        str, typer.Option(help="order of the blocks, such as fgio  [ifgo, GRU: rzn]")
    ] = "",
    cell: Annotated[str, typer.Option(help="rnn, lstm or gru")] = "lstm",
    layers: Annotated[int, typer.Option(min=1, help="recurrent layers")] = 1,
    transposed: Annotated[
        bool, typer.Option("--transposed", help="weights are (4H, D), not (D, 4H)")
    ] = False,
    corpus: Annotated[
        str | None, typer.Option(help="the model's text: keep its vocabulary with the model")
    ] = None,
) -> None:
    """Make a model of parameters that another package has saved.

    Arrays named encoder.weight, rnn.weight_ih_l0 and so on are read as a state dict of PyTorch,
    which needs no --gates and so on. Others have to be in a .npz file in the order embedding, then
    Wx, Wh and bias of each layer, then output weights and bias. Nothing is unpickled.
    """
    from lessons_lib.interop import language_model_from_arrays, language_model_from_torch

    arrays = _read(file)
    if "encoder.weight" in arrays:
        model = language_model_from_torch(arrays)
    elif file.suffix == ".safetensors":  # which keeps no order
        raise ValueError(
            f"FILE: expected PyTorch's names (encoder.weight, rnn.weight_ih_l0, …) in {file}, got "
            f"{', '.join(arrays)}; arrays without such names belong into a .npz file, in order"
        )
    else:
        model = language_model_from_arrays(
            list(arrays.values()),
            cell=cell,
            gates=gates,
            num_layers=layers,
            transposed=transposed,
        )
    V = model.config["vocab_size"]
    if corpus:
        from lessons_lib.text import load_corpus

        tokens = load_corpus(corpus).vocab.tokens
        if len(tokens) != V:
            raise ValueError(f"--corpus: {corpus} has {len(tokens)} tokens, the model knows {V}")
        model.metadata = {
            "corpus": corpus,
            "vocabulary": json.dumps(tokens, ensure_ascii=False),
        }
    if out.exists():
        raise ValueError(f"--out: {out} is there already")
    model.save(out)
    kind = f"{model.config['cell']} of {model.config['num_layers']} x {model.config['hidden_size']}"
    say(f"{kind} units, {V} tokens, {model.num_params:,} parameters, in {out}")
    say_next(f"`lessons evaluate {out} {corpus or 'CORPUS'}` measures it.")


def _read(file: Path) -> "dict[str, np.ndarray]":
    """The arrays of a file by name, in the file's order."""
    import safetensors
    import safetensors.numpy

    from lessons_lib.files import check_regular
    from lessons_lib.models import MOST_BYTES

    if not file.is_file():
        raise FileNotFoundError(f"FILE: found no file {file}")
    if file.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"FILE: expected a .npz or .safetensors file, got {file}")
    try:
        check_regular(file.resolve(), MOST_BYTES)
        if file.suffix == ".npz":
            return _read_npz(file)
        return safetensors.numpy.load_file(file)
    except (
        *_UNREADABLE,
        MemoryError,
        zlib.error,
        zipfile.BadZipFile,
        safetensors.SafetensorError,
    ) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"FILE: could not read {file}: {reason}") from None


def _read_npz(file: Path) -> "dict[str, np.ndarray]":
    """The arrays of a .npz file that unpacks to no more than its size lets one expect."""
    import numpy as np

    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > max(MOST_RATIO * file.stat().st_size, RATIO_FROM):
            raise ValueError(f"it unpacks to {unpacked:,} bytes")
        arrays = {}
        for member in members:
            data = io.BytesIO(archive.read(member))
            array = np.lib.format.read_array(data, allow_pickle=False)
            if array.dtype.kind not in "fiu" or array.size == 0:
                raise ValueError(f"{member.filename}: expected numbers, got {array.dtype}")
            arrays[member.filename.removesuffix(".npy")] = array
    return arrays
