"""A CPU capture that surely has something to sample: the loop is jammed inside it."""

from __future__ import annotations

import unittest

from support.lab import Lab
from support.wire import TOKEN, Response, Wire, eventually, request, skip


def begin(lab: Lab, query: str = "seconds=1") -> Wire:
    """The connection of a capture that runs, or whose (refusing) response is there already."""
    wire = lab.connect()
    wire.send(request("POST", f"/api/lab/cpu-profile?{query}", token=TOKEN))
    eventually(lambda: wire.readable() or running(lab), "the capture begins")
    return wire


def running(lab: Lab) -> bool:
    return lab.http("GET", "/api/lab/status").json()["cpuProfileInProgress"]


def take(lab: Lab, query: str = "seconds=1", jam_ms: int = 500) -> Response:
    with begin(lab, query) as wire:
        if not wire.readable():
            lab.http("POST", f"/api/lab/event-loop-jam?ms={jam_ms}")
        return wire.response("POST")


def need_profiler(test: unittest.TestCase, lab: Lab, part: str) -> None:
    if not lab.has_gperftools():
        skip(test, part, "built without gperftools")
