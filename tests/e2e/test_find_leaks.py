"""Each leak of the lab, found from two snapshots alone, as a person finds it: what has grown most,
and who holds it."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from heapsnapshot import HeapSnapshot, compare
from support.heap import need_tracking, taken
from support.lab import Lab

COUNT = 500
LOST = "(Unreached: leaked or hidden)"


class FindLeaks(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        need_tracking(self, self.lab, "finding leaks")
        taken(self, self.lab)  # what the first one leaves for later ones

    def snapshot(self) -> HeapSnapshot:
        return HeapSnapshot(pathlib.Path(taken(self, self.lab)["filePath"]))

    def leak(self, name: str) -> None:
        """From here on only files are looked at."""
        self.before = self.snapshot()
        response = self.lab.http("POST", f"/api/lab/faults/{name}?count={COUNT}")
        self.assertEqual(response.status, 200, response.body)
        self.after = self.snapshot()
        growth = compare(self.before, self.after)
        self.grown = sorted(growth, key=lambda name: -growth[name].delta_bytes)
        self.growth = growth

    def holders(self, name: str) -> list[set[str]]:
        """For each new object of a class, who is on its way to a root."""
        old = set(self.before.ids)
        new = [node for node in self.after.named(name) if self.after.ids[node] not in old]
        return [
            {self.after.names[step.node] for step in self.after.path_to_root(node)} for node in new
        ]

    def check_held(self, name: str, by: str, count: int = COUNT) -> None:
        holders = self.holders(name)
        self.assertGreaterEqual(len(holders), count)
        held = sum(by in each for each in holders)
        self.assertGreaterEqual(held, 0.98 * count, holders[0])

    def test_the_cache_by_its_keys_and_bodies(self) -> None:
        self.leak("unbounded-cache")

        self.assertEqual(self.grown[0], "char[]")
        nodes = [name for name in self.grown if "lab::response_cache::key" in name]
        self.assertEqual(self.growth[nodes[0]].new, COUNT)
        self.check_held(nodes[0], "ResponseCache.entries")
        self.check_held("char[]", "ResponseCache.entries")
        (root,) = self.after.named("ResponseCache.entries")
        self.assertGreater(self.after.retained()[root], COUNT * 1024)

    def test_the_listeners_by_what_their_callbacks_hold(self) -> None:
        self.leak("listener-growth")

        self.assertIn("lab::subscriptions::page_view", self.grown[0])
        self.assertEqual(self.growth[self.grown[0]].new, COUNT)
        self.check_held(self.grown[0], "lab::price_listeners")

    def test_the_request_buffers_by_their_size(self) -> None:
        self.leak("request-buffers")

        self.assertEqual(self.grown[0], "std::byte[]")
        self.assertGreaterEqual(self.growth["std::byte[]"].delta_bytes, COUNT * 256 * 1024)
        self.check_held("std::byte[]", "RequestLog.requests")

    def test_the_lost_objects_below_what_nothing_leads_to(self) -> None:
        self.leak("lost-pointer")

        self.assertEqual(self.grown[0], "lab::lost_orders::order")
        self.assertEqual(self.growth[self.grown[0]].new, COUNT)
        self.check_held(self.grown[0], LOST)
        (lost,) = self.after.named(LOST)
        self.assertGreater(self.after.retained()[lost], 0.98 * COUNT * 512)

    def test_what_is_cleared_is_gone(self) -> None:
        self.leak("listener-growth")
        self.lab.http("DELETE", "/api/lab/faults/listener-growth")
        cleared = self.snapshot()

        self.assertEqual(cleared.named(self.grown[0]), [])


if __name__ == "__main__":
    unittest.main()
