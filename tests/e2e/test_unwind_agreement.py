"""Stacks of a varied program agree with libunwind's, from the same registers at the same moment."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.wire import skip

BUILD_DIR = pathlib.Path(os.environ.get("LAB_BUILD_DIR", "build/release"))
SAMPLES = 6000
HZ = 2000
# scripts/bench compares 100 000 samples and finds a twentieth of these shares.
ALLOWED_KNOWN = 0.01
ALLOWED_UNKNOWN = 0.001
# The last instruction of a throw and the last ones of longjmp: the stack is the target's already,
# and where the program goes on is in a register. A little before, libgcc's frame has lost its
# caller.
KNOWN = ("return_in_register", "theirs_leaves_code")


class Agreement(unittest.TestCase):
    def check(self, style: str) -> None:
        program = BUILD_DIR / f"bin/unwind-agreement-{style}-frame-pointers"
        if not program.exists():
            skip(self, "agreement with libunwind", "built without it (libunwind-dev)")
        run = subprocess.run(
            [program, str(SAMPLES), str(HZ)], capture_output=True, text=True, timeout=120
        )
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        found = json.loads(run.stdout)
        different = found["samples"] - found["identical"]
        unknown = different - sum(
            each["samples"] for each in found["differences"] if each["reason"] in KNOWN
        )

        self.assertGreaterEqual(found["samples"], SAMPLES)
        self.assertGreater(found["frames"], 5 * SAMPLES)
        self.assertLessEqual(different, ALLOWED_KNOWN * SAMPLES, found["differences"])
        self.assertLessEqual(unknown, ALLOWED_UNKNOWN * SAMPLES, found["differences"])

    def test_with_frame_pointers(self) -> None:
        self.check("with")

    def test_without_frame_pointers(self) -> None:
        self.check("without")


if __name__ == "__main__":
    unittest.main()
