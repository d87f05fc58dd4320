"""An independent reader of the .cpuprofile format: who held the time, and where it is defined."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any


@dataclasses.dataclass(frozen=True)
class Frame:
    name: str
    file: str
    line: int  # 1-based, 0 without a file

    def is_named(self, function: str) -> bool:
        """Whatever its scope and its parameters."""
        return re.search(rf"(^|\W){re.escape(function)}($|\W)", self.name) is not None


Stack = tuple[Frame, ...]


class CpuProfile:
    """Stacks are outermost first, without the root."""

    def __init__(self, path: pathlib.Path) -> None:
        self.data: dict[str, Any] = json.loads(path.read_bytes())
        self.nodes: dict[int, dict[str, Any]] = {node["id"]: node for node in self.data["nodes"]}
        self.parents = {
            child: node["id"] for node in self.data["nodes"] for child in node.get("children", ())
        }
        self.stacks = {number: self._stack(number) for number in self.nodes}
        self.frames = {frame for stack in self.stacks.values() for frame in stack}

    def _stack(self, number: int) -> Stack:
        frames = []
        while number in self.parents:
            call = self.nodes[number]["callFrame"]
            file = call["url"].removeprefix("file://")
            frames.append(Frame(call["functionName"], file, call["lineNumber"] + 1))
            number = self.parents[number]
        return tuple(reversed(frames))

    def samples(self) -> Iterator[tuple[Stack, float, float]]:
        """Stack, time in seconds since the start, and how long it is shown: up to the next."""
        times, now = [], 0
        for delta in self.data["timeDeltas"]:
            now += delta
            times.append(now)
        ends = times[1:] + [self.data["endTime"] - self.data["startTime"]]
        for number, begin, end in zip(self.data["samples"], times, ends):
            yield self.stacks[number], begin / 1e6, (end - begin) / 1e6

    def seconds(self, wanted: Callable[[Stack], bool]) -> float:
        return sum(lasts for stack, _, lasts in self.samples() if wanted(stack))

    def own_seconds(self, function: str) -> float:
        return self.seconds(lambda stack: bool(stack) and stack[-1].is_named(function))

    def total_seconds(self, function: str) -> float:
        return self.seconds(lambda stack: any(frame.is_named(function) for frame in stack))

    def length(self) -> float:
        return (self.data["endTime"] - self.data["startTime"]) / 1e6


def is_idle(stack: Stack) -> bool:
    return [frame.name for frame in stack] == ["(idle)"]
