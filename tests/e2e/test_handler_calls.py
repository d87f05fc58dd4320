"""No signal handler of the service allocates, locks or calls the dynamic linker.

A preloaded library stands before malloc, pthread_mutex_lock, dl_iterate_phdr and their like, and
aborts the service if one is called while a handler runs, gperftools' chained one included.
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import unittest
from collections.abc import Mapping
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler, take
from support.lab import Lab
from support.wire import TOKEN, request

BUILD_DIR = pathlib.Path(os.environ.get("LAB_BUILD_DIR", "build/release"))
GUARD = BUILD_DIR / "bin/unwind-handler-guard.so"
# What a handler calls, and what the guard sees of it: the service has some of these itself, to
# track its heap, and they call tcmalloc.
PLANTS = {
    "malloc": "malloc",
    "calloc": "calloc",
    "realloc": "tc_realloc",
    "free": "tc_free",
    "aligned_alloc": "tc_memalign",
    "_Znwm": "tc_new",
    "_ZdlPv": "tc_delete",
    "pthread_mutex_lock": "pthread_mutex_lock",
    "pthread_rwlock_rdlock": "pthread_rwlock_rdlock",
    "dl_iterate_phdr": "dl_iterate_phdr",
}
# What the service surely calls, outside its handlers: the guard stands where it should.
CALLED = ("malloc", "tc_free", "tc_new", "tc_delete", "pthread_mutex_lock", "dl_iterate_phdr")
# A capture's least; at 1000 Hz a machine that does nothing else takes 2000.
LEAST_SAMPLES = 100


def guarded(test: unittest.TestCase, env: Mapping[str, str] | None = None) -> Lab:
    return Lab.for_test(test, {"LD_PRELOAD": str(GUARD.resolve())} | dict(env or {}))


def last_words(lab: Lab) -> dict[str, Any]:
    """Of a service that a capture ends."""
    with lab.connect() as wire:
        wire.send(request("POST", "/api/lab/cpu-profile?seconds=5&hz=1000", token=TOKEN))
        code = lab.wait()
    if code != -signal.SIGABRT:
        raise AssertionError(f"exit code {code}:\n{lab.stderr()[-2000:]}")
    return lab.wait_event("forbidden_call")


class Handlers(unittest.TestCase):
    def test_a_capture_under_load_calls_nothing_that_is_forbidden(self) -> None:
        lab = guarded(self)
        need_profiler(self, lab, "handlers that call nothing")

        response = take(lab, "seconds=2&hz=1000", jam_ms=800)
        lab.stop()

        self.assertEqual(response.status, 200, response.body)
        report = lab.wait_event("handler_guard")
        runs = {int(number): count for number, count in report["runs"].items()}
        self.assertGreater(runs[signal.SIGPROF], LEAST_SAMPLES)
        self.assertEqual(runs[signal.SIGTERM], 1)
        for name in CALLED:
            with self.subTest(name=name):
                self.assertGreater(report["calls"].get(name, 0), 0)


class Guard(unittest.TestCase):
    """It sees what it is for."""

    def test_a_planted_call_aborts(self) -> None:
        for name, seen in PLANTS.items():
            with self.subTest(name=name):
                lab = guarded(self, {"HANDLER_GUARD_PLANT": name})

                self.assertEqual(last_words(lab)["function"], seen)

    def test_a_walk_by_libunwind_aborts(self) -> None:
        lab = guarded(self, {"TCMALLOC_STACKTRACE_METHOD": "libunwind"})
        need_profiler(self, lab, "handlers that call nothing")

        found = last_words(lab)

        self.assertIn(found["function"], ("dl_iterate_phdr", "pthread_mutex_lock", "malloc"))
        self.assertEqual(found["signal"], signal.SIGPROF)


if __name__ == "__main__":
    unittest.main()
