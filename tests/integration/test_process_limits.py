"""memory-leak under the process' own limits: refused in time, with nothing kept and nobody harmed."""

from __future__ import annotations

import pathlib
import re
import resource
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import Response, skip

MIB = 1 << 20
LIMITS = {"VmSize": resource.RLIMIT_AS, "VmData": resource.RLIMIT_DATA}
LEFT = 200 * MIB
KEPT_FREE = 64 * MIB


class ProcessLimits(unittest.TestCase):
    def start(self, env: dict[str, str] | None = None) -> Lab:
        lab = Lab.for_test(self, env)
        if not lab.has_gperftools():
            skip(self, "process limits", "a sanitizer takes the whole address space")
        return lab

    def used(self, lab: Lab, what: str) -> int:
        status = pathlib.Path(f"/proc/{lab.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s*(\d+) kB$", status, re.M)[1]) << 10

    def limit(self, lab: Lab, what: str, left: int = LEFT) -> None:
        """As `ulimit -v` or `-d` in the shell that started it, but known to leave `left`."""
        limit = self.used(lab, what) + left
        resource.prlimit(lab.pid, LIMITS[what], (limit, limit))

    def leak(self, lab: Lab, mb: int) -> Response:
        return lab.http("POST", f"/api/lab/memory-leak?mb={mb}")

    def check_refused(self, response: Response) -> None:
        self.assertEqual(response.status, 507, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertIn("MiB", response.json()["detail"])

    def check_unharmed(self, lab: Lab, retained_mb: int) -> None:
        status = lab.http("GET", "/api/lab/status").json()
        self.assertEqual(status["retainedBytes"], retained_mb * MIB)
        self.assertEqual(lab.http("GET", "/api/metrics", token=None).status, 200)
        self.assertEqual([e for e in lab.events if e["level"] == "error"], [])

    def leak_until_refused(self, lab: Lab, mb: int) -> int:
        """The megabytes that were granted."""
        granted = 0
        while (response := self.leak(lab, mb)).status == 200:
            granted += mb
            self.assertLess(granted, 1024, "granted more than the limit")
        self.check_refused(response)
        return granted

    def test_more_than_the_limit_is_refused(self) -> None:
        for what in LIMITS:
            with self.subTest(what):
                lab = self.start()
                self.limit(lab, what)

                self.check_refused(self.leak(lab, 1024))
                self.check_refused(self.leak(lab, LEFT // MIB + 1))

                self.check_unharmed(lab, 0)

    def test_around_the_border_every_size_is_granted_or_refused(self) -> None:
        border = (LEFT - KEPT_FREE) // MIB
        for what in LIMITS:
            for mb in range(border - 4, border + 5):
                with self.subTest(what, mb=mb):
                    lab = self.start()
                    self.limit(lab, what)

                    response = self.leak(lab, mb)

                    if response.status != 200:
                        self.check_refused(response)
                    self.check_unharmed(lab, mb if response.status == 200 else 0)

    def test_small_leaks_end_with_64_mb_to_spare(self) -> None:
        for what in LIMITS:
            with self.subTest(what):
                lab = self.start()
                self.limit(lab, what)
                limit = self.used(lab, what) + LEFT

                granted = self.leak_until_refused(lab, 1)

                self.assertGreater(granted, 100)
                self.assertLess(self.used(lab, what), limit - KEPT_FREE // 2)
                self.check_unharmed(lab, granted)

    def test_what_was_cleared_can_be_leaked_again(self) -> None:
        for what in LIMITS:
            with self.subTest(what):
                lab = self.start()
                self.limit(lab, what)
                first = self.leak_until_refused(lab, 16)

                for _ in range(5):
                    self.assertEqual(lab.http("POST", "/api/lab/memory-clear").status, 200)
                    self.assertEqual(self.leak_until_refused(lab, 16), first)

                self.check_unharmed(lab, first)

    def test_a_limit_that_leaves_nothing_refuses_even_the_smallest(self) -> None:
        lab = self.start()
        self.limit(lab, "VmSize", 0)

        self.check_refused(self.leak(lab, 1))

        self.check_unharmed(lab, 0)

    def test_what_the_allocator_itself_refuses_is_507_and_nothing_is_kept(self) -> None:
        lab = self.start({"TCMALLOC_HEAP_LIMIT_MB": "100"})

        for _ in range(3):
            self.check_refused(self.leak(lab, 200))
            self.check_refused(self.leak(lab, 1024))

        self.check_unharmed(lab, 0)
        self.assertEqual(self.leak(lab, 32).status, 200)
        self.check_unharmed(lab, 32)


if __name__ == "__main__":
    unittest.main()
