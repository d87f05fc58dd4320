"""The scripts: help, lint, any directory, and scripts/run as a reader of the README uses it."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import ROOT, clean_environment
from support.wire import DEADLINE, eventually, skip
from tools import require_tools, run, scratch, sessions

SCRIPTS = sorted(f for f in (ROOT / "scripts").iterdir() if f.is_file() and os.access(f, os.X_OK))
EXPECTED = {"run", "test", "build", "bench", "coverage"}


def is_bash(file: pathlib.Path) -> bool:
    return bool(re.match(rb"#!.*\bbash\b|# shellcheck shell=bash", file.read_bytes()))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class EveryScript(unittest.TestCase):
    def test_the_promised_scripts_are_there(self) -> None:
        self.assertLessEqual(EXPECTED, {script.name for script in SCRIPTS})

    def test_help_says_what_a_script_does_from_any_directory(self) -> None:
        for script in SCRIPTS:
            with self.subTest(script.name):
                done = run([script, "--help"], cwd=scratch(self))
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertRegex(done.stdout, rf"(?i)usage: .*{re.escape(script.name)}")
                self.assertGreater(len(done.stdout.strip().splitlines()), 2)

    def test_help_works_through_a_relative_path_and_from_the_root_directory(self) -> None:
        for script in SCRIPTS:
            with self.subTest(script.name):
                done = run([str(script.relative_to("/")), "--help"], cwd=pathlib.Path("/"))
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_an_unknown_option_is_an_error_that_shows_the_usage(self) -> None:
        for script in SCRIPTS:
            with self.subTest(script.name):
                done = run([script, "--no-such-option"])
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertRegex(done.stdout, "(?i)usage")

    def test_bash_scripts_are_strict(self) -> None:
        for script in filter(is_bash, SCRIPTS):
            with self.subTest(script.name):
                self.assertIn("set -euo pipefail", script.read_text())

    def test_shellcheck_finds_nothing(self) -> None:
        require_tools(self, "scripts", "shellcheck")
        files = [f for f in (ROOT / "scripts").rglob("*") if f.is_file() and is_bash(f)]
        files += [f for f in (ROOT / ".ci").glob("*") if is_bash(f)]
        done = run(["shellcheck", "-x", *files], cwd=ROOT)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class TheTargetOfRun(unittest.TestCase):
    def test_it_builds_the_encoder_too_without_which_nothing_starts(self) -> None:
        require_tools(self, "what scripts/run builds", "ninja")
        build = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release")
        [target] = re.findall(r'scripts/build" release (\S+)', (ROOT / "scripts/run").read_text())

        done = run(["ninja", "-C", build, "-t", "inputs", target])

        self.assertIn("app/loopscope/main.cpp", done.stdout)


class RunningScript:
    """scripts/run in a session of its own, as in a terminal."""

    def __init__(self, test: unittest.TestCase, port: int) -> None:
        self.printed = ""
        self.process = subprocess.Popen(
            [ROOT / "scripts/run"],
            cwd=scratch(test),
            env=clean_environment({"PORT": str(port), "LAB_ARTIFACT_DIR": str(scratch(test))}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        test.addCleanup(self._end)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        eventually(self._is_up, "scripts/run has started the lab", limit=300)

    def _read(self) -> None:
        for line in self.process.stdout:
            self.printed += line

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"scripts/run ended:\n{self.printed}")
        return '"listening"' in self.printed

    def _end(self) -> None:
        for pid in sessions(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdout.close()

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return code

    def lines_to_paste(self) -> str:
        """What is indented, from the token on."""
        lines = self.printed.partition("  export ")[1:]
        block = "".join(lines).split("\n==>")[0].splitlines()
        return "\n".join(line for line in block if line.startswith("  "))


class RunScript(unittest.TestCase):
    def setUp(self) -> None:
        if not (ROOT / "build/release/bin/profiling-lab").exists():
            skip(self, "scripts/run", "the release is not built")
        require_tools(self, "scripts/run", "curl")
        # A shell that starts tests in the background has SIGINT ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def test_it_prints_a_token_and_curl_lines_that_work_when_pasted(self) -> None:
        script = RunningScript(self, free_port())
        self.assertRegex(script.printed, r"(?m)^ *export LAB_TOKEN=")
        directory = scratch(self)

        pasted = script.lines_to_paste()
        done = run(["bash", "-euo", "pipefail", "-c", pasted], cwd=directory)

        self.assertEqual(done.returncode, 0, pasted + done.stdout)
        self.assertNotRegex(done.stdout, r'"status":\s*[45]\d\d')
        for expected in ('"healthy"', '"labEnabled"', '"jammedMs"', '"retainedBytes"', '"quality"'):
            self.assertIn(expected, done.stdout)
        self.assertEqual([file.suffix for file in directory.iterdir()], [".prof"])

    def test_ctrl_c_stops_it_cleanly_and_leaves_no_process_behind(self) -> None:
        script = RunningScript(self, free_port())

        code = script.press_ctrl_c()

        self.assertEqual(code, 0, script.printed)
        self.assertEqual(sessions(script.process.pid), [])
        self.assertIn('"stopped"', script.printed)

    def test_the_token_changes_with_every_start(self) -> None:
        tokens = []
        for _ in range(2):
            script = RunningScript(self, free_port())
            tokens.append(re.search(r"\b[0-9a-f]{16,}\b", script.printed)[0])
            script.press_ctrl_c()
        self.assertNotEqual(*tokens)


if __name__ == "__main__":
    unittest.main()
