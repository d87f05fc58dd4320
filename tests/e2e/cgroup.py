"""Memory cgroups of version 1 and 2, to start a service in one."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import unittest
from collections.abc import Iterator

from support.lab import Lab
from support.wire import eventually


@dataclasses.dataclass(frozen=True)
class Hierarchy:
    """Where memory is accounted."""

    version: int
    point: pathlib.Path
    own: pathlib.Path

    def parents(self) -> Iterator[pathlib.Path]:
        """Where a child may be made, best first."""
        yield self.point
        yield self.own if self.version == 1 else self.own.parent


def own_path(version: int) -> str:
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if (number == "0") if version == 2 else ("memory" in controllers.split(",")):
            return path
    return "/"


def memory_hierarchy() -> Hierarchy:
    """
    :raises OSError: there is none.
    """
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        root, point = left.split()[3], pathlib.Path(left.split()[4])
        if kind == "cgroup" and "memory" in options.split(","):
            version = 1
        elif kind == "cgroup2" and "memory" in (point / "cgroup.controllers").read_text().split():
            version = 2
        else:
            continue
        path = own_path(version)
        inside = path.removeprefix(root) if root != "/" else path
        own = point / inside.lstrip("/")
        return Hierarchy(version, point, own if own.is_dir() else point)
    raise OSError("no memory controller is mounted")


class MemoryGroup:
    """A memory cgroup of its own."""

    def __init__(self, hierarchy: Hierarchy, directory: pathlib.Path) -> None:
        self.hierarchy = hierarchy
        self.directory = directory
        if hierarchy.version == 2:
            enable(directory.parent)
        directory.mkdir()

    @classmethod
    def made(cls) -> MemoryGroup:
        """
        :raises OSError: not here, with the reason of the last attempt.
        """
        hierarchy = memory_hierarchy()
        failure = OSError("no place for a cgroup")
        for parent in hierarchy.parents():
            try:
                return cls(hierarchy, parent / f"lab-e2e-{os.getpid()}")
            except OSError as error:
                failure = error
        raise failure

    def child(self) -> MemoryGroup:
        return MemoryGroup(self.hierarchy, self.directory / "inner")

    def limit(self, size: int) -> None:
        names = ("memory.limit_in_bytes", "memory.max")
        (self.directory / names[self.hierarchy.version - 1]).write_text(str(size))

    def usage(self) -> int:
        names = ("memory.usage_in_bytes", "memory.current")
        return int((self.directory / names[self.hierarchy.version - 1]).read_text())

    def oom_kills(self) -> int:
        names = ("memory.oom_control", "memory.events")
        text = (self.directory / names[self.hierarchy.version - 1]).read_text()
        return int(re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)[1])

    def start(self, test: unittest.TestCase) -> Lab:
        """A child is born where its parent is: this process goes in, starts it and leaves."""
        move_here(self.directory)
        try:
            return Lab.for_test(test)
        finally:
            move_here(self.hierarchy.own)

    def remove(self) -> None:
        def gone() -> bool:
            try:
                self.directory.rmdir()
            except OSError:
                return False
            return True

        eventually(gone, f"{self.directory} is empty")


def enable(parent: pathlib.Path) -> None:
    control = parent / "cgroup.subtree_control"
    if "memory" not in control.read_text().split():
        control.write_text("+memory")


def move_here(group: pathlib.Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))
