"""What the store must not serve, list, count or remove, whatever lies in its directory."""

from __future__ import annotations

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, temp_dir
from support.planted import artifact_name, content, plant
from support.wire import skip

ARTIFACTS = "/api/lab/artifacts"
SECRET = b"a secret of somebody else"


def names(lab: Lab) -> set[str]:
    return {artifact["name"] for artifact in lab.http("GET", ARTIFACTS).json()["artifacts"]}


class Names(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        (cls.lab.directory / "secret.prof").write_bytes(SECRET)
        (cls.lab.directory / "below").mkdir()
        plant(cls.lab.directory / "below", serial=9)

    def check_refused(self, name: str) -> None:
        for verb in ("GET", "HEAD", "DELETE"):
            with self.subTest(verb=verb, name=name):
                response = self.lab.http(verb, f"{ARTIFACTS}/{name}")

                self.assertIn(response.status, (400, 404))
                self.assertNotIn(SECRET, response.body)

    def test_a_name_is_one_segment_and_nothing_else(self) -> None:
        below = (self.lab.directory / "below").iterdir()
        inner = next(iter(below)).name
        for name in (
            "a/b", f"below/{inner}", f"below%2F{inner}", f"./{inner}", f"x/../{inner}", f"/{inner}"
        ):
            self.check_refused(name)

    def test_a_name_never_leaves_the_directory(self) -> None:
        up = "..%2F..%2F..%2F..%2Fetc%2Fpasswd"
        for name in (
            "..", ".", "../x", "%2e%2e", "%2e%2e%2fx", up, "%2Fetc%2Fpasswd", "..%5C..%5Cx", "~"
        ):
            self.check_refused(name)

    def test_a_name_with_control_bytes_or_nonsense_is_refused(self) -> None:
        good = artifact_name()
        for name in (
            f"{good}%00", f"%00{good}", f"{good}%00.txt", f"{good}%0A", f"{good}%20", "%ff%fe", "%"
        ):
            self.check_refused(name)
        self.check_refused("a" * 5000)

    def test_a_name_off_the_pattern_is_refused_though_the_file_exists(self) -> None:
        locks = [p.name for p in self.lab.directory.glob(".loopscope-*.lock")]
        for name in ("secret.prof", "below", *locks):
            self.check_refused(name)
            self.assertTrue((self.lab.directory / name).exists(), name)

    def test_a_double_encoded_name_is_decoded_once(self) -> None:
        self.check_refused("%252e%252e%252fsecret.prof")


class Foreign(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)
        self.outside = temp_dir(self) / "secret"
        self.outside.write_bytes(SECRET)
        self.mine = plant(self.directory, serial=1)

    def check_invisible(self, lab: Lab, path: pathlib.Path) -> None:
        self.assertNotIn(path.name, names(lab))
        for verb in ("GET", "HEAD", "DELETE"):
            with self.subTest(verb=verb):
                response = lab.http(verb, f"{ARTIFACTS}/{path.name}")
                self.assertEqual(response.status, 404)
                self.assertNotIn(SECRET, response.body)
        self.assertTrue(os.path.lexists(path), "the store removed what is not its own")

    def check_planted(self, path: pathlib.Path) -> None:
        lab = Lab.for_test(self, directory=self.directory)

        self.check_invisible(lab, path)
        self.assertEqual(names(lab), {self.mine.name})
        self.assertEqual(lab.metric("loopscope_artifacts"), 1)

    def test_a_planted_symbolic_link_is_not_followed(self) -> None:
        link = self.directory / artifact_name(serial=2)
        link.symlink_to(self.outside)

        self.check_planted(link)
        self.assertEqual(self.outside.read_bytes(), SECRET)

    def test_a_planted_hard_link_is_not_served(self) -> None:
        link = self.directory / artifact_name(serial=2)
        link.hardlink_to(self.outside)

        self.check_planted(link)
        self.assertEqual(self.outside.read_bytes(), SECRET)

    def test_a_dangling_link_a_directory_and_a_pipe_are_passed_over(self) -> None:
        dangling = self.directory / artifact_name(serial=2)
        dangling.symlink_to(self.directory / "nothing")
        folder = self.directory / artifact_name(serial=3)
        folder.mkdir()
        pipe = self.directory / artifact_name(serial=4)
        os.mkfifo(pipe)
        lab = Lab.for_test(self, directory=self.directory)

        for path in (dangling, folder, pipe):
            with self.subTest(path=path.name):
                self.check_invisible(lab, path)

    def test_a_file_of_another_user_is_passed_over(self) -> None:
        if os.geteuid() != 0:
            skip(self, "file of another user", "only root can give a file away")
        theirs = plant(self.directory, serial=2)
        os.chown(theirs, 65534, 65534)

        self.check_planted(theirs)

    def test_a_name_that_only_resembles_the_pattern_is_passed_over(self) -> None:
        good = artifact_name(serial=2)
        lookalikes = (
            good + ".tmp",
            "." + good,
            good.replace("cpu-", "CPU-"),
            good.replace("cpu-", "disk-"),
            good.replace(".prof", ".exe"),
            good.replace(".prof", ""),
            good.replace("0123", "0x23"),
            good.replace("0123", "123"),
            good.replace("Z-", "-"),
            "cpu-.prof",
        )
        for name in lookalikes:
            (self.directory / name).write_bytes(SECRET)
        lab = Lab.for_test(self, directory=self.directory)

        self.assertEqual(names(lab), {self.mine.name})
        for name in lookalikes:
            self.check_invisible(lab, self.directory / name)

    def test_an_artifact_swapped_for_a_link_while_the_service_runs_is_not_followed(self) -> None:
        lab = Lab.for_test(self, directory=self.directory)
        self.assertEqual(lab.http("GET", f"{ARTIFACTS}/{self.mine.name}").body, content(1000))
        self.mine.unlink()
        self.mine.symlink_to(self.outside)

        for verb in ("GET", "DELETE"):
            response = lab.http(verb, f"{ARTIFACTS}/{self.mine.name}")
            self.assertEqual(response.status, 404)
            self.assertNotIn(SECRET, response.body)
        self.assertTrue(self.mine.is_symlink())
        self.assertEqual(self.outside.read_bytes(), SECRET)

    def test_half_a_file_of_an_instance_that_died_is_cleared_away_unless_it_is_foreign(
        self
    ) -> None:
        half = self.directory / f".loopscope-{artifact_name(serial=2)}.part"
        half.write_bytes(SECRET)
        theirs = self.directory / f".loopscope-{artifact_name(serial=3)}.part"
        theirs.write_bytes(SECRET)
        os.chown(theirs, 65534 if os.geteuid() == 0 else -1, -1)

        lab = Lab.for_test(self, directory=self.directory)

        self.assertEqual(names(lab), {self.mine.name})
        self.assertFalse(half.exists())
        self.assertEqual(theirs.exists(), os.geteuid() == 0)

    def test_a_link_planted_as_the_lock_is_not_written_through(self) -> None:
        for number in range(0, 0x10000, 0x1111):
            (self.directory / f".loopscope-{number:04x}.lock").symlink_to(self.outside)

        lab = Lab.for_test(self, directory=self.directory)

        self.assertEqual(names(lab), {self.mine.name})
        self.assertEqual(self.outside.read_bytes(), SECRET)


if __name__ == "__main__":
    unittest.main()
