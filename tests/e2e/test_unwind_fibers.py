"""Stacks of stackful coroutines end at the fiber's first frame, with the callers that it has."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.wire import skip

BUILD_DIR = pathlib.Path(os.environ.get("LAB_BUILD_DIR", "build/release"))
KINDS = ("boost::context::fiber", "boost::asio::spawn", "makecontext", "switches")
SAMPLES = 2000
HZ = 2000
# Boost.Context's switch, of some 20 instructions, has no unwind table: without a frame pointer
# nothing leads out of it. scripts/bench shows how seldom that is.
ALLOWED_BROKEN = {"with": 0.01, "without": 0.02}  # ten times what is usual


class Fibers(unittest.TestCase):
    def sample(self, style: str) -> list[dict[str, Any]]:
        program = BUILD_DIR / f"bin/unwind-fibers-{style}-frame-pointers"
        if not program.exists():
            skip(self, "stacks of fibers", "built without Boost.Context (libboost-context1.81-dev)")
        run = subprocess.run(
            [program, str(SAMPLES), str(HZ)], capture_output=True, text=True, timeout=120
        )
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        kinds = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(tuple(kind["kind"] for kind in kinds), KINDS)
        return kinds

    def check(self, kind: dict[str, Any], allowed: float) -> None:
        with self.subTest(kind=kind["kind"]):
            clean = kind["fiber_entry"] + kind["outermost"]
            self.assertGreaterEqual(kind["samples"], SAMPLES)
            self.assertLessEqual(kind["samples"] - clean, allowed * kind["samples"])
            if kind["kind"] != "switches":
                self.assertEqual(kind["not_learned"], 0)
                self.assertGreater(kind["inside"], SAMPLES / 2)
                self.assertLessEqual(
                    kind["inside"] - kind["same_root"], allowed * kind["inside"]
                )

    def test_with_frame_pointers_every_stack_ends_cleanly(self) -> None:
        for kind in self.sample("with"):
            self.check(kind, ALLOWED_BROKEN["with"])

    def test_without_frame_pointers_only_the_switch_itself_is_cut_off(self) -> None:
        *kinds, _ = self.sample("without")
        for kind in kinds:
            self.check(kind, ALLOWED_BROKEN["without"])


if __name__ == "__main__":
    unittest.main()
