"""What the service says about itself, and the request id on every response."""

from __future__ import annotations

import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, run_binary

STATUS_FIELDS = {
    "labEnabled",
    "environment",
    "retainedBufferCount",
    "retainedBytes",
    "cpuProfileInProgress",
    "heapTracking",
    "instance",
}


class Health(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls, {"APP_ENV": "staging"})

    def test_health_has_the_fields_of_the_node_lab(self) -> None:
        response = self.lab.http("GET", "/api/health", token=None)
        health = response.json()

        self.assertEqual(response.header("content-type"), "application/json")
        fields = {"status", "timestamp", "version", "service", "uptime", "environment"}
        self.assertEqual(set(health), fields)
        self.assertEqual(health["status"], "healthy")
        self.assertEqual(health["environment"], "staging")
        self.assertTrue(health["service"])
        self.assertGreaterEqual(health["uptime"], 0)

    def test_the_timestamp_is_the_time_of_the_response_in_utc(self) -> None:
        stamp = self.lab.http("GET", "/api/health").json()["timestamp"]
        then = datetime.datetime.fromisoformat(stamp)

        self.assertTrue(stamp.endswith("Z"))
        lag = datetime.datetime.now(datetime.UTC) - then
        self.assertLess(abs(lag.total_seconds()), 60)

    def test_the_version_is_the_one_that_the_binary_prints(self) -> None:
        version = self.lab.http("GET", "/api/health").json()["version"]

        self.assertIn(version, run_binary(["--version"]).stdout)

    def test_uptime_grows(self) -> None:
        first = self.lab.http("GET", "/api/health").json()["uptime"]
        self.lab.http("POST", "/api/lab/event-loop-jam?ms=60")

        self.assertGreater(self.lab.http("GET", "/api/health").json()["uptime"], first)


class Status(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_status_has_the_fields_of_the_node_lab_and_starts_empty(self) -> None:
        status = self.lab.http("GET", "/api/lab/status").json()

        self.assertGreaterEqual(set(status), STATUS_FIELDS)
        self.assertIs(status["labEnabled"], True)
        self.assertIs(status["cpuProfileInProgress"], False)
        self.assertEqual(status["environment"], "development")
        self.assertEqual((status["retainedBufferCount"], status["retainedBytes"]), (0, 0))

    def test_status_says_which_process_responded(self) -> None:
        response = self.lab.http("GET", "/api/lab/status")
        instance = response.json()["instance"]

        self.assertGreaterEqual(set(instance), {"id", "pid", "taskArn", "buildId", "startedAt"})
        self.assertEqual(instance["pid"], self.lab.pid)
        self.assertEqual(instance["id"], response.header("x-lab-instance"))
        self.assertLessEqual(
            datetime.datetime.fromisoformat(instance["startedAt"]), datetime.datetime.now(
                datetime.UTC
            )
        )


class RequestIds(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def id_of_response(
        self, sent: str | None, target: str = "/api/health", token: str | None = None
    ) -> str:
        headers = {} if sent is None else {"x-request-id": sent}
        return self.lab.http("GET", target, token=token, headers=headers).header(
            "x-request-id"
        ) or ""

    def test_every_response_carries_an_id_of_its_own_whatever_its_status(self) -> None:
        targets = ("/api/health", "/api/metrics", "/api/lab/status", "/nowhere", "/api/health")
        ids = [self.id_of_response(None, target) for target in targets]

        self.assertEqual(len(set(ids)), len(targets), ids)
        for value in ids:
            self.assertRegex(value, r"\A[A-Za-z0-9._-]{1,64}\Z")

    def test_a_decent_id_of_the_client_is_taken_over(self) -> None:
        for sent in ("a", "Trace-1.2_3", "x" * 64):
            with self.subTest(sent=sent):
                self.assertEqual(self.id_of_response(sent), sent)
                self.assertEqual(self.id_of_response(sent, "/api/lab/status"), sent)

    def test_any_other_id_of_the_client_is_replaced(self) -> None:
        for sent in ("", "x" * 65, "a b", "a/b", "a\"b", "<b>", "a,b", "\xfc"):
            with self.subTest(sent=sent):
                got = self.id_of_response(sent)

                self.assertNotEqual(got, sent)
                self.assertRegex(got, r"\A[A-Za-z0-9._-]{1,64}\Z")


if __name__ == "__main__":
    unittest.main()
