"""How long a scrape and the start of a capture take while 2 GB of artifacts are read for their digests."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from bench.bench import Bench
from bench.figures import Row, spread
from bench.servers import Lab

FILES = 8
FILE_BYTES = 256 << 20
CALLS = ("scrape", "start of a capture")


def run(bench: Bench) -> list[Row]:
    alone: dict[str, list[float]] = {name: [] for name in CALLS}
    beside: dict[str, list[float]] = {name: [] for name in CALLS}
    listing = []
    for _ in range(bench.rounds):
        with bench.lab() as lab:
            for name, milliseconds in _measure(lab).items():
                alone[name].append(milliseconds)
            seconds, seen = _while_listing(lab)
            listing.append(seconds)
            for name in CALLS:
                beside[name].append(max(each[name] for each in seen))
    return [{"call": name, "rounds": bench.rounds, "alone, ms": spread(alone[name]),
             "longest beside the listing, ms": spread(beside[name]),
             "of all rounds": max(beside[name]), "listing, s": spread(listing)} for name in CALLS]


def _while_listing(lab: Lab) -> tuple[float, list[dict[str, float]]]:
    for number in range(FILES):
        _plant(lab.artifacts / f"cpu-2026-01-02T03-04-05.678Z-0123000{number}.prof")
    took: list[float] = []

    def list_all() -> None:
        began = time.perf_counter()
        listed = json.loads(lab.ask("GET", "/api/lab/artifacts"))
        if len([each for each in listed["artifacts"] if each["sha256"]]) < FILES:
            raise RuntimeError("the list has not the digests of all files")
        took.append(time.perf_counter() - began)

    client = threading.Thread(target=list_all)
    client.start()
    seen = []
    while client.is_alive():
        seen.append(_measure(lab))
    client.join()
    return took[0], seen


def _measure(lab: Lab) -> dict[str, float]:
    """In milliseconds; the capture is cancelled again, beside what is measured."""
    began = time.perf_counter()
    lab.ask("GET", "/api/metrics")
    scraped = time.perf_counter()
    started = json.loads(lab.ask("POST", "/api/lab/cpu-profile?seconds=1&async=true", 202))
    ended = time.perf_counter()
    lab.ask("DELETE", started["location"], 204)
    while json.loads(lab.ask("GET", "/api/lab/status"))["cpuProfileInProgress"]:
        time.sleep(0.001)
    return dict(zip(CALLS, ((scraped - began) * 1e3, (ended - scraped) * 1e3)))


def _plant(path: Path) -> None:
    """A file without blocks, which takes as long to hash as any other."""
    with path.open("wb") as file:
        file.truncate(FILE_BYTES)
