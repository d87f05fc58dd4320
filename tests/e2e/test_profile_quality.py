"""A capture can be trusted: the numbers of a jam of 2 s inside 4 s, and a file that is in order."""

from __future__ import annotations

import collections
import pathlib
import re
import sys
import tempfile
import unittest
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cpuprofile import CpuProfile, Stack, is_idle
from support.capture import begin
from support.lab import ROOT, Lab
from support.wire import Response
from viewer import JAM, JAM_FILE, keep

TRIES = 3  # a busy machine may spoil a capture
JAM_MS = 2000
# What a capture says of a machine that is busy.
BUSY = re.compile(r"The loop thread waited|The CPU quota|Other machines|[\d.]+ % of the samples were")


def is_jam(stack: Stack) -> bool:
    return any(frame.is_named("rebuild_recommendations") for frame in stack)


class Taken:
    """One capture around a jam, and how long the loop thread had a processor in the jam."""

    def __init__(self, test: unittest.TestCase, query: str) -> None:
        lab = Lab.for_test(test)
        with begin(lab, query) as wire:
            before = lab.cpu_seconds()
            jam = lab.http("POST", f"/api/lab/event-loop-jam?ms={JAM_MS}")
            self.on_processor = min(lab.cpu_seconds() - before, JAM_MS / 1000)
            response: Response = wire.response("POST")
        test.assertEqual(jam.status, 200, jam.body)
        with tempfile.TemporaryDirectory() as directory:
            files = keep(test, lab, response, pathlib.Path(directory))
            self.profile = CpuProfile(files[".cpuprofile"])
            self.formats = list(files)
        self.quality: dict[str, Any] = response.json()["quality"]


def at_best(test: unittest.TestCase, query: str, check: Callable[[Taken], None]) -> Taken:
    """The first capture that passes the check; the failure of the last, if none does."""
    for left in reversed(range(TRIES)):
        taken = Taken(test, query)
        try:
            check(taken)
            return taken
        except AssertionError:
            if left == 0:
                raise
    raise AssertionError("unreachable")


class Shares(unittest.TestCase):
    def check(self, taken: Taken) -> None:
        quality, profile = taken.quality, taken.profile
        self.assertGreaterEqual(quality["samplesTaken"], 0.95 * quality["samplesExpected"])
        self.assertAlmostEqual(quality["samplesExpected"], 400, delta=8)
        self.assertEqual(quality["dropped"], 0)
        self.assertLess(quality["unresolvedShare"], 0.01)
        self.assertEqual([w for w in quality["warnings"] if not BUSY.match(w)], [])
        self.assertEqual(quality["verdict"] == "good", quality["warnings"] == [])
        self.assertAlmostEqual(profile.length(), 4, delta=0.1)
        jam = profile.seconds(is_jam) / profile.length()
        idle = profile.seconds(is_idle) / profile.length()
        self.assertAlmostEqual(jam, 0.5, delta=0.04)
        self.assertGreater(jam + idle, 0.97)

    def test_a_jam_of_half_the_capture_holds_half_of_its_time_and_waiting_the_rest(self) -> None:
        taken = at_best(self, "seconds=4&hz=100", self.check)

        self.assertEqual(taken.formats, [".cpuprofile", ".pb.gz", ".folded", ".prof"])
        self.assertEqual(len(taken.profile.data["samples"]), taken.quality["samplesTaken"])


class HighRate(unittest.TestCase):
    def check(self, taken: Taken) -> None:
        count = sum(1 for stack, _, _ in taken.profile.samples() if is_jam(stack))
        self.assertGreater(taken.on_processor, 0.5, "the loop thread hardly ran")
        self.assertGreaterEqual(count, 950 * taken.on_processor)

    def test_at_1000_hz_a_jammed_loop_is_sampled_950_times_a_second(self) -> None:
        # By the second of processor time: without a processor there is nothing to sample.
        taken = at_best(self, "seconds=3&hz=1000", self.check)

        self.assertEqual(taken.quality["dropped"], 0)


class Frames(unittest.TestCase):
    """With many samples, so that rare functions are among them."""

    profile: CpuProfile | None = None

    def setUp(self) -> None:
        if Frames.profile is None:
            Frames.profile = Taken(self, "seconds=3&hz=1000").profile

    def test_every_frame_of_our_own_code_has_a_file_and_a_line(self) -> None:
        ours = [
            frame
            for frame in self.profile.frames
            if frame.name.startswith(("lab::", "loopscope::"))
            or "/app/profiling_lab/" in frame.file
            or "/lib/loopscope/" in frame.file
        ]

        self.assertGreater(len(ours), 10)
        self.assertEqual([each for each in ours if not each.file or each.line < 1], [])

    def test_the_functions_of_the_jam_are_found_where_the_source_has_them(self) -> None:
        source = (ROOT / JAM_FILE).read_text().splitlines()
        for name in JAM:
            with self.subTest(name):
                found = {frame for frame in self.profile.frames if frame.is_named(name)}
                self.assertEqual(len(found), 1, found)
                frame = found.pop()
                self.assertTrue(frame.file.endswith(JAM_FILE), frame)
                # The line table may have the first line of the body for the first instruction.
                self.assertIn(f"{name}(", "".join(source[frame.line - 2 : frame.line]))

    def test_inlined_functions_are_expanded(self) -> None:
        # next_random is inlined into load_catalogue, std::sort's loops into rank_catalogue.
        callers = {
            stack[at].name
            for stack in self.profile.stacks.values()
            for at, frame in enumerate(stack[1:])
            if frame.is_named("next_random")
        }

        self.assertTrue(any("load_catalogue" in name for name in callers), callers)

    def test_the_jam_stands_below_main_and_its_route(self) -> None:
        for stack in filter(is_jam, self.profile.stacks.values()):
            self.assertEqual(stack[0].name, "route /api/lab/event-loop-jam")
            self.assertTrue(any(frame.is_named("main") for frame in stack))


class Validity(unittest.TestCase):
    """What viewers rely on in a .cpuprofile."""

    profile: CpuProfile | None = None

    def setUp(self) -> None:
        if Validity.profile is None:
            Validity.profile = Taken(self, "seconds=3&hz=200").profile
        self.data = self.profile.data

    def test_ids_are_unique_and_every_node_but_the_root_has_one_parent(self) -> None:
        ids = [node["id"] for node in self.data["nodes"]]
        children = [child for node in self.data["nodes"] for child in node.get("children", ())]

        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(sorted(children), sorted(set(ids) - {1}))
        self.assertEqual(self.profile.nodes[1]["callFrame"]["functionName"], "(root)")

    def test_siblings_are_different_functions(self) -> None:
        for node in self.data["nodes"]:
            frames = [
                tuple(self.profile.nodes[child]["callFrame"].values())
                for child in node.get("children", ())
            ]
            self.assertEqual(len(frames), len(set(frames)), node)

    def test_times_run_forward_from_the_start_to_the_end(self) -> None:
        deltas, length = self.data["timeDeltas"], self.data["endTime"] - self.data["startTime"]

        self.assertEqual(len(deltas), len(self.data["samples"]))
        self.assertGreaterEqual(min(deltas), 0)
        self.assertLessEqual(sum(deltas), length)
        self.assertGreater(sum(deltas), length - 1_000_000)

    def test_times_are_numbers_that_devtools_computes_with_exactly(self) -> None:
        # It divides by 1000 in floating point: only eighths of a millisecond survive unharmed.
        times = [self.data["startTime"], self.data["endTime"], *self.data["timeDeltas"]]

        self.assertEqual([time for time in times if time % 125][:5], [])

    def test_hit_counts_and_ticks_add_up_to_the_samples(self) -> None:
        hits = collections.Counter(self.data["samples"])

        for number, node in self.profile.nodes.items():
            self.assertEqual(node["hitCount"], hits[number], node)
            ticks = sum(tick["ticks"] for tick in node.get("positionTicks", ()))
            self.assertLessEqual(ticks, node["hitCount"], node)

    def test_call_frames_have_the_types_that_devtools_expects(self) -> None:
        for frame in (node["callFrame"] for node in self.data["nodes"]):
            self.assertIsInstance(frame["functionName"], str)
            self.assertIsInstance(frame["scriptId"], str)
            self.assertIsInstance(frame["lineNumber"], int)
            self.assertIsInstance(frame["columnNumber"], int)
            self.assertRegex(frame["url"], r"^(file:///.*)?$")
            self.assertEqual(bool(frame["url"]), frame["lineNumber"] >= 0, frame)


if __name__ == "__main__":
    unittest.main()
