"""Processes that run a submission, and what confines them.

- strong: bubblewrap (Linux). The process sees Python, NumPy and this package's worker, read-only,
  and nothing else: no home, no network, no other process, no reference. When it is ended,
  everything that it started ends with it.
- basic: a process with limits on time, memory and file size and an empty environment. It can read
  what the user who grades can read, the references included.

docs/isolation.md says which attacks each of them stops.
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

from lessons_lib.grading.isolation.box import fill_box
from lessons_lib.grading.isolation.bubblewrap import NUMPY, in_bubblewrap, is_root
from lessons_lib.grading.isolation.wire import DTYPES, receive, send

Isolation = Literal["strong", "basic"]
TOKEN = "MEMORY_GATES_WORKER"
START = """
import sys
sys.path[:0] = {paths!r}
from lessons_lib.grading.isolation.worker import main
main(gives_up_root={gives_up_root})
"""
MOST_CALLED_BACK = 10_000  # numbers in the argument of a function that is called back
SECONDS_TO_END = 5.0


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
        started = subprocess.run(
            _strong(box.folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )
        return started.returncode == 0
    return False


class Folder(tempfile.TemporaryDirectory[str]):
    """A temporary folder that may be removed whatever a submission has put into it."""

    def __init__(self) -> None:
        super().__init__(prefix="memory-gates-", ignore_cleanup_errors=True)

    def cleanup(self) -> None:
        try:
            super().cleanup()
        except RecursionError:  # folders in folders, thousands deep
            subprocess.run(["rm", "-rf", self.name], check=False)


class Box:
    """A folder with what a submission may import beside Python and NumPy; see `box.py`."""

    def __init__(self, modules: Collection[str] = (), taken: Collection[str] = ()) -> None:
        self._folder = Folder()
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)  # it is read by another user, where root grades
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
            command = _strong(box.folder)
        else:
            command = _python([str(box.folder), str(NUMPY.parent)])
        self._talking: threading.Thread | None = None
        self._ended = False
        self._folder = Folder()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={TOKEN: self._token, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
            | ({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}),
            start_new_session=True,
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
            except Exception as error:  # whatever a made-up answer can lead to
                found.append(error)
            finally:
                if self._ended:
                    self._close()

        # In a thread of its own, because reading from a pipe cannot be given a time everywhere.
        self._talking = threading.Thread(target=talk, daemon=True)
        self._talking.start()
        self._talking.join(seconds)
        if self._talking.is_alive():
            self.end()
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
            if self._ended:
                raise EOFError
            send(questions, called_back(functions.get(answer["call"]), answer.get("arguments")))
        return answer

    def end(self) -> None:
        """Kill the process and whatever it has started."""
        if self._ended:  # its number may be another process's by now
            return
        self._ended = True
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for _ in range(100):  # a process that forks may be one ahead of us
            left = list(_processes_with(self._token))
            if not left:
                break
            for process in left:
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
        if self._talking is not None:
            self._talking.join(SECONDS_TO_END)
            if self._talking.is_alive():  # a process that got away holds the pipe open, and
                return  # closing it here would wait for that process
        self._close()

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]


def called_back(function: Callable[..., Any] | None, arguments: Any) -> dict[str, Any]:
    """Call a function of the instructor's with what a submission gave it."""
    if function is None or not isinstance(arguments, list) or not all(map(_is_numbers, arguments)):
        return {"raised": "expected arrays of numbers"}
    if sum(argument.size for argument in arguments) > MOST_CALLED_BACK:
        return {"raised": f"expected at most {MOST_CALLED_BACK} numbers"}
    try:
        with np.errstate(all="ignore"):
            # A number is NumPy's, not Python's, whose powers may be of any length.
            value = function(*(argument[()] for argument in arguments))
            results = [np.asarray(v) for v in (value if isinstance(value, tuple) else (value,))]
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"[:300]}
    if not all(map(_is_numbers, results)):
        return {"raised": "the function gave what is neither a number nor an array of numbers"}
    if sum(result.size for result in results) > MOST_CALLED_BACK:
        return {"raised": f"the function gave more than {MOST_CALLED_BACK} numbers"}
    numbers = tuple(result[()] for result in results)
    return {"value": numbers if isinstance(value, tuple) else numbers[0]}


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.name in DTYPES


def _strong(box: Path) -> list[str]:
    return [*in_bubblewrap(box), *_python(["/box", "/numpy"], gives_up_root=is_root())]


def _python(paths: list[str], *, gives_up_root: bool = False) -> list[str]:
    code = START.format(paths=paths, gives_up_root=gives_up_root)
    # -I: neither the user's environment nor the current folder; -S: no site-packages.
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", code]


def _processes_with(token: str) -> Iterator[int]:
    """Processes that inherited a worker's environment, on Linux: also those that ran away."""
    wanted = f"{TOKEN}={token}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes():
                yield int(folder.name)
