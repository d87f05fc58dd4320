"""Quota by bytes and by age: oldest first, own files only, never those of a living neighbour."""

from __future__ import annotations

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler, take
from support.lab import Lab, temp_dir
from support.planted import age, artifact_name, plant
from support.wire import eventually

ARTIFACTS = "/api/lab/artifacts"
# A quota beside which the few 100 KB of a capture weigh little, and sizes in units of it.
QUOTA_MB = "4"
KB = 4000
HOUR = 3600.0


def names(lab: Lab) -> set[str]:
    return {artifact["name"] for artifact in lab.http("GET", ARTIFACTS).json()["artifacts"]}


def instance_of(lab: Lab) -> str:
    """The four hex digits that a running instance has locked."""
    locks = [
        re.fullmatch(r"\.loopscope-([0-9a-f]{4})\.lock", p.name) for p in lab.directory.iterdir()
    ]
    return next(match[1] for match in locks if match)


class Eviction(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)

    def start(self, **env: str) -> Lab:
        return Lab.for_test(self, env, directory=self.directory)

    def settle(self, lab: Lab, *kept: pathlib.Path, gone: tuple[pathlib.Path, ...]) -> None:
        """The quota is kept when something new is stored, the age at any time."""
        if lab.has_gperftools():
            self.assertEqual(take(lab).status, 200)
        eventually(lambda: not any(path.exists() for path in gone), "the oldest are evicted")
        for path in kept:
            self.assertTrue(os.path.lexists(path), f"{path.name} was evicted")
        self.assertEqual(names(lab) & {path.name for path in gone}, set())

    def test_beyond_the_quota_the_oldest_go_first(self) -> None:
        oldest, older, newer, newest = (
            plant(self.directory, 400 * KB, age_s, n)
            for n, age_s in enumerate((4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR))
        )

        lab = self.start(LAB_ARTIFACT_MAX_MB=QUOTA_MB)
        need_profiler(self, lab, "eviction by quota")

        self.settle(lab, newer, newest, gone=(oldest, older))
        self.assertLessEqual(lab.http("GET", ARTIFACTS).json()["bytes"], int(QUOTA_MB) << 20)

    def test_within_the_quota_nothing_goes(self) -> None:
        kept = [plant(self.directory, 250 * KB, n * HOUR, n) for n in range(1, 4)]

        lab = self.start(LAB_ARTIFACT_MAX_MB=QUOTA_MB)

        self.settle(lab, *kept, gone=())
        self.assertGreaterEqual(names(lab), {path.name for path in kept})

    def test_what_is_too_old_goes_although_there_is_room(self) -> None:
        old = plant(self.directory, age_s=2 * HOUR, serial=1)
        fresh = plant(self.directory, age_s=HOUR / 2, serial=2)

        lab = self.start(LAB_ARTIFACT_MAX_AGE="1h")

        self.settle(lab, fresh, gone=(old,))
        self.assertIn(fresh.name, names(lab))

    def test_foreign_files_are_never_evicted_however_old_and_large(self) -> None:
        outside = temp_dir(self) / "outside"
        outside.write_bytes(b"x" * 400 * KB)
        foreign = [self.directory / name for name in ("notes.txt", "cpu-old.prof", "core")]
        for path in foreign:
            path.write_bytes(b"x" * 700 * KB)
        link = self.directory / artifact_name(9 * HOUR, 100)
        link.symlink_to(outside)
        twin = self.directory / artifact_name(9 * HOUR, 101)
        twin.hardlink_to(outside)
        folder = self.directory / artifact_name(9 * HOUR, 102)
        folder.mkdir()
        for path in (*foreign, link, twin, folder):
            age(path, 9 * HOUR)
        old = plant(self.directory, 800 * KB, 3 * HOUR, 1)
        young = plant(self.directory, 800 * KB, HOUR / 2, 2)

        lab = self.start(LAB_ARTIFACT_MAX_MB=QUOTA_MB, LAB_ARTIFACT_MAX_AGE="8h")
        need_profiler(self, lab, "eviction by quota beside foreign files")

        self.settle(lab, young, *foreign, link, twin, folder, outside, gone=(old,))
        self.assertEqual(outside.read_bytes(), b"x" * 400 * KB)

    def test_a_file_of_another_user_does_not_count_and_stays(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        theirs = plant(self.directory, 2000 * KB, 9 * HOUR, 1)
        os.chown(theirs, 65534, 65534)
        mine = plant(self.directory, 250 * KB, HOUR, 2)

        lab = self.start(LAB_ARTIFACT_MAX_MB=QUOTA_MB, LAB_ARTIFACT_MAX_AGE="8h")

        self.settle(lab, theirs, mine, gone=())


class Neighbours(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)
        self.first = Lab.for_test(self, directory=self.directory)

    def neighbour(self, **env: str) -> Lab:
        return Lab.for_test(self, env, directory=self.directory)

    def test_what_a_living_instance_made_is_neither_listed_nor_served_by_another(self) -> None:
        need_profiler(self, self.first, "artifacts of a living neighbour")
        made = [artifact["name"] for artifact in take(self.first).json()["artifacts"]]
        second = self.neighbour()

        self.assertEqual(names(second), set())
        for verb in ("GET", "HEAD", "DELETE"):
            with self.subTest(verb=verb):
                self.assertEqual(second.http(verb, f"{ARTIFACTS}/{made[0]}").status, 404)
        self.assertEqual(names(self.first), set(made))
        self.assertEqual(self.first.http("GET", f"{ARTIFACTS}/{made[0]}").status, 200)

    def test_a_full_quota_does_not_reach_into_the_neighbours_files(self) -> None:
        theirs = plant(self.directory, 800 * KB, 9 * HOUR, 1, instance_of(self.first))
        orphan = plant(self.directory, 800 * KB, 7 * HOUR, 2)
        recent = plant(self.directory, 800 * KB, HOUR, 3)

        second = self.neighbour(LAB_ARTIFACT_MAX_MB=QUOTA_MB, LAB_ARTIFACT_MAX_AGE="8h")
        need_profiler(self, second, "eviction by quota beside a neighbour")
        self.assertEqual(take(second).status, 200)

        eventually(lambda: not orphan.exists(), "the orphan is evicted")
        self.assertTrue(theirs.exists())
        self.assertTrue(recent.exists())
        self.assertNotIn(theirs.name, names(second))

    def test_what_a_killed_instance_left_is_found_again(self) -> None:
        left = plant(self.directory, 100, HOUR, 1, instance_of(self.first))
        self.first.kill()

        self.assertIn(left.name, names(self.neighbour()))

    def test_what_a_stopped_instance_left_is_found_again(self) -> None:
        left = plant(self.directory, 100, HOUR, 1, instance_of(self.first))
        self.first.stop()

        self.assertIn(left.name, names(self.neighbour()))

    def test_two_instances_in_one_directory_lock_different_numbers(self) -> None:
        self.neighbour()

        self.assertEqual(len(list(self.directory.glob(".loopscope-*.lock"))), 2)


if __name__ == "__main__":
    unittest.main()
