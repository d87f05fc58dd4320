"""Captures that nobody wants any more: cancelled, or left by their client."""

from __future__ import annotations

import pathlib
import socket
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin
from support.encoder import (
    FakeEncoder,
    end,
    idle,
    is_alive,
    lab_with,
    leftovers,
    listed,
    post,
    start,
    state,
)
from support.wire import TOKEN, eventually, request

LONG = "seconds=120"
RESET_AT_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cpu_request(query: str) -> bytes:
    return request("POST", f"/api/lab/cpu-profile?{query}", token=TOKEN)


class Cancelled(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = lab_with(self, self.encoder)

    def check_nothing_is_left(self) -> None:
        eventually(lambda: idle(self.lab), "the capture ends")
        self.assertEqual(leftovers(self.lab), set())
        self.assertEqual(post(self.lab, "seconds=1").status, 200)

    def test_while_sampling(self) -> None:
        location = start(self.lab, LONG)

        self.assertEqual(self.lab.http("DELETE", location).status, 204)

        ended = end(self.lab, location)
        self.assertEqual(ended["phase"], "cancelled")
        self.assertNotIn("result", ended)
        self.assertEqual(self.encoder.calls(), [])
        self.check_nothing_is_left()

    def test_while_encoding_and_the_encoder_ends_with_it(self) -> None:
        self.encoder.order("wait")
        location = start(self.lab)
        pid = self.encoder.wait_call()["pid"]

        self.assertEqual(self.lab.http("DELETE", location).status, 204)

        self.assertEqual(end(self.lab, location)["phase"], "cancelled")
        self.assertFalse(is_alive(pid))
        self.encoder.order("done")
        self.check_nothing_is_left()

    def test_twice_is_as_good_as_once(self) -> None:
        location = start(self.lab, LONG)

        for _ in range(2):
            self.assertEqual(self.lab.http("DELETE", location).status, 204)
        self.assertEqual(end(self.lab, location)["phase"], "cancelled")
        self.assertEqual(self.lab.http("DELETE", location).status, 204)

    def test_one_that_is_done_stays_done(self) -> None:
        location = start(self.lab)
        done = end(self.lab, location)

        self.assertEqual(self.lab.http("DELETE", location).status, 204)

        self.assertEqual(state(self.lab, location), done)
        self.assertCountEqual(listed(self.lab), done["result"]["artifacts"])

    def test_at_any_moment(self) -> None:
        for turn in range(40):
            location = start(self.lab, LONG)
            for _ in range(turn % 5):
                state(self.lab, location)

            self.assertEqual(self.lab.http("DELETE", location).status, 204)

            self.assertEqual(end(self.lab, location)["phase"], "cancelled")
        self.check_nothing_is_left()

    def test_the_client_that_waits_for_the_response_gets_409(self) -> None:
        self.encoder.order("wait")
        with begin(self.lab) as wire:
            raw = self.encoder.wait_call()["arguments"][1]
            name = pathlib.Path(raw).stem.rpartition("-")[2]
            self.assertEqual(self.lab.http("DELETE", f"/api/lab/captures/{name}").status, 204)

            response = wire.response("POST")
        self.assertEqual(response.status, 409)
        self.assertIn("cancelled", response.json()["detail"])
        self.encoder.order("done")
        self.check_nothing_is_left()


class ClientLeaves(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = lab_with(self, self.encoder)

    def check_ends(self) -> None:
        eventually(lambda: idle(self.lab), "the capture of nobody ends", 10)
        self.assertEqual(leftovers(self.lab), set())

    def test_while_sampling(self) -> None:
        begin(self.lab, LONG).close()

        self.check_ends()
        self.assertEqual(self.encoder.calls(), [])

    def test_while_encoding(self) -> None:
        self.encoder.order("wait")
        wire = begin(self.lab)
        pid = self.encoder.wait_call()["pid"]
        wire.close()

        self.check_ends()
        self.assertFalse(is_alive(pid))

    def test_with_a_reset(self) -> None:
        wire = begin(self.lab, LONG)
        wire.socket.setsockopt(*RESET_AT_CLOSE)
        wire.close()

        self.check_ends()

    def test_a_client_that_closes_its_side_counts_as_gone(self) -> None:
        with begin(self.lab, LONG) as wire:
            wire.half_close()

            self.check_ends()
            self.assertNotIn(b" 200 ", wire.rest().split(b"\r\n")[0])

    def test_before_the_capture_has_begun(self) -> None:
        for _ in range(300):
            with self.lab.connect() as wire:
                wire.send(cpu_request(LONG))

        self.check_ends()

    def test_while_the_loop_is_jammed(self) -> None:
        wire = begin(self.lab, LONG)
        with self.lab.connect() as jam:
            jam.send(request("POST", "/api/lab/event-loop-jam?ms=500", token=TOKEN))
            wire.close()
            self.assertEqual(jam.response("POST").status, 200)

        self.check_ends()

    def test_the_client_of_an_asynchronous_capture_may_leave(self) -> None:
        location = start(self.lab)

        self.assertEqual(end(self.lab, location)["phase"], "done")

    def test_a_request_behind_it_cancels_nothing_and_gets_its_response_after_it(self) -> None:
        with self.lab.connect() as wire:
            wire.send(cpu_request("seconds=1") + request("GET", "/api/health"))
            self.assertEqual(wire.response("POST").status, 200)
            self.assertEqual(wire.response().json()["status"], "healthy")
        with begin(self.lab) as wire:
            wire.send(request("GET", "/api/health"))
            self.assertEqual(wire.response("POST").status, 200)
            self.assertEqual(wire.response().json()["status"], "healthy")

    def test_a_capture_may_take_longer_than_a_connection_may_be_idle(self) -> None:
        timeouts = ("LAB_IDLE_TIMEOUT", "LAB_HEADER_TIMEOUT", "LAB_BODY_TIMEOUT")
        lab = lab_with(self, self.encoder, {name: "300ms" for name in timeouts})

        for _ in range(2):
            with lab.connect() as wire:
                response = wire.ask("POST", "/api/lab/cpu-profile?seconds=1", token=TOKEN)
                self.assertEqual(response.status, 200, response.body)

    def test_many_who_leave_take_no_descriptor_along(self) -> None:
        # The first capture may open what is kept, such as what libunwind checks addresses with.
        self.assertEqual(post(self.lab, "seconds=1").status, 200)
        for stored in self.lab.directory.glob("cpu-*"):
            stored.unlink()
        before = self.lab.open_files()

        for _ in range(5):
            begin(self.lab, LONG).close()
            self.check_ends()

        eventually(lambda: self.lab.open_files() <= before, "descriptors are closed")


if __name__ == "__main__":
    unittest.main()
