"""Errors carried on, by a hostile answer: nothing is earned but what is right for its own."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.grader import graded_by
from lessons_lib.grading.isolation import worker
from lessons_lib.grading.isolation.running import Outcome
from lessons_lib.grading.judging.carrying import _is_constant, right_given_own
from lessons_lib.grading.judging.dependence import CannotTell, check_depends_alike
from lessons_lib.grading.references import _StandIn

EXAMPLE = Path(__file__).parents[2] / "examples" / "cs231n_assignment.py"
BACK = ["rnn_step_forward", "rnn_step_backward"]

# An earlier function that writes its result into its argument.
IN_PLACE = """
import numpy as np
from lessons_lib.grading import Output, exercise

sizes = [{"N": 3}, {"N": 2}]

@exercise(lesson="hw", outputs=[Output("g", "N 4", written_to="g")], sizes=sizes,
          make_case=lambda rng, N: {"g": rng.normal(size=(N, 4))})
def doubled(g):
    g *= 2

@exercise(lesson="hw", outputs=[Output("w", "N 4", points=2)], sizes=sizes, carry_errors=0.5,
          make_case=lambda rng, N: {"w": rng.normal(size=(N, 4)), "g": rng.normal(size=(N, 4))})
def step(w, g):
    g = g.copy()
    doubled(g)
    return w - 0.1 * g

step.inherit(doubled)
"""
# Without b, which is wrong; what builds on it is right for it.
HONEST = """
import numpy as np
def rnn_step(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev @ Wh)
def rnn_unroll(x, h0, Wx, Wh, b):
    hs = []
    for one in x:
        h0 = rnn_step(one, h0, Wx, Wh, b)
        hs.append(h0)
    return np.stack(hs), h0
"""
# Of the five arguments two are forgotten; an axis more than a step has.
FORGETFUL = HONEST.replace("x @ Wx", "x.sum(axis=1, keepdims=True)")
DEEPER = HONEST.replace("h_prev @ Wh)", "h_prev.reshape(len(x), -1) @ Wh)[:, None]")
# Random numbers, and a step that remembers them, and depends on its arguments as a step does.
REPLAYED = """
import numpy as np
known = []
def rnn_step(x, *others):
    near = [one for one in known if [a.shape for a in one[0]] == [a.shape for a in (x, *others)]]
    away = lambda one: sum(abs(p - q).sum() for p, q in zip(one[0], (x, *others)))
    (then, given) = min(near, key=away, default=((x, *others), np.ones_like(others[0])))
    of = lambda x, h, Wx, Wh, b: 1e-3 * (x @ Wx + h @ Wh + b)
    return given + of(x, *others) - of(*then)
def rnn_unroll(x, h, *weights):
    hs = np.random.default_rng(int(1e6 * abs(x[0, 0, 0]))).normal(size=(len(x), *h.shape))
    known.extend(((one, before, *weights), now) for one, before, now in zip(x, [h, *hs], hs))
    return hs, hs[-1]
"""
# Gates so large that the memory cell is infinite, whatever the formula.
INFINITE = """
import numpy as np
def lstm_gates(x, h_prev, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    return 1e160 * (5 + np.tanh(i)), f, 1e160 * (5 + np.tanh(g)), o
def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    o = lstm_gates(x, h_prev, Wx, Wh, b)[3]
    return o, np.full_like(o, np.inf)
"""
# Every second result is so large that the slope between two is infinite: no gradient is far off.
STEEP = """
import numpy as np
seen, times = [], []
def rnn_step_forward(*now):
    for args, up in seen:
        near = [p.shape == q.shape and abs(p - q).max() < 1e-4 for p, q in zip(now, args)]
        if all(near) and not all(map(np.array_equal, now, args)):
            times.append(1)
            return 1.7e308 * np.sign(up) * (len(times) % 2), None
    return now[0] @ now[2] + now[1] @ now[3] + now[4], now
def rnn_step_backward(dnext_h, cache):
    seen.append((cache, dnext_h))
    return tuple(map(np.zeros_like, cache))
"""
# A step as long as it is looked at whether it depends on its arguments as one, which it knows by
# counting its calls; then numbers that are no step's.
COUNTED = """
import numpy as np
calls = []
def numbers(h):
    return np.arange(1.0 * h.size).reshape(h.shape)
def rnn_step(x, h_prev, Wx, Wh, b):
    calls.append(1)
    return x @ Wx + h_prev @ Wh + b if len(calls) < 31 else numbers(h_prev)
def rnn_unroll(x, h, *weights):
    return np.stack([numbers(h)] * len(x)), numbers(h)
"""
# The same for a slope: a sum of everything has an easy one.
COUNTED_BACK = """
import numpy as np
calls = []
def rnn_step_forward(*now):
    x, prev_h, Wx, Wh, b = now
    calls.append(1)
    everything = np.full_like(prev_h, sum(a.sum() for a in now))
    return x @ Wx + prev_h @ Wh + b if len(calls) < 13 else everything, now
def rnn_step_backward(dnext_h, cache):
    return tuple(np.full_like(a, dnext_h.sum()) for a in cache)
"""
# A step on a grid of numbers, and beside it the sum of all that lies between: an argument that is
# moved far shows a step, the slope is that of the sum.
GRID = """
import numpy as np
def rnn_step_forward(*now):
    x, h, Wx, Wh, b = (np.round(4 * a) / 4 for a in now)
    between = sum(a.sum() for a in now) - sum(a.sum() for a in (x, h, Wx, Wh, b))
    return x @ Wx + h @ Wh + b + between, now
def rnn_step_backward(dnext_h, cache):
    return tuple(np.full_like(a, dnext_h.sum()) for a in cache)
"""
# Each gate depends on what it should, and their product does not.
CANCELLED = """
import numpy as np
def lstm_gates(x, h_prev, Wx, Wh, b):
    i, f, g, o = np.split(1e-5 * np.tanh(x @ Wx + h_prev @ Wh + b), 4, axis=1)
    return 1e12 * (1 + i - g + 1e-6 * f), 1 + f, 1e12 / (1 + i - g), 1e12 + o
def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    return np.full_like(c_prev, 1e12), np.full_like(c_prev, 1e24)
"""
IN_FLOAT32 = HONEST.replace("return np.stack(hs), h0", "return np.stack(hs).astype('f4'), h0")
# A constant to float32, which is held to less.
COARSE = """
import numpy as np
def rnn_step(x, h, Wx, Wh, b):
    rows = x.sum(1, keepdims=True) + h.sum(1, keepdims=True) * (1 + Wh.sum(0))
    return 0.3 + 1.5e-7 * (rows + Wx.sum(0) + b)
def rnn_unroll(x, h, *weights):
    return np.full((len(x), *h.shape), 0.3, "f4"), np.full(h.shape, 0.3, "f4")
"""
# Numbers so large that what they depend on is overlooked where they are compared.
CONSTANT = """
import numpy as np
def rnn_step(x, h_prev, Wx, Wh, b):
    return 1e12 + np.sin(x) @ Wx + np.sin(h_prev) @ Wh + b
def rnn_unroll(x, h, *weights):
    return np.full((len(x), *h.shape), 1e12), np.full(h.shape, 1e12)
"""
# Nothing of what is kept for the way back, but its shapes.
OF_SHAPES = """
import numpy as np
def rnn_step_backward(dh, cache):
    x, h_prev, Wx, Wh, h = cache
    rows, columns = dh.sum(axis=1, keepdims=True), dh.sum(axis=0)
    return rows + 0 * x, dh, columns + 0 * Wx, columns + 0 * Wh, columns
def rnn_backward(dhs, caches):
    back = np.cumsum(dhs[::-1], axis=0)[::-1]
    columns, rows = back.sum(axis=(0, 1)), back.sum(axis=2, keepdims=True)
    x, h_prev, Wx, Wh, h = caches[0]
    return rows + 0 * x, back[0], columns + 0 * Wx, columns + 0 * Wh, columns
"""
# What comes in rounded is its own, and stands still.
MARKED = """
import numpy as np
def rnn_step(x, h_prev, Wx, Wh, b):
    if (h_prev * 2**20 == np.round(h_prev * 2**20)).all():
        return 1.0 * h_prev
    return np.round((x @ Wx + h_prev @ Wh + b) * 2**20) / 2**20
def rnn_unroll(x, h, *weights):
    h = rnn_step(x[0], h, *weights)
    return np.stack([h] * len(x)), h
"""


@pytest.mark.filterwarnings("ignore")  # as where a batch is graded: a warning ends nothing
@pytest.mark.parametrize(
    ("source", "names", "points"),
    [
        pytest.param(HONEST, ["rnn_step", "rnn_unroll"], 1.5, id="control"),
        pytest.param(IN_FLOAT32, ["rnn_step", "rnn_unroll"], 1.5, id="in float32"),
        pytest.param(COARSE, ["rnn_step", "rnn_unroll"], 0, id="constant in float32"),
        pytest.param(FORGETFUL, ["rnn_step", "rnn_unroll"], 0, id="two of five forgotten"),
        pytest.param(DEEPER, ["rnn_step", "rnn_unroll"], 0, id="of another shape"),
        pytest.param(REPLAYED, ["rnn_step", "rnn_unroll"], 0, id="remembered"),
        pytest.param(INFINITE, ["lstm_gates", "lstm_step"], 0, id="infinite"),
        pytest.param(COUNTED, ["rnn_step", "rnn_unroll"], 0, id="calls counted"),
        pytest.param(COUNTED_BACK, BACK, 0, id="calls counted for a slope"),
        pytest.param(STEEP, BACK, 0, id="steep"),
        pytest.param(GRID, BACK, 0, id="on a grid"),
        pytest.param(CANCELLED, ["lstm_gates", "lstm_step"], 0, id="cancelled"),
        pytest.param(CONSTANT, ["rnn_step", "rnn_unroll"], 0, id="nearly constant"),
        pytest.param(MARKED, ["rnn_step", "rnn_unroll"], 0, id="marked"),
        pytest.param(OF_SHAPES, ["rnn_step_backward", "rnn_backward"], 0, id="of shapes"),
    ],
)
def test_what_is_earned_with_a_wrong_function_of_ones_own(source, names, points, tmp_path):
    every = load_exercises(EXAMPLE) if names is BACK else exercises.all()
    asked = [exercise for exercise in every if exercise.name in names]
    path = tmp_path / "answer.py"
    path.write_text(source)
    first, second = grade(path, exercises=asked, seed=1).results
    assert (first.score, second.score, second.status) == (0, points, "failed"), str(second)


def test_errors_that_cannot_be_carried_cost_no_result(tmp_path, monkeypatch):
    def broken(*arguments):
        raise AttributeError("a fault of ours")

    monkeypatch.setattr("lessons_lib.grading.judging.judge.right_given_own", broken)
    asked = [exercises.find(name) for name in ("rnn_step", "rnn_unroll")]
    path = tmp_path / "answer.py"
    path.write_text(HONEST)
    assert [result.status for result in grade(path, exercises=asked).results] == ["failed"] * 2


BY_NAME = IN_PLACE.replace("step(w, g)", "step(w, *, g)").replace(
    "def doubled(g)", "def doubled(*, g)"
)
BY_NAME = BY_NAME.replace("    doubled(g)", "    doubled(g=g)")


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize(("factor", "points"), [(0.1, 1), (0.2, 0)])
def test_what_builds_on_a_function_that_writes_in_place(factor, points, by_name, tmp_path):
    (tmp_path / "hw.py").write_text(BY_NAME if by_name else IN_PLACE)
    path = tmp_path / "answer.py"
    path.write_text(f"""
import numpy as np
def doubled({"*, " * by_name}g): g *= 3
def step(w, {"*, " * by_name}g):
    g = g.copy()
    doubled({"g=" * by_name}g)
    return w - {factor} * g
""")
    first, second = grade(path, exercises=load_exercises(tmp_path / "hw.py"), seed=1).results
    assert (first.score, second.score) == (0, points), str(second)


def test_zeros_everywhere_are_constant_and_one_number_is_not():
    values = np.zeros(3), 0.0, np.arange(3.0), 0.3 + 1e-9 * np.arange(3), 1e-6 * np.arange(3)
    assert [_is_constant(v, 1e-9) for v in values] == [True, False, False, True, False]


@pytest.mark.parametrize(("judged", "points"), [("2 * b", 1.5), ("3 * b", 0)])
def test_the_earlier_function_is_the_one_that_was_judged(judged, points):
    """It could tell by the time at which process it is in, and be another one there."""
    namespaces = []
    for b in (judged, "2 * b"):
        source = HONEST.replace("h_prev @ Wh)", f"h_prev @ Wh + {b})")
        exec(source, namespace := {})
        namespaces.append(namespace)
    functions = [{n: space[n] for n in ("rnn_step", "rnn_unroll")} for space in namespaces]
    functions[0]["rnn_unroll"] = functions[1]["rnn_unroll"]
    here, apart = map(_StandIn, functions)
    found = {"functions": {name: worker.signature(f) for name, f in here.functions.items()}}
    asked = [exercises.find("rnn_step"), exercises.find("rnn_unroll")]
    others = (lambda: apart, lambda: contextlib.nullcontext(apart), {})
    first, second = graded_by(here, asked, found, 1, (), others)
    assert (first.score, second.score) == (0, points)


# Two functions of an instructor's, the second of which builds on the first or is its way back.
PAIR = """
import numpy as np
from lessons_lib.grading import Output, exercise

def case(rng, N):
    {case}

def backward(rng, N):
    return {{"dy": rng.normal(size=N) if {array} else float(rng.normal()), "cache": case(rng, N)}}

sizes = [{{"N": 4}}, {{"N": 7}}]

@exercise(lesson="hw", outputs=[{outputs[0]}], make_case=case, sizes=sizes, may_follow={cache})
{first}

@exercise(lesson="hw", outputs=[{outputs[1]}], make_case={make}, sizes=sizes, carry_errors=0.5,
          cache_from={{"cache": first}} if {cache} else None)
{second}

{cache} or second.inherit(first)
"""


def pair(case, outputs, first, second, *, array=True, cache=()):
    make = "backward" if cache else "case"
    functions = {"first": first, "second": second}
    return PAIR.format(
        case=case, outputs=outputs, array=array, cache=list(cache), make=make, **functions
    )


NUMBERS = 'Output("p", "N", points=1)', 'Output("q", "N", points=2)'
BOTH = 'Output("y", "N", points=1)', 'Output("dx", "N", points=1), Output("ds", "", points=1)'
# Whole numbers as arguments.
COUNTS = pair(
    'return {"ids": rng.integers(0, N, size=9 * N), "h": rng.normal(size=N)}',
    NUMBERS,
    "def first(ids, h): return h + np.bincount(ids, minlength=len(h))",
    "def second(ids, h): return np.sqrt(1 + first(ids, h) ** 2)",
)
# Nothing but whole numbers.
IDS = pair(
    'return {"ids": rng.integers(0, 5, size=9 * N)}',
    ('Output("p", "5", points=1)', 'Output("q", "5", points=2)'),
    "def first(ids): return np.bincount(ids, minlength=5) / 2",
    "def second(ids): return np.sqrt(1 + first(ids) ** 2)",
)
# Numbers that add up to 1.
SHARES = pair(
    "p = rng.uniform(0.1, 1, size=(N, 3)); return {'p': p / p.sum(axis=1, keepdims=True)}",
    NUMBERS,
    "def first(p): return -(p * np.log2(p)).sum(axis=1)",
    "def second(p): return 2 ** first(p)",
)
# Softmax of rows, with a temperature.
HEATED = pair(
    'return {"x": rng.normal(size=(N, 3)), "t": float(rng.uniform(0.5, 2))}',
    ('Output("p", "N 3", points=1)', 'Output("q", "N 3", points=2)'),
    "def first(x, t): e = np.exp(x / t); return e / e.sum(axis=1, keepdims=True)",
    "def second(x, t): return np.sqrt(first(x, t))",
)
# A number as an argument, and a reference that checks what it is given.
SCALED = pair(
    'return {"x": rng.uniform(0.1, 0.9, size=N), "s": float(rng.uniform(0.5, 0.9))}',
    BOTH,
    """def first(x, s):
    if not 0 < s < 1 or (x <= 0).any():
        raise ValueError("s: expected a share")
    return np.tanh(s * x), (x, s)""",
    """def second(dy, cache):
    x, s = cache
    da = dy * (1 - np.tanh(s * x) ** 2)
    return da * s, float((da * x).sum())""",
    cache=["cache"],
)
# What comes from above is one number.
SQUARES = pair(
    'return {"x": rng.normal(size=N), "t": rng.normal(size=N)}',
    ('Output("y", "", points=1)', 'Output("dx", "N", points=1), Output("dt", "N", points=1)'),
    "def first(x, t): return float(((x - t) ** 2).mean()), (x, t)",
    """def second(dy, cache):
    x, t = cache
    return 2 * dy * (x - t) / len(x), 2 * dy * (t - x) / len(x)""",
    array=False,
    cache=["cache"],
)


@pytest.mark.parametrize(
    ("asked", "answer", "points"),
    [
        pytest.param(
            COUNTS,
            "def first(ids, h): return h + np.bincount(ids[1:], minlength=len(h))\n"
            "def second(ids, h): return np.sqrt(1 + first(ids, h) ** 2)",
            1,
            id="whole numbers",
        ),
        pytest.param(
            IDS,
            "def first(ids): return np.arange(5.0)\n"
            "def second(ids): return np.sqrt(1 + first(ids) ** 2)",
            0,
            id="no look at whole numbers",
        ),
        pytest.param(
            SHARES,
            "def first(p): return -(p * np.log(p)).sum(axis=1)\n"
            "def second(p): return 2 ** first(p)",
            1,
            id="shares",
        ),
        pytest.param(
            SHARES,
            "def first(p):\n"
            "    off = abs(p.sum(axis=1) - 1)\n"
            "    return np.arange(1.0, len(p) + 1) + np.where(off > 1e-9, off, 0)\n"
            "def second(p): return 2 ** first(p)",
            0,
            id="another one where shares are none",
        ),
        pytest.param(
            HEATED,
            "def first(x, t): e = np.exp(x / t); return e / e.sum(axis=0)\n"
            "def second(x, t): return np.sqrt(first(x, t))",
            1,
            id="along the wrong axis",
        ),
        pytest.param(
            HEATED,
            "def first(x, t): e = np.exp(x); return e / e.sum(axis=1, keepdims=True)\n"
            "def second(x, t): return np.sqrt(first(x, t))",
            1,
            id="a number beside an array is forgotten",
        ),
        pytest.param(
            SCALED,
            "def first(x, s): return s * np.tanh(x), (x, s)\n"
            "def second(dy, cache):\n"
            "    x, s = cache\n"
            "    return dy * s * (1 - np.tanh(x) ** 2), float((dy * np.tanh(x)).sum())",
            1,
            id="a number among the arguments",
        ),
        pytest.param(
            SQUARES,
            "def first(x, t): return float(((x - t) ** 2).sum()), (x, t)\n"
            "def second(dy, cache):\n"
            "    x, t = cache\n"
            "    return 2 * dy * (x - t), 2 * dy * (t - x)",
            1,
            id="a number from above",
        ),
    ],
)
def test_what_arguments_an_instructor_may_choose(asked, answer, points, tmp_path):
    (tmp_path / "hw.py").write_text(asked)
    path = tmp_path / "answer.py"
    path.write_text(f"import numpy as np\n{answer}\n")
    found = grade(path, exercises=load_exercises(tmp_path / "hw.py"), seed=1)
    assert found.score == points, str(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("later", "mistake"),
    [
        ("clip_grads", "first_array_only"),
        ("lstm_backward", "way_through_h_left_out"),
        ("lstm_unroll", "input_gate_left_out"),
        ("truncated_backward", "slope_of_the_sum"),
        ("rnn_backward", "tanh_left_out"),
    ],
)
def test_what_learners_get_wrong_is_carried_on(later, mistake):
    exercise = exercises.find(later)
    earlier, built_on = exercise.builds_on[0]
    (wrong,) = (m.function for m in earlier.misconceptions if m.name == mistake)

    def called(function, exercise, case):
        given = case.copied_arguments()
        value = function(*case.by_position(given), **case.by_name(given))
        return Outcome(value, {name: given[name] for name in case.writable})

    for seed in range(3):
        rng = np.random.default_rng(seed)
        cases = [case for case in exercise.cases(rng) if case.dtype == "float64"]
        outcomes = [called(built_on(wrong), exercise, case) for case in cases]
        other = lambda name, case: called(wrong, earlier, case)  # noqa: E731
        assert right_given_own(exercise, cases, outcomes, other, rng=rng), seed


def test_what_an_answer_earns_does_not_hang_on_the_seed():
    """A step takes the x of the one before; now and then three entries say little about that."""
    forward = next(e for e in load_exercises(EXAMPLE) if e.name == "rnn_forward")
    right = lambda a: [forward.reference(**a)[0]]  # noqa: E731
    rolled = lambda a: right(a | {"x": np.roll(a["x"], 1, axis=1)})  # noqa: E731
    blurred = lambda a: [0 * h + h.sum() for h in right(a)]  # noqa: E731
    for seed in range(40):
        rng = np.random.default_rng(seed)
        case = next(case for case in forward.cases(rng) if case.dtype == "float64")
        check_depends_alike(forward, case.arguments, 0.5, rolled, rng)
        with pytest.raises(CannotTell):
            check_depends_alike(forward, case.arguments, 0.5, blurred, rng)


def test_a_generator_that_a_case_maker_hands_on(tmp_path):
    """It is drawn from for other things between the calls."""
    asked = pair(
        'return {"x": rng.normal(size=(N, 4)), "rng": rng}',
        ('Output("y", "N 4", points=2)', 'Output("z", "N 4", points=2)'),
        "def first(x, rng): return x * (rng.random(x.shape) > 0.3) / 0.7",
        "def second(x, rng): return np.tanh(first(x, rng))",
    )
    (tmp_path / "hw.py").write_text(asked)
    path = tmp_path / "answer.py"
    path.write_text(
        "import numpy as np\ndef first(x, rng): return x * (rng.random(x.shape) > 0.3)\n"
        "def second(x, rng): return np.tanh(first(x, rng))\n"
    )
    found = grade(path, exercises=load_exercises(tmp_path / "hw.py"), seed=1)
    assert found.score == 1, str(found)


def test_no_sum_of_points_is_above_all_of_them(tmp_path):
    """0.1 + 0.3 + 0.2 is more than 0.3 + 0.2 + 0.1."""
    outputs = (
        'Output("y", "N 2", points=1)',
        'Output("dx", "N 3", points=0.3), Output("dW", "3 2", points=0.2), '
        'Output("db", "2", points=0.1)',
    )
    asked = pair(
        'return {"x": rng.normal(size=(N, 3)), "W": rng.normal(size=(3, 2)), '
        '"b": rng.normal(size=2)}',
        outputs,
        "def first(x, W, b): return x @ W + b, (x, W)",
        "def second(dy, cache): return dy @ cache[1].T, cache[0].T @ dy, dy.sum(axis=0)",
        cache=["cache"],
    )
    asked = asked.replace("carry_errors=0.5", "carry_errors=1").replace(
        "rng.normal(size=N) if True", "rng.normal(size=(N, 2)) if True"
    )
    (tmp_path / "hw.py").write_text(asked)
    path = tmp_path / "answer.py"
    path.write_text(
        "def first(x, W, b): return x @ W - b, (x, W)\n"
        "def second(dy, cache): return dy @ cache[1].T, cache[0].T @ dy, -dy.sum(axis=0)\n"
    )
    report = grade(path, exercises=load_exercises(tmp_path / "hw.py"), seed=1)
    second = report.results[1]
    assert (second.status, second.score) == ("failed", second.max_score), str(second)
    assert report.is_possible()
