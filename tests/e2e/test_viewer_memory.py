"""Heap files made by hand, opened by the readers that people use, which agree with the tests' own."""

from __future__ import annotations

import pathlib
import shutil
import sys
import tempfile
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from heapsnapshot import HeapSnapshot, compare
from made_snapshot import BUFFER, BUFFERS, BYTES, LOST, MIB, STACK_OF_LEAK, VECTOR, write_all
from viewer import Prepared, need_modules, need_node, need_viewer, read, show

# From a leaked block up: each edge and who holds it. memlab and DevTools do not list the root.
PATH = [("+24", BUFFER), ("0", VECTOR), ("+0", BUFFERS), (BUFFERS, "(Registered roots)")]
ROUNDING = 0.05  # DevTools shows sizes with two digits at least


class Opened(Prepared):
    """What a reader of this class has seen of the made files."""

    seen: dict[str, Any] = {}

    def need(self) -> None:
        """Skips where the tools are missing."""

    def look(self) -> dict[str, Any]:
        """Opens the files in a viewer."""
        raise NotImplementedError

    def setUp(self) -> None:
        self.need()
        self.once("opening", self.open)
        self.before, self.after = HeapSnapshot(self.files[0]), HeapSnapshot(self.files[1])
        self.retained = self.after.retained()

    def open(self) -> None:
        kind = type(self)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        kind.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        kind.files = write_all(directory)
        kind.seen = self.look()

    def objects(self) -> dict[str, list[int]]:
        """By class: the nodes that have a size, as DevTools counts them."""
        found: dict[str, list[int]] = {}
        for node, name in enumerate(self.after.names):
            if self.after.sizes[node]:
                found.setdefault(name, []).append(node)
        return found

    def check_classes(self, rows: list[dict[str, Any]]) -> None:
        """To the byte; a class whose objects hold one another is counted by its outermost."""
        there = {row["name"]: row for row in rows}
        for name, nodes in self.objects().items():
            with self.subTest(name):
                row = there[name]
                self.assertEqual(row["count"], len(nodes))
                self.assertEqual(row["self"], sum(self.after.sizes[node] for node in nodes))
                self.assertGreaterEqual(row["retained"], max(self.retained[n] for n in nodes))

    def check_object(self) -> None:
        node = self.after.ids.index(self.seen["object"]["id"])
        self.assertEqual(self.after.names[node], BYTES)
        self.assertEqual(self.seen["object"]["self"], MIB)
        self.assertEqual(self.seen["object"]["retained"], self.retained[node])

    def steps(self, key: str) -> list[tuple[str, str]]:
        return [(step["edge"].strip("[]"), step["name"]) for step in self.seen[key]]


class MemoryPanel(Opened):
    def need(self) -> None:
        need_viewer(self, "DevTools' Memory panel")

    def look(self) -> dict[str, Any]:
        before, after, _ = self.files
        return show(self, "devtools_memory", after, BYTES, before)

    def assertRounded(self, shown: int, exact: int) -> None:
        self.assertAlmostEqual(shown, exact, delta=ROUNDING * abs(exact))

    def test_summary_groups_the_objects_by_type(self) -> None:
        there = {row["name"]: row for row in self.seen["summary"]}

        self.assertEqual(set(there), set(self.objects()))
        for name, nodes in self.objects().items():
            with self.subTest(name):
                self.assertEqual(there[name]["count"], len(nodes))
                self.assertRounded(
                    there[name]["shallow"], sum(self.after.sizes[node] for node in nodes)
                )
        self.assertRounded(there[VECTOR]["retained"], 1024 + 22 * (MIB + 48))
        self.assertEqual(there[LOST]["distance"], 3)

    def test_comparison_shows_what_came_and_went(self) -> None:
        there = {row["name"]: row for row in self.seen["comparison"]}
        expected = compare(self.before, self.after)

        self.assertEqual(set(there), set(expected))
        for name, difference in expected.items():
            row = there[name]
            self.assertEqual((row["new"], row["deleted"]), (difference.new, difference.deleted))
            self.assertEqual(row["delta"], difference.delta)
            self.assertRounded(row["sizeDelta"], difference.delta_bytes)

    def test_containment_leads_from_the_roots_to_the_objects(self) -> None:
        levels: dict[int, list[str]] = {}
        for row in self.seen["containment"]:
            levels.setdefault(row["depth"], []).append(row["name"])

        self.assertEqual(levels[0], ["(GC roots)"])
        self.assertEqual(len(levels[1]), 4)
        self.assertEqual(set(levels[2]), {BUFFERS, "g_cache", "main thread", LOST})
        self.assertIn(VECTOR, levels[3])

    def test_the_retainers_of_a_block_lead_to_the_named_root(self) -> None:
        self.assertEqual(self.steps("retainers"), [*PATH, ("1", "(GC roots)")])

    def test_a_block_shows_the_stack_of_its_allocation(self) -> None:
        frames = [(each["function"], each.get("place", "")) for each in self.seen["stack"]]

        expected = [(each.function, f"{each.file}:{each.line}") for each in STACK_OF_LEAK[::-1]]
        self.assertEqual(frames[:-1], expected)

    def test_a_sampling_profile_shows_functions_with_their_sizes(self) -> None:
        rows = show(self, "devtools_sampling", self.files[2])["rows"]

        there = {row["name"]: row for row in rows}
        inner = STACK_OF_LEAK[-1]
        self.assertEqual(rows[0]["name"], inner.function)
        self.assertEqual(rows[0]["place"], f"{inner.file}:{inner.line}")
        self.assertRounded(rows[0]["self"], 3 * MIB)
        self.assertEqual(there["main"]["self"], 0)
        self.assertRounded(there["main"]["total"], 3 * MIB + 1024 + 640)


class Memlab(Opened):
    def need(self) -> None:
        need_modules(self, "memlab")

    def look(self) -> dict[str, Any]:
        return read(self, "memlab", self.files[1], BYTES)

    def test_it_finds_the_classes_with_their_sizes(self) -> None:
        self.check_classes(self.seen["classes"])

    def test_it_leads_from_a_block_to_the_named_root(self) -> None:
        self.check_object()
        self.assertEqual(self.steps("path"), [*PATH, ("1", "(GC roots)")])


class HeapTools(Opened):
    """Those of chrome-devtools-mcp."""

    def need(self) -> None:
        part = "chrome-devtools-mcp"
        need_viewer(self, part)
        need_node(self, part, 20, 19)

    def look(self) -> dict[str, Any]:
        before, after, _ = self.files
        return read(self, "devtools_mcp", shutil.which("chromium"), after, BYTES, before)

    def test_they_find_the_classes_with_their_sizes(self) -> None:
        self.check_classes(self.seen["classes"])

    def test_they_lead_from_a_block_to_the_named_root(self) -> None:
        self.check_object()
        self.assertEqual(self.steps("path"), PATH)

    def test_they_tell_who_dominates_a_block_and_retains_how_much(self) -> None:
        for each in self.seen["dominators"]:
            node = self.after.ids.index(each["id"])
            self.assertEqual(each["retained"], self.retained[node], each)
        names = [each["name"] for each in self.seen["dominators"]]
        self.assertEqual(names[:3], [BUFFER, VECTOR, BUFFERS])

    def test_they_compare_two_snapshots_to_the_byte(self) -> None:
        expected = compare(self.before, self.after)

        found = {row["name"]: row for row in self.seen["comparison"]}
        self.assertEqual(set(found), set(expected))
        for name, difference in expected.items():
            row = found[name]
            self.assertEqual((row["new"], row["deleted"]), (difference.new, difference.deleted))
            self.assertEqual(row["allocated"], difference.new_bytes)
            self.assertEqual(row["sizeDelta"], difference.delta_bytes)


if __name__ == "__main__":
    unittest.main()
