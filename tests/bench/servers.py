"""The lab and its peers as processes, all on one core; the load generator has another."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

TOKEN = "bench-token-0123456789"
START_LIMIT_SECONDS = 15
PEERS = Path(__file__).resolve().parent / "peers"


def cores() -> tuple[int, int]:
    """The servers' and the load generator's; the same where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def _seconds_in(schedstat: Path) -> float:
    return int(schedstat.read_text().split()[0]) / 1e9


class Server:
    """A process that prints its port to a file."""

    port_pattern = r"^(\d+)$"

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self._output = self.folder / "output"
        variables = {"PATH": os.environ["PATH"]} | dict(env or {})
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(cores()[0]), *map(str, command)],
                cwd=self.folder, env=variables, stdout=output, stderr=output)

    def __enter__(self) -> Server:
        self.port = self._port()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _port(self) -> int:
        give_up = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < give_up and self.process.poll() is None:
            text = self._output.read_text()
            if found := re.search(self.port_pattern, text, re.MULTILINE):
                return int(found[1])
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args} does not listen: {self._output.read_text()}")

    def cpu_seconds(self) -> float:
        """Of all threads that live, by the scheduler's clock, which counts nanoseconds."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(map(_seconds_in, tasks))

    def loop_cpu_seconds(self) -> float:
        """Of the first thread, which runs the loop."""
        return _seconds_in(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/schedstat"))

    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Lab(Server):
    """With what it ships with: only port, token and directory are set."""

    port_pattern = r'"event":"listening".*"port":(\d+)'

    def __init__(self, binary: Path, port: int = 0, env: Mapping[str, str] | None = None) -> None:
        self._chosen = port
        self._artifacts = tempfile.TemporaryDirectory(prefix="bench-")
        self.artifacts = Path(self._artifacts.name)
        super().__init__([binary], {"PORT": str(port), "LAB_ENABLE": "true", "LAB_TOKEN": TOKEN,
                                    "LAB_ARTIFACT_DIR": self._artifacts.name} | dict(env or {}))

    def _port(self) -> int:
        return self._chosen or super()._port()  # a caller that chose one waits for it

    def __exit__(self, *how: Any) -> None:
        super().__exit__(*how)
        self._artifacts.cleanup()

    def ask(self, method: str, path: str, expected: int = 200) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=150)
        connection.request(method, path, headers={"x-lab-token": TOKEN})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != expected:
            raise RuntimeError(f"{method} {path}: {response.status} {body!r}")
        return body

    def capture(self, seconds: int, hz: int) -> Any:
        return json.loads(self.ask("POST", f"/api/lab/cpu-profile?seconds={seconds}&hz={hz}"))

    def raw_response(self, path: str) -> bytes:
        """Head and body as they are sent on a connection that stays open."""
        asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nx-lab-token: {TOKEN}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(asked.encode())
            response = http.client.HTTPResponse(peer)
            response.begin()
            body = response.read()
        head = "".join(f"{name}: {value}\r\n" for name, value in response.getheaders())
        return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


class Nginx(Server):
    def __init__(self, binary: Path, response: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._chosen = free.getsockname()[1]
        body = response.read_bytes().partition(b"\r\n\r\n")[2].decode()
        text = (PEERS / "nginx.conf.in").read_text()
        config = response.with_suffix(".conf")
        config.write_text(text.replace("@PORT@", str(self._chosen)).replace("@BODY@", body))
        super().__init__([binary, "-p", ".", "-c", config])

    def _port(self) -> int:
        give_up = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._chosen), timeout=1).close()
                return self._chosen
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError(f"nginx does not listen: {self._output.read_text()}")
