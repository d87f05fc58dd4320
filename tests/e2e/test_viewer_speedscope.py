"""A capture of a jam, opened in Speedscope by its own importers."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from viewer import HOT, JAM, JAM_ROUTE, JamCapture, missing, need_viewer, show

class Speedscope(JamCapture):
    query = "seconds=4&hz=100"

    def need(self) -> None:
        need_viewer(self, "Speedscope")

    def check_names(self, seen: dict) -> None:
        """The functions of the jam are in the profile, the hot ones high in the list of all."""
        frames = "\n".join(seen["frames"])
        self.assertEqual(missing((*JAM, f"route {JAM_ROUTE}", "main"), frames), [], frames)
        self.assertEqual(missing(HOT, seen["rows"]), [], seen["rows"])
        for name in ("lab::jam::dot_product", "boost::asio::io_context::run", "[asio]", "[std]"):
            self.assertIn(name, seen["frames"])

    def test_a_cpuprofile_is_shown_in_the_order_of_time(self) -> None:
        seen = show(self, "speedscope", self.files[".cpuprofile"])

        self.assertEqual(seen["importer"], "Chrome CPU Profile")
        self.assertEqual(seen["unit"], "microseconds")
        self.assertAlmostEqual(seen["total"] / 1e6, 4, delta=0.1)
        self.check_names(seen)

    def test_folded_stacks_are_shown_with_a_weight_for_every_sample(self) -> None:
        seen = show(self, "speedscope", self.files[".folded"])

        self.assertEqual(seen["importer"], "collapsed stack format")
        self.assertGreaterEqual(seen["total"], self.quality["samplesTaken"])
        self.assertAlmostEqual(seen["total"] / 100, 4, delta=0.2)
        self.check_names(seen)
        self.assertIn("(idle)", seen["frames"])


if __name__ == "__main__":
    unittest.main()
