"""memory-leak under a container's memory limit: refused in time, never killed."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cgroup import MemoryGroup
from support.lab import Lab
from support.wire import Response, skip
from tools import require_root

PART = "memory cgroup"
MIB = 1 << 20
LIMIT = 256 * MIB


class MemoryLimits(unittest.TestCase):
    def setUp(self) -> None:
        require_root(self, PART)
        try:
            self.group = MemoryGroup.made()
        except OSError as error:
            skip(self, PART, str(error))
        self.addCleanup(self.group.remove)

    def start(self) -> Lab:
        self.group.limit(LIMIT)
        return self.group.start(self)

    def leak(self, lab: Lab, mb: int) -> Response:
        return lab.http("POST", f"/api/lab/memory-leak?mb={mb}")

    def check_refused(self, response: Response) -> None:
        self.assertEqual(response.status, 507, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertEqual(response.json()["status"], 507)
        self.assertTrue(response.json()["detail"], response.body)

    def check_unharmed(self, lab: Lab) -> None:
        self.assertIsNone(lab.process.poll())
        self.assertEqual(lab.http("GET", "/api/health", token=None).status, 200)
        self.assertEqual(self.group.oom_kills(), 0)

    def leak_until_refused(self, lab: Lab, mb: int) -> int:
        """The number of calls that were granted."""
        for granted in range(LIMIT // MIB // mb + 1):
            response = self.leak(lab, mb)
            if response.status != 200:
                self.check_refused(response)
                return granted
            self.assertEqual(self.group.oom_kills(), 0)
        raise AssertionError("granted more than the limit")

    def test_a_leak_beyond_the_limit_is_refused_and_the_service_lives(self) -> None:
        lab = self.start()

        self.check_refused(self.leak(lab, 1024))

        self.check_unharmed(lab)
        self.assertEqual(lab.http("GET", "/api/lab/status").json()["retainedBytes"], 0)

    def test_many_small_leaks_are_refused_before_the_oom_killer_strikes(self) -> None:
        lab = self.start()

        granted = self.leak_until_refused(lab, 64)

        self.assertGreaterEqual(granted, 1)
        self.check_unharmed(lab)
        status = lab.http("GET", "/api/lab/status").json()
        self.assertEqual(status["retainedBytes"], granted * 64 * MIB)
        self.assertEqual(status["retainedBufferCount"], granted)

    def test_64_mb_stay_free_whatever_the_size_of_the_leaks(self) -> None:
        lab = self.start()

        self.leak_until_refused(lab, 8)

        self.assertLess(self.group.usage(), LIMIT - 48 * MIB)
        self.check_unharmed(lab)

    def test_after_memory_clear_a_leak_is_granted_again(self) -> None:
        lab = self.start()
        self.leak_until_refused(lab, 64)

        self.assertEqual(lab.http("POST", "/api/lab/memory-clear").status, 200)

        response = self.leak(lab, 64)
        self.assertEqual(response.status, 200, response.body)
        self.check_unharmed(lab)

    def test_the_limit_of_an_enclosing_group_counts(self) -> None:
        self.group.limit(LIMIT)
        inner = self.group.child()
        self.addCleanup(inner.remove)
        lab = inner.start(self)

        self.check_refused(self.leak(lab, 512))
        self.leak_until_refused(lab, 64)

        self.check_unharmed(lab)


if __name__ == "__main__":
    unittest.main()
