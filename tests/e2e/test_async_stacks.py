"""Stacks that go on with waiting coroutines: in the lab, under stress, and in all of our code."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cpuprofile import CpuProfile
from support.capture import take
from support.lab import ROOT, Lab
from tools import require_tools

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
SECONDS = 60 if os.environ.get("LAB_TEST_FULL") else 10
SESSION = ROOT / "lib/loopscope/http/session.cpp"
WAITING = re.compile(r"^loopscope::http::(\S+) \[awaiting session\.cpp:(\d+)\]$")
PUMP = "_ZN5boost4asio6detail16awaitable_threadINS0_15any_io_executorEE4pumpEv"


class JamTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="lab-e2e-")
        cls.addClassCleanup(folder.cleanup)
        lab = Lab.for_class(cls)
        cls.response = take(lab, "seconds=2&hz=200", jam_ms=1000)
        if cls.response.status != 200:
            raise AssertionError(cls.response.body)

    def path(self, ending: str) -> pathlib.Path:
        paths = [a["path"] for a in self.response.json()["artifacts"]]
        (found,) = [path for path in paths if path.endswith(ending)]
        return pathlib.Path(found)

    def test_the_session_stands_above_the_handler_with_the_lines_of_its_awaits(self) -> None:
        profile = CpuProfile(self.path(".cpuprofile"))
        jams = [s for s, _, _ in profile.samples() if any("jam::" in f.name for f in s)]
        self.assertGreater(len(jams), 10)

        source = SESSION.read_text().splitlines()
        for stack in jams:
            names = [frame.name for frame in stack]
            waiting = [(number, WAITING.match(name)) for number, name in enumerate(names)]
            found = [(number, match) for number, match in waiting if match]
            self.assertEqual([m[1] for _, m in found], ["run_session", "session::run"], names)
            for _, match in found:
                self.assertIn("co_await", source[int(match[2]) - 1])
            last = found[-1][0]
            self.assertEqual(names[last + 1], "loopscope::http::session::exchange_one [coroutine]")

    def test_every_format_names_them(self) -> None:
        folded = self.path(".folded").read_bytes()
        proto = gzip.decompress(self.path(".pb.gz").read_bytes())
        for text in (folded, proto):
            self.assertIn(b"session::run [awaiting session.cpp:", text)


class StressTest(unittest.TestCase):
    def test_stacks_of_coroutines_that_come_and_go_name_no_garbage(self) -> None:
        done = subprocess.run(
            [BUILD / "bin/async-stress", str(SECONDS)],
            env=os.environ | {"MALLOC_PERTURB_": "165"},
            capture_output=True, text=True, timeout=SECONDS + 120, check=False)

        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        seen = json.loads(done.stdout)
        self.assertGreater(seen["samples"], 100 * SECONDS)
        self.assertGreater(seen["logical"], seen["samples"] / 10)
        self.assertEqual(seen["garbage"], 0)


class FallbackTest(unittest.TestCase):
    def test_an_unknown_version_of_boost_leaves_physical_stacks(self) -> None:
        subprocess.run([BUILD / "bin/async-fallback"], timeout=60, check=True)


class ObjectsTest(unittest.TestCase):
    """Code that resumes coroutines without the hook would have stacks that end at the loop."""

    def test_all_of_our_code_resumes_through_the_hook(self) -> None:
        require_tools(self, "async stacks: objects", "nm")
        hooked = []
        for file in sorted(path for part in ("lib", "app") for path in (BUILD / part).rglob("*.o")):
            symbols = subprocess.run(["nm", file], capture_output=True, text=True, check=True).stdout
            own = re.search(rf" [tTwWVu] {PUMP}$", symbols, re.MULTILINE)
            if file.name == "pump_hook.cpp.o":
                self.assertTrue(own)
                continue
            self.assertFalse(own, file)
            if re.search(r" [tTwWVu] \S*awaitable_handler", symbols):
                self.assertRegex(symbols, rf"(?m)^ +U {PUMP}$", file)
                hooked.append(file.name)
        self.assertIn("session.cpp.o", hooked)
        self.assertIn("service.cpp.o", hooked)


if __name__ == "__main__":
    unittest.main()
