"""scripts/run as a reader of the README uses it, and what it says where it cannot run."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import BINARY, ROOT, clean_environment
from support.wire import DEADLINE, eventually, skip
from tools import require_tools, run, scratch, seen_by_git, sessions


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


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
        require_tools(self, "scripts/run", "curl", "git")
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
        self.assertEqual([file.suffix for file in directory.iterdir()], [".cpuprofile"])
        self.assertEqual(seen_by_git(directory), [])

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


APT_GET = """
echo "apt-get $*" >> calls
case "$*" in
  *Error-Mode=any*update) exit $UPDATE ;;
  *update) echo "W: Some index files failed to download." ;;
  *--simulate*) exit $SIMULATE ;;
  *install*) [ $INSTALL = 0 ] || echo "E: Unable to locate package curl"; exit $INSTALL ;;
esac
"""
BUILD = """
echo build >> calls
[ ! -e wait ] || until [ -e go ]; do sleep 0.05; done
"""


class Obstacles(unittest.TestCase):
    """scripts/run in a tree of its own, with a build and an apt-get that only take notes."""

    def setUp(self) -> None:
        self.tree = scratch(self)
        for folder in ("scripts", "bin", "config", "build/release/bin"):
            (self.tree / folder).mkdir(parents=True)
        for name in ("scripts/run", "scripts/common.sh", "config/lab.json"):
            shutil.copy(ROOT / name, self.tree / name)
        (self.tree / "build/release/bin/profiling-lab").symlink_to(BINARY)
        self.program("scripts/build", BUILD)
        self.program("bin/apt-get", APT_GET)
        self.program("bin/sudo", 'exec "$@"')
        self.installed(True)

    def program(self, name: str, text: str) -> None:
        path = self.tree / name
        path.write_text(f'#!/bin/sh\ncd "{self.tree}"\n{text}\n')
        path.chmod(0o700)

    def installed(self, everything: bool) -> None:
        self.program("bin/dpkg-query", "echo installed" if everything else "exit 1")

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{self.tree / 'bin'}:{os.environ['PATH']}"
        apt = {"UPDATE": "0", "SIMULATE": "0", "INSTALL": "0"}
        return clean_environment({"PATH": path, "PORT": str(free_port())} | apt | more)

    def run_script(self, **more: str) -> str:
        """What it printed, where it has to end by itself with exit code 2."""
        done = run([self.tree / "scripts/run"], env=self.environment(**more), cwd=self.tree)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertNotIn("LAB_TOKEN=", done.stdout)
        return done.stdout

    def calls(self) -> list[str]:
        try:
            return (self.tree / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []

    def listener(self) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        return server.getsockname()[1]

    def check_names_another_port(self, printed: str, taken: int) -> None:
        self.assertIn(f"port {taken} is taken", printed)
        other = re.search(r"^  PORT=(\d+) \./scripts/run$", printed, re.MULTILINE)
        self.assertTrue(other, printed)
        self.assertNotEqual(int(other[1]), taken)
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", int(other[1]))), 0)

    def test_a_port_that_is_taken_is_told_before_anything_is_installed_or_built(self) -> None:
        self.installed(False)
        taken = self.listener()

        for host in ("127.0.0.1", "0.0.0.0"):
            printed = self.run_script(PORT=str(taken), HOST=host)

            self.check_names_another_port(printed, taken)
        self.assertEqual(self.calls(), [])

    def test_a_port_that_is_taken_during_the_build_is_told_before_a_token_is_printed(self) -> None:
        (self.tree / "wait").touch()
        port = free_port()
        process = subprocess.Popen(
            [self.tree / "scripts/run"],
            env=self.environment(PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.kill)
        with process:
            eventually(lambda: "build" in self.calls(), "it builds")
            server = socket.create_server(("127.0.0.1", port))
            self.addCleanup(server.close)
            (self.tree / "go").touch()
            printed, _ = process.communicate(timeout=DEADLINE)

        self.assertEqual(process.returncode, 2, printed)
        self.assertNotIn("LAB_TOKEN=", printed)
        self.check_names_another_port(printed, port)

    def test_the_port_of_a_file_of_settings_counts(self) -> None:
        taken = self.listener()
        config = self.tree / "other.json"
        config.write_text(f'{{"server": {{"port": {taken}}}}}')

        printed = self.run_script(LAB_CONFIG="other.json", PORT="")

        self.check_names_another_port(printed, taken)

    def test_a_wrong_setting_is_told_before_a_token_is_printed(self) -> None:
        self.assertIn("PORT: has to be", self.run_script(PORT="http"))
        self.assertIn("LAB_NONE", self.run_script(LAB_NONE="1"))

    def test_without_a_network_it_says_so_in_place_of_what_it_cannot_find(self) -> None:
        self.installed(False)

        printed = self.run_script(UPDATE="100", SIMULATE="100", INSTALL="100")

        last = printed.splitlines()[-1]
        self.assertIn("cannot reach the Debian package mirror (no network?)", last)
        self.assertIn("curl", last)
        self.assertNotIn("Unable to locate", printed)
        self.assertNotIn("build", self.calls())

    def test_lists_without_their_packages_are_no_network_either(self) -> None:
        self.installed(False)

        printed = self.run_script(UPDATE="100", INSTALL="100")

        self.assertIn("(no network?)", printed.splitlines()[-1])

    def test_an_install_that_fails_beside_a_mirror_that_responds_is_not_called_that(self) -> None:
        self.installed(False)

        printed = self.run_script(INSTALL="100")

        self.assertRegex(printed.splitlines()[-1], "apt-get could not install .*curl")
        self.assertNotIn("network", printed)

    def test_without_root_and_sudo_it_says_so_and_not_that_the_network_is_missing(self) -> None:
        self.installed(False)
        self.program("bin/id", "echo 1000")
        self.program("bin/sudo", "exit 1")

        printed = self.run_script()

        self.assertRegex(printed.splitlines()[-1], "needs root, or sudo, to install .*curl")
        self.assertEqual(self.calls(), [])

    def test_older_lists_do_and_everything_is_installed_at_once(self) -> None:
        self.installed(False)
        for update in ("100", "0"):
            with self.subTest(update):
                (self.tree / "calls").unlink(missing_ok=True)

                self.run_script(UPDATE=update, LAB_NONE="1")  # ends it after the build

                updates = [call for call in self.calls() if call.endswith("update")]
                installs = [call for call in self.calls() if " install " in call]
                self.assertEqual(len(updates), 1)
                self.assertRegex(installs[-1], r"--no-install-recommends .*\bcurl\b.*\bcmake\b")
                self.assertEqual(self.calls()[-1], "build")


if __name__ == "__main__":
    unittest.main()
