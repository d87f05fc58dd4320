"""Clients that dawdle, fall silent or hang up half-way: none holds a connection past its time."""

from __future__ import annotations

import pathlib
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler
from support.lab import Lab, temp_dir
from support.planted import plant
from support.wire import DEADLINE, TOKEN, Wire, eventually, request

HEALTH = request("GET", "/api/health")
# Ten times the limits below: sanitizers and a busy machine are slow.
PATIENCE = 10.0


def trickle(wire: Wire, every: float = 0.05) -> None:
    """A byte now and then, until the peer has had enough."""
    end = time.monotonic() + PATIENCE
    while not wire.readable(every):
        if time.monotonic() > end:
            raise AssertionError("the slow client was never stopped")
        if not wire.send(b"a"):
            return


class Dawdling(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(
            cls, {
                "LAB_HEADER_TIMEOUT": "500ms", "LAB_BODY_TIMEOUT": "500ms", "LAB_IDLE_TIMEOUT": "1m"
            }
        )

    def check_timed_out(self, wire: Wire) -> None:
        response = wire.response()
        self.assertEqual((response.status, response.closes()), (408, True))
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertEqual(wire.rest(), b"")

    def test_a_head_that_trickles_is_cut_off_however_steadily_it_comes(self) -> None:
        started = time.monotonic()
        with self.lab.connect() as wire:
            wire.send(b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            trickle(wire)

            self.assertGreater(time.monotonic() - started, 0.4)
            self.check_timed_out(wire)

    def test_a_head_that_stops_is_cut_off(self) -> None:
        with self.lab.connect(PATIENCE) as wire:
            wire.send(b"GET /api/hea")

            self.check_timed_out(wire)

    def test_a_second_head_on_a_kept_connection_has_the_same_limit(self) -> None:
        with self.lab.connect(PATIENCE) as wire:
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)
            wire.send(HEALTH[:-2])

            self.check_timed_out(wire)

    def test_a_body_that_trickles_is_cut_off_however_steadily_it_comes(self) -> None:
        started = time.monotonic()
        with self.lab.connect() as wire:
            headers = {"Content-Length": "60000"}
            wire.send(request("POST", "/api/lab/memory-clear", headers, token=TOKEN))
            trickle(wire)

            self.assertGreater(time.monotonic() - started, 0.4)
            self.check_timed_out(wire)

    def test_a_chunked_body_that_stops_is_cut_off(self) -> None:
        with self.lab.connect(PATIENCE) as wire:
            headers = {"Transfer-Encoding": "chunked"}
            wire.send(request("POST", "/api/lab/memory-clear", headers, token=TOKEN) + b"5\r\nhe")

            self.check_timed_out(wire)

    def test_a_connection_that_never_says_a_word_is_closed(self) -> None:
        lab = Lab.for_test(self, {"LAB_HEADER_TIMEOUT": "300ms", "LAB_IDLE_TIMEOUT": "300ms"})
        with lab.connect(PATIENCE) as wire:
            self.assertIn(wire.rest()[:12], (b"", b"HTTP/1.1 408"))

    def test_many_slow_clients_do_not_hinder_a_quick_one(self) -> None:
        slow = [self.lab.connect() for _ in range(50)]
        for wire in slow:
            self.addCleanup(wire.close)
            wire.send(b"GET /api/health HTTP/1.1\r\nX: ")

        self.assertEqual(self.lab.http("GET", "/api/health").status, 200)
        for wire in slow:
            self.check_timed_out(wire)


class Idle(unittest.TestCase):
    def test_an_idle_connection_is_closed_without_a_word(self) -> None:
        lab = Lab.for_test(self, {"LAB_IDLE_TIMEOUT": "400ms"})
        with lab.connect(PATIENCE) as wire:
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)
            started = time.monotonic()

            self.assertEqual(wire.rest(), b"")
            self.assertGreater(time.monotonic() - started, 0.3)

    def test_the_head_limit_does_not_run_while_a_connection_is_idle(self) -> None:
        lab = Lab.for_test(self, {"LAB_HEADER_TIMEOUT": "200ms", "LAB_IDLE_TIMEOUT": "1m"})
        with lab.connect() as wire:
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

            self.assertFalse(wire.readable(0.7), "closed long before the idle limit")
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_a_request_starts_the_idle_time_anew(self) -> None:
        lab = Lab.for_test(self, {"LAB_IDLE_TIMEOUT": "1500ms"})
        with lab.connect() as wire:
            for _ in range(4):
                self.assertEqual(wire.ask("GET", "/api/health").status, 200)
                self.assertFalse(wire.readable(0.5), "closed although it was in use")

    def test_a_jam_longer_than_every_limit_costs_nobody_the_connection(self) -> None:
        limits = {name: "300ms" for name in ("LAB_HEADER_TIMEOUT", "LAB_BODY_TIMEOUT")}
        lab = Lab.for_test(self, limits)
        with lab.connect() as jammed:
            self.assertEqual(jammed.ask("GET", "/api/health").status, 200)

            response = jammed.ask("POST", "/api/lab/event-loop-jam?ms=900", token=TOKEN)

            self.assertEqual(response.status, 200)
            self.assertEqual(jammed.ask("GET", "/api/health").status, 200)


class Downloads(unittest.TestCase):
    """A client with a small window shows the service every few bytes that it takes."""

    SIZE = 8_000_000

    def setUp(self) -> None:
        directory = temp_dir(self)
        self.path = plant(directory, size=self.SIZE)
        self.lab = Lab.for_test(self, {"LAB_WRITE_TIMEOUT": "3s"}, directory=directory)

    def connect(self) -> socket.socket:
        client = socket.socket()
        self.addCleanup(client.close)
        client.settimeout(DEADLINE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.lab.port))
        headers = {"Connection": "close"}
        target = f"/api/lab/artifacts/{self.path.name}"
        client.sendall(request("GET", target, headers, token=TOKEN))
        return client

    def test_a_slow_reader_has_all_the_time_it_needs(self) -> None:
        client = self.connect()
        received = b""
        started = time.monotonic()
        while time.monotonic() - started < 7:
            received += client.recv(800)
            time.sleep(0.05)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while piece := client.recv(1 << 16):
            received += piece

        self.assertEqual(received.partition(b"\r\n\r\n")[2], self.path.read_bytes())

    def test_one_that_takes_nothing_is_cut_and_the_log_says_so(self) -> None:
        self.connect()

        line = self.lab.wait_event("response_cut")
        self.assertEqual(line["path"], f"/api/lab/artifacts/{self.path.name}")
        self.assertIn("took nothing", line["reason"])

    def test_one_that_leaves_is_logged_too(self) -> None:
        client = self.connect()
        client.recv(100)
        client.close()

        self.assertEqual(self.lab.wait_event("response_cut")["level"], "warn")


class HangingUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_a_half_closed_socket_still_gets_its_response(self) -> None:
        jam = request("POST", "/api/lab/event-loop-jam?ms=200", token=TOKEN)
        for data in (HEALTH, jam):
            with self.subTest(data=data[:30]), self.lab.connect() as wire:
                wire.send(data)
                wire.half_close()

                self.assertEqual(wire.response().status, 200)
                self.assertEqual(wire.rest(), b"")

    def test_a_half_closed_socket_gets_every_pipelined_response(self) -> None:
        with self.lab.connect() as wire:
            wire.send(HEALTH * 20)
            wire.half_close()

            self.assertEqual([wire.response().status for _ in range(20)], [200] * 20)
            self.assertEqual(wire.rest(), b"")

    def test_a_socket_half_closed_before_or_inside_a_request_is_closed(self) -> None:
        body = request("POST", "/api/lab/memory-clear", {"Content-Length": "9"}, token=TOKEN)
        for data in (b"", b"GET /api/he", HEALTH[:-1], body, body + b"half"):
            with self.subTest(data=data), self.lab.connect() as wire:
                wire.send(data)
                wire.half_close()

                self.assertIn(wire.rest()[:12], (b"", b"HTTP/1.1 400", b"HTTP/1.1 408"))

    def test_a_half_closed_socket_starts_an_asynchronous_capture_all_the_same(self) -> None:
        need_profiler(self, self.lab, "an asynchronous capture after a half-close")
        with self.lab.connect() as wire:
            wire.send(request("POST", "/api/lab/cpu-profile?seconds=1&async=true", token=TOKEN))
            wire.half_close()

            response = wire.response()
        self.assertEqual(response.status, 202)
        path = response.json()["location"]
        eventually(lambda: self.lab.http("GET", path).json()["phase"] == "done", "it goes on")

    def test_connections_reset_at_any_moment_harm_nobody(self) -> None:
        files = self.lab.open_files()
        body = request("POST", "/api/lab/memory-clear", {"Content-Length": "9"}, token=TOKEN)
        jam = request("POST", "/api/lab/event-loop-jam?ms=20", token=TOKEN)
        for data in (b"", b"GET ", HEALTH, HEALTH * 100, body, jam, jam + HEALTH) * 5:
            wire = self.lab.connect()
            wire.send(data)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.close()

        self.assertEqual(self.lab.http("GET", "/api/health").status, 200)
        eventually(lambda: self.lab.open_files() <= files + 1, "every socket is closed again")


if __name__ == "__main__":
    unittest.main()
