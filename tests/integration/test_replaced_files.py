"""The executable or a library is replaced or deleted on the disk while the service runs."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import take
from support.encoder import need_sampler
from support.lab import BINARY, Lab, clean_environment, temp_dir
from support.wire import Response, skip

NOBODY = 65534
LOOPSCOPE = BINARY.with_name("loopscope")


@functools.cache
def libraries() -> dict[str, pathlib.Path]:
    """What the service runs with, by name."""
    listed = subprocess.run(["ldd", str(BINARY)], capture_output=True, text=True, check=True)
    return {name: pathlib.Path(path) for name, path in re.findall(r"(\S+) => (/\S+)", listed.stdout)}


def put(source: pathlib.Path, target: pathlib.Path) -> None:
    """A new file takes the name, as with a package manager."""
    new = target.with_name("new")
    shutil.copy(source.resolve(), new)
    new.chmod(0o755)
    new.rename(target)


def capture(lab: Lab) -> Response:
    """Long enough for samples of libm, of which there are few in a sanitizer build."""
    return take(lab, "seconds=1&hz=1000", jam_ms=900)


def called_by_jam(folded: str) -> set[str]:
    """The functions of libm that the jam calls, from lines of frames and a count. What it calls for
    the linker, a sanitizer or, without optimization, a template is left out; the first entry of the
    linker's table has no name, and so that of what stands before it."""
    stacks = [line.rpartition(" ")[0].split(";") for line in folded.splitlines()]
    pairs = [pair for stack in stacks for pair in zip(stack, stack[1:])]
    called = {callee for caller, callee in pairs if "popularity_decay" in caller}
    return {
        name for name in called
        if not name.endswith((" (profiling-lab)", "@plt")) and name != "_init"
        and not name.startswith(("std::", "__asan_", "__ubsan_", "__sanitizer_", "__interceptor_"))
    }


class Replaced(unittest.TestCase):
    """Runs copies of the service and of libm, which its jam calls, out of a folder."""

    user: int | None = None

    def setUp(self) -> None:
        self.folder = temp_dir(self)
        self.folder.chmod(0o755)
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir()
        self.libraries = self.folder / "lib"
        self.libraries.mkdir()
        self.program = self.folder / "profiling-lab"
        self.libm = self.libraries / "libm.so.6"
        put(BINARY, self.program)
        put(libraries()["libm.so.6"], self.libm)

    def encoder(self) -> pathlib.Path:
        if not any("san.so" in name for name in libraries()):
            return LOOPSCOPE
        # With a sanitizer it does not start beside a libm that is none.
        script = self.folder / "loopscope"
        script.write_text(f'#!/bin/sh\nunset LD_LIBRARY_PATH\nexec {LOOPSCOPE} "$@"\n')
        script.chmod(0o755)
        return script

    def start(self, encoder: pathlib.Path | None = None) -> Lab:
        paths = [str(self.libraries), os.environ.get("LD_LIBRARY_PATH", "")]
        env = {
            "LAB_ENCODER": str(encoder or self.encoder()),
            "LD_LIBRARY_PATH": ":".join(filter(None, paths)),
        }
        self.become_user()
        lab = Lab.for_test(
            self, env, directory=self.artifacts, user=self.user, binary=self.program
        )
        need_sampler(self, lab)
        return lab

    def become_user(self) -> None:
        if self.user is None:
            return
        if os.geteuid() != 0:
            skip(self, "replaced files as another user", "needs root")
        os.chown(self.artifacts, self.user, self.user)
        try:
            subprocess.run(
                [LOOPSCOPE, "--version"],
                user=self.user,
                env=clean_environment({}),
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            skip(self, "replaced files as another user", f"nobody cannot run it: {error}")

    def folded(self, lab: Lab) -> str:
        response = capture(lab)
        self.assertEqual(response.status, 200, response.body)
        all_warnings = response.json()["quality"]["warnings"]
        self.warnings = [each for each in all_warnings if each.startswith("The code of ")]
        names = [a["name"] for a in response.json()["artifacts"]]
        (name,) = [name for name in names if name.endswith(".folded")]
        return lab.http("GET", f"/api/lab/artifacts/{name}").body.decode()

    def check_names(self, lab: Lab) -> None:
        """Those of the files that run: the jam's, and what it calls of libm."""
        text = self.folded(lab)
        called = called_by_jam(text)

        self.assertTrue(called)
        for name in called:  # without its debug package, libm does not name all
            self.assertRegex(name, r"exp|log1p|\A0x[0-9a-f]+ \(libm\.so\.6")
        self.assertEqual(self.warnings, [])
        self.assertNotIn("changed]", text)
        self.assertNotIn("unreadable]", text)

    def test_an_executable_that_was_deleted_names_its_code(self) -> None:
        lab = self.start()
        self.program.unlink()

        self.check_names(lab)

    def test_an_executable_that_was_replaced_names_its_code(self) -> None:
        lab = self.start()
        put(LOOPSCOPE, self.program)

        self.check_names(lab)

    def test_an_executable_that_was_replaced_twice_names_its_code(self) -> None:
        lab = self.start()
        self.check_names(lab)
        put(LOOPSCOPE, self.program)
        self.check_names(lab)
        put(libraries()["libm.so.6"], self.program)

        self.check_names(lab)

    def test_a_library_that_was_deleted_names_its_code(self) -> None:
        lab = self.start()
        self.libm.unlink()

        self.check_names(lab)

    def test_a_library_that_was_replaced_by_another_names_its_code(self) -> None:
        lab = self.start()
        put(libraries()["libc.so.6"], self.libm)

        self.check_names(lab)

    def test_everything_that_was_deleted_names_its_code(self) -> None:
        lab = self.start()
        self.libm.unlink()
        self.program.unlink()
        self.libraries.rmdir()

        self.check_names(lab)

    def test_what_is_out_of_reach_has_no_name_and_the_response_says_so(self) -> None:
        # Without --process, as where the system refuses to look into the service.
        encoder = self.folder / "without-process"
        encoder.write_text(
            f'#!/bin/sh\nraw=$2\nshift 4\nunset LD_LIBRARY_PATH\nexec {LOOPSCOPE} encode "$raw" "$@"\n'
        )
        encoder.chmod(0o755)
        lab = self.start(encoder)
        put(libraries()["libc.so.6"], self.libm)

        text = self.folded(lab)

        self.assertEqual(called_by_jam(text), {"[libm.so.6 changed]"})
        (warning,) = self.warnings
        self.assertIn(f" {self.libm} has no names: ", warning)

    def test_a_raw_capture_that_was_kept_names_no_code_of_another_file(self) -> None:
        failing = self.folder / "failing"
        failing.write_text("#!/bin/sh\nexit 1\n")
        failing.chmod(0o755)
        lab = self.start(failing)
        self.assertEqual(capture(lab).status, 500)
        (raw,) = self.artifacts.glob("*.raw")
        put(libraries()["libc.so.6"], self.libm)

        done = subprocess.run(
            [LOOPSCOPE, "encode", raw, "--out", self.folder, "--format", "folded"],
            env=clean_environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

        text = (self.folder / raw.with_suffix(".folded").name).read_text()
        self.assertEqual(called_by_jam(text), {"[libm.so.6 changed]"})
        self.assertEqual(json.loads(done.stdout)["changedModules"], [str(self.libm)])
        self.assertRegex(done.stderr, r"loopscope: .*/libm.so.6: not the file that was captured")


class ReplacedAsNobody(Replaced):
    """Without the privilege to use /proc/PID/map_files."""

    user = NOBODY


if __name__ == "__main__":
    unittest.main()
