"""Stopping: what runs is finished, what idles is closed, the grace or a second signal ends it."""

from __future__ import annotations

import pathlib
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, need_profiler
from support.lab import Lab, temp_dir
from support.planted import plant
from support.wire import TOKEN, Closed, Truncated, Wire, eventually, request


def busy(lab: Lab) -> Wire:
    """A connection whose request has begun (its head was read) and waits for its body."""
    wire = lab.connect()
    headers = {"Expect": "100-continue", "Content-Length": "9"}
    wire.send(request("POST", "/api/lab/memory-clear", headers, token=TOKEN))
    if wire.response().status != 100:
        raise AssertionError("not invited to send the body")
    return wire


class Politely(unittest.TestCase):
    def test_an_idle_service_stops_at_once_on_either_signal(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m"})

                lab.stop(number)

                self.assertIn(number.name, str(lab.wait_event("shutting_down")["signal"]))

    def test_idle_connections_are_closed_long_before_the_grace_ends(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m"})
        kept, silent = lab.connect(), lab.connect()
        self.assertEqual(kept.ask("GET", "/api/health").status, 200)
        started = time.monotonic()

        lab.stop()

        self.assertLess(time.monotonic() - started, 10)
        for wire in (kept, silent):
            self.assertEqual(wire.rest(), b"")
            wire.close()

    def test_a_head_that_never_ends_holds_the_stop_no_longer_than_its_own_limit(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m", "LAB_HEADER_TIMEOUT": "500ms"})
        with lab.connect() as wire:
            wire.send(b"GET /api/health HT")
            self.assertEqual(lab.http("GET", "/api/health").status, 200)

            lab.stop()

            self.assertIn(wire.rest()[:12], (b"", b"HTTP/1.1 408", b"HTTP/1.1 503"))

    def test_a_running_jam_still_gets_its_response_and_says_goodbye(self) -> None:
        lab = Lab.for_test(self)
        cpu = lab.cpu_seconds()
        with lab.connect() as wire:
            wire.send(request("POST", "/api/lab/event-loop-jam?ms=700", token=TOKEN))
            eventually(lambda: lab.cpu_seconds() - cpu >= 0.05, "the jam begins")

            lab.stop()

            self.assertEqual(wire.response("POST").status, 200)
            self.assertEqual(wire.rest(), b"")

    def test_a_body_that_arrives_after_the_signal_gets_a_response_that_says_goodbye(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m"})
        with busy(lab) as wire:
            lab.send_signal()
            lab.wait_event("shutting_down")

            wire.send(b"finished!")

            response = wire.response("POST")
            self.assertEqual((response.status, response.closes()), (200, True))
            self.assertEqual(wire.rest(), b"")
        self.assertEqual(lab.wait(), 0)

    def test_new_connections_are_refused_while_the_last_request_is_finished(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m"})
        with busy(lab) as wire:
            lab.send_signal()
            lab.wait_event("shutting_down")

            eventually(lambda: self.refused(lab.port), "the port is closed")
            wire.send(b"finished!")
            self.assertEqual(wire.response("POST").status, 200)
        self.assertEqual(lab.wait(), 0)

    def refused(self, port: int) -> bool:
        try:
            Wire(port).close()
        except OSError:
            return True
        return False

    def test_a_capture_is_ended_early_and_gets_its_response(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "1m"})
        need_profiler(self, lab, "stopping during a capture")
        with begin(lab, "seconds=120") as wire:
            lab.http("POST", "/api/lab/event-loop-jam?ms=300")

            lab.stop()

            response = wire.response("POST")
        self.assertEqual(response.status, 200, response.body)
        self.assertTrue((lab.directory / response.json()["artifacts"][0]["name"]).exists())
        self.assertIn("truncated", response.body.decode())


class Firmly(unittest.TestCase):
    def test_the_grace_ends_a_request_that_never_gets_its_body(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "500ms", "LAB_BODY_TIMEOUT": "10m"})
        with busy(lab) as wire:
            started = time.monotonic()

            lab.stop()

            self.assertGreater(time.monotonic() - started, 0.4, "the grace was not kept")
            ended = (b"", b"HTTP/1.1 400", b"HTTP/1.1 408", b"HTTP/1.1 503")
            self.assertIn(wire.rest()[:12], ended)

    def test_the_grace_ends_a_client_that_does_not_read_its_response(self) -> None:
        directory = temp_dir(self)
        path = plant(directory, size=64 << 20)
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "500ms"}, directory=directory)
        with lab.connect() as wire:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.send(request("GET", f"/api/lab/artifacts/{path.name}", token=TOKEN))
            eventually(wire.readable, "the response begins")

            lab.stop()

    def test_no_grace_at_all_ends_it_at_once(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "0s", "LAB_BODY_TIMEOUT": "10m"})
        with busy(lab):
            lab.stop()

    def test_a_second_signal_ends_it_at_once_with_130(self) -> None:
        for second in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(second=second.name):
                lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "5m", "LAB_BODY_TIMEOUT": "10m"})
                with busy(lab):
                    lab.send_signal()
                    lab.wait_event("shutting_down")
                    self.assertIsNone(lab.process.poll())

                    lab.send_signal(second)

                    self.assertEqual(lab.wait(), 130)


class UnderLoad(unittest.TestCase):
    CLIENTS = 8

    def setUp(self) -> None:
        self.whole = 0
        self.broken: list[str] = []
        self.lock = threading.Lock()
        self.warm = threading.Semaphore(0)

    def client(self, port: int, pipelined: int) -> None:
        """Asks until it is turned away; a response may be missing, but never be half there."""
        data = request("GET", "/api/health") * pipelined
        responses = 0
        try:
            while True:
                with Wire(port) as wire:
                    for _ in range(20):
                        if not wire.send(data):
                            break
                        for _ in range(pipelined):
                            status = wire.response().status
                            responses += 1
                            if status != 200:
                                self.report(f"status {status}")
                    self.warm.release()
        except Truncated as half:
            self.report(str(half))
        except (Closed, OSError):
            pass
        with self.lock:
            self.whole += responses

    def report(self, what: str) -> None:
        with self.lock:
            self.broken.append(what)

    def stop_under_load(self, pipelined: int) -> None:
        lab = Lab.for_test(self)
        threads = [
            threading.Thread(target=self.client, args=(lab.port, pipelined), daemon=True)
            for _ in range(self.CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for _ in range(self.CLIENTS):
            self.assertTrue(self.warm.acquire(timeout=60), "a client never got going")

        lab.stop()

        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        self.assertEqual(self.broken, [])
        self.assertGreater(self.whole, self.CLIENTS)

    def test_every_response_is_whole_or_absent(self) -> None:
        self.stop_under_load(pipelined=1)

    def test_every_pipelined_response_is_whole_or_absent(self) -> None:
        self.stop_under_load(pipelined=10)


if __name__ == "__main__":
    unittest.main()
