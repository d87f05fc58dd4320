"""The walk of a stack beside other methods: its cost, its tables, and whether it is right."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from bench.bench import Bench
from bench.figures import Row, Tables, interleaved, ratios, spread
from bench.parts.cpu import PATH, load_in_capture
from bench.load import Load, load
from bench.servers import Lab

HZ = 1000
COST_SAMPLES = 6000
AGREEMENT_SAMPLES, AGREEMENT_HZ = 100_000, 4000
FIBER_SAMPLES, FIBER_HZ = 20_000, 4000
MIB = 1 << 20
STYLES = ("with", "without")
REASONS = {
    "return_in_register": "last instructions of a throw or longjmp: the return address is in a "
                          "register, for which our tables have no row",
    "theirs_leaves_code": "in the middle of a throw libgcc has replaced what its frame saved: "
                          "libunwind goes on to a word that is no code, and our walk ends",
    "ours_is_shorter": "our walk ends where libunwind goes on",
    "theirs_is_shorter": "libunwind ends where our walk goes on",
    "other_caller": "the two find different callers",
}
LINKS = {"as the service": "unwind-throw-cost", "libunwind first": "unwind-throw-cost-libunwind"}


def run(bench: Bench) -> Tables:
    return {"unwind-cost": _cost(bench), "unwind-tables": _tables(bench),
            "unwind-throws": _throws(bench), "unwind-agreement": _agreement(bench),
            "unwind-fibers": _fibers(bench), "unwind-overhead": _overhead(bench)}


def _run(bench: Bench, program: str, *arguments: int) -> list[Any]:
    done = subprocess.run([bench.build / "bin" / program, *map(str, arguments)], check=True,
                          capture_output=True, text=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _cost(bench: Bench) -> list[Row]:
    """One method a sample, in turn; `hot` is the same stack again and again."""
    rounds = interleaved(bench.rounds, {
        "all": lambda: _run(bench, "unwind-walk-cost", COST_SAMPLES, HZ)})["all"]
    by_method = {lines[0]["method"]: lines for lines in zip(*rounds, strict=True)}

    def figures(method: str, name: str) -> list[float]:
        return [line[name] for line in by_method[method]]

    return [{
        "method": method,
        "rounds": len(lines),
        "median us": spread(figures(method, "median")),
        "p99 us": spread(figures(method, "p99")),
        "hot us": spread(figures(method, "hot")),
        "tables' median / its": ratios(figures("tables", "median"), figures(method, "median")),
        "tables' p99 / its": ratios(figures("tables", "p99"), figures(method, "p99")),
    } for method, lines in by_method.items()]


def _tables(bench: Bench) -> list[Row]:
    """Of all that the service loads; a new process each time."""
    command = [bench.build / "bin/profiling-lab"]
    env = os.environ | {"LD_PRELOAD": str(bench.build.resolve() / "bin/unwind-map-cost.so")}

    def build() -> dict[str, float]:
        return json.loads(subprocess.run(command, env=env, check=True, capture_output=True,
                                         text=True, timeout=60).stdout)

    built = interleaved(bench.rounds, {"service": build})["service"]
    last = built[-1]
    return [{"tables of": f"{last['objects']} objects, {last['functions']:,} functions, "
                          f"{last['rows']:,} rows, {last['unsupported']} not supported",
             "first, ms": spread([each["first_ms"] for each in built]),
             "warm, ms": spread([each["best_ms"] for each in built]),
             "nothing new, ms": spread([each["nothing_new_ms"] for each in built]),
             "MiB": last["memory"] / MIB}]


def _throws(bench: Bench) -> list[Row]:
    seen = interleaved(bench.rounds, {
        link: lambda program=program: _run(bench, program)[0] for link, program in LINKS.items()})
    return [{"link line": link, "rounds": len(each), "us per throw over 10 frames": spread(each)}
            for link, each in seen.items()]


def _agreement(bench: Bench) -> list[Row]:
    """With libunwind's stacks, from the same registers."""
    rows = []
    for style in STYLES:
        found, = _run(bench, f"unwind-agreement-{style}-frame-pointers", AGREEMENT_SAMPLES,
                      AGREEMENT_HZ)
        built = f"{style} frame pointers"
        share = 100 * found["identical"] / found["samples"]
        frames = f"mean of {found['frames'] / found['samples']:.1f} frames"
        rows.append({"built": built, "stacks": "identical", "samples": found["identical"],
                     "share, %": share, "where": frames, "why": ""})
        rows += [{"built": built, "stacks": each["reason"], "samples": each["samples"],
                  "share, %": 100 * each["samples"] / found["samples"],
                  "where": each["where"], "why": REASONS[each["reason"]]}
                 for each in found["differences"]]
    return rows


def _fibers(bench: Bench) -> list[Row]:
    """How many stacks of fibers end at the fiber's first frame."""
    return [{"built": f"{style} frame pointers", "fiber": kind["kind"], "samples": kind["samples"],
             "cut off": kind["samples"] - kind["fiber_entry"] - kind["outermost"],
             "ends cleanly, %":
                 100 * (kind["fiber_entry"] + kind["outermost"]) / kind["samples"],
             "inside known work": kind["inside"],
             "other callers": kind["inside"] - kind["same_root"]}
            for style in STYLES
            for kind in _run(bench, f"unwind-fibers-{style}-frame-pointers", FIBER_SAMPLES,
                             FIBER_HZ)]


def _overhead(bench: Bench) -> list[Row]:
    """CPU per request at 1000 Hz and without a profile, by what the handler does."""
    library = str(bench.build.resolve() / "bin/unwind-empty-handler.so")

    def lab_without(which: str) -> Lab:
        return bench.lab({"LD_PRELOAD": library, "EMPTY_HANDLER": which})

    def pair(lab: Lab) -> tuple[Load, Load]:
        return load(lab, PATH, bench.seconds), load_in_capture(lab, bench.seconds, HZ)

    with bench.lab() as whole, lab_without("gperftools") as ours, lab_without("all") as empty:
        seen = interleaved(bench.pairs, {"ours and gperftools'": lambda: pair(whole),
                                         "ours": lambda: pair(ours), "empty": lambda: pair(empty)})
    rows = []
    for handler, pairs in seen.items():
        off, on = ([run.cpu_us_per_request for run in runs] for runs in zip(*pairs, strict=True))
        rows.append({"handler": handler, "pairs": len(pairs), "cpu us/request off": spread(off),
                     f"at {HZ} Hz": spread(on), "on / off": ratios(on, off)})
    for row in rows:
        row["beyond an empty one"] = row["on / off"].median - rows[-1]["on / off"].median
    return rows
