"""Drives the real binary: start it, talk to it over raw sockets, stop it, read what it logged."""

from __future__ import annotations

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from collections.abc import Iterable, Mapping
from typing import Any

from support.wire import DEADLINE, TOKEN, Response, Wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(
    os.environ.get("LAB_BINARY") or ROOT / "build/release/bin/profiling-lab"
).resolve()
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "WARNING: ThreadSanitizer", "runtime error:")
# Libraries below the service print these themselves, past its log.
# The second is gcov, the third a sanitizer without /proc.
LIBRARY_NOISE = re.compile(r"PROFILE: |profiling:|==\d+==WARNING: reading executable name failed")
KEPT_VARIABLES = re.compile(r"^(PATH|HOME|LANG|TMPDIR|LD_LIBRARY_PATH|[A-Z]+SAN_OPTIONS|GCOV_.*)$")
SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


def temp_dir(test: unittest.TestCase) -> pathlib.Path:
    path = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
    test.addCleanup(shutil.rmtree, path, ignore_errors=True)
    return path


def sanitizer_reports(text: str) -> list[str]:
    return [mark for mark in SANITIZER_REPORTS if mark in text]


def clean_environment(env: Mapping[str, str | None]) -> dict[str, str]:
    """Only what a process needs, then `env` (None leaves one out); LAB_BINARY stays outside."""
    kept = {name: value for name, value in os.environ.items() if KEPT_VARIABLES.match(name)}
    return kept | {name: value for name, value in env.items() if value is not None}


def run_binary(
    args: Iterable[str] = (), env: Mapping[str, str | None] | None = None, limit: float = DEADLINE
) -> subprocess.CompletedProcess[str]:
    """For starts that are expected to end by themselves."""
    command = [str(BINARY), *args]
    variables = clean_environment({"PORT": "0"} | dict(env or {}))
    try:
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(
            f"still running: {command} {dict(env or {})}: {late.stderr!r}"
        ) from None
    if sanitizer_reports(done.stderr):
        raise AssertionError(done.stderr)
    return done


class Lab:
    """A running profiling-lab on a free port with its own artifact directory.

    `file_limits` are the soft and the hard limit of open files that it starts with; `ignored` is a
    signal that it inherits as ignored; `prefix` is a command that starts it; `binary` is a copy of
    the program.
    """

    def __init__(
        self,
        env: Mapping[str, str | None] | None = None,
        args: Iterable[str] = (),
        *,
        directory: pathlib.Path | None = None,
        user: int | None = None,
        file_limits: tuple[int, int] | None = None,
        ignored: signal.Signals | None = None,
        prefix: Iterable[str] = (),
        binary: pathlib.Path = BINARY,
    ) -> None:
        self._own = None if directory else pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        self.directory = directory or self._own
        defaults = {"PORT": "0", "LAB_ENABLE": "true", "LAB_TOKEN": TOKEN}
        variables = defaults | {"LAB_ARTIFACT_DIR": str(self.directory)} | dict(env or {})
        self._news = threading.Condition()
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.odd: list[str] = []
        self._silent = False
        self._may_read = threading.Event()
        self._may_read.set()
        self._told_to_stop = False

        def prepare() -> None:
            if file_limits:
                resource.setrlimit(resource.RLIMIT_NOFILE, file_limits)
            if ignored:
                signal.signal(ignored, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [*prefix, str(binary), *args],
            env=clean_environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            user=user,
            preexec_fn=prepare if file_limits or ignored else None,
        )
        self.pid = self.process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.port = int(self.wait_event("listening")["port"])
        except BaseException:
            self.kill()
            self.close()
            raise

    @classmethod
    def for_test(cls, test: unittest.TestCase, *args: Any, **more: Any) -> Lab:
        lab = cls(*args, **more)
        test.addCleanup(lab.close)
        return lab

    @classmethod
    def for_class(cls, case: type[unittest.TestCase], *args: Any, **more: Any) -> Lab:
        lab = cls(*args, **more)
        case.addClassCleanup(lab.close)
        return lab

    def _read(self) -> None:
        for raw in self.process.stderr:
            self._may_read.wait()
            self._hear(raw.decode("utf-8", "replace"))
        with self._news:
            self._silent = True
            self._news.notify_all()

    def _hear(self, line: str) -> None:
        with self._news:
            self.lines.append(line.rstrip("\n"))
            self._sort(line)
            self._news.notify_all()

    def _sort(self, line: str) -> None:
        try:
            self.events.append(dict(json.loads(line)))
        except (ValueError, TypeError):
            if line.endswith("\n") and not LIBRARY_NOISE.match(line):
                self.odd.append(line)

    def stderr(self) -> str:
        with self._news:
            return "\n".join(self.lines)

    def mark(self) -> int:
        """Pass it as `after`, to wait only for what is logged from now on."""
        with self._news:
            return len(self.events)

    def wait_event(self, name: str, after: int = 0, limit: float = DEADLINE, **fields: Any) -> dict:
        def found() -> list[dict]:
            wanted = {"event": name} | fields
            return [e for e in self.events[after:] if wanted.items() <= e.items()]

        with self._news:
            self._news.wait_for(lambda: bool(found()) or self._silent, limit)
            if not found():
                raise AssertionError(
                    f"no {name} {fields} in the log:\n" + "\n".join(self.lines[-20:])
                )
            return found()[0]

    def stop_reading(self) -> None:
        """From now on nobody reads its stderr, until read_on()."""
        self._may_read.clear()

    def read_on(self) -> None:
        self._may_read.set()

    def connect(self, timeout: float = DEADLINE) -> Wire:
        return Wire(self.port, timeout)

    def exchange(self, data: bytes, method: str = "GET") -> Response:
        """Raw bytes in on a new connection, the first response out; sends while it reads."""
        with self.connect() as wire:
            sender = threading.Thread(target=lambda: wire.send(data), daemon=True)
            sender.start()
            response = wire.response(method)
            wire.socket.shutdown(socket.SHUT_RDWR) if sender.is_alive() else None
            sender.join(DEADLINE)
            return response

    def http(self, method: str, target: str, token: str | None = TOKEN, **more: Any) -> Response:
        with self.connect() as wire:
            return wire.ask(method, target, token=token, **more)

    def samples(self) -> list[tuple[str, dict[str, str], float]]:
        text = self.http("GET", "/api/metrics", token=None).body.decode()
        found = [SAMPLE.match(line) for line in text.splitlines() if line and line[0] != "#"]
        return [(m[1], dict(LABEL.findall(m[2] or "")), float(m[3])) for m in found if m]

    def metric(self, name: str, **labels: str) -> float | None:
        """The sum over all samples with this name and at least these labels; None without any."""
        values = [v for n, l, v in self.samples() if n == name and labels.items() <= l.items()]
        return sum(values) if values else None

    def has_gperftools(self) -> bool:
        return any(name.startswith("tcmalloc_") for name, _, _ in self.samples())

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self) -> int:
        pages = pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def has_ubsan(self) -> bool:
        return "libubsan" in pathlib.Path(f"/proc/{self.pid}/maps").read_text()

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def send_signal(self, number: int = signal.SIGTERM) -> None:
        self._told_to_stop = True
        self.process.send_signal(number)

    def wait(self, limit: float = DEADLINE) -> int:
        """The exit code; what was logged is complete afterwards."""
        try:
            code = self.process.wait(limit)
            self._may_read.set()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"did not stop within {limit:g} s:\n{self.stderr()[-2000:]}"
            ) from None
        self._reader.join(DEADLINE)
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.send_signal(number)
        code = self.wait()
        self.check_log()
        if code != 0:
            raise AssertionError(f"exit code {code}:\n{self.stderr()[-4000:]}")

    def check_log(self) -> None:
        """No sanitizer report, and nothing but whole JSON lines."""
        reports = sanitizer_reports(self.stderr())
        if reports or self.odd:
            raise AssertionError(f"{reports} on stderr:\n" + "".join(self.odd[:200]))

    def close(self) -> None:
        """Stops what still runs; the log must be clean however the process ended."""
        self._may_read.set()
        try:
            if self.process.poll() is None and not self._told_to_stop:
                self.stop()
            elif self.process.poll() is None:
                self.kill()  # a test failed before it had seen the end
            self._reader.join(DEADLINE)
            self.check_log()
        finally:
            if self.process.poll() is None:
                self.kill()
            self.process.stderr.close()
            if self._own:
                shutil.rmtree(self._own, ignore_errors=True)
