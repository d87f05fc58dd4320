"""Names and stacks that a person can read: one jam, shown short and in full, folded and not."""

from __future__ import annotations

import collections
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cpuprofile import CpuProfile, Frame, Stack, is_idle
from support.capture import take
from support.lab import ROOT, Lab
from tools import require_tools, run, scratch
from viewer import JAM_ROUTE

BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
LOOPSCOPE = BUILD / "bin/loopscope"
PLUMBING = ("[asio]", "[beast]", "[std]")
HANDLER = "lab::jam_event_loop::operator()"
CULPRIT = [
    "lab::jam::rebuild_recommendations",
    "lab::jam::recommend_for_customer",
    "lab::jam::rank_catalogue",
    "lab::jam::score_product",
    "lab::jam::cosine_similarity",
    "lab::jam::dot_product",
]
KEEPS_RAW = '#!/bin/sh\ncp "$2" "{raw}" && exec "{encoder}" "$@"\n'


class Jam(unittest.TestCase):
    """Its raw capture, which the tests encode as they like."""

    raw = pathlib.Path()
    encoded: dict[tuple[str, ...], pathlib.Path] = {}

    @classmethod
    def setUpClass(cls) -> None:
        directory = pathlib.Path(tempfile.mkdtemp(prefix="lab-e2e-"))
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.raw, cls.encoded = directory / "jam.raw", {}
        encoder = directory / "encoder"
        encoder.write_text(KEEPS_RAW.format(raw=cls.raw, encoder=LOOPSCOPE))
        encoder.chmod(0o700)
        lab = Lab.for_class(cls, {"LAB_ENCODER": str(encoder)})
        response = take(lab, "seconds=3&hz=500", jam_ms=1500)
        if response.status != 200:
            raise AssertionError(response.body)

    def files(self, *options: str) -> pathlib.Path:
        if options not in self.encoded:
            out = self.raw.parent / ("out" + "".join(options))
            out.mkdir()
            done = run([LOOPSCOPE, "encode", self.raw, "--out", out, *options])
            self.assertEqual(done.returncode, 0, done.stdout)
            self.encoded[options] = out
        return self.encoded[options]

    def profile(self, *options: str) -> CpuProfile:
        return CpuProfile(self.files(*options) / "jam.cpuprofile")


def own_samples(profile: CpuProfile) -> collections.Counter[Frame]:
    """By function; where the loop waits there is none."""
    return collections.Counter(
        stack[-1] for stack, _, _ in profile.samples() if stack and not is_idle(stack)
    )


def of_jam(profile: CpuProfile) -> list[Stack]:
    return [
        stack
        for stack in profile.stacks.values()
        if stack and stack[0].name == f"route {JAM_ROUTE}" and stack[-1].is_named("dot_product")
    ]


class Short(Jam):
    def test_the_culprit_stands_right_below_the_handler_of_its_route(self) -> None:
        stacks = of_jam(self.profile())

        self.assertTrue(stacks)
        for stack in stacks:
            names = [frame.name for frame in stack]
            self.assertEqual(names[names.index(HANDLER) + 1 :], CULPRIT, names)

    def test_a_stack_of_the_jam_is_half_as_high_as_with_all_frames(self) -> None:
        folded = max(map(len, of_jam(self.profile())))
        everything = min(map(len, of_jam(self.profile("--frames", "all"))))

        self.assertLess(folded, 0.7 * everything)

    def test_names_have_no_parameters_and_our_own_fit_into_a_cell(self) -> None:
        for frame in self.profile().frames:
            with self.subTest(frame.name):
                if frame.name.startswith(("0x", "[", "(idle)", "(program)")):
                    continue
                bare = frame.name.replace("operator()", "")
                self.assertNotRegex(bare, r"\(|basic_string<|__cxx11|^_Z")
                if frame.name.startswith(("lab::", "loopscope::")):
                    self.assertLess(len(frame.name), 100)

    def test_what_is_folded_is_never_the_innermost_or_the_outermost_call(self) -> None:
        profile = self.profile()
        folded = {frame.name for frame in profile.frames if frame.name in PLUMBING}

        self.assertIn("[asio]", folded)
        self.assertIn("[std]", folded)
        for stack, _, _ in profile.samples():
            calls = [frame.name for frame in stack if not frame.name.startswith("route ")]
            if calls:
                self.assertNotIn(calls[0], PLUMBING)
                self.assertNotIn(calls[-1], PLUMBING)

    def test_two_runs_of_plumbing_do_not_follow_each_other(self) -> None:
        for stack in self.profile().stacks.values():
            for above, below in zip(stack, stack[1:]):
                self.assertFalse(above.name in PLUMBING and below.name in PLUMBING, stack)


class Full(Jam):
    def test_names_have_parameters_and_unnamed_namespaces(self) -> None:
        names = {frame.name for frame in self.profile("--names", "full").frames}

        culprit = {name for name in names if "dot_product" in name}
        self.assertEqual(len(culprit), 1)
        self.assertRegex(
            culprit.pop(), r"^lab::jam::\(anonymous namespace\)::dot_product\(std::array<double"
        )

    def test_all_frames_are_there(self) -> None:
        names = {frame.name for frame in self.profile("--frames", "all").frames}

        self.assertFalse(names.intersection(PLUMBING))
        self.assertTrue(any(name.startswith("boost::asio::detail::") for name in names), names)

    def test_the_time_of_no_function_depends_on_how_it_is_shown(self) -> None:
        own = own_samples(self.profile())
        self.assertEqual(own, own_samples(self.profile("--frames", "all")))

        def by_place(options: tuple[str, ...]) -> collections.Counter[tuple[str, int]]:
            counts: collections.Counter[tuple[str, int]] = collections.Counter()
            for frame, count in own_samples(self.profile(*options)).items():
                counts[frame.file, frame.line] += count
            return counts

        self.assertEqual(by_place(()), by_place(("--names", "full", "--frames", "all")))

    def test_folded_stacks_add_up_to_the_same(self) -> None:
        def total(*options: str) -> int:
            lines = (self.files(*options) / "jam.folded").read_text().splitlines()
            return sum(int(line.rpartition(" ")[2]) for line in lines)

        self.assertEqual(total(), total("--names", "full", "--frames", "all"))


class Pprof(Jam):
    def pprof(self, *options: str | pathlib.Path) -> str:
        require_tools(self, "go tool pprof", "go")
        empty = scratch(self)
        env = {"PATH": os.environ["PATH"], "HOME": str(empty), "PPROF_TMPDIR": str(empty)}
        done = run(["go", "tool", "pprof", *options], env=env, cwd=empty)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_names_are_short_and_all_frames_are_there(self) -> None:
        text = self.pprof(
            "-symbolize=none", "-top", "-cum", "-nodefraction=0", self.files() / "jam.pb.gz"
        )

        self.assertRegex(text, r"(?m) lab::jam::dot_product$")
        self.assertIn("boost::asio::detail::", text)
        for name in PLUMBING:
            self.assertNotIn(name, text)

    def test_pprof_can_demangle_the_names_in_full(self) -> None:
        # remote: else it looks into the program again, if that lies at its path.
        text = self.pprof(
            "-symbolize=remote:demangle=full", "-top", "-nodefraction=0", self.files() / "jam.pb.gz"
        )

        self.assertRegex(text, r"lab::jam::\(anonymous namespace\)::dot_product\(std::array<double")


if __name__ == "__main__":
    unittest.main()
