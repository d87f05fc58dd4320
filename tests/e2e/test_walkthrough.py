"""The README: every command runs as written, every route is in it, every link leads somewhere."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import sys
import unittest
from collections.abc import Iterable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import BINARY, ROOT, Lab, clean_environment
from support.wire import TOKEN, skip
from tools import require_tools, run, scratch, seen_by_git
from viewer import need_viewer, show

README = ROOT / "README.md"
BASE_URL = "http://localhost:3001"
BLOCK = re.compile(
    r"(?P<why><!-- not run: [^\n]+ -->\n)?"
    r"^```bash\n(?P<code>.*?)^```\n"
    r"(?:\n(?P<typical><!-- typical: [^\n]+ -->\n)?^```text\n(?P<shown>.*?)^```\n)?"
    r"(?P<expects>(?:<!-- expect: .*? -->\n)*)",
    re.MULTILINE | re.DOTALL,
)
EXPECT = re.compile(r"<!-- expect: (.*?) -->\n")
# What differs from one run to the next in output that the text shows: numbers, ids, times, blanks,
# and what it leaves out.
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.-]+Z|\b[0-9a-f]{8,}\b|\d+(?:\.\d+)?|\.\.\.|\s+")
ROUTE = re.compile(r"`((?:GET|POST|PUT|DELETE|HEAD)) (/[^`?\s]*)")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced command, the output that the reader is shown, and what it must match as well.

    A line of `...` stands for any lines. Output that is typical is shown, but not compared.
    """

    line: int
    code: str
    shown: tuple[str, ...]
    typical: bool
    expects: tuple[str, ...]
    reason: str | None

    def name(self) -> str:
        return f"README.md:{self.line}: {self.code.splitlines()[0]}"


def blocks(text: str) -> list[Block]:
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        why = match["why"]
        reason = why.removeprefix("<!-- not run: ").removesuffix(" -->\n") if why else None
        expects = tuple(EXPECT.findall(match["expects"]))
        shown = tuple((match["shown"] or "").splitlines())
        found.append(
            Block(line, match["code"], shown, bool(match["typical"]), expects, reason)
        )
    return found


def like(shown: str) -> re.Pattern[str]:
    """Matches a line of output that differs from the one that is shown only where runs differ."""
    pattern, end = "", 0
    for part in VARYING.finditer(shown):
        blank, skipped = part[0].isspace(), part[0] == "..."
        value = r"\s+" if blank else ".*" if skipped else r"[\dA-Za-z:.+-]+"
        pattern, end = pattern + re.escape(shown[end : part.start()]) + value, part.end()
    return re.compile(pattern + re.escape(shown[end:]))


def not_printed(shown: Iterable[str], output: str) -> list[str]:
    """The shown lines without one like them in the output; two commands at a time take no turns."""
    lines = output.splitlines()
    wanted = [line for line in shown if line.strip() and line != "..."]
    return [line for line in wanted if not any(map(like(line).fullmatch, lines))]


def anchor(heading: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


class Comparison(unittest.TestCase):
    SHOWN = ("[", '  "bytes": 20303,', "...", '  "name": "cpu-2026-01-02T03-04-05.678Z-0123abcd.x"')

    def test_numbers_times_and_ids_may_differ_and_lines_may_lie_between(self) -> None:
        output = '[\n "bytes": 7,\nmore\n "name": "cpu-2031-12-24T13-14-15.600Z-89ab01cd.x"\n]'

        self.assertEqual(not_printed(self.SHOWN, output), [])

    def test_words_may_not(self) -> None:
        for line in (' "bites": 7,', ' "bytes": "7",', ' "bytes": 7', ' "bytes": 7,}'):
            with self.subTest(line):
                self.assertEqual(not_printed(self.SHOWN[:2], f"[\n{line}"), [self.SHOWN[1]])


class Document(unittest.TestCase):
    def setUp(self) -> None:
        self.text = README.read_text()
        self.blocks = blocks(self.text)

    def test_every_bash_block_was_found(self) -> None:
        self.assertEqual(len(self.blocks), self.text.count("```bash\n"))
        self.assertGreater(len(self.blocks), 15)

    def test_every_command_that_runs_shows_the_reader_what_to_expect(self) -> None:
        bare = [block.name() for block in self.blocks if not block.reason and not block.shown]
        self.assertEqual(bare, [])
        unsure = [b.name() for b in self.blocks if b.typical and not b.expects]
        self.assertEqual(unsure, [])

    def test_every_expectation_belongs_to_a_block(self) -> None:
        self.assertEqual(sum(len(b.expects) for b in self.blocks), self.text.count("<!-- expect:"))

    def test_every_link_inside_the_repository_leads_somewhere(self) -> None:
        headings = {anchor(h) for h in re.findall(r"^#+ (.+)$", self.text, re.MULTILINE)}
        for target in re.findall(r"\]\(([^)\s]+)\)", self.text):
            with self.subTest(target):
                if target.startswith("#"):
                    self.assertIn(target[1:], headings)
                elif "://" not in target:
                    self.assertTrue((ROOT / target).exists())

    def test_every_script_and_folder_that_it_names_exists(self) -> None:
        for name in re.findall(r"\./(scripts/[\w.-]+)", self.text):
            with self.subTest(name):
                self.assertTrue(os.access(ROOT / name, os.X_OK))
        folders = re.search(r"^## Repository$.*?^```\n(.*?)^```$", self.text, re.M | re.S)[1]
        for name in re.findall(r"^([\w.-]+)/ ", folders, re.MULTILINE):
            with self.subTest(name):
                self.assertTrue((ROOT / name).is_dir())

    def test_the_example_of_the_library_compiles(self) -> None:
        require_tools(self, "walkthrough", "g++")
        example = re.search(r"^```cpp\n(.*?)^```", self.text, re.M | re.S)[1]
        include = f"-I{ROOT / 'lib'}"
        done = run(["g++", "-std=c++20", "-fsyntax-only", include, "-x", "c++", "-"], stdin=example)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Walkthrough(unittest.TestCase):
    def setUp(self) -> None:
        require_tools(self, "walkthrough", "bash", "curl", "git", "go", "jq", "google-pprof")
        self.lab = Lab.for_test(self)
        if not self.lab.has_gperftools():
            skip(self, "walkthrough", "built without gperftools")
        self.directory = self.repository_look_alike()

    def repository_look_alike(self) -> pathlib.Path:
        """Files that the commands write stay out of the repository."""
        directory = scratch(self)
        programs = directory / "build/release/bin"
        programs.mkdir(parents=True)
        for name in ("profiling-lab", "loopscope"):
            (programs / name).symlink_to(BINARY.with_name(name))
        return directory

    def run_block(self, block: Block) -> str:
        code = block.code.replace(BASE_URL, f"http://localhost:{self.lab.port}")
        done = run(
            ["bash", "-euo", "pipefail", "-c", code],
            env=clean_environment({"LAB_TOKEN": TOKEN}),
            cwd=self.directory,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.replace(str(self.lab.directory), "/tmp")

    def check(self, block: Block) -> None:
        output = self.run_block(block)
        for expected in block.expects:
            found = re.search(expected, output, re.MULTILINE)
            self.assertTrue(found, f"{expected!r} is not in:\n{output}")
        if not block.typical:
            self.assertEqual(not_printed(block.shown, output), [], f"no lines like them in:\n{output}")

    def test_every_command_works_as_written_and_shows_what_the_text_says(self) -> None:
        for block in blocks(README.read_text()):
            if block.reason:
                continue
            with self.subTest(block.name()):
                self.check(block)
            with self.subTest(block.name(), then="git status"):
                self.assertEqual(seen_by_git(self.directory), [])


class DevTools(unittest.TestCase):
    def test_the_button_that_loads_a_profile_is_called_so(self) -> None:
        need_viewer(self, "walkthrough")
        named = re.search(r"\*\*In Chrome DevTools\.\*\*.*?button \*(.+?)\*", README.read_text())

        buttons = show(self, "devtools_buttons", pathlib.Path("none.cpuprofile"))["buttons"]

        self.assertIn(named[1], buttons)


class Routes(unittest.TestCase):
    TABLES = ("app/profiling_lab/routes.cpp", "lib/loopscope/control/routes.cpp")

    def served(self) -> set[str]:
        """From the route tables in the code: a verb, then a path, or what the lab says it is."""
        lab = (ROOT / "app/profiling_lab/service.cpp").read_text()
        prefix = re.search(r'\.prefix = "([^"]+)"', lab)[1]
        metrics = re.search(r'\.metrics = "([^"]+)"', lab)[1]
        text = "".join((ROOT / name).read_text() for name in self.TABLES)
        text = re.sub(r'(?:with\.paths\.)?prefix \+ "', f'"{prefix}', text)
        text = text.replace("with.paths.metrics", f'"{metrics}"')
        rows = re.findall(r'verb::(\w+),\s*\.path = "([^"]+)"', text)
        self.assertEqual(len(rows), text.count(".path = "))
        return {f"{verb.rstrip('_').upper()} {path}" for verb, path in rows}

    def test_the_endpoint_table_lists_exactly_the_routes_of_the_service(self) -> None:
        table = re.search(r"^## Endpoints$(.*?)^## ", README.read_text(), re.M | re.S)[1]
        documented = {" ".join(route) for route in ROUTE.findall(table)}
        self.assertGreater(len(documented), 8)
        self.assertEqual(documented, self.served())


if __name__ == "__main__":
    unittest.main()
