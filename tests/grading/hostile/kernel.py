"""Attacks by system calls: what no limit counts, what outlives a process, and other processes."""

from tests.grading.hostile.attack import when_called
from tests.grading.hostile.seeing import trying

UNCOUNTED = "what no limit counts"
OTHERS = "signals and other processes"

LIBC = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"
def number(others, arm): return arm if ARM else others
"""


def succeeding(kind, name, condition, *lines, **more):
    """An attack that has succeeded if the condition holds."""
    found = (*lines, f"if {condition}:", "    print('@SECRET_FOUND@')")
    return when_called(kind, name, LIBC + trying(*found), **{"basic": "unfiltered", **more})


ATTACKS = (
    succeeding(
        UNCOUNTED,
        "System V's and POSIX's shared memory, semaphores and message queues",
        "any(made >= 0 for made in (shared, semaphores, queue, other))",
        "shared, semaphores = libc.shmget(0, 10**9, 0o1600), libc.semget(0, 250, 0o1600)",
        "queue = libc.msgget(0, 0o1600)",
        "other = libc.mq_open(b'/hostile-@TOKEN@', os.O_RDWR | os.O_CREAT, 0o600, None)",
    ),
    succeeding(UNCOUNTED, "a file in memory", "os.memfd_create('hostile') >= 0"),
    succeeding(
        UNCOUNTED,
        "files and folders, as many as one likes",
        "made",
        "made = 0",
        "for folder in ('.', '/tmp', '/dev/shm', '/dev', '/', '/importable.zip', sys.path[0]):",
        "    for make in (os.mkdir, lambda p: open(p, 'x').close(), lambda p: os.symlink('x', p)):",
        "        try:",
        "            make(f'{folder}/hostile-@TOKEN@')",
        "            made += 1",
        "            os.remove(f'{folder}/hostile-@TOKEN@')",
        "        except OSError:",
        "            pass",
    ),
    succeeding(
        UNCOUNTED,
        "locks on every byte of a file",
        "fcntl.lockf(open(np.__file__), fcntl.LOCK_SH, 1, 1) is None",
        "import fcntl",
    ),
    succeeding(
        UNCOUNTED,
        "io_uring and userfaultfd",
        "ring >= 0 or libc.syscall(number(323, 282), 1) >= 0",
        "ring = libc.syscall(425, 8, ctypes.create_string_buffer(120))",
    ),
    succeeding(
        UNCOUNTED,
        "a text in the kernel's key ring, for an accomplice",
        "libc.syscall(number(248, 217), b'user', b'hostile', b'text', 4, -4) >= 0",
    ),
    succeeding(
        UNCOUNTED,
        "bytes out of band, where the kernel has had faults",
        "one.send(b'x', socket.MSG_OOB) == 1",
        "import socket",
        "one, other = socket.socketpair()",
    ),
    succeeding(UNCOUNTED, "a name space of its own", "libc.unshare(0x10000000) == 0"),
    succeeding(
        OTHERS, "traces the process above it", "libc.ptrace(0x4206, os.getppid(), 0, 0) == 0"
    ),
    succeeding(OTHERS, "takes away its death signal", "libc.prctl(1, 0) == 0"),
    succeeding(OTHERS, "kills its parent", "os.kill(os.getppid(), 9) is None"),
    succeeding(OTHERS, "sends a signal to all there are", "os.kill(-1, 18) is None"),
    succeeding(
        OTHERS,
        "sets its parent's limits",
        "resource.prlimit(os.getppid(), resource.RLIMIT_NPROC, (99, 99)) is not None",
        "import resource",
    ),
    succeeding(
        OTHERS,
        "reads its parent's memory",
        "libc.process_vm_readv(os.getppid(), ctypes.byref(to), 1, ctypes.byref(to), 1, 0) >= 0",
        "held = ctypes.create_string_buffer(8)",
        "to = (ctypes.c_size_t * 2)(ctypes.addressof(held), 8)",
    ),
)
