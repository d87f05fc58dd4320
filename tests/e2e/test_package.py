"""A consumer project finds, links and runs the installed package."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release")
PARTS = ("consumer", "consumer-of-all")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="package-")
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = Path(folder.name) / "prefix"
        cls.consumer = Path(folder.name) / "consumer"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        run("cmake", "-S", ROOT / "tests/package", "-B", cls.consumer, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_BUILD_TYPE=Release")
        run("cmake", "--build", cls.consumer)

    def test_the_lab_with_its_leak_button_is_not_installed_unless_asked_for(self) -> None:
        programs = sorted(path.name for path in (self.prefix / "bin").iterdir())

        self.assertEqual(programs, ["loopscope"])

    def test_the_component_lab_is_the_lab_and_the_encoder_without_which_it_does_not_start(
        self,
    ) -> None:
        folder = tempfile.TemporaryDirectory(prefix="package-lab-")
        self.addCleanup(folder.cleanup)
        run("cmake", "--install", BUILD, "--component", "lab", "--prefix", folder.name)

        files = sorted(path for path in Path(folder.name).rglob("*") if not path.is_dir())
        self.assertEqual([path.name for path in files], ["loopscope", "profiling-lab"])
        for program in files:
            self.assertIn(program.name, run(program, "--version"))

    def test_a_consumer_of_one_module_or_of_all_serves_a_request(self) -> None:
        for part in PARTS:
            with self.subTest(part):
                self.assertRegex(run(self.consumer / part), r'^200 \{"version":"0\.\d+\.\d+"\}')

    def test_a_consumer_that_asks_for_async_stacks_has_them(self) -> None:
        # serve() waits, and Asio's own coroutine below it.
        self.assertEqual(run(self.consumer / "async-stacks"), "2\n")
        self.assertEqual(run(self.consumer / "physical-stacks"), "0\n")

    def test_a_consumer_that_links_the_hooks_has_its_heap_tracked(self) -> None:
        # The vector's block, and those that it points to.
        self.assertEqual(run(self.consumer / "tracked-heap"), "101 exact\n")
        self.assertEqual(run(self.consumer / "sampled-heap"), "0 sampled\n")

    def test_libgcc_throws_the_exceptions_of_a_consumer(self) -> None:
        # gperftools' libraries bring libunwind along, which throws twenty times slower.
        pattern = r"binding file \S+ \[0\] to (\S+) \[0\]: normal symbol `_Unwind_RaiseException'"
        for part in PARTS:
            with self.subTest(part):
                done = subprocess.run(
                    [self.consumer / part], capture_output=True, text=True, timeout=300,
                    env=os.environ | {"LD_DEBUG": "bindings", "LD_BIND_NOW": "1"}, check=True)
                providers = {Path(path).name for path in re.findall(pattern, done.stderr)}

                self.assertEqual(providers, {"libgcc_s.so.1"})

    def test_private_headers_stay_at_home(self) -> None:
        installed = [path.name for path in self.prefix.rglob("*.hpp")]

        self.assertIn("server.hpp", installed)
        self.assertFalse([name for name in installed if name.endswith("_impl.hpp")])

    def test_the_package_names_no_build_or_source_folder(self) -> None:
        for file in self.prefix.rglob("*.cmake"):
            with self.subTest(file.name):
                self.assertIsNone(re.search(re.escape(str(ROOT)), file.read_text()))


if __name__ == "__main__":
    unittest.main()
