"""The lab on one core and the load generator on another."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

TOKEN = "bench-token-0123456789"
TICKS = os.sysconf("SC_CLK_TCK")
START_LIMIT_SECONDS = 15


class Load(NamedTuple):
    """What wrk saw, and the CPU time that the server spent meanwhile."""

    requests_per_second: float
    p50_us: float
    p99_us: float
    cpu_us_per_request: float


def cores() -> tuple[int, int]:
    """The server's and the load generator's; the same where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


class Lab:
    def __init__(self, binary: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self._log = Path(self._folder.name) / "log"
        settings = {"PORT": "0", "LAB_ENABLE": "true", "LAB_TOKEN": TOKEN,
                    "LAB_ARTIFACT_DIR": self._folder.name, "PATH": os.environ["PATH"]}
        command = ["taskset", "-c", str(cores()[0]), str(binary)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=settings, stderr=log)

    def __enter__(self) -> Lab:
        self.port = self._listening_port()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        self._folder.cleanup()

    def _listening_port(self) -> int:
        give_up = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            if found := re.search(r'"event":"listening".*"port":(\d+)', self._log.read_text()):
                return int(found[1])
            time.sleep(0.05)
        raise RuntimeError(f"the lab does not listen: {self._log.read_text()}")

    def cpu_seconds(self) -> float:
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def post(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=150)
        connection.request("POST", path, headers={"x-lab-token": TOKEN})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"POST {path}: {answer.status} {body!r}")
        return json.loads(body)

    def load(self, path: str, seconds: int, connections: int = 32) -> Load:
        before = self.cpu_seconds()
        seen = wrk(f"http://127.0.0.1:{self.port}{path}", seconds, connections)
        spent = self.cpu_seconds() - before
        if seen["failed"]:
            raise RuntimeError(f"{path}: {seen['failed']} of {seen['requests']} requests failed")
        return Load(seen["requests"] / seen["seconds"], seen["p50_us"], seen["p99_us"],
                    spent * 1e6 / seen["requests"])


def wrk(url: str, seconds: int, connections: int) -> dict[str, Any]:
    report = Path(__file__).with_name("report.lua")
    command = ["taskset", "-c", str(cores()[1]), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
               "-s", str(report), "-H", f"x-lab-token: {TOKEN}", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          timeout=seconds + 30)
    return json.loads(done.stdout.splitlines()[-1])
