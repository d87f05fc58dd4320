"""An artifact directory whose file system, or a filter, refuses system calls of the store."""

from __future__ import annotations

import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.deny_syscall import denying
from support.encoder import OUTPUT, FakeEncoder, lab_with, leftovers, listed, need_sampler, post, start
from support.lab import Lab, temp_dir
from support.planted import plant

PART = "refused system calls"
# What may be refused together, and what is then left.
FALLBACKS = (
    {"renameat2": "EINVAL"},
    {"renameat2": "ENOSYS"},
    {"renameat2": "EPERM"},
    {"renameat2": "EINVAL", "linkat": "EPERM"},
    {"renameat2": "EINVAL", "linkat": "EOPNOTSUPP"},
    {"renameat2": "ENOSYS", "linkat": "ENOSYS"},
    {"renameat2": "EINVAL", "linkat": "EPERM", "flock": "ENOLCK", "fsync": "EINVAL"},
)


class Refused(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)
        self.encoder = FakeEncoder(self)

    def start(self, env: dict[str, str] | None = None, **refused: str) -> Lab:
        prefix = denying(self, PART, **refused) if refused else ()
        return lab_with(self, self.encoder, env, directory=self.directory, prefix=prefix)

    def check_capture(self, lab: Lab) -> set[str]:
        """One that is whole, listed and served, with nothing else left."""
        before = leftovers(lab)
        response = post(lab, "seconds=1")
        self.assertEqual(response.status, 200, response.body)
        names = {artifact["name"] for artifact in response.json()["artifacts"]}
        self.assertEqual(leftovers(lab) - before, names)
        self.assertLessEqual(names, {artifact["name"] for artifact in listed(lab)})
        for name in names:
            self.assertEqual((self.directory / name).stat().st_nlink, 1)
            self.assertEqual(lab.http("GET", f"/api/lab/artifacts/{name}").body, OUTPUT)
        return names


class Publishing(Refused):
    def test_captures_are_stored_whatever_call_is_refused(self) -> None:
        for refused in FALLBACKS:
            with self.subTest(refused=refused):
                lab = self.start(**refused)
                self.check_capture(lab)
                lab.stop()

    def test_a_capture_that_no_call_can_publish_is_refused_and_leaves_nothing(self) -> None:
        lab = self.start(renameat2="EINVAL", linkat="EPERM", renameat="EPERM")

        response = post(lab, "seconds=1")

        self.assertEqual(response.status, 507, response.body)
        self.assertIn("renameat2, link and rename", response.json()["detail"])
        self.assertEqual(leftovers(lab), set())
        self.assertEqual(lab.http("GET", "/api/health").status, 200)

    def test_a_full_disk_is_no_reason_to_try_another_way(self) -> None:
        lab = self.start(renameat2="ENOSPC", linkat="KILL", renameat="KILL")

        self.assertEqual(post(lab, "seconds=1").status, 507)
        self.assertEqual(leftovers(lab), set())


class Killed(Refused):
    """The service dies half way through publishing, and the next one tidies up."""

    def setUp(self) -> None:
        super().setUp()
        probe = self.start()  # a service that is to be killed cannot be asked
        need_sampler(self, probe)
        probe.stop()

    def die(self, **refused: str) -> set[str]:
        lab = self.start(**refused)
        location = start(lab)
        self.assertEqual(lab.wait(), -signal.SIGSYS, location)
        return {path.name for path in self.directory.iterdir() if path.suffix != ".lock"}

    def test_between_link_and_unlink_the_artifact_is_kept(self) -> None:
        left = self.die(renameat2="EINVAL", unlinkat="KILL")
        (name,) = (entry for entry in left if not entry.startswith("."))
        self.assertEqual(left, {name, f".loopscope-{name}.part"})
        content = (self.directory / name).read_bytes()

        lab = self.start()

        self.assertEqual([artifact["name"] for artifact in listed(lab)], [name])
        self.assertEqual(lab.http("GET", f"/api/lab/artifacts/{name}").body, content)
        self.assertEqual(leftovers(lab), {name})
        self.assertGreater(len(content), 0)
        self.check_capture(lab)

    def test_between_reserving_and_renaming_nothing_is_kept(self) -> None:
        left = self.die(renameat2="EINVAL", linkat="EPERM", renameat="KILL")
        (name,) = (entry for entry in left if not entry.startswith("."))
        self.assertEqual(left, {name, f".loopscope-{name}.part"})
        self.assertEqual((self.directory / name).stat().st_size, 0)

        lab = self.start()

        self.assertEqual(listed(lab), [])
        self.assertEqual(leftovers(lab), set())
        self.assertEqual(lab.http("GET", f"/api/lab/artifacts/{name}").status, 404)
        self.check_capture(lab)

    def test_a_reservation_of_an_instance_that_may_live_is_hidden(self) -> None:
        self.die(renameat2="EINVAL", linkat="EPERM", renameat="KILL")
        left = {path.name for path in self.directory.iterdir() if path.suffix != ".lock"}

        lab = self.start(flock="ENOLCK")

        self.assertEqual(listed(lab), [])
        self.assertEqual(leftovers(lab), left)
        for name in left:
            for verb in ("GET", "DELETE"):
                response = lab.http(verb, f"/api/lab/artifacts/{name}")
                self.assertEqual(response.status, 404)
        self.assertEqual(lab.metric("loopscope_artifacts"), 0)


class WithoutLocks(Refused):
    def test_the_service_starts_says_so_once_and_serves_what_is_there(self) -> None:
        theirs = plant(self.directory, age_s=3600.0)
        for error in ("ENOLCK", "ENOSYS", "EOPNOTSUPP", "EINVAL"):
            with self.subTest(error=error):
                lab = self.start({"LAB_ARTIFACT_MAX_AGE": "10m"}, flock=error)

                warning = lab.wait_event("artifacts_not_locked", level="warn")
                self.assertIn("flock", warning["reason"])
                self.assertEqual(warning["directory"], str(self.directory))
                self.assertIn(theirs.name, [artifact["name"] for artifact in listed(lab)])
                made = self.check_capture(lab)
                self.assertTrue(theirs.exists())
                lab.stop()
                said = [e for e in lab.events if e["event"] == "artifacts_not_locked"]
                self.assertEqual(len(said), 1)
                for name in made:
                    (self.directory / name).unlink()

    def test_only_own_files_are_evicted_for_the_quota(self) -> None:
        theirs = plant(self.directory, 1_200_000, 3600.0)
        lab = self.start({"LAB_ARTIFACT_MAX_MB": "1"}, flock="ENOLCK")
        self.encoder.order("write much")
        first = self.take(lab)
        second = self.take(lab)

        names = {path.name for path in self.directory.iterdir()}
        self.assertTrue(theirs.exists())
        self.assertLessEqual(second, names)
        self.assertEqual(first & names, set())

    def take(self, lab: Lab) -> set[str]:
        response = post(lab, "seconds=1")
        self.assertEqual(response.status, 200, response.body)
        return {artifact["name"] for artifact in response.json()["artifacts"]}

    def test_with_locks_nothing_is_said(self) -> None:
        lab = self.start()
        lab.stop()

        self.assertFalse([e for e in lab.events if e["event"] == "artifacts_not_locked"])


if __name__ == "__main__":
    unittest.main()
