"""What a submission's process may ask of the kernel: a list of what Python and NumPy need.

Whatever is not on the list fails with ENOSYS, as on a kernel that does not have it: other processes
(fork, execve, ptrace), threads, the network, memory that no limit counts (System V's and POSIX's
IPC, memfd_create, locks on files), the kernel's key rings, io_uring, userfaultfd, and every change
to a file. libseccomp makes the filter. It is called by ctypes: its own bindings come with the
system's Python only, and those that pip installs have had no release for years.

The filter is set by the worker itself, before it reads a byte of the submission, and not by
bubblewrap: so it can refuse execve and what a worker needs for its start, it can name the one
process that may be sent signals, and basic isolation has it, too.
"""

import ctypes
import os
import signal
import sys
from typing import NamedTuple

LIBRARY = "libseccomp.so.2"
ALLOW = 0x7FFF0000  # SCMP_ACT_ALLOW; this and what follows from <seccomp.h>
FAIL = 0x00050000  # SCMP_ACT_ERRNO; the number of the error is added
NOT_THERE, READ_ONLY = 38, 30  # ENOSYS, EROFS
EQUAL, MASKED_EQUAL = 4, 7
LOCAL, STREAM, KIND_OF_SOCKET = 1, 1, 0xF  # AF_UNIX, SOCK_STREAM; without importing socket
OUT_OF_BAND = 1  # MSG_OOB, from <sys/socket.h>
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, from <linux/prctl.h>
IN_ALL_THREADS = 4  # SCMP_FLTATR_CTL_TSYNC

# Names of system calls; some are there on some processors only.
ALLOWED = """
    brk madvise mmap mprotect mremap munmap
    close close_range dup dup2 dup3 lseek pread64 read readv write writev
    access faccessat faccessat2 fstat fstat64 fstatat64 fstatfs getcwd getdents getdents64 lstat
    newfstatat readlink readlinkat stat statfs statx chdir fchdir umask
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait poll ppoll pselect6
    select getpeername getsockname getsockopt shutdown
    alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
    times
    pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend
    rt_sigtimedwait sigaltstack
    futex membarrier rseq sched_getaffinity sched_getparam sched_getscheduler sched_yield
    set_robust_list
    getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getrandom
    getresgid getresuid getrlimit getrusage getsid gettid getuid sysinfo ugetrlimit uname
    exit exit_group
""".split()
OF_DESCRIPTORS = (0, 1, 2, 3, 4, 1030)  # fcntl: F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC; no locks
OF_DEVICES = (0x5401, 0x5421, 0x541B, 0x5450, 0x5451)  # ioctl: TCGETS, FIONBIO, FIONREAD, FIO*CLEX
WRITING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC if os.name == "posix" else 0


class Compared(ctypes.Structure):
    """A condition on an argument: libseccomp's `struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),  # the value; a mask if it is masked
        ("second", ctypes.c_uint64),
    )


class Rule(NamedTuple):
    """What happens with a system call whose arguments are such."""

    name: str
    conditions: tuple[Compared, ...] = ()
    action: int = ALLOW


def rules(process: int) -> list[Rule]:
    """All that is not refused, for the process of this number."""
    found = [Rule(name) for name in ALLOWED]
    found += [Rule("fcntl", (Compared(1, EQUAL, command),)) for command in OF_DESCRIPTORS]
    found += [Rule("ioctl", (Compared(1, EQUAL, command),)) for command in OF_DEVICES]
    found += [Rule(name, (Compared(0, EQUAL, process),)) for name in ("kill", "tgkill")]
    # Out of band nobody here talks, and faults of the kernel have been found there.
    in_band = Compared(3, MASKED_EQUAL, OUT_OF_BAND, 0)
    found += [Rule(name, (in_band,)) for name in ("recvfrom", "sendto")]
    # Asked for, not set: glibc's getrlimit.
    found.append(Rule("prlimit64", (Compared(0, EQUAL, 0), Compared(2, EQUAL, 0))))
    for name, flags in (("open", 1), ("openat", 2)):
        found.append(Rule(name, (Compared(flags, MASKED_EQUAL, WRITING, os.O_RDONLY),)))
        for mode in (os.O_WRONLY, os.O_RDWR):
            is_mode = Compared(flags, MASKED_EQUAL, os.O_ACCMODE, mode)
            found.append(Rule(name, (is_mode,), FAIL | READ_ONLY))
    # asyncio wakes itself by a pair of sockets. One for datagrams could be given an address.
    pair = (
        Compared(0, EQUAL, LOCAL),
        Compared(1, MASKED_EQUAL, KIND_OF_SOCKET, STREAM),
    )
    return [*found, Rule("socketpair", pair)]


def end_with_parent() -> None:
    """Let the system kill this process when the one that started it ends, where it can do so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)


def library() -> ctypes.CDLL | None:
    """libseccomp, where it is."""
    try:
        return ctypes.CDLL(LIBRARY) if sys.platform == "linux" else None
    except OSError:
        return None


def restrict() -> bool:
    """Refuse this process all other system calls from now on; whether that could be done."""
    libseccomp = library()
    if libseccomp is None:
        return False
    libseccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(libseccomp.seccomp_init(FAIL | NOT_THERE))
    libseccomp.seccomp_attr_set(context, IN_ALL_THREADS, 1)
    for name, conditions, action in rules(os.getpid()):
        number = libseccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # else this processor, or this libseccomp, does not know it
            array = (Compared * len(conditions))(*conditions)
            if libseccomp.seccomp_rule_add_array(context, action, number, len(conditions), array):
                return False
    return libseccomp.seccomp_load(context) == 0
