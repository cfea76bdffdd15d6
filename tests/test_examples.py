"""The examples do what they say."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture
def which_language():
    spec = importlib.util.spec_from_file_location("which", EXAMPLES / "which_language.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_which_language(which_language, monkeypatch):
    """Two languages are soon told apart, and the padding of a batch does not count."""
    monkeypatch.setattr(which_language, "LANGUAGES", {"fi": "Finnish", "pl": "Polish"})
    rng = np.random.default_rng(0)
    train, test = which_language.split(which_language.load_names(), 0.2, rng)
    assert not {name for name, _ in train} & {name for name, _ in test}
    model = which_language.train(train[:640], 2, rng)
    names, languages = map(list, zip(*test[:200], strict=True))
    # Guessing is right on half of them, give or take 0.035: 0.7 is far above that.
    assert (which_language.predict(model, names) == languages).mean() > 0.7
    together = model.forward(["a", *names[:20]])
    for name, scores in zip(["a", *names[:20]], together, strict=True):
        np.testing.assert_allclose(model.forward([name])[0], scores, atol=1e-5)
