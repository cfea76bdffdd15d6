"""What holds for every exercise: its signature, its reference, its wrong versions, a stub."""

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Exercise, Output, check
from lessons_lib.grading.judging.known_versions import examine, table
from tests.course.judged import result

ALL = exercises.all()
PUBLISHED = """
00_start_here
    time_major(x) 1
    linear(x, W, b) 1
    sigmoid(x) 2
01_sequences_and_recurrence
    rnn_step(x, h_prev, Wx, Wh, b) 2
    rnn_unroll(x, h0, Wx, Wh, b) 3
    one_hot(ids, num_classes) 1
    embed(ids, W) 1
02_backpropagation_through_time
    numerical_gradient(f, x, eps) 2
    rnn_step_backward(dh, cache) 2
    rnn_backward(dhs, caches) 2
    truncated_backward(dhs, caches, length) 2
03_rnn_limits
    activation_derivatives(a) 1.5
    gradient_norms(dh, hs, Wh) 2
    gradient_bound(hs, Wh) 1.5
    rescale_to_radius(Wh, radius) 1
04_gradient_clipping
    global_norm(grads) 1
    clip_grads(grads, max_norm) 2
    clip_values(grads, limit) 1
05_lstm_gates
    lstm_gates(x, h_prev, Wx, Wh, b) 2
    lstm_step(x, h_prev, c_prev, Wx, Wh, b) 2
    lstm_unroll(x, h0, c0, Wx, Wh, b) 3
06_why_lstm_remembers
    memory_backward(dc, c_prev, i, f, g) 2
    lstm_step_backward(dh, dc, cache) 3
    lstm_backward(dhs, caches) 2
    cell_gradient(f) 2
07_gru
    gru_step(x, h_prev, Wx, Wh, bx, bh) 2
    gru_step_reset_before(x, h_prev, Wx, Wh, bx, bh) 1
    count_parameters(D, H, blocks, biases) 1
    gru_step_backward(dh, cache) 3
08_lstm_language_model
    embedding_backward(ids, dx, vocab_size) 2
    cross_entropy(logits, targets) 2
    perplexity(losses) 1
    token_losses(params, inputs, targets, seq_len) 2
    sample_next(logits, temperature, rng) 2
09_better_language_model
    stacked_lstm(x, h0, c0, layers) 2
    dropout_forward(x, p, rng, train) 2
    same_mask_dropout(x, p, rng) 1
    tied_gradient(ids, dx, hs, dlogits) 2
    plateau_lr(lr, valid, factor) 1
10_from_numpy_to_pytorch
    to_torch_layout(Wx, Wh, b) 2
    from_torch_layout(weight_ih, weight_hh, bias_ih, bias_hh) 2
    reorder_gates(packed, order) 1
"""

each_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)


def report(row):
    return table([row], 1)


def test_lessons_signatures_and_points_are_the_published_ones():
    lines, lesson = [""], None
    for exercise in ALL:
        if exercise.lesson != lesson:
            lines.append(lesson := exercise.lesson)
        parameters = ", ".join(exercise.parameters)
        lines.append(f"    {exercise.name}({parameters}) {exercise.points:g}")
    assert "\n".join([*lines, ""]) == PUBLISHED


@each_exercise
def test_the_reference_is_described_and_gets_full_marks(exercise):
    assert (exercise.reference.__doc__ or "").strip()
    for sizes in exercise.sizes:
        made = exercise.draw(np.random.default_rng(0), **sizes)
        assert sorted(made) == sorted(exercise.parameters)
    found = result(exercise.name, exercise.reference, seed=0)
    assert (found.status, found.score, found.message) == ("passed", exercise.points, "")


@each_exercise
def test_wrong_versions_are_refused_with_their_own_hint(exercise):
    for known in exercise.misconceptions:
        found = result(exercise.name, known.function, seed=0)
        assert found.status in ("failed", "error"), known.name
        assert found.score < found.max_score, known.name
        assert found.hint == known.name
        assert known.hint in found.message


# A grade draws its own seeds, so what holds for `check` has to hold for any.
@pytest.mark.thorough
@each_exercise
def test_on_a_hundred_seeds(exercise):
    row = examine(exercise, range(100))
    assert row.is_clean, report(row)
    for seed in range(100):
        assert result(exercise.name, exercise.reference, seed).status == "passed", seed


def stub_raises(*_):
    """A docstring."""
    raise NotImplementedError("write me")


def stub_passes(*_):
    """A docstring."""


def stub_returns_ellipsis(*_):
    return ...


def stub_returns_placeholders(*_):
    h, c = None, None
    return h, c


@pytest.mark.parametrize(
    "stub", [stub_raises, stub_passes, stub_returns_ellipsis, stub_returns_placeholders]
)
def test_stub_is_not_attempted(stub, capsys):
    for exercise in ALL:
        judged = check(stub, exercise.name)
        (found,) = judged.results
        assert (found.status, found.score, found.hint) == ("not_attempted", 0, None)
        assert judged.max_score == exercise.points
        assert "not attempted yet" in capsys.readouterr().out


def test_what_is_not_as_it_should_be_is_found():
    def make_case(rng, N):
        return {"x": np.abs(rng.normal(size=N))}

    def size(x):
        return np.abs(x)

    made = Exercise(
        size,
        lesson="99_test",
        outputs=[Output("y", "N")],
        make_case=make_case,
        sizes=[{"N": 3}],
        hints=[],
        may_follow=[],
    )
    made.alternative(lambda x: -x)
    made.misconception("The cases cannot show it.", name="sign_kept")(lambda x: x)
    made.misconception("As right as the alternative.", name="sign_turned")(lambda x: 0 - x)
    made.misconception("Another.", name="doubled")(lambda x: 2 * x)
    made.misconception("The same as another.", name="added")(lambda x: x + x)
    row = examine(made, [4, 5])
    assert row.accepted == (
        "sign_kept (4)",
        "sign_turned (4)",
        "sign_kept (5)",
        "sign_turned (5)",
    )
    assert row.confused == ("added: doubled (4)", "added: doubled (5)")
    assert not row.is_clean
    assert "| size | 2 | 4 | 2 | 3 |" in report(row)
    assert "size, confused: added: doubled (4), added: doubled (5)" in report(row)
