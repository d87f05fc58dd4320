"""A service without /proc starts or says what it lacks; captures, and only they, fail in words."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import idle, need_sampler, post
from support.lab import BINARY, Lab, clean_environment, temp_dir
from support.wire import DEADLINE, TOKEN, skip

PART = "a service without /proc"
HIDE = "mount -t tmpfs none /proc"
# In a mount namespace of its own: the commands, then the program.
NAMESPACE = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
HIDDEN = [*NAMESPACE, f'{HIDE} && exec "$0" "$@"']
VISIBLE = [*NAMESPACE, 'exec "$0" "$@"']
ENCODER = BINARY.parent / "loopscope"


class WithoutProc(unittest.TestCase):
    def setUp(self) -> None:
        try:
            probe = subprocess.run(
                [*HIDDEN, str(BINARY), "--version"], capture_output=True, text=True, timeout=60
            )
        except FileNotFoundError:
            skip(self, PART, "unshare is missing")
        if probe.returncode != 0:  # unshare, or a sanitizer that reads its own maps
            skip(self, PART, (probe.stderr.strip().splitlines() or ["refused"])[0])

    def check_service(self, lab: Lab) -> None:
        for path in ("/api/health", "/api/metrics", "/api/lab/status", "/api/lab/artifacts"):
            with self.subTest(path=path):
                self.assertEqual(lab.http("GET", path).status, 200)

    def check_capture(self, lab: Lab) -> None:
        """It fails, says why, and does not stand in the way of the next one."""
        for attempt in range(2):
            with self.subTest(attempt=attempt):
                response = post(lab, "seconds=1&hz=1000")
                self.assertEqual(response.status, 500, response.body)
                self.assertIn("/proc/self/exe", response.json()["detail"])
                self.assertTrue(idle(lab))

    def test_it_does_not_find_its_encoder_and_says_so(self) -> None:
        directory = str(temp_dir(self))
        settings = {"LAB_ENABLE": "true", "LAB_TOKEN": TOKEN, "LAB_ARTIFACT_DIR": directory}
        run = subprocess.run(
            [*HIDDEN, str(BINARY)],
            env=clean_environment({"PORT": "0"} | settings),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertIn("cannot look for the encoder", run.stderr)
        self.assertIn("/proc/self/exe", run.stderr)

    def test_with_its_encoder_named_it_serves_all_but_captures(self) -> None:
        lab = Lab.for_test(self, {"LAB_ENCODER": str(ENCODER)}, prefix=HIDDEN)
        need_sampler(self, lab)

        self.check_service(lab)
        self.check_capture(lab)
        lab.stop()

    def test_it_lives_on_when_proc_goes(self) -> None:
        lab = Lab.for_test(self, prefix=VISIBLE)
        need_sampler(self, lab)
        self.assertEqual(post(lab, "seconds=1").status, 200)
        enter = ["nsenter", "--target", str(lab.pid), "--mount", "sh", "-c", HIDE]

        subprocess.run(enter, check=True, timeout=60)

        self.check_service(lab)
        self.check_capture(lab)
        lab.stop()


if __name__ == "__main__":
    unittest.main()
