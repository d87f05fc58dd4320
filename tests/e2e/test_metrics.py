"""The metrics, as Prometheus and its linter see them."""

from __future__ import annotations

import http.client
import json
import pathlib
import re
import subprocess
import sys
import threading
import unittest
import urllib.parse
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import take
from support.lab import ROOT, Lab
from support.wire import DEADLINE, eventually
from tools import require_tools, run, scratch

PART = "prometheus"
JAM = "/api/lab/event-loop-jam"
EVERY_SECOND = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"


def readme_block(language: str) -> str:
    text = (ROOT / "README.md").read_text()
    return re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]


def produce_traffic(lab: Lab) -> None:
    """Every kind of response that a metric could stumble over."""
    for target in ("/api/health", "/", "/no/such/path?x=%22%0A", "/api/lab/status"):
        lab.http("GET", target)
    lab.http("GET", "/api/lab/status", token=None)
    lab.http("GET", "/api/lab/artifacts/absent.prof")
    lab.http("HEAD", "/api/health", token=None)
    lab.http("DELETE", "/api/health", token=None)
    lab.http("BREW", "/api/health", token=None)
    lab.http("POST", f"{JAM}?ms=50")
    lab.http("POST", f"{JAM}?ms=0")
    lab.http("POST", "/api/lab/memory-leak?mb=1")
    lab.http("POST", "/api/lab/memory-clear")
    lab.exchange(b"garbage\r\n\r\n")
    if lab.has_gperftools():
        take(lab)


class Promtool(unittest.TestCase):
    def test_promtool_has_nothing_to_say_about_a_scrape_after_traffic_and_errors(self) -> None:
        require_tools(self, PART, "promtool")
        lab = Lab.for_test(self)
        produce_traffic(lab)

        scrape = lab.http("GET", "/api/metrics", token=None)

        self.assertIn("version=0.0.4", scrape.header("content-type") or "")
        done = run(["promtool", "check", "metrics"], stdin=scrape.body.decode())
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_promtool_accepts_the_scrape_of_a_fresh_service(self) -> None:
        require_tools(self, PART, "promtool")
        lab = Lab.for_test(self)

        scrape = lab.http("GET", "/api/metrics", token=None)

        done = run(["promtool", "check", "metrics"], stdin=scrape.body.decode())
        self.assertEqual((done.returncode, done.stdout), (0, ""))


def documented_metrics() -> set[str]:
    """The names in the table of the README, `{a,b}` spelled out."""
    text = (ROOT / "README.md").read_text()
    table = re.search(r"^## Metrics$(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    names = set()
    for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", row):
            before, _, rest = name.partition("{")
            inner, _, after = rest.partition("}")
            names |= {before + each + after for each in inner.split(",")}
    return names


class Readme(unittest.TestCase):
    def test_the_table_lists_every_metric_and_no_other(self) -> None:
        lab = Lab.for_test(self)
        produce_traffic(lab)
        scrape = lab.http("GET", "/api/metrics", token=None).body.decode()
        served = set(re.findall(r"^# TYPE (\S+) ", scrape, re.MULTILINE))

        documented = "|".join(name.replace("*", "\\w+") for name in documented_metrics())
        undocumented = {name for name in served if not re.fullmatch(documented, name)}
        absent = {name for name in documented_metrics() if "*" not in name} - served

        self.assertEqual((undocumented, absent), (set(), set()))
        self.assertTrue(any(name.startswith("tcmalloc_") for name in documented_metrics()))


class Prometheus:
    """The real server, on a port that it chose itself."""

    def __init__(self, test: unittest.TestCase, lab: Lab) -> None:
        directory = scratch(test)
        config = directory / "prometheus.yml"
        scrape = readme_block("yaml").replace("localhost:3001", f"127.0.0.1:{lab.port}")
        config.write_text(EVERY_SECOND + scrape)
        self.log: list[str] = []
        self.process = self._launch(config, directory / "data")
        test.addCleanup(self._stop)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.port = eventually(self._listening_port, "Prometheus listens")
        eventually(lambda: self._ask("/-/ready")[0] == 200, "Prometheus is ready")

    def _launch(self, config: pathlib.Path, data: pathlib.Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={data}",
                "--web.listen-address=127.0.0.1:0",
            ],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(DEADLINE)
        self.process.stderr.close()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.log.append(line)

    def _listening_port(self) -> int | None:
        if self.process.poll() is not None:
            raise AssertionError("Prometheus ended:\n" + "".join(self.log[-20:]))
        found = re.search(r'"?Listening on"? address=127\.0\.0\.1:(\d+)', "".join(self.log))
        return int(found[1]) if found else None

    def _ask(self, target: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def query(self, expression: str) -> list[float]:
        """The values of an instant query."""
        status, body = self._ask("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        response: dict[str, Any] = json.loads(body)
        if status != 200 or response["status"] != "success":
            raise AssertionError(f"{expression}: {body!r}")
        return [float(sample["value"][1]) for sample in response["data"]["result"]]

    def wait_for(self, expression: str) -> list[float]:
        return eventually(lambda: self.query(expression), expression)


class Scraped(unittest.TestCase):
    def setUp(self) -> None:
        require_tools(self, PART, "prometheus")
        self.lab = Lab.for_test(self)
        self.prometheus = Prometheus(self, self.lab)
        self.prometheus.wait_for("up == 1")

    def test_a_jam_shows_in_the_lag_and_in_the_latency_histogram(self) -> None:
        jam = self.lab.http("POST", f"{JAM}?ms=1500")
        self.assertEqual(jam.status, 200, jam.body)

        lag = self.prometheus.wait_for("asio_eventloop_lag_max_seconds > 1.4")
        self.assertLess(lag[0], 10)
        self.prometheus.wait_for(f'http_requests_total{{route="{JAM}",status_code="200"}} == 1')
        series = f'http_request_duration_seconds_bucket{{route="{JAM}",method="POST"'
        self.assertEqual(self.prometheus.query(f'{series},le="1"}}'), [0])
        self.assertEqual(self.prometheus.query(f'{series},le="+Inf"}}'), [1])
        slowest = self.prometheus.query(f"histogram_quantile(0.99, {series}}})")
        self.assertGreater(slowest[0], 1)

    def test_errors_and_retained_memory_arrive_in_prometheus(self) -> None:
        self.lab.http("GET", "/no/such/path", token=None)
        self.lab.http("POST", "/api/lab/memory-leak?mb=8")

        self.prometheus.wait_for("lab_retained_bytes == 8388608")
        errors = self.prometheus.wait_for(
            'sum(http_request_errors_total{route="(unmatched)",status_code="404"})'
        )
        self.assertEqual(errors, [1])

    def test_every_query_of_the_readme_has_a_result(self) -> None:
        self.lab.http("GET", "/no/such/path", token=None)
        self.prometheus.wait_for("http_requests_total == 1")
        self.lab.http("GET", "/no/such/path", token=None)

        queries = readme_block("promql").splitlines()

        self.assertGreater(len(queries), 2)
        for query in queries:
            with self.subTest(query):
                self.prometheus.wait_for(query)

    def test_scrapes_are_not_counted_as_requests(self) -> None:
        self.lab.http("GET", "/api/health", token=None)
        self.prometheus.wait_for('http_requests_total{route="/api/health"} == 1')

        self.assertEqual(self.prometheus.query('http_requests_total{route="/api/metrics"}'), [])


if __name__ == "__main__":
    unittest.main()
