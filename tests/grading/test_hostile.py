"""Every attack of the corpus, in both isolations, with its control beside it or after all of them.

An attack gets through if it earns more than its answer does without it, brings a secret or a
control character into the report, changes a file that is not its own, reaches the network, or
leaves a process behind. The grader itself has to outlast every one.
"""

import contextlib
import os
import secrets
import select
import signal
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import lessons_lib
from lessons_lib.course import exercises
from lessons_lib.grading import grade
from lessons_lib.grading.isolation import policy, system_calls
from tests.grading.hostile import ATTACKS
from tests.grading.hostile.attack import CONTROL, FULL, HEAD, RIGHT, SIGNATURE, Attack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the attacks are written for Linux"),
]

STRONG = pytest.param(
    "strong",
    marks=pytest.mark.skipif(bool(policy.missing_for_strong()), reason="not possible here"),
)
HAS_FILTER = system_calls.library() is not None
CONTROL_AND_TARGET = [exercises.find("lstm_step"), exercises.find("lstm_gates")]


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_PER_CALL", 0.5)
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_TO_DEFINE", 3.0)
    monkeypatch.setattr("lessons_lib.grading.isolation.process.SECONDS_TO_END", 0.5)


@pytest.fixture
def token(monkeypatch):
    """What this test's processes are known by."""
    token = f"hostile-{secrets.token_hex(8)}"
    monkeypatch.setattr("secrets.token_hex", lambda length: token)
    yield token
    for number in processes_of(token):
        with contextlib.suppress(OSError):
            os.kill(number, signal.SIGKILL)


def processes_of(token):
    """Those that have the token in their environment or their command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            if token.encode() in words and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


@pytest.fixture
def servers(token):
    """Sockets that listen for TCP, for UDP, and in the system's own name space."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as local,
    ):
        udp.bind(tcp.getsockname())
        local.bind(f"\0{token}")
        local.listen()
        yield tcp, udp, local


def written(attack: Attack, folder, replacements):
    if attack.write is not None:
        return attack.write(folder)
    source = attack.source
    for word, replacement in replacements.items():
        source = source.replace(word, replacement)
    path = folder / "submission.py"
    path.write_text(source, encoding="utf-8")
    return path


def named(attack):
    return f"{attack.kind}: {attack.name}"


@pytest.mark.parametrize("level", [STRONG, "basic"])
@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.write is None], ids=named)
def test_an_attack(attack, level, tmp_path, token, servers):
    withstand(attack, level, tmp_path, token, servers)


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.write is not None], ids=named)
def test_an_attack_by_the_file_itself(attack, tmp_path, token, servers):
    """It is read before there is any isolation, and parsed in the same way in both."""
    withstand(attack, "auto", tmp_path, token, servers)


def withstand(attack, level, tmp_path, token, servers):
    canary, secret = tmp_path / "canary", f"secret of {token[::-1]}"
    canary.write_text(secret)
    (tmp_path / "in").mkdir()
    replacements = {
        "@PACKAGE@": str(Path(lessons_lib.__file__).parent),
        "@NUMPY@": str(Path(np.__file__).parent),
        "@CANARY@": str(canary),
        "@TOKEN@": token,
        "@SECRET_FOUND@": secret,
        "@PORT@": str(servers[0].getsockname()[1]),
    }
    path = written(attack, tmp_path / "in", replacements)

    wanted = CONTROL_AND_TARGET if attack.has_its_control else CONTROL_AND_TARGET[1:]
    # An attack on the top level that no answer uses would not be run at all.
    report = grade(path, exercises=wanted, isolation=level, run="all")
    if attack.has_its_control:
        control = report.results[0]
        assert (control.status, control.score) == ("passed", FULL), str(control)

    result = report.results[-1]
    assert result.status != "infrastructure_error"
    text = str(report)
    gone_through = {
        "points": result.score > attack.twin,
        "secret": secret in text,
        "control characters": not text.replace("\n", "").isprintable(),
        "file changed": not canary.exists() or canary.read_text() != secret,
        "network": bool(select.select(servers, [], [], 0)[0]),
        "process": outlives(token),
    }
    got_through = [what for what, happened in gone_through.items() if happened]
    assert len(text) < 20_000
    if level == "strong" or attack.basic == "yes":
        assert not got_through, f"{got_through}\n{text}"
    elif attack.basic == "unfiltered" and HAS_FILTER:
        assert not got_through, f"{got_through}\n{text}"
    elif attack.basic == "no":
        assert got_through, "basic isolation stops it: say so in the corpus"


def outlives(token):
    """Whether a process is there still when the system has had time to clear away the dead."""
    for _ in range(20):
        if not processes_of(token):
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("level", [STRONG, "basic"])
def test_the_twins_earn_what_is_said(level, tmp_path):
    """A right answer passes, after all that this process has graded: the attacks' control."""
    path = tmp_path / "twin.py"
    body = "".join(f"    {line}\n" for line in RIGHT.splitlines())
    path.write_text(f"{HEAD}\n{CONTROL}\n\n{SIGNATURE}{body}")
    assert grade(path, exercises=CONTROL_AND_TARGET, isolation=level).score == 2 * FULL
