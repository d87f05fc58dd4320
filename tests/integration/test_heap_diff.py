"""What came and went between two heap snapshots, as the service tells it."""

from __future__ import annotations

import pathlib
import re
import shutil
import sys
import unittest
from urllib.parse import quote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import is_alive
from support.heap import leak, need_tracking, taken
from support.lab import Lab, temp_dir
from support.wire import TOKEN, Response, Wire, eventually, request

PART = "heap diff"
MIB = 1 << 20
BUFFER = r"\Alab::allocate \(retained_memory\.cpp:\d+\)\Z"


def name_of(capture: dict) -> str:
    return pathlib.Path(capture["filePath"]).name


def diff(lab: Lab, first: str, second: str, more: str = "") -> Response:
    return lab.http("GET", f"/api/lab/heap-diff?from={quote(first)}&to={quote(second)}{more}")


class Diff(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        if not cls.lab.has_gperftools():
            return
        test = unittest.TestCase()
        taken(test, cls.lab)  # what the first one leaves for later ones
        cls.before = taken(test, cls.lab)
        leak(cls.lab, 16)
        cls.after = taken(test, cls.lab)

    def setUp(self) -> None:
        need_tracking(self, self.lab, PART)

    def test_the_leak_is_on_top_by_type_and_by_site(self) -> None:
        response = diff(self.lab, name_of(self.before), name_of(self.after))

        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(response.header("Content-Type"), "application/json")
        grown = response.json()
        self.assertEqual(set(grown), {"came", "went", "cameBytes", "wentBytes", "types", "sites"})
        for rows in (grown["types"], grown["sites"]):
            self.assertLessEqual(len(rows), 100)
            self.assertGreaterEqual(rows[0]["bytesDelta"], 16 * MIB)
            self.assertLess(rows[0]["bytesDelta"], 17 * MIB)
            deltas = [row["bytesDelta"] for row in rows]
            self.assertEqual(deltas, sorted(deltas, reverse=True))
            self.assertRegex(rows[0]["name"], BUFFER)

    def test_what_was_freed_went(self) -> None:
        grown = diff(self.lab, name_of(self.after), name_of(self.before)).json()

        self.assertRegex(grown["types"][-1]["name"], BUFFER)
        self.assertLessEqual(grown["types"][-1]["bytesDelta"], -16 * MIB)

    def test_the_stacks_are_there_for_flame_graphs(self) -> None:
        response = diff(self.lab, name_of(self.before), name_of(self.after), "&format=folded")

        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(response.header("Content-Type"), "text/plain; charset=utf-8")
        lines = response.body.decode().splitlines()
        sizes = {stack: int(size) for stack, _, size in (line.rpartition(" ") for line in lines)}
        largest = max(sizes, key=sizes.__getitem__)
        self.assertGreaterEqual(sizes[largest], 16 * MIB)
        self.assertRegex(largest, r"\Amain;.*;lab::allocate\Z")

    def test_a_snapshot_has_not_changed_since_itself(self) -> None:
        same = name_of(self.after)

        self.assertEqual(diff(self.lab, same, same).json(), {
            "came": 0, "went": 0, "cameBytes": 0, "wentBytes": 0, "types": [], "sites": []
        })
        folded = diff(self.lab, same, same, "&format=folded")
        self.assertEqual((folded.status, folded.body), (200, b""))

    def test_what_is_no_snapshot_of_ours_is_named(self) -> None:
        good = name_of(self.after)
        other_format = self.after["artifacts"][1]["name"]
        unknown = re.sub(r"[0-9a-f]{8}(?=\.heapsnapshot)", "00000000", good)
        for first, second, status, detail in [
            ("", good, 400, "from: the name of a .heapsnapshot"),
            (good, "", 400, "to: the name of a .heapsnapshot"),
            (other_format, good, 400, "from: the name of a .heapsnapshot"),
            (good, unknown, 404, "to: not found"),
            (good, "../" + good, 404, "to: not found"),
            (good, self.after["filePath"], 404, "to: not found"),
            (good, good + "\0", 404, "to: not found"),
        ]:
            with self.subTest(first=first, second=second):
                response = diff(self.lab, first, second)
                self.assertEqual(response.status, status, response.body)
                self.assertIn(detail, response.json()["detail"])
        for query in ("", f"?from={good}", f"?to={good}"):
            self.assertEqual(self.lab.http("GET", "/api/lab/heap-diff" + query).status, 400)
        self.assertEqual(diff(self.lab, good, good, "&format=csv").status, 400)
        self.assertEqual(diff(self.lab, good, good, "&limit=1").status, 400)

    def test_snapshots_of_different_processes_are_refused(self) -> None:
        other = Lab.for_test(self)
        theirs = pathlib.Path(taken(self, other)["filePath"])
        copy = self.lab.directory / theirs.name
        shutil.copy(theirs, copy)
        self.addCleanup(copy.unlink)

        response = diff(self.lab, name_of(self.after), theirs.name)

        self.assertEqual(response.status, 400, response.body)
        self.assertIn("snapshots of different processes", response.json()["detail"])

    def test_a_damaged_snapshot_is_named(self) -> None:
        damaged = self.lab.directory / name_of(self.after).replace("heap-2", "heap-1", 1)
        damaged.write_text('{"snapshot":{}}')
        damaged.chmod(0o600)
        self.addCleanup(damaged.unlink)

        response = diff(self.lab, name_of(self.after), damaged.name)

        self.assertEqual(response.status, 500, response.body)
        self.assertRegex(
            response.json()["detail"], rf"the comparison failed: .*{damaged.name}: not a heap snapshot"
        )

    def test_a_stranger_learns_nothing(self) -> None:
        path = f"/api/lab/heap-diff?from={name_of(self.before)}&to={name_of(self.after)}"

        self.assertEqual(self.lab.http("GET", path, token=None).status, 403)


class Unfinished(unittest.TestCase):
    """A comparison that does not end by itself."""

    def setUp(self) -> None:
        directory = temp_dir(self)
        self.started = directory / "started"
        tool = directory / "tool"
        tool.write_text(f'#!/bin/sh\necho $$ >"{self.started}"\nexec sleep 300\n')
        tool.chmod(0o700)
        self.lab = Lab.for_test(self, {"LAB_ENCODER": str(tool), "LAB_SHUTDOWN_GRACE": "1s"})
        snapshot = self.lab.directory / "heap-2026-01-02T03-04-05.678Z-0123abcd.heapsnapshot"
        snapshot.write_text("{}")
        snapshot.chmod(0o600)
        self.path = f"/api/lab/heap-diff?from={snapshot.name}&to={snapshot.name}"

    def begin(self) -> tuple[Wire, int]:
        """The connection that waits, and the process that compares."""
        def started() -> str:
            return self.started.read_text().strip() if self.started.exists() else ""

        def asked() -> Wire | None:
            wire = self.lab.connect()
            self.addCleanup(wire.close)
            wire.send(request("GET", self.path, token=TOKEN))
            # The turn of one that has ended may last a moment longer.
            eventually(lambda: started() or wire.readable(), "it begins or is refused")
            return wire if started() else None

        wire = eventually(asked, "it begins")
        return wire, int(started())

    def test_a_second_one_is_refused(self) -> None:
        self.begin()

        response = self.lab.http("GET", self.path)

        self.assertEqual(response.status, 409, response.body)
        self.assertIn("another operation", response.json()["detail"])

    def test_it_ends_when_its_client_leaves(self) -> None:
        wire, pid = self.begin()

        wire.close()

        eventually(lambda: not is_alive(pid), "the process ends")
        self.started.unlink()
        self.begin()

    def test_it_ends_with_the_service(self) -> None:
        lab = self.lab
        _, pid = self.begin()

        lab.stop()

        self.assertFalse(is_alive(pid))


if __name__ == "__main__":
    unittest.main()
