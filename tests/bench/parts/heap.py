"""What tracking the heap costs, and what a snapshot does to the service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.bench import Bench
from bench.figures import Row, Tables, interleaved, ratios, spread
from bench.load import Load, load

PAIRS = 20_000_000
COUNTS = (500_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 4_000_000)
SHAPES = {
    "large": "1 000 000 objects of 64-256 B and 900 MB in blocks of 10 MB",
    "small": "1 GB in objects of up to 1 KB",
}
MODES = ("off", "sampled", "exact")
PATH = "/api/lab/status"
MIB = 1 << 20
NODE = """
const v8 = require('v8');
const kept = [];
for (let i = 0; i < 1000000; i++) kept.push({ before: kept[i - 1], number: i });
const begin = process.hrtime.bigint();
v8.writeHeapSnapshot(process.argv[1]);
console.log(JSON.stringify({ pause_ms: Number(process.hrtime.bigint() - begin) / 1e6 }));
"""


def run(bench: Bench) -> Tables:
    return {"heap-pair": _pair(bench), "heap-table": _table(bench),
            "heap-accuracy": _accuracy(bench), "heap-pause": _pause(bench),
            "heap-status": _status(bench), "heap-under-load": _under_load(bench)}


def _json(command: list[Any], env: dict[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600,
                          env=os.environ | (env or {}))
    return json.loads(done.stdout)


def _pair(bench: Bench) -> list[Row]:
    """A pair of operator new and delete, some calls below main."""
    def measure(kind: str, mode: str) -> float:
        return _json([bench.build / f"bin/heap-cost-{kind}", mode, str(PAIRS), "1"])["pair_ns"]

    seen = interleaved(bench.rounds, {
        "plain tcmalloc": lambda: measure("plain", "off"),
        **{mode: lambda mode=mode: measure("hooked", mode) for mode in MODES}})
    plain = seen["plain tcmalloc"]
    return [{"tracking": name, "runs": len(values), "loop and pair, ns": spread(values),
             "/ plain": ratios(values, plain),
             "more than plain, ns": spread([a - b for a, b in zip(values, plain, strict=True)])}
            for name, values in seen.items()]


def _table(bench: Bench) -> list[Row]:
    """The size of the table is a function of the number: one run each."""
    return [{"objects": f"{count:,}",
             "bytes an object": _json([bench.build / "bin/heap-cost-hooked", "exact", "10",
                                       str(count)])["table_bytes"]}
            for count in COUNTS]


def _accuracy(bench: Bench) -> list[Row]:
    """What is seen of known allocations; samples differ from run to run."""
    def measure(mode: str, period: int) -> dict[str, Any]:
        return _json([bench.build / "bin/heap-accuracy", mode],
                     {"TCMALLOC_SAMPLE_PARAMETER": str(period)})

    rows: list[Row] = []
    for title, mode, period in (("exact", "exact", 0), ("sampled, 512 KiB", "sampled", 512 << 10),
                                ("sampled, 64 KiB", "sampled", 64 << 10)):
        seen = [measure(mode, period) for _ in range(4 * bench.rounds)]
        small = [run["seen_small_bytes"] / run["small_bytes"] for run in seen]
        large = [run["seen_large_bytes"] / run["large_bytes"] for run in seen]
        rows.append({"tracking": title, "runs": len(seen),
                     "seen of 1 000 000 x 64 B": spread(small),
                     "furthest": max(small, key=lambda share: abs(share - 1)),
                     "of 8 x 64 MiB": spread(large)})
    return rows


def _pause(bench: Bench) -> list[Row]:
    raw = bench.scratch / "heap.raw"

    def take(shape: str) -> dict[str, float]:
        program = bench.build / "bin/heap-pause"
        figures = _json([program, shape, raw])
        out = bench.scratch / "heap.heapsnapshot"
        begin = time.monotonic()
        _json([bench.build / "bin/loopscope", "encode", raw, "--executable", program,
               "--output", f"heapsnapshot={out}"])
        figures["encode_s"] = time.monotonic() - begin
        figures["file_mb"] = out.stat().st_size / MIB
        out.unlink()
        return figures

    def node() -> dict[str, float]:
        out = bench.scratch / "node.heapsnapshot"
        figures = _json(["node", "-e", NODE, out])
        figures["file_mb"] = out.stat().st_size / MIB
        out.unlink()
        return figures

    seen = interleaved(bench.rounds, {
        **{shape: lambda shape=shape: take(shape) for shape in SHAPES}, "node": node})
    titles = SHAPES | {"node": "Node's v8.writeHeapSnapshot, 1 000 000 objects"}

    def column(runs: list[dict[str, float]], name: str, scale: float = 1) -> Any:
        return spread([run[name] * scale for run in runs]) if name in runs[0] else "-"

    return [{"heap": titles[name], "runs": len(runs), "pause ms": column(runs, "pause_ms"),
             "prepare ms": column(runs, "prepare_ms"), "scan s": column(runs, "scan_ms", 1e-3),
             "encode s": column(runs, "encode_s"), "file MiB": column(runs, "file_mb")}
            for name, runs in seen.items()]


def _status(bench: Bench) -> list[Row]:
    def measure(mode: str) -> Load:
        with bench.lab({"LAB_HEAP_TRACKING": mode}) as lab:
            return load(lab, PATH, bench.seconds)

    seen = interleaved(bench.rounds, {mode: lambda mode=mode: measure(mode) for mode in MODES})
    rates = {mode: [each.requests_per_second for each in loads] for mode, loads in seen.items()}
    cpu = {mode: [each.cpu_us_per_request for each in loads] for mode, loads in seen.items()}
    return [{"path": PATH, "tracking": mode, "rounds": len(rates[mode]),
             "requests/s": spread(rates[mode]), "rate / off": ratios(rates[mode], rates["off"]),
             "cpu us/request": spread(cpu[mode]), "cpu / off": ratios(cpu[mode], cpu["off"])}
            for mode in MODES]


def _under_load(bench: Bench) -> list[Row]:
    """Snapshots back to back for a while, beside requests; none of these may fail."""
    seconds = 60 if "LAB_TEST_FULL" in os.environ else 15
    return [_loaded(bench, seconds, snapshots) for snapshots in (False, True)]


def _loaded(bench: Bench, seconds: float, snapshots: bool) -> Row:
    with bench.lab() as lab, ThreadPoolExecutor(1) as background:
        lab.ask("POST", "/api/lab/memory-leak?mb=256")
        before = lab.resident_bytes()
        requests = background.submit(load, lab, PATH, seconds)
        pauses = [0.0]
        while snapshots and not requests.done():
            taken = json.loads(lab.ask("POST", "/api/lab/heap-snapshot"))
            pauses.append(taken["quality"]["pauseMs"])
        seen = requests.result()
        metrics = lab.ask("GET", "/api/metrics").decode()
        lag = re.search(r"^asio_eventloop_lag_p99_seconds (\S+)$", metrics, re.MULTILINE)
        return {"load": "with snapshots" if snapshots else "without", "seconds": seconds,
                "snapshots": len(pauses) - 1, "worst pause ms": max(pauses),
                "lag p99 ms": float(lag[1]) * 1e3, "p99 us": seen.p99_us,
                "requests/s": seen.requests_per_second,
                "more resident, MiB": (lab.resident_bytes() - before) / MIB}
