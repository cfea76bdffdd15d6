"""Making exercises: the decorator, the registry, cases, alternatives, blocks, single results."""

import functools
import re

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Output, check, exercise, hint, reveal
from lessons_lib.grading.exercise.registry import EXERCISES


def make_case(rng, N=3, H=4):
    return {"a": rng.normal(size=(N, 4 * H)), "scale": 2}


def define(function, **changes):
    settings = {
        "lesson": "99_test",
        "outputs": [Output("da", "N 4H", points=3, blocks=("i", "f", "g", "o"))],
        "make_case": make_case,
        "sizes": [{"N": 3, "H": 4}, {"N": 1, "H": 2}],
    }
    return exercise(**{**settings, **changes})(function)


def double(a, scale):
    """Twice a.

    A second line.
    """
    return scale * a  # a comment


def test_exercise_is_still_the_function():
    made = define(double)
    np.testing.assert_array_equal(made(np.ones(2), scale=2), [2, 2])
    assert (made.__name__, made.__doc__) == ("double", double.__doc__)
    assert (made.name, made.parameters, made.points) == ("double", ("a", "scale"), 3)
    assert EXERCISES.find("double") is made
    assert [one for one in exercises.all() if one.lesson == made.lesson][-1] is made


def test_cases_are_drawn_from_the_generator():
    made = define(double)
    cases = made.cases(np.random.default_rng(1))
    assert [(case.sizes, case.dtype) for case in cases] == [
        ({"N": 3, "H": 4}, "float64"),
        ({"N": 1, "H": 2}, "float64"),
        ({"N": 3, "H": 4}, "float32"),
    ]
    assert cases[2].arguments["a"].dtype == np.float32
    assert cases[2].arguments["scale"] == 2
    again = made.cases(np.random.default_rng(1))
    other = made.cases(np.random.default_rng(2))
    np.testing.assert_array_equal(cases[0].arguments["a"], again[0].arguments["a"])
    assert not np.any(cases[0].arguments["a"] == other[0].arguments["a"])


def test_bare_result_is_compared_block_by_block():
    define(double)

    def wrong(a, scale):
        H = a.shape[1] // 4
        result = scale * a
        result[:, 2 * H :] += 1
        return result

    message = check(wrong, "double").results[0].message
    assert (
        "The first block that differs is block g (columns 8 to 11); right: i and f; "
        "wrong: g and o.\n    da[0, 8]" in message
    )
    message = check(lambda a, scale: scale * a + 1, "double").results[0].message
    assert "Every block differs; the first is block i (columns 0 to 3)." in message
    assert check(lambda a, scale: scale * a, "double").score == 3
    message = check(lambda a, scale: (scale * a,), "double").results[0].message
    assert "da is a tuple of 1; expected a NumPy array of shape (N, 4H) = (3, 16)." in message

    def forgets_to_return(a, scale):
        a.sum()

    message = check(forgets_to_return, "double").results[0].message
    assert "da is None; expected a NumPy array" in message


def test_bare_result_with_something_that_may_follow():
    define(double, may_follow=["cache"])
    assert check(lambda a, scale: scale * a, "double").score == 3
    assert check(lambda a, scale: (scale * a, "cache"), "double").score == 3
    report = check(lambda a, scale: (scale * a, "cache", 1), "double")
    assert report.score == 0
    assert "It returns a tuple of 3; expected da alone." in report.results[0].message


def test_time_axis_may_stand_anywhere():
    define(double, outputs=[Output("da", "N T")])

    def wrong(a, scale):
        result = scale * a
        result[0, 5:] += 1
        result[-1, 4] += 1
        return result

    message = check(wrong, "double").results[0].message
    assert "Time steps 0 to 3 are right; step 4 is the first that differs.\n    da[2, 4]" in message


def test_integer_results_must_be_equal():
    define(lambda_named("positive", lambda a, scale: (a > 0).astype(np.int64)))
    assert check(lambda a, scale: np.where(a > 0, 1, 0), "positive").score == 3
    assert check(lambda a, scale: np.where(a > 0, 1, 1), "positive").score == 0


def lambda_named(name, function):
    function.__name__ = name
    return function


def test_alternative_answers_are_right_too():
    made = define(double)

    @made.alternative
    def negative(a, scale):
        return -scale * a

    assert check(lambda a, scale: -2 * a, "double").score == 3
    assert check(lambda a, scale: 2 * a, "double").score == 3
    assert check(lambda a, scale: 3 * a, "double").score == 0
    # One answer for all cases: not sometimes this and sometimes that.
    assert check(lambda a, scale: 2 * a if len(a) == 1 else -2 * a, "double").score == 0


def test_a_wrong_answer_is_told_the_first_case_that_no_alternative_explains():
    made = define(double)

    @made.alternative
    def negative(a, scale):
        return -scale * a

    found = check(lambda a, scale: 5 * a if len(a) == 1 else -2 * a, "double").results[0]
    assert found.score == 0
    assert "N=1, H=2, float64 (the case before it is right)" in found.message


def test_tolerance_by_dtype():
    define(double, outputs=[Output("da", "N 4H", tolerance={"float64": 1e-3, "float32": 1e-3})])
    assert check(lambda a, scale: 2 * a + 1e-4, "double").score == 1
    define(double)
    assert check(lambda a, scale: 2 * a + 1e-4, "double").score == 0
    assert check(lambda a, scale: 2 * a * (1 + 1e-14), "double").score == 3


def test_misconception_is_known_by_its_name():
    made = define(double)

    @made.misconception("Not squared.")
    def squared(a, scale):
        return a**scale

    assert check(lambda a, scale: a * a, "double").results[0].hint == "squared"
    with pytest.raises(ValueError, match="double has a misconception 'squared' already"):
        made.misconception("again")(squared)


def test_exceptions_alone_are_no_sign_of_a_misconception():
    made = define(double)

    @made.misconception("Raises in every case.")
    def raises(a, scale):
        raise ValueError

    def learner(a, scale):
        raise ValueError

    assert check(learner, "double").results[0].hint is None


def test_a_mistake_is_the_reference_with_one_piece_exchanged():
    made = define(double)
    made.mistake("not_doubled", "Twice?", "scale * a", "1.0 * a")
    result = check(lambda a, scale: a, "double").results[0]
    assert (result.status, result.hint) == ("failed", "not_doubled")
    for piece, count in (("a", 6), ("scale - a", 0)):
        with pytest.raises(
            ValueError, match=f"double has once, got '{piece}', which it has {count}"
        ):
            made.mistake("other", "", piece, "b")


def fourfold(a, scale):
    return double(double(a, scale), scale)


@pytest.mark.parametrize("built_on", [None, lambda f: lambda a, scale: f(f(a, scale), scale)])
def test_mistakes_of_what_an_exercise_builds_on(built_on):
    made = define(double)
    made.mistake("not_doubled", "Twice?", "scale * a", "1.0 * a")
    define(fourfold).inherit(made, built_on)
    result = check(lambda a, scale: a, "fourfold").results[0]
    assert (result.status, result.hint) == ("failed", "not_doubled")
    with pytest.raises(ValueError, match="that double calls as a global name, got fourfold"):
        made.inherit(define(fourfold))


def test_one_name_one_exercise():
    first = define(double)
    assert define(double) is not first  # the same module may, as a cell that is run again

    def lstm_step(a, scale): ...

    lstm_step.__module__ = "lessons_lib.course.other.exercises"
    with pytest.raises(ValueError, match=r"'lstm_step', which lessons_lib\.course\.lstm_gates"):
        define(lstm_step)


def test_an_assignment_may_use_a_name_of_the_course():
    courses_own = EXERCISES.find("lstm_step")

    def lstm_step(a, scale): ...

    mine = define(lstm_step)
    assert EXERCISES.find("lstm_step") is mine
    EXERCISES.add(courses_own)  # as if the course were imported only now
    assert EXERCISES.find("lstm_step") is mine


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"lesson": None}, "lesson: expected a name, got None"),
        ({"outputs": []}, "outputs: expected at least one Output"),
        ({"outputs": [Output("y", "N"), Output("y", "N")]}, "different names, got y twice"),
        ({"outputs": [Output("y", 3)]}, "a letter for each axis"),
        (
            {"outputs": [Output("y", "N", points="2")]},
            "points of y: expected a number of 0 or more",
        ),
        ({"outputs": [Output("y", "N", points=-1)]}, "points of y: "),
        ({"outputs": [Output("y", "N", points=np.inf)]}, "points of y: "),
        ({"outputs": [Output("y", "N", tolerance=1e-3)]}, "expected such as {'float64': 1e-9}"),
        ({"outputs": [Output("y", "N", tolerance={"float64": np.inf})]}, "tolerance of y: "),
        ({"sizes": []}, "sizes: expected at least one"),
        ({"hints": None}, "hints: expected a list of texts"),
        ({"hints": "look"}, "hints: expected a list of texts"),
        ({"strict": "arguments,dtype"}, "strict: expected arguments or dtype"),
        ({"carry_errors": 2.0}, "carry_errors: expected a number from 0 to 1, got 2.0"),
        ({"carry_errors": "x"}, "carry_errors: "),
    ],
)
def test_a_slip_in_a_setting_is_told_where_it_is_made(settings, reason):
    given = {"lesson": "hw", "outputs": [Output("y", "N")], "sizes": [{"N": 3}]} | settings
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        exercise(make_case=lambda rng, N: {"x": np.zeros(N)}, **given)(lambda x: x)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpys_and_anything_that_can_be_gone_through_will_do():
    tolerance = {"float64": np.float32(1e-6), "float32": np.inf}
    made = exercise(
        lesson="hw",
        outputs=(Output(name, "N", points=np.int64(2), tolerance=tolerance) for name in "y"),
        make_case=lambda rng, N: {"x": rng.normal(size=N)},
        sizes=iter([{"N": 3}]),
        hints=(text for text in ["look"]),
        carry_errors=np.float32(0.5),
    )(double)
    assert (type(made.points), made.points, made.hints) == (float, 2.0, ("look",))


def test_a_reference_has_a_name():
    made = exercise(lesson="hw", outputs=[Output("y", "N")], make_case=dict, sizes=[{}])
    with pytest.raises(ValueError, match="a function with a name of its own"):
        made(functools.partial(np.add, 1))


def test_case_maker_must_name_the_parameters():
    made = define(double, make_case=lambda rng, N, H: {"a": rng.normal(size=N)})
    with pytest.raises(ValueError, match=r"make_case: expected .* names a, scale, got a"):
        made.cases(np.random.default_rng(0))


def test_case_maker_may_be_wrapped():
    def seeded(make):
        @functools.wraps(make)
        def made(rng, N, H, scale=1):
            return make(rng, N)

        return made

    with pytest.raises(ValueError, match=r"^make_case: "):
        define(double, make_case=lambda rng, N: {"x": rng.normal(size=N)})
    define(double, make_case=seeded(lambda rng, N: {"x": rng.normal(size=N)}))


def test_case_maker_must_take_the_sizes():
    with pytest.raises(ValueError, match=r"^make_case: expected .* rng, N, H, got one of rng, N$"):
        define(double, make_case=lambda rng, N: {"x": rng.normal(size=N)})


def test_reveal_prints_the_reference_without_its_decorator(capsys):
    define(double)
    reveal("double")
    out = capsys.readouterr().out
    assert out.startswith("def double(a, scale):\n")
    assert out.endswith("    return scale * a  # a comment\n")
    reveal("lstm_step")
    assert capsys.readouterr().out.startswith("def lstm_step(x, h_prev, c_prev, Wx, Wh, b):\n")


def test_hints_say_more_and_more(capsys):
    define(double, hints=["Think.", "Multiply."])
    hint("double")
    assert capsys.readouterr().out == 'Hint 1 of 2: Think.\nhint("double", 2) says more.\n'
    hint("double", 2)
    assert capsys.readouterr().out == "Hint 2 of 2: Multiply.\n"
    hint(double)  # the function in place of its name
    assert capsys.readouterr().out.startswith("Hint 1 of 2: Think.")
    hint("double", 3)
    assert capsys.readouterr().out == "double has hints 1 to 2; you asked for number 3.\n"
    define(double)
    hint("double")
    assert capsys.readouterr().out == "double has no hint; you asked for number 1.\n"
    hint("doubel")
    assert "got 'doubel'; did you mean double" in capsys.readouterr().out
    reveal(5)
    assert capsys.readouterr().out == "Expected a name such as 'lstm_step', got int\n"
