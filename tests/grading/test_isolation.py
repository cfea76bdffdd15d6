"""What the isolations confine, and that nothing a submission does stops a batch or outlives it."""

import ast
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.batch import (
    Found,
    How,
    find_submissions,
    grade_all,
    leave_out_exercises,
    pool,
)
from lessons_lib.grading.batch.students import Names
from lessons_lib.grading.isolation import bubblewrap, importable, policy, system_calls, visible
from lessons_lib.grading.isolation.process import Allowance, Worker, _processes_with, started
from tests.grading import deep
from tests.grading.hostile import ATTACKS
from tests.grading.hostile.answers import FORGE
from tests.grading.hostile.attack import HEAD, RIGHT, SIGNATURE, WRONG

X86_64, ARM64 = 0xC000003E, 0xC00000B7  # SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64
ROOT = Path(__file__).parent.parent.parent
needs_strong = pytest.mark.skipif(
    bool(policy.missing_for_strong()), reason="bubblewrap does not work here"
)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
each_isolation = pytest.mark.parametrize(
    "level", [pytest.param("strong", marks=needs_strong), "basic"]
)


def submission(path, body):
    path.write_text(HEAD + SIGNATURE + textwrap.indent(textwrap.dedent(body), "    "))
    return path


def seen(path, level, expression):
    """What a submission finds out, by way of an exception."""
    lines = f"import resource, socket\nraise ValueError('<' + str({expression}) + '>')"
    message = (
        grade(submission(path, lines), exercises=[exercises.find("lstm_gates")], isolation=level)
        .results[0]
        .message
    )
    assert "ValueError: <" in message, message
    return message.split("ValueError: <")[1].split(">\n")[0]


SHOWN = {
    "[p for p in ('/proc', '/sys', '/usr/bin/env', '/bin/sh') if os.path.exists(p)]": [],
    "sorted(os.listdir('/dev'))": ["null", "random", "urandom", "zero"],
    "os.listdir('/etc')": ["ld.so.cache"],
    "os.path.exists(os.path.expanduser('~/.ssh')) or os.path.exists('/etc/passwd')": False,
    "[k for k in os.environ if k.startswith(('HOME', 'PATH', 'USER'))]": [],
    "resource.getrlimit(resource.RLIMIT_NPROC)": (0, 0),
    "[folder for folder, _, _ in os.walk('/') if os.access(folder, os.W_OK)]": [],
    "{p.split('/')[-1] for p in sys.path[1:]} <= {'site-packages', 'dist-packages'}": False,
    "[n for n in os.listdir(sys.path[1]) if not n.startswith(('numpy', 'parso'))]": [],
}


@needs_strong
def test_what_strong_isolation_shows(tmp_path):
    found = ast.literal_eval(seen(tmp_path / "s.py", "strong", f"[{', '.join(SHOWN)}]"))
    assert dict(zip(SHOWN, found, strict=True)) == SHOWN


@on_linux
@each_isolation
def test_a_worker_has_no_rights(level):
    """As the system sees it from outside: inside there is no /proc."""
    with importable.Importable() as made, Worker(made, level, Allowance()) as worker:
        question = {"cells": [], "names": [], "is_notebook": False, "run": "all", "seconds": 1.0}
        worker.ask({"do": "define", **question}, seconds=20)
        described = [
            dict(line.split(":\t") for line in Path(f"/proc/{n}/status").read_text().splitlines())
            for n in _processes_with(worker._token)
        ]
    (status,) = [d for d in described if d["Name"].startswith("python") and d["Seccomp"] == "2"]
    assert status["NoNewPrivs"] == "1"
    if level == "strong":
        assert status["CapPrm"] == status["CapEff"] == "0" * 16
        if os.geteuid() == 0:
            assert int(status["Uid"].split()[0]) >= policy.FIRST_USER


@on_linux
@each_isolation
def test_a_right_answer_of_a_worker_that_gets_no_processor_for_a_while_counts(level):
    """On a busy machine."""
    with importable.Importable() as made, Worker(made, level, Allowance()) as worker:
        cells, more = [["file", "def f(): return 7"]], {"is_notebook": False, "run": "all"}
        question = {"cells": cells, "names": ["f"], "seconds": 20.0, **more}
        worker.ask({"do": "define", **question}, seconds=20)
        processes = list(_processes_with(worker._token))
        for number in processes:
            os.kill(number, signal.SIGSTOP)
        on = threading.Timer(1.0, lambda: [os.kill(n, signal.SIGCONT) for n in processes])
        on.start()
        call = {"do": "call", "name": "f", "arguments": {}, "copying": False, "looked_at": None}
        assert worker.ask({**call, "writable": [], "keyword_only": []}, seconds=0.5)["value"] == 7


def test_what_lies_in_the_standard_library_s_folder_and_is_not_pythons(tmp_path, monkeypatch):
    own = [
        "json/decoder.py",
        "random.py",
        "__pycache__/random.cpython-312.pyc",
        "_sysconfigdata_x.py",
    ]
    foreign = [
        "exercises.py",
        "__pycache__/exercises.cpython-312.pyc",
        "course/a.txt",
        "site-packages/b",
    ]
    for name in [*own, *foreign]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(visible, "STANDARD_LIBRARY", tmp_path)
    found = {str(p.relative_to(tmp_path)) for p in visible.not_of_python.__wrapped__()}
    assert found == {"course", "site-packages", *foreign[:2]}


def test_an_exercises_file_that_every_submission_could_read_is_refused(tmp_path):
    folder = visible.NUMPY / "lib"  # whatever lies there: nothing is read
    for file in (Path(os.__file__).parent / "json" / "decoder.py", next(folder.glob("*.py"))):
        with pytest.raises(ValueError, match="every submission may read; keep it elsewhere"):
            leave_out_exercises(Found({}, {}, {}, {}, Names()), file)
    assert not visible.is_shown(Path(pytest.__file__)) and not visible.is_shown(tmp_path)


@pytest.mark.skipif(system_calls.library() is None, reason="libseccomp is not here")
def test_the_allowed_system_calls_are_known_on_arm_too():
    """What arm64 has not are calls that its C library makes by their younger forms."""
    numbers = {
        (arch, rule.name): system_calls.library().seccomp_syscall_resolve_name_arch(
            ctypes.c_uint32(arch), rule.name.encode()
        )
        for arch in (X86_64, ARM64)
        for rule in system_calls.rules(1)
    }
    assert -1 not in numbers.values()  # libseccomp knows no such call anywhere
    older = "access alarm dup2 epoll_create epoll_wait getdents getpgrp lstat open pause poll"
    older += " readlink select stat time"
    of_32_bits = {"fstat64", "fstatat64", "ugetrlimit"}
    left = {arch: {n for a, n in numbers if a == arch and numbers[a, n] < 0} for arch, _ in numbers}
    assert left == {X86_64: of_32_bits, ARM64: of_32_bits | set(older.split())}


def test_bubblewrap_is_found_outside_of_the_usual_places_and_not_in_the_current_folder(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bwrap"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", ".")
    assert bubblewrap.program() != "./bwrap"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bubblewrap.program() == str(program)


@each_isolation
def test_no_variable_of_the_environment_is_passed_on(level, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "x")
    assert seen(tmp_path / "s.py", level, "'SECRET_OF_THE_GRADER' in os.environ") == "False"


@each_isolation
def test_a_function_that_is_called_back_gets_no_large_argument(level, tmp_path):
    """It runs in the grader, whose memory nothing limits."""
    path = tmp_path / "s.py"
    for size, words in ((10_001, "expected at most 10000 numbers"), (10_000, "it was called")):
        path.write_text(
            f"{HEAD}def numerical_gradient(f, x, eps=1e-6):\n"
            f"    try:\n        f(np.zeros({size}))\n"
            "    except ValueError as e:\n"
            "        if 'at most' in str(e): raise\n"
            "    raise ValueError('it was called')\n"
        )
        wanted = [exercises.find("numerical_gradient")]
        assert words in grade(path, exercises=wanted, isolation=level).results[0].message


@each_isolation
def test_a_number_too_large_for_an_array_is_no_accident_of_the_grader(level, tmp_path):
    path = tmp_path / "s.py"
    forged = textwrap.indent(f"{FORGE}\nanswer(value=10 ** 4000)\nreturn 1.0\n", "    ")
    path.write_text(f"{HEAD}def global_norm(grads):\n{forged}")
    result = grade(path, exercises=[exercises.find("global_norm")], isolation=level).results[0]
    assert (result.status, result.score) == ("crashed", 0)


@on_linux
def test_a_folder_thousands_deep_is_no_error():
    with importable.Folder() as name:
        assert len(list(deep.folders(name, "d", 1500))) == 1500
    assert not Path(name).exists()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def scores(graded):
    return {one.name: one.report.score for one in graded}


@pytest.mark.skipif(sys.platform != "linux", reason="set on Linux only")
def test_what_a_file_makes_the_grader_itself_do_is_bounded():
    code = "from lessons_lib.grading.batch import grading_process as process, pool\n"
    code += "process.MOST_MEMORY, process.end_with_parent = 10**9, lambda: None\n"
    code += "pool.load_exercises = lambda path: bytearray(2 * 10**9)\n"
    code += "process._limit_memory()\n"
    code += "print(process._grade_one(None, pool.How('hw.py')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "could not be checked" in done.stdout and "MemoryError" in done.stdout, done.stderr


def test_a_submission_that_cannot_be_graded_stops_no_other(folder, tmp_path):
    submission(folder / "a.py", RIGHT)
    if os.name == "posix":
        (folder / "c.py").symlink_to("nowhere")
    submission(folder / "d.py", RIGHT)
    submission(folder / "<img src=x onerror=alert(1)>.py", "raise ValueError('<img src=x>')")
    found = find_submissions([folder])
    found.submissions["../../e.py"] = folder / "gone.py"
    graded = {one.name: one.report for one in grade_all(found, tmp_path / "out").rows}
    assert graded["a.py"].score == graded["d.py"].score == 2
    assert [r.status for r in graded["../../e.py"].results] == ["infrastructure_error"]
    for page in (tmp_path / "out").rglob("*.html"):
        assert "<img" not in page.read_text(encoding="utf-8")
    outside = {p.name for p in tmp_path.iterdir()} | {
        p.name for p in tmp_path.parent.glob("*.json")
    }
    assert outside == {"in", "out"}, "a name with .. led out of the folder"


@on_linux
@each_isolation
def test_a_submission_that_sends_signals_around_ends_itself_at_most(level, folder, tmp_path):
    for name in ("a.py", "c.py"):
        submission(folder / name, RIGHT)
    for number, target in enumerate(("os.getppid()", "0", "-os.getppid()")):
        kill = f"try:\n    os.kill({target}, 9)\nexcept OSError: pass\n"
        submission(folder / f"b{number}.py", kill + WRONG)
    graded = grade_all(find_submissions([folder]), tmp_path / "out", How(isolation=level), jobs=2)
    assert scores(graded.rows) == {"a.py": 2, "c.py": 2} | {f"b{n}.py": 0 for n in range(3)}
    statuses = {result.status for one in graded.rows for result in one.report.results}
    assert statuses <= {"passed", "failed", "crashed"}


@on_linux
def test_no_other_process_can_read_what_is_sent_to_a_worker():
    """In basic isolation a submission took another's question, which then got no answer."""
    process, questions, answers = started([sys.executable, "-c", "input()"])
    with process, questions, answers:
        for descriptor in (0, 1):
            with pytest.raises(OSError, match="No such device or address"):
                os.open(f"/proc/{process.pid}/fd/{descriptor}", os.O_RDONLY | os.O_NONBLOCK)
        questions.write(b"\n")
    reading, writing = os.pipe()  # so they talked before
    with open(f"/proc/self/fd/{writing}", "rb", opener=lambda path, _: os.open(path, os.O_RDONLY)):
        os.close(reading)
        os.close(writing)


def processes_that_name(word):
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if word.encode() in words:
                found.add(int(process.name))
    return found - {os.getpid()}


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize(
    ("level", "how"),
    [
        pytest.param("strong", "killed while its graders are stopped", marks=needs_strong),
        ("basic", "killed"),
        ("basic", "Ctrl-C"),
    ],
)
def test_a_batch_that_is_ended_leaves_nothing_behind_and_goes_on(
    level, how, folder, tmp_path, lessons
):
    for number in range(6):
        submission(folder / f"{number}.py", RIGHT if number % 3 else WRONG)
    submission(folder / "3.py", "__import__('time').sleep(1000)")
    command = [sys.executable, "-m", "lessons_lib", "grade", str(folder), "--jobs", "2"]
    command += ["--out", str(tmp_path / "out"), "--isolation", level]
    temporary = tmp_path / "temporary"  # also what the processes are known by
    temporary.mkdir()
    ended = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    results = tmp_path / "out" / "results"
    until = time.monotonic() + 60
    while len(list(results.glob("*.json"))) < 2 and ended.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    for process in processes_that_name(str(temporary)) if "stopped" in how else ():
        with contextlib.suppress(OSError):  # it may have ended
            at = Path(f"/proc/{process}")
            # One that grades: before it has begun it cannot have asked to end with the batch.
            if (
                b"grading_process" in (at / "cmdline").read_bytes()
                and (at / "task" / str(process) / "children").read_text()
            ):
                os.kill(process, signal.SIGSTOP)
    ended.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
    said = ended.communicate(timeout=60)[1]  # until no process has its standard error open
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 2 <= len(kept) < 6
    if how == "Ctrl-C":
        line = "lessons: stopped; what is graded is kept, and the same command goes on\n"
        assert (ended.returncode, said) == (130, line)

    until = time.monotonic() + 10
    while (left := processes_that_name(str(temporary))) and time.monotonic() < until:
        time.sleep(0.05)
    for process in left:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    assert not left, "they outlived the batch"

    submission(folder / "3.py", WRONG)
    status, said, err = lessons(*command[3:])
    assert (status, err) == (0, "") and "6 graded" in said
    for number in range(6):
        assert f"{2 if number % 3 else 0:>6} of 2      {number}.py" in said
    after = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert len(after) == 6 and kept.items() <= after.items()


@pytest.mark.slow
@on_linux
def test_a_grader_that_is_killed_or_stopped(folder, tmp_path, monkeypatch):
    """From outside, while it grades: nothing is lost, and nothing is left of its worker."""
    strikes = {"b.py": [signal.SIGKILL], "c.py": [signal.SIGKILL] * 2, "d.py": [signal.SIGSTOP]}
    for name in ("a.py", *strikes, "e.py"):
        submission(folder / name, RIGHT)
    asked, workers = pool.GradingProcess._asked, []

    def strike(grader, number):
        children = Path(f"/proc/{grader}/task/{grader}/children")
        until = time.monotonic() + 30
        while not (found := children.read_text().split()) and time.monotonic() < until:
            time.sleep(0.01)
        workers.append(found)
        os.kill(grader, number)

    def asked_and_struck(self, process, path):
        if strikes.get(path.name):
            given = process.pid, strikes[path.name].pop()
            threading.Thread(target=strike, args=given).start()
        return asked(self, process, path)

    monkeypatch.setattr(pool.GradingProcess, "_asked", asked_and_struck)
    monkeypatch.setattr(pool, "MOST_SECONDS", 20.0)
    found, out = find_submissions([folder]), tmp_path / "out"
    graded = grade_all(found, out, jobs=2).rows
    statuses = {one.name: one.report.results[0].status for one in graded}
    assert statuses == dict.fromkeys(statuses, "passed") | {"c.py": "infrastructure_error"}
    assert len(workers) == 4 and all(workers)
    until = time.monotonic() + 10
    while any(runs(child) for found in workers for child in found):
        assert time.monotonic() < until, "a worker outlived its grader"
        time.sleep(0.05)

    results = {path: path.stat().st_mtime_ns for path in (out / "results").glob("*.json")}
    assert scores(grade_all(find_submissions([folder]), out).rows) == dict.fromkeys(statuses, 2)
    anew = {path.name[:1] for path, made in results.items() if path.stat().st_mtime_ns != made}
    assert anew == {"c"}


def runs(process):
    """Whether there is such a process, and it has not ended."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


def kinds():
    return list(dict.fromkeys(attack.kind for attack in ATTACKS))


def test_the_size_of_the_corpus():
    assert len(ATTACKS) >= 60 and len(kinds()) >= 12
    assert len({(attack.kind, attack.name) for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("kind", kinds())
def test_the_guide_has_the_table_of_attacks(kind):
    """docs/isolation.md: class, how many, stopped by strong, by basic, and without a filter."""
    of_kind = [attack for attack in ATTACKS if attack.kind == kind]
    open_in_basic = [attack for attack in of_kind if attack.basic in ("no", "perhaps")]
    unfiltered = sum(attack.basic == "unfiltered" for attack in of_kind)
    number, stopped = len(of_kind), len(of_kind) - len(open_in_basic)
    row = f"| {kind} | {number} | {number} | {stopped} | {stopped - unfiltered} |"
    page = (ROOT / "docs" / "isolation.md").read_text(encoding="utf-8")
    line = next((line for line in page.splitlines() if line.startswith(row)), None)
    assert line is not None, f"docs/isolation.md: expected a line that begins {row}"
    for attack in open_in_basic:
        assert attack.name in line, f"docs/isolation.md does not name {attack.name!r}"
