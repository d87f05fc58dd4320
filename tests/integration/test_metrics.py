"""What a scrape shows: names, labels, and the marks that requests and a jam leave."""

from __future__ import annotations

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler
from support.lab import Lab, temp_dir
from support.planted import plant

PROCESS = (
    "process_cpu_user_seconds_total",
    "process_cpu_system_seconds_total",
    "process_cpu_seconds_total",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_heap_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_uptime_seconds",
)
LAG = ("", "min_", "max_", "mean_", "stddev_", "p50_", "p90_", "p99_")
OWN = (
    "loopscope_build_info",
    "lab_retained_bytes",
    "lab_retained_buffers",
    "loopscope_artifacts",
    "loopscope_artifact_bytes",
)
REQUESTS = ("http_requests_total", "http_request_duration_seconds_count")


class Text(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        cls.lab.http("GET", "/api/health")
        cls.lab.http("GET", "/nowhere")
        cls.response = cls.lab.http("GET", "/api/metrics", token=None)
        cls.text = cls.response.body.decode()

    def test_the_format_is_prometheus_text_0_0_4(self) -> None:
        self.assertEqual(self.response.status, 200)
        self.assertEqual(
            self.response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8"
        )
        self.assertTrue(self.text.endswith("\n"))

    def test_every_documented_metric_is_there(self) -> None:
        present = {name for name, _, _ in self.lab.samples()}
        lag = tuple(f"asio_eventloop_lag_{part}seconds" for part in LAG)

        self.assertEqual(set(PROCESS + lag + OWN) - present, set())
        self.assertEqual(set(REQUESTS) - present, set())

    def test_every_family_says_once_what_it_is(self) -> None:
        for name in (*PROCESS, *OWN, "http_request_duration_seconds", "http_requests_total"):
            with self.subTest(name=name):
                self.assertEqual(len(re.findall(rf"^# TYPE {name} \w+$", self.text, re.M)), 1)
                self.assertEqual(len(re.findall(rf"^# HELP {name} \S.*$", self.text, re.M)), 1)

    def test_every_line_is_a_comment_or_a_whole_sample(self) -> None:
        samples = [line for line in self.text.splitlines() if line and not line.startswith("#")]

        self.assertEqual(
            len(samples), len(re.findall(r"^[a-z_0-9]+(?:\{.*\})? \S+$", self.text, re.M))
        )
        self.assertGreater(len(samples), 40)

    def test_the_allocator_shows_when_it_is_ours(self) -> None:
        need_profiler(self, self.lab, "tcmalloc metrics")

        allocated = [v for n, _, v in self.lab.samples() if n.startswith("tcmalloc_")]
        self.assertGreater(max(allocated), 0)

    def test_process_figures_are_those_of_this_process(self) -> None:
        rss = self.lab.metric("process_resident_memory_bytes") or 0

        self.assertAlmostEqual(rss / self.lab.rss_bytes(), 1, delta=0.5)
        self.assertGreaterEqual(self.lab.metric("process_open_fds") or 0, 4)
        self.assertGreater(self.lab.metric("process_start_time_seconds") or 0, 1.7e9)
        self.assertEqual(self.lab.metric("loopscope_build_info"), 1)


class Requests(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)

    def total(self, name: str = "http_requests_total", **labels: str) -> float:
        return self.lab.metric(name, **labels) or 0

    def test_a_request_is_counted_and_timed_under_its_method_route_and_status(self) -> None:
        labels = {"method": "GET", "route": "/api/health", "status_code": "200"}
        for _ in range(3):
            self.lab.http("GET", "/api/health")

        for name in REQUESTS:
            with self.subTest(name=name):
                self.assertEqual(self.total(name, **labels), 3)
        self.assertEqual(self.total("http_request_duration_seconds_bucket", le="+Inf", **labels), 3)

    def test_a_path_parameter_shows_as_its_pattern(self) -> None:
        for name in ("one", "two"):
            self.lab.http("GET", f"/api/lab/artifacts/{name}")

        labels = {"route": "/api/lab/artifacts/{name}", "status_code": "404"}
        self.assertEqual(self.total(**labels), 2)

    def test_the_scrape_itself_is_not_recorded(self) -> None:
        for _ in range(3):
            self.lab.http("GET", "/api/metrics")

        self.assertEqual(
            [l for _, l, _ in self.lab.samples() if l.get("route") == "/api/metrics"], []
        )

    def test_unmatched_paths_share_one_label_and_odd_verbs_make_none(self) -> None:
        for n in range(5):
            self.lab.http("GET", f"/scan/{n}.php", token=None)
            self.lab.http(f"XYZZY{n}", "/api/health", token=None)
            self.lab.http("GET", f"/api/lab/secret{n}")

        text = self.lab.http("GET", "/api/metrics").body.decode()
        for odd in ("scan", "XYZZY", "secret"):
            with self.subTest(odd=odd):
                self.assertNotIn(odd, text)
        self.assertGreaterEqual(self.total(route="(unmatched)", status_code="404"), 5)

    def test_a_refused_client_is_counted_without_naming_the_path(self) -> None:
        self.lab.http("GET", "/api/lab/secret-name", token=None)

        text = self.lab.http("GET", "/api/metrics").body.decode()
        self.assertEqual(self.total(status_code="403"), 1)
        self.assertNotIn("secret-name", text)

    def test_an_error_response_is_counted_as_an_error_and_a_good_one_is_not(self) -> None:
        self.lab.http("GET", "/api/health")
        self.assertEqual(self.total("http_request_errors_total"), 0)

        self.lab.http("GET", "/nowhere")
        self.assertEqual(self.total("http_request_errors_total"), 1)

    def test_scraping_changes_nothing(self) -> None:
        def settled() -> list[tuple]:
            moving = ("process_", "asio_", "tcmalloc_")
            return [s for s in self.lab.samples() if not s[0].startswith(moving)]

        self.lab.http("GET", "/api/health")
        self.assertEqual(settled(), settled())


class Jam(unittest.TestCase):
    def test_a_jam_shows_in_the_lag_in_the_durations_and_in_the_cpu_time(self) -> None:
        lab = Lab.for_test(self)
        cpu = lab.metric("process_cpu_seconds_total") or 0

        lab.http("POST", "/api/lab/event-loop-jam?ms=600")

        labels = {"route": "/api/lab/event-loop-jam", "method": "POST", "status_code": "200"}
        self.assertGreater(lab.metric("http_request_duration_seconds_sum", **labels) or 0, 0.59)
        self.assertGreater(lab.metric("asio_eventloop_lag_max_seconds") or 0, 0.5)
        self.assertGreater(lab.metric("asio_eventloop_lag_p99_seconds") or 0, 0.3)
        self.assertGreater((lab.metric("process_cpu_seconds_total") or 0) - cpu, 0.06)


class State(unittest.TestCase):
    def test_retained_memory_shows(self) -> None:
        lab = Lab.for_test(self)
        lab.http("POST", "/api/lab/memory-leak?mb=3")
        lab.http("POST", "/api/lab/memory-leak?mb=2")

        self.assertEqual(lab.metric("lab_retained_bytes"), 5 << 20)
        self.assertEqual(lab.metric("lab_retained_buffers"), 2)

        lab.http("POST", "/api/lab/memory-clear")
        self.assertEqual(
            (lab.metric("lab_retained_bytes"), lab.metric("lab_retained_buffers")), (0, 0)
        )

    def test_stored_artifacts_show(self) -> None:
        directory = temp_dir(self)
        plant(directory, size=1000, serial=1)
        plant(directory, size=500, serial=2)
        lab = Lab.for_test(self, directory=directory)
        lab.http("GET", "/api/lab/artifacts")

        self.assertEqual(lab.metric("loopscope_artifacts"), 2)
        self.assertEqual(lab.metric("loopscope_artifact_bytes"), 1500)


if __name__ == "__main__":
    unittest.main()
