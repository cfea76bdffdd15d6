"""What needs order or history cannot be learned without it, and is learned with it."""

import numpy as np
import pytest

from lessons_lib.course.sequences import experiments
from lessons_lib.functions import one_hot
from lessons_lib.gradients import numerical_gradient
from lessons_lib.text import Vocabulary


def test_blocks_are_shuffled_each_for_itself():
    ids = np.arange(23)
    shuffled = experiments.shuffled_in_blocks(ids, 5, np.random.default_rng(0))
    assert not np.array_equal(shuffled, ids)
    for start in range(0, 23, 5):
        assert sorted(shuffled[start : start + 5]) == list(range(start, min(start + 5, 23)))
    np.testing.assert_array_equal(ids, np.arange(23))
    one = experiments.shuffled_in_blocks(ids, 1, np.random.default_rng(0))
    np.testing.assert_array_equal(one, ids)


def test_greetings_are_found_and_labelled_by_who_greets():
    text = "*** Tom was here . Clara shook hands with Tom . then Hugo waved to Mary in the mill ."
    found = experiments.find_greetings(text.split())
    assert found == [["Clara", "shook", "hands", "with", "Tom"], ["Hugo", "waved", "to", "Mary"]]
    vocab = Vocabulary.from_tokens([".", *found[0], *found[1]])
    task = experiments.greeting_task(found, vocab)
    assert vocab.decode(task.ids[:, 1]) == [".", "Hugo", "waved", "to", "Mary"]
    assert vocab.decode(task.ids[:, 0]) == found[0]
    assert task.labels.tolist() == [1, 4]  # Ben, Clara, Edith, Greta, Hugo, …


def test_the_order_task_says_which_comes_first():
    task = experiments.draw_order_task(200, np.random.default_rng(1), places=range(3, 9))
    assert task.ids.shape == (12, 200)
    for n in range(200):
        (zero,), (one,) = (np.flatnonzero(task.ids[:, n] == symbol) for symbol in (0, 1))
        assert task.labels[n] == (one < zero)
        assert {int(zero), int(one)} <= set(range(3, 9))


def make_networks(rng, num_steps):
    return {
        "bag": experiments.BagOfWords(5, 2, 4, rng),
        "window": experiments.Window(5, num_steps, 2, 4, rng),
        "last state": experiments.LastState(5, 2, 4, rng),
        "next token": experiments.NextToken(5, 4, rng),
        "next token, no state": experiments.NextToken(5, 4, rng, carry_state=False),
    }


@pytest.mark.parametrize("name", make_networks(np.random.default_rng(0), 3))
def test_backward_is_the_gradient(name):
    rng = np.random.default_rng(2)
    network = make_networks(rng, 3)[name]
    ids = rng.integers(5, size=(3, 2))
    weight = rng.normal(size=network.forward(ids).shape)
    network.backward(weight)
    grads = {name: g.copy() for name, g in network.grads.items()}
    for name, p in network.params.items():
        before = p.copy()

        def loss(value, p=p):
            p[...] = value
            return (weight * network.forward(ids)).sum()

        np.testing.assert_allclose(grads[name], numerical_gradient(loss, before), atol=1e-7)
        p[...] = before


def test_order_reaches_the_rnn_and_the_window_but_not_the_bag():
    rng = np.random.default_rng(3)
    found = make_networks(rng, 4)
    ids, turned = np.array([[0], [1], [2], [3]]), np.array([[3], [1], [0], [2]])
    same = {name: np.allclose(n.forward(ids), n.forward(turned)) for name, n in found.items()}
    assert same["bag"] and not same["window"] and not same["last state"]


def test_without_carried_state_a_token_is_the_same_wherever_it_stands():
    rng = np.random.default_rng(5)
    ids = np.array([[1], [2], [1]])
    carried = experiments.NextToken(5, 4, rng)
    alone = experiments.NextToken(5, 4, rng, carry_state=False)
    assert not np.allclose(carried.states(ids)[0], carried.states(ids)[2])
    np.testing.assert_array_equal(alone.states(ids)[0], alone.states(ids)[2])
    first = np.tanh(one_hot(ids[:1], 5) @ alone.params["layer.Wx"] + alone.params["layer.b"])
    np.testing.assert_allclose(alone.states(ids)[:1], first)


def test_hello_is_learned_with_state_and_stops_at_its_floor_without():
    hello = Vocabulary.from_tokens(list("hello")).encode("hello")[:, None]
    losses = {}
    for carry in (True, False):
        network = experiments.NextToken(4, 4, np.random.default_rng(0), carry_state=carry)
        losses[carry], accuracies = experiments.train(
            network, hello[:-1], hello[1:], num_updates=200, lr=0.05
        )
        assert np.isnan(accuracies).all()
    floor = 2 * np.log(2) / 4  # two of the four letters are followed by l or o, evenly
    assert losses[True][-1] < 0.02
    assert floor < losses[False][-1] < floor + 0.01
    assert losses[False].min() > floor


def test_accuracy_is_recorded_in_training():
    rng = np.random.default_rng(6)
    ids = rng.integers(8, size=(3, 400))
    ids[1] = 8  # "name, verb, name": the first name is the answer
    task, network = experiments.Labelled(ids, ids[0]), experiments.LastState(9, 8, 16, rng)
    losses, accuracies = experiments.train(
        network, ids, task.labels, num_updates=80, lr=0.03, test=task
    )
    assert losses[-1] < losses[0] and accuracies[-1] > 0.99
    assert experiments.accuracy(network, task) == pytest.approx(accuracies[-1], abs=0.05)


def test_cosines_are_of_angles():
    found = experiments.cosines(np.array([[2.0, 0], [0, 3], [-1, 0], [1, 1]]))
    root = np.sqrt(0.5)
    expected = [[1, 0, -1, root], [0, 1, 0, root], [-1, 0, 1, -root], [root, root, -root, 1]]
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_kinds_are_told_when_their_words_lie_together():
    rng = np.random.default_rng(7)
    together = [np.eye(3)[[k] * 5] for k in range(3)]
    assert experiments.kind_by_examples(together, 1, 10, rng) == 1
    anywhere = [rng.normal(size=(30, 50)) for _ in range(4)]
    assert experiments.kind_by_examples(anywhere, 1, 30, rng) == pytest.approx(0.25, abs=0.08)
    apart = list(np.eye(8).reshape(4, 2, 8))  # nothing is near: the first kind wins every time
    assert experiments.kind_by_examples(apart, 1, 10, rng) == 0.25
