"""Scrapes per second beside prom-client with the same series, and how long one holds the loop."""

from __future__ import annotations

from bench.bench import Bench
from bench.figures import Row, interleaved, ratios, spread
from bench.load import load
from bench.servers import Lab

PATH = "/api/metrics"
LEAST_LINES = 300
# Each makes series of its own, by route or status.
CALLS = (("GET", "/api/health", 200), ("GET", "/api/health?x=1", 400), ("POST", "/api/health", 405),
         ("GET", "/nothing", 404), ("GET", "/api/lab/status", 200), ("POST", "/api/lab/status", 405),
         ("GET", "/api/lab/artifacts", 200), ("GET", "/api/lab/artifacts/none", 404),
         ("GET", "/api/lab/captures/none", 404), ("POST", "/api/lab/event-loop-jam?ms=1", 200),
         ("POST", "/api/lab/memory-clear", 200), ("PUT", "/api/lab/log-level?level=info", 200))


def run(bench: Bench) -> list[Row]:
    with bench.lab() as lab:
        scrape = _grown_scrape(lab)
        with bench.node_with_prom_client(bench.record("scrape", scrape)) as node:
            seen = interleaved(bench.rounds, {
                "lab": lambda: load(lab, PATH, bench.seconds),
                "prom-client": lambda: load(node, PATH, bench.seconds)})
    rates = {name: [each.requests_per_second for each in loads] for name, loads in seen.items()}
    return [{
        "server": name,
        "lines": scrape.count(b"\n"),
        "rounds": len(loads),
        "requests/s": spread(rates[name]),
        "lab's rate / its": ratios(rates["lab"], rates[name]),
        "p99 us": spread([each.p99_us for each in loads]),
        "cpu us/request": spread([each.cpu_us_per_request for each in loads]),
        "of it on the loop": spread([each.loop_us_per_request for each in loads]),
    } for name, loads in seen.items()]


def _grown_scrape(lab: Lab) -> bytes:
    for call in CALLS:
        lab.ask(*call)
    scrape = lab.ask("GET", PATH)
    if (lines := scrape.count(b"\n")) < LEAST_LINES:
        raise RuntimeError(f"the scrape has only {lines} lines")
    return scrape
