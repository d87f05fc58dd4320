"""Requests per second, beside the least that Beast, Node and nginx need for the same response."""

from __future__ import annotations

from collections.abc import Callable

from bench.bench import Bench
from bench.figures import Row, interleaved, ratios, spread
from bench.load import Load, load
from bench.servers import Server

PATHS = ("/api/health", "/api/lab/status")


def run(bench: Bench) -> list[Row]:
    return [row for path in PATHS for row in _compare(bench, path)]


def _compare(bench: Bench, path: str) -> list[Row]:
    with bench.lab() as lab:
        response = bench.record(path.rpartition("/")[2], lab.raw_response(path))

    def measure(start: Callable[[], Server]) -> Callable[[], Load]:
        # A new process each time: where its memory happens to lie is worth some percent.
        def once() -> Load:
            with start() as server:
                return load(server, path, bench.seconds)
        return once

    seen = interleaved(bench.rounds, {
        "lab": measure(bench.lab),
        "minimal beast": measure(lambda: bench.minimal_beast(response)),
        "plain node": measure(lambda: bench.plain_node(response)),
        "nginx": measure(lambda: bench.nginx_returning(response))})
    rates = {name: [each.requests_per_second for each in loads] for name, loads in seen.items()}
    return [{
        "path": path,
        "server": name,
        "rounds": len(loads),
        "requests/s": spread(rates[name]),
        "lab's rate / its": ratios(rates["lab"], rates[name]),
        "p99 us": spread([each.p99_us for each in loads]),
        "cpu us/request": spread([each.cpu_us_per_request for each in loads]),
    } for name, loads in seen.items()]
