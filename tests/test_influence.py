"""What a token does to a prediction: against full recomputation, and where it is known."""

import numpy as np
import pytest

from lessons_lib.functions import log_softmax
from lessons_lib.gradients import numerical_gradient
from lessons_lib.influence import influence
from lessons_lib.models import LanguageModel

IDS = np.array([3, 1, 4, 1, 5, 0, 2, 6])
POSITION = 5


def some_model(cell, num_layers=1, **settings):
    rng = np.random.default_rng(3)
    embed_size = 6 if settings.get("tie_weights") else 5
    sizes = {"embed_size": embed_size, "hidden_size": 6, "num_layers": num_layers}
    sizes["dtype"] = "float64"
    model = LanguageModel(7, cell=cell, rng=rng, dropout=0.4, **(sizes | settings))
    for value in model.params.values():
        value += rng.normal(scale=0.5, size=value.shape)  # embeddings and biases count
    return model


def score(model, ids, target, versus=None):
    with model.evaluating():
        logits, _ = model.forward(np.asarray(ids)[:, None])
    log_p = log_softmax(logits[-1, 0])
    return log_p[target] - (0 if versus is None else log_p[versus])


each_model = pytest.mark.parametrize(
    ("cell", "num_layers", "settings"),
    [("rnn", 1, {}), ("lstm", 2, {"tie_weights": True}), ("gru", 3, {"word_dropout": 0.3})],
)


@each_model
@pytest.mark.parametrize("versus", [None, 5])
def test_swaps_are_those_of_texts_read_anew(cell, num_layers, settings, versus):
    model = some_model(cell, num_layers, **settings)
    text = IDS[: POSITION + 1]
    now = score(model, text, IDS[POSITION + 1], versus)
    replaced, left_out = [], []
    for k in range(len(text)):
        other = np.array(text)
        other[k] = 6
        replaced.append(score(model, other, 2, versus) - now)
        left_out.append(score(model, np.delete(text, k), 2, versus) - now)
    found = influence(model, IDS, POSITION, versus=versus, replacement=6)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, replaced, atol=1e-12)
    found = influence(model, IDS, POSITION, versus=versus)
    np.testing.assert_allclose(found, left_out, atol=1e-12)
    each = [influence(model, IDS, POSITION, replacement=one) for one in (0, 6)]
    found = influence(model, IDS, POSITION, replacement=[0, 6])
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-12)


@each_model
@pytest.mark.parametrize("versus", [None, 5])
def test_gradients_are_the_numerical_ones(cell, num_layers, settings, versus):
    # A vocabulary in which each place of the text has a token, and an embedding, of its own.
    model = some_model(cell, num_layers, **settings | {"tie_weights": False})
    ids = np.arange(6)

    def score_with(W):
        model.params["embedding.W"] = W
        return score(model, ids, 6, versus)

    numerical = numerical_gradient(score_with, model.params["embedding.W"])
    found = influence(model, ids, 5, 6, versus=versus, method="gradient")
    np.testing.assert_allclose(found, np.linalg.norm(numerical[:6], axis=1), rtol=1e-6)


@each_model
def test_a_token_changed_wherever_it_stands(cell, num_layers, settings):
    model = some_model(cell, num_layers, **settings | {"tie_weights": False})
    text = IDS[: POSITION + 1]  # 1 stands in it twice
    now = score(model, text, 2, 0)
    replaced = score(model, np.where(text == 1, 6, text), 2, 0) - now
    left_out = score(model, text[text != 1], 2, 0) - now
    asked = {"versus": 0, "everywhere": True}
    for replacement, change in ((6, replaced), (None, left_out)):
        found = influence(model, IDS, POSITION, replacement=replacement, **asked)
        np.testing.assert_allclose(found[[1, 3]], change, atol=1e-12)
    found = influence(model, IDS, POSITION, method="integrated", replacement=6, **asked)
    np.testing.assert_allclose(found[[1, 3]], -replaced, atol=1e-3)

    numerical = numerical_gradient(
        lambda W: score_with(model, W, text), model.params["embedding.W"]
    )
    found = influence(model, IDS, POSITION, method="gradient", **asked)
    np.testing.assert_allclose(found, np.linalg.norm(numerical[text], axis=1), rtol=1e-6)
    E = model.params["embedding.W"]
    foretold = np.sum(numerical[text] * (E[text] - E[6]), axis=1)
    found = influence(model, IDS, POSITION, method="times_input", replacement=6, **asked)
    np.testing.assert_allclose(found, foretold, rtol=1e-6, atol=1e-9)
    from_zeros = influence(model, IDS, POSITION, method="times_input", **asked)
    np.testing.assert_allclose(from_zeros, np.sum(numerical[text] * E[text], axis=1), rtol=1e-6)


def score_with(model, W, ids):
    model.params["embedding.W"] = W
    return score(model, ids, 2, 0)


@each_model
def test_integrated_gradients_add_up_to_the_swap(cell, num_layers, settings):
    model = some_model(cell, num_layers, **settings)
    swaps = influence(model, IDS, POSITION, versus=0, replacement=4)
    found = influence(model, IDS, POSITION, versus=0, replacement=4, method="integrated")
    np.testing.assert_allclose(found, -swaps, atol=1e-3)
    if not model.tie_weights:  # where they are tied, token 4's own score changes too
        model.params["embedding.W"][4] = 0
        from_zeros = influence(model, IDS, POSITION, versus=0, method="integrated")
        swaps = influence(model, IDS, POSITION, versus=0, replacement=4)
        np.testing.assert_allclose(from_zeros, -swaps, atol=1e-3)


def model_that_copies(lag):
    """An RNN whose prediction is the token that it read `lag` steps ago, and nothing else."""
    V = 4
    model = LanguageModel(V, V, V * (lag + 1), cell="rnn", dtype="float64")
    params = {name: np.zeros_like(value) for name, value in model.params.items()}
    params["embedding.W"] = 2 * np.eye(V) - 1
    params["rnn.0.Wx"][:, :V] = 3 * np.eye(V)
    params["rnn.0.Wh"][: V * lag, V:] = 3 * np.eye(V * lag)  # each block moves on to the next
    params["output.W"][-V:] = 5 * np.eye(V)
    model.params.update(params)
    return model


@pytest.mark.parametrize("lag", [1, 3])
def test_a_model_that_copies_lights_up_exactly_there(lag):
    ids = np.array([0, 1, 2, 3, 0, 1, 2])
    place = POSITION - lag
    for replacement in set(range(4)) - {int(ids[place])}:
        found = influence(
            model_that_copies(lag), ids, POSITION, ids[place], replacement=replacement
        )
        assert found[place] < -5
        assert abs(np.delete(found, place)).max() < 1e-9


def test_a_bit_that_is_held_firmly_is_dark_by_gradient():
    """An LSTM of one unit that stores which of two tokens came, and shows it at the end."""
    model = LanguageModel(3, 3, 1, cell="lstm", dtype="float64")
    model.params["embedding.W"] = np.eye(3)  # plus, minus, anything else
    model.params["rnn.0.Wx"] = np.array([[20.0, -20, 20, 0], [20, -20, -20, 0], [0, 0, 0, 0]])
    model.params["rnn.0.Wh"] = np.zeros((1, 4))
    model.params["rnn.0.b"] = np.array([-10.0, 10, 0, 10])  # i, f, g, o
    model.params["output.W"] = np.array([[8.0, -8, 0]])
    model.params["output.b"] = np.zeros(3)
    ids = np.array([0, *[2] * 30])
    swap = influence(model, ids, 30, 0, versus=1, replacement=1)
    gradient = influence(model, ids, 30, 0, versus=1, method="gradient")
    assert swap[0] < -10
    assert gradient[0] < 0.01


def test_the_model_is_left_alone_and_float32_is_computed_in_float64():
    model = some_model("gru", dtype="float32")
    before = {name: value.copy() for name, value in model.params.items()}
    state = model.rng.bit_generator.state
    found = influence(model, IDS, POSITION)
    assert model.training and model.rng.bit_generator.state == state
    assert all((value == before[name]).all() for name, value in model.params.items())
    model.params = {name: value.astype(np.float64) for name, value in before.items()}
    np.testing.assert_array_equal(influence(model, IDS, POSITION), found)


def test_the_first_token_and_long_texts(monkeypatch):
    model = some_model("lstm")
    (found,) = influence(model, IDS, 0, 2)
    b = log_softmax(model.params["output.b"])
    assert found == pytest.approx(b[2] - score(model, IDS[:1], 2), abs=1e-12)
    whole = influence(model, IDS, POSITION, method="integrated", replacement=1)
    monkeypatch.setattr("lessons_lib.influence.ENTRIES", 100)  # a few texts at a time
    parts = influence(model, IDS, POSITION, method="integrated", replacement=1)
    np.testing.assert_allclose(parts, whole, atol=1e-12)


def test_a_sure_model_gets_a_warning():
    model = some_model("gru")
    model.params["output.b"][2] = 50
    with pytest.warns(UserWarning, match=r"gives the target 1\.0000: .* give `versus`"):
        influence(model, IDS, POSITION, 2, method="gradient")


@pytest.mark.parametrize(
    ("arguments", "keywords", "said"),
    [
        ((IDS[None], 3), {}, r"^ids: expected one text, of shape \(T,\), got \(1, 8\)"),
        ((IDS, 8), {}, r"^position: expected 0 to 7, got 8"),
        ((IDS, 7), {}, r"^target: expected a token, as ids end at position"),
        ((IDS, 3, 7), {}, r"^target: expected 0 to 6, got 7"),
        ((IDS, 3), {"versus": -1}, r"^versus: expected 0 to 6, got -1"),
        ((IDS, 3), {"replacement": 1.5}, r"^replacement: expected an integer, got float"),
        ((IDS, 3), {"replacement": []}, r"^replacement: expected a token, several or None"),
        (
            (IDS, 3),
            {"method": "saliency"},
            r"^method: expected swap, gradient, times_input or integ",
        ),
    ],
)
def test_what_does_not_fit_is_told(arguments, keywords, said):
    with pytest.raises((ValueError, TypeError), match=said):
        influence(some_model("rnn"), *arguments, **keywords)
