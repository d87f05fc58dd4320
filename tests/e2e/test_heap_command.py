"""loopscope heap: Node's own snapshots against plain Python, made up ones, and what can go wrong."""

from __future__ import annotations

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.heap_snapshot import Heap, write_large
from support.lab import ROOT
from tools import require_tools, run, scratch

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
LOOPSCOPE = BUILD / "bin/loopscope"
COMMANDS = ["top", "diff", "retainers", "dominators"]

LEAKING = """
const v8 = require('v8'), inspector = require('inspector');
class Leak { constructor(i) { this.i = i; this.next = null; } }
class Service { constructor() { this.retained = []; this.head = null; } }
globalThis.service = new Service();
v8.writeHeapSnapshot('written');
const session = new inspector.Session();
session.connect();
session.post('HeapProfiler.startTrackingHeapObjects', {trackAllocations: true});
v8.writeHeapSnapshot('before');
function allocateLeak(i) { return new Leak(i); }
function leakAll() {
  for (let i = 0; i < 300; i++) {
    service.retained.push(allocateLeak(i));
    const element = allocateLeak(i);
    element.next = service.head;
    service.head = element;
  }
}
leakAll();
v8.writeHeapSnapshot('after');
process.exit(0);
"""


def heap(*args: str | pathlib.Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOOPSCOPE, "heap", *args], capture_output=True, text=True, timeout=120, **more
    )


class Heaps(unittest.TestCase):
    def shown(self, *args: str | pathlib.Path, **more: object) -> str:
        done = heap(*args, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def json(self, *args: str | pathlib.Path) -> dict:
        text = self.shown(*args, "--json")
        self.assertEqual(text.count("\n"), 1)
        return json.loads(text)

    def check_against_python(self, file: pathlib.Path) -> None:
        expected = Heap(json.loads(file.read_text()))
        dominators = expected.dominators()
        retained = expected.retained(dominators)

        rows = self.json("dominators", file, "--depth", "0", "--limit", "0")["rows"]
        top = self.json("top", file, "--limit", "0")

        ids = [node.id for node in expected.nodes]
        self.assertEqual(
            {row["id"]: (row["dominator"], row["retainedBytes"]) for row in rows},
            {ids[i]: (ids[dominators[i]], retained[i]) for i in dominators if i != 0},
        )
        self.assertEqual(
            {row["name"]: row["retainedBytes"] for row in top["rows"]},
            dict(expected.retained_by_class(dominators, retained)),
        )
        self.assertEqual(top["objects"], len(expected.objects()))
        self.assertEqual(top["bytes"], sum(expected.nodes[i].self_bytes for i in expected.objects()))


class OfNode(Heaps):
    folder: pathlib.Path
    taken = False

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory(prefix="lab-e2e-")
        cls.addClassCleanup(directory.cleanup)
        cls.folder = pathlib.Path(directory.name)

    def setUp(self) -> None:
        require_tools(self, "heap_command", "node")
        if not OfNode.taken:
            (self.folder / "leaking.js").write_text(LEAKING)
            done = run(["node", "leaking.js"], cwd=self.folder)
            self.assertEqual(done.returncode, 0, done.stdout)
            OfNode.taken = True
        self.before, self.after = self.folder / "before", self.folder / "after"

    def test_dominators_and_retained_sizes_are_those_of_another_computation(self) -> None:
        for file in (self.folder / "written", self.after):
            with self.subTest(file.name):
                self.check_against_python(file)

    def test_the_difference_is_in_the_ids(self) -> None:
        old, new = (Heap(json.loads(file.read_text())) for file in (self.before, self.after))
        old_ids = {old.nodes[i].id for i in old.objects()}
        new_ids = {new.nodes[i].id for i in new.objects()}

        diff = self.json("diff", self.before, self.after, "--limit", "0")

        self.assertEqual(diff["came"], len(new_ids - old_ids))
        self.assertEqual(diff["went"], len(old_ids - new_ids))
        leak = next(row for row in diff["types"] if row["name"] == "Leak")
        self.assertEqual((leak["came"], leak["went"], leak["countDelta"]), (600, 0, 600))
        for rows in (diff["types"], diff["sites"]):
            deltas = [row["bytesDelta"] for row in rows]
            self.assertEqual(deltas, sorted(deltas, reverse=True))
            self.assertEqual(sum(deltas), diff["cameBytes"] - diff["wentBytes"])

    def test_a_leak_is_found_as_a_person_would(self) -> None:
        table = self.shown("diff", self.before, self.after)
        paths = self.shown("retainers", self.after, "--type", "Leak")

        self.assertRegex(table, r"(?m)^ *600 +0 +\+600 +\+[\d.]+ KiB +Leak$")
        self.assertRegex(paths, r"\A600 objects, ")
        self.assertRegex(paths, r"(?m)^ +300 .*Leak <- Array <- Service\.retained <- ")
        self.assertRegex(paths, r"(?m)^ +29\d .*Leak <- Leak\.next \(chain\) <- Service\.head <- ")

    def test_one_object_is_found_by_its_id(self) -> None:
        nodes = Heap(json.loads(self.after.read_text())).nodes
        service = next(node for node in nodes if (node.type, node.name) == ("object", "Service"))

        paths = self.json("retainers", self.after, "--id", str(service.id))

        self.assertEqual((paths["objects"], paths["bytes"]), (1, service.self_bytes))
        self.assertIn("global.service", [row["path"][0] for row in paths["rows"]])

    def test_allocation_sites_and_stacks_are_shown(self) -> None:
        sites = self.shown("diff", self.before, self.after, "--by", "site")
        folded = self.shown("diff", self.before, self.after, "--folded")

        self.assertRegex(sites, r"(?m)^ *6\d\d +0 +\+6\d\d .*  allocateLeak \(leaking\.js:\d+\)$")
        self.assertRegex(folded, r"(?m)^[^ ].*leakAll;allocateLeak(;Leak)? \d+$")
        for line in folded.splitlines():
            self.assertRegex(line, r"\A.+ [1-9]\d*\Z")


class MadeUp(Heaps):
    def setUp(self) -> None:
        self.folder = scratch(self)

    def test_lists_trees_and_cycles_are_as_another_computation_has_them(self) -> None:
        file = self.folder / "made"
        write_large(file, 5000)

        self.check_against_python(file)

    def test_memory_is_bounded(self) -> None:
        file = self.folder / "large"
        nodes, edges = 300_000, 300_000 * 3.7
        write_large(file, nodes)
        name = "lab::type_7<std::pair<int const, std::string>>"

        for args in (["top", file], ["diff", file, file], ["retainers", file, "--type", name],
                     ["dominators", file]):
            with self.subTest(args[0]):
                before = 40 << 20  # the program and its libraries
                limit = before + 2 * int(69 * nodes + 8 * edges)
                self.shown(*args, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_DATA, (limit, limit)))

    def test_names_do_not_control_the_terminal(self) -> None:
        file = self.folder / "made"
        write_large(file, 100)
        file.write_text(file.read_text().replace("lab::type_", r"\u001b[31m\n\u009b\u0000"))

        table = self.shown("top", file)

        self.assertEqual(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", table), [])
        self.assertEqual(len(table.splitlines()), 2 + 1 + 30 + 1)

    def test_columns_are_aligned_and_rows_limited(self) -> None:
        file = self.folder / "made"
        write_large(file, 1000)

        lines = self.shown("top", file, "--limit", "5").splitlines()

        ends = {re.match(r".*?(iB|[^i]B|retained)  (?=lab|type)", line).end() for line in lines[2:8]}
        self.assertEqual(len(ends), 1, lines)
        self.assertRegex(lines[8], r"\A\.\.\. and \d+ more \(--limit 0 shows all\)\Z")
        self.assertEqual(len(self.json("dominators", file, "--limit", "7")["rows"]), 7)
        depths = {row["depth"] for row in self.json("dominators", file, "--depth", "2")["rows"]}
        self.assertEqual(depths, {1, 2})


class WrongCalls(Heaps):
    def setUp(self) -> None:
        self.folder = scratch(self)
        self.file = self.folder / "made"
        write_large(self.file, 10)

    def fails(self, code: int, line: str, *args: str | pathlib.Path) -> None:
        done = heap(*args)

        self.assertEqual((done.returncode, done.stdout), (code, ""), done)
        self.assertRegex(done.stderr, rf"\Aloopscope: {line}[^\n]*\n\Z")

    def test_help(self) -> None:
        self.assertIn("loopscope heap top|diff|retainers|dominators", run([LOOPSCOPE, "--help"]).stdout)
        self.assertIn("Exit code", self.shown("--help"))
        for command in COMMANDS:
            with self.subTest(command):
                text = self.shown(command, "--help")
                for option in ("--json", "--limit N"):
                    self.assertIn(option, text)
                self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_a_wrong_call_is_told_in_one_line(self) -> None:
        for args, line in [
            ([], "heap: a command is missing: top, diff, retainers or dominators"),
            (["bottom"], "heap: unknown command 'bottom'"),
            (["--fast"], "unknown option '--fast'"),
            (["top"], "heap top: FILE is missing"),
            (["top", ""], "FILE needs a value"),
            (["top", "a", "b"], "more than one FILE: 'b'"),
            (["top", "a", "--fast"], "unknown option '--fast'"),
            (["top", "a", "--by", "name"], "--by 'name': type or site"),
            (["top", "a", "--limit", "-1"], "--limit '-1': no number"),
            (["top", "a", "--limit"], "--limit needs a value"),
            (["top", "a", "--limit=1", "--limit=2"], "--limit: given more than once"),
            (["diff", "a"], "heap diff: TO is missing"),
            (["diff", "a", "b", "c"], "more than FROM and TO: 'c'"),
            (["diff", "a", "b", "--folded", "--json"], "--folded and --json: only one"),
            (["diff", "a", "b", "--json", "--by=site"], "--json has types and sites: no --by"),
            (["diff", "a", "b", "--folded", "--by=site"], "--folded has stacks: no --by"),
            (["diff", "a", "b", "--folded", "--limit=3"], "--folded has all stacks: no --limit"),
            (["retainers", "a"], "heap retainers: --type NAME or --id ID is needed"),
            (["retainers", "a", "--type=x", "--id=1"], "heap retainers: --type NAME or --id ID"),
            (["retainers", "a", "--id", "4294967296"], "--id '4294967296': no number, or too large"),
            (["dominators", "a", "--depth", "x"], "--depth 'x': no number"),
        ]:
            with self.subTest(args):
                self.fails(2, re.escape(line), *args)

    def test_what_cannot_be_read_is_named(self) -> None:
        whole = self.file.read_bytes()
        for content, reason in [(b"", "it ends early"), (b"\x7fELF", r"'{' is missing"),
                                (b'{"nodes":[]}', "snapshot should come before nodes"),
                                (whole[:-50], "it ends"), (whole + b"x", "something follows")]:
            broken = self.folder / "broken"
            broken.write_bytes(content)
            for args in (["top", broken], ["diff", self.file, broken], ["diff", broken, self.file],
                         ["retainers", broken, "--id", "1"], ["dominators", broken]):
                with self.subTest(args=args, reason=reason):
                    self.fails(1, rf"{broken}: not a heap snapshot: {reason}.* \(at byte \d+\)", *args)
        self.fails(1, rf"{self.folder}: Is a directory", "top", self.folder)
        self.fails(1, r".*/none: No such file or directory", "top", self.folder / "none")

    def test_snapshots_of_different_processes_are_not_compared(self) -> None:
        whole = self.file.read_text()
        ours, theirs = self.folder / "ours", self.folder / "theirs"
        for file, process in ((ours, "0123456789abcdef"), (theirs, "fedcba9876543210")):
            file.write_text(whole.replace('"node_count"', f'"process":"{process}","node_count"', 1))

        self.fails(4, rf"{ours} and {theirs}: snapshots of different processes", "diff", ours, theirs)
        for other in (ours, self.file):
            self.shown("diff", ours, other)
            self.shown("diff", other, ours)

    def test_what_is_not_in_a_snapshot_is_told(self) -> None:
        self.fails(1, rf"{self.file}: no object of type 'none'",
                   "retainers", self.file, "--type", "none")
        self.fails(1, rf"{self.file}: no object of id 2", "retainers", self.file, "--id", "2")

    def test_a_full_disk_is_an_error(self) -> None:
        with open("/dev/full", "w") as full:
            done = subprocess.run([LOOPSCOPE, "heap", "top", self.file], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)

        self.assertEqual(done.returncode, 3)
        self.assertIn("standard output: No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
