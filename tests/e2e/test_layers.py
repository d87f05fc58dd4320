"""scripts/check-layers accepts this repository, and refuses every kind of forbidden include."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/check-layers"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def tree_with(folder: Path, file: str, include: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True)
    path.write_text(f"#pragma once\n#  include {include}\n", encoding="utf-8")


FORBIDDEN = [
    ("lib/loopscope/base/ids.hpp", "<loopscope/http/router.hpp>", "base may use: nothing"),
    ("lib/loopscope/base/ids.hpp", "<boost/asio/io_context.hpp>", "base must not use Asio"),
    ("lib/loopscope/runtime/within.hpp", "<loopscope/loop/lag.hpp>", "runtime may use: base"),
    ("lib/loopscope/http/router.cpp", "<loopscope/metrics/registry.hpp>", "http may use:"),
    ("lib/loopscope/http/router.hpp", '"../control/routes.hpp"', None),
    ("lib/loopscope/capture/run.cpp", "<loopscope/cpu/ring_impl.hpp>", "private to cpu"),
    ("lib/loopscope/loop/watchdog.cpp", "<boost/asio.hpp>", "umbrella header"),
    ("lib/loopscope/loop/watchdog.cpp", "<loopscope/gizmo/gizmo.hpp>", "gizmo is no module"),
    ("lib/loopscope/gizmo/gizmo.hpp", "<vector>", "not a module of the architecture"),
    ("app/profiling_lab/main.cpp", "<loopscope/http/parse_impl.hpp>", "private to http"),
    ("app/profiling_lab/main.cpp", "<boost/beast.hpp>", "umbrella header"),
    ("tests/unit/http/router_test.cpp", "<boost/asio.hpp>", "umbrella header"),
]

ALLOWED = [
    ("lib/loopscope/base/ids.hpp", "<boost/system/result.hpp>"),
    ("lib/loopscope/http/router.cpp", "<loopscope/http/parse_impl.hpp>"),
    ("lib/loopscope/control/routes.cpp", "<loopscope/base/ids.hpp>"),
    ("lib/loopscope/capture/run.cpp", "<loopscope/model/stack.hpp>"),
    ("app/profiling_lab/main.cpp", "<loopscope/control/routes.hpp>"),
]


class CheckLayers(unittest.TestCase):
    def test_this_repository_keeps_its_layers(self) -> None:
        done = check(ROOT)

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_library_must_not_name_the_lab(self) -> None:
        for text in ('"/api/lab/status"', '"x-lab-token"', 'getenv("LAB_TOKEN")'):
            with self.subTest(text=text), tempfile.TemporaryDirectory() as folder:
                library = Path(folder) / "lib/loopscope/http/guard.cpp"
                application = Path(folder) / "app/profiling_lab/main.cpp"
                for file in (library, application):
                    file.parent.mkdir(parents=True)
                    file.write_text(f"auto const name = {text};\n", encoding="utf-8")

                done = check(Path(folder))

                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("lib/loopscope/http/guard.cpp:1: ", done.stdout)
                self.assertIn("must not name the lab's", done.stdout)
                self.assertNotIn("app/", done.stdout)

    def test_a_forbidden_include_is_refused_with_file_and_line(self) -> None:
        for file, include, reason in FORBIDDEN:
            with self.subTest(file=file, include=include), tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "lib/loopscope/control").mkdir(parents=True)
                (Path(folder) / "lib/loopscope/control/routes.hpp").touch()
                tree_with(Path(folder), file, include)

                done = check(Path(folder))

                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(reason or f"{file}:2:", done.stdout)

    def test_an_include_of_what_a_module_uses_is_accepted(self) -> None:
        for file, include in ALLOWED:
            with self.subTest(file=file, include=include), tempfile.TemporaryDirectory() as folder:
                tree_with(Path(folder), file, include)

                done = check(Path(folder))

                self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_library_never_includes_the_application(self) -> None:
        header = "profiling_lab/faults/jam.hpp"
        for include in (f"<{header}>", '"faults/jam.hpp"', f'"../../../app/{header}"'):
            with self.subTest(include=include), tempfile.TemporaryDirectory() as folder:
                tree_with(Path(folder), "lib/loopscope/http/router.cpp", include)
                tree_with(Path(folder), "app/profiling_lab/faults/jam.hpp", "<vector>")

                done = check(Path(folder))

                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("must not include an application", done.stdout)


if __name__ == "__main__":
    unittest.main()
