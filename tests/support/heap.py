"""Heap snapshots over the wire."""

from __future__ import annotations

import json
import pathlib
import unittest
from typing import Any

from support.lab import Lab
from support.wire import Response, skip

EXTENSIONS = ("heapsnapshot", "heapprofile", "heap.pb.gz", "heap")


def need_tracking(test: unittest.TestCase, lab: Lab, part: str) -> None:
    if not lab.has_gperftools():
        skip(test, part, "built without gperftools: nothing tracks the heap")


def snapshot(lab: Lab, query: str = "") -> Response:
    return lab.http("POST", f"/api/lab/heap-snapshot{query}")


def taken(test: unittest.TestCase, lab: Lab, query: str = "") -> dict[str, Any]:
    response = snapshot(lab, query)
    test.assertEqual(response.status, 200, response.body)
    return response.json()


def read(capture: dict[str, Any]) -> dict[str, Any]:
    return json.loads(pathlib.Path(capture["filePath"]).read_text())


def leak(lab: Lab, megabytes: int) -> None:
    response = lab.http("POST", f"/api/lab/memory-leak?mb={megabytes}")
    if response.status != 200:
        raise AssertionError(response.body)


def switch(lab: Lab, mode: str) -> Response:
    return lab.http("POST", f"/api/lab/heap-tracking?mode={mode}")


class Nodes:
    """The nodes of a .heapsnapshot by name."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.nodes, self.strings = data["nodes"], data["strings"]

    def all(self) -> list[tuple[str, int, int]]:
        """Name, id and size of each."""
        n = self.nodes
        return [(self.strings[n[i + 1]], n[i + 2], n[i + 3]) for i in range(0, len(n), 7)]

    def sizes(self, name: str) -> list[int]:
        return [size for each, _, size in self.all() if each == name]

    def ids(self) -> set[int]:
        """Of what has a size: objects."""
        return {number for _, number, size in self.all() if size}
