"""Processes that run a submission, and what confines them.

- strong: bubblewrap (Linux). The process sees Python, NumPy and this package's worker, read-only,
  and nothing else: no home, no network, no other process, no reference. When it is ended,
  everything that it started ends with it.
- basic: a process with limits on time, memory and file size and an empty environment. It can read
  what the user who grades can read, the references included.
"""

import contextlib
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

import lessons_lib
from lessons_lib.grading.box import fill_box
from lessons_lib.grading.wire import ProtocolError, receive, send

Isolation = Literal["strong", "basic"]
PACKAGE = Path(lessons_lib.__file__).parent
NUMPY = Path(np.__file__).parent
TOKEN = "MEMORY_GATES_WORKER"
START = "import sys; sys.path[:0] = {paths!r}; from lessons_lib.grading.worker import main; main()"
MOST_MEMORY = 2 * 1024**3  # bytes of address space
MOST_SECONDS_OF_CPU = 300
MOST_FILE = 10_000_000  # bytes


class WorkerDied(Exception):
    """The process ended, or said something that it may not say."""


class WorkerTooSlow(Exception):
    """No answer came in time."""


def reached(wanted: str) -> Isolation:
    """The isolation that is used: the strongest that works here, for "auto".

    Raises:
        ValueError: if there is none of that name, or it does not work here.
    """
    if wanted not in ("auto", "strong", "basic"):
        raise ValueError(f"isolation: expected auto, strong or basic, got {wanted!r}")
    if wanted == "basic":
        return "basic"
    if bubblewrap_works():
        return "strong"
    if wanted == "strong":
        raise ValueError("isolation: strong needs Linux and a bubblewrap (bwrap) that works here")
    return "basic"


@functools.cache
def bubblewrap_works() -> bool:
    """Whether a process can be started in bubblewrap on this machine."""
    if shutil.which("bwrap") is None:
        return False
    with Box() as box, contextlib.suppress(OSError, subprocess.TimeoutExpired):
        command = [*_in_bubblewrap(box.folder), *_python("pass")]
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    return False


class Box:
    """A folder with what a submission may import beside Python and NumPy; see `box.py`."""

    def __init__(self, modules: Collection[str] = (), taken: Collection[str] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="memory-gates-")
        self.folder = Path(self._folder.name)
        fill_box(self.folder, modules, taken)

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *exception: object) -> None:
        self._folder.cleanup()


class Worker:
    """A process that holds one submission. Use it as a context manager."""

    def __init__(self, box: Box, isolation: Isolation) -> None:
        self._token = secrets.token_hex(16)
        if isolation == "strong":
            paths = ["/box", "/numpy"]
            command = [*_in_bubblewrap(box.folder), *_python(START.format(paths=paths))]
        else:
            paths = [str(box.folder), str(NUMPY.parent)]
            command = _python(START.format(paths=paths))
        self._folder = tempfile.TemporaryDirectory(prefix="memory-gates-")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={TOKEN: self._token, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            | ({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}),
            start_new_session=True,
            preexec_fn=_limit if os.name == "posix" else None,
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()
        self._folder.cleanup()

    def ask(
        self,
        question: dict[str, Any],
        *,
        seconds: float,
        functions: Mapping[int, Callable[..., Any]] | None = None,
    ) -> dict[str, Any]:
        """Send a question and wait for its answer.

        Args:
            question: see `worker.py`.
            seconds: how long to wait.
            functions: those that may be called back, by number.

        Raises:
            WorkerTooSlow: if no answer came in time; the process is ended.
            WorkerDied: if it ended, or answered with what is no answer; the process is ended.
        """
        found: list[Any] = []

        def talk() -> None:
            try:
                found.append(self._talk(question, functions or {}))
            except (EOFError, OSError, ProtocolError, ValueError) as error:
                found.append(error)

        # In a thread of its own, because reading from a pipe cannot be given a time everywhere.
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            self.end()
            thread.join()
            raise WorkerTooSlow
        if isinstance(found[0], Exception):
            self.end()
            raise WorkerDied from found[0]
        return found[0]

    def _talk(
        self, question: dict[str, Any], functions: Mapping[int, Callable[..., Any]]
    ) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        questions: BinaryIO = self._process.stdin  # type: ignore[assignment]
        answers: BinaryIO = self._process.stdout  # type: ignore[assignment]
        send(questions, question)
        while "call" in (answer := receive(answers)):
            send(questions, _called_back(functions.get(answer["call"]), answer.get("argument")))
        return answer

    def end(self) -> None:
        """Kill the process and whatever it has started."""
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        for _ in range(100):  # a process that forks may be one ahead of us
            left = list(_processes_with(self._token))
            if not left:
                break
            for process in left:
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)


def _called_back(function: Callable[..., Any] | None, argument: Any) -> dict[str, Any]:
    if function is None or not isinstance(argument, np.ndarray) or argument.dtype.kind not in "iuf":
        return {"raised": "expected an array of numbers"}
    try:
        with np.errstate(all="ignore"):
            return {"value": float(function(argument))}
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"[:300]}


def _python(code: str) -> list[str]:
    # -I: neither the user's environment nor the current folder; -S: no site-packages.
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", code]


def _in_bubblewrap(box: Path) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for folder in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin"):
        if os.path.islink(folder):
            command += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            command += ["--ro-bind", folder, folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    prefix = os.path.realpath(sys.base_prefix)
    if not prefix.startswith("/usr/"):
        command += ["--ro-bind", prefix, prefix]
    command += ["--ro-bind", str(box), "/box"]
    for part in (NUMPY, NUMPY.with_name("numpy.libs")):
        if part.is_dir():
            command += ["--ro-bind", str(part), f"/numpy/{part.name}"]
    if any(PACKAGE.is_relative_to(folder) for folder in ("/usr", prefix)):
        command += ["--tmpfs", str(PACKAGE)]  # the references
    return command


def _limit() -> None:
    """In the new process, before the submission's interpreter starts."""
    import resource

    for what, limit in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS_OF_CPU),
        (resource.RLIMIT_FSIZE, MOST_FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        new = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (new, new))


def _processes_with(token: str) -> Iterator[int]:
    """Processes that inherited a worker's environment, on Linux: also those that ran away."""
    wanted = f"{TOKEN}={token}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes():
                yield int(folder.name)
