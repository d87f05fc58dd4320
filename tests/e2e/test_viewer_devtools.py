"""A capture of a jam, opened in the Performance panel of Chromium's DevTools."""

from __future__ import annotations

import pathlib
import re
import sys
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cpuprofile import CpuProfile
from viewer import HOT, JAM_FILE, JamCapture, need_viewer, show

TIME = re.compile(r"([\d,.]+)\s*(ms|s)(?![a-z])")


def milliseconds(text: str) -> float:
    """The first time in a cell, as in `1,979.0 ms49.6 %`."""
    number, unit = TIME.search(text).groups()
    return float(number.replace(",", "")) * (1000 if unit == "s" else 1)


def row_of(rows: list[dict[str, str]], part: str) -> dict[str, str]:
    return next((row for row in rows if part in row["activity"].split("\n")[0]), {})


class PerformancePanel(JamCapture):
    seen: dict[str, Any] = {}

    def need(self) -> None:
        need_viewer(self, "DevTools")

    def setUp(self) -> None:
        super().setUp()
        self.once("DevTools", self.open)
        self.rows = self.seen["rows"]
        self.profile = CpuProfile(self.files[".cpuprofile"])

    def open(self) -> None:
        type(self).seen = show(self, "devtools", self.files[".cpuprofile"])

    def test_the_panel_shows_the_whole_capture(self) -> None:
        begin, end = TIME.finditer(self.seen["range"])

        self.assertEqual(milliseconds(begin[0]), 0, self.seen["range"])
        self.assertAlmostEqual(milliseconds(end[0]), 4000, delta=100, msg=self.seen["range"])

    def test_bottom_up_names_the_functions_of_the_jam_with_file_and_line(self) -> None:
        for name in HOT:
            with self.subTest(name):
                activity = row_of(self.rows, name).get("activity", "")
                self.assertRegex(activity, rf"\Alab::jam::{name}\b(?!\()")
                self.assertRegex(activity, rf"{JAM_FILE}:\d+")

    def test_the_times_in_the_panel_are_those_of_the_file(self) -> None:
        # DevTools computes in floating point: times that it cannot hold exactly lose it rows.
        for name in (*HOT, "load_catalogue", "(idle)"):
            with self.subTest(name):
                row = row_of(self.rows, name)
                self.assertTrue(row, f"no row: {[each['activity'] for each in self.rows]}")
                own, both = self.profile.own_seconds(name), self.profile.total_seconds(name)
                self.assertAlmostEqual(milliseconds(row["self"]), 1000 * own, delta=2)
                self.assertAlmostEqual(milliseconds(row["total"]), 1000 * both, delta=2)

    def test_the_waiting_is_half_of_the_time(self) -> None:
        idle = milliseconds(row_of(self.rows, "(idle)")["self"])

        self.assertAlmostEqual(idle, 2000, delta=400)

    def test_the_callers_of_the_hottest_function_lead_to_the_handler_of_the_jam(self) -> None:
        activities = [row["activity"] for row in self.seen["callers"]]
        names = [activity.split("\n")[0] for activity in activities]

        for name in ("score_product", "rank_catalogue", "rebuild_recommendations"):
            self.assertTrue(any(name in each for each in names), f"{name}: {names}")
        self.assertTrue(any("/handlers.cpp:" in each for each in activities), activities)


if __name__ == "__main__":
    unittest.main()
