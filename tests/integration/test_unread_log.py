"""A log that nobody reads: the loop never waits for it, and a shutdown ends in time."""

from __future__ import annotations

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, Wire, request

BATCH = 50
STATUS = "/api/lab/status"


def calls(token: str | None, first: int) -> bytes:
    return b"".join(
        request("GET", STATUS, {"x-request-id": f"c{first + n}"}, token=token)
        for n in range(BATCH)
    )


class UnreadLog(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "3s"})
        self.lab.stop_reading()

    def waits(self, wire: Wire) -> bool:
        """Whether a call has no response although others, sent later, have theirs."""
        for _ in range(3):
            self.assertEqual(self.lab.http("GET", "/api/health").status, 200)
        return not wire.readable()

    def call_until_one_waits(self, wire: Wire) -> tuple[int, int]:
        """How many admitted calls were sent, and how many got their response before one waited."""
        sent = done = 0
        while sent < 100_000:
            wire.send(calls(TOKEN, sent))
            sent += BATCH
            while done < sent:
                if not wire.readable(0.3) and self.waits(wire):
                    return sent, done
                self.assertEqual(wire.response().status, 200)
                done += 1
        raise AssertionError("no call ever waited for the log")

    def test_refused_calls_wait_for_nothing(self) -> None:
        with self.lab.connect() as wire:
            for first in range(0, 6000, BATCH):
                wire.send(calls(None, first))
                self.assertEqual({wire.response().status for _ in range(BATCH)}, {403})

        self.assertEqual(self.lab.http("GET", "/api/health").status, 200)
        self.lab.stop()

    def test_an_admitted_call_waits_for_its_line_and_holds_up_nobody(self) -> None:
        with self.lab.connect() as wire:
            sent, done = self.call_until_one_waits(wire)
            self.assertEqual(self.lab.http("GET", "/api/health").status, 200)
            self.assertEqual(self.lab.http("GET", STATUS, token=None).status, 403)
            self.lab.read_on()

            self.assertEqual({wire.response().status for _ in range(sent - done)}, {200})
        self.lab.stop()
        audited = [e["id"] for e in self.lab.events if e["event"] == "guarded_call"]
        wanted = [f"c{n}" for n in range(sent)]
        self.assertEqual([each for each in audited if each in set(wanted)], wanted)

    def test_a_shutdown_cuts_what_waits_for_the_log(self) -> None:
        with self.lab.connect() as wire:
            self.call_until_one_waits(wire)
            started = time.monotonic()
            self.lab.stop()

            # Without a bound it would be the test's own limit.
            self.assertLess(time.monotonic() - started, 30)
            wire.rest()


if __name__ == "__main__":
    unittest.main()
