"""Attacks on time, memory and space."""

from tests.grading.hostile.attack import HEAD, Attack, when_called, when_imported

LOOPS = "infinite loops and recursion"
MEMORY = "memory"
FLOODS = "floods of output"

ATTACKS = (
    when_called(
        LOOPS,
        "a loop that cannot be interrupted",
        "import itertools\nsum(itertools.repeat(0))",
    ),
    when_called(
        LOOPS,
        "ignores every signal that it can",
        """
        import signal
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        while True:
            try:
                while True: pass
            except BaseException:
                pass
        """,
    ),
    when_called(LOOPS, "stops itself", "os.kill(os.getpid(), 19)"),
    when_called(LOOPS, "recursion", "return lstm_gates(x, h_prev, Wx, Wh, b)"),
    when_called(
        LOOPS,
        "recursion until the stack ends",
        "sys.setrecursionlimit(10**9)\nr = lambda *a: max(0, key=r)\n"
        "f = lambda n: sorted([n], key=f)\nf(1)",
    ),
    when_imported(LOOPS, "a loop while it is imported", "while_true = [0 for _ in iter(int, 1)]"),
    when_called(
        LOOPS,
        "a result that never ends to be described",
        """
        class Endless(type):
            @property
            def __name__(cls):
                while True: pass
        return Endless("E", (), {})()
        """,
    ),
    when_called(
        MEMORY, "more and more of it", "kept = []\nwhile True: kept.append(bytearray(10**8))"
    ),
    when_called(
        MEMORY,
        "a result nested without end",
        "nested = []\nnested.append(nested)\nreturn nested, nested, nested, nested",
    ),
    when_called(
        MEMORY, "a result of a million lists", "return [[[1] * 1000 for _ in range(1000)]] * 4"
    ),
    Attack(
        MEMORY,
        "parameters with names of a megabyte",
        HEAD + 'exec(f\'def lstm_gates({"x" * 10**6}, {"y" * 10**6}): return 1\')',
        at_import=True,
    ),
    when_called(FLOODS, "prints without end", "while True: print('x' * 10**6)"),
    when_called(
        FLOODS,
        "fills the grader's socket",
        """
        import stat
        while True:
            for n in range(3, 64):
                try:
                    if stat.S_ISSOCK(os.fstat(n).st_mode):
                        os.write(n, b"\\xff" * 10**6)
                except OSError:
                    pass
        """,
    ),
    when_called(FLOODS, "an exception of 100 MB", "raise ValueError('x' * 10**8)"),
    when_called(
        FLOODS,
        "100,000 warnings",
        "import warnings\nfor n in range(100_000): warnings.warn(f'{n}' * 9)",
    ),
    when_called(
        FLOODS,
        "results of 400 MB",
        "large = np.zeros((50_000, 1000))\nreturn large, h_prev, h_prev, h_prev",
    ),
)
