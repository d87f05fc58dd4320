"""What a capture says of itself, and what the real encoder makes of it."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import FakeEncoder, can_sample, end, lab_with, listed, post, start
from support.lab import BINARY, Lab
from support.planted import artifact_name
from support.wire import TOKEN, request

NUMBERS = {
    "samplesExpected",
    "samplesTaken",
    "dropped",
    "overruns",
    "cutStacks",
    "brokenStacks",
    "unresolvedShare",
    "loopCpuSeconds",
    "otherCpuSeconds",
    "runQueueSeconds",
    "cpus",
    "throttledSeconds",
    "stealSeconds",
    "measuredSeconds",
}


class Quality(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = lab_with(self, FakeEncoder(self))

    def capture(self, query: str) -> dict:
        response = post(self.lab, query)
        self.assertEqual(response.status, 200, response.body)
        return response.json()

    def test_every_field_is_there_and_plausible(self) -> None:
        body = self.capture("seconds=2")
        quality = body["quality"]

        self.assertEqual(set(quality), NUMBERS | {"truncated", "buildId", "verdict", "warnings"})
        for name in NUMBERS:
            self.assertIs(type(quality[name]) in (int, float), True, name)
            self.assertGreaterEqual(quality[name], 0, name)
        self.assertIs(quality["truncated"], False)
        instance = self.lab.http("GET", "/api/lab/status").json()["instance"]
        self.assertEqual(quality["buildId"], instance["buildId"])
        self.assertEqual(quality["unresolvedShare"], 0)
        self.assertLessEqual(quality["throttledSeconds"], 60)
        self.assertEqual(quality["dropped"], 0)
        self.assertIn(quality["verdict"], ("good", "usable", "misleading"))
        self.assertEqual(body["durationSeconds"], 2)
        self.assertIs(type(body["durationSeconds"]), int)
        self.assertAlmostEqual(quality["measuredSeconds"], 2, delta=0.5)

    def test_every_tick_that_was_expected_is_accounted_for(self) -> None:
        for hz in (1, 10, 100, 1000):
            with self.subTest(hz=hz):
                body = self.capture(f"seconds=2&hz={hz}")
                quality = body["quality"]
                ticks = quality["samplesTaken"] + quality["dropped"] + quality["overruns"]

                expected = hz * quality["measuredSeconds"]
                self.assertAlmostEqual(quality["samplesExpected"], expected, delta=1 + expected / 4)
                self.assertLessEqual(abs(ticks - quality["samplesExpected"]), 2 + expected / 20)

    def test_few_ticks_fall_together_on_a_machine_that_has_time(self) -> None:
        if not self.lab.has_gperftools():
            self.skipTest("a sanitizer slows it down")

        def share() -> float:
            quality = self.capture("seconds=1&hz=100")["quality"]
            return quality["samplesTaken"] / quality["samplesExpected"]

        # The best of some: others may use the machine.
        self.assertTrue(any(share() >= 0.9 for _ in range(10)))

    def test_a_busy_worker_neither_prolongs_the_capture_nor_loses_samples(self) -> None:
        large = self.lab.directory / artifact_name()
        large.touch(0o600)
        os.truncate(large, 1_500_000_000)
        location = start(self.lab, "seconds=1&hz=1000")
        with self.lab.connect() as wire:
            # Takes seconds on the worker: the file was never hashed.
            wire.send(request("GET", "/api/lab/artifacts", token=TOKEN))
            result = end(self.lab, location)["result"]

        self.assertEqual(result["quality"]["dropped"], 0)
        self.assertLess(result["quality"]["samplesExpected"], 1500)
        self.assertLess(result["quality"]["measuredSeconds"], 1.5)


class RealEncoder(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        if not BINARY.with_name("loopscope").exists():
            raise unittest.SkipTest("no encoder beside the service")
        cls.lab = Lab.for_class(cls)
        if not can_sample(cls.lab):
            raise unittest.SkipTest("this build cannot sample")
        with cls.lab.connect() as wire:
            wire.send(request("POST", "/api/lab/cpu-profile?seconds=2", token=TOKEN))
            cls.lab.http("POST", "/api/lab/event-loop-jam?ms=1000")
            cls.response = wire.response("POST")

    def setUp(self) -> None:
        self.assertEqual(self.response.status, 200, self.response.body)
        self.body = self.response.json()

    def file(self, extension: str) -> bytes:
        (found,) = [a for a in self.body["artifacts"] if a["name"].endswith("." + extension)]
        return pathlib.Path(found["path"]).read_bytes()

    def test_every_format_is_there_and_not_empty(self) -> None:
        expected = ["cpuprofile", "pb.gz", "folded"]
        if self.lab.has_gperftools():
            expected.append("prof")
        for extension in expected:
            self.assertTrue(self.file(extension), extension)
        self.assertEqual(len(self.body["artifacts"]), len(expected))
        self.assertTrue(all(a["bytes"] for a in listed(self.lab)))

    def test_the_first_is_for_the_browser(self) -> None:
        self.assertTrue(self.body["filePath"].endswith(".cpuprofile"))
        profile = json.loads(self.file("cpuprofile"))

        self.assertEqual(len(profile["samples"]), len(profile["timeDeltas"]))
        self.assertEqual(len(profile["samples"]), self.body["quality"]["samplesTaken"])

    def test_the_culprit_is_named_in_every_format(self) -> None:
        proto = gzip.decompress(self.file("pb.gz"))
        for text in (self.file("cpuprofile"), self.file("folded"), proto):
            self.assertIn(b"jam", text)

    def test_nearly_every_frame_has_a_name(self) -> None:
        self.assertLess(self.body["quality"]["unresolvedShare"], 0.01)


if __name__ == "__main__":
    unittest.main()
