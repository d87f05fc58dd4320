"""A flood of connections: the limit, and the file descriptors running out below it."""

from __future__ import annotations

import pathlib
import resource
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import can_sample
from support.lab import Lab
from support.wire import TOKEN, Closed, Response, Wire, eventually, request, skip


def healthy(lab: Lab) -> bool:
    """Whether a new connection is served; one that is turned away is closed."""
    try:
        with lab.connect() as wire:
            return wire.ask("GET", "/api/health").status == 200
    except (Closed, OSError):
        return False


class Limit(unittest.TestCase):
    LIMIT = 5

    def setUp(self) -> None:
        self.lab = Lab.for_test(self, {"LAB_MAX_CONNECTIONS": str(self.LIMIT)})

    def fill(self) -> list[Wire]:
        wires = []
        for number in range(self.LIMIT):
            wires.append(self.lab.connect())
            self.addCleanup(wires[-1].close)
            self.assertEqual(wires[-1].ask("GET", "/api/health").status, 200, number)
        return wires

    def check_turned_away(self, wire: Wire) -> None:
        response: Response = wire.response()
        self.assertEqual((response.status, response.closes()), (503, True))
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertEqual(wire.rest(), b"")

    def test_the_limits_last_connection_is_served_and_the_next_is_turned_away(self) -> None:
        wires = self.fill()

        with self.lab.connect() as extra:
            extra.send(request("GET", "/api/health"))
            self.check_turned_away(extra)
        for wire in wires:
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_a_client_that_sends_nothing_is_turned_away_too(self) -> None:
        self.fill()

        with self.lab.connect() as extra:
            self.check_turned_away(extra)

    def test_after_one_leaves_a_new_one_is_served(self) -> None:
        wires = self.fill()
        self.assertFalse(healthy(self.lab))

        wires[2].close()

        eventually(lambda: healthy(self.lab), "a place becomes free")

    def test_a_flood_far_over_the_limit_turns_each_away_and_leaves_no_trace(self) -> None:
        wires = self.fill()
        files = self.lab.open_files()
        for _ in range(200):
            with self.lab.connect() as extra:
                extra.send(request("GET", "/api/health"))
                self.check_turned_away(extra)

        self.assertEqual(wires[0].ask("GET", "/api/health").status, 200)
        eventually(lambda: self.lab.open_files() <= files, "every socket is closed again")

    def test_connections_over_the_limit_at_the_same_time_are_all_turned_away(self) -> None:
        self.fill()
        extras = [self.lab.connect() for _ in range(50)]
        for extra in extras:
            self.addCleanup(extra.close)

        for extra in extras:
            self.check_turned_away(extra)

    def test_the_metric_counts_those_that_are_open(self) -> None:
        with self.lab.connect() as one, self.lab.connect() as other:
            for wire in (one, other):
                self.assertEqual(wire.ask("GET", "/api/health").status, 200)

            self.assertEqual(self.lab.metric("http_connections"), 3, "two and the scrape's own")

        eventually(lambda: self.lab.metric("http_connections") == 1, "both have left")

    def test_one_is_a_possible_limit(self) -> None:
        lab = Lab.for_test(self, {"LAB_MAX_CONNECTIONS": "1"})
        for _ in range(3):
            eventually(lambda: healthy(lab), "the one place becomes free")


class FewFileDescriptors(unittest.TestCase):
    SPARE = 256
    PLACES = 20

    def test_the_soft_limit_is_raised_to_what_the_connections_need(self) -> None:
        lab = Lab.for_test(self, {"LAB_MAX_CONNECTIONS": "400"}, file_limits=(64, 656))

        self.assertEqual(lab.metric("process_max_fds"), 400 + self.SPARE)
        self.assertNotIn("few_descriptors", lab.stderr())

    def test_one_less_than_needed_is_a_connection_less_and_a_warning(self) -> None:
        lab = Lab.for_test(self, {"LAB_MAX_CONNECTIONS": "400"}, file_limits=(64, 655))

        warning = lab.wait_event("few_descriptors")
        self.assertEqual(
            (warning["limit"], warning["wanted"], warning["connections"]), (655, 656, 399)
        )

    def test_a_flood_of_connections_is_refused_and_leaves_a_capture_its_files(self) -> None:
        limit = self.SPARE + self.PLACES
        lab = Lab.for_test(self, file_limits=(limit, limit))
        if not can_sample(lab):
            skip(self, "a capture in a flood", "this build cannot sample")
        for _ in range(self.PLACES - 1):
            wire = lab.connect()
            self.addCleanup(wire.close)
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)
        with lab.connect() as last:
            self.assertEqual(last.ask("GET", "/api/health").status, 200)
            with lab.connect() as refused:
                self.assertEqual(refused.response().status, 503)

            response = last.ask("POST", "/api/lab/cpu-profile?seconds=1", token=TOKEN)

        self.assertEqual(response.status, 200, response.body)


class FileDescriptors(unittest.TestCase):
    SPARE = 8
    FLOOD = 60

    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        if self.lab.has_ubsan():
            skip(self, "file descriptors running out", "UBSan's check of vptr needs a pipe itself")
        self.assertTrue(healthy(self.lab))
        # Lowered from outside once it runs: whatever the build keeps open, only a few are left.
        limit = self.lab.open_files() + self.SPARE
        resource.prlimit(self.lab.pid, resource.RLIMIT_NOFILE, (limit, limit))

    def flood(self) -> list[Wire]:
        wires = []
        for _ in range(self.FLOOD):
            wires.append(self.lab.connect())
            self.addCleanup(wires[-1].close)
        return wires

    def cpu_share(self, seconds: float) -> float:
        before, started = self.lab.cpu_seconds(), time.monotonic()
        threading.Event().wait(seconds)
        return (self.lab.cpu_seconds() - before) / (time.monotonic() - started)

    def test_running_out_of_descriptors_neither_spins_nor_kills_and_passes(self) -> None:
        wires = self.flood()
        mark = self.lab.mark()

        self.assertLess(self.cpu_share(1.5), 0.5, "accept spins")
        self.assertLess(self.lab.mark() - mark, 100, "accept floods the log")
        self.assertIsNone(self.lab.process.poll())

        for wire in wires:
            wire.close()
        eventually(lambda: healthy(self.lab), "new connections are served again")

    def test_a_connection_that_was_there_before_the_flood_is_served_during_it(self) -> None:
        with self.lab.connect() as early:
            self.assertEqual(early.ask("GET", "/api/health").status, 200)
            self.flood()

            self.assertEqual(early.ask("GET", "/api/health").status, 200)
            self.assertEqual(early.ask("GET", "/nowhere").status, 404)

    def test_a_client_that_waits_in_the_flood_is_served_once_others_leave(self) -> None:
        wires = self.flood()
        last = wires.pop()
        last.send(request("GET", "/api/health"))

        for wire in wires:
            wire.close()

        self.assertEqual(last.response().status, 200)

    def test_the_service_stops_cleanly_in_the_middle_of_it(self) -> None:
        self.flood()

        self.lab.stop()

        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.lab.port), 5)


if __name__ == "__main__":
    unittest.main()
