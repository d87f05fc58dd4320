"""Opens profiles in real viewers: the node scripts in viewers/, and the captures to show them."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tempfile
import unittest
from collections.abc import Callable, Iterable
from typing import Any

from support.capture import take
from support.lab import ROOT, Lab
from support.wire import Response, skip
from tools import require_tools, run

SCRIPTS = pathlib.Path(__file__).resolve().parent / "viewers"
BUILD = pathlib.Path(os.environ.get("LAB_BUILD_DIR") or ROOT / "build/release").resolve()
# node_modules, and the screenshots for people.
PLACE = BUILD / "viewers"
MANIFEST = ("package.json", "package-lock.json")
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")

# The functions of the jam that hold time of their own in every capture of it.
HOT = ("dot_product", "cosine_similarity", "popularity_decay")
JAM = ("rebuild_recommendations", "recommend_for_customer", "rank_catalogue", "score_product", *HOT)
JAM_FILE = "app/profiling_lab/faults/jam.cpp"
JAM_ROUTE = "/api/lab/event-loop-jam"


def _install_modules(test: unittest.TestCase, part: str) -> None:
    """node_modules as the lock file wants them; nothing is fetched if they are."""
    PLACE.mkdir(parents=True, exist_ok=True)
    wanted = [(SCRIPTS / name).read_bytes() for name in MANIFEST]
    there = [PLACE / name for name in MANIFEST]
    done = PLACE / "node_modules/.installed"
    if done.exists() and [path.read_bytes() for path in there] == wanted:
        return
    done.unlink(missing_ok=True)
    for path, content in zip(there, wanted):
        path.write_bytes(content)
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = run(npm, cwd=PLACE, limit=240)
    if installed.returncode and any(mark in installed.stdout for mark in OFFLINE):
        skip(test, part, "npm cannot reach its registry")
    test.assertEqual(installed.returncode, 0, installed.stdout)
    done.touch()


def need_modules(test: unittest.TestCase, part: str) -> None:
    require_tools(test, part, "node", "npm")
    _install_modules(test, part)


def need_viewer(test: unittest.TestCase, part: str) -> None:
    require_tools(test, part, "chromium")
    need_modules(test, part)


def need_node(test: unittest.TestCase, part: str, *least: int) -> None:
    """Skips where Node is older than a package says that it needs."""
    version = run(["node", "--version"]).stdout.strip()
    if tuple(int(number) for number in version.removeprefix("v").split(".")) < least:
        skip(test, part, f"needs Node {'.'.join(map(str, least))}, this is {version}")


def read(test: unittest.TestCase, script: str, *arguments: str | pathlib.Path) -> dict[str, Any]:
    """What a script of viewers/ saw; other lines than its JSON may stand around it."""
    done = run(["node", SCRIPTS / f"{script}.mjs", *arguments], cwd=PLACE, limit=180)
    test.assertEqual(done.returncode, 0, done.stdout)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


def show(
    test: unittest.TestCase, viewer: str, profile: pathlib.Path, *more: str | pathlib.Path
) -> dict[str, Any]:
    """What the viewer's script saw; the screenshot is named after the viewer and the format."""
    picture = PLACE / f"{viewer}{profile.suffix}.png"
    picture.unlink(missing_ok=True)
    seen = read(test, viewer, shutil.which("chromium"), profile, picture, *more)
    test.assertGreater(picture.stat().st_size, 10_000, "the screenshot is empty")
    return seen


def keep(
    test: unittest.TestCase, lab: Lab, response: Response, directory: pathlib.Path
) -> dict[str, pathlib.Path]:
    """The artifacts of a capture, fetched over HTTP; by format, as in `.pb.gz`."""
    test.assertEqual(response.status, 200, response.body)
    files = {}
    for name in (each["name"] for each in response.json()["artifacts"]):
        # The name has a dot of its own, in the time.
        kind = "." + name.rpartition("Z-")[2].partition(".")[2]
        fetched = lab.http("GET", f"/api/lab/artifacts/{name}")
        test.assertEqual(fetched.status, 200, fetched.body)
        files[kind] = directory / f"capture{kind}"
        files[kind].write_bytes(fetched.body)
    return files


class Prepared(unittest.TestCase):
    """Its tests look at something that takes long and is prepared once for them all."""

    def once(self, what: str, prepare: Callable[[], None]) -> None:
        """For all tests of the class; what failed for one is not tried again for the others."""
        outcomes = self.__class__.__dict__.get("outcomes", {})
        type(self).outcomes = outcomes
        if what not in outcomes:
            outcomes[what] = f"{what} failed"
            prepare()
            outcomes[what] = ""
        self.assertEqual(outcomes[what], "")


class JamCapture(Prepared):
    """Its tests look at one capture of a jam, 2 s of 4 s; taken once it is known to be of use."""

    query = "seconds=4"
    files: dict[str, pathlib.Path] = {}
    quality: dict[str, Any] = {}

    def need(self) -> None:
        """Skips where the tools are missing."""

    def setUp(self) -> None:
        self.need()
        self.once("capture", self.capture)

    def capture(self) -> None:
        kind = type(self)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="lab-"))
        kind.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        lab = Lab.for_test(self)
        response = take(lab, self.query, jam_ms=2000)
        kind.files = keep(self, lab, response, directory)
        kind.quality = response.json()["quality"]


def missing(names: Iterable[str], text: str) -> list[str]:
    return [name for name in names if name not in text]
