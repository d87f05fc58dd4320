"""loopscope encode by hand: a real capture, its files in real viewers, and what can go wrong."""

from __future__ import annotations

import functools
import gzip
import json
import os
import pathlib
import re
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import ROOT
from tools import require_tools, run, scratch

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
LOOPSCOPE = BUILD / "bin/loopscope"
PLANTED_CAPTURE = BUILD / "bin/planted-capture"
CAPTURE_MS = 600
FORMATS = ["cpuprofile", "pb.gz", "prof", "folded"]
HEADER = 16  # the magic and the version


@functools.cache
def captured(native: bool = True) -> bytes:
    """A raw capture of planted-capture: a third of the time each for one, two and waiting."""
    return take_capture(PLANTED_CAPTURE, native)


def take_capture(program: pathlib.Path, native: bool = True) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lab-e2e-") as folder:
        file = pathlib.Path(folder) / "capture.raw"
        options = [] if native else ["--without-native"]
        done = run([program, file, str(CAPTURE_MS), *options])
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return file.read_bytes()


class Encode(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = scratch(self)
        self.out = self.folder / "out"
        self.out.mkdir()

    def raw(self, content: bytes | None = None, name: str = "my capture.raw") -> pathlib.Path:
        file = self.folder / name
        file.write_bytes(captured() if content is None else content)
        return file

    def encode(self, *args: str | pathlib.Path, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LOOPSCOPE, "encode", *args], capture_output=True, text=True, timeout=60, **more
        )

    def encoded(self, *args: str | pathlib.Path, **more: object) -> dict:
        done = self.encode(*args, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        return json.loads(done.stdout)

    def fails(self, code: int, line: str, *args: str | pathlib.Path, **more: object) -> None:
        """One line says why, and no file is left."""
        done = self.encode(*args, **more)

        self.assertEqual((done.returncode, done.stdout), (code, ""), done)
        self.assertRegex(done.stderr, rf"\Aloopscope: {line}[^\n]*\n\Z")
        self.assertEqual(os.listdir(self.out), [])


class Files(Encode):
    def test_all_formats_are_written_beside_each_other(self) -> None:
        report = self.encoded(self.raw(), "--out", self.out)

        names = {form: str(self.out / f"my capture.{form}") for form in FORMATS}
        self.assertEqual(report["formats"], names)
        self.assertEqual(sorted(os.listdir(self.out)), sorted(f"my capture.{f}" for f in FORMATS))

    def test_the_figures_are_those_of_the_capture(self) -> None:
        report = self.encoded(self.raw(), "--out", self.out)

        profile = json.loads((self.out / "my capture.cpuprofile").read_text())
        folded = (self.out / "my capture.folded").read_text().splitlines()
        self.assertEqual(report["samples"], len(profile["samples"]))
        # Ticks that a busy machine lost count too.
        self.assertLessEqual(report["samples"], sum(int(line.rpartition(" ")[2]) for line in folded))
        self.assertGreater(report["idle"], 0)
        self.assertGreater(report["frames"], report["samples"])
        share = report["unresolved"] / report["frames"]
        self.assertAlmostEqual(report["unresolvedShare"], share)
        shares = [each["share"] for each in report["unresolvedModules"]]
        self.assertAlmostEqual(sum(shares), share)
        self.assertEqual(report["changedModules"], [])

    def test_only_what_is_asked_for_is_written(self) -> None:
        report = self.encoded(self.raw(), "--out", self.out, "--format", "folded", "--format=pb.gz")

        self.assertEqual(sorted(report["formats"]), ["folded", "pb.gz"])
        self.assertEqual(len(os.listdir(self.out)), 2)

    def test_a_capture_without_a_native_profile_gives_no_prof_and_says_so(self) -> None:
        done = self.encode(self.raw(captured(native=False)), "--out", self.out)

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"\Aloopscope: .*my capture.raw: holds no native profile")
        self.assertNotIn("prof", json.loads(done.stdout)["formats"])
        self.assertFalse((self.out / "my capture.prof").exists())

    def test_an_old_file_is_replaced_and_a_link_is_not_followed(self) -> None:
        victim = self.folder / "victim"
        victim.write_text("precious")
        (self.out / "my capture.folded").symlink_to(victim)
        (self.out / "my capture.cpuprofile").write_text("old")

        self.encoded(self.raw(), "--out", self.out)

        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse((self.out / "my capture.folded").is_symlink())
        self.assertTrue((self.out / "my capture.cpuprofile").read_text().startswith('{"nodes"'))

    def test_a_given_file_is_written_in_place(self) -> None:
        old, new = self.out / "old.part", self.out / "new.part"
        old.write_text("x" * 10_000_000)
        inode = old.stat().st_ino

        report = self.encoded(
            self.raw(), "--output", f"cpuprofile={old}", f"--output=pb.gz={new}"
        )

        self.assertEqual(report["formats"], {"cpuprofile": str(old), "pb.gz": str(new)})
        self.assertEqual(old.stat().st_ino, inode)
        self.assertIn("nodes", json.loads(old.read_text()))
        self.assertEqual(stat.S_IMODE(new.stat().st_mode), 0o600)
        self.assertEqual(len(os.listdir(self.out)), 2)


    def test_a_format_with_a_given_file_is_not_written_into_the_folder_too(self) -> None:
        given = self.folder / "given"

        report = self.encoded(self.raw(), "--out", self.out, "--output", f"folded={given}")

        self.assertEqual(report["formats"]["folded"], str(given))
        self.assertEqual(len(os.listdir(self.out)), 3)


class Names(Encode):
    def profile(self, content: bytes | None = None) -> dict:
        self.report = self.encoded(self.raw(content), "--out", self.out)
        return json.loads((self.out / "my capture.cpuprofile").read_text())

    def test_our_own_functions_have_file_and_line_and_inlined_ones_are_there(self) -> None:
        frames = [node["callFrame"] for node in self.profile()["nodes"]]
        own = {f["functionName"].split("(")[0]: f for f in frames if "planted::" in f["functionName"]}

        for name in ("handle_one", "work_of_one", "inlined_step", "handle_two", "work_of_two"):
            frame = own[f"planted::{name}"]
            self.assertTrue(frame["url"].endswith("/tests/support/planted_capture.cpp"), frame)
            self.assertTrue(frame["url"].startswith("file:///"), frame)
            self.assertGreater(frame["lineNumber"], 0)

    def test_few_frames_have_no_name(self) -> None:
        self.profile()

        # A C library without its debug package (libc6-dbg) names no internal function.
        self.assertLess(self.report["unresolvedShare"], 0.1)

    def test_routes_and_waiting_share_the_time(self) -> None:
        profile = self.profile()
        nodes = {node["id"]: node for node in profile["nodes"]}
        shares = {
            nodes[child]["callFrame"]["functionName"]: self.hits(nodes, child)
            for child in nodes[1]["children"]
        }
        total = len(profile["samples"])

        for name in ("route /api/one", "route /api/two", "(idle)"):
            self.assertAlmostEqual(shares[name] / total, 1 / 3, delta=0.15, msg=shares)

    def hits(self, nodes: dict, at: int) -> int:
        return nodes[at]["hitCount"] + sum(self.hits(nodes, c) for c in nodes[at]["children"])

    def test_a_stripped_program_that_exports_its_names_has_them_still(self) -> None:
        require_tools(self, "stripped program", "strip")
        program = self.folder / "stripped"
        self.assertEqual(run(["strip", "-o", program, PLANTED_CAPTURE]).returncode, 0)

        profile = self.profile(take_capture(program))

        names = {node["callFrame"]["functionName"] for node in profile["nodes"]}
        self.assertTrue({n for n in names if n.startswith("planted::work_of_one")}, names)
        # What the compiler made local has lost its name: a number, and the name of the file.
        nameless = {n for n in names if n.startswith("0x")}
        self.assertTrue(all(n.endswith(")") for n in nameless), nameless)

    def test_another_build_of_the_program_is_refused(self) -> None:
        program = self.folder / "program"
        shutil.copy(PLANTED_CAPTURE, program)
        raw = take_capture(program)
        shutil.copy(LOOPSCOPE, program)

        reason = r".*my capture.raw: the executable .*/program has build id [0-9a-f]{40}, "
        self.fails(1, reason + r"the capture is of [0-9a-f]{40}", self.raw(raw), "--out", self.out)

    def test_a_program_that_is_gone_is_an_error(self) -> None:
        program = self.folder / "program"
        shutil.copy(PLANTED_CAPTURE, program)
        raw = take_capture(program)
        program.unlink()

        reason = r".*cannot read the executable .*/program: No such file or directory"
        self.fails(1, reason, self.raw(raw), "--out", self.out)

    def test_a_program_that_has_moved_is_found_where_the_caller_says(self) -> None:
        program = self.folder / "program"
        shutil.copy(PLANTED_CAPTURE, program)
        raw = take_capture(program)
        moved = program.rename(self.folder / "moved")

        files = self.encoded(self.raw(raw), "--out", self.out, "--executable", moved.name,
                             cwd=self.folder)["formats"]

        self.assertIn("planted::work_of_one", pathlib.Path(files["folded"]).read_text())

    def test_another_program_in_its_place_is_refused(self) -> None:
        reason = r".*the executable .*/loopscope has build id [0-9a-f]{40}, the capture is of "
        self.fails(1, reason, self.raw(), "--out", self.out, "--executable", LOOPSCOPE)


class Viewers(Encode):
    def files(self) -> dict[str, str]:
        return self.encoded(self.raw(), "--out", self.out)["formats"]

    def go_pprof(self, *options: str) -> str:
        done = run(
            ["go", "tool", "pprof", *options, self.files()["pb.gz"]],
            env=os.environ | {"PPROF_TMPDIR": str(self.folder), "HOME": str(self.folder)},
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_go_tool_pprof_names_the_functions_by_wall_time(self) -> None:
        require_tools(self, "go tool pprof", "go")

        text = self.go_pprof("-top", "-cum")

        self.assertIn("Type: wall", text)
        self.assertRegex(text, r"planted::handle_one\b")
        self.assertRegex(text, r"planted::inlined_step\b.*\(inline\)")
        self.assertRegex(text, r"\bepoll_wait\b")

    def test_go_tool_pprof_counts_samples_too(self) -> None:
        require_tools(self, "go tool pprof", "go")
        report = self.encoded(self.raw(), "--out", self.out)

        text = self.go_pprof("-top", "-sample_index=samples")

        self.assertIn(f"{report['samples']} total", text)

    def test_go_tool_pprof_separates_the_routes(self) -> None:
        require_tools(self, "go tool pprof", "go")

        self.assertRegex(self.go_pprof("-tags"), r"(?s)route: Total.*/api/(one|two)")
        only_one = self.go_pprof("-top", "-cum", "-tagfocus=route=/api/one")
        self.assertIn("planted::handle_one", only_one)
        self.assertNotIn("planted::handle_two", only_one)

    def test_go_tool_pprof_has_files_lines_and_the_build_id(self) -> None:
        require_tools(self, "go tool pprof", "go")

        text = self.go_pprof("-raw")

        self.assertRegex(text, r"planted::work_of_one\S* \S*/planted_capture\.cpp:\d+")
        self.assertRegex(text, r"(?s)Mappings\n1: 0x\w+/0x\w+/0x\w+ \S+/planted-capture [0-9a-f]{40}")
        self.assertRegex(text, r"\[FN\]\[FL\]\[LN\]\[IN\]")

    def test_google_pprof_reads_the_native_profile(self) -> None:
        require_tools(self, "google-pprof", "google-pprof")

        done = run(["google-pprof", "--text", PLANTED_CAPTURE, self.files()["prof"]])

        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("planted::work_of_one", done.stdout)

    def test_the_protocol_buffer_is_gzip_without_a_time(self) -> None:
        data = pathlib.Path(self.files()["pb.gz"]).read_bytes()

        self.assertEqual(data[:8], b"\x1f\x8b\x08\x00\x00\x00\x00\x00")
        self.assertGreater(len(gzip.decompress(data)), 1000)


class WrongCalls(Encode):
    def test_help_and_version(self) -> None:
        for args, text in [
            (["--help"], "Usage: loopscope encode RAW --out DIR"),
            (["encode", "--help"], "--output FORMAT=FILE"),
            (["--version"], "loopscope "),
        ]:
            with self.subTest(args):
                done = run([LOOPSCOPE, *args])
                self.assertEqual(done.returncode, 0)
                self.assertIn(text, done.stdout)

    def test_a_wrong_call_is_told_in_one_line(self) -> None:
        raw, out = str(self.raw()), str(self.out)
        for args, line in [
            ([], "encode: RAW is missing"),
            (["--out", out], "encode: RAW is missing"),
            ([raw], "encode: --out DIR or --output FORMAT=FILE is missing"),
            ([raw, raw, "--out", out], "more than one RAW"),
            ([raw, "--out"], "--out needs a value"),
            ([raw, "--out", out, "--out", out], "--out: given more than once"),
            ([raw, "--out="], "--out needs a value"),
            ([raw, "--executable"], "--executable needs a value"),
            ([raw, "--executable=a", "--executable=b"], "--executable: given more than once"),
            ([raw, "--format", "folded"], "encode: --out DIR or --output"),
            ([raw, "--out", out, "--format", "svg"], "unknown format 'svg'"),
            ([raw, "--output", "folded"], "--output 'folded': FORMAT=FILE is needed"),
            ([raw, "--output", "svg=x"], "unknown format 'svg'"),
            ([raw, "--output=folded=a", "--output=folded=b"], "--output folded: given more"),
            ([raw, "--out", out, "--process", "self"], "--process 'self': no PID"),
            ([raw, "--out", out, "--process", "0"], "--process '0': no PID"),
            ([raw, "--out", out, "--names", "long"], "--names 'long': short or full"),
            ([raw, "--out", out, "--names"], "--names needs a value"),
            ([raw, "--out", out, "--frames=some"], "--frames 'some': folded or all"),
            ([raw, "--out", out, "--frames=all", "--frames=all"], "--frames: given more than once"),
            ([raw, "--out", out, "--fast"], "unknown option '--fast'"),
            (["", "--out", out], "RAW needs a value"),
            ([raw, "--out", out, "--executable", ""], "--executable needs a value"),
            ([raw, "--out", out, "--output", "folded=a", raw], "more than one RAW"),
            ([raw, "--out", out, "--format", "folded", raw], "more than one RAW"),
        ]:
            with self.subTest(args):
                self.fails(2, re.escape(line), *args)

    def test_a_missing_or_unknown_command_is_told_in_one_line(self) -> None:
        for args in ([], ["decode"], ["--fast"]):
            with self.subTest(args):
                done = run([LOOPSCOPE, *args])
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stdout, r"\Aloopscope: [^\n]*command[^\n]*\n\Z")


class BrokenCaptures(Encode):
    def test_what_cannot_be_read_is_named(self) -> None:
        self.fails(1, r".*/nothing.raw: No such file or directory", self.folder / "nothing.raw",
                   "--out", self.out)
        self.fails(1, rf"{self.folder}: Is a directory", self.folder, "--out", self.out)

    def test_what_is_no_capture_is_refused(self) -> None:
        for content in (b"", b"\x7fELF and more", os.urandom(1000), b'{"nodes":[]}'):
            with self.subTest(content[:10]):
                raw = self.raw(content)
                self.fails(1, rf"{raw}: not a raw capture", raw, "--out", self.out)

    def test_another_version_is_refused(self) -> None:
        raw = self.raw(captured()[:8] + b"\x02" + captured()[9:])

        self.fails(1, rf"{raw}: a raw capture of an unknown version", raw, "--out", self.out)

    def test_a_truncated_capture_is_refused(self) -> None:
        for size in (HEADER, HEADER + 1, 1000, len(captured()) // 2, len(captured()) - 1):
            with self.subTest(size):
                raw = self.raw(captured()[:size])
                self.fails(1, rf"{raw}: the raw capture is truncated", raw, "--out", self.out)

    def test_a_capture_that_contradicts_itself_is_refused(self) -> None:
        raw = self.raw(captured() + b"x")

        self.fails(1, rf"{raw}: the raw capture is malformed", raw, "--out", self.out)


class BrokenTargets(Encode):
    def test_a_missing_folder_is_an_error(self) -> None:
        missing = self.folder / "missing"

        self.fails(1, rf"{missing}/my capture.cpuprofile: No such file", self.raw(), "--out", missing)

    def test_a_planted_link_is_not_followed(self) -> None:
        victim = self.folder / "victim"
        victim.write_text("precious")
        link = self.folder / "link"
        link.symlink_to(victim)

        self.fails(1, rf"{link}: Too many levels of symbolic links", self.raw(),
                   "--output", f"folded={link}")
        self.assertEqual(victim.read_text(), "precious")

    def test_a_fifo_is_refused_at_once(self) -> None:
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)

        self.fails(1, rf"{fifo}: ", self.raw(), "--output", f"folded={fifo}")

    def test_a_file_that_cannot_be_written_whole_leaves_nothing(self) -> None:
        old = self.out / "my capture.prof"
        for more in ([], [f"--output=folded={self.out / 'new'}"]):
            with self.subTest(more):
                self.fails(3, r".*: File too large", self.raw(), "--out", self.out, *more,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
        self.assertFalse(old.exists())

    def test_an_old_file_survives_a_failure(self) -> None:
        old = self.out / "my capture.cpuprofile"
        old.write_text("old")

        done = self.encode(self.raw(), "--out", self.out,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))

        self.assertEqual(done.returncode, 3)
        self.assertEqual(os.listdir(self.out), [old.name])
        self.assertEqual(old.read_text(), "old")

    def test_a_given_file_is_empty_after_a_failure(self) -> None:
        given = self.folder / "given"
        given.write_text("x" * 100)

        self.fails(3, rf"{given}: File too large", self.raw(), "--output", f"folded={given}",
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
        self.assertEqual(given.read_bytes(), b"")


if __name__ == "__main__":
    unittest.main()
