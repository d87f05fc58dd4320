"""Load on one server, and what it cost the server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from bench.servers import TOKEN, Server, cores


class Load(NamedTuple):
    """What wrk saw, and the CPU time that the server, and its loop, spent meanwhile."""

    requests_per_second: float
    p50_us: float
    p99_us: float
    cpu_us_per_request: float
    loop_us_per_request: float


def load(server: Server, path: str, seconds: float, connections: int = 32) -> Load:
    before, loop_before = server.cpu_seconds(), server.loop_cpu_seconds()
    seen = _wrk(f"http://127.0.0.1:{server.port}{path}", seconds, connections)
    spent = server.cpu_seconds() - before
    loop_spent = server.loop_cpu_seconds() - loop_before
    if seen["failed"]:
        raise RuntimeError(f"{path}: {seen['failed']} of {seen['requests']} requests failed")
    return Load(seen["requests"] / seen["seconds"], seen["p50_us"], seen["p99_us"],
                spent * 1e6 / seen["requests"], loop_spent * 1e6 / seen["requests"])


def _wrk(url: str, seconds: float, connections: int) -> dict[str, float]:
    report = Path(__file__).with_name("report.lua")
    command = ["taskset", "-c", str(cores()[1]), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
               "-s", str(report), "-H", f"x-lab-token: {TOKEN}", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          timeout=seconds + 30)
    return json.loads(done.stdout.splitlines()[-1])
