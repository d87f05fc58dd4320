"""One function per part of scripts/bench: it measures, and returns a table."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from bench.lab import Lab, Load

Row = dict[str, Any]
PROFILE_MARGIN_SECONDS = 1


class Bench(NamedTuple):
    binary: Path
    rounds: int
    seconds: int


def interleaved(rounds: int, variants: dict[str, Callable[[], Load]]) -> dict[str, list[Load]]:
    """Round by round, so that a slow spell of the machine hits every variant; one round warms up."""
    seen: dict[str, list[Load]] = defaultdict(list)
    for round_number in range(rounds + 1):
        for name, measure in variants.items():
            load = measure()
            if round_number > 0:
                seen[name].append(load)
    return seen


def median_row(variant: str, loads: list[Load]) -> Row:
    medians = {field: statistics.median(getattr(load, field) for load in loads)
               for field in Load._fields}
    return {"variant": variant, "rounds": len(loads)} | medians


def throughput(bench: Bench) -> list[Row]:
    paths = ("/api/health", "/api/lab/status")
    with Lab(bench.binary) as lab:
        seen = interleaved(bench.rounds, {
            path: lambda path=path: lab.load(path, bench.seconds) for path in paths})
    return [median_row(path, loads) for path, loads in seen.items()]


def profile_cost(bench: Bench) -> list[Row]:
    with Lab(bench.binary) as lab, ThreadPoolExecutor(1) as beside:

        def plain() -> Load:
            return lab.load("/api/health", bench.seconds)

        def profiled() -> Load:
            capture = f"/api/lab/cpu-profile?seconds={bench.seconds + PROFILE_MARGIN_SECONDS}"
            profile = beside.submit(lab.post, capture)
            load = plain()
            profile.result()
            return load

        seen = interleaved(bench.rounds, {"none": plain, "cpu profile": profiled})
    rows = [median_row(name, loads) for name, loads in seen.items()]
    for row in rows:
        row["cpu_ratio"] = row["cpu_us_per_request"] / rows[0]["cpu_us_per_request"]
    return rows


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "throughput": throughput,
    "profile-cost": profile_cost,
}
