"""Attacks that would make a wrong answer pass for a right one."""

from tests.grading.hostile.attack import FULL, when_called, when_imported

NUMPY = "patched NumPy"
WORKER = "patched builtins and worker"
FORGED = "results forged on descriptors"
AT_EXIT = "at exit"
ARRAYS = "array subclasses and lying headers"
SHOWN = "terminal, CSV and HTML injection"

# Writes messages of its own to every socket and pipe that the process has.
FORGE = """
import json, stat, struct
def say(message, blob=b"", lengths=None):
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    head = struct.pack(">II", *(lengths or (len(text), len(blob))))
    for n in range(64):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode) or stat.S_ISFIFO(os.fstat(n).st_mode):
                os.write(n, head + text + blob)
        except OSError:
            pass
def answer(blob=b"", **fields):
    made = {"value": None, "written_into": {"": []}, "raised": None, "attempted": True,
            "written": ["list", []], "written_at": None, "printed": "", "warnings": ["list", []]}
    say({"": [[key, value] for key, value in {**made, **fields}.items()]}, blob)
"""


def forging(kind, name, *lines, **more):
    return when_called(kind, name, FORGE + "\n".join(lines), **more)


ATTACKS = (
    when_called(
        NUMPY,
        "comparisons that are always true",
        "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
        "np.testing = type('T', (), {'__getattr__': lambda s, n: lambda *a, **k: None})()",
    ),
    when_called(
        NUMPY,
        "arrays that are sent are others",
        "np.ascontiguousarray = lambda a: np.full(np.shape(a), 'passed')",
    ),
    when_imported(
        NUMPY,
        "another module in its place",
        "import types\nfake = types.ModuleType('numpy')\nfake.__dict__.update(np.__dict__)\n"
        "fake.abs = lambda a: a * 0\nsys.modules['numpy'] = np = fake",
    ),
    when_called(
        WORKER,
        "builtins that always agree",
        """
        import builtins
        builtins.all = lambda values: True
        builtins.any = lambda values: False
        builtins.isinstance = lambda value, kinds: True
        """,
    ),
    when_imported(
        WORKER,
        "the worker's call says what it likes",
        """
        import lessons_lib.grading.isolation.worker as worker
        worker.call = lambda function, case: worker.Outcome(True, attempted=True)
        """,
    ),
    when_called(
        WORKER,
        "says that nothing was attempted",
        """
        import lessons_lib.grading.isolation.worker as worker
        send = worker.send
        worker.send = lambda stream, message: send(stream, message | {"attempted": False})
        """,
    ),
    when_called(
        WORKER,
        "hides that it writes into its arguments",
        # To the grader the same as a function that works on copies, and that is allowed: its twin.
        """
        import lessons_lib.grading.isolation.running as running
        running._fingerprint = lambda argument: 0
        x += 1; x -= 1; x[0] = x[0] + 0; b_before = b.copy(); b[:] = 0; b = b_before
        """,
        answer="a = x @ Wx + h_prev @ Wh + b\ni, f, g, o = np.split(a, 4, axis=1)\n"
        "s = lambda v: 1 / (1 + np.exp(-v))\nreturn s(i), s(f), np.tanh(g), s(o)\n",
        twin=FULL,
    ),
    when_called(
        FORGED,
        "writes a result to standard output and error",
        """
        for n in (0, 1, 2):
            try:
                os.write(n, b'{"results": [{"status": "passed", "score": 2.0}]}')
            except OSError:
                pass
        """,
    ),
    forging(FORGED, "a well-formed answer of its own", "answer(value=['tuple', [True] * 4])"),
    forging(
        FORGED,
        "answers for calls to come",
        "for _ in range(20): answer(passed=True, score=2, value=['tuple', [1, 1, 1, 1]])",
    ),
    forging(FORGED, "half a message, then silence", "say(b'{', lengths=(1000, 1000))"),
    forging(FORGED, "nested 100,000 deep", "say(b'[' * 100_000)"),
    forging(FORGED, "asks to call what is not there", "say({'': [['call', ['list', []]]]})"),
    forging(FORGED, "asks for calls without end", "while True: say({'': [['call', 0]]})"),
    forging(
        FORGED,
        "arrays where names belong",
        "z = ['array', 'float64', [2]]",
        "answer(bytes(16), written=['list', [z]])",
    ),
    when_imported(
        FORGED,
        "a signature of 50,000 parameters",
        FORGE + "many = [['list', [f'p{n}', 'POSITIONAL_ONLY', False]] for n in range(50_000)]\n"
        "described = {'': [['parameters', ['list', many]], ['is_plain', True]]}\n"
        "say({'': [['functions', {'': [['lstm_gates', described]]}], ['problems', None]]})",
    ),
    when_imported(
        AT_EXIT,
        "a handler that answers when the process ends",
        FORGE + "import atexit\natexit.register(answer, value=['tuple', [True] * 4])",
    ),
    when_imported(
        AT_EXIT,
        "ends while it is imported",
        "import atexit\natexit.register(print, 'passed')\nos._exit(0)",
    ),
    when_called(
        AT_EXIT,
        "an object whose end answers",
        FORGE + "class End:\n    def __del__(self): answer(value=True)\nEnd()\n"
        "sys.modules['kept'] = End()",
    ),
    when_called(
        ARRAYS,
        "a subclass that equals everything",
        """
        class Sure(np.ndarray):
            def __eq__(self, other): return np.ones(self.shape, bool)
            def __sub__(self, other): return np.zeros(self.shape)
            __rsub__ = __sub__
            def __array_ufunc__(self, *arguments, **named): return np.zeros(self.shape)
        sure = np.zeros(h_prev.shape).view(Sure)
        return sure, sure, sure, sure
        """,
    ),
    when_called(
        ARRAYS,
        "objects that only look like arrays",
        """
        class Looks:
            shape, dtype, ndim = h_prev.shape, h_prev.dtype, 2
            def __eq__(self, other): return True
            def __array__(self, *arguments, **named): raise SystemExit
            __hash__ = None
        return Looks(), Looks(), Looks(), Looks()
        """,
    ),
    when_called(
        ARRAYS,
        "arrays of objects",
        """
        class Near:
            def __rsub__(self, other): return 0.0
            def __abs__(self): return 0.0
        near = np.full(h_prev.shape, Near(), object)
        return near, near, near, near
        """,
    ),
    when_called(ARRAYS, "masked arrays", "m = np.ma.masked_all(h_prev.shape)\nreturn m, m, m, m"),
    when_called(ARRAYS, "NaN", "n = np.full_like(h_prev, np.nan)\nreturn n, n, n, n"),
    forging(
        ARRAYS,
        "a header that says more than its bytes",
        "z = ['array', 'float64', list(h_prev.shape)]",
        "answer(b'1234', value=['tuple', [z] * 4])",
    ),
    when_called(
        SHOWN,
        "an exception that clears the screen",
        "raise ValueError('\\x1b[2J\\x1b]0;title\\x07\\x9b31m passed, 2 of 2 points\\r')",
    ),
    when_called(
        SHOWN,
        "prints that erase a line and turn the text round",
        "print('\\x1b[1A\\x1b[2K passed \\u202e\\u2066 \\b\\b\\b \\x00')",
    ),
    when_called(
        SHOWN,
        "an exception's class with a tag in its name",
        "raise type('<img src=x onerror=alert(1)>\\x1b[2J', (Exception,), {})('<script>')",
    ),
    when_imported(
        SHOWN,
        "a line of source with a tag in it",
        "",
        answer="raise ValueError('<script>alert(1)</script>')  # <b>\u202e\n",
    ),
    when_called(
        SHOWN,
        "a type with an escape in its name",
        "return type('\\x1b[2J<b>\\n=1+1', (), {})()",
    ),
)
