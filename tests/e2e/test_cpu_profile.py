"""The main job: jam the lab inside a capture, and read the name of the culprit in a real viewer."""

from __future__ import annotations

import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, need_profiler, take
from support.lab import BINARY, Lab
from support.wire import Response
from tools import require_tools, run, scratch

ROW = re.compile(r"^\s*(\d+)\s+([\d.]+)%\s+[\d.]+%\s+(\d+)\s+([\d.]+)%\s+(\S.*)$", re.MULTILINE)


class Report:
    """The table that google-pprof --text prints."""

    def __init__(self, text: str) -> None:
        self.text = text
        total = re.search(r"^Total: (\d+) samples", text, re.MULTILINE)
        self.total = int(total[1]) if total else 0
        rows = [(row[5], int(row[1]), int(row[3])) for row in ROW.finditer(text)]
        self.own = {name: own for name, own, _ in rows}
        self.with_callees = {name: both for name, _, both in rows}

    def idle(self) -> int:
        """Samples of the loop waiting for work: the profile is one of wall time."""
        return sum(n for name, n in self.own.items() if "epoll_wait" in name)

    def busiest(self, part: str) -> int:
        """Samples in the function of that name, or in what it calls; the outermost counts."""
        return max((n for name, n in self.with_callees.items() if part in name), default=0)


class CpuProfile(unittest.TestCase):
    def setUp(self) -> None:
        require_tools(self, "cpu profile", "google-pprof")
        self.lab = Lab.for_test(self)
        need_profiler(self, self.lab, "cpu profile")

    def report(self, answer: Response, *options: str) -> Report:
        """What google-pprof says about the file of a capture, fetched over HTTP."""
        self.assertEqual(answer.status, 200, answer.body)
        name = answer.json()["artifacts"][0]["name"]
        file = scratch(self) / name
        file.write_bytes(self.lab.http("GET", f"/api/lab/artifacts/{name}").body)
        done = run(["google-pprof", "--text", *options, BINARY, file])
        self.assertEqual(done.returncode, 0, done.stdout)
        return Report(done.stdout)

    def test_a_profile_of_a_jam_names_the_jam_function(self) -> None:
        answer = take(self.lab, "seconds=4", jam_ms=2000)

        report = self.report(answer)

        # 400 samples are due, half of them in the jam; a busy machine may lose some.
        self.assertGreater(report.total, 200, report.text)
        jam = report.busiest("lab::jam::")
        self.assertGreater(jam, 0.3 * report.total, report.text)
        self.assertGreater(jam, 0.9 * (report.total - report.idle()), report.text)
        self.assertGreater(report.busiest("rebuild_recommendations"), 0.9 * jam, report.text)

    def test_without_the_waiting_most_samples_are_in_functions_of_the_jam(self) -> None:
        answer = take(self.lab, "seconds=2", jam_ms=1000)

        report = self.report(answer, "--ignore=epoll_wait")

        # The others are in the mathematical library, which the jam calls.
        own = sum(samples for name, samples in report.own.items() if "lab::jam::" in name)
        self.assertGreater(own, 0.5 * sum(report.own.values()), report.text)

    def test_the_way_from_main_to_the_jam_is_in_the_profile(self) -> None:
        answer = take(self.lab, "seconds=2", jam_ms=1000)

        report = self.report(answer, "--focus=lab::jam", "--cum")

        self.assertGreater(report.busiest("main"), 0.9 * report.busiest("lab::jam"), report.text)

    def test_the_samples_in_the_file_are_those_that_the_answer_counts(self) -> None:
        answer = take(self.lab, "seconds=2&hz=200", jam_ms=1000)

        quality = answer.json()["quality"]

        self.assertAlmostEqual(quality["samplesExpected"], 400, delta=40)
        self.assertEqual(self.report(answer).total, quality["samplesTaken"])

    def test_the_loop_serves_others_while_a_capture_runs(self) -> None:
        with begin(self.lab, "seconds=2") as capture:
            start = time.monotonic()
            health = self.lab.http("GET", "/api/health", token=None)
            took = time.monotonic() - start

            self.assertEqual(health.status, 200)
            self.assertLess(took, 1.0)
            self.assertFalse(capture.readable())
            self.lab.http("POST", "/api/lab/event-loop-jam?ms=500")
            self.assertEqual(capture.response("POST").status, 200)


if __name__ == "__main__":
    unittest.main()
