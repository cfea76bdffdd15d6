"""Attacks that look for the expected results or the reference, or for what is not theirs."""

from tests.grading.hostile.attack import when_called

FRAMES = "frames and the garbage collector"
BY_NAME = "import of the reference by name"
BY_PATH = "the reference by its path"
FILES = "files of the grader and of others"
PROC = "the grader through /proc"
NETWORK = "network"

ANSWER_WITH = "return reference(x, h_prev, Wx, Wh, b)"
# Run the lesson's references from their source, with the modules that they need at hand.
RUN_SOURCE = """
text = open(path).read()
start = text.index("def lstm_gates(")
made = {"np": np, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}
exec(text[start:text.index("@exercise", start)], made)
return made["lstm_gates"](x, h_prev, Wx, Wh, b)
"""


def trying(*lines):
    """Lines that may fail: the attacker goes on with the wrong answer."""
    body = "\n".join("    " + line for text in lines for line in text.strip("\n").splitlines())
    return f"try:\n{body}\nexcept Exception:\n    pass\n"


ATTACKS = (
    when_called(
        FRAMES,
        "callers' frames hold the expected results",
        """
        frame = sys._getframe()
        while frame:
            for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
                if type(value) is tuple and len(value) == 4:
                    return value
                if callable(getattr(value, "reference", None)):
                    return value.reference(x, h_prev, Wx, Wh, b)
            frame = frame.f_back
        """,
    ),
    when_called(
        FRAMES,
        "gc finds a tuple of four arrays of the right shape",
        """
        import gc
        for value in gc.get_objects():
            if type(value) is tuple and len(value) == 4 and all(
                type(v) is np.ndarray and v.shape == h_prev.shape for v in value
            ):
                return value
        """,
    ),
    when_called(
        FRAMES,
        "a trace function waits for the comparison",
        """
        def trace(frame, event, argument):
            if "expected" in frame.f_locals:
                frame.f_locals["got"] = frame.f_locals["expected"]
            return trace
        sys.settrace(trace)
        sys._getframe().f_back.f_trace = trace
        """,
    ),
    when_called(
        BY_NAME,
        "the exercise's module",
        trying(
            "from lessons_lib.course.lstm_gates.exercises import lstm_gates as reference",
            ANSWER_WITH,
        ),
    ),
    when_called(
        BY_NAME,
        "the registry",
        trying(
            "from lessons_lib.grading.exercise.registry import find",
            'reference = find("lstm_gates")',
        )
        + trying(ANSWER_WITH),
    ),
    when_called(
        BY_NAME,
        "the layer's gates, from its own step",
        trying(
            "from lessons_lib.cells import lstm_step as step",
            "h, c, cache = step(x, h_prev, np.zeros_like(h_prev), Wx, Wh, b)",
            "return cache.i, cache.f, cache.g, cache.o",
        ),
    ),
    when_called(
        BY_NAME,
        "the real package, put before the grader's copy",
        trying(
            "sys.path.insert(0, os.path.dirname('@PACKAGE@'))",
            "sys.path.append(os.path.dirname('@NUMPY@'))",
            "for name in [n for n in sys.modules if n.startswith('lessons_lib')]:",
            "    del sys.modules[name]",
            "from lessons_lib.course.lstm_gates.exercises import lstm_gates as reference",
            ANSWER_WITH,
        ),
        basic="perhaps",  # where jaxtyping needs a thread, it cannot be imported
    ),
    when_called(
        BY_NAME,
        "another library's LSTM",
        trying(
            "import glob",
            "for root in (sys.base_prefix, '/usr', '/usr/local'):",
            "    sys.path += glob.glob(root + '/lib*/python3*/*-packages')",
            "import torch",
            "print('@SECRET_FOUND@')",
        ),
        basic="perhaps",  # torch may not be there
    ),
    when_called(
        BY_PATH,
        "the exercise's source",
        trying("path = '@PACKAGE@/course/lstm_gates/exercises.py'", RUN_SOURCE),
        basic="no",
    ),
    when_called(
        BY_PATH,
        "searched for in all folders beside NumPy's",
        trying(
            "import glob",
            "roots = [os.path.dirname('@PACKAGE@')] + sys.path",
            "found = [glob.glob(r + '/lessons_lib/course/*gates/exercises.py') for r in roots]",
            "path = [p for paths in found for p in paths][0]",
            RUN_SOURCE,
        ),
        basic="no",
    ),
    when_called(
        BY_PATH,
        "by a program that reads it",
        trying(
            "import subprocess, tempfile",
            "path = tempfile.mkdtemp() + '/copy'",
            "source = '@PACKAGE@/course/lstm_gates/exercises.py'",
            "subprocess.run(['cp', source, path], check=True)",
            RUN_SOURCE,
        ),
        basic="unfiltered",
    ),
    when_called(
        FILES,
        "reads what the grading user may read",
        trying("print(open('@CANARY@').read())"),
        basic="no",
    ),
    when_called(
        FILES,
        "writes over another's submission or result",
        trying("open('@CANARY@', 'w').write('100 points')"),
        basic="unfiltered",
    ),
    when_called(
        FILES, "deletes another's file", trying("os.remove('@CANARY@')"), basic="unfiltered"
    ),
    when_called(
        FILES,
        "writes over the worker's own modules",
        """
        import lessons_lib.grading.isolation.running as running
        for name in ("running", "worker", "wire"):
            path = os.path.join(os.path.dirname(running.__file__), name + ".py")
            try:
                open(path, "w").write("raise SystemExit")
            except OSError:
                pass
        """,
    ),
    when_called(
        FILES,
        "appends to NumPy on the disk",
        # Not the file itself: a test must not spoil what it runs on.
        trying("open('@NUMPY@/hostile.@TOKEN@', 'w').close()", "print('@SECRET_FOUND@')")
        + trying("os.remove('@NUMPY@/hostile.@TOKEN@')"),
        basic="unfiltered",
    ),
    when_called(
        PROC,
        "the parent's view of the file system",
        trying(
            "path = f'/proc/{os.getppid()}/root@PACKAGE@/course/lstm_gates/exercises.py'",
            RUN_SOURCE,
        ),
        basic="perhaps",  # systems differ in what they let a process see of its parent
    ),
    when_called(
        PROC,
        "the parent's folder and environment",
        trying(
            "if 'pyproject.toml' in os.listdir(f'/proc/{os.getppid()}/cwd'):",
            "    print('@SECRET_FOUND@')",
        )
        + trying(
            "if b'HOME=' in open(f'/proc/{os.getppid()}/environ', 'rb').read():",
            "    print('@SECRET_FOUND@')",
        ),
        basic="perhaps",
    ),
    when_called(
        PROC,
        "the parent's memory",
        trying(
            "secret = b'secret of ' + b'@TOKEN@'[::-1]",
            "memory = open(f'/proc/{os.getppid()}/mem', 'rb')",
            "for line in open(f'/proc/{os.getppid()}/maps'):",
            "    if line.split()[1].startswith('rw') and line.split()[4] == '0':",
            "        start, end = (int(n, 16) for n in line.split()[0].split('-'))",
            "        memory.seek(start)",
            "        if secret in memory.read(min(end - start, 10**8)):",
            "            print(secret.decode())",
            "            break",
        ),
        basic="perhaps",
    ),
    when_called(
        NETWORK,
        "sends a secret to a server, or a datagram",
        trying(
            "import socket",
            "socket.create_connection(('127.0.0.1', @PORT@), 0.5).sendall(b'x')",
        )
        + trying(
            "sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "sender.sendto(b'x', ('127.0.0.1', @PORT@))",
        ),
        basic="unfiltered",
    ),
    when_called(
        NETWORK,
        "a socket in the system's name space",
        trying(
            "import socket",
            "s = socket.socket(socket.AF_UNIX)",
            "s.connect('\\0@TOKEN@')",
        ),
        basic="unfiltered",
    ),
)
