"""Models that other packages have saved."""

import ast
import io
import json
import re
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import load_model
from lessons_lib.cli.output import say, say_next

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.models import LanguageModel

_UNREADABLE = (
    *(ArithmeticError, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError),
    *(SyntaxError, tokenize.TokenError),  # of the text that describes an array in a .npz
)
MOST_RATIO = 20  # of the unpacked size to a file's, from RATIO_FROM bytes on
RATIO_FROM = 50_000_000
MOST_HEAD = 10_000  # bytes
KINDS = re.compile(r"[FIU](16|32|64)|[IU]8|BF16")  # in a .safetensors file


def convert(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="parameters, a .npz or .safetensors file; with --to a run or model"
        ),
    ],
    target: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="what to write, a .safetensors file")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="the same as OUT")] = None,
    to: Annotated[str | None, typer.Option(help="torch: from a model here to PyTorch")] = None,
    gates: Annotated[
        str, typer.Option(help="order of the blocks, such as fgio  [ifgo, GRU: rzn]")
    ] = "",
    cell: Annotated[str, typer.Option(help="rnn, lstm or gru")] = "lstm",
    layers: Annotated[int, typer.Option(min=1, help="recurrent layers")] = 1,
    transposed: Annotated[
        bool, typer.Option("--transposed", help="weights are (4H, D), not (D, 4H)")
    ] = False,
    reset_after: Annotated[
        bool | None,
        typer.Option("--reset-after/--reset-before", help="the variant of a GRU with one bias"),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option(help="the model's text: keep its vocabulary with the model")
    ] = None,
) -> None:
    """Make a model of parameters that another package has saved, or the other way round.

    Arrays named encoder.weight, rnn.weight_ih_l0 and so on are read as a state dict of PyTorch,
    which needs no --gates and so on. Others have to be in a .npz file in the order embedding, then
    Wx, Wh and bias of each layer, then output weights and bias. Nothing is unpickled.

    --to torch writes the state dict of a torch.nn.Embedding (encoder), RNN, LSTM or GRU (rnn) and
    Linear (decoder), for safetensors.torch.load_file.
    """
    if (target is None) == (out is None):
        raise ValueError("OUT: expected one file to write, as OUT or as --out")
    path = target or out
    assert path is not None
    if path.exists():
        raise ValueError(f"{'OUT' if target else '--out'}: {path} is there already")
    if to is None:
        _from_elsewhere(file, path, gates, cell, layers, transposed, reset_after, corpus)
    elif to == "torch":
        _to_torch(file, path)
    else:
        raise ValueError(f"--to: expected torch, got {to!r}")


def _to_torch(file: Path, out: Path) -> None:
    import safetensors.numpy

    from lessons_lib.files import write_atomically
    from lessons_lib.interop import language_model_to_torch

    model, _ = load_model(file)
    state_dict = language_model_to_torch(model)
    metadata = model.metadata | {"format": "pt"}
    write_atomically(out, safetensors.numpy.save(state_dict, metadata))
    V, D, H = (model.config[name] for name in ("vocab_size", "embed_size", "hidden_size"))
    depth, kind = model.config["num_layers"], model.config["cell"].upper()
    say(f"{_in_words(model)}, in {out}")
    say_next(
        f"encoder = torch.nn.Embedding({V}, {D}), rnn = torch.nn.{kind}({D}, {H}, {depth}) and "
        f"decoder = torch.nn.Linear({H}, {V}) load it."
    )


def _from_elsewhere(
    file: Path,
    out: Path,
    gates: str,
    cell: str,
    layers: int,
    transposed: bool,
    reset_after: bool | None,
    corpus: str | None,
) -> None:
    from lessons_lib.interop import language_model_from_arrays, language_model_from_torch
    from lessons_lib.interop.arrays import plain_state_dict

    arrays, metadata = _read(file)
    if "encoder.weight" in plain_state_dict(arrays):
        model = language_model_from_torch(arrays)
        model.metadata = {name: text for name, text in metadata.items() if name != "format"}
    elif file.suffix == ".safetensors":  # which keeps no order
        raise ValueError(
            f"FILE: expected PyTorch's names (encoder.weight, rnn.weight_ih_l0, …) in {file}, got "
            f"{', '.join(arrays)}; arrays without such names belong into a .npz file, in order; "
            "a model of this package goes the other way, with --to torch"
        )
    else:
        model = language_model_from_arrays(
            list(arrays.values()),
            cell=cell,
            gates=gates,
            num_layers=layers,
            transposed=transposed,
            reset_after=reset_after,
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
    model.save(out)
    say(f"{_in_words(model)}, in {out}")
    say_next(f"`lessons evaluate {out} {corpus or 'CORPUS'}` measures it.")


def _in_words(model: "LanguageModel") -> str:
    config = model.config
    kind = f"{config['cell']} of {config['num_layers']} x {config['hidden_size']} units"
    return f"{kind}, {config['vocab_size']} tokens, {model.num_params:,} parameters"


# What to do with files that are not read, by how their names end.
_ELSEWHERE = {
    (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"): (
        "is a pickle, which can run code when it is opened; where the model was made, write "
        "safetensors.torch.save_file(model.state_dict(), 'model.safetensors') or np.savez"
    ),
    (".h5", ".hdf5", ".keras"): (
        "is Keras's own; where the model was made, write np.savez('model.npz', "
        "*model.get_weights()), which keeps their order"
    ),
}


def _read(file: Path) -> "tuple[dict[str, np.ndarray], dict[str, str]]":
    """The arrays of a file by name, in the file's order, and the texts beside them."""
    import safetensors

    from lessons_lib.files import check_regular
    from lessons_lib.models import MOST_BYTES

    if not file.is_file():
        raise FileNotFoundError(f"FILE: found no file {file}")
    for endings, advice in _ELSEWHERE.items():
        if file.suffix in endings:
            raise ValueError(f"FILE: {file} {advice}")
    if file.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"FILE: expected a .npz or .safetensors file, got {file}")
    try:
        check_regular(file.resolve(), MOST_BYTES)
        if file.suffix == ".npz":
            return _read_npz(file), {}
        return _read_safetensors(file)
    except (
        *_UNREADABLE,
        MemoryError,
        zlib.error,
        zipfile.BadZipFile,
        safetensors.SafetensorError,
    ) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"FILE: could not read {file}: {reason}") from None


def _read_safetensors(file: Path) -> "tuple[dict[str, np.ndarray], dict[str, str]]":
    """The arrays, bfloat16 as float32: NumPy has no bfloat16."""
    import safetensors

    from lessons_lib.interop.arrays import from_bfloat16
    from lessons_lib.models import MOST_ARRAYS

    with safetensors.safe_open(file, framework="numpy") as opened:
        if len(opened.keys()) > MOST_ARRAYS:
            raise ValueError(f"it has more than {MOST_ARRAYS:,} arrays")
        metadata = opened.metadata() or {}
        kinds = {name: opened.get_slice(name).get_dtype() for name in opened.keys()}
        for name, kind in kinds.items():
            if not KINDS.fullmatch(kind):
                raise ValueError(f"{name}: expected numbers of 16 bits or more, got {kind}")
        arrays = {n: opened.get_tensor(n) for n, kind in kinds.items() if kind != "BF16"}
    if "BF16" in kinds.values():
        for name, entry in safetensors.deserialize(file.read_bytes()):
            if entry["dtype"] == "BF16":
                arrays[name] = from_bfloat16(entry["data"]).reshape(entry["shape"])
    return arrays, metadata


def _are_numbers(data: bytes) -> bool:
    """Whether the head of a .npy file says so."""
    long = data[6:7] > b"\x01"  # its length takes four bytes, not two
    start = 12 if long else 10
    length = int.from_bytes(data[8:start], "little")
    if length > MOST_HEAD:
        return False
    head = ast.literal_eval(data[start : start + length].decode("latin-1").strip())
    kind = head.get("descr") if isinstance(head, dict) else None
    return isinstance(kind, str) and bool(re.fullmatch(r"[<>|=]?[fiu]\d{1,2}", kind))


def _read_npz(file: Path) -> "dict[str, np.ndarray]":
    """The arrays of a .npz file that unpacks to no more than its size lets one expect."""
    import numpy as np

    from lessons_lib.models import MOST_ARRAYS

    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MOST_ARRAYS:
            raise ValueError(f"it has more than {MOST_ARRAYS:,} arrays")
        if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in members):
            raise ValueError("it is packed by another method than NumPy's")
        unpacked = sum(member.file_size for member in members)
        if unpacked > max(MOST_RATIO * file.stat().st_size, RATIO_FROM):
            raise ValueError(f"it unpacks to {unpacked:,} bytes")
        arrays = {}
        for member in members:
            data = archive.read(member)
            if not _are_numbers(data):  # NumPy is not asked: there are kinds that end the process
                raise ValueError(f"{member.filename}: expected numbers")
            array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
            if array.dtype.kind not in "fiu" or array.size == 0:
                raise ValueError(f"{member.filename}: expected numbers, got {array.dtype}")
            arrays[member.filename.removesuffix(".npy")] = array
    return arrays
