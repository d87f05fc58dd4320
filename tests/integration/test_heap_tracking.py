"""The modes of heap tracking: set at the start, switched at run time, and what a snapshot has."""

from __future__ import annotations

import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.heap import Nodes, leak, need_tracking, read, snapshot, switch, taken
from support.lab import Lab, run_binary
from support.wire import TOKEN

PART = "heap tracking"
MIB = 1 << 20


def mode(lab: Lab) -> str:
    return lab.http("GET", "/api/lab/status").json()["heapTracking"]


class Setting(unittest.TestCase):
    def lab(self, **env: str) -> Lab:
        lab = Lab.for_test(self, env)
        need_tracking(self, lab, PART)
        return lab

    def test_the_default_is_exact(self) -> None:
        self.assertEqual(mode(self.lab()), "exact")

    def test_each_mode_can_be_set(self) -> None:
        for wanted in ("off", "sampled", "exact"):
            with self.subTest(wanted):
                self.assertEqual(mode(self.lab(LAB_HEAP_TRACKING=wanted)), wanted)

    def test_any_other_word_is_an_error(self) -> None:
        done = run_binary(env={"LAB_HEAP_TRACKING": "some"})

        self.assertEqual(done.returncode, 2)
        self.assertIn("LAB_HEAP_TRACKING", done.stderr)
        self.assertIn("off, sampled or exact", done.stderr)


class Switch(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        need_tracking(self, self.lab, PART)

    def test_off_forgets_everything_and_refuses_snapshots(self) -> None:
        body = switch(self.lab, "off").json()

        self.assertEqual(body["heapTracking"], "off")
        self.assertEqual(body["trackedObjects"], 0)
        self.assertIn("note", body)
        self.assertEqual(mode(self.lab), "off")
        response = snapshot(self.lab)
        self.assertEqual(response.status, 409)
        self.assertIn("heap tracking is off", response.json()["detail"])

    def test_exact_switched_on_late_says_what_it_does_not_see(self) -> None:
        switch(self.lab, "off")
        leak(self.lab, 32)

        body = switch(self.lab, "exact").json()

        self.assertIn("before is not seen", body["note"])
        quality = taken(self, self.lab)["quality"]
        self.assertEqual(quality["verdict"], "misleading")
        self.assertIn("of the allocated bytes are tracked", quality["warnings"][0])

    def test_the_same_mode_again_changes_nothing(self) -> None:
        before = taken(self, self.lab)["quality"]["objects"]

        body = switch(self.lab, "exact").json()

        self.assertNotIn("note", body)
        self.assertGreater(body["trackedObjects"], 0.5 * before)

    def test_a_mode_is_needed(self) -> None:
        for query in ("", "?mode=", "?mode=all", "?mode=off&mode=off"):
            with self.subTest(query):
                response = self.lab.http("POST", f"/api/lab/heap-tracking{query}")
                self.assertEqual(response.status, 400)

    def test_switches_under_load_harm_nothing(self) -> None:
        stop = threading.Event()
        statuses: set[int] = set()

        def ask() -> None:
            with self.lab.connect() as wire:
                while not stop.is_set():
                    statuses.add(wire.ask("GET", "/api/lab/status", token=TOKEN).status)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for each in threads:
            each.start()
        with self.lab.connect() as wire:
            for i in range(300):
                wanted = ("off", "exact", "sampled")[i % 3]
                wire.ask("POST", f"/api/lab/heap-tracking?mode={wanted}", token=TOKEN)
        stop.set()
        for each in threads:
            each.join()

        self.assertEqual(statuses, {200})
        switch(self.lab, "off")
        switch(self.lab, "exact")
        self.assertEqual(snapshot(self.lab).status, 200)


class Sampled(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self, {"LAB_HEAP_TRACKING": "sampled"})
        need_tracking(self, self.lab, PART)

    def test_a_snapshot_has_what_the_samples_stand_for(self) -> None:
        for _ in range(60):
            leak(self.lab, 1)
        capture = taken(self, self.lab)

        quality = capture["quality"]
        self.assertEqual(quality["tracking"], "sampled")
        self.assertEqual(quality["objects"], 0)
        self.assertGreater(quality["samples"], 20)
        # 1 MiB is sampled with a likelihood of 86 %: the sum is 60 MiB with a deviation of 3.
        self.assertGreater(quality["trackedBytes"], 40 * MIB)
        self.assertLess(quality["trackedBytes"], 80 * MIB)
        self.assertIn("(Sampled: no retainers known)", {n for n, _, _ in Nodes(read(capture)).all()})
        self.assertEqual(len(capture["artifacts"]), 4)

    def test_a_second_one_has_new_objects_for_new_samples(self) -> None:
        for _ in range(20):
            leak(self.lab, 2)
        before = Nodes(read(taken(self, self.lab))).ids()
        for _ in range(20):
            leak(self.lab, 2)
        after = Nodes(read(taken(self, self.lab))).ids()

        self.assertGreater(len(after - before), 10)


if __name__ == "__main__":
    unittest.main()
