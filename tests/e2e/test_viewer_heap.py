"""A real leak, found in the service's own snapshots by the readers that people use."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from heapsnapshot import HeapSnapshot, compare
from heapsnapshot_format import problems
from support.heap import leak, need_tracking, taken
from support.lab import BINARY, Lab
from tools import require_tools, run, scratch
from viewer import Prepared, need_modules, need_node, need_viewer, read, show

MIB = 1 << 20
LEAKED = 64 * MIB
SITE = re.compile(r"lab::allocate \(retained_memory\.cpp:\d+\)")
ROOT = "LabService.retainedBuffers"
PIECE = "lab::retained_memory::piece[]"
VECTOR = "std::vector<lab::retained_memory::piece>[]"
ROUNDING = 0.05  # DevTools shows sizes with two digits at least


class Leak(Prepared):
    """Two snapshots, 64 MiB apart."""

    files: dict[str, pathlib.Path] = {}
    later: dict[str, pathlib.Path] = {}

    def setUp(self) -> None:
        self.once("the snapshots", self.capture)
        self.before = HeapSnapshot(self.files[".heapsnapshot"])
        self.after = HeapSnapshot(self.later[".heapsnapshot"])
        self.largest = max(range(len(self.after)), key=lambda node: self.after.sizes[node])
        self.site = self.after.names[self.largest]

    def capture(self) -> None:
        kind = type(self)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        kind.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        lab = Lab.for_test(self, directory=directory)
        need_tracking(self, lab, "heap snapshots")
        taken(self, lab)
        leak(lab, 8)
        kind.files = self.by_extension(taken(self, lab))
        leak(lab, 64)
        kind.later = self.by_extension(taken(self, lab))

    def by_extension(self, capture: dict[str, Any]) -> dict[str, pathlib.Path]:
        paths = [pathlib.Path(each["path"]) for each in capture["artifacts"]]
        return {re.sub(r"\A.*?-[0-9a-f]{8}(?=\.)", "", path.name): path for path in paths}

    def assertRounded(self, shown: float, exact: float) -> None:
        self.assertAlmostEqual(shown, exact, delta=ROUNDING * abs(exact))


class OwnReader(Leak):
    def test_the_files_keep_the_format(self) -> None:
        for file in (self.files, self.later):
            self.assertEqual(problems(file[".heapsnapshot"]), [])

    def test_the_largest_growth_is_the_buffer(self) -> None:
        growth = compare(self.before, self.after)
        name, difference = max(growth.items(), key=lambda each: each[1].delta_bytes)

        self.assertRegex(name, SITE)
        self.assertEqual((difference.new, difference.deleted), (1, 0))
        self.assertEqual(difference.delta_bytes, LEAKED)

    def test_its_retainers_lead_to_the_named_root_and_that_holds_all_of_it(self) -> None:
        names = [self.after.names[step.node] for step in self.after.path_to_root(self.largest)]

        self.assertEqual(names[:3], [PIECE, VECTOR, ROOT])
        (root,) = self.after.named(ROOT)
        self.assertGreaterEqual(self.after.retained()[root], LEAKED + 8 * MIB)

    def test_it_has_the_stack_of_its_allocation(self) -> None:
        functions = [frame.function for frame in self.after.stack(self.largest)]

        self.assertIn("lab::retained_memory::retain", functions)
        self.assertIn("lab::leak_memory::operator()", functions)

    def test_little_is_unreached(self) -> None:
        retained = self.after.retained()
        (lost,) = self.after.named("(Unreached: leaked or hidden)")

        self.assertLess(retained[lost], MIB)


class MemoryPanel(Leak):
    def setUp(self) -> None:
        need_viewer(self, "DevTools' Memory panel")
        super().setUp()

    def test_devtools_shows_it_in_comparison_and_retainers(self) -> None:
        seen = show(self, "devtools_memory", self.later[".heapsnapshot"], self.site,
                    self.files[".heapsnapshot"])

        rows = sorted(seen["comparison"], key=lambda row: row["sizeDelta"])
        self.assertRegex(rows[-1]["name"], SITE)
        self.assertEqual((rows[-1]["new"], rows[-1]["deleted"]), (1, 0))
        self.assertRounded(rows[-1]["sizeDelta"], LEAKED)
        summary = {row["name"]: row for row in seen["summary"]}
        self.assertEqual(summary[self.site]["count"], 2)
        self.assertRounded(summary[self.site]["shallow"], LEAKED + 8 * MIB)
        retainers = {row["name"] for row in seen["retainers"]}
        self.assertLessEqual({PIECE, VECTOR, ROOT}, retainers)
        first = [row["name"] for row in seen["containment"] if row["depth"] == 0]
        self.assertIn("(GC roots)", first)
        self.assertIn(ROOT, first)
        self.assertTrue(any("leak_memory" in each["function"] for each in seen["stack"]))

    def test_devtools_shows_the_sampling_profile(self) -> None:
        rows = show(self, "devtools_sampling", self.later[".heapprofile"])["rows"]

        self.assertEqual(rows[0]["name"], "lab::allocate")
        self.assertRounded(rows[0]["self"], LEAKED + 8 * MIB)


class OtherReaders(Leak):
    def test_memlab_leads_from_the_buffer_to_the_root(self) -> None:
        need_modules(self, "memlab")
        seen = read(self, "memlab", self.later[".heapsnapshot"], self.site)

        self.assertEqual(seen["object"]["self"], LEAKED)
        self.assertIn(ROOT, [step["name"] for step in seen["path"]])

    def test_the_heap_tools_of_chrome_devtools_mcp_compare_to_the_byte(self) -> None:
        need_viewer(self, "chrome-devtools-mcp")
        need_node(self, "chrome-devtools-mcp", 20, 19)
        seen = read(self, "devtools_mcp", shutil.which("chromium"), self.later[".heapsnapshot"],
                    self.site, self.files[".heapsnapshot"])

        rows = {row["name"]: row for row in seen["comparison"]}
        self.assertEqual(rows[self.site]["sizeDelta"], LEAKED)
        self.assertIn(ROOT, [each["name"] for each in seen["dominators"]])

    def test_go_tool_pprof_shows_the_growth_alone(self) -> None:
        require_tools(self, "go tool pprof", "go")
        empty = scratch(self)
        env = {"PATH": os.environ["PATH"], "HOME": str(empty), "PPROF_TMPDIR": str(empty)}
        command = ["go", "tool", "pprof", "-symbolize=none", "-top", "-inuse_space", "-unit=B",
                   "-base", self.files[".heap.pb.gz"], self.later[".heap.pb.gz"]]
        done = run(command, env=env, cwd=empty)

        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Type: inuse_space", done.stdout)
        rows = [line.split() for line in done.stdout.splitlines() if " lab::allocate" in line]
        self.assertEqual(rows[0][0], f"{LEAKED}B", done.stdout)

    def test_google_pprof_shows_the_samples(self) -> None:
        tools = ("google-pprof", "file", "nm", "addr2line", "c++filt", "objdump")
        require_tools(self, "google-pprof", *tools)
        done = run(["google-pprof", "--text", BINARY, self.later[".heap"]])

        self.assertEqual(done.returncode, 0, done.stdout)
        row = re.search(r"^ +([\d.]+) +[\d.]+% .*lab::\S*(retain|allocate)", done.stdout, re.M)
        self.assertTrue(row, done.stdout)
        self.assertAlmostEqual(float(row[1]), 72, delta=1)


if __name__ == "__main__":
    unittest.main()
