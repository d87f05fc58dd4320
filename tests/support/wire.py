"""HTTP/1.1 over raw sockets, byte by byte where a test wants it; every wait has a deadline."""

from __future__ import annotations

import dataclasses
import json
import select
import socket
import threading
import time
import unittest
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

TOKEN = "integration-token-0123456789"
DEADLINE = 60.0

T = TypeVar("T")


def eventually(probe: Callable[[], T], why: str, limit: float = DEADLINE) -> T:
    """Probes until the result is true; fails with `why` when the limit has passed."""
    end = time.monotonic() + limit
    pause = threading.Event()
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {limit:g} s: {why}")
        pause.wait(0.02)


def skip(test: unittest.TestCase, part: str, reason: str) -> NoReturn:
    """Skips loudly: the line is what the test scripts collect."""
    print(f"SKIP: {part}: {reason}", flush=True)
    test.skipTest(reason)
    raise AssertionError("unreachable")


class Closed(AssertionError):
    """The peer closed before the first byte of a response."""


class Truncated(AssertionError):
    """The peer closed in the middle of a response."""


@dataclasses.dataclass
class Response:
    status: int
    version: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(values) if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    def verbs(self) -> set[str]:
        return {verb.strip() for verb in (self.header("allow") or "").split(",") if verb.strip()}

    def closes(self) -> bool:
        return (self.header("connection") or "").lower() == "close"


def request(
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    token: str | None = None,
    version: str = "1.1",
) -> bytes:
    """The bytes of a plain request; a body gets its Content-Length."""
    lines = [f"{method} {target} HTTP/{version}", "Host: lab.test"]
    if token is not None:
        lines.append(f"x-lab-token: {token}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Wire:
    """One TCP connection; every read has a deadline."""

    def __init__(self, port: int, timeout: float = DEADLINE) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """False when the peer no longer takes bytes: its response may still be readable."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def readable(self, wait: float = 0.0) -> bool:
        return bool(self.buffer) or bool(select.select([self.socket], [], [], wait)[0])

    def _more(self) -> bool:
        try:
            chunk = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        except TimeoutError:
            raise AssertionError(
                f"silence on the connection; so far {self.buffer[:200]!r}"
            ) from None
        self.buffer += chunk
        return bool(chunk)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._more():
                kind = Truncated if self.buffer else Closed
                raise kind(f"closed, wanted {mark!r}, have {self.buffer[:200]!r}")
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self._more():
                raise Truncated(f"closed after {len(self.buffer)} of {count} body bytes")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _chunked(self) -> bytes:
        body = b""
        try:
            while size := int(self._until(b"\r\n").split(b";")[0], 16):
                body += self._exactly(size + 2)[:-2]
            while self._until(b"\r\n"):
                pass
        except Closed as error:
            raise Truncated(str(error)) from error
        return body

    def head(self) -> Response:
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        pairs = [line.partition(":") for line in lines[1:]]
        headers = [(name.lower(), value.strip()) for name, _, value in pairs]
        return Response(int(status), version, headers)

    def response(self, method: str = "GET") -> Response:
        response = self.head()
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            return response
        if "chunked" in (response.header("transfer-encoding") or ""):
            response.body = self._chunked()
        elif (length := response.header("content-length")) is not None:
            response.body = self._exactly(int(length))
        else:
            response.body = self.rest()
        return response

    def rest(self) -> bytes:
        """Everything up to the close."""
        while self._more():
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def ask(self, method: str, target: str, **more: Any) -> Response:
        self.send(request(method, target, **more))
        return self.response(method)
