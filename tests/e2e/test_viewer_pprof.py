"""Captures in pprof's format, read by Go's own pprof; offline, and without the program."""

from __future__ import annotations

import os
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin
from support.lab import Lab
from support.wire import TOKEN
from tools import require_tools, run, scratch
from viewer import HOT, JAM, JAM_FILE, JAM_ROUTE, JamCapture, keep

ROW = re.compile(r"^ *([\d.]+)(ms|s|us)? +[\d.]+% +[\d.]+% +([\d.]+)(ms|s|us)? +[\d.]+% +(\S.*)$")
SCALE = {"s": 1.0, "ms": 1e-3, "us": 1e-6, None: 1.0}
LEAK_ROUTE = "/api/lab/memory-leak"


class Table:
    """What `pprof -top` printed: seconds in the function itself, and with what it calls."""

    def __init__(self, text: str) -> None:
        self.text = text
        rows = [match for line in text.splitlines() if (match := ROW.match(line))]
        self.own = {row[5]: float(row[1]) * SCALE[row[2]] for row in rows}
        self.total = {row[5]: float(row[3]) * SCALE[row[4]] for row in rows}

    def longest(self, part: str) -> float:
        return max((seconds for name, seconds in self.total.items() if part in name), default=0)


def has_pprof(test: unittest.TestCase) -> None:
    require_tools(test, "go tool pprof", "go")


def pprof(test: unittest.TestCase, file: pathlib.Path, *options: str) -> str:
    """Symbols come from the file alone, and nothing is looked up anywhere."""
    empty = scratch(test)
    env = {"PATH": os.environ["PATH"], "HOME": str(empty), "PPROF_TMPDIR": str(empty)}
    command = ["go", "tool", "pprof", "-symbolize=none", *options, file]
    done = run(command, env=env, cwd=empty)
    test.assertEqual(done.returncode, 0, done.stdout)
    return done.stdout


class Pprof(JamCapture):
    def need(self) -> None:
        has_pprof(self)

    def top(self, *options: str) -> Table:
        return Table(pprof(self, self.files[".pb.gz"], "-top", "-nodefraction=0", *options))

    def test_top_shows_the_wall_time_and_half_of_it_in_the_jam(self) -> None:
        table = self.top("-cum")

        self.assertIn("Type: wall", table.text)
        self.assertIn(f"Build ID: {self.quality['buildId']}", table.text)
        self.assertAlmostEqual(sum(table.own.values()), 4, delta=0.2)
        self.assertAlmostEqual(table.longest("rebuild_recommendations"), 2, delta=0.4)
        for name in JAM:
            self.assertGreater(table.longest(name), 0.05, f"{name}\n{table.text}")

    def test_every_line_of_the_jam_has_its_file(self) -> None:
        table = self.top("-lines")

        for name in HOT:
            with self.subTest(name):
                rows = [row for row in table.own if name in row]
                self.assertTrue(rows, table.text)
                for row in rows:
                    self.assertRegex(row, rf"/{JAM_FILE}:\d+")

    def test_list_shows_the_source_of_the_culprit(self) -> None:
        text = pprof(self, self.files[".pb.gz"], "-list=rebuild_recommendations")

        self.assertRegex(text, rf"ROUTINE =+ .*rebuild_recommendations.* in \S*{JAM_FILE}")
        self.assertIn("checksum += recommend_for_customer(seed);", text)

    def test_inlined_functions_are_told_from_their_callers(self) -> None:
        table = self.top("-cum")

        inlined = [name for name in table.total if name.endswith("(inline)")]
        self.assertGreater(len(inlined), 5, table.text)
        self.assertFalse([name for name in inlined if "rebuild_recommendations" in name])

    def test_the_time_of_the_jam_carries_its_route_and_the_waiting_none(self) -> None:
        focused = self.top(f"-tagfocus=route={JAM_ROUTE}")
        ignored = self.top(f"-tagignore=route={JAM_ROUTE}")

        self.assertAlmostEqual(sum(focused.own.values()), 2, delta=0.4)
        self.assertEqual(focused.longest("epoll_wait"), 0, focused.text)
        self.assertEqual(ignored.longest("rebuild_recommendations"), 0, ignored.text)


class TwoRoutes(unittest.TestCase):
    """Both are served by the one thread, in turns, in one capture."""

    def setUp(self) -> None:
        has_pprof(self)
        lab = Lab.for_test(self)
        with begin(lab, "seconds=3&hz=1000") as wire:
            until = time.monotonic() + 2.5
            while time.monotonic() < until:
                self.load(lab)
            self.file = keep(self, lab, wire.response("POST"), scratch(self))[".pb.gz"]

    def load(self, lab: Lab) -> None:
        with lab.connect() as wire:
            wire.ask("POST", f"{JAM_ROUTE}?ms=50", token=TOKEN)
            wire.ask("POST", f"{LEAK_ROUTE}?mb=32", token=TOKEN)
            wire.ask("POST", "/api/lab/memory-clear", token=TOKEN)

    def test_tags_lists_both_routes(self) -> None:
        tags = pprof(self, self.file, "-tags")

        self.assertRegex(tags, r"(?m)^ *route: Total")
        for route in (JAM_ROUTE, LEAK_ROUTE):
            self.assertRegex(tags, rf"(?m): {route}$")

    def test_tagfocus_separates_the_routes_under_mixed_load(self) -> None:
        jam, leak = (
            Table(pprof(self, self.file, "-top", "-nodefraction=0", f"-tagfocus=route={route}"))
            for route in (JAM_ROUTE, LEAK_ROUTE)
        )

        self.assertGreater(jam.longest("rebuild_recommendations"), 0.2, jam.text)
        self.assertGreater(leak.longest("retained_memory::retain"), 0.1, leak.text)
        self.assertEqual(leak.longest("rebuild_recommendations"), 0, leak.text)
        self.assertGreater(
            jam.longest("rebuild_recommendations"), 0.95 * sum(jam.own.values()), jam.text
        )


if __name__ == "__main__":
    unittest.main()
