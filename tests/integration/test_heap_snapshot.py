"""A heap snapshot over the wire: what it holds, how good it is, and what a second one adds."""

from __future__ import annotations

import pathlib
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.heap import EXTENSIONS, Nodes, leak, need_tracking, read, snapshot, switch, taken
from support.lab import Lab
from support.wire import eventually

PART = "heap snapshot"
NAME = r"\Aheap-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-[0-9a-f]{8}\.heapsnapshot\Z"
ROOT = "LabService.retainedBuffers"
MIB = 1 << 20


class WithoutTracking(unittest.TestCase):
    def test_a_build_that_cannot_track_says_so(self) -> None:
        lab = Lab.for_test(self)
        if lab.has_gperftools():
            self.skipTest("this build can track")

        self.assertEqual(lab.http("GET", "/api/lab/status").json()["heapTracking"], "off")
        self.assertEqual(snapshot(lab).status, 409)
        for mode in ("sampled", "exact"):
            response = switch(lab, mode)
            self.assertEqual(response.status, 501)
            self.assertIn(mode, response.json()["detail"])
        self.assertEqual(switch(lab, "off").json()["heapTracking"], "off")


class Snapshot(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        if cls.lab.has_gperftools():
            leak(cls.lab, 64)
            cls.response = snapshot(cls.lab)

    def setUp(self) -> None:
        need_tracking(self, self.lab, PART)
        self.assertEqual(self.response.status, 200, self.response.body)
        self.capture = self.response.json()

    def test_the_response_lists_the_files_and_says_how_good_they_are(self) -> None:
        artifacts = self.capture["artifacts"]

        self.assertEqual(set(self.capture), {"filePath", "artifacts", "quality"})
        self.assertEqual(
            [a["name"].partition(".")[2].partition(".")[2] for a in artifacts], list(EXTENSIONS)
        )
        self.assertEqual({a["kind"] for a in artifacts}, {"heap"})
        self.assertEqual(self.capture["filePath"], artifacts[0]["path"])
        self.assertRegex(pathlib.Path(self.capture["filePath"]).name, NAME)
        for each in artifacts:
            self.assertEqual(stat.S_IMODE(pathlib.Path(each["path"]).stat().st_mode), 0o600)
            self.assertGreater(each["bytes"], 0)

    def test_nothing_but_the_files_is_left(self) -> None:
        names = {each["name"] for each in self.capture["artifacts"]}
        left = {p.name for p in self.lab.directory.iterdir() if p.name.startswith("heap-")}

        self.assertEqual(left, names)
        self.assertEqual(list(self.lab.directory.glob(".*.part")), [])

    def test_the_quality_is_good_and_its_figures_agree(self) -> None:
        quality = self.capture["quality"]

        self.assertEqual(quality["verdict"], "good", quality)
        self.assertEqual(quality["warnings"], [])
        self.assertEqual(quality["tracking"], "exact")
        self.assertGreater(quality["objects"], 100)
        self.assertGreaterEqual(quality["trackedBytes"], 64 * MIB)
        self.assertLess(quality["trackedBytes"], 72 * MIB)
        self.assertLessEqual(quality["trackedBytes"], quality["allocatedBytes"])
        self.assertEqual(quality["scanCoverage"], 1)
        self.assertEqual(quality["lostObjects"], 0)
        self.assertGreater(quality["pauseMs"], 0)

    def test_the_buffer_is_there_to_the_byte(self) -> None:
        nodes = Nodes(read(self.capture))

        self.assertEqual(nodes.sizes(ROOT), [0])
        self.assertEqual([s for _, _, s in nodes.all() if s >= MIB], [64 * MIB])

    def test_suspended_coroutines_are_called_by_their_function(self) -> None:
        names = {name for name, _, size in Nodes(read(self.capture)).all() if size}

        self.assertIn("loopscope::http::server::accept() [coroutine]", names)
        self.assertIn("loopscope::http::session::run() [coroutine]", names)


class Comparison(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        need_tracking(self, self.lab, PART)

    def test_ids_stay_and_what_is_new_is_the_leak(self) -> None:
        leak(self.lab, 8)
        taken(self, self.lab)  # what the first one leaves for later ones
        before = Nodes(read(taken(self, self.lab)))
        leak(self.lab, 16)
        after = Nodes(read(taken(self, self.lab)))
        self.lab.http("POST", "/api/lab/memory-clear")
        cleared = Nodes(read(taken(self, self.lab)))

        kept = before.ids() & after.ids()
        new = [size for _, number, size in after.all() if number in after.ids() - before.ids()]
        self.assertGreater(len(kept), 0.8 * len(before.ids()))
        self.assertEqual(max(new), 16 * MIB)
        self.assertLess(sum(new) - 16 * MIB, MIB)
        large = {number for _, number, size in after.all() if size >= 8 * MIB}
        self.assertEqual(len(large), 2)
        self.assertEqual(large & cleared.ids(), set())

    def test_a_cpu_profile_may_run_beside_it(self) -> None:
        profile = self.lab.http("POST", "/api/lab/cpu-profile?seconds=2&async=true")
        self.assertEqual(profile.status, 202, profile.body)

        taken(self, self.lab)

        location = profile.header("location")
        eventually(
            lambda: self.lab.http("GET", location).json()["phase"] == "done", "the profile ends"
        )

    def test_async_tells_where_to_look(self) -> None:
        response = snapshot(self.lab, "?async=true")

        self.assertEqual(response.status, 202, response.body)
        location = response.header("location")
        eventually(lambda: self.lab.http("GET", location).json()["phase"] == "done", "it ends")
        state = self.lab.http("GET", location).json()
        self.assertEqual(state["kind"], "heap")
        self.assertEqual(state["heapTracking"], "exact")
        self.assertTrue(state["result"]["filePath"].endswith(".heapsnapshot"))

    def test_full_names_have_parameters_and_template_arguments(self) -> None:
        names = {name for name, _, _ in Nodes(read(taken(self, self.lab, "?names=full"))).all()}

        self.assertTrue(any("std::allocator<" in name for name in names))

    def test_a_parameter_that_is_unknown_or_wrong_is_refused(self) -> None:
        for query in ("?seconds=1", "?names=long", "?async=1", "?names=full&names=full"):
            with self.subTest(query):
                self.assertEqual(snapshot(self.lab, query).status, 400)


if __name__ == "__main__":
    unittest.main()
