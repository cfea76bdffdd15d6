"""Make data/bridge/ with PyTorch (pip install torch==2.13.0): a language model's own numbers there.

    python tools/make_bridge_data.py

The village LSTM, loaded into modules of torch.nn in float64, reads one batch of the test text. What
PyTorch computes is stored; the names are described in data/bridge/README.md.
"""

from pathlib import Path

import numpy as np
import safetensors.numpy
import torch

from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel
from lessons_lib.text import TrainingBatches, load_corpus

BRIDGE = Path(__file__).resolve().parents[1] / "data" / "bridge"
T, N = 35, 4


def reference() -> dict[str, np.ndarray]:
    """Run PyTorch once over the batch, forward and backward.

    Returns:
        The arrays by the names that data/bridge/README.md describes, in float64.
    """
    ours = LanguageModel.load(data_path("weights", "village-lstm.safetensors"))
    p = {name: torch.tensor(value.astype(np.float64)) for name, value in ours.params.items()}
    V, D = p["embedding.W"].shape
    H = p["output.W"].shape[0]
    modules = torch.nn.ModuleDict(
        {
            "embedding": torch.nn.Embedding(V, D, dtype=torch.float64),
            "rnn": torch.nn.LSTM(D, H, dtype=torch.float64),
            "output": torch.nn.Linear(H, V, dtype=torch.float64),
        }
    )
    modules.load_state_dict(
        {
            "embedding.weight": p["embedding.W"],
            "rnn.weight_ih_l0": p["rnn.0.Wx"].T,
            "rnn.weight_hh_l0": p["rnn.0.Wh"].T,
            "rnn.bias_ih_l0": p["rnn.0.b"],
            "rnn.bias_hh_l0": torch.zeros_like(p["rnn.0.b"]),
            "output.weight": p["output.W"].T,
            "output.bias": p["output.b"],
        }
    )
    ids, targets = (
        torch.from_numpy(part)
        for part in TrainingBatches(load_corpus("village").test, N, T).batch(0)
    )
    hs, _ = modules["rnn"](modules["embedding"](ids))
    logits = modules["output"](hs)
    loss = torch.nn.functional.cross_entropy(logits.reshape(T * N, V), targets.reshape(T * N))
    loss.backward()
    found = {"ids": ids, "loss": loss.detach(), "last_logits": logits[-1].detach()}
    for name, parameter in modules.named_parameters():
        found[f"grad_norm.{name}"] = parameter.grad.norm()
    return {name: value.numpy() for name, value in found.items()}


def main() -> None:
    """Write the file."""
    BRIDGE.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.array(value, order="C") for name, value in reference().items()}
    version = torch.__version__.split("+")[0]  # without the kind of build
    path = BRIDGE / "village_lstm.safetensors"
    path.write_bytes(safetensors.numpy.save(arrays, {"made_with": f"torch {version}"}))
    print(path.relative_to(BRIDGE.parents[1]))


if __name__ == "__main__":
    main()
