"""What the isolations confine, and that nothing a submission does stops a batch or outlives it."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.batch import How, find_submissions, grade_all
from lessons_lib.grading.isolation import box, policy
from tests.grading.hostile import ATTACKS
from tests.grading.hostile.answers import FORGE
from tests.grading.hostile.attack import HEAD, RIGHT, SIGNATURE, WRONG

ROOT = Path(__file__).parent.parent.parent
needs_strong = pytest.mark.skipif(
    not policy.bubblewrap_works(), reason="bubblewrap does not work here"
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


@needs_strong
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("[n for n in os.listdir('/proc') if n.isdigit() and int(n) > 2]", "[]"),
        ("[name for _, name in socket.if_nameindex()]", "['lo']"),
        ("os.path.exists(os.path.expanduser('~/.ssh')) or os.path.exists('/etc/passwd')", "False"),
        ("[k for k in os.environ if k.startswith(('HOME', 'PATH', 'USER'))]", "[]"),
        ("os.geteuid() == 0", "False"),
        (
            "[l.split()[1] for l in open('/proc/self/status') if l[:6] in ('CapPrm', 'CapEff')]",
            "['0000000000000000', '0000000000000000']",
        ),
        (
            "[l.split()[1] for l in open('/proc/self/status') if l.startswith('NoNewPrivs')]",
            "['1']",
        ),
        ("resource.getrlimit(resource.RLIMIT_NPROC)", "(0, 0)"),
        ("[p for p in ('/', '/box', '/numpy', '/dev', '/usr') if os.access(p, os.W_OK)]", "[]"),
        ("os.access('/tmp', os.W_OK)", "True"),
        ("os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize < 10**8", "True"),
    ],
)
def test_what_strong_isolation_shows(expression, wanted, tmp_path):
    assert seen(tmp_path / "s.py", "strong", expression) == wanted


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
    with box.Folder() as name:
        descriptor = os.open(name, os.O_RDONLY)
        for _ in range(1500):
            os.mkdir("d", dir_fd=descriptor)
            inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        os.close(descriptor)
    assert not Path(name).exists()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def scores(graded):
    return {one.name: one.report.score for one in graded}


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
def test_basic_isolation_lets_the_grader_be_killed_and_loses_nothing(folder, tmp_path):
    for name in ("a.py", "c.py"):
        submission(folder / name, RIGHT)
    submission(folder / "b.py", "os.kill(os.getppid(), 9)\n" + RIGHT)
    found, how = find_submissions([folder]), How(isolation="basic")
    graded = grade_all(found, tmp_path / "out", how, jobs=2).rows
    assert scores(graded) == {"a.py": 2, "b.py": 0, "c.py": 2}
    statuses = [[result.status for result in one.report.results] for one in graded]
    assert statuses == [["passed"], ["infrastructure_error"], ["passed"]]


@needs_strong
def test_strong_isolation_does_not_let_the_grader_be_killed(folder, tmp_path):
    body = "import signal\nfor n in range(-1, 9):\n    try:\n        os.kill(n, 9) if n not in "
    body += "(0, os.getpid()) else None\n    except OSError: pass\n"
    submission(
        folder / "b.py", "try:\n    os.kill(os.getppid(), 9)\nexcept OSError: pass\n" + WRONG
    )
    submission(folder / "c.py", body + WRONG)
    found, how = find_submissions([folder]), How(isolation="strong")
    for one in grade_all(found, tmp_path / "out", how).rows:
        assert one.report.results[0].status in ("failed", "crashed")


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
@each_isolation
def test_a_batch_that_is_killed_leaves_nothing_behind_and_goes_on(level, folder, tmp_path):
    for number in range(20):
        submission(folder / f"{number:02}.py", RIGHT if number % 3 else WRONG)
    submission(folder / "07.py", "while True: pass")
    command = [sys.executable, "-m", "lessons_lib", "grade", str(folder), "--jobs", "2"]
    command += ["--out", str(tmp_path / "out"), "--isolation", level]
    temporary = tmp_path / "temporary"  # also what the processes are known by
    temporary.mkdir()
    killed = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    results = tmp_path / "out" / "results"
    until = time.monotonic() + 60
    while len(list(results.glob("*.json"))) < 9 and killed.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert 9 <= len(kept) < 20

    until = time.monotonic() + 10
    while (left := processes_that_name(str(temporary))) and time.monotonic() < until:
        time.sleep(0.05)
    for process in left:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    assert not left, "they outlived the batch"

    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "20 graded" in again.stdout
    for number in range(20):
        points = 2 if number % 3 and number != 7 else 0
        assert f"{points:>6} of 2      {number:02}.py" in again.stdout
    after = {path.name: path.stat().st_mtime_ns for path in results.glob("*.json")}
    assert len(after) == 20 and kept.items() <= after.items()


def kinds():
    return list(dict.fromkeys(attack.kind for attack in ATTACKS))


def test_the_size_of_the_corpus():
    assert len(ATTACKS) >= 60 and len(kinds()) >= 12
    assert len({(attack.kind, attack.name) for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("kind", kinds())
def test_the_guide_has_the_table_of_attacks(kind):
    """docs/isolation.md: class, attacks, stopped by strong, stopped by basic, and which are not."""
    of_kind = [attack for attack in ATTACKS if attack.kind == kind]
    open_in_basic = [attack for attack in of_kind if attack.basic != "yes"]
    row = f"| {kind} | {len(of_kind)} | {len(of_kind)} | {len(of_kind) - len(open_in_basic)} |"
    page = (ROOT / "docs" / "isolation.md").read_text(encoding="utf-8")
    line = next((line for line in page.splitlines() if line.startswith(row)), None)
    assert line is not None, f"docs/isolation.md: expected a line that begins {row}"
    for attack in open_in_basic:
        assert attack.name in line, f"docs/isolation.md does not name {attack.name!r}"
