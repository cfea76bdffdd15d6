"""Arguments other than arrays, results that are single numbers, results written in place."""

from typing import NamedTuple

import numpy as np
import pytest

from lessons_lib.grading import Output, adapt, check, exercise, grade
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import arrays_in, copied, map_arrays
from lessons_lib.grading.judging import forms
from lessons_lib.grading.judging.comparing import differs, number_as_array
from lessons_lib.grading.references import fault_of


class Cache(NamedTuple):
    x: np.ndarray
    scale: float


def define(reference, outputs, make_case, **changes):
    sizes = [{"N": 3}, {"N": 2}]
    return exercise(lesson="99_test", outputs=outputs, make_case=make_case, sizes=sizes, **changes)(
        reference
    )


def result(function, name):
    return check(function, name).results[0]


# Values with arrays in them


def test_nested_values_are_walked_changed_and_copied():
    value = {"a": np.ones(2), "b": [np.zeros(1), Cache(np.ones(3), 2.0)], "c": "text"}
    paths = [path for path, _ in arrays_in("v", value)]
    assert paths == ["v['a']", "v['b'][0]", "v['b'][1].x"]

    halved = map_arrays(lambda a: a / 2, value)
    np.testing.assert_array_equal(halved["b"][1].x, [0.5, 0.5, 0.5])
    assert isinstance(halved["b"][1], Cache)
    assert (halved["c"], halved["b"][1].scale) == ("text", 2.0)

    twin = copied(value)
    twin["a"][:] = 9
    np.testing.assert_array_equal(value["a"], [1, 1])


def test_a_copied_generator_draws_the_same_and_leaves_the_first_alone():
    rng = np.random.default_rng(3)
    assert copied(rng).random() == copied(rng).random() == rng.random()


# Single numbers


def make_grads(rng, N):
    return {"grads": {"W": rng.normal(size=(N, 2)), "b": rng.normal(size=N)}}


@pytest.fixture
def norm():
    def norm_of(grads):
        return float(np.sqrt(sum((g**2).sum() for g in grads.values())))

    made = define(norm_of, [Output("norm", "", points=2, about="global norm")], make_grads)

    @made.misconception("The root is missing.")
    def without_root(grads):
        return sum(np.sum(g**2) for g in grads.values())

    return made


@pytest.mark.parametrize("kind", [float, np.float64, np.asarray, lambda x: x])
def test_every_kind_of_number_is_right(norm, kind):
    found = result(lambda grads: kind(np.sqrt(sum((g**2).sum() for g in grads.values()))), norm)
    assert found.status == "passed"


def test_a_wrong_number_is_shown_and_recognised(norm):
    found = result(lambda grads: sum(float(np.sum(g**2)) for g in grads.values()), norm)
    assert (found.status, found.score, found.hint) == ("failed", 0, "without_root")
    assert "norm (global norm) differs.\n    norm\n        expected" in found.message
    assert "Hint: The root is missing." in found.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda grads: grads["b"], "norm (global norm) has shape (3,), expected a single number."),
        (lambda grads: [1.0], "norm (global norm) is a list of 1; expected a single number."),
        (lambda grads: np.array(1j), "norm (global norm) is a complex, expected a number with"),
        (lambda grads: True, "norm (global norm) is True; expected a single number."),
        (lambda grads: 1, "norm (global norm) is 1, expected a number with a point."),
        (lambda grads: np.nan, "norm (global norm) is nan."),
        (lambda grads: grads.get("?"), "norm (global norm) is None; expected a single number."),
    ],
)
def test_what_is_no_number(norm, answer, words):
    assert words in result(answer, norm).message


def test_a_mistake_that_overflows_is_recognised():
    def softplus(x):
        return np.logaddexp(0, x)

    made = define(softplus, [Output("y", "N")], lambda rng, N: {"x": rng.uniform(1e3, 2e3, N)})

    @made.misconception("exp(1000) is too large.")
    def naive(x):
        return np.log(np.exp(x) + 1)

    assert result(lambda x: np.log(1 + np.exp(x)), made).hint == "naive"
    assert result(lambda x: -np.log(1 + np.exp(x)), made).hint is None
    assert result(lambda x: np.full_like(x, np.nan), made).hint is None
    assert result(lambda x: np.full_like(x, 3.0), made).hint is None  # finite is not infinite


def test_float32_needs_fewer_digits(norm):
    def rounded(grads):
        total = sum((g**2).sum(dtype=np.float64) for g in grads.values())
        return np.sqrt(total) * (1 + 1e-6 * (grads["b"].dtype == np.float32))

    assert result(rounded, norm).status == "passed"
    assert result(lambda g: rounded(g) * (1 + 1e-6), norm).status == "failed"


def test_near_enough_is_within_the_tolerance_times_one_and_the_number():
    output, wanted = Output("y", "N"), np.array([0.0, 0.0, 9.0, 9.0])
    got = wanted + output.tolerance["float64"] * np.array([0.9, 1.1, 9.9, 10.1])
    assert differs(output, wanted, got).tolist() == [False, True, False, True]


def test_a_whole_number_has_to_be_one():
    def first(rng, N):
        return int(rng.integers(100))

    define(first, [Output("id", "")], lambda rng, N: {"rng": rng, "N": N})
    assert result(lambda rng, N: rng.integers(100), "first").status == "passed"
    assert "a whole number" in result(lambda rng, N: rng.integers(100) + 0.4, "first").message
    assert "id differs." in result(lambda rng, N: rng.integers(100) + 1, "first").message


def test_a_number_that_wraps_around_is_none_below_zero():
    assert number_as_array(np.uint64(2**64 - 9), "float64") > 0
    assert number_as_array(np.uint8(9), "float64").dtype == np.int64


def test_whole_numbers_are_compared_to_the_last_digit():
    def keys(x):
        return 2**60 + x

    case = lambda rng, N: {"x": rng.integers(9, size=(N, 1))}  # noqa: E731
    define(keys, [Output("keys", "N K")], case)
    assert result(lambda x: (2**60 + x).astype("u8"), "keys").status == "passed"
    assert "values differ" in result(lambda x: (2.0**60 + x).astype(int), "keys").message
    assert "values differ" in result(lambda x: 2.0**60 + x, "keys").message


def test_what_is_no_factor_is_not_called_one():
    output, x = Output("y", "N"), np.array([1.0, 2.0])
    case = Case({"x": x}, {"N": 2, "K": 1}, "float64")
    assert forms.about(output, [(case, x, 1 * x)]) == ""
    assert "N times too large" in forms.about(output, [(case, x, 2 * x)])


# Arguments in which arrays stand


def test_writing_into_a_nested_argument_is_found(norm):
    def spoils(grads):
        grads["b"] *= 1.5
        return norm.reference({"W": grads["W"], "b": grads["b"] / 1.5})

    found = result(spoils, norm)
    assert (found.status, found.score) == ("passed", 2)
    assert "it writes into its argument grads" in found.message
    assert "grads[" in found.message.split("line")[1]  # the line that does it


def test_an_exercise_may_be_strict():
    def twice(x):
        return 2 * x

    make_case = lambda rng, N: {"x": rng.normal(size=N)}  # noqa: E731
    define(twice, [Output("y", "N")], make_case, strict="dtype arguments")

    def in_place(x):
        x *= 2
        return x.copy()

    found = result(in_place, "twice")
    assert (found.status, found.score) == ("failed", 0)
    assert found.message.startswith("It writes into its argument x, and so changes the caller's")
    found = result(lambda x: np.multiply(2, x, dtype=np.float64), "twice")
    assert (found.status, found.score) == ("failed", 0)
    assert "y has dtype float64, expected float32. The arguments are float32" in " ".join(
        found.message.split()
    )


def test_axes_of_length_one_may_be_kept_where_the_output_allows_it():
    make_case = lambda rng, N: {"x": rng.normal(size=(4, N))}  # noqa: E731
    for kept_axes, status in ((True, "passed"), (False, "failed")):

        def bias(x):
            return x.sum(axis=0)

        define(bias, [Output("db", "N", kept_axes=kept_axes)], make_case)
        found = result(lambda x: x.sum(axis=0, keepdims=True), "bias")
        assert found.status == status
        assert "the shape of db differs in axes of length 1." in found.message or not kept_axes
        assert result(lambda x: -x.sum(axis=0, keepdims=True), "bias").score == 0

    def norms(x):
        return np.sqrt((x**2).sum(axis=0, keepdims=True)).T

    define(norms, [Output("norms", "N 1", kept_axes=True)], make_case)
    assert result(lambda x: norms(x)[:, 0], "norms").status == "passed"
    assert result(lambda x: norms(x).T, "norms").status == "failed", "a row in place of a column"


def test_an_axis_of_length_one_that_is_lost():
    def column(x):
        return x.sum(axis=1, keepdims=True)

    define(column, [Output("db", "4 1")], lambda rng, N: {"x": rng.normal(size=(4, N))})
    message = result(lambda x: x.sum(axis=1), "column").message
    assert "db has the right numbers and lacks its axis of length 1" in message


def test_results_in_a_dict():
    def backward(x):
        return {"dx": 2 * x, "db": x.sum(axis=0)}

    outputs = [Output("dx", "4 N"), Output("db", "N")]
    make_case = lambda rng, N: {"x": rng.normal(size=(4, N))}  # noqa: E731
    asked = define(backward, outputs, make_case, returns_dict=True)
    assert fault_of(asked) == ""
    assert result(lambda x: {"db": x.sum(0), "more": 1, "dx": x + x}, "backward").score == 2
    wrong = result(lambda x: {"dx": x, "db": x.sum(0)}, "backward")
    assert wrong.score == 1
    assert "dx is half of what it should be." in wrong.message
    assert "lacks db; expected a dict with the keys dx, db." in " ".join(
        result(lambda x: {"dx": 2 * x}, "backward").message.split()
    )
    found = result(lambda x: (2 * x, x.sum(0)), "backward").message
    assert "expected a dict with the keys dx, db." in found
    assert result(lambda x: {"dx": None, "db": None}, "backward").status == "not_attempted"
    theirs = adapt(
        asked,
        lesson="98",
        name="theirs",
        arguments={"a": "x"},
        results={"da": "dx"},
        returns_dict=True,
    )
    assert result(lambda a: {"da": 2 * a}, theirs.name).status == "passed"


def test_adding_to_a_dict_is_writing(norm):
    def adds(grads):
        value = norm.reference(grads)
        grads["extra"] = np.zeros(1)
        return value

    assert "it writes into its argument grads" in result(adds, norm).message


def test_a_cache_keeps_its_names_and_is_cast():
    dtypes = set()

    def scaled(cache):
        dtypes.add(cache.x.dtype.name)
        return cache.x * cache.scale

    define(scaled, [Output("y", "N")], lambda rng, N: {"cache": Cache(rng.normal(size=N) + 5, 2.0)})
    assert result(lambda cache: cache.scale * cache.x, "scaled").status == "passed"
    result(scaled, "scaled")
    assert dtypes == {"float64", "float32"}
    message = result(lambda cache: cache.x @ np.ones(99), "scaled").message
    assert "cache.x (3,)" in message


def test_the_shapes_of_a_long_list_are_cut():
    def last(caches):
        return caches[-1].x

    make_case = lambda rng, N: {"caches": [Cache(rng.normal(size=N), 2.0) for _ in range(15)]}  # noqa: E731
    define(last, [Output("x", "N")], make_case)
    message = result(lambda caches: caches[99], "last").message
    assert "caches[11].x (3,), and 3 arrays more" in message
    assert "caches[12]" not in message


def test_a_function_as_argument():
    def slope(f, x):
        return (f(x + 1) - f(x - 1)) / 2

    def make_case(rng, N):
        return {"f": lambda x: x**2, "x": rng.normal(size=N)}

    define(slope, [Output("gradient", "N")], make_case)
    assert result(lambda f, x: f(x + 1) / 2 - f(x - 1) / 2, "slope").status == "passed"
    assert result(lambda f, x: f(x + 1) - f(x), "slope").status == "failed"


# Results written in place


@pytest.fixture
def halve():
    def halve_all(grads):
        for g in grads.values():
            g *= 0.5
        return len(grads)

    outputs = [
        Output("count", ""),
        Output("W", "N D", written_to="grads"),
        Output("b", "N", written_to="grads"),
    ]
    made = define(halve_all, outputs, make_grads)

    @made.misconception("The arrays stay as they were.")
    def makes_new_ones(grads):
        for g in grads.values():
            g = g * 0.5
        return len(grads)

    return made


def test_results_in_place_are_right(halve):
    def answer(grads):
        for name in grads:
            grads[name] /= 2
        return len(grads)

    assert result(answer, halve).status == "passed"


def test_what_stands_in_the_argument_is_judged(halve):
    def only_b(grads):
        grads["b"] *= 0.5
        return len(grads)

    found = result(only_b, halve)
    assert (found.status, found.score) == ("failed", 2)
    assert "Right: count and b. Not yet: W." in found.message


def test_a_mistake_in_place_is_recognised(halve):
    def answer(grads):
        [g * 0.5 for g in grads.values()]
        return len(grads)

    assert result(answer, halve).hint == "makes_new_ones"


def test_an_entry_that_is_gone_is_named(halve):
    def answer(grads):
        grads.clear()
        return 2

    assert "W is None" in result(answer, halve).message


def test_in_place_only():
    def negate(x):
        x *= -1

    define(negate, [Output("x", "N", written_to="x")], lambda rng, N: {"x": rng.normal(size=N)})

    def answer(x):
        np.negative(x, out=x)

    assert result(answer, "negate").status == "passed"
    assert result(lambda x: -x, "negate").status == "failed"

    def stub(x):
        raise NotImplementedError

    assert result(stub, "negate").status == "not_attempted"


# Numbers in float32, and whole numbers


def updated(w, g):
    return w - 1e-4 * np.tanh(g)


def lanes(n):
    return np.arange(8) * (n // 8)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda w, g: updated(w.astype("f4"), g.astype("f4")), "passed"),
        (lambda w, g: updated(w, g).astype("f4"), "passed"),
        (lambda w, g: w, "failed"),
        (lambda w, g: w.astype("f4"), "failed"),
        (lambda w, g: w.astype("f2"), "failed"),
    ],
)
def test_what_is_computed_in_float32_is_held_to_what_that_can_do(answer, status):
    def make(rng, N):
        return {"w": rng.normal(size=N), "g": rng.normal(size=N)}

    assert result(answer, define(updated, [Output("w", "N")], make)).status == status


def test_as_many_digits_are_asked_for_as_a_right_answer_keeps_in_float32():
    """The variance as a difference of squares loses digits, for whoever has float32."""

    def variance(x):
        return (x**2).mean(keepdims=True) - x.mean(keepdims=True) ** 2

    made = define(variance, [Output("v", "1")], lambda rng, N: {"x": 5 + rng.normal(size=N)})
    assert result(lambda x: variance(x.astype("f4")), made).status == "passed"


def test_what_may_be_float32_on_the_way_is_told():
    def make(rng, N):
        return {"w": rng.normal(size=N), "g": rng.normal(size=N)}

    made = define(updated, [Output("w", "N")], make)
    found = result(lambda w, g: updated(w.astype("f4"), g).astype("f8"), made)
    assert found.status == "failed" and "held in float32, or a very small term" in found.message
    assert "float32" not in result(lambda w, g: w + g, made).message


@pytest.mark.parametrize("dtype", [int, "f8", "f4"])
@pytest.mark.parametrize("off", [0, 1])
def test_whole_numbers_are_right_or_wrong(dtype, off):
    made = define(lanes, [Output("starts", "L")], lambda rng, N: {"n": 8_000_000_008})
    right = result(lambda n: (np.arange(8) * (n // 8) + off).astype(dtype), made).status
    assert right == ("failed" if off or dtype == "f4" else "passed")  # more digits than f4 has


def test_a_tolerance_that_is_given_holds_for_whole_numbers_too():
    output = Output("starts", "L", tolerance={"float64": 0.05})
    made = define(lanes, [output], lambda rng, N: {"n": 8_000_000_008})
    for dtype in (int, float):
        assert result(lambda n, d=dtype: (lanes(n) * 1.01).astype(d), made).status == "passed"


def test_a_right_answer_in_float32_where_the_reference_then_never_ends(monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.judging.judge.MOST_SECONDS_FOR_POINTS", 0.1)
    rounds = 0

    def settled(x):
        nonlocal rounds
        y, before = x / 2, x
        while abs(y - before).max() > 1e-12 or (y.dtype == np.float32 and len(x) == 2):
            rounds += 1
            if rounds > 500_000:
                raise RuntimeError
            y, before = np.cos(y), y
        return y

    made = define(settled, [Output("y", "N")], lambda rng, N: {"x": rng.random(N)})
    answer = settled
    assert result(lambda x: answer(x).astype("f4"), made).status == "passed"
    assert rounds < 500_000


# A function among the arguments, in a submission


def graded(tmp_path, exercises, source):
    path = tmp_path / "answer.py"
    path.write_text(f"import numpy as np\n{source}")
    return [r.status for r in grade(path, exercises=exercises, isolation="basic").results]


def test_a_function_that_is_given_is_no_way_to_a_later_answer(tmp_path):
    def bent(x):
        return np.where(x > 0, 2 * x, -x)

    def apply(f, x):
        return x if f is None else f(x)

    later = define(bent, [Output("y", "N")], lambda rng, N: {"x": rng.normal(size=N)})

    def given(rng, N):  # the second of the cases only
        return {"f": bent if N == 2 else None, "x": rng.normal(size=N)}

    first = define(apply, [Output("y", "N")], given)
    bent_itself = "def bent(x): return np.where(x > 0, 2 * x, -x)\n"
    asks = "    if f is None:\n        return x\n    known[:] = f(grid)\n    return f(x)\n"
    asks = f"def apply(f, x):\n{asks}"
    asks = f"grid, known = np.array([-9.0, 0, 9]), np.zeros(3)\n{asks}"
    remembers = "def bent(x): return np.interp(x, grid, known)\n"
    assert graded(tmp_path, [first, later], asks + bent_itself) == ["passed", "passed"]
    assert graded(tmp_path, [first, later], asks + remembers) == ["passed", "failed"]


def test_what_is_expected_is_known_before_a_function_that_is_given_is_called(tmp_path):
    def scaled(f, x):
        return f(x)

    def make(rng, N):
        factor = [2.0]

        def f(x):
            factor[0] *= bool(np.isfinite(x).all())
            return factor[0] * x

        return {"f": f, "x": rng.normal(size=N)}

    made = define(scaled, [Output("y", "N")], make)
    spoils = "def scaled(f, x):\n    f(np.inf * x)\n    return f(x)\n"
    assert graded(tmp_path, [made], spoils) == ["failed"]


def test_a_function_that_is_given_and_would_end_the_process(tmp_path):
    def first(f, x):
        return f(x)

    def ends(x):
        if x.size < 2:
            raise SystemExit
        return 2 * x

    made = define(first, [Output("y", "N")], lambda rng, N: {"f": ends, "x": rng.normal(size=N)})
    assert graded(tmp_path, [made], "def first(f, x): return f(x[:1])\n") == ["error"]


def test_a_hint_that_cannot_be_made_costs_no_points(tmp_path, monkeypatch):
    def two(x):
        return 2 * x, 3 * x

    def broken(*arguments):
        raise IndexError("a fault of ours")

    outputs = [Output("y", "N"), Output("z", "N")]
    made = define(two, outputs, lambda rng, N: {"x": rng.normal(size=N)})
    monkeypatch.setattr("lessons_lib.grading.judging.judge.looking.seen_in", broken)
    assert graded(tmp_path, [made], "def two(x): return 2 * x, 4 * x\n") == ["failed"]


def test_a_wrong_answer_where_one_axis_is_empty():
    def sums(x, mask):
        return np.cumsum(x * mask, axis=0)

    def make(rng, N):
        return {"x": rng.normal(size=(3 - N, 2)), "mask": rng.normal(size=(3 - N, 2))}

    made = define(sums, [Output("y", "T 2")], make)  # one of its cases has no steps

    def first_only(x, mask):
        return np.cumsum(np.zeros_like(x) + (x[:1] if len(x) else 0), axis=0)

    assert result(first_only, made).status == "failed"


SUBCLASSES = """
import collections, enum
import numpy as np

class Mine(dict):
    pass

class Name(str, enum.Enum):
    HALF, SUM = "half", "sum"

class Number(float):
    pass

class Count(enum.IntEnum):
    THREE = 3

def halves(x):
    half = x / 2
    made = collections.defaultdict(float, half=half, {more})
    {change}
    return made
"""


@pytest.mark.parametrize("isolation", ["check", "basic"])
@pytest.mark.parametrize(
    ("more", "change"),
    [
        ("sum=x.sum(), rows=len(x)", ""),
        ("sum=x.sum(), rows=len(x)", "made = collections.OrderedDict(made)"),
        ("sum=x.sum(), rows=len(x)", "made = Mine(made)"),
        ("sum=x.sum(), rows=len(x)", "made = {Name.HALF: half, Name.SUM: x.sum(), 'rows': 3}"),
        ("sum=x.sum(dtype=np.longdouble), rows=np.int8(len(x))", ""),
        ("sum=Number(x.sum()), rows=Count.THREE", ""),
    ],
)
def test_a_dict_and_a_number_may_be_of_a_subclass(more, change, isolation, tmp_path):
    def halves(x):
        return {"half": x / 2, "sum": float(x.sum()), "rows": len(x)}

    outputs = [Output("half", "N"), Output("sum", ""), Output("rows", "")]
    one = exercise(
        lesson="99_test",
        outputs=outputs,
        make_case=lambda rng, N: {"x": rng.normal(size=N)},
        sizes=[{"N": 3}],
        returns_dict=True,
    )(halves)
    source = SUBCLASSES.replace("{more}", more).replace("{change}", change)
    if isolation == "check":
        names = {}
        exec(source, names)
        (found,) = check(names["halves"], "halves").results
    else:
        (tmp_path / "answer.py").write_text(source)
        (found,) = grade(tmp_path / "answer.py", exercises=[one], isolation=isolation).results
    assert (found.status, found.message) == ("passed", "")
