"""An artifact directory that cannot be written, is no directory, or goes away and comes back."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, need_profiler, take
from support.lab import BINARY, Lab, clean_environment, temp_dir
from support.planted import plant
from support.wire import TOKEN, Response, skip

ARTIFACTS = "/api/lab/artifacts"
NOBODY = 65534


class Directory(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self) / "artifacts"
        self.directory.mkdir()

    def start(self, user: int | None = None) -> Lab:
        return Lab.for_test(self, directory=self.directory, user=user)

    def check_refused(self, lab: Lab, response: Response) -> None:
        """A clear response, and a service that goes on as if nothing had happened."""
        self.assertEqual(response.status, 507, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertTrue(response.json()["detail"])
        self.assertEqual(lab.http("GET", "/api/health").status, 200)
        self.assertEqual(lab.http("GET", "/api/metrics").status, 200)
        status = lab.http("GET", "/api/lab/status").json()
        self.assertIs(status["cpuProfileInProgress"], False)

    def check_lives(self, lab: Lab) -> None:
        """Reading from a directory that is not there gets a response, not a crash."""
        self.assertIn(lab.http("GET", ARTIFACTS).status, (200, 507))
        self.assertIn(lab.http("GET", f"{ARTIFACTS}/nothing.prof").status, (404, 507))
        self.assertEqual(lab.http("GET", "/api/health").status, 200)
        self.assertEqual(lab.http("GET", "/api/metrics").status, 200)


class Vanished(Directory):
    def test_a_vanished_directory_is_survived_and_reading_goes_on_when_it_is_back(self) -> None:
        kept = plant(self.directory)
        lab = self.start()
        away = self.directory.with_name("away")
        self.directory.rename(away)

        self.check_lives(lab)
        self.assertIn(lab.http("GET", f"{ARTIFACTS}/{kept.name}").status, (404, 507))

        away.rename(self.directory)
        self.assertEqual(lab.http("GET", f"{ARTIFACTS}/{kept.name}").status, 200)
        self.assertEqual(lab.http("GET", ARTIFACTS).json()["count"], 1)

    def test_a_capture_into_a_vanished_directory_is_refused_and_works_when_it_is_back(self) -> None:
        lab = self.start()
        need_profiler(self, lab, "capture into a vanished directory")
        away = self.directory.with_name("away")
        self.directory.rename(away)

        self.check_refused(lab, take(lab))
        self.assertFalse(self.directory.exists(), "the service made a directory of its own")

        self.directory.mkdir()
        again = take(lab)
        self.assertEqual(again.status, 200)
        count = lab.http("GET", ARTIFACTS).json()["count"]
        self.assertEqual(count, len(again.json()["artifacts"]))

    def test_a_directory_that_vanishes_during_the_capture_is_a_507_too(self) -> None:
        lab = self.start()
        need_profiler(self, lab, "directory that vanishes during a capture")
        with begin(lab) as wire:
            shutil.rmtree(self.directory)
            lab.http("POST", "/api/lab/event-loop-jam?ms=400")
            response = wire.response("POST")

        self.check_refused(lab, response)

    def test_a_file_in_the_place_of_the_directory_is_refused_and_not_touched(self) -> None:
        lab = self.start()
        need_profiler(self, lab, "file in the place of the directory")
        away = self.directory.with_name("away")
        self.directory.rename(away)
        self.directory.write_text("I am a file")

        self.check_lives(lab)
        self.check_refused(lab, take(lab))
        self.assertEqual(self.directory.read_text(), "I am a file")

        self.directory.unlink()
        away.rename(self.directory)
        self.assertEqual(take(lab).status, 200)


class AtTheStart(Directory):
    """A service that is enabled and could never store anything says so and does not start."""

    def check_does_not_start(self, command: list[str]) -> None:
        variables = {"PORT": "0", "LAB_ENABLE": "true", "LAB_TOKEN": TOKEN}
        variables["LAB_ARTIFACT_DIR"] = str(self.directory)
        run = subprocess.run(
            command, env=clean_environment(variables), capture_output=True, text=True, timeout=60
        )
        self.assertIn(run.returncode, (1, 2), run.stderr)
        clear = [line for line in run.stderr.splitlines() if line.startswith("profiling-lab: ")]
        self.assertEqual(len(clear), 1, run.stderr)
        self.assertIn(str(self.directory), clear[0])

    def test_a_directory_that_does_not_exist_is_named(self) -> None:
        self.directory.rmdir()

        self.check_does_not_start([str(BINARY)])
        self.assertFalse(self.directory.exists())

    def test_a_path_that_is_no_directory_is_named_and_not_touched(self) -> None:
        self.directory.rmdir()
        self.directory.write_text("I am a file")

        self.check_does_not_start([str(BINARY)])
        self.assertEqual(self.directory.read_text(), "I am a file")

    def test_a_directory_on_a_read_only_file_system_is_named(self) -> None:
        self.directory.rmdir()
        self.directory = pathlib.Path("/proc/self")

        self.check_does_not_start([str(BINARY)])


class Unwritable(Directory):
    """Root ignores modes, so as root the service runs as nobody."""

    def setUp(self) -> None:
        super().setUp()
        self.user = NOBODY if os.geteuid() == 0 else None
        if self.user is None:
            return
        self.directory.parent.chmod(0o755)
        os.chown(self.directory, NOBODY, NOBODY)
        command = [str(BINARY), "--version"]
        try:
            subprocess.run(
                command, user=NOBODY, env=clean_environment({}), check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            skip(self, "unwritable directory", f"nobody cannot run the binary: {error}")

    def test_a_capture_into_an_unwritable_directory_is_refused_until_it_is_writable(self) -> None:
        lab = self.start(self.user)
        need_profiler(self, lab, "capture into an unwritable directory")
        self.directory.chmod(0o500)
        self.addCleanup(self.directory.chmod, 0o700)

        self.check_refused(lab, take(lab))

        self.directory.chmod(0o700)
        self.assertEqual(take(lab).status, 200)

    def test_a_directory_that_cannot_even_be_listed_is_survived(self) -> None:
        lab = self.start(self.user)
        self.directory.chmod(0o000)
        self.addCleanup(self.directory.chmod, 0o700)

        self.check_lives(lab)


if __name__ == "__main__":
    unittest.main()
