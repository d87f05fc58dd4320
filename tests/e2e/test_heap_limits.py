"""Heap snapshots where something runs out: disk, file size, memory, processes. The service lives."""

from __future__ import annotations

import pathlib
import resource
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cgroup import MemoryGroup
from support.deny_syscall import denying
from support.heap import leak, need_tracking, snapshot, taken
from support.lab import Lab
from support.wire import Response, skip
from test_disk_full import PAGE, SmallDisk
from tools import require_root, require_tools

MIB = 1 << 20


class Limits(unittest.TestCase):
    def check_refused(self, lab: Lab, response: Response, status: int = 507) -> None:
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.json()["status"], status)
        self.check_lives(lab)

    def check_lives(self, lab: Lab) -> None:
        self.assertIsNone(lab.process.poll())
        self.assertEqual(lab.http("GET", "/api/health", token=None).status, 200)


class Disk(Limits):
    def setUp(self) -> None:
        require_root(self, "full disk")
        require_tools(self, "full disk", "mount", "umount")
        self.disk = SmallDisk(self)
        self.lab = Lab.for_test(self, directory=self.disk.path)
        need_tracking(self, self.lab, "full disk")

    def test_full_from_the_start_or_during_the_scan_leaves_no_trace(self) -> None:
        for pages in (0, 1, 4):
            with self.subTest(pages=pages):
                self.disk.fill(leave=pages * PAGE)
                before = self.disk.names()

                self.check_refused(self.lab, snapshot(self.lab))

                self.assertEqual(self.disk.names(), before)
                self.disk.free()
        taken(self, self.lab)

    def test_full_while_it_is_encoded_keeps_the_raw_capture(self) -> None:
        self.disk.fill(leave=150 * PAGE)
        before = self.disk.names()

        response = snapshot(self.lab)

        self.check_refused(self.lab, response)
        kept = self.disk.names() - before
        self.assertEqual({pathlib.Path(name).suffix for name in kept}, {".raw"})
        self.assertIn(kept.pop(), response.json()["detail"])


class FileSize(Limits):
    def test_a_limit_on_files_refuses_the_snapshot(self) -> None:
        lab = Lab.for_test(self)
        need_tracking(self, lab, "file size limit")
        before = resource.prlimit(lab.pid, resource.RLIMIT_FSIZE)
        for limit in (0, 1000, 50_000):
            with self.subTest(limit):
                resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, (limit, before[1]))
                self.check_refused(lab, snapshot(lab))
        resource.prlimit(lab.pid, resource.RLIMIT_FSIZE, before)

        taken(self, lab)


class Memory(Limits):
    def test_in_a_group_of_300_mib_it_works_or_is_refused(self) -> None:
        require_root(self, "memory cgroup")
        try:
            group = MemoryGroup.made()
        except OSError as error:
            skip(self, "memory cgroup", str(error))
        self.addCleanup(group.remove)
        group.limit(300 * MIB)
        lab = group.start(self)
        need_tracking(self, lab, "memory cgroup")
        statuses = []

        while lab.http("POST", "/api/lab/memory-leak?mb=16").status == 200:
            response = snapshot(lab)
            statuses.append(response.status)
            self.assertIn(response.status, (200, 507), response.body)
            self.check_lives(lab)

        self.assertIn(200, statuses)
        lab.http("POST", "/api/lab/memory-clear")
        taken(self, lab)

    def test_without_headroom_it_is_refused_beforehand(self) -> None:
        lab = Lab.for_test(self)
        need_tracking(self, lab, "memory limit")
        leak(lab, 64)
        used = 1024 * int(
            next(
                line.split()[1]
                for line in pathlib.Path(f"/proc/{lab.pid}/status").read_text().splitlines()
                if line.startswith("VmData:")
            )
        )
        before = resource.prlimit(lab.pid, resource.RLIMIT_DATA)
        resource.prlimit(lab.pid, resource.RLIMIT_DATA, (used + 32 * MIB, before[1]))

        response = snapshot(lab)

        self.check_refused(lab, response)
        self.assertIn("memory", response.json()["detail"])
        resource.prlimit(lab.pid, resource.RLIMIT_DATA, before)
        taken(self, lab)


class Processes(Limits):
    def test_a_fork_that_is_refused_is_told_with_its_reason(self) -> None:
        lab = Lab.for_test(self, prefix=denying(self, "refused fork", clone="EAGAIN"))
        need_tracking(self, lab, "refused fork")

        response = snapshot(lab)

        self.check_refused(lab, response, 500)
        self.assertIn("Resource temporarily unavailable", response.json()["detail"])
        left = [path.name for path in lab.directory.iterdir() if "heap-" in path.name]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
