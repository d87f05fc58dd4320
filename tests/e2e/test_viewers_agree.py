"""One capture in every viewer: all of them give each function the same time of its own."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cpuprofile import CpuProfile
from support.capture import need_profiler
from support.lab import BINARY, Lab
from support.wire import skip
from test_viewer_devtools import milliseconds
from test_viewer_google_pprof import ROW
from test_viewer_pprof import Table
from tools import require_tools, run, scratch
from viewer import HOT, PLACE, JamCapture, need_viewer, show

WITHIN = 0.01  # of all time
WAITING = "(idle)"
Shares = dict[str, float]


def shares(times: dict[str, float]) -> Shares:
    """Of all time, by function. pprof and gperftools know the waiting loop by its system call."""
    total = sum(times.values())
    found: Shares = collections.defaultdict(float)
    for name, time in times.items():
        name = name.removesuffix(" (inline)").partition("@@")[0]
        found[WAITING if name == "epoll_wait" else name] += time / total
    return found


class Agreement(JamCapture):
    query = "seconds=4&hz=200"

    def need(self) -> None:
        require_tools(self, "viewers agree", "go", "google-pprof", "c++filt")
        need_viewer(self, "viewers agree")
        if not self.files:
            need_profiler(self, Lab.for_test(self), "viewers agree")

    def setUp(self) -> None:
        super().setUp()
        times: dict[str, float] = collections.defaultdict(float)
        for stack, _, lasts in CpuProfile(self.files[".cpuprofile"]).samples():
            times[stack[-1].name if stack else "(root)"] += lasts
        self.ours = shares(times)
        for name in ("lab::jam::dot_product", "lab::jam::cosine_similarity", WAITING):
            self.assertGreater(self.ours[name], 5 * WITHIN, self.ours)

    def check(self, times: dict[str, float], known: set[str] | None = None) -> None:
        """\\param known  what alone the viewer shows; None: everything."""
        theirs, names = shares(times), set(self.ours)
        if WAITING not in theirs:  # some leave it out
            theirs = {name: share * (1 - self.ours[WAITING]) for name, share in theirs.items()}
            names.remove(WAITING)
        for name in names | theirs.keys() if known is None else known:
            share = theirs.get(name, 0)
            self.assertAlmostEqual(share, self.ours.get(name, 0), delta=WITHIN, msg=name)

    def pprof(self, *options: str | pathlib.Path) -> Table:
        empty = scratch(self)
        env = {"PATH": os.environ["PATH"], "HOME": str(empty), "PPROF_TMPDIR": str(empty)}
        done = run(["go", "tool", "pprof", "-top", "-nodefraction=0", "-nodecount=10000", *options],
                   env=env, cwd=empty)
        self.assertEqual(done.returncode, 0, done.stdout)
        return Table(done.stdout)

    def test_folded_stacks(self) -> None:
        times: dict[str, float] = collections.defaultdict(float)
        for line in self.files[".folded"].read_text().splitlines():
            stack, _, count = line.rpartition(" ")
            times[stack.rpartition(";")[2]] += int(count)

        self.check(times)

    def test_devtools(self) -> None:
        seen = show(self, "devtools", self.files[".cpuprofile"])
        whole = CpuProfile(self.files[".cpuprofile"]).length() * 1000
        rows = {row["activity"].split("\n")[0]: milliseconds(row["self"]) for row in seen["rows"]}
        hidden = max(0.0, whole - sum(rows.values()))  # below the rows that are on the screen

        self.assertGreaterEqual(len(rows), 5)
        self.check(rows | {"(hidden)": hidden}, set(rows))

    def test_speedscope(self) -> None:
        for kind in (".cpuprofile", ".folded", ".pb.gz"):
            with self.subTest(kind):
                self.check(show(self, "speedscope", self.files[kind])["self"])

    def test_pprof(self) -> None:
        self.check(self.pprof("-symbolize=none", self.files[".pb.gz"]).own)

    def test_pprof_with_the_linkers_names(self) -> None:
        table = self.pprof("-symbolize=remote:demangle=full", self.files[".pb.gz"])
        # The same with parameters, as in `lab::jam::(anonymous namespace)::dot_product(...)`.
        for name in HOT:
            own = sum(time for row, time in table.own.items() if f"::{name}(" in row)
            self.assertAlmostEqual(own / sum(table.own.values()), self.ours[f"lab::jam::{name}"],
                                   delta=WITHIN, msg=table.text)

    def test_pprof_compared_with_itself(self) -> None:
        file = self.files[".pb.gz"]
        same = self.pprof("-symbolize=none", "-diff_base", file, file)

        self.assertEqual([time for time in same.own.values() if time], [], same.text)

    def test_pprof_compared_with_a_capture_of_something_else(self) -> None:
        lab = Lab.for_test(self)
        response = lab.http("POST", "/api/lab/cpu-profile?seconds=1&hz=200")
        (name,) = [a["path"] for a in response.json()["artifacts"] if a["name"].endswith(".pb.gz")]
        table = self.pprof("-symbolize=none", "-diff_base", name, self.files[".pb.gz"])
        whole = CpuProfile(self.files[".cpuprofile"]).length()

        # All of the jam is new.
        for function in (f"lab::jam::{each}" for each in HOT):
            own = sum(time for row, time in table.own.items()
                      if row.removesuffix(" (inline)") == function)
            self.assertAlmostEqual(own / whole, self.ours[function], delta=WITHIN, msg=table.text)

    def test_google_pprof(self) -> None:
        done = run(["google-pprof", "--text", BINARY, self.files[".prof"]])
        self.assertEqual(done.returncode, 0, done.stdout)
        # It leaves out `(anonymous namespace)`, but not what is around it.
        times = {row[3].replace("::::", "::"): float(row[1]) for row in ROW.finditer(done.stdout)}

        self.check(times, {f"lab::jam::{name}" for name in HOT} | {WAITING, "__log1p_fma"})

    def test_firefox_profiler(self) -> None:
        program = PLACE / "node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js"
        home = scratch(self)
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        version = int(run(["node", "--version"]).stdout.removeprefix("v").partition(".")[0])

        def ask(*words: str | pathlib.Path) -> str:
            done = run(["node", program, *words], env=env, cwd=home, limit=75)
            if done.returncode != 0 and version < 24:
                skip(self, "viewers agree: Firefox Profiler", "it asks for Node 24")
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout

        self.addCleanup(run, ["node", program, "stop", "--all"], env=env, cwd=home)
        ask("load", self.files[".cpuprofile"])
        text = ask("thread", "functions", "--json")
        functions = json.loads(text[text.index("{"):])["functions"]

        samples: dict[str, float] = collections.Counter()
        for each in functions:
            samples[each["name"]] += each["selfSamples"]
        self.check(samples)

    def test_visual_studio_code(self) -> None:
        skip(self, "viewers agree: VS Code", "its profile view is not on the npm registry")


if __name__ == "__main__":
    unittest.main()
