"""A process that holds a submission: starting it, asking it, ending it with all it has started."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import numpy as np

from lessons_lib.grading.isolation.importable import Folder, Importable
from lessons_lib.grading.isolation.policy import TOKEN, Isolation, command
from lessons_lib.grading.isolation.times import Stopwatch
from lessons_lib.grading.isolation.wire import DTYPES, ProtocolError, receive, send

MOST_CALLED_BACK = 10_000  # numbers in the argument of a function that is called back
SECONDS_TO_END = 5.0
SECONDS_TO_BE_SEEN = 0.2  # for the end of a process that answers no more
KILLED = (-9, 128 + 9)  # by SIGKILL, and as bubblewrap tells it
AT_ONCE = 0.1  # of the time for an answer
SHORTEST_WAIT = 0.02  # seconds
_left_behind: list[threading.Thread] = []


@dataclass
class Allowance:
    """What one submission may still take, in all the processes that run it one after the other."""

    seconds: float = 120.0  # for its answers, as a Stopwatch counts
    bytes: int = 256_000_000  # of answers
    kills: int = 1  # by the system, after which the same is asked anew


class WorkerDied(Exception):
    """The process ended, or said something that it may not say."""


class WorkerKilled(Exception):
    """Something else ended the process, the system, say, out of memory: it may be asked anew."""


class WorkerTooSlow(Exception):
    """No answer came in so many seconds of a processor's; and whether that is because it waits."""


class Worker:
    """A process that holds one submission. Use it as a context manager."""

    def __init__(self, importable: Importable, isolation: Isolation, allowance: Allowance) -> None:
        self._allowance = allowance
        self._token = secrets.token_hex(16)
        self._talking: threading.Thread | None = None
        self._ended = False
        self._folder = Folder()
        self._process, self._questions, self._answers = started(
            command(importable.file, isolation),
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
            seconds: of a processor that the answer may take, if the submission may take as much
                still, and PATIENCE times as many on the clock.
            functions: those that may be called back, by number.

        Raises:
            WorkerTooSlow: if no answer came in time; the process is ended.
            WorkerDied: if it ended, or answered with what is no answer; the process is ended.
            WorkerKilled: if it was killed from outside, for the first time.
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
        seconds = max(0.0, min(seconds, self._allowance.seconds))
        self._talking.start()
        # Most answers come at once, and it takes time to ask what a process has used.
        started = time.monotonic()
        self._talking.join(AT_ONCE * seconds)
        at_once = used = time.monotonic() - started
        waits = False
        if self._talking.is_alive():
            stopwatch = Stopwatch(self._worked)
            while self._talking.is_alive() and used < seconds:
                self._talking.join(max(seconds - used, SHORTEST_WAIT))
                counts, waits = stopwatch.read()
                used = at_once + counts
        self._allowance.seconds -= used
        if self._talking.is_alive():
            self.end()
            raise WorkerTooSlow(seconds, waits)
        if isinstance(found[0], Exception):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if isinstance(found[0], EOFError | OSError):
                    self._process.wait(SECONDS_TO_BE_SEEN)
            is_killed = self._process.returncode in KILLED and self._allowance.kills > 0
            self._allowance.kills -= is_killed
            self.end()
            raise (WorkerKilled if is_killed else WorkerDied) from found[0]
        return found[0]

    def _talk(
        self, question: dict[str, Any], functions: Mapping[int, Callable[..., Any]]
    ) -> dict[str, Any]:
        questions = self._questions
        answers = cast(BinaryIO, _Counted(self._answers, self._allowance))
        send(questions, question)
        while "call" in (answer := receive(answers)):
            if self._ended:
                raise EOFError
            if set(answer) != {"call", "arguments"} or type(answer["call"]) is not int:
                raise ProtocolError("a call is not what it may be")
            send(questions, called_back(functions.get(answer["call"]), answer["arguments"]))
        return answer

    def _worked(self) -> float:
        """Seconds for which processors have worked for the process and all it has started."""
        import psutil

        total = 0.0
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += sum(each.cpu_times()[:4])  # its own, and of those that have ended
        return total

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
                _left_behind.append(self._talking)
                return  # closing it here would wait for that process
        self._close()

    def _close(self) -> None:
        for stream in (self._questions, self._answers):
            with contextlib.suppress(OSError):
                stream.close()


def started(
    command: list[str], **options: Any
) -> tuple["subprocess.Popen[bytes]", BinaryIO, BinaryIO]:
    """Start a process; returns it, what it reads from, and what it writes to.

    By a socket where the system has them: a pipe can be opened by way of /proc by every process of
    the same user, and a submission in basic isolation would read what was meant for another's.
    """
    if os.name != "posix":
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, **options)
        return process, cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    ours, theirs = socket.socketpair()
    with ours, theirs:  # ours is open as long as one of its files is
        end = theirs.fileno()
        process = subprocess.Popen(command, stdin=end, stdout=end, **options)
        return process, ours.makefile("wb"), ours.makefile("rb")


def is_held_up() -> bool:
    """Whether this process still works for a submission that has ended.

    A function that is given as an argument is called here, with what a stranger chooses, and may
    never come to an end.
    """
    return any(thread.is_alive() for thread in _left_behind)


class _Counted:
    """A stream of which no more is read than the submission may send."""

    def __init__(self, stream: Any, allowance: Allowance) -> None:
        self._stream, self._allowance = stream, allowance

    def read(self, length: int) -> bytes:
        self._allowance.bytes -= length
        if self._allowance.bytes < 0:
            raise ProtocolError("the submission has sent too much")
        return self._stream.read(length)


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
    except BaseException as error:  # also those that would end a process
        return {"raised": f"{type(error).__name__}: {error}"[:300]}
    if not all(map(_is_numbers, results)):
        return {"raised": "the function gave what is neither a number nor an array of numbers"}
    if sum(result.size for result in results) > MOST_CALLED_BACK:
        return {"raised": f"the function gave more than {MOST_CALLED_BACK} numbers"}
    numbers = tuple(result[()] for result in results)
    return {"value": numbers if isinstance(value, tuple) else numbers[0]}


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.name in DTYPES


def _processes_with(token: str) -> Iterator[int]:
    """Processes that inherited a worker's environment, on Linux: also those that ran away."""
    wanted = f"{TOKEN}={token}".encode()
    numbers = os.listdir("/proc") if sys.platform == "linux" else []
    for number in filter(str.isdigit, numbers):
        with contextlib.suppress(OSError), open(f"/proc/{number}/environ", "rb") as environment:
            if wanted in environment.read():
                yield int(number)
