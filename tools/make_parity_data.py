"""Make the reference arrays under data/parity/ with PyTorch (pip install torch==2.13.0).

    python tools/make_parity_data.py

Each file holds one forward and backward pass in float64 of torch.nn.RNN, LSTM or GRU: everything
that goes in, drawn from a seed with NumPy, and everything that PyTorch computes from it. The names
are described in data/parity/README.md.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

ROOT = Path(__file__).resolve().parents[1]
PARITY = ROOT / "data" / "parity"
PACKED = ROOT / "tests" / "parity_files"  # only a test reads them
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
STORED = [(cell, num_layers, False) for cell in CELLS for num_layers in (1, 2)]
STORED += [(cell, 2, True) for cell in CELLS]


def reference(
    cell: str,
    num_layers: int,
    *,
    T: int = 7,
    N: int = 3,
    D: int = 4,
    H: int = 5,
    seed: int = 0,
    packed: bool = False,
) -> dict[str, np.ndarray]:
    """Run PyTorch once, forward and backward.

    The loss is the sum of all results, each entry times a weight of its own. So gradients arrive
    on every output and on the final states.

    Args:
        cell: "rnn", "lstm" or "gru".
        num_layers: how many layers are stacked.
        T: time steps.
        N: batch rows.
        D: input features.
        H: hidden units.
        seed: of all numbers that go in.
        packed: rows of different lengths, as a packed sequence.

    Returns:
        The arrays by the names that data/parity/README.md describes, in float64.
    """
    rng = np.random.default_rng(seed)
    module = CELLS[cell](D, H, num_layers, dtype=torch.float64)
    letters = "hc" if cell == "lstm" else "h"

    inputs = {name: rng.uniform(-1, 1, p.shape) for name, p in module.named_parameters()}
    inputs["x"] = rng.standard_normal((T, N, D))
    for letter in letters:
        inputs[f"{letter}_0"] = rng.standard_normal((num_layers, N, H))
    loss_weights = {"output": rng.standard_normal((T, N, H))}
    for letter in letters:
        loss_weights[f"{letter}_n"] = rng.standard_normal((num_layers, N, H))
    for drawn in (inputs, loss_weights):  # with the digits of float32, half of a file can be packed
        for name, value in drawn.items():
            drawn[name] = value.astype(np.float32).astype(np.float64)
    lengths = {"lengths": rng.integers(1, T + 1, N)} if packed else {}

    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in inputs.items()}
    weights = {name: tensors[name] for name, _ in module.named_parameters()}
    state = tuple(tensors[f"{letter}_0"] for letter in letters)
    x = tensors["x"]
    if packed:
        x = pack_padded_sequence(x, torch.tensor(lengths["lengths"]), enforce_sorted=False)
    output, last = torch.func.functional_call(
        module, weights, (x, state if cell == "lstm" else state[0])
    )
    if packed:
        output, _ = pad_packed_sequence(output, total_length=T)
    last = last if cell == "lstm" else (last,)
    results = {"output": output}
    results |= {f"{letter}_n": value for letter, value in zip(letters, last, strict=True)}
    loss = sum((results[name] * torch.tensor(w)).sum() for name, w in loss_weights.items())
    loss.backward()

    return (
        inputs
        | lengths
        | {name: value.detach().numpy() for name, value in results.items()}
        | {f"loss_weight.{name}": w for name, w in loss_weights.items()}
        | {f"grad.{name}": tensor.grad.numpy() for name, tensor in tensors.items()}
    )


def file_name(cell: str, num_layers: int, packed: bool) -> str:
    """Name of the file that holds a case."""
    plural = "s" if num_layers > 1 else ""
    return f"{cell}_{num_layers}_layer{plural}{'_packed' if packed else ''}.safetensors"


def main() -> None:
    """Write all files."""
    PARITY.mkdir(parents=True, exist_ok=True)
    version = torch.__version__.split("+")[0]  # without the kind of build
    for seed, (cell, num_layers, packed) in enumerate(STORED):
        arrays = reference(cell, num_layers, seed=seed, packed=packed)
        contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
        path = (PACKED if packed else PARITY) / file_name(cell, num_layers, packed)
        path.write_bytes(safetensors.numpy.save(contiguous, {"made_with": f"torch {version}"}))
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
