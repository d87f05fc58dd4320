"""CPU time per request while a CPU profile runs, against none: pairs, and a control of none and none."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.bench import Bench
from bench.figures import Row, interleaved, ratios, spread
from bench.load import Load, load
from bench.servers import Lab

PATH = "/api/health"
SAMPLED_HZ = (100, 1000)
LEAST_PAIRS = 20


def run(bench: Bench) -> list[Row]:
    def plain() -> Load:
        return load(lab, PATH, bench.seconds)

    def profiled(hz: int) -> Callable[[], Load]:
        return lambda: load_in_capture(lab, bench.seconds, hz)

    variants = {"control": plain} | {f"{hz} Hz": profiled(hz) for hz in SAMPLED_HZ}
    with bench.lab() as lab:
        # Each variant has its own run without a profile, right before it.
        seen = interleaved(bench.pairs, {
            name: lambda measure=measure: (plain(), measure()) for name, measure in variants.items()})
    rows = []
    for name, pairs in seen.items():
        off, on = ([run.cpu_us_per_request for run in runs] for runs in zip(*pairs, strict=True))
        rows.append({"profile": name, "pairs": len(pairs), "cpu us/request off": spread(off),
                     "on": spread(on), "on / off": ratios(on, off)})
    for row in rows:
        row["overhead beyond control"] = row["on / off"].median - rows[0]["on / off"].median
    return rows


def load_in_capture(lab: Lab, seconds: float, hz: int) -> Load:
    with ThreadPoolExecutor(1) as beside:
        capture = beside.submit(lab.capture, math.ceil(seconds) + 1, hz)
        seen = load(lab, PATH, seconds)
        capture.result()
    return seen
