"""SIGTERM while a capture runs: sampling ends at once, what was taken is encoded and sent."""

from __future__ import annotations

import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, take
from support.encoder import FakeEncoder, is_alive, lab_with, leftovers, start, state
from support.lab import Lab, temp_dir
from support.wire import TOKEN, eventually, request

LONG = "seconds=120"


class ShutDown(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)
        self.encoder = FakeEncoder(self)

    def lab(self, grace: str = "30s") -> Lab:
        more = {"LAB_SHUTDOWN_GRACE": grace, "LAB_ARTIFACT_DIR": str(self.directory)}
        lab = lab_with(self, self.encoder, more)
        lab.directory = self.directory
        return lab

    def jam(self, lab: Lab, ms: int = 500) -> None:
        """So long the capture has gone on for certain, and has seen something."""
        self.assertEqual(lab.http("POST", f"/api/lab/event-loop-jam?ms={ms}").status, 200)

    def extensions(self, lab: Lab) -> set[str]:
        return {name.partition(".")[2].partition(".")[2] for name in leftovers(lab)}

    def test_while_sampling_the_response_has_what_was_taken_and_says_so(self) -> None:
        lab = self.lab()
        with begin(lab, LONG) as wire:
            self.jam(lab, 3000)  # sampling may begin late in it
            signalled = time.monotonic()
            lab.stop()

            response = wire.response("POST")
            self.assertLess(time.monotonic() - signalled, 20)
        self.assertEqual(response.status, 200, response.body)
        body = response.json()
        self.assertIs(body["quality"]["truncated"], True)
        measured = body["quality"]["measuredSeconds"]
        self.assertGreaterEqual(measured, 0.3)
        self.assertLess(measured, 20)
        self.assertEqual(body["durationSeconds"], 120)
        self.assertGreater(body["quality"]["samplesTaken"], 10)
        seconds = body["quality"]["samplesExpected"] / 100
        self.assertAlmostEqual(seconds, measured, delta=0.5)
        self.assertTrue(pathlib.Path(body["filePath"]).stat().st_size)
        self.assertTrue(response.closes())

    def test_while_an_asynchronous_capture_samples_its_files_are_written(self) -> None:
        lab = self.lab()
        start(lab, LONG)
        self.jam(lab)

        lab.stop()

        self.assertEqual(len(self.encoder.calls()), 1)
        self.assertLessEqual({"cpuprofile", "pb.gz", "folded"}, self.extensions(lab))
        self.assertNotIn("raw", self.extensions(lab))

    def test_while_encoding_the_response_is_whole(self) -> None:
        self.encoder.order("wait")
        lab = self.lab()
        with begin(lab) as wire:
            self.encoder.wait_call()
            lab.send_signal()
            lab.wait_event("shutting_down")
            self.encoder.let_go()

            response = wire.response("POST")
            self.assertEqual(lab.wait(), 0)
        self.assertEqual(response.status, 200, response.body)
        self.assertIs(response.json()["quality"]["truncated"], False)
        self.assertGreaterEqual(response.json()["quality"]["measuredSeconds"], 1)

    def test_an_encoder_that_outlasts_the_grace_is_killed_and_leaves_nothing_half_written(
        self,
    ) -> None:
        for query in ("seconds=1", "seconds=1&async=true"):
            with self.subTest(query=query):
                self.encoder.order("wait")
                before = len(self.encoder.calls())
                lab = self.lab(grace="500ms")
                with begin(lab, query):
                    pid = self.encoder.wait_call(before + 1)["pid"]
                    signalled = time.monotonic()

                    lab.stop()

                self.assertLess(time.monotonic() - signalled, 10)
                self.assertFalse(is_alive(pid))
                self.assertLessEqual(self.extensions(lab), {"raw"})

    def test_the_grace_counts_once_for_requests_and_captures_together(self) -> None:
        self.encoder.order("wait")
        lab = self.lab(grace="4s")
        start(lab)
        self.encoder.wait_call()
        with lab.connect() as wire:
            wire.send(request("POST", "/api/lab/memory-clear", token=TOKEN)[:-2])
            wire.send(b"Content-Length: 10\r\n\r\nx")
            self.assertEqual(lab.http("GET", "/api/health").status, 200)
            signalled = time.monotonic()

            lab.stop()

            self.assertLess(time.monotonic() - signalled, 7)

    def test_a_capture_that_was_just_cancelled_does_not_hold_the_stop(self) -> None:
        lab = self.lab(grace="5m")
        location = start(lab, LONG)
        lab.http("DELETE", location)

        lab.stop()

        self.assertEqual(leftovers(lab), set())

    def test_the_loop_may_be_jammed_meanwhile(self) -> None:
        lab = self.lab()
        take(lab)  # reads the unwind tables, whose CPU time would be taken for the jam's
        with begin(lab, LONG) as wire, lab.connect() as jammed:
            before = lab.cpu_seconds()
            jammed.send(request("POST", "/api/lab/event-loop-jam?ms=6000", token=TOKEN))
            eventually(lambda: lab.cpu_seconds() > before + 0.2, "the loop is jammed")
            lab.send_signal()

            response = wire.response("POST")
            self.assertEqual(jammed.response("POST").status, 200)
            self.assertEqual(lab.wait(), 0)
        self.assertEqual(response.status, 200)
        measured = response.json()["quality"]["measuredSeconds"]
        self.assertLess(measured, 5.5, "sampling waited for the jam")

    def test_a_second_signal_ends_it_at_once(self) -> None:
        self.encoder.order("wait")
        lab = self.lab()
        with begin(lab):
            pid = self.encoder.wait_call()["pid"]
            lab.send_signal()
            lab.wait_event("shutting_down")
            lab.send_signal(signal.SIGINT)

            self.assertEqual(lab.wait(), 130)
        if is_alive(pid):
            self.encoder.let_go()


class Repeatedly(unittest.TestCase):
    def test_at_any_moment(self) -> None:
        encoder = FakeEncoder(self)
        for delay_ms in (1, 3, 10, 30, 100, 300):
            with self.subTest(delay_ms=delay_ms):
                lab = lab_with(self, encoder, {"LAB_SHUTDOWN_GRACE": "30s"})
                location = start(lab)
                self.assertIn(state(lab, location)["phase"], ("sampling", "encoding", "done"))
                lab.http("POST", f"/api/lab/event-loop-jam?ms={delay_ms}")

                lab.stop()


if __name__ == "__main__":
    unittest.main()
