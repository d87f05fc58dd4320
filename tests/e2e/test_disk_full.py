"""A full and a read-only file system below the artifact store."""

from __future__ import annotations

import errno
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler, take
from support.lab import Lab
from support.wire import eventually, skip
from tools import require_root, require_tools, run, scratch

PART = "disk full"
PAGE = 4096
LARGEST = "names=full&frames=all"


class SmallDisk:
    """A tmpfs of 4 MiB, which is enough for a few captures."""

    def __init__(self, test: unittest.TestCase) -> None:
        self.path = scratch(test)
        done = run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", self.path])
        if done.returncode != 0:
            skip(test, PART, f"mount: {done.stdout.strip()}")
        test.addCleanup(run, ["umount", "--recursive", "--lazy", self.path])

    def names(self) -> set[str]:
        return set(os.listdir(self.path))

    def fill(self, leave: int = 0) -> None:
        """Takes all space, then gives `leave` bytes back."""
        with open(self.path / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * PAGE):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            filler.truncate(max(filler.tell() - leave, 0))

    def free(self) -> None:
        (self.path / "filler").unlink()

    def forbid_writing(self, test: unittest.TestCase) -> None:
        """Read-only through a second mount: the first one is busy, the store's lock is open."""
        for command in (["--bind", self.path, self.path], ["-o", "remount,bind,ro", self.path]):
            done = run(["mount", *command])
            if done.returncode != 0:
                test.fail(f"mount {command}: {done.stdout.strip()}")

    def allow_writing(self) -> None:
        run(["umount", self.path])


class DiskFull(unittest.TestCase):
    def setUp(self) -> None:
        require_root(self, PART)
        require_tools(self, PART, "mount", "umount")
        self.disk = SmallDisk(self)
        self.lab = Lab.for_test(self, directory=self.disk.path)
        need_profiler(self, self.lab, PART)

    def check_refused_without_a_trace(self) -> None:
        before = self.disk.names()

        response = take(self.lab)

        self.assertEqual(response.status, 507, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertEqual(response.json()["status"], 507)
        self.assertEqual(self.disk.names(), before)
        self.assertEqual(self.lab.http("GET", "/api/health", token=None).status, 200)
        self.assertFalse(self.lab.http("GET", "/api/lab/status").json()["cpuProfileInProgress"])
        self.assertEqual(self.lab.http("GET", "/api/lab/artifacts").json()["count"], 0)

    def check_works(self) -> None:
        response = take(self.lab)
        self.assertEqual(response.status, 200, response.body)
        artifact = response.json()["artifacts"][0]
        stored = self.lab.http("GET", f"/api/lab/artifacts/{artifact['name']}")
        self.assertEqual((stored.status, len(stored.body)), (200, artifact["bytes"]))

    def test_a_full_disk_refuses_a_capture_and_a_free_one_takes_it(self) -> None:
        self.disk.fill()
        self.check_refused_without_a_trace()

        self.disk.free()
        self.check_works()

    def test_a_disk_that_fills_up_half_way_leaves_no_partial_file(self) -> None:
        self.disk.fill(leave=PAGE)
        self.check_refused_without_a_trace()

        self.disk.free()
        self.check_works()

    def test_a_disk_that_fills_up_while_encoding_keeps_the_raw_capture_alone(self) -> None:
        self.disk.fill(leave=20 * PAGE)
        before = self.disk.names()

        response = take(self.lab, f"seconds=1&{LARGEST}")

        self.assertEqual(response.status, 507, response.body)
        kept = self.disk.names() - before
        self.assertEqual({pathlib.Path(name).suffix for name in kept}, {".raw"})
        self.assertIn(kept.pop(), response.json()["detail"])
        self.disk.free()
        self.check_works()

    def test_a_read_only_disk_refuses_a_capture_and_a_writable_one_takes_it(self) -> None:
        self.disk.forbid_writing(self)
        self.check_refused_without_a_trace()

        self.disk.allow_writing()
        self.check_works()

    def test_many_refusals_leak_neither_files_nor_descriptors(self) -> None:
        self.disk.fill()
        self.check_refused_without_a_trace()
        before = self.lab.open_files()

        for _ in range(3):
            self.check_refused_without_a_trace()

        eventually(lambda: self.lab.open_files() <= before, "descriptors are closed")


if __name__ == "__main__":
    unittest.main()
