"""A program whose heap is rubbish: its snapshots are taken all the same, and can be encoded."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from heapsnapshot_format import problems
from support.lab import ROOT
from support.wire import skip
from tools import run, scratch

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
PROGRAM = BUILD / "bin/heap-corrupted"


class Corrupted(unittest.TestCase):
    def test_it_is_scanned_and_encoded(self) -> None:
        if not PROGRAM.exists():
            skip(self, "corrupted heap", "built without gperftools: nothing tracks the heap")
        folder = scratch(self)
        raw, snapshot = folder / "heap.raw", folder / "heap.heapsnapshot"

        done = run([PROGRAM, raw])
        self.assertEqual(done.returncode, 0, done.stdout)
        done = run([BUILD / "bin/loopscope", "encode", raw, "--output", f"heapsnapshot={snapshot}"])
        self.assertEqual(done.returncode, 0, done.stdout)

        self.assertGreaterEqual(json.loads(snapshot.read_text())["snapshot"]["node_count"], 50_000)
        self.assertEqual(problems(snapshot), [])


if __name__ == "__main__":
    unittest.main()
