"""Every style of linking: names, files, lines and inlined functions are right, or it is said why not."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import ROOT
from support.wire import DEADLINE
from tools import require_root, require_tools, run, scratch

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
SOURCES = ROOT / "tests/symbols"
LINE = re.compile(r"^(.*?) (\S*):(\d+)(?::\d+)? s=(\d+)(?:\(.*\))?$")
DEBUG_FOLDER = pathlib.Path("/usr/lib/debug/.build-id")


@dataclasses.dataclass(frozen=True)
class Call:
    function: str
    file: str
    line: int
    begins: int


def marked() -> dict[str, int]:
    """The lines of culprit.cpp, by the words behind them."""
    lines = (SOURCES / "culprit.cpp").read_text().splitlines()
    found = [(re.search(r"// ((?:begins|line): .*)$", text), i) for i, text in enumerate(lines, 1)]
    return {match[1]: number for match, number in found if match}


def wanted(lambda_name: str) -> list[Call]:
    at = marked()
    file = "culprit.cpp"

    def call(function: str, line: str, begins: str) -> Call:
        return Call(function, file, at[f"line: {line}"], at[f"begins: {begins}"])

    place = f"culprit.cpp:{at[f'begins: {lambda_name}']}"
    return [
        call("lab::worker::step", "take", "step"),
        call(f"lab::work::lambda at {place}", f"step by {lambda_name}", lambda_name),
        call("lab::work", lambda_name, "work"),
        call("lab::culprit", "work", "culprit"),
    ]


class Linking(unittest.TestCase):
    def setUp(self) -> None:
        require_tools(self, "linking", "g++", "go", "objcopy", "strip")
        self.folder = scratch(self)
        self.program = self.folder / "program"

    def compile(self, *options: str, sources: tuple[str, ...] = ("main.cpp", "culprit.cpp"),
                output: str = "program") -> None:
        command = ["g++", "-std=c++20", "-Wl,--build-id=sha1", *options, "-o", output,
                   *(str(SOURCES / name) for name in sources)]
        self.succeed(*command)

    def succeed(self, *command: str | pathlib.Path) -> None:
        done = run(command, cwd=self.folder, limit=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def report(self, while_running: tuple[str, ...] = (), **env: str) -> dict:
        """Encodes the stacks of the program while it lives."""
        process = subprocess.Popen([self.program], cwd=self.folder, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            text = []
            for line in process.stdout:
                text.append(line)
                if line == "end\n":
                    break
            if while_running:
                self.succeed(*while_running)
            raw = self.folder / "capture.raw"
            made = run([BUILD / "bin/write-raw", raw, self.program], stdin="".join(text))
            self.assertEqual(made.returncode, 0, made.stdout)
            done = subprocess.run(
                [BUILD / "bin/loopscope", "encode", raw, "--out", self.folder, "--frames=all",
                 "--process", str(process.pid)],
                capture_output=True, text=True, timeout=DEADLINE, check=False,
                env=os.environ | env)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)
        finally:
            process.communicate("", timeout=DEADLINE)

    def stacks(self) -> list[list[Call]]:
        """The two of take(), innermost first, as pprof reads them."""
        done = run(["go", "tool", "pprof", "-raw", self.folder / "capture.pb.gz"], limit=120)
        self.assertEqual(done.returncode, 0, done.stdout)
        samples = re.findall(r"^ +\d+ +\d+: ([\d ]+)$", done.stdout, re.MULTILINE)
        self.assertEqual(len(samples), 2, done.stdout)
        locations: dict[int, list[Call]] = {}
        number = 0
        for line in done.stdout.partition("Locations\n")[2].splitlines():
            if match := re.match(r"^ *(\d+): 0x[0-9a-f]+ (?:M=\d+ )?(.*)$", line):
                number = int(match[1])
                locations[number] = []
            found = LINE.match((match[2] if match else line).strip())
            if number and found:
                name = pathlib.Path(found[2]).name
                locations[number].append(Call(found[1], name, int(found[3]), int(found[4])))
            if line.startswith("Mappings"):
                break
        return [[call for one in ids.split() for call in locations[int(one)]] for ids in samples]

    def check_complete(self, report: dict) -> None:
        self.assertEqual((report["notes"], report["unresolved"]), ([], 0))
        for stack, name in zip(self.stacks(), ("first", "second"), strict=True):
            begin = next(i for i, call in enumerate(stack) if call.function.endswith("step"))
            self.assertEqual(stack[begin:begin + 4], wanted(name))

    def check_note(self, report: dict, pattern: str) -> None:
        """What is missing is said; what is there has its name."""
        (note,) = report["notes"]
        self.assertRegex(note, rf"^{re.escape(str(self.folder))}/\S+ has .*{pattern}")
        for stack in self.stacks():
            self.assertIn("lab::culprit", [call.function for call in stack])


class CompleteTest(Linking):
    """Nothing is missing."""

    def test_optimized(self) -> None:
        for options in (["-O2"], ["-O3"], ["-O2", "-flto"], ["-O2", "-no-pie"],
                        ["-O2", "-static-pie"], ["-O2", "-static"], ["-Os"], ["-Og"],
                        ["-O2", "-gdwarf-4"], ["-O2", "-gz=zlib"],
                        ["-O2", "-fdebug-types-section"]):
            with self.subTest(options):
                self.compile("-g", *options)
                self.check_complete(self.report())

    def test_a_debug_file_beside_it(self) -> None:
        self.compile("-O2", "-g")
        for place in (".", ".debug"):
            with self.subTest(place):
                self.compile("-O2", "-g")
                debug = f"{place}/program.debug"
                (self.folder / place).mkdir(exist_ok=True)
                self.succeed("objcopy", "--only-keep-debug", "program", debug)
                self.succeed("strip", "program")
                self.succeed("objcopy", f"--add-gnu-debuglink={debug}", "program")
                self.check_complete(self.report())
                (self.folder / debug).unlink()

    def test_a_debug_file_by_its_build_id(self) -> None:
        require_root(self, "linking: build id")
        self.compile("-O2", "-g")
        notes = run(["readelf", "--notes", self.program]).stdout
        build_id = re.search(r"Build ID: ([0-9a-f]+)", notes)[1]
        folder = DEBUG_FOLDER / build_id[:2]
        debug = folder / f"{build_id[2:]}.debug"
        folder.mkdir(parents=True, exist_ok=True)
        self.addCleanup(debug.unlink, missing_ok=True)
        self.succeed("objcopy", "--only-keep-debug", "program", debug)
        self.succeed("strip", "program")

        self.check_complete(self.report())

    def test_split_dwarf(self) -> None:
        for version in ("-gdwarf-5", "-gdwarf-4"):
            with self.subTest(version):
                self.compile("-O2", version, "-gsplit-dwarf")
                self.assertTrue(list(self.folder.glob("*.dwo")))
                self.check_complete(self.report())

    def test_dwz(self) -> None:
        require_tools(self, "linking: dwz", "dwz")
        self.compile("-O2", "-g")
        shutil.copy(self.program, self.folder / "other")
        self.succeed("dwz", "-m", "common", "program", "other")
        self.assertTrue((self.folder / "common").exists())

        self.check_complete(self.report())

    def test_a_shared_library(self) -> None:
        self.compile("-O2", "-g", "-fPIC", "-shared", sources=("culprit.cpp",),
                     output="libculprit.so")
        self.succeed("g++", "-O2", "-g", "-o", "program", SOURCES / "main.cpp", "-L.", "-lculprit",
                     "-Wl,-rpath,$ORIGIN")

        self.check_complete(self.report())

    def test_a_library_that_is_opened_at_run_time(self) -> None:
        self.compile("-O2", "-g", "-fPIC", "-shared", sources=("culprit.cpp",), output="late.so")
        self.compile("-O2", "-g", f'-DLIBRARY="{self.folder}/late.so"', sources=("main.cpp",))

        self.check_complete(self.report())

    def test_an_executable_that_was_deleted(self) -> None:
        self.compile("-O2", "-g")

        self.check_complete(self.report(while_running=("rm", "program")))


class ServerTest(Linking):
    def test_no_server_is_asked_for_debug_information(self) -> None:
        self.compile("-O2")
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"http://127.0.0.1:{server.getsockname()[1]}"
            self.check_note(self.report(DEBUGINFOD_URLS=address), "no debug information")

            server.setblocking(False)
            self.assertRaises(BlockingIOError, server.accept)


class MissingTest(Linking):
    """What is missing is said, with the remedy."""

    def test_no_debug_information(self) -> None:
        self.compile("-O2")

        self.check_note(self.report(), "no debug information: .* -g")

    def test_debug_information_of_a_part(self) -> None:
        self.succeed("g++", "-std=c++20", "-O2", "-c", "-o", "culprit.o", SOURCES / "culprit.cpp")
        self.succeed("g++", "-O2", "-g", "-o", "program", SOURCES / "main.cpp", "culprit.o")

        self.check_note(self.report(), r"no debug information for all .* such as lab::.*take\(\)")

    def test_a_stripped_program_keeps_the_names_that_are_exported(self) -> None:
        self.compile("-O2", "-g", "-rdynamic")
        self.succeed("strip", "program")
        report = self.report()

        self.check_note(report, "no debug information: .* debug symbols")
        (without_names,) = report["unresolvedModules"]
        self.assertEqual(without_names["path"], str(self.program))
        self.assertAlmostEqual(without_names["share"], report["unresolvedShare"])

    def test_a_split_file_that_is_gone(self) -> None:
        self.compile("-O2", "-g", "-gsplit-dwarf")
        for file in self.folder.glob("*.dwo"):
            file.unlink()

        self.check_note(self.report(), r"\S+\.dwo cannot be read: .*Keep these files")

    def test_a_package_of_split_files(self) -> None:
        require_tools(self, "linking: dwp", "dwp")
        self.compile("-O2", "-gdwarf-4", "-gsplit-dwarf")
        self.succeed("dwp", "-e", "program")
        for file in self.folder.glob("*.dwo"):
            file.unlink()

        self.check_note(self.report(), r"packages \(\.dwp\) are not read")

    def test_sections_packed_with_zstd(self) -> None:
        self.compile("-O2", "-g")
        done = run(["objcopy", "--compress-debug-sections=zstd", "program"], cwd=self.folder)
        if done.returncode != 0:
            self.skipTest("objcopy knows no zstd")

        self.check_note(self.report(), "compressed form .* objcopy --decompress-debug-sections")


class DamagedTest(Linking):
    """Debug information is foreign bytes: the encoder names what it can."""

    def test_bytes_that_make_no_sense(self) -> None:
        self.compile("-O2", "-g")
        whole = self.program.read_bytes()
        headers = run(["readelf", "-SW", self.program]).stdout
        for section in (".debug_info", ".debug_abbrev", ".debug_line", ".debug_str", ".symtab",
                        ".debug_rnglists"):
            match = re.search(rf"{re.escape(section)} +\w+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)",
                              headers)
            begin, size = int(match[1], 16), int(match[2], 16)
            for step in (7, 61, 509):
                with self.subTest(section, step=step):
                    damaged = bytearray(whole)
                    for at in range(begin, begin + size, step):
                        damaged[at] ^= 0x5A + at % 7
                    self.program.write_bytes(damaged)
                    self.program.chmod(0o755)
                    self.assertGreater(self.report()["samples"], 0)


if __name__ == "__main__":
    unittest.main()
