"""The native profile of a capture, read by gperftools' own google-pprof with the program."""

from __future__ import annotations

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler
from support.lab import BINARY, Lab
from tools import require_tools, run
from viewer import JAM, JamCapture

ROW = re.compile(r"^\s*(\d+)\s+[\d.]+%\s+[\d.]+%\s+(\d+)\s+[\d.]+%\s+(\S.*)$", re.MULTILINE)


class GooglePprof(JamCapture):
    text = ""

    def need(self) -> None:
        require_tools(self, "google-pprof", "google-pprof")
        if not self.files:
            need_profiler(self, Lab.for_test(self), "google-pprof")

    def setUp(self) -> None:
        super().setUp()
        self.once("google-pprof", self.read)
        self.rows = {row[3]: (int(row[1]), int(row[2])) for row in ROW.finditer(self.text)}

    def read(self) -> None:
        done = run(["google-pprof", "--text", BINARY, self.files[".prof"]])
        self.assertEqual(done.returncode, 0, done.stdout)
        type(self).text = done.stdout

    def longest(self, part: str) -> int:
        return max((both for name, (_, both) in self.rows.items() if part in name), default=0)

    def test_it_counts_the_samples_that_the_response_counts(self) -> None:
        total = re.search(r"^Total: (\d+) samples", self.text, re.MULTILINE)

        self.assertEqual(int(total[1]), self.quality["samplesTaken"], self.text)

    def test_it_names_the_functions_of_the_jam_and_gives_them_half_of_the_samples(self) -> None:
        half = self.quality["samplesTaken"] / 2

        for name in JAM:
            self.assertGreater(self.longest(name), 0, f"{name}\n{self.text}")
        self.assertAlmostEqual(self.longest("rebuild_recommendations"), half, delta=0.2 * half)
        self.assertAlmostEqual(self.longest("epoll_wait"), half, delta=0.2 * half)


if __name__ == "__main__":
    unittest.main()
