"""The fault library over the wire: described, started, bounded and cleared."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab

NAMES = ["unbounded-cache", "listener-growth", "request-buffers", "lost-pointer"]


class FaultLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def setUp(self) -> None:
        self.lab.http("POST", "/api/lab/memory-clear")

    def start(self, name: str, query: str = "") -> tuple[int, dict]:
        response = self.lab.http("POST", f"/api/lab/faults/{name}{query}")
        return response.status, response.json()

    def faults(self) -> dict[str, dict]:
        response = self.lab.http("GET", "/api/lab/faults")
        self.assertEqual(response.status, 200)
        return {each["name"]: each for each in response.json()["faults"]}

    def test_each_is_listed_with_what_it_does_and_what_to_look_for(self) -> None:
        faults = self.faults()

        self.assertEqual(list(faults), NAMES)
        for each in faults.values():
            self.assertTrue(each["summary"] and each["lookFor"], each)
            self.assertEqual((each["active"], each["objects"], each["bytes"]), (False, 0, 0))

    def test_each_is_started_made_worse_and_cleared(self) -> None:
        for name in NAMES:
            with self.subTest(name):
                self.assertEqual(self.start(name)[1]["objects"], 100)
                self.assertEqual(self.start(name, "?count=5")[1]["objects"], 105)
                self.assertTrue(self.faults()[name]["active"])

                self.assertEqual(self.lab.http("DELETE", f"/api/lab/faults/{name}").status, 204)

                self.assertEqual(self.faults()[name]["objects"], 0)

    def test_clearing_twice_is_no_error(self) -> None:
        for _ in range(2):
            self.assertEqual(self.lab.http("DELETE", "/api/lab/faults/lost-pointer").status, 204)

    def test_memory_clear_clears_them_all(self) -> None:
        for name in NAMES:
            self.start(name, "?count=1")

        self.assertEqual(self.lab.http("POST", "/api/lab/memory-clear").status, 200)

        self.assertEqual({each["objects"] for each in self.faults().values()}, {0})

    def test_the_number_has_its_borders(self) -> None:
        for query, expected in (
            ("?count=1", 200),
            ("?count=10000", 409),  # more than this one may have
            ("?count=2000", 409),  # with the one that is there
            ("?count=1999", 200),
            ("?count=1", 409),
            ("?count=0", 400),
            ("?count=10001", 400),
            ("?count=x", 400),
            ("?count=1&count=1", 400),
            ("?mb=1", 400),
        ):
            with self.subTest(query):
                status, body = self.start("request-buffers", query)
                self.assertEqual(status, expected, body)
        self.assertEqual(self.faults()["request-buffers"]["objects"], 2000)

    def test_an_unknown_fault_and_an_unknown_method(self) -> None:
        self.assertEqual(self.start("no-such-fault")[0], 404)
        self.assertEqual(self.lab.http("DELETE", "/api/lab/faults/no-such-fault").status, 404)
        self.assertEqual(self.lab.http("PUT", "/api/lab/faults/lost-pointer").status, 405)
        self.assertEqual(self.lab.http("POST", "/api/lab/faults").status, 405)

    def test_without_the_token_nobody_gets_in(self) -> None:
        for method, path in (
            ("GET", "/api/lab/faults"),
            ("POST", "/api/lab/faults/lost-pointer"),
            ("DELETE", "/api/lab/faults/lost-pointer"),
        ):
            self.assertEqual(self.lab.http(method, path, token=None).status, 403)


if __name__ == "__main__":
    unittest.main()
