"""The verdict on captures that something real is wrong with."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
import unittest
from collections.abc import Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import need_sampler
from support.lab import Lab
from support.planted import artifact_name
from support.wire import TOKEN, request


@contextlib.contextmanager
def busy_loops(count: int, cpu: int) -> Iterator[None]:
    """Processes that leave others a share of one CPU."""
    command = ["taskset", "--cpu-list", str(cpu), "sh", "-c", "while :; do :; done"]
    loops = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


class Verdict(unittest.TestCase):
    def quality(self, lab: Lab, query: str, jam_ms: int = 0) -> dict:
        with lab.connect() as wire:
            wire.send(request("POST", f"/api/lab/cpu-profile?{query}", token=TOKEN))
            if jam_ms:
                lab.http("POST", f"/api/lab/event-loop-jam?ms={jam_ms}")
            response = wire.response("POST")
        self.assertEqual(response.status, 200, response.body)
        return response.json()["quality"]

    def test_few_samples_are_said_to_be_few(self) -> None:
        lab = Lab.for_test(self)
        need_sampler(self, lab)

        quality = self.quality(lab, "seconds=1&hz=5")

        self.assertEqual(quality["verdict"], "misleading")
        (warning,) = [w for w in quality["warnings"] if w.startswith("Only ")]
        self.assertRegex(warning, r"^Only [1-6] samples? (was|were) taken: .* Record longer")

    def test_a_loop_that_waits_for_a_cpu_is_said_to_wait(self) -> None:
        if not pathlib.Path("/proc/self/schedstat").exists():
            self.skipTest("this kernel does not count how long threads wait")
        cpu = min(os.sched_getaffinity(0))
        lab = Lab.for_test(self, prefix=["taskset", "--cpu-list", str(cpu)])
        need_sampler(self, lab)

        with busy_loops(4, cpu):
            quality = self.quality(lab, "seconds=2", jam_ms=1500)

        self.assertIn(quality["verdict"], ("usable", "misleading"))
        self.assertGreater(quality["runQueueSeconds"], 0.1)
        (warning,) = [w for w in quality["warnings"] if w.startswith("The loop thread waited ")]
        self.assertRegex(warning, r"waited \d+\.\d\d s \([\d.]+ %\) for a CPU")

    def test_the_time_of_the_loop_is_told_from_that_of_others(self) -> None:
        lab = Lab.for_test(self)
        need_sampler(self, lab)

        quality = self.quality(lab, "seconds=2", jam_ms=1500)

        # The loop had the CPU in the jam, for as long as the machine let it.
        self.assertGreater(quality["loopCpuSeconds"], 0.15)
        self.assertLess(quality["otherCpuSeconds"], quality["loopCpuSeconds"])

    def test_threads_that_the_profile_does_not_show_are_said_to_be_busy(self) -> None:
        lab = Lab.for_test(self)
        need_sampler(self, lab)
        large = lab.directory / artifact_name()
        large.touch(0o600)
        os.truncate(large, 1_500_000_000)

        with lab.connect() as wire:
            # Its digest keeps a worker busy, and the loop has nothing to do.
            wire.send(request("GET", "/api/lab/artifacts", token=TOKEN))
            quality = self.quality(lab, "seconds=2")

        self.assertGreater(quality["otherCpuSeconds"], quality["loopCpuSeconds"])
        (warning,) = [w for w in quality["warnings"] if "threads other than the loop's" in w]
        self.assertRegex(warning, r"^\d+ % of the process' CPU time \(\d\.\d\d s\)")


if __name__ == "__main__":
    unittest.main()
