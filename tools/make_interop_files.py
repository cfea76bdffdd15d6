"""Make the files under tests/interop_files/ with PyTorch and Keras (pip install torch keras).

    KERAS_BACKEND=torch python -m tools.make_interop_files

Small language models that somebody else's program has saved, and the logits that they compute
there. Weights are drawn by each package; nothing comes from elsewhere.
"""

from pathlib import Path

import keras
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

FILES = Path(__file__).resolve().parents[1] / "tests" / "interop_files"
V, D, H, T, N = 7, 3, 4, 6, 2
IDS = np.random.default_rng(0).integers(0, V, (T, N))

KERAS = {
    "keras_rnn": lambda: keras.layers.SimpleRNN(H, return_sequences=True),
    "keras_lstm": lambda: keras.layers.LSTM(H, return_sequences=True),
    "keras_gru": lambda: keras.layers.GRU(H, return_sequences=True),
    "keras_gru_reset_before": lambda: keras.layers.GRU(H, return_sequences=True, reset_after=False),
    "keras_gru_without_bias": lambda: keras.layers.GRU(H, return_sequences=True, use_bias=False),
}


def of_keras(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    """The weights of a Keras model as `get_weights` returns them, and its logits (T, N, V)."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Embedding(V, D), KERAS[name](), keras.layers.Dense(V)])
    model.build((N, T))
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(-1, 1, w.shape).astype(w.dtype) for w in model.get_weights()])
    logits = np.asarray(model.predict_on_batch(IDS.T))  # (N, T, V)
    return model.get_weights(), np.swapaxes(logits, 0, 1)


class Model(torch.nn.Module):
    """A language model as PyTorch's own example has it."""

    def __init__(self, kind: str, num_layers: int = 1, **options: object) -> None:
        super().__init__()
        self.encoder = torch.nn.Embedding(V, D)
        self.rnn = getattr(torch.nn, kind)(D, H, num_layers, **options)
        self.decoder = torch.nn.Linear(H, V)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (T, N, V)."""
        return self.decoder(self.rnn(self.encoder(ids))[0])


def of_torch(name: str) -> tuple[dict[str, torch.Tensor], np.ndarray | None]:
    """The state dict of a model in PyTorch, and its logits where they are its own."""
    torch.manual_seed(2)
    if name == "torch_lstm_two_directions":  # of a layer alone; its hidden states (T, N, 2H)
        layer = torch.nn.LSTM(D, H, bidirectional=True)
        x = torch.from_numpy(np.random.default_rng(3).standard_normal((T, N, D))).float()
        return layer.state_dict(), layer(x)[0].detach().numpy()
    if name == "torch_lstm_projection":
        return torch.nn.LSTM(D, H, proj_size=2).state_dict(), None
    model = {
        "torch_lstm_bfloat16": lambda: Model("LSTM").bfloat16(),
        "torch_gru_two_layers_parallel": lambda: torch.nn.DataParallel(Model("GRU", 2)),
        "torch_rnn_without_bias_half": lambda: Model("RNN", bias=False).half(),
    }[name]()
    state_dict = {key: value.clone() for key, value in model.state_dict().items()}
    # The logits in float32, of the rounded weights.
    logits = model.float()(torch.from_numpy(IDS)).detach().numpy()
    return state_dict, logits


TORCH = (
    "torch_lstm_bfloat16",
    "torch_gru_two_layers_parallel",
    "torch_rnn_without_bias_half",
    "torch_lstm_two_directions",
    "torch_lstm_projection",
)


def main() -> None:
    """Write all files, and what belongs to them into expected.npz."""
    FILES.mkdir(exist_ok=True)
    expected = {"ids": IDS, "x": np.random.default_rng(3).standard_normal((T, N, D))}
    for name in KERAS:
        weights, expected[name] = of_keras(name)
        np.savez(FILES / f"{name}.npz", *weights)
    for name in TORCH:
        state_dict, results = of_torch(name)
        safetensors.torch.save_file(state_dict, FILES / f"{name}.safetensors")
        if results is not None:
            expected[name] = results
    np.savez(FILES / "expected.npz", **expected)
    print(f"keras {keras.__version__}, torch {torch.__version__}: {FILES}")


if __name__ == "__main__":
    main()
