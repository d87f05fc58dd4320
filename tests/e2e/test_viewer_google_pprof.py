"""The native profile of a capture, read by gperftools' own google-pprof with the program."""

from __future__ import annotations

import collections
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
        # Without the others google-pprof runs as well, but finds wrong names or none.
        tools = ("google-pprof", "file", "nm", "addr2line", "c++filt", "objdump")
        require_tools(self, "google-pprof", *tools)
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

    def own(self, part: str) -> int:
        return sum(own for name, (own, _) in self.rows.items() if part in name)

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

    def test_the_names_are_whole_with_their_namespaces(self) -> None:
        inner = [name for name in JAM if name != "rebuild_recommendations"]
        # google-pprof leaves out `(anonymous namespace)`.
        names = ["lab::jam::rebuild_recommendations", *(f"lab::jam::::{name}" for name in inner)]

        self.assertEqual([name for name in names if name not in self.rows], [], self.text)

    def test_it_names_the_functions_inside_libm_as_the_capture_does(self) -> None:
        leaves = collections.Counter()
        for line in self.files[".folded"].read_text().splitlines():
            stack, _, count = line.rpartition(" ")
            leaves[stack.rpartition(";")[2]] += int(count)
        for part in ("log1p", "dot_product", "epoll_wait"):
            ours = sum(count for name, count in leaves.items() if part in name)
            idle = leaves["(idle)"] if part == "epoll_wait" else 0
            close = max(3, 0.02 * self.quality["samplesTaken"])
            self.assertAlmostEqual(self.own(part), ours + idle, delta=close, msg=self.text)

    def test_nothing_is_missing_that_it_runs(self) -> None:
        self.assertNotRegex(self.text, "isn't numeric|No such file|WARNING|Can't exec")


if __name__ == "__main__":
    unittest.main()
