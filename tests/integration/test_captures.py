"""Captures as jobs: their progress, one at a time, cancelled, left by their client, shut down."""

from __future__ import annotations

import pathlib
import re
import resource
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin
from support.encoder import (
    FakeEncoder,
    can_sample,
    end,
    idle,
    lab_with,
    leftovers,
    listed,
    post,
    start,
    state,
)
from support.lab import Lab
from support.wire import eventually

LONG = "seconds=120"
RLIMIT_SIGPENDING = 11  # Python has no name for it; every timer counts against it


class WithoutSampler(unittest.TestCase):
    def test_a_build_that_cannot_sample_says_so(self) -> None:
        lab = Lab.for_test(self, {"LAB_ENCODER": str(FakeEncoder(self).path)})
        if can_sample(lab):
            self.skipTest("this build can sample")

        for query in ("seconds=1", "seconds=1&async=true"):
            response = post(lab, query)
            self.assertEqual(response.status, 501, response.body)
        self.assertTrue(idle(lab))
        self.assertEqual(leftovers(lab), set())


class Progress(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = lab_with(self, self.encoder)

    def test_an_asynchronous_capture_is_accepted_and_tells_where_to_ask(self) -> None:
        response = post(self.lab, "seconds=1&async=true")

        self.assertEqual(response.status, 202)
        location = response.header("location")
        self.assertRegex(location, r"\A/api/lab/captures/[0-9a-f]{8}\Z")
        self.assertEqual(response.json()["id"], location.rpartition("/")[2])
        self.assertEqual(end(self.lab, location)["phase"], "done")

    def test_it_is_sampling_then_encoding_then_done_with_a_result(self) -> None:
        self.encoder.order("wait")
        location = start(self.lab, "seconds=2&hz=250")

        sampling = state(self.lab, location)
        self.assertEqual((sampling["phase"], sampling["kind"]), ("sampling", "cpu"))
        self.assertEqual((sampling["requestedSeconds"], sampling["hz"]), (2, 250))
        self.assertLess(sampling["progress"], 1)
        self.assertNotIn("result", sampling)
        self.encoder.wait_call()
        encoding = state(self.lab, location)
        self.assertEqual((encoding["phase"], encoding["progress"]), ("encoding", 0.99))
        self.assertNotIn("result", encoding)
        self.encoder.let_go()
        done = end(self.lab, location)
        self.assertEqual((done["phase"], done["progress"]), ("done", 1))
        self.assertCountEqual(done["result"]["artifacts"], listed(self.lab))
        self.assertNotIn("error", done)

    def test_progress_only_grows(self) -> None:
        location = start(self.lab, "seconds=1")
        seen = []

        def done() -> bool:
            now = state(self.lab, location)
            seen.append(now["progress"])
            return now["phase"] == "done"

        eventually(done, "the capture ends")
        self.assertEqual(seen, sorted(seen))
        self.assertTrue(any(0 < each < 1 for each in seen), seen)

    def test_both_ways_give_the_same_kind_of_result(self) -> None:
        asynchronous = end(self.lab, start(self.lab))["result"]
        synchronous = post(self.lab, "seconds=1").json()

        self.assertEqual(set(asynchronous), set(synchronous))
        self.assertEqual(set(asynchronous["quality"]), set(synchronous["quality"]))
        self.assertNotEqual(asynchronous["filePath"], synchronous["filePath"])

    def test_an_ended_capture_can_still_be_asked_for_after_the_next_one(self) -> None:
        first = start(self.lab)
        before = end(self.lab, first)
        end(self.lab, start(self.lab))

        self.assertEqual(state(self.lab, first), before)

    def test_a_capture_ends_on_time_while_the_loop_is_jammed(self) -> None:
        location = start(self.lab, "seconds=1")
        self.lab.http("POST", "/api/lab/event-loop-jam?ms=3000")

        done = end(self.lab, location)["result"]

        self.assertLess(done["quality"]["measuredSeconds"], 2)

    def test_unknown_captures_are_not_found(self) -> None:
        for name in ("00000000", "nonsense", "0", "..%2f", "%00"):
            for method in ("GET", "DELETE"):
                with self.subTest(name=name, method=method):
                    response = self.lab.http(method, f"/api/lab/captures/{name}")
                    self.assertEqual(response.status, 404, response.body)
                    self.assertEqual(response.header("content-type"), "application/problem+json")

    def test_captures_are_guarded(self) -> None:
        location = start(self.lab)

        for method in ("GET", "DELETE"):
            self.assertEqual(self.lab.http(method, location, token=None).status, 403)
        self.assertEqual(end(self.lab, location)["phase"], "done")

    def test_other_methods_are_refused_with_those_that_are_allowed(self) -> None:
        response = self.lab.http("POST", "/api/lab/captures/00000000")

        self.assertEqual(response.status, 405)
        self.assertEqual(response.verbs(), {"GET", "HEAD", "DELETE"})

    def test_async_is_true_or_false_and_nothing_else(self) -> None:
        for value in ("maybe", "", "TRUE", "1"):
            with self.subTest(value=value):
                response = post(self.lab, f"seconds=1&async={value}")
                self.assertEqual(response.status, 400)
                self.assertIn("async", response.json()["detail"])
        self.assertTrue(idle(self.lab))
        self.assertEqual(post(self.lab, "seconds=1&async=false").status, 200)


class WithoutTimer(unittest.TestCase):
    def test_a_kernel_that_gives_no_timer_fails_one_capture_and_not_the_next(self) -> None:
        lab = lab_with(self, FakeEncoder(self))
        _, hard = resource.prlimit(lab.pid, RLIMIT_SIGPENDING)
        before = resource.prlimit(lab.pid, RLIMIT_SIGPENDING, (0, hard))
        for _ in range(2):
            response = post(lab, "seconds=1")
            self.assertEqual(response.status, 500, response.body)
        self.assertTrue(idle(lab))

        resource.prlimit(lab.pid, RLIMIT_SIGPENDING, before)
        self.assertEqual(post(lab, "seconds=1").status, 200)


class SingleFlight(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self, "wait")
        self.lab = lab_with(self, self.encoder)

    def check_busy(self) -> None:
        for query in ("seconds=1", "seconds=1&async=true"):
            response = post(self.lab, query)
            self.assertEqual(response.status, 409, response.body)
            self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertFalse(idle(self.lab))

    def running(self) -> str:
        """Where the capture is that keeps others out; known as soon as it has begun."""
        location = re.compile(r"/api/lab/captures/[0-9a-f]{8}$")
        return eventually(
            lambda: location.search(post(self.lab, "seconds=1").json()["detail"]),
            "the refusal names it",
        )[0]

    def test_the_refusal_names_the_capture_so_that_it_can_be_cancelled(self) -> None:
        with begin(self.lab, LONG) as wire:
            location = self.running()
            self.assertEqual(state(self.lab, location)["phase"], "sampling")

            self.assertEqual(self.lab.http("DELETE", location).status, 204)

            self.assertEqual(wire.response("POST").status, 409)

    def test_an_asynchronous_capture_keeps_others_out_while_sampling_and_encoding(self) -> None:
        location = start(self.lab)
        self.check_busy()
        self.encoder.wait_call()
        self.check_busy()
        self.encoder.let_go()

        self.assertEqual(end(self.lab, location)["phase"], "done")
        self.assertTrue(idle(self.lab))
        self.assertEqual(len(self.encoder.calls()), 1)

    def test_so_does_a_synchronous_one(self) -> None:
        with begin(self.lab) as wire:
            self.check_busy()
            self.encoder.wait_call()
            self.check_busy()
            self.encoder.let_go()

            self.assertEqual(wire.response("POST").status, 200)
        self.assertTrue(idle(self.lab))

    def test_of_many_at_a_time_one_is_let_in(self) -> None:
        statuses: list[int] = []
        together = threading.Barrier(8)

        def ask() -> None:
            together.wait()
            statuses.append(post(self.lab, f"{LONG}&async=true").status)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [202] + [409] * 7)


if __name__ == "__main__":
    unittest.main()
