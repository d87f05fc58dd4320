"""The scripts: help, lint, any directory, and what scripts/test and scripts/tidy report."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import types
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import ROOT
from support.wire import DEADLINE, eventually
from tools import require_tools, run, scratch

SCRIPTS = sorted(f for f in (ROOT / "scripts").iterdir() if f.is_file() and os.access(f, os.X_OK))
EXPECTED = {"run", "test", "build", "bench", "coverage"}


def is_bash(file: pathlib.Path) -> bool:
    return bool(re.match(rb"#!.*\bbash\b|# shellcheck shell=bash", file.read_bytes()))


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


PASSED = "100% tests passed, 0 tests failed out of 7"
LOG = """\
test_a (test_captures.Captures.test_a) ... ok
test_b (test_captures.Captures.test_b) ... skipped 'this build cannot sample'
test_c (test_captures.Captures.test_c) ... skipped 'this build cannot sample'
test_d (test_viewer.Viewer.test_d) ... SKIP: viewer: not installed: chromium
skipped 'not installed: chromium'
test_e (test_viewer.Viewer.test_e) ... after a line of its own
skipped "nobody's fault"
setUpClass (test_quality.Quality) ... skipped 'no encoder'
SKIP: memory cgroup: read-only
skipped 'read-only'
"""
SKIPS = [
    "SKIP: captures: this build cannot sample (2x)",
    "SKIP: memory cgroup: read-only (1x)",
    "SKIP: quality: no encoder (1x)",
    "SKIP: viewer: nobody's fault (1x)",
    "SKIP: viewer: not installed: chromium (1x)",
]
STUBS = {
    "dpkg-query": "echo installed",
    "cmake": "",
    "node": "",
    "npm": "",
    "promtool": "",
    "ctest": f"""
echo "$*${{LAB_TEST_FULL:+ full}}" >> calls
mkdir -p build/$2/Testing/Temporary
cat > build/$2/Testing/Temporary/LastTest.log <<'END'
{LOG}END
[ ! -e wait ] || {{ touch waits; sleep 600; }}
echo '{PASSED}'
""",
}


class SummaryOfTest(unittest.TestCase):
    """scripts/test in a tree of its own, where ctest and the tools that it needs are stubs."""

    def setUp(self) -> None:
        self.tree = scratch(self)
        (self.tree / "scripts").mkdir()
        for name in ("test", "common.sh"):
            shutil.copy(ROOT / "scripts" / name, self.tree / "scripts")
        self.tidy(0)
        for name, text in STUBS.items():
            self.program(f"bin/{name}", text)
        self.env = os.environ | {"PATH": f"{self.tree / 'bin'}:{os.environ['PATH']}"}
        # A shell that starts tests in the background has SIGINT ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def program(self, name: str, text: str) -> None:
        path = self.tree / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)

    def tidy(self, code: int) -> None:
        self.program("scripts/tidy", f"exit {code}")

    def run_test(self, *args: str) -> subprocess.CompletedProcess[str]:
        return run([self.tree / "scripts/test", *args], env=self.env)

    def test_it_lists_every_skip_once_with_its_count(self) -> None:
        done = self.run_test("--quick")

        self.assertEqual(done.returncode, 0, done.stdout)
        listed = [line for line in done.stdout.splitlines() if line.startswith("SKIP: ")]
        self.assertEqual(listed, SKIPS)

    def test_the_line_of_the_last_ctest_comes_last(self) -> None:
        done = self.run_test("ctest", "tidy")

        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], PASSED)

    def test_no_test_runs_twice(self) -> None:
        self.run_test("unit", "ctest")
        self.run_test("ctest")

        calls = (self.tree / "calls").read_text().splitlines()
        unit, others, all_of_them = (call.removeprefix("--preset release") for call in calls)
        self.assertEqual((unit, others, all_of_them), (" -L ^unit$", " -LE ^unit$", ""))

    def test_full_asks_the_tests_for_their_long_form(self) -> None:
        self.run_test("--full", "ctest")

        self.assertEqual((self.tree / "calls").read_text(), "--preset release full\n")

    def test_a_part_that_fails_after_a_ctest_that_passed_has_the_last_word(self) -> None:
        self.tidy(1)

        done = self.run_test("ctest", "tidy")

        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "FAILED: tidy")

    def test_an_interrupted_part_fails_and_leaves_no_process_behind(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                (self.tree / "waits").unlink(missing_ok=True)
                code, printed = self.interrupted(number)

                self.assertEqual(code, 128 + number, printed)
                self.assertEqual(printed.splitlines()[-1], "FAILED: quick")

    def interrupted(self, number: signal.Signals) -> tuple[int, str]:
        """By Ctrl-C all of a terminal's processes are, by SIGTERM the script alone."""
        (self.tree / "wait").touch()
        process = subprocess.Popen(
            [self.tree / "scripts/test", "--quick"],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        with process:
            eventually((self.tree / "waits").exists, "ctest runs")
            signal_group = os.killpg if number == signal.SIGINT else os.kill
            signal_group(process.pid, number)
            # Ends only when every process that has the pipe is gone.
            printed, _ = process.communicate(timeout=DEADLINE)
        code = process.returncode
        return (128 - code if code < 0 else code), printed


def tidy_script() -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader("tidy", str(ROOT / "scripts/tidy"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
    loader.exec_module(module)
    return module


class ChoiceOfTidy(unittest.TestCase):
    FILES = [ROOT / f"lib/{number}.cpp" for number in range(10)]

    def chosen(self, commit: str, changed: list[str] | None) -> list[pathlib.Path]:
        """What is checked at a commit; None: its parent is not there."""
        git = {
            ("rev-parse", "HEAD"): [commit],
            ("diff", "--name-only", "HEAD~1", "--"): changed,
            ("diff", "--name-only", "HEAD", "--"): ["lib/8.cpp"],
            ("ls-files", "--others", "--exclude-standard"): [],
        }
        script = tidy_script()
        with mock.patch.object(script, "git_lines", lambda *args: git[args]):
            return script.chosen(self.FILES, "HEAD~1")

    def test_the_commit_alone_decides_and_four_quarters_are_everything(self) -> None:
        quarters = [self.chosen(f"abc{digit}", []) for digit in "0123"]

        self.assertEqual(quarters[1], self.chosen("abc1", []))
        self.assertEqual(sorted(sum(quarters, [])), sorted(self.FILES))

    def test_what_changed_comes_first_and_a_header_stands_for_its_source(self) -> None:
        chosen = self.chosen("abc0", ["lib/3.hpp", "README.md", "lib/9.cpp"])

        self.assertEqual(chosen[:2], [self.FILES[3], self.FILES[9]])
        self.assertEqual(len(chosen), 4)

    def test_without_the_parent_only_the_working_tree_counts_as_changed(self) -> None:
        chosen = self.chosen("abc0", None)

        self.assertEqual(chosen[0], self.FILES[8])
        self.assertLess(len(chosen), 5)


if __name__ == "__main__":
    unittest.main()
