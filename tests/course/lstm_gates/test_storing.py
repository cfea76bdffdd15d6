"""An RNN's steps by hand, the schedule of gates that is learned, and a name swapped."""

import numpy as np

from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.lstm_gates import storing
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.course.shared.store_task import make_store_task, train_on_store_task
from lessons_lib.course.shared.traces import trace_lstm
from lessons_lib.text import load_corpus


def test_an_rnn_step_is_tanh_of_weight_times_state_plus_input():
    hs = storing.iterate_rnn([0.2, -0.7], w=1.3, num_steps=2, inputs=[0.1, -0.4])
    first = np.tanh(1.3 * np.array([0.2, -0.7]) + 0.1)
    np.testing.assert_allclose(hs, [[0.2, -0.7], first, np.tanh(1.3 * first - 0.4)], rtol=1e-15)


def test_one_unit_learns_the_only_schedule_there_is_on_longer_streams_than_it_saw():
    network = train_on_store_task("lstm", np.random.default_rng(1))
    task = make_store_task(50, 200, np.random.default_rng(7))
    trace = trace_lstm(task.x, **network.layer.params)
    miss = network.readout.forward(trace.h) - task.y
    asked = task.kinds["ask"]
    assert (miss[asked] ** 2).mean() < 0.01 * (task.y[asked] ** 2).mean()
    for kind, where in task.kinds.items():
        means = [gate[where].mean() for gate in (trace.i, trace.f, trace.o)]
        np.testing.assert_allclose(means, storing.RIGHT_SCHEDULE[kind], atol=0.25, err_msg=kind)


def test_two_readings_differ_from_the_name_on_in_what_is_held_and_what_is_shown():
    corpus = load_corpus("village")
    ids = corpus.test[:3000]
    words = corpus.vocab.decode(ids)
    for recall in find_recalls(ids, words, min_distance=20)[:3]:
        scene = storing.swap_asked_name(shipped("lstm"), corpus.vocab, words, recall)
        assert scene.words[scene.asked] == scene.words[scene.named] == scene.swap.names[0]
        assert scene.asked - scene.named == recall.distance
        assert scene.swap.held[scene.named + 1 : scene.asked].min() > 0
