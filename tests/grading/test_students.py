"""What students write for CS231n's eight functions: the right is accepted, the wrong is named."""

from pathlib import Path

import numpy as np
import pytest

from lessons_lib.grading.batch import load_exercises
from lessons_lib.grading.isolation.running import Outcome, Raised, run
from lessons_lib.grading.judging.judge import judge

HERE = Path(__file__).parent
ANSWER = (HERE / "answers" / "cs231n.py").read_text(encoding="utf-8")

STEPS = """        next_h, c = rnn_step_forward(x[:, i, :], prev_h, Wx, Wh, b)
        h[:, i, :] = next_h
        prev_h = next_h
"""
CALL = "rnn_step_backward(dh[:, t, :] + dprev_h, cache[t])"


RIGHT = {
    "as it is": [],
    "float32 buffers": [("np.zeros((N, T, H))", "np.zeros((N, T, H), dtype=np.float32)")],
    "an upstream gradient is written into": [
        ("dc = dnext_c + dnext_h", "dc = dnext_c\n    dc += dnext_h")
    ],
    "the cache is a dict": [
        ("cache = (x, prev_h, Wx, Wh, b, next_h)", "cache = dict(enumerate((x, prev_h, Wx, Wh, b, next_h)))"),
        ("x, prev_h, Wx, Wh, b, next_h = cache", "x, prev_h, Wx, Wh, b, next_h = cache.values()"),
    ],
    "prints": [("    dtanh = ", '    print("here")\n    dtanh = ')],
    "views of a longer array": [
        ("h = np.zeros((N, T, H))\n    cache = []", "h = np.zeros((N, T + 1, H))\n    h[:, -1] = h0\n    cache = []"),
        (STEPS, "        h[:, i], c = rnn_step_forward(x[:, i], h[:, i - 1], Wx, Wh, b)\n"),
        ("    return h, cache\n\n\ndef rnn_backward", "    return h[:, :T], cache\n\n\ndef rnn_backward"),
    ],
}  # fmt: skip

# What is edited, the exercise that is wrong then, and its hint or a piece of its message.
WRONG = {
    "keepdims": ("rnn_step_backward", [("np.sum(dtanh, axis=0)", "np.sum(dtanh, axis=0, keepdims=True)")],
        "db has the right numbers and one axis of length 1 too many. keepdims=True"),
    "mean": ("rnn_step_backward", [("np.sum(dtanh, axis=0)", "np.mean(dtanh, axis=0)")], "db is N times too small: a mean where a sum belongs."),
    "transposed": ("rnn_step_backward", [("prev_h.T.dot(dtanh)", "dtanh.T.dot(prev_h)")], "dWh is transposed"),
    "no tanh": ("rnn_step_backward", [("dnext_h * (1 - next_h**2)", "dnext_h")], "tanh_left_out"),
    "no square": ("rnn_step_backward", [("1 - next_h**2", "1 - next_h")], "square_left_out"),
    "dh_next dropped": ("rnn_backward", [(CALL, "rnn_step_backward(dh[:, t], cache[t])")], "dh_next_dropped"),
    "one step's weights": ("rnn_backward", [("dWx += dWxt", "dWx = dWxt"), ("dWh += dWht", "dWh = dWht"), ("db += dbt", "db = dbt")],
        "parameters_overwritten"),
    "only the last loss": ("rnn_backward", [("for t in range(T)[::-1]", "dprev_h = dh[:, -1]\n    for t in range(T)[::-1]"), (CALL, "rnn_step_backward(dprev_h, cache[t])")],
        "do not change with any step of dh but the last, and should."),
    "backwards": ("rnn_backward", [("dx[:, t, :], dprev_h, dWxt", "dx[:, T - 1 - t, :], dprev_h, dWxt")], "dx runs backwards in time."),
    "tripled": ("rnn_backward", [(CALL, CALL.replace("+ d", "+ 3 * d"))], "With a single time step it is right."),
    "one sum forgotten": ("rnn_backward", [("dWh += dWht", "dWh = dWht")], "dWh_overwritten"),
    "none for one step": ("rnn_backward", [("    dh0 = dprev_h\n", "    dh0 = dprev_h if T > 1 else None\n")], "dh0 (gradient on the state before the first step) is None"),
    "one input squeezed": ("rnn_forward", [("rnn_step_forward(x[:, i, :], prev_h", "rnn_step_forward(x[:, i, :].squeeze() if N > 1 else x[:, i], prev_h")],
        "D=1, H=1, float64 (the 4 cases before it are right)"),
    "never set": ("rnn_backward", [("dx = np.zeros", "dx = np.empty"), ("range(T)[::-1]", "range(1, T)[::-1]")], "It was never set: np.empty leaves"),
    "left over": ("rnn_step_forward", [("    next_h = np.tanh(", "    SEEN.append(1)\n    next_h = len(SEEN) + np.tanh("), ("def rnn_step_forward", "SEEN = []\ndef rnn_step_forward")],
        "Called twice with the same arguments it gives two results."),
    "last column": ("lstm_step_backward", [("    dx = da.dot(Wx.T)", "    da[:, -1] = 0\n    dx = da.dot(Wx.T)")], "dWx is zero at the last column"),
    "same in all rows": ("rnn_step_backward", [("dprev_h = dtanh.dot(Wh.T)", "dprev_h = dtanh.dot(Wh.T)\n    dprev_h[:] = dprev_h.sum(axis=0)")],
        "dprev_h is the same all along the axis N: everywhere stands the sum over that axis."),
    "every pair": ("rnn_step_backward", [("np.sum(dtanh, axis=0)", "np.sum(dtanh, axis=0)[:, None] * np.ones(dtanh.shape[1])")],
        "The right numbers stand on a diagonal of db"),
    "slope of the sum": ("rnn_step_backward", [("1 - next_h**2", "1 - np.arctanh(next_h) ** 2")], "slope_of_the_sum"),
    "slope of the raw memory": ("lstm_step_backward", [("1 - tc * tc", "1 - next_c * next_c")], "slope_of_raw_memory"),
    "slope at the old memory": ("lstm_step_backward", [("1 - tc * tc", "1 - np.tanh(prev_c) ** 2")], "slope_at_old_memory"),
    "gate for gate": ("lstm_step_backward", [("dprev_c = dc * f", "dprev_c = dc * i")], "A right solution gives the same numbers if i stands in one place for f."),
    "a gate too many": ("lstm_step_forward", [("next_c = f * prev_c", "next_c = f * o * prev_c")], "if one array is a factor too many in one place."),
    "rows upside down": ("rnn_step_forward", [("prev_h.dot(Wh) + b)", "prev_h.dot(Wh) + b)[::-1]")], "next_h stands the wrong way round along its axis N."),
    "plus for times": ("lstm_step_forward", [("next_h = o * np.tanh(next_c)", "next_h = o + np.tanh(next_c)")], "if + and * are exchanged in one place."),
    "a state for the memory": ("lstm_forward", [("c = np.zeros((N, H))\n    cache = {}", "c = h0\n    cache = {}")], "if one array stands in the place of another."),
    "one row fails": ("rnn_backward", [("rnn_step_forward(x[:, i, :], prev_h", "rnn_step_forward(np.squeeze(x[:, i]), prev_h")],
        "N=1, D=3, H=2, float64 (the 3 cases before it are right)"),
    "first row's state": ("rnn_step_forward", [("prev_h.dot(Wh) + b)", "prev_h[0].dot(Wh) + b)")], "next_h would be right for prev_h with its first row in every row."),
    "one number of b": ("rnn_step_forward", [("prev_h.dot(Wh) + b)", "prev_h.dot(Wh) + b[0])")], "next_h would be right for b with its first number in every place."),
    "h for c": ("lstm_step_forward", [("def lstm_step_forward(x, prev_h, prev_c,", "def lstm_step_forward(x, prev_c, prev_h,")], "next_h and next_c would be right for prev_h and prev_c exchanged."),
    "a term too many": ("rnn_step_forward", [("next_h = np.tanh(", "next_h = prev_h + np.tanh(")], "next_h holds a term too many: prev_h."),
    "a term lacking": ("rnn_step_forward", [("next_h = np.tanh(", "next_h = -prev_h + np.tanh(")], "next_h lacks a term of its sum: prev_h."),
    "reads backwards": ("rnn_forward", [("x[:, i, :]", "x[:, T - 1 - i, :]")], "h would be right for x backwards in time."),
    "reads one step late": ("rnn_forward", [("x[:, i, :]", "x[:, i - 1, :]")], "h would be right if every step had the x of the step before."),
    "reads one step early": ("rnn_forward", [("x[:, i, :]", "x[:, (i + 1) % T, :]")], "h would be right if every step had the x of the step after."),
    "one array for all steps": ("rnn_forward", [("h[:, i, :] = next_h", "h[:] = next_h[:, None]")], "h has in every step what belongs into the last one: does every step write to one array?"),
    "starts at one": ("rnn_forward", [("for i in range(T)", "for i in range(1, T)")], "h is zero at the first step: does the loop reach it?"),
    "the last alone": ("rnn_forward", [("return h, cache\n\n\ndef rnn_b", "return h[:, -1], cache\n\n\ndef rnn_b")], "h is the last step alone; every step is asked for."),
    "time first": ("rnn_forward", [("return h, cache\n\n\ndef rnn_b", "return h.swapaxes(0, 1), cache\n\n\ndef rnn_b")], "expected (N, T, H) = (3, 4, 5): the axes are right but stand in another order."),
    "a list of steps": ("rnn_forward", [("return h, cache\n\n\ndef rnn_b", "return list(h), cache\n\n\ndef rnn_b")], "np.stack(h) makes one array of them."),
    "Python 2": ("rnn_forward", [("for i in range(T)", "for i in xrange(T)")], "Python 3 calls it range."),
    "overwritten view": ("rnn_backward", [("cache = []", "cache = []\n    h[:, -1] = h0"), (STEPS, "        h[:, i], c = rnn_step_forward(x[:, i], h[:, i - 1], Wx, Wh, b)\n")],
        "your cache points to an array that is written to later"),
    "squeezed": ("rnn_step_forward", [("    cache = (x, prev_h, Wx", "    next_h = next_h.squeeze()\n    cache = (x, prev_h, Wx")], "as squeeze takes them away"),
    "one step late, and round": ("rnn_forward", [("h[:, i, :] = next_h", "h[:, (i + 1) % T, :] = next_h")], "h has in every step what belongs to the step before, and the last one first."),
    "one step early": ("rnn_forward", [("h[:, i, :] = next_h", "h[:, i - 1, :] = next_h")], "h has in every step what belongs to the step after, and the first one last."),
    "one step late": ("rnn_forward", [("h[:, i, :] = next_h", "h[:, i, :] = prev_h")], "hs_before_step"),
    "order i f g o": ("lstm_step_forward", [("ai, af, ao, ag = ", "ai, af, ag, ao = ")], "blocks_read_as_i_f_g_o"),
    "no tanh of c": ("lstm_step_forward", [("next_h = o * np.tanh(next_c)", "next_h = o * next_c")], "On its way into next_h it has to be squashed"),
    "dc ungated": ("lstm_step_backward", [("dprev_c = dc * f", "dprev_c = dc")], "dc_prev_without_forget_gate"),
    "no way through h": ("lstm_step_backward", [("dnext_c + dnext_h * o * (1 - tc * tc)", "dnext_c")], "way_through_h_left_out"),
    "gradients i f g o": ("lstm_step_backward", [("do * o * (1 - o), dg * (1 - g * g)", "dg * (1 - g * g), do * o * (1 - o)")],
        "The blocks of dWx are right but stand in the order i, f, g, o"),
    "one column in four": ("lstm_step_forward", [("a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]", "(a[:, k::4] for k in range(4))")], "blocks_interleaved"),
    "a column in four for the gradients": ("lstm_step_backward", [("dx = da.dot", "keep = da\n    dx = da.dot"), ("    dWx = x.T.dot(da)", "    da = keep.reshape(len(keep), 4, -1).swapaxes(1, 2).reshape(keep.shape)\n    dWx = x.T.dot(da)")], "blocks_interleaved"),
    "batch for time": ("rnn_forward", [("h = np.zeros((N, T, H))\n    cache = []", "h, cache = [], []"), (STEPS, STEPS.replace("[:, i, :] = next_h", ".append(next_h)").replace("x[:, i, :]", "x[i]")),
        ("for i in range(T)", "for i in range(N)"), ("return h, cache\n\n\ndef rnn_b", "return np.stack(h), cache\n\n\ndef rnn_b")], "batch_taken_for_time"),
    "sigmoid for g": ("lstm_step_forward", [("np.tanh(ag)", "sigmoid(ag)")], "sigmoid_for_g"),
    "c squashed": ("lstm_step_forward", [("next_c = f * prev_c + i * g", "next_c = np.tanh(f * prev_c + i * g)")], "next_c is the tanh of what it should be"),
    "sigmoid's slope for g": ("lstm_step_backward", [("dg * (1 - g * g)", "dg * g * (1 - g)")], "g_through_sigmoid"),
    "slope of f forgotten": ("lstm_step_backward", [("df * f * (1 - f)", "df")], "sigmoid_of_forget_gate_left_out"),
    "a slope of its own": ("lstm_step_backward", [("df * f * (1 - f)", "df * f")], "right: i, o and g; wrong: f."),
    "c begins anew": ("lstm_forward", [("x[:, t, :], prev, c,", "x[:, t, :], prev, np.zeros((N, H)),")], "c_not_carried"),
    "no dh from later": ("lstm_backward", [("dh[:, t, :] + dprev_h, dprev_c", "dh[:, t, :], dprev_c")], "dh_next_ignored"),
    "a name that is not there": ("lstm_step_backward", [("dprev_c = dc * f", "dprev_c = dc * F")], "NameError: name 'F' is not defined"),
}  # fmt: skip


@pytest.fixture(scope="module")
def asked():
    return load_exercises(HERE.parents[1] / "examples" / "cs231n_assignment.py")


def judged(asked, edits, only="", last=""):
    """Results by name; of those alone whose names begin with `only`, and none after `last`."""
    source = ANSWER
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    names = {}
    exec(compile(source, "answer.py", "exec"), names)

    def other(name, case):
        return run(names[name], [case])[0] if name in names else Outcome(raised=Raised(*"     "))

    results = {}
    for exercise in asked:
        if not exercise.name.startswith(only):
            continue
        cases = exercise.cases(np.random.default_rng(0))
        function = names[exercise.name]
        results[exercise.name] = judge(
            exercise,
            cases,
            run(function, cases, names.get),
            run_again=lambda case, function=function: run(function, [case], names.get)[0],
            other=other,
            judged={name: r.status == "passed" for name, r in results.items()},
        )
        if exercise.name == last:
            break
    return results


@pytest.mark.parametrize("edits", RIGHT.values(), ids=RIGHT)
def test_right_answers_earn_everything(asked, edits):
    for result in judged(asked, edits).values():
        assert result.status == "passed", result


@pytest.mark.parametrize(("wrong", "edits", "words"), WRONG.values(), ids=WRONG)
def test_wrong_answers_are_refused_and_named(asked, wrong, edits, words):
    result = judged(asked, edits, wrong.partition("_")[0], last=wrong)[wrong]
    assert result.score < result.max_score
    message = " ".join(result.message.split())
    assert words == result.hint or words in message
    found = ("With a single", "not independent", "future", "would be right", "a term", "the loop")
    assert result.hint or sum(sentence in message for sentence in found) <= 1


@pytest.mark.parametrize("returned", ["[next_h, next_h[0]]", "next_h > 0", "(next_h, 'h')", "{}"])
def test_a_forward_pass_of_no_numbers_carries_nothing_on_and_ends_nothing(asked, returned):
    edits = [
        ("return next_h, cache", f"return {returned}, cache"),
        ("dtanh = dnext_h * (1 - next_h**2)", "dtanh = dnext_h"),
    ]
    assert judged(asked, edits, "rnn_step")["rnn_step_backward"].score == 0


def test_errors_are_carried_on_for_half_of_the_points(asked):
    forgets_b = [("x.dot(Wx) + prev_h.dot(Wh) + b", "x.dot(Wx) + prev_h.dot(Wh)")]
    back = judged(asked, forgets_b, "rnn")["rnn_step_backward"]
    # dx, dprev_h, dWx and dWh are the derivative of the own step; that one does not depend on b.
    assert (back.status, back.score) == ("failed", 1.75 / 2)
    assert "Right, given your own rnn_step_forward" in back.message
    zeros = [*forgets_b, ("dtanh = dnext_h * (1 - next_h**2)", "dtanh = 0 * dnext_h")]
    assert judged(asked, zeros, "rnn")["rnn_step_backward"].score == 0
    constant = [
        ("np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)", "np.zeros_like(prev_h)"),
        ("dtanh = dnext_h * (1 - next_h**2)", "dtanh = 0 * dnext_h"),
    ]
    assert judged(asked, constant, "rnn")["rnn_step_backward"].score == 0
    total = [
        ("np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)", "0 * prev_h + sum(a.sum() for a in (x, prev_h, Wx, Wh, b))"),
        ("dtanh = dnext_h * (1 - next_h**2)", "return tuple(np.full_like(a, dnext_h.sum()) for a in (x, prev_h, Wx, Wh, x[0, :1] + 0 * prev_h[0]))"),
    ]  # fmt: skip
    back = judged(asked, total, "rnn")["rnn_step_backward"]
    assert (back.status, back.score) == ("failed", 0)


def test_the_cache_must_be_there(asked):
    edits = [
        (
            "return next_h, cache\n\n\ndef rnn_step_backward",
            "return next_h\n\n\ndef rnn_step_backward",
        )
    ]
    message = judged(asked, edits)["rnn_step_backward"].message
    assert "the cache that your rnn_step_forward returns last, and that returns none" in " ".join(message.split())  # fmt: skip


def test_a_stub_is_none_without_a_forward_pass_too(asked):
    old = ANSWER.partition("def rnn_step_backward")[0].partition("def rnn_step_forward")[2]
    body = ANSWER.partition("def rnn_step_backward(dnext_h, cache):\n")[2].partition("\n\n\n")[0]
    results = judged(
        asked,
        [
            (
                f"def rnn_step_forward{old}",
                "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    pass\n\n\n",
            ),
            (body, "    raise NotImplementedError('write it')"),
        ],
    )
    assert results["rnn_step_forward"].status == "not_attempted"
    assert results["rnn_step_backward"].status == "not_attempted"
    assert results["rnn_backward"].status == "error"
