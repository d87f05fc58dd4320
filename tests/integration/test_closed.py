"""A lab that lets nobody in needs no artifact directory and no encoder, and touches neither."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import unittest
from collections.abc import Sequence

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import BINARY, Lab, temp_dir
from support.planted import plant
from support.wire import TOKEN, eventually, skip

PART = "read-only file system"
# The settings with which nobody is let in.
CLOSED = (
    {"LAB_ENABLE": None, "LAB_TOKEN": None},
    {"LAB_ENABLE": "false"},
    {"APP_ENV": "production"},
)


class Directory(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)

    def check_works(self, lab: Lab) -> None:
        self.assertEqual(lab.http("GET", "/api/health", token=None).status, 200)
        self.assertEqual(lab.metric("loopscope_artifacts"), 0)
        self.assertEqual(lab.metric("loopscope_artifact_bytes"), 0)
        eventually(lambda: lab.metric("asio_eventloop_lag_max_seconds"), "the lag is measured")
        for verb, path in (
            ("GET", "artifacts"), ("POST", "cpu-profile?seconds=1"), ("GET", "status")
        ):
            self.assertEqual(lab.http(verb, f"/api/lab/{path}", token=TOKEN).status, 403)

    def check_starts(
        self,
        directory: pathlib.Path,
        encoder: pathlib.Path | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        """Closed in every way, and stopped in order."""
        for env in CLOSED:
            with self.subTest(env=env, directory=directory):
                variables = env | {"LAB_ENCODER": encoder and str(encoder)}
                lab = Lab.for_test(self, variables, directory=directory, prefix=prefix)
                self.check_works(lab)
                lab.stop()


class Closed(Directory):
    def test_a_directory_that_is_not_there_is_not_made(self) -> None:
        self.check_starts(self.directory / "missing")
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_a_file_in_the_place_of_the_directory_is_not_touched(self) -> None:
        file = self.directory / "file"
        file.write_text("I am a file")

        self.check_starts(file)
        self.check_starts(file / "below")
        self.assertEqual(file.read_text(), "I am a file")

    def test_a_directory_where_nothing_can_be_made_will_do(self) -> None:
        self.check_starts(pathlib.Path("/proc/self"))

    def test_an_encoder_is_not_needed(self) -> None:
        for path in (self.directory / "missing", self.directory):
            self.check_starts(self.directory, path)

    def test_nothing_in_the_directory_is_removed_or_added(self) -> None:
        old = plant(self.directory, age_s=1e7)
        half = self.directory / f".loopscope-{old.name}.part"
        half.write_bytes(b"half")
        mark = self.directory / ".loopscope-0123.lock"
        mark.write_bytes(b"")

        self.check_starts(self.directory)

        self.assertEqual(set(self.directory.iterdir()), {old, half, mark})

    def test_the_directory_of_a_service_that_is_open_is_left_to_it(self) -> None:
        lab = Lab.for_test(self, directory=self.directory)
        before = set(self.directory.iterdir())

        self.check_starts(self.directory)

        self.assertEqual(set(self.directory.iterdir()), before)
        self.assertEqual(lab.http("GET", "/api/lab/artifacts").status, 200)

    def test_the_permission_for_production_opens_it(self) -> None:
        env = {"APP_ENV": "production", "LAB_ALLOW_PROD": "true"}
        lab = Lab.for_test(self, env, directory=self.directory)

        self.assertEqual(lab.http("GET", "/api/lab/artifacts").status, 200)


class ReadOnly(Directory):
    """Every file that it could write is read-only, as in a container with --read-only."""

    SCRIPT = (
        "mount --make-rprivate / && mount --bind {0} {0} && mount -o remount,bind,ro {0} && "
        "mount -o remount,bind,ro / && "
    )

    def setUp(self) -> None:
        super().setUp()
        if not shutil.which("unshare"):
            skip(self, PART, "not installed: unshare")
        written = self.directory / "written"
        try:
            probe = self.read_only(f"! touch {written}")
            subprocess.run(probe, check=True, capture_output=True, text=True, timeout=60)
        except subprocess.CalledProcessError as error:
            skip(self, PART, f"mount: {error.stderr.strip()}")
        self.assertFalse(written.exists())

    def read_only(self, script: str) -> list[str]:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        start = ["unshare", "--mount", *user, "sh", "-c"]
        return [*start, self.SCRIPT.format(self.directory) + script, "sh"]

    def test_it_starts_where_nothing_can_be_written(self) -> None:
        self.check_starts(self.directory, prefix=self.read_only('exec "$@"'))

    def test_it_starts_with_no_encoder_beside_it(self) -> None:
        shutil.copy(BINARY, self.directory / "profiling-lab")
        script = f'shift && exec {self.directory}/profiling-lab "$@"'

        self.check_starts(self.directory / "missing", prefix=self.read_only(script))


if __name__ == "__main__":
    unittest.main()
