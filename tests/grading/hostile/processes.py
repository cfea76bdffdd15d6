"""Attacks by processes and threads beside the one that is asked. All of them end by themselves."""

from tests.grading.hostile.attack import FULL, RIGHT, when_called

FORKS = "forks and daemons"

# A process that is known by its environment is found; one that wipes it has to be contained.
HIDDEN = "os.execve('/bin/sleep', ['@TOKEN@', '20'], {})"

ATTACKS = (
    when_called(
        FORKS,
        "a daemon in a session of its own, beside a right answer",
        """
        try:
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    import time; time.sleep(20)
                os._exit(0)
        except OSError:
            pass
        """,
        answer=RIGHT,
        twin=FULL,
    ),
    when_called(
        FORKS,
        "a daemon that keeps the grader's pipes open, and a loop",
        f"""
        try:
            if os.fork() == 0:
                os.setsid()
                for n in range(3, 64):
                    try:
                        os.set_inheritable(n, True)
                    except OSError:
                        pass
                {HIDDEN}
        except OSError:
            pass
        while True: pass
        """,
        basic="unfiltered",
    ),
    when_called(
        FORKS,
        "processes that hand over to the next",
        """
        import time
        until = time.monotonic() + 3
        try:
            if os.fork() == 0:
                while time.monotonic() < until:
                    if os.fork():
                        os._exit(0)
                os._exit(0)
        except OSError:
            pass
        """,
    ),
    when_called(
        FORKS,
        "a program",
        "import subprocess\nsubprocess.Popen([sys.executable, '-c', 'input()'])",
    ),
    when_called(
        FORKS,
        "threads that do not end",
        """
        import threading, time
        for _ in range(20):
            threading.Thread(target=time.sleep, args=(20,)).start()
        """,
    ),
)
