"""Who walks stacks and throws in the service: our tables and libgcc, never libunwind's locks."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import need_sampler, post
from support.lab import BINARY, Lab, clean_environment, temp_dir
from support.wire import DEADLINE

METHOD = "TCMALLOC_STACKTRACE_METHOD"
GUARD = "PROFILING_LAB_PROCESS_NAME"


def environment_of(lab: Lab) -> dict[str, str]:
    text = pathlib.Path(f"/proc/{lab.pid}/environ").read_bytes().decode()
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


class ExceptionTest(unittest.TestCase):
    def test_libgcc_throws(self) -> None:
        variables = clean_environment({"LD_DEBUG": "bindings", "LD_BIND_NOW": "1"})
        done = subprocess.run(
            [BINARY, "--version"], env=variables, capture_output=True, text=True, timeout=DEADLINE
        )
        self.assertEqual(done.returncode, 0, done.stderr[-500:])
        pattern = r"binding file \S+ \[0\] to (\S+) \[0\]: normal symbol `_Unwind_RaiseException'"
        providers = {pathlib.Path(path).name for path in re.findall(pattern, done.stderr)}
        if any(name.startswith(("libasan", "libtsan")) for name in providers):
            self.skipTest("a sanitizer stands before libgcc")

        self.assertEqual(providers, {"libgcc_s.so.1"})


class GperftoolsWalkTest(unittest.TestCase):
    def check_process(self, lab: Lab, method: str) -> None:
        self.assertEqual(environment_of(lab).get(METHOD), method)
        self.assertFalse([line for line in lab.lines if "gperftools_walk_unchanged" in line])

    def test_it_takes_no_lock(self) -> None:
        lab = Lab.for_test(self)
        if not lab.has_gperftools():
            self.skipTest("built without gperftools")

        self.check_process(lab, "libgcc")

    def test_the_process_stays_what_it_was(self) -> None:
        name = "lab-by-another-name"
        rename = ["bash", "-c", f'exec -a {name} "$0" "$@"']
        lab = Lab.for_test(self, args=["--port", "0"], prefix=rename)
        process = pathlib.Path(f"/proc/{lab.pid}")

        self.assertEqual(os.readlink(process / "exe"), os.path.realpath(BINARY))
        arguments = (process / "cmdline").read_bytes().decode().split("\0")
        self.assertEqual(arguments, [name, "--port", "0", ""])
        self.assertEqual((process / "comm").read_text().strip(), BINARY.name[:15])

    def test_a_choice_of_the_user_stays(self) -> None:
        lab = Lab.for_test(self, {METHOD: "libunwind"})

        self.check_process(lab, "libunwind")
        self.assertNotIn(GUARD, environment_of(lab))

    def test_a_lost_variable_is_no_loop(self) -> None:
        lab = Lab.for_test(self, {GUARD: "profiling-lab"})
        if not lab.has_gperftools():
            self.skipTest("built without gperftools")

        lab.wait_event("gperftools_walk_unchanged")

    def test_a_capture_holds_gperftools_profile(self) -> None:
        lab = Lab.for_test(self)
        need_sampler(self, lab)
        response = post(lab, "seconds=1")

        self.assertEqual(response.status, 200, response.body)
        if lab.has_gperftools():
            self.assertTrue(list(lab.directory.glob("cpu-*.prof")))


class DeletedProgramTest(unittest.TestCase):
    def test_it_starts_from_the_file_that_runs(self) -> None:
        directory = temp_dir(self)
        copy = directory / "profiling-lab"
        shutil.copy2(BINARY, copy)
        shutil.copy2(BINARY.parent / "loopscope", directory / "loopscope")
        # Another program lies at the path before the first line of main.
        script = 'exec 3<"$0"; rm "$0"; cp /bin/false "$0"; exec /proc/self/fd/3'
        lab = Lab.for_test(self, prefix=["bash", "-c", script], binary=copy)

        self.assertTrue(os.readlink(f"/proc/{lab.pid}/exe").startswith(str(copy)))
        if lab.has_gperftools():
            self.assertEqual(environment_of(lab).get(METHOD), "libgcc")


if __name__ == "__main__":
    unittest.main()
