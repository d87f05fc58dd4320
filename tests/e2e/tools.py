"""What the end-to-end tests share: tools, scratch directories, processes with a deadline."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest
from collections.abc import Mapping, Sequence

from support.lab import ROOT
from support.wire import DEADLINE, skip


# scripts/test unpacks there what it does not install.
os.environ["PATH"] += f"{os.pathsep}{ROOT / 'build/tools/usr/bin'}"


def require_tools(test: unittest.TestCase, part: str, *names: str) -> None:
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        skip(test, part, f"not installed: {', '.join(missing)}")


def require_root(test: unittest.TestCase, part: str) -> None:
    if os.geteuid() != 0:
        skip(test, part, "needs root")


def scratch(test: unittest.TestCase) -> pathlib.Path:
    """A directory that ends with the test."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="lab-e2e-"))
    test.addCleanup(shutil.rmtree, directory, ignore_errors=True)
    return directory


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    cwd: pathlib.Path | None = None,
    stdin: str = "",
    limit: float = DEADLINE,
) -> subprocess.CompletedProcess[str]:
    """Runs to its end, whatever the exit code; stderr is merged into stdout."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(stdin, limit)
    except subprocess.TimeoutExpired as late:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise AssertionError(f"still running: {command}: {late.stdout!r}") from None
    return subprocess.CompletedProcess(command, process.returncode, output, None)


def seen_by_git(directory: pathlib.Path) -> list[str]:
    """What would show as new in `git status` if `directory` were the root of this repository."""
    run(["git", "init", "-q", directory])
    shutil.copy(ROOT / ".gitignore", directory)
    new = run(["git", "ls-files", "--others", "--exclude-standard"], cwd=directory)
    return [name for name in new.stdout.splitlines() if name != ".gitignore"]


def sessions(leader: int) -> list[int]:
    """The processes of the session that `leader` began."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[3]) == leader:
            found.append(int(stat.parent.name))
    return found
