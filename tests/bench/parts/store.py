"""How long a scrape and the start of a capture take while 2 GB of artifacts are read for their digests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.bench import Bench
from bench.figures import Row, spread
from bench.servers import Lab

FILES = 8
FILE_BYTES = 256 << 20
SCRAPE = "/api/metrics"
CAPTURE = "/api/lab/cpu-profile?seconds=1&async=true"


def run(bench: Bench) -> list[Row]:
    alone: dict[str, list[float]] = {"scrape": [], "capture": []}
    beside: dict[str, list[float]] = {"scrape": [], "capture": []}
    listing = []
    for _ in range(bench.rounds):
        with bench.lab() as lab:
            for name, ask in _calls(lab).items():
                alone[name].append(_milliseconds(ask))
            seconds, seen = _while_listing(lab, bench.seconds)
            listing.append(seconds)
            for name, times in seen.items():
                beside[name].append(max(times))
    return [{"call": name, "rounds": bench.rounds, "alone, ms": spread(alone[name]),
             "longest while it lists, ms": spread(beside[name]),
             "listing, s": spread(listing)} for name in alone]


def _while_listing(lab: Lab, _: float) -> tuple[float, dict[str, list[float]]]:
    for number in range(FILES):
        _plant(lab.artifacts / f"cpu-2026-01-02T03-04-05.678Z-0123000{number}.prof")
    done: list[float] = []
    began = time.perf_counter()

    def list_all() -> None:
        listed = json.loads(lab.ask("GET", "/api/lab/artifacts"))
        if listed["bytes"] < FILES * FILE_BYTES or not all(a["sha256"] for a in listed["artifacts"]):
            raise RuntimeError("the list is not complete")
        done.append(time.perf_counter() - began)

    client = threading.Thread(target=list_all)
    client.start()
    seen: dict[str, list[float]] = {"scrape": [], "capture": []}
    while not done and client.is_alive():
        for name, ask in _calls(lab).items():
            seen[name].append(_milliseconds(ask))
    client.join()
    return done[0], seen


def _calls(lab: Lab) -> dict[str, Callable[[], object]]:
    return {"scrape": lambda: lab.ask("GET", SCRAPE), "capture": lambda: _start_capture(lab)}


def _start_capture(lab: Lab) -> None:
    """Starts one and, beside what is measured of it, cancels it again."""
    lab.started = json.loads(lab.ask("POST", CAPTURE, 202))["location"]


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1e3


def _plant(path: Path) -> None:
    """A file without blocks, which takes as long to hash as any other."""
    with path.open("wb") as file:
        file.truncate(FILE_BYTES)
