"""The jam blocks the one loop; the leak retains memory; clearing gives it back to the system."""

from __future__ import annotations

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, Wire, eventually, request, skip

MB = 1 << 20


def jam(lab: Lab, ms: int) -> Wire:
    """The connection of a jam that has begun: the process burns."""
    before = lab.cpu_seconds()
    wire = lab.connect()
    wire.send(request("POST", f"/api/lab/event-loop-jam?ms={ms}", token=TOKEN))
    eventually(lambda: lab.cpu_seconds() - before >= 0.05, "the jam begins")
    return wire


class Jam(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_a_jam_blocks_as_long_as_asked_and_says_so(self) -> None:
        started = time.monotonic()

        response = self.lab.http("POST", "/api/lab/event-loop-jam?ms=300")

        elapsed_ms = (time.monotonic() - started) * 1000
        self.assertEqual(set(response.json()), {"jammedMs", "result"})
        self.assertGreaterEqual(elapsed_ms, 299)
        self.assertGreaterEqual(response.json()["jammedMs"], 299)
        self.assertLess(response.json()["jammedMs"], 3000)

    def test_a_jam_delays_a_health_request_on_another_connection(self) -> None:
        started = time.monotonic()
        with jam(self.lab, 700) as jammed, self.lab.connect() as other:
            self.assertEqual(other.ask("GET", "/api/health").status, 200)
            health = time.monotonic() - started

            self.assertEqual(jammed.response("POST").status, 200)
        self.assertGreaterEqual(health, 0.69)

    def test_a_jam_burns_cpu_rather_than_sleep(self) -> None:
        before = self.lab.cpu_seconds()

        self.lab.http("POST", "/api/lab/event-loop-jam?ms=500")

        self.assertGreater(self.lab.cpu_seconds() - before, 0.05)

    def test_two_jams_take_turns(self) -> None:
        started = time.monotonic()
        with jam(self.lab, 300) as first, self.lab.connect() as second:
            second.send(request("POST", "/api/lab/event-loop-jam?ms=300", token=TOKEN))

            statuses = (first.response("POST").status, second.response("POST").status)

        self.assertEqual(statuses, (200, 200))
        self.assertGreaterEqual(time.monotonic() - started, 0.59)

    def test_a_client_that_leaves_during_its_jam_harms_nobody(self) -> None:
        jam(self.lab, 200).close()

        self.assertEqual(self.lab.http("GET", "/api/health").status, 200)

    def test_the_longest_jam_is_accepted(self) -> None:
        lab = Lab.for_test(self)
        with jam(lab, 60000) as wire:
            self.assertFalse(wire.readable())
            lab.kill()


class Memory(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)

    def leak(self, query: str) -> dict:
        response = self.lab.http("POST", f"/api/lab/memory-leak{query}")
        self.assertEqual(response.status, 200)
        return response.json()

    def test_a_leak_retains_what_was_asked_for_and_touches_every_page(self) -> None:
        before = self.lab.rss_bytes()

        status = self.leak("?mb=64")

        self.assertEqual(status, self.lab.http("GET", "/api/lab/status").json())
        self.assertEqual((status["retainedBytes"], status["retainedBufferCount"]), (64 * MB, 1))
        self.assertGreater(self.lab.rss_bytes() - before, 60 * MB)

    def test_leaks_add_up_and_64_mb_is_the_default(self) -> None:
        self.leak("?mb=1")
        status = self.leak("")

        self.assertEqual((status["retainedBytes"], status["retainedBufferCount"]), (65 * MB, 2))

    def test_clearing_an_empty_lab_is_fine(self) -> None:
        response = self.lab.http("POST", "/api/lab/memory-clear")

        self.assertEqual((response.status, response.json()["retainedBytes"]), (200, 0))

    def test_clearing_lets_go_of_everything(self) -> None:
        self.leak("?mb=8")
        self.leak("?mb=8")

        status = self.lab.http("POST", "/api/lab/memory-clear").json()

        self.assertEqual((status["retainedBytes"], status["retainedBufferCount"]), (0, 0))
        self.assertEqual(status, self.lab.http("GET", "/api/lab/status").json())

    def test_clearing_gives_the_memory_back_to_the_system(self) -> None:
        if not self.lab.has_gperftools():
            skip(self, "RSS after memory-clear", "the allocator of this build keeps what it freed")
        self.leak("?mb=96")
        full = self.lab.rss_bytes()

        self.lab.http("POST", "/api/lab/memory-clear")

        self.assertGreater(full - self.lab.rss_bytes(), 80 * MB)

    def test_the_largest_leak_is_accepted_or_refused_for_want_of_memory(self) -> None:
        if not self.lab.has_gperftools():
            skip(self, "1024 MB leak", "a sanitizer multiplies the memory that it takes")

        response = self.lab.http("POST", "/api/lab/memory-leak?mb=1024")

        self.assertIn(response.status, (200, 507))
        retained = 1024 * MB if response.status == 200 else 0
        self.assertEqual(self.lab.http("GET", "/api/lab/status").json()["retainedBytes"], retained)


if __name__ == "__main__":
    unittest.main()
