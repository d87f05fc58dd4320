"""A capture below limits that gperftools does not survive: the service lives and says what is up."""

from __future__ import annotations

import pathlib
import resource
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, need_profiler, take
from support.encoder import idle, leftovers
from support.lab import Lab, temp_dir
from support.wire import TOKEN, Response, eventually

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
KIB = 1024


def formats(response: Response) -> set[str]:
    names = [artifact["name"] for artifact in response.json()["artifacts"]]
    return {name.partition("Z-")[2].partition(".")[2] for name in names}


def native_warnings(response: Response) -> list[str]:
    """Without those of a machine that is busy."""
    warnings = response.json()["quality"]["warnings"]
    return [each for each in warnings if ".prof" in each]


class Limits(unittest.TestCase):
    def lab(self, env: dict[str, str] | None = None) -> Lab:
        lab = Lab.for_test(self, env)
        need_profiler(self, lab, "capture limits")
        return lab

    def check_native_missing(self, response: Response, reason: str) -> None:
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(formats(response), {"cpuprofile", "pb.gz", "folded"})
        (warning,) = native_warnings(response)
        self.assertRegex(warning, rf"^There is no \.prof file: .*{reason}.*\.$")

    def check_whole(self, lab: Lab) -> None:
        response = take(lab)
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(formats(response), {"cpuprofile", "pb.gz", "folded", "prof"})
        self.assertEqual(native_warnings(response), [])

    def test_below_a_small_file_size_limit_a_capture_is_507_and_leaves_nothing(self) -> None:
        lab = self.lab()
        resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, (4 * KIB, resource.RLIM_INFINITY))

        for _ in range(2):
            response = take(lab)
            self.assertEqual(response.status, 507, response.body)
            self.assertEqual(response.header("content-type"), "application/problem+json")
            self.assertIn("File too large", response.json()["detail"])
            self.assertEqual(leftovers(lab), set())

        resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        self.check_whole(lab)

    def test_below_a_large_one_a_capture_goes_without_the_native_profile(self) -> None:
        lab = self.lab()
        resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, (64 * KIB * KIB,) * 2)

        self.check_native_missing(take(lab), "ulimit -f unlimited")

    def test_a_file_size_limit_that_comes_meanwhile_does_no_harm(self) -> None:
        lab = self.lab()
        with begin(lab) as wire:
            resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, (KIB, resource.RLIM_INFINITY))
            lab.http("POST", "/api/lab/event-loop-jam?ms=500")
            self.assertEqual(wire.response("POST").status, 507)
        begin(lab).close()  # a client that leaves
        eventually(lambda: idle(lab), "the abandoned capture ends")

        resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        self.check_whole(lab)

    def test_a_profile_of_gperftools_own_goes_on(self) -> None:
        file = temp_dir(self) / "own.prof"
        lab = self.lab({"CPUPROFILE": str(file)})

        self.check_native_missing(take(lab), "CPUPROFILE")

        lab.stop()
        self.assertGreater(file.stat().st_size, 0)

    def test_without_a_spare_descriptor_the_service_lives(self) -> None:
        lab = self.lab()
        before = resource.prlimit(lab.pid, resource.RLIMIT_NOFILE)
        with lab.connect() as wire:
            wire.ask("GET", "/api/lab/status", token=TOKEN)
            resource.prlimit(lab.pid, resource.RLIMIT_NOFILE, (lab.open_files(), before[1]))
            response = wire.ask("POST", "/api/lab/cpu-profile?seconds=1", token=TOKEN)
            self.assertIn(response.status, (500, 507), response.body)
        resource.prlimit(lab.pid, resource.RLIMIT_NOFILE, before)

        self.check_whole(lab)


if __name__ == "__main__":
    unittest.main()
