"""The language model: names, gradients, loss, state, training, and files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib.functions import cross_entropy
from lessons_lib.models import LanguageModel
from tests.strategies import check_gradients, each_dtype, relative_error, seeds

each_cell = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
tied_or_not = pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])


def make_model(V=6, D=4, H=4, seed=0, dtype=np.float64, **options):
    """A model whose parameters are all far from 0, biases too."""
    rng = np.random.default_rng(seed)
    model = LanguageModel(V, D, H, rng=rng, dtype=dtype, **options)
    for name, value in model.params.items():
        model.params[name] = rng.uniform(-1, 1, value.shape).astype(dtype)
    return model


def draw_tokens(seed, V, T, N):
    ids, targets = np.random.default_rng(seed).integers(0, V, (2, T, N))
    return ids, targets


def gradients(model, ids, targets, state=None):
    loss, _ = model.loss(ids, targets, state)
    model.backward()
    return loss, {name: g.copy() for name, g in model.grads.items()}


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


# --- names and shapes -----------------------------------------------------------------------------

PARAMETERS = {
    "rnn": {"Wx": (3, 4), "Wh": (4, 4), "b": (4,)},
    "lstm": {"Wx": (3, 16), "Wh": (4, 16), "b": (16,)},
    "gru": {"Wx": (3, 12), "Wh": (4, 12), "bx": (12,), "bh": (12,)},
}


@each_cell
@each_dtype
def test_names_and_shapes_of_parameters(cell, dtype):
    model = LanguageModel(7, 3, 4, cell=cell, num_layers=2, dtype=dtype)
    first = {f"rnn.0.{name}": shape for name, shape in PARAMETERS[cell].items()}
    second = {f"rnn.1.{name}": shape for name, shape in PARAMETERS[cell].items()}
    second["rnn.1.Wx"] = (4, *second["rnn.1.Wx"][1:])
    outer = {"embedding.W": (7, 3), "output.W": (4, 7), "output.b": (7,)}
    expected = first | second | outer
    for arrays in (model.params, model.grads):
        assert {name: a.shape for name, a in arrays.items()} == expected
        assert {a.dtype for a in arrays.values()} == {np.dtype(dtype)}
    assert model.num_params == sum(np.prod(shape) for shape in expected.values())


def test_an_lstm_of_one_layer_in_float32_is_the_default_and_ties_its_output_when_asked():
    model = LanguageModel(7, 4, 4)
    assert (model.params["rnn.0.Wx"].shape, model.params["rnn.0.Wx"].dtype) == ((4, 16), np.float32)
    assert "rnn.1.Wx" not in model.params
    tied = LanguageModel(7, 4, 4, tie_weights=True)
    assert model.params.keys() - tied.params.keys() == {"output.W"}
    assert model.grads.keys() - tied.grads.keys() == {"output.W"}


# --- gradients ------------------------------------------------------------------------------------

DROPPED = ({}, {"dropout": 0.4, "word_dropout": 0.3, "weight_dropout": 0.3})


@each_cell
@tied_or_not
@pytest.mark.parametrize(("num_layers", "dropped"), [*enumerate(DROPPED, start=1)])
def test_numerical_gradients(cell, tied, num_layers, dropped):
    D = 3 if tied else 2
    model = make_model(5, D, 3, cell=cell, num_layers=num_layers, tie_weights=tied, **dropped)
    ids, targets = draw_tokens(0, 5, 4, 2)
    _, state = model.loss(*draw_tokens(1, 5, 2, 2))  # something to read on from
    masks = model.rng.bit_generator.state

    def loss(point):
        model.rng.bit_generator.state = masks  # the same entries drop out each time
        model.params.update(point)
        return model.loss(ids, targets, state)[0]

    point = dict(model.params)
    loss(point)
    model.backward()
    check_gradients(loss, point, {name: g.copy() for name, g in model.grads.items()})


@each_cell
@tied_or_not
def test_gradients_do_not_add_up(cell, tied):
    model = make_model(cell=cell, num_layers=2, tie_weights=tied)
    _, expected = gradients(model, *draw_tokens(0, 6, 4, 3))
    model.backward()
    assert_equal(model.grads, expected)
    gradients(model, *draw_tokens(1, 6, 5, 2))
    assert_equal(gradients(model, *draw_tokens(0, 6, 4, 3))[1], expected)


# --- loss and state -------------------------------------------------------------------------------


@each_cell
@tied_or_not
@given(seed=seeds, T=st.integers(1, 6), N=st.integers(1, 4), V=st.integers(1, 9))
@settings(max_examples=10)
def test_the_loss_is_the_cross_entropy_of_the_logits(cell, tied, seed, T, N, V):
    model = make_model(V, seed=seed, cell=cell, tie_weights=tied)
    ids, targets = draw_tokens(seed, V, T, N)
    logits, state = model.forward(ids)
    assert logits.shape == (T, N, V)
    loss, same_state = model.loss(ids, targets)
    assert type(loss) is float
    assert loss == pytest.approx(cross_entropy(logits, targets)[0], rel=1e-12, abs=1e-13)
    np.testing.assert_array_equal(np.ravel(state), np.ravel(same_state))


def test_a_large_vocabulary_is_worked_on_in_blocks():
    """120 x 3000 logits are more than the block that the loss keeps in the cache."""
    model = make_model(3000, 4, 4)
    ids, targets = draw_tokens(0, 3000, 40, 3)
    logits, _ = model.forward(ids)
    expected, dlogits = cross_entropy(logits, targets)
    loss, grads = gradients(model, ids, targets)
    assert loss == pytest.approx(expected, rel=1e-12)
    assert relative_error(grads["output.b"], dlogits.sum(axis=(0, 1))) <= 1e-12


# --- dropout --------------------------------------------------------------------------------------


def test_a_dropped_word_is_dropped_wherever_it_is_read():
    model = make_model(30, 8, 8, word_dropout=0.4)
    ids = np.random.default_rng(2).integers(0, 30, (20, 10))
    seen, forward = [], model.layers[0].forward
    model.layers[0].forward = lambda x, state: (seen.append(x.copy()), forward(x, state))[1]
    model.loss(ids, ids)
    share = seen[0] / model.params["embedding.W"][ids]
    kept = np.array([share[ids == word].mean() for word in range(30)])
    np.testing.assert_allclose(share, np.broadcast_to(kept[ids][..., None], share.shape))
    np.testing.assert_allclose(np.unique(kept.round(12)), [0, 1 / 0.6])


@each_cell
def test_dropped_recurrent_weights(cell):
    """A step with dropped weights is that of a model which has them at 0 and the rest larger."""
    model, plain = (make_model(cell=cell, num_layers=2, weight_dropout=p) for p in (0.4, 0.0))
    before = {name: p.copy() for name, p in model.params.items()}
    masks_from = np.random.default_rng()
    masks_from.bit_generator.state = model.rng.bit_generator.state
    ids, targets = draw_tokens(2, 6, 9, 4)
    loss, _ = model.loss(ids, targets)
    assert_equal(model.params, before)  # training moves all, the dropped ones too
    for Wh in (plain.params["rnn.0.Wh"], plain.params["rnn.1.Wh"]):
        Wh *= (masks_from.random(Wh.shape, np.float32) >= 0.4) / 0.6
    assert loss == pytest.approx(plain.loss(ids, targets)[0], rel=1e-12)


@each_cell
def test_nothing_is_dropped_in_evaluation(cell):
    dropping = make_model(cell=cell, dropout=0.4, word_dropout=0.3, weight_dropout=0.3)
    plain = make_model(cell=cell)
    ids, targets = draw_tokens(0, 6, 4, 3)
    assert dropping.loss(ids, targets)[0] != dropping.loss(ids, targets)[0]
    with dropping.evaluating():
        logits, _ = dropping.forward(ids)
        _, found = gradients(dropping, ids, targets)
    np.testing.assert_array_equal(logits, plain.forward(ids)[0])
    assert_equal(found, gradients(plain, ids, targets)[1])
    dropping.training = False
    with pytest.raises(KeyError), dropping.evaluating():
        raise KeyError
    assert not dropping.training  # as it was before, whatever happened inside


# --- parameters, dtype, arguments -----------------------------------------------------------------


@each_cell
@each_dtype
@tied_or_not
def test_the_dtype_of_the_parameters_decides(cell, dtype, tied):
    model = make_model(cell=cell, num_layers=2, dropout=0.3, tie_weights=tied, dtype=np.float32)
    ids, targets = draw_tokens(0, 6, 4, 3)
    gradients(model, ids, targets)
    for name, value in model.params.items():
        model.params[name] = value.astype(dtype)
    ones = np.ones((3, 4))  # float64
    state = [(ones, ones) if cell == "lstm" else ones] * 2
    logits, state = model.forward(ids, state)
    _, grads = gradients(model, ids, targets, state)
    for array in (logits, *state, *grads.values()):
        assert np.asarray(array).dtype == dtype


@each_cell
@tied_or_not
def test_any_memory_layout_and_nothing_is_written_to(cell, tied):
    model = make_model(cell=cell, num_layers=2, tie_weights=tied)
    ids, targets = draw_tokens(0, 6, 4, 3)
    logits, _ = model.forward(ids)
    kept = logits.copy()
    loss, expected = gradients(model, ids, targets)
    for name, value in model.params.items():
        model.params[name] = np.asfortranarray(value)
    ids, targets = np.asfortranarray(ids), targets.repeat(2, axis=1)[:, ::2]
    for array in (ids, targets, *model.params.values()):
        array.flags.writeable = False  # writing raises
    given = dict(model.params)
    again, grads = gradients(model, ids, targets)
    assert all(model.params[name] is array for name, array in given.items())  # and no copy of it
    assert again == pytest.approx(loss, rel=1e-13)
    for name, g in grads.items():
        np.testing.assert_allclose(g, expected[name], rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(logits, kept)  # they stay as they were handed out


# --- extremes -------------------------------------------------------------------------------------


@each_dtype
def test_extreme_logits(dtype):
    model = LanguageModel(3, 2, 2, dtype=dtype)
    model.params["output.b"] = np.array([1e4, -1e4, 0], dtype)
    ids = np.zeros((1, 3), int)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        loss, grads = gradients(model, ids, np.array([[0, 1, 2]]))
    assert loss == pytest.approx((0 + 2e4 + 1e4) / 3, rel=1e-5)
    assert all(np.isfinite(g).all() for g in grads.values())
    np.testing.assert_allclose(grads["output.b"], [2 / 3, -1 / 3, -1 / 3], rtol=1e-5)


@each_cell
@pytest.mark.parametrize("shape", [(4, 0), (0, 3), (0, 0)])
def test_nothing_to_read(cell, shape):
    model = make_model(cell=cell)
    logits, state = model.forward(np.zeros(shape, int))
    assert logits.shape == (*shape, 6)
    assert np.shape(state)[-2:] == (shape[1], 4)
    with pytest.raises(ValueError, match=rf"ids: expected at least one token, got .*\({shape[0]}"):
        model.loss(np.zeros(shape, int), np.zeros(shape, int))
