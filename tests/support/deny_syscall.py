"""Runs a program whose system calls are refused, as the filter of a container does it.

    deny_syscall.py renameat2=EINVAL linkat=EPERM unlinkat=KILL -- program argument...

KILL ends the process at the first such call. The filter is inherited by children.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pathlib
import platform
import struct
import subprocess
import sys
import unittest
from collections.abc import Iterator

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.wire import skip

# The architecture as seccomp knows it, and its numbers.
NUMBERS = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56,
            "fsync": 74,
            "unlinkat": 263,
            "renameat": 264,
            "linkat": 265,
            "flock": 73,
            "renameat2": 316,
            "memfd_create": 319,
            "pidfd_open": 434,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220,
            "fsync": 82,
            "unlinkat": 35,
            "renameat": 38,
            "linkat": 37,
            "flock": 32,
            "renameat2": 276,
            "memfd_create": 279,
            "pidfd_open": 434,
        },
    ),
}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
NUMBER_AT, ARCHITECTURE_AT = 0, 4


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def verdict(outcome: str) -> int:
    return KILL_PROCESS if outcome == "KILL" else ERRNO | getattr(errno, outcome)


def instructions(refused: dict[str, str]) -> Iterator[bytes]:
    architecture, numbers = NUMBERS[platform.machine()]
    yield instruction(LOAD, ARCHITECTURE_AT)
    yield instruction(EQUALS, architecture, 1, 0)
    yield instruction(RETURN, ALLOW)
    yield instruction(LOAD, NUMBER_AT)
    for name, outcome in refused.items():
        yield instruction(EQUALS, numbers[name], 0, 1)
        yield instruction(RETURN, verdict(outcome))
    yield instruction(RETURN, ALLOW)


def deny(refused: dict[str, str]) -> None:
    """From now on, in this process and its children. Source: seccomp(2).

    :raises OSError: the kernel has no filters.
    """
    code = b"".join(instructions(refused))
    program = Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    for call in (
        (PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero),
        (PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), ctypes.byref(program), zero, zero),
    ):
        if libc.prctl(*call) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), "prctl")


def denying(test: unittest.TestCase, part: str, **refused: str) -> list[str]:
    """What goes before a command to run it without these system calls."""
    if platform.machine() not in NUMBERS:
        skip(test, part, f"the system calls of {platform.machine()} are not listed")
    start = [sys.executable, "-B", str(pathlib.Path(__file__).resolve())]
    prefix = [*start, *(f"{name}={outcome}" for name, outcome in refused.items()), "--"]
    # Where the system has no clone3, threads begin by clone.
    threads = "import threading; t = threading.Thread(target=int); t.start(); t.join()"
    probe = subprocess.run(
        [*prefix, sys.executable, "-c", threads], capture_output=True, text=True, timeout=60
    )
    if probe.returncode != 0:
        skip(test, part, f"seccomp: {probe.stderr.strip().splitlines()[-1:]}")
    return prefix


def main() -> None:
    separator = sys.argv.index("--")
    deny(dict(argument.split("=", 1) for argument in sys.argv[1:separator]))
    command = sys.argv[separator + 1:]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
