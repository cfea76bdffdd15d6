"""What of a submission's top level is run: Run All decides what its functions must return."""

import ast
import inspect
import linecache
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_client.manager import start_new_kernel

from lessons_lib.grading.isolation.defining import define
from lessons_lib.grading.isolation.statements import parse


@pytest.fixture(autouse=True, scope="module")
def _restored():
    main, cache = sys.modules["__main__"], dict(linecache.cache)
    yield
    sys.modules["__main__"] = main
    linecache.cache.clear()
    linecache.cache.update(cache)


def defined(*cells, run="needed", is_notebook=True, seconds=10.0):
    """The namespace, problems as text, and which concern f."""
    pieces = [(f"cell {number}", cell) for number, cell in enumerate(cells, start=1)]
    main = sys.modules["__main__"]
    try:
        namespace, problems, concerns, _ = define(
            pieces, ["f"], is_notebook=is_notebook, run=run, seconds=seconds
        )
    finally:
        sys.modules["__main__"] = main
    told = [f"{p.kind} {p.label}, line {p.line}: {p.text}" for p in problems]
    return namespace, told, [told[number] for number in concerns["f"]]


F = "def f(): return T"
# Cells, and what f returns when all of them have been run.
AS_AFTER_RUN_ALL = {
    "a loop with a method": (["T = []\nfor k in range(3):\n    T.append(k)", F], [0, 1, 2]),
    "a method as a statement": (["T = {}", "T.update(a=1)", F], {"a": 1}),
    "an item": (["T = [0]", "T[0] = 5", F], [5]),
    "an item's item": (["T = [[0]]", "T[0][0] += 5", F], [[5]]),
    "an attribute": (["class T: pass", "T.x = 3", "def f(): return T.x"], 3),
    "a function's attribute": (["def g(): return g.x", "g.x = 3", "def f(): return g()"], 3),
    "added to": (["T = 1", "T += 2", F], 3),
    "deleted from": (["T = {1: 1, 2: 2}", "del T[1]", F], {2: 2}),
    "deleted": (["len = max", "del len", "def f(): return len('abc')"], 3),
    "if": (["T = 1\nif T:\n    T = 2\nelse:\n    T = 3", F], 2),
    "main": (["T = 1\nif __name__ == '__main__':\n    T = 2", F], 2),
    "try": (["try:\n    import none_such as T\nexcept ImportError:\n    T = 4", F], 4),
    "with": (["import io\nwith io.StringIO('x') as file:\n    T = file.read()", F], "x"),
    "while": (["T = 0\nwhile T < 9:\n    T += 1", F], 9),
    "match": (["match [1, 2]:\n    case [a, b]:\n        T = a + b", F], 3),
    "match of what changes": (
        ["T = [[1]]\nmatch T:\n    case [a]:\n        a.append(2)", F],
        [[1, 2]],
    ),
    "walrus": (["if (T := 10) > 5: pass", F], 10),
    "walrus in a comprehension": (["[T := k for k in range(4)]", F], 3),
    "a comprehension that appends": (["T = []\n[T.append(k) for k in range(2)]", F], [0, 1]),
    "unpacked": (["(a, *T), b = [1, 2, 3], 4", F], [2, 3]),
    "global in a function": (["def g():\n    global T\n    T = 7", "g()", F], 7),
    "global in a function of a function": (
        ["T = 1", "def g():\n    T.append(1)", "def h(): g()", "T = []", "h()", F],
        [1],
    ),
    "a method of an object": (
        ["class A:\n    def go(self):\n        global T\n        T = 8", "a = A()", "a.go()", F],
        8,
    ),
    "an argument of a function": (["def fill(t):\n    t.append(1)", "T = []", "fill(T)", F], [1]),
    "an argument of a module's function": (
        ["import heapq\nT = []", "heapq.heappush(T, 3)", F],
        [3],
    ),
    "another name for it": (["T = [1]", "other = T", "other.append(2)", F], [1, 2]),
    "a part of it": (["T = [[1]]", "row = T[0]", "row.append(2)", F], [[1, 2]]),
    "rows of it": (["T = [[1], [2]]\nfor row in T:\n    row.append(0)", F], [[1, 0], [2, 0]]),
    "what holds it": (["T = []", "held = {'t': T}", "held['t'].append(1)", F], [1]),
    "a decorator that registers": (
        [
            "T = []\ndef register(g):\n    T.append(g.__name__)\n    return g",
            "@register\ndef g(): ...",
            F,
        ],
        ["g"],
    ),
    "a registry of functools": (
        [
            "from functools import singledispatch\n@singledispatch\ndef g(x): return 'other'",
            "@g.register\ndef _(x: int): return 'int'",
            "def f(): return g(1)",
        ],
        "int",
    ),
    "the later one counts": (["def f(): return 1", "def f(): return 2"], 2),
    "a lambda": (["f = lambda: 5"], 5),
    "partial": (["from functools import partial\ndef g(x): return x", "f = partial(g, 6)"], 6),
    "a wrapper": (["import functools\n@functools.lru_cache\ndef f(): return 5"], 5),
    "a star": (["from math import *", "def f(): return floor(pi)"], 3),
    "names of one import": (["import math, none_such", "def f(): return math.floor(2.5)"], 2),
    "a dataclass": (
        [
            "from __future__ import annotations\nfrom dataclasses import dataclass",
            "@dataclass\nclass A:\n    x: Unknown = 3",
            "def f(): return A().x",
        ],
        3,
    ),
    "an annotation that is not known": (
        ["from none_such import Float", "def f() -> Float: return 1"],
        1,
    ),
    "an annotation of an older NumPy": (
        ["import numpy as np", "def f(x: np.float_ = 1) -> np.Inf: return x"],
        1,
    ),
    "what is no annotation": (["import math", "def f(x: math.pi | 3 = 1): return x"], 1),
    "an annotation within": (
        ["if True:\n    def f():\n        def g(x: no_such): return x\n        return g(2)"],
        2,
    ),
    "imports that are not run": (
        ["if len('') > 0:\n    import none_such\n    from math import pow", F, "T = pow(2, 3, 5)"],
        3,
    ),
    "a future for all cells": (
        ["from __future__ import annotations", "x = 1", "def f() -> No: return 1"],
        1,
    ),
    "a class": (
        ["class A:\n    T = 1\n    def g(self): return self.T", "def f(): return A().g()"],
        1,
    ),
    "globals by text": (["globals()['T'] = 5", F], 5),
    "exec": (["exec('T = 5')", F], 5),
    "a seed": (
        [
            "import random",
            "random.seed(3)",
            "T = random.random()",
            "import random as r\nr.seed(3)",
            "def f(): return T == r.random()",
        ],
        True,
    ),
    "await": (["import asyncio\nawait asyncio.sleep(0)\nT = 3", F], 3),
    # IPython's
    "a continuation with %": (["T = (7\n     % 4)", F], 3),
    "a continuation with !=": (["T = (7\n     != 4)", F], True),
    "%pylab": (["%pylab inline", "def f(): return np.sqrt(4) + sqrt(4)"], 4),
    "help": (["def f(): return 1\nf?", "?f", "f??"], 1),
    "a command's output": (["x = !ls\n!ls -l\n%matplotlib inline", "def f(): return x"], None),
    "timed": (["t = %timeit -o -n 10 3 + 4", "def f(): return 1"], 1),
    "%time": (["%time T = 4", F], 4),
    "x = %time": (["def g(): return 4", "T = %time g()", F], 4),
    "%%time": (["%%time\nT = [1]\nT.append(2)", F], [1, 2]),
    "%%timeit": (["%%timeit -n 1 -r 1\ndef f():\n    return 3"], 3),
    "%%capture": (["%%capture out\ndef f():\n    %time print(1)\n    return 3"], 3),
    "%%time in %%capture": (["%%capture\n%%time\ndef f(): return 3"], 3),
    "as nbconvert writes it": (
        ["get_ipython().run_cell_magic('time', '', 'def f():\\n    return 3')"],
        3,
    ),
    "%%bash": (["%%bash\ndef f(): return 4", "def f(): return 3"], 3),
    "prompts": ([">>> T = 3\n>>> def f():\n...     return T"], 3),
    "indented": (["    T = 3\n    def f(): return T"], 3),
    "blank lines first": (["\n\n%time T = 3", F], 3),
    "get_ipython": (
        ["get_ipython().run_line_magic('cd', '/')\nx = get_ipython().x.y()", "def f(): return x"],
        None,
    ),
    # changes by another name, and names by text
    "setattr": (["class P: pass\nsetattr(P, 'a', 3)\ndef f(): return P.a"], 3),
    "a method that is handed on": (["P = []\nlist(map(P.append, [3]))\ndef f(): return P[0]"], 3),
    "a method under a name": (["P = []\nadd = P.append\nadd(3)\ndef f(): return P[0]"], 3),
    "what a function gives": (
        ["P = {}\ndef get(): return P\nget()['a'] = 3\ndef f(): return P['a']"],
        3,
    ),
    "what a function gave": (
        ["P = {}\ndef get(): return P\nq = get()\nq['a'] = 3\ndef f(): return P['a']"],
        3,
    ),
    "a pair of closures": (
        [
            "def made():\n    s = [1]\n    return lambda x: s.append(x), lambda: s[-1]",
            "put, f = made()\nput(3)",
        ],
        3,
    ),
    "globals": (["A = 3\ndef f(): return globals()['A']"], 3),
    "eval": (["A = 3\ndef f(): return eval('A')"], 3),
    "deep recursion": (
        [
            "import sys\nsys.setrecursionlimit(10**4)\ndef g(n): return n and g(n - 1)",
            "def f(): return 3 + g(3000)",
        ],
        3,
    ),
    # one broken block
    "an old print": (["def g():\n    print 'a', 1\n\n\nT = 3\n\n\ndef f():\n    return T\n"], 3),
    "an old except": (["try:\n    a\nexcept E, e:\n    pass\nT = 3\ndef f(): return T\n"], 3),
    "unfinished": (["def g(x:\n    return\n\ndef f(): return 3"], 3),
    "unfinished call": (["x = foo(1, [2,\ndef f(): return 3"], 3),
    "indentation": (["def g():\n    a = 1\n      b = 2\n    return a\ndef f(): return 3"], 3),
    "tabs and spaces": (["def g():\n\ta = 1\n        b = 2\n    return a\ndef f(): return 3"], 3),
    "a string that does not end": (
        ['def f(): return 3\ndef g():\n    """does not end\n    return 1'],
        3,
    ),
    "nor does this, before": (
        ['def g():\n    """does not end\n    return 1\ndef f():\n    return 3\n'],
        3,
    ),
    "return outside": (["T = 3\nreturn T", F], 3),
    "else alone": (["if x:\n    T = 1\nelse\n    T = 2\nT = 3\ndef f(): return T"], 3),
}


@pytest.mark.parametrize("name", AS_AFTER_RUN_ALL)
def test_f_returns_what_it_would_after_run_all(name):
    cells, expected = AS_AFTER_RUN_ALL[name]
    for run in ("needed", "all"):
        namespace, told, _ = defined(*cells, run=run)
        assert "f" in namespace, told
        assert namespace["f"]() == expected, told


TRAINING = """
def sgd(W, steps):
    for k in range(steps):
        W -= len(str(k))
    return float(W)
def train(model, steps):
    losses = []
    for k in range(steps):
        losses.append(model(k))
        print(min(losses))
    return losses
act = np.tanh
double = lambda x: 2 * x
slow = np.vectorize(double)
"""


@pytest.mark.parametrize(
    "cell",
    [
        "W = np.ones(3)\nprint('sgd', sgd(W, 10**12))",
        "for name, run in (('sgd', sgd), ('x', sgd)): run(np.ones(2), 10**12)",
        "while True: act(1.0), double(3), slow(2)",
        "losses = train(sgd, 10**12)\nprint(len(losses), act(losses[-1]))",
        "model = lambda k: act(k)\nwhile True: print(model(1))",
        "import functools\nwhile True: functools.partial(len)([1])",
        "def debug(): return globals()\nwhile True: pass",
    ],
)
def test_a_training_loop_is_not_run_for_an_answer_that_uses_what_it_uses(cell):
    answer = "def f():\n    return sum(int(double(act(0.0) + slow(k))) for k in range(len([1, 2])))"
    begun = time.monotonic()
    namespace, told, _ = defined("import numpy as np" + TRAINING, answer, cell)
    assert (namespace["f"](), told) == (4, [])
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "cell",
    [
        "while True: pass",
        "for step in range(10**12):\n    h = f()\n    losses.append(h)",
        "train(f, model)",
        "losses = train(model)\nplt.plot(losses)",
        "print(f(), T)\nassert len(T) == 9",
        "check(f)\nstop()",
        "%timeit while True: pass",
        "if __name__ == '__main__':\n    stop()",
        "def main():\n    while True: f()\nmain()",
        "np.testing.assert_allclose(train(model), f())",
        "y = show(T)",
        "assert 'T' in globals()\nwhile True: pass",
        "eval('stop()')",
        "input()",
    ],
)
def test_what_nothing_depends_on_is_not_run(cell):
    before = "import numpy as np\nT = [1]\nlosses = []\ndef show(t):\n    while True: print(t)"
    begun = time.monotonic()
    namespace, told, _ = defined(before, "def f():\n    h = np.sum(T)\n    return h", cell)
    assert (namespace["f"](), told) == (1, [])
    assert time.monotonic() - begun < 3


def test_all_is_run_if_asked_for():
    namespace, told, concerns = defined("print(1)\nT = 1", "def f(): return T", "1 / 0", run="all")
    assert namespace["f"]() == 1 and concerns == []
    assert told == ["run cell 3, line 1: ZeroDivisionError: division by zero"]


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="the system has none")
@pytest.mark.parametrize("run", ["needed", "all"])
def test_a_statement_has_its_share_of_the_time(run):
    begun = time.process_time()
    loop = "T = 1\nwhile True:\n    T += 1"
    namespace, told, concerns = defined(loop, "def f(): return 1", "T = 5", F, run=run, seconds=1.0)
    assert time.process_time() - begun < 1
    assert namespace["f"]() == 5
    assert told == concerns == ["run cell 1, line 2: it took too long, and was stopped"]
    _, told, _ = defined("import time\ntime.sleep(60)", F, run="all", seconds=0.1)
    assert told == ["run cell 1, line 2: it took too long, and was stopped"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["import none_such as x", "def f(): return x"], "import cell 1, line 1: none_such"),
        (["from none_such import a, x", "def f(): return x"], "import cell 1, line 1: none_such"),
        (["from .layers import *", "def f(): return x"], "import cell 1, line 1: .layers"),
        (["import numpy as np\nx = np.none(1)", "def f(): return x"], "run cell 1, line 2: Attr"),
        (["for k in range(3):\n    T = 1\n    1 / 0", F], "run cell 1, line 3: ZeroDivisionError"),
        (["def g(:\n    pass", "def f(): return g()"], "syntax cell 1, line 1: SyntaxError"),
        (["x = 1", "def g():\n    return 1\n  2", "def f(): g()"], "syntax cell 2, line 3: Indent"),
        (["%%bash\nx=3", "def f(): return x"], "left out cell 1, line 1: %%bash is not run"),
        (
            ["\n%%writefile a.py\nx = 3", "def f(): return x"],
            "left out cell 1, line 2: %%writefile",
        ),
        (["%%time\nx = 1 / 0", "def f(): return x"], "run cell 1, line 2: ZeroDivisionError"),
        (["exit()\nx = 1\nimport sys\nT = sys.exit(3)", F], "run cell 1, line 4: SystemExit: 3"),
    ],
)
def test_what_an_answer_lacks_is_named(cells, words):
    _, told, concerns = defined(*cells)
    assert len(concerns) == 1 and concerns[0].startswith(words), (told, concerns)


def test_a_broken_place_is_named_with_its_line_and_text():
    source = "x = 1\n\n\ndef show(m):\n    print 'value:', m\n\n\ndef f():\n    return x\n"
    namespace, told, concerns = defined(source, is_notebook=False)
    assert namespace["f"]() == 1 and concerns == []
    assert len(told) == 1 and told[0].startswith("syntax cell 1, line 5: SyntaxError: ")
    assert told[0].endswith(":  print 'value:', m")


def test_an_import_that_is_not_there_is_named_and_costs_nothing():
    cells = ["import torch_of_my_own", "from past_of_mine.builtins import xrange", "import math"]
    namespace, told, concerns = defined(*cells, "def f(): return 1")
    assert namespace["f"]() == 1 and concerns == []
    names = [
        "import cell 1, line 1: torch_of_my_own",
        "import cell 2, line 1: past_of_mine.builtins",
    ]
    assert told == names


@pytest.mark.parametrize(
    "cell",
    [
        "try:\n    import none_such, math\nexcept ImportError: pass",
        "try:\n    import none_such\n    from math import floor\n    import math as m, math\n"
        "except: print('pip install none_such')",
        "import contextlib\nwith contextlib.ExitStack():\n    import none_such.x\n    import math",
        "if True:\n    import none_such as x\n    import math",
    ],
)
def test_an_import_that_is_not_there_takes_none_after_it_along(cell):
    namespace, _, _ = defined(cell, "def f(): return math.floor(2.5)")
    assert namespace["f"]() == 2


# Statements over few names, so that they meet; some fail, some change what others hold.
NAMES = st.sampled_from("abcd")
EXPRESSIONS = st.one_of(
    st.builds("[{}]".format, NAMES),
    st.builds("{}[0]".format, NAMES),
    st.builds("list({})".format, NAMES),
    st.builds("[*{}, 7]".format, NAMES),
    st.builds("dict(k={})".format, NAMES),
    st.builds("(lambda: {})()".format, NAMES),
    st.builds("{} or {}".format, NAMES, NAMES),
    st.builds("g({})".format, NAMES),
    st.sampled_from(["[]", "[1]", "[[1], [2]]", "3", "K"]),
    NAMES,
)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("{} = {} = {}".format, NAMES, NAMES, EXPRESSIONS),
    st.builds("{} += {}".format, NAMES, EXPRESSIONS),
    st.builds("{}.append({})".format, NAMES, EXPRESSIONS),
    st.builds("{}[0] = {}".format, NAMES, EXPRESSIONS),
    st.builds("{}[0].append({})".format, NAMES, EXPRESSIONS),
    st.builds("del {}".format, NAMES),
    st.builds("del {}[0]".format, NAMES),
    st.builds("for {} in list({}):\n    {}.append(1)".format, NAMES, EXPRESSIONS, NAMES),
    st.builds("if {}:\n    {} = {}".format, NAMES, NAMES, EXPRESSIONS),
    st.builds("try:\n    {}.pop()\nexcept Exception:\n    {} = [8]".format, NAMES, NAMES),
    st.builds("match {}:\n    case [{}, *_]: pass".format, NAMES, NAMES),
    st.builds("[{0}.append(i) for i in range(2)]".format, NAMES),
    st.builds("with C({}) as {}:\n    pass".format, EXPRESSIONS, NAMES),
    st.builds("def g(x):\n    x.append({})\n    return x".format, NAMES),
    st.builds("def g(x):\n    global {}\n    {} = [x]\n    return x".format, NAMES, NAMES),
    st.builds("g({})".format, NAMES),
    st.builds("K = type('K', (), dict(v={}))".format, NAMES),
    st.builds("K.v = {}".format, EXPRESSIONS),
    st.builds("({} := {})".format, NAMES, EXPRESSIONS),
    st.builds("h({}, {})".format, NAMES, NAMES),
)
PRELUDE = """\
a, b, c, d = [], [1], [[2]], [3, 4]
class K: v = 0
class C:
    def __init__(self, x): self.x = x
    def __enter__(self): return self.x
    def __exit__(self, *_): pass
def g(x): return x
def h(x, y): x.append(y)
"""


def shown(namespace):
    try:
        return repr(namespace["f"]()).replace("__main__.", "").replace("builtins.", "")
    except Exception as error:
        return type(error).__name__


def running(shell, shown):
    """Runs cells in a kernel, in a namespace that is as a new kernel's is."""
    from IPython.utils.io import capture_output

    at_first = set(shell.user_ns) - {"running", "shown"}

    def run_all(cells):
        for name in set(shell.user_ns) - at_first:
            del shell.user_ns[name]
        with capture_output():
            for cell in cells:
                shell.run_cell(cell)
        return shown(shell.user_ns)

    return run_all


@pytest.fixture(scope="module")
def run_all():
    """What `shown` says after Run All in a real kernel; one for all notebooks."""
    manager, client = start_new_kernel(kernel_name="python3")
    made = "get_ipython().run_all = running(get_ipython(), shown)"
    sources = (inspect.getsource(shown), inspect.getsource(running), made)
    client.execute("\n".join(sources), reply=True)

    def ask(*cells):
        asked = {"f": f"get_ipython().run_all({cells!r})"}
        reply = client.execute("", user_expressions=asked, reply=True, timeout=60)
        return ast.literal_eval(reply["content"]["user_expressions"]["f"]["data"]["text/plain"])

    yield ask
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@settings(max_examples=60, deadline=None)
@given(statements=st.lists(STATEMENTS, max_size=12), name=NAMES)
def test_random_notebooks_end_as_after_run_all(run_all, statements, name):
    cells = PRELUDE, *statements, f"def f(): return {name}, K.v"
    namespace, _, _ = defined(*cells)
    assert shown(namespace) == run_all(*cells)


def test_lines_keep_their_numbers():
    nodes, _ = parse(
        "cell 1", "\n\n%%time\n%matplotlib inline\nx = (\n 1)\n!ls\ny = 2", is_notebook=True
    )
    bound = {node.targets[0].id: node.lineno for node in nodes if isinstance(node, ast.Assign)}
    assert bound == {"x": 5, "y": 8}
