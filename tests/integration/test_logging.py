"""The log: one JSON line an event, levels changed at run time, audit lines, and never a token."""

from __future__ import annotations

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, Response, request

LEVEL = "/api/lab/log-level?level="
WRONG = "wrong-token-9876543210"


class Lines(unittest.TestCase):
    def test_every_line_has_a_time_a_level_and_an_event(self) -> None:
        lab = Lab.for_test(self, {"LAB_LOG_LEVEL": "debug"})
        lab.http("GET", "/api/health")
        lab.http("GET", "/api/lab/status", token=WRONG)
        lab.stop()

        for event in lab.events:
            with self.subTest(event=event):
                self.assertRegex(event["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
                self.assertIn(event["level"], ("debug", "info", "warn", "error", "audit"))
                self.assertRegex(event["event"], r"\A[a-z_]+\Z")

    def test_a_life_is_told_from_the_settings_to_the_stop(self) -> None:
        lab = Lab.for_test(self)
        lab.stop()

        life = [event["event"] for event in lab.events]
        events = [
            name for name in life if name in ("settings", "listening", "shutting_down", "stopped")
        ]
        self.assertEqual(events, ["settings", "listening", "shutting_down", "stopped"])
        self.assertEqual(lab.wait_event("listening")["host"], "127.0.0.1")
        self.assertIn("signal", lab.wait_event("shutting_down"))


class Levels(unittest.TestCase):
    def request_line(self, lab: Lab, identity: str) -> dict | None:
        """A later audit line proves that the earlier line would have been there."""
        after = lab.mark()
        lab.http("GET", "/api/health?", headers={"x-request-id": identity})
        lab.http("GET", "/api/lab/none", headers={"x-request-id": f"{identity}-after"})
        lab.wait_event("guarded_call", after, id=f"{identity}-after")
        found = [e for e in lab.events[after:] if e["event"] == "request" and e["id"] == identity]
        return found[0] if found else None

    def test_request_lines_come_and_go_with_the_level_at_run_time(self) -> None:
        lab = Lab.for_test(self)
        self.assertIsNone(self.request_line(lab, "at-info"))

        for level, expected in (
            ("debug", True), ("warn", False), ("debug", True), ("error", False)
        ):
            with self.subTest(level=level):
                response = lab.http("PUT", LEVEL + level)

                self.assertEqual((response.status, response.json()), (200, {"level": level}))
                self.assertEqual(self.request_line(lab, f"at-{level}") is not None, expected)

    def test_a_request_line_says_what_was_asked_and_with_which_status_it_ended(self) -> None:
        lab = Lab.for_test(self, {"LAB_LOG_LEVEL": "debug"})
        response = lab.http("GET", "/nowhere", headers={"x-request-id": "mine"})

        line = lab.wait_event("request", id="mine")
        self.assertEqual(line["level"], "debug")
        self.assertEqual((line["method"], line["path"], line["status"]), ("GET", "/nowhere", 404))
        self.assertGreaterEqual(line["durationMs"], 0)
        self.assertGreaterEqual(line["bytes"], len(response.body))

    def test_the_time_of_a_jam_is_in_its_request_line(self) -> None:
        lab = Lab.for_test(self, {"LAB_LOG_LEVEL": "debug"})
        lab.http("POST", "/api/lab/event-loop-jam?ms=120", headers={"x-request-id": "jam"})

        self.assertGreaterEqual(lab.wait_event("request", id="jam")["durationMs"], 119)

    def test_a_change_of_level_is_logged(self) -> None:
        lab = Lab.for_test(self)
        lab.http("PUT", LEVEL + "debug")

        self.assertIn("debug", str(lab.wait_event("log_level")))


class Audit(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        self.lab.http("PUT", LEVEL + "error", headers={"x-request-id": "quiet"})

    def audited(self) -> list[dict]:
        """Every audit line of the whole life but the one of setUp."""
        self.lab.stop()
        return [
            event
            for event in self.lab.events
            if event["event"] == "guarded_call" and event["id"] != "quiet"
        ]

    def call(self, identity: str, method: str, path: str, token: str | None) -> tuple[
        Response, dict
    ]:
        response = self.lab.http(method, path, token=token, headers={"x-request-id": identity})
        return response, self.lab.wait_event("guarded_call", id=identity)

    def test_every_guarded_call_leaves_one_line_whatever_the_level_and_the_outcome(self) -> None:
        cases = (
            ("a1", "GET", "/api/lab/status", TOKEN, "allowed", 200),
            ("a2", "POST", "/api/lab/memory-clear", TOKEN, "allowed", 200),
            ("a3", "POST", "/api/lab/event-loop-jam?ms=0", TOKEN, "allowed", 400),
            ("a4", "GET", "/api/lab/nowhere", TOKEN, "allowed", 404),
            ("a5", "PATCH", "/api/lab/status", TOKEN, "allowed", 405),
            ("r1", "GET", "/api/lab/status", None, "refused", 403),
            ("r2", "GET", "/api/lab/status", WRONG, "refused", 403),
            ("r3", "DELETE", "/api/lab/nowhere", WRONG, "refused", 403),
        )
        for identity, method, path, token, outcome, status in cases:
            with self.subTest(identity=identity):
                response, line = self.call(identity, method, path, token)

                self.assertEqual(response.status, status)
                self.assertEqual(line["level"], "audit")
                self.assertEqual((line["outcome"], line["status"]), (outcome, status))
                self.assertEqual((line["method"], line["path"]), (method, path.partition("?")[0]))
                self.assertIn("127.0.0.1", line["peer"])
        self.assertEqual([line["id"] for line in self.audited()], [case[0] for case in cases])

    def test_a_public_call_leaves_none(self) -> None:
        self.lab.http("GET", "/api/health")
        self.lab.http("GET", "/nowhere")

        self.assertEqual(self.audited(), [])

    def test_a_line_cannot_be_forged_through_the_path(self) -> None:
        forged = '/api/lab/x%0A%7B%22event%22:%22guarded_call%22,%22outcome%22:%22allowed%22%7D"\\'
        self.call("forger", "GET", forged, None)

        self.assertEqual([line["outcome"] for line in self.audited()], ["refused"])

    def burst(self, token: str | None, status: int) -> None:
        calls = [
            request("GET", "/api/lab/none", {"x-request-id": f"b{n}"}, token=token)
            for n in range(2000)
        ]
        with self.lab.connect() as wire:
            for start in range(0, 2000, 100):
                wire.send(b"".join(calls[start : start + 100]))
                self.assertEqual({wire.response().status for _ in range(100)}, {status})

    def test_lines_of_a_burst_are_all_there_after_the_stop(self) -> None:
        self.burst(TOKEN, 404)

        self.assertEqual([line["id"] for line in self.audited()], [f"b{n}" for n in range(2000)])

    def test_refused_calls_are_counted_when_they_are_too_many_for_a_line_each(self) -> None:
        self.burst(WRONG, 403)

        lines = [line["id"] for line in self.audited()]
        counts = [e["count"] for e in self.lab.events if e["event"] == "refused_calls_suppressed"]
        self.assertEqual(lines[:100], [f"b{n}" for n in range(100)])
        self.assertEqual(len(lines) + sum(counts), 2000)


class Secrets(unittest.TestCase):
    def test_no_token_right_or_wrong_is_ever_written(self) -> None:
        lab = Lab.for_test(self, {"LAB_LOG_LEVEL": "debug"})
        for token in (TOKEN, WRONG):
            for path in ("/api/lab/status", "/api/health", "/api/lab/none", "/nowhere"):
                lab.http("GET", path, token=token)
        lab.exchange(request("GET", "/api/health", {"x-lab-token": TOKEN, "bad name": "x"}))
        lab.http("POST", "/api/lab/memory-clear", body=f"token={TOKEN}".encode())
        lab.stop()

        self.assertIn('"settings"', lab.stderr())
        for token in (TOKEN, WRONG):
            self.assertNotIn(token, lab.stderr())
            self.assertIsNone(re.search(token[:12], lab.stderr()))

    def test_a_token_of_the_file_is_not_written_either(self) -> None:
        lab = Lab.for_test(self, {"LAB_LOG_LEVEL": "debug"})
        path = lab.directory / "token"
        path.write_text("token-from-a-file-1234\n")
        other = Lab.for_test(self, {"LAB_TOKEN": None, "LAB_TOKEN_FILE": str(path)})
        other.http("GET", "/api/lab/status", token="token-from-a-file-1234")
        other.stop()

        self.assertNotIn("token-from-a-file", other.stderr())


if __name__ == "__main__":
    unittest.main()
