"""An encoder that does as it is ordered, and captures that end in it."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import unittest
from typing import Any

from support.lab import Lab, temp_dir
from support.wire import Response, eventually

OUTPUT = b"what an encoder writes\n"
RUNNING = ("sampling", "encoding")

# `order` says what to do; `calls` gets one line of JSON for each call; `gate` is a fifo.
SCRIPT = """#!{python}
import json, os, pathlib, signal, sys
signal.alarm(120)
here = pathlib.Path(__file__).parent
order = (here / "order").read_text()
options = [a.partition("=") for f, a in zip(sys.argv[3:], sys.argv[4:]) if f == "--output"]
outputs = {{name: path for name, _, path in options}}
link = "/proc/self/fd/{{}}".format
fds = {{fd: os.readlink(link(fd)) for fd in range(1024) if os.path.lexists(link(fd))}}
call = {{"pid": os.getpid(), "arguments": sys.argv[1:], "outputs": outputs, "fds": fds,
        "raw": len(open(sys.argv[2], "rb").read()), "environment": dict(os.environ),
        "nice": os.nice(0), "session": os.getsid(0)}}
with open(here / "calls", "a") as calls:
    calls.write(json.dumps(call) + "\\n")
report = json.dumps({{"unresolvedShare": 0.0}})
if order == "wait":
    open(here / "gate").read()
text = {output!r}
if order == "write much":
    text = bytes(1_030_000 // len(outputs))
if order == "write too much":
    text = bytes(900_000)
for path in list(outputs.values())[: {{"crash": 2, "write nothing": 0}}.get(order)]:
    with open(path, "r+b") as file:
        file.write(text)
if order == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
elif order == "complain":
    sys.exit("the maps make no sense\\nand more")
elif order == "odd bytes":
    os.write(2, bytes(range(128, 256)) + b'\\x00\\x1b"')
    sys.exit(1)
elif order == "garbage":
    report = "garbage"
elif order == "silence":
    report = ""
print(report)
"""


class FakeEncoder:
    """For LAB_ENCODER. Orders: done, wait, crash, complain, odd bytes, garbage, silence,
    write nothing, write much (all but a MiB together), write too much (over a MiB)."""

    def __init__(self, test: unittest.TestCase, order: str = "done") -> None:
        self.directory = temp_dir(test)
        self.path = self.directory / "encoder"
        self.install()
        os.mkfifo(self.directory / "gate")
        self.order(order)

    def install(self) -> None:
        self.path.write_text(SCRIPT.format(python=sys.executable, output=OUTPUT))
        self.path.chmod(0o700)

    def order(self, what: str) -> None:
        (self.directory / "order").write_text(what)

    def calls(self) -> list[dict[str, Any]]:
        path = self.directory / "calls"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def wait_call(self, count: int = 1) -> dict[str, Any]:
        eventually(lambda: len(self.calls()) >= count, "the encoder is called")
        return self.calls()[-1]

    def let_go(self) -> None:
        """Ends the wait of the encoder that waits."""
        with open(self.directory / "gate", "w"):
            pass


def lab_with(
    test: unittest.TestCase, encoder: FakeEncoder, env: dict[str, str] | None = None, **more: Any
) -> Lab:
    lab = Lab.for_test(test, {"LAB_ENCODER": str(encoder.path)} | (env or {}), **more)
    need_sampler(test, lab)
    return lab


def can_sample(lab: Lab) -> bool:
    """Not under ThreadSanitizer, which delivers signals late."""
    return "libtsan" not in pathlib.Path(f"/proc/{lab.pid}/maps").read_text()


def need_sampler(test: unittest.TestCase, lab: Lab) -> None:
    if not can_sample(lab):
        test.skipTest("this build cannot sample")


def post(lab: Lab, query: str) -> Response:
    return lab.http("POST", f"/api/lab/cpu-profile?{query}")


def start(lab: Lab, query: str = "seconds=1") -> str:
    """Where to ask for the capture that was started."""
    response = post(lab, f"{query}&async=true")
    if response.status != 202:
        raise AssertionError(f"{response.status}: {response.body!r}")
    return response.header("location")


def state(lab: Lab, location: str) -> dict[str, Any]:
    response = lab.http("GET", location)
    if response.status != 200:
        raise AssertionError(f"{response.status}: {response.body!r}")
    return response.json()


def end(lab: Lab, location: str) -> dict[str, Any]:
    """The state in which a capture ends."""

    def ended() -> dict[str, Any] | None:
        now = state(lab, location)
        return None if now["phase"] in RUNNING else now

    return eventually(ended, "the capture ends")


def listed(lab: Lab) -> list[dict[str, Any]]:
    return lab.http("GET", "/api/lab/artifacts").json()["artifacts"]


def leftovers(lab: Lab) -> set[str]:
    """What lies in the directory but the mark of its owner."""
    return {p.name for p in lab.directory.iterdir() if not p.name.endswith(".lock")}


def idle(lab: Lab) -> bool:
    return not lab.http("GET", "/api/lab/status").json()["cpuProfileInProgress"]


def is_alive(pid: int) -> bool:
    return pathlib.Path(f"/proc/{pid}").exists()
