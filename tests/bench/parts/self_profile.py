"""Where the service's own time goes under full load: a profile of it, taken by itself."""

from __future__ import annotations

import math
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from bench.bench import Bench
from bench.figures import Row
from bench.load import load
from bench.servers import Lab

PATHS = ("/api/health", "/api/lab/status")
HZ = 1000
# By the function that holds the time; the first that matches counts.
KINDS = {
    "kernel: send": r"^(__libc_)?(sendmsg|send|write)",
    "kernel: receive": r"^(__libc_)?(recvmsg|recv|read)",
    "kernel: poll": r"^(__)?epoll_|^\(idle\)$",
    "allocator": r"operator (new|delete)|^tc_|tcmalloc|^(aligned_alloc|malloc|free|calloc)",
    "boost::json": r"^boost::json",
    "boost::beast": r"^boost::(beast|intrusive)",
    "boost::asio": r"^boost::asio",
    "loopscope, lab": r"^(loopscope|lab)::",
    "std, libc": r"^std::|^_|^mem|^str",
}


def run(bench: Bench) -> list[Row]:
    with bench.lab() as lab:
        return [row for path in PATHS for row in _profile(lab, path, bench.seconds)]


def _profile(lab: Lab, path: str, seconds: float) -> list[Row]:
    whole = math.ceil(seconds)
    with ThreadPoolExecutor(1) as beside:
        capture = beside.submit(lab.capture, whole, HZ)
        load(lab, path, whole)
        artifacts = [each["name"] for each in capture.result()["artifacts"]]
    folded = next(name for name in artifacts if name.endswith(".folded"))
    held = Counter()
    for line in lab.ask("GET", f"/api/lab/artifacts/{folded}").decode().splitlines():
        stack, _, count = line.rpartition(" ")
        held[_kind(stack.rpartition(";")[2])] += int(count)
    everything = sum(held.values())
    return [{"path": path, "time in": kind, "share": count / everything}
            for kind, count in held.most_common()]


def _kind(function: str) -> str:
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, function)), "other")
