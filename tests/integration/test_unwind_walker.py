"""The stack walker calls nothing: whatever it called would run inside a signal handler."""

from __future__ import annotations

import os
import pathlib
import subprocess
import unittest

BUILD_DIR = pathlib.Path(os.environ.get("LAB_BUILD_DIR", "build/release"))
OBJECT = BUILD_DIR / "lib/loopscope/unwind/CMakeFiles/loopscope_unwind.dir/table_walker.cpp.o"
# Instrumentation adds calls of its own.
INSTRUMENTED = ("-fsanitize", "--coverage")


def undefined_symbols(file: pathlib.Path) -> list[str]:
    run = subprocess.run(["nm", "-u", file], capture_output=True, text=True, check=True)
    return [line.split()[-1] for line in run.stdout.splitlines()]


class Walker(unittest.TestCase):
    def setUp(self) -> None:
        flags = (BUILD_DIR / "build.ninja").read_text()
        if any(flag in flags for flag in INSTRUMENTED):
            self.skipTest("an instrumented build calls the instrumentation")

    def test_it_has_no_undefined_symbol(self) -> None:
        self.assertEqual(undefined_symbols(OBJECT), [])

    def test_the_check_sees_the_calls_of_other_code(self) -> None:
        publisher = OBJECT.with_name("map_publisher.cpp.o")

        self.assertNotEqual(undefined_symbols(publisher), [])


if __name__ == "__main__":
    unittest.main()
