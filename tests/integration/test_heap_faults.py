"""Heap snapshots that go wrong: what the client is told, and that the service goes on."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import threading
import unittest
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import FakeEncoder, end, is_alive
from support.heap import leak, need_tracking, snapshot, taken
from support.lab import Lab
from support.wire import TOKEN, Response, eventually, request

PART = "heap snapshot faults"
MIB = 1 << 20


def threads(pid: int) -> list[pathlib.Path]:
    try:
        return list(pathlib.Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []  # it has ended


def children(pid: int) -> list[int]:
    found = []
    for thread in threads(pid):
        try:
            found += [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
    return found


def command(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def state_of(pid: int) -> str:
    """A letter, as in /proc/PID/stat; empty: it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def files(lab: Lab) -> set[str]:
    return {p.name for p in lab.directory.iterdir() if "heap-" in p.name}


class Watcher(threading.Thread):
    """Calls `act` with each child of the lab of this name, as soon as it is seen."""

    def __init__(self, lab: Lab, name: str, act: Callable[[int], None]) -> None:
        super().__init__(daemon=True)
        self.lab, self.wanted, self.act = lab, name, act
        self.seen: set[int] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            for child in children(self.lab.pid):
                if child not in self.seen and command(child) == self.wanted:
                    self.act(child)
                    self.seen.add(child)

    def __enter__(self) -> Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.join()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Killed(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        need_tracking(self, self.lab, PART)
        leak(self.lab, 256)

    def failure(self, name: str, detail: str) -> Response:
        """The response once a child of that name was killed in time: what becomes the encoder has
        the name of the service for a moment."""

        def killed() -> Response | None:
            response = snapshot(self.lab)
            return response if response.status != 200 and detail in response.body.decode() else None

        with Watcher(self.lab, name, kill):
            return eventually(killed, "one is killed in time")

    def test_the_child_that_scans(self) -> None:
        last = self.failure("profiling-lab", "the scan of the heap: ended by signal 9")

        self.assertEqual(last.status, 500)
        self.assertEqual([name for name in files(self.lab) if name.endswith(".part")], [])
        self.assertEqual(taken(self, self.lab)["quality"]["verdict"], "good")

    def test_the_encoder(self) -> None:
        last = self.failure("loopscope", "ended by signal 9")

        self.assertEqual(last.status, 500)
        self.assertIn("the raw capture is kept", last.json()["detail"])
        self.assertEqual(taken(self, self.lab)["quality"]["verdict"], "good")

    def test_both_are_the_first_to_go_when_memory_runs_out(self) -> None:
        scores: dict[str, set[int]] = {}

        def note(pid: int) -> None:
            name = command(pid)
            for _ in range(200):
                try:
                    score = int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text().split()[0])
                except (OSError, IndexError):
                    return
                scores.setdefault(name, set()).add(score)
                if score == 1000:
                    return

        with Watcher(self.lab, "profiling-lab", note), Watcher(self.lab, "loopscope", note):
            eventually(
                lambda: snapshot(self.lab).status == 200
                and all(1000 in scores.get(n, ()) for n in ("profiling-lab", "loopscope")),
                "both are seen",
            )
        ours, own = (
            pathlib.Path(f"/proc/{of}/oom_score_adj").read_text() for of in ("self", self.lab.pid)
        )
        self.assertEqual(own, ours)


class Jammed(unittest.TestCase):
    def test_a_jam_that_begins_later_does_not_hold_it_up(self) -> None:
        lab = Lab.for_test(self)
        need_tracking(self, lab, PART)
        leak(lab, 64)

        def finished() -> list[pathlib.Path]:
            return list(lab.directory.glob("heap-*.heapsnapshot"))

        # Ends while the loop is blocked, or on a machine without time to spare, never.
        for seconds in (5, 15, 45):
            for file in finished():
                file.unlink()
            with lab.connect(timeout=120) as jam:
                started = snapshot(lab, "?async=true")
                self.assertEqual(started.status, 202, started.body)
                jam.send(request("POST", f"/api/lab/event-loop-jam?ms={seconds}000", token=TOKEN))
                while not finished() and not jam.readable(wait=0.01):
                    pass
                in_time = not jam.readable()
                self.assertEqual(jam.response("POST").status, 200)
            if in_time:
                return
            end(lab, started.header("location"))
        self.fail("a snapshot waits for the loop")


class OneAtATime(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = Lab.for_test(self, {"LAB_ENCODER": str(self.encoder.path)})
        need_tracking(self, self.lab, PART)

    def start(self) -> str:
        self.encoder.order("wait")
        response = snapshot(self.lab, "?async=true")
        self.assertEqual(response.status, 202, response.body)
        return response.header("location")

    def test_a_second_one_is_told_which_runs(self) -> None:
        location = self.start()

        second = snapshot(self.lab)

        self.assertEqual(second.status, 409)
        self.assertIn(location, second.json()["detail"])
        self.lab.http("DELETE", location)

    def test_a_cancelled_one_leaves_nothing(self) -> None:
        location = self.start()
        pid = self.encoder.wait_call()["pid"]

        self.assertEqual(self.lab.http("DELETE", location).status, 204)

        self.assertEqual(end(self.lab, location)["phase"], "cancelled")
        eventually(lambda: not is_alive(pid), "the encoder ends")
        eventually(lambda: files(self.lab) == set(), "the files go")

    def test_it_is_given_up_with_its_client(self) -> None:
        self.encoder.order("wait")
        with self.lab.connect() as wire:
            wire.send(request("POST", "/api/lab/heap-snapshot", token=TOKEN))
            pid = self.encoder.wait_call()["pid"]

        eventually(lambda: not is_alive(pid), "the encoder ends")
        eventually(lambda: files(self.lab) == set(), "the files go")


class Stopped(unittest.TestCase):
    def test_a_service_that_stops_midway_leaves_no_child_and_no_temporary_file(self) -> None:
        lab = Lab.for_test(self, {"LAB_SHUTDOWN_GRACE": "0s"})
        need_tracking(self, lab, PART)
        leak(lab, 256)
        seen: list[int] = []
        with Watcher(lab, "profiling-lab", seen.append):
            eventually(lambda: snapshot(lab, "?async=true") and seen, "the scan begins")
            lab.stop()

        for pid in seen:
            eventually(lambda: not is_alive(pid), "the child ends")
        self.assertEqual([n for n in files(lab) if n.endswith(".part") or n[0] == "."], [])

    def test_a_killed_service_takes_the_child_with_it(self) -> None:
        lab = Lab.for_test(self)
        need_tracking(self, lab, PART)
        leak(lab, 256)
        seen: list[int] = []
        with Watcher(lab, "profiling-lab", seen.append):
            eventually(lambda: snapshot(lab, "?async=true") and seen, "the scan begins")
            lab.kill()

        for pid in seen:
            # Process 1 reaps it, or does not.
            eventually(lambda: state_of(pid) in ("", "Z", "X"), "the child ends")


class Repeated(unittest.TestCase):
    def test_many_snapshots_leave_nothing_behind(self) -> None:
        lab = Lab.for_test(self)
        need_tracking(self, lab, PART)
        full = bool(os.environ.get("LAB_TEST_FULL"))
        remembered = 32  # captures
        for _ in range(remembered + 1 if full else 3):
            taken(self, lab)
        rss, descriptors = lab.rss_bytes(), lab.open_files()

        objects = [taken(self, lab)["quality"]["objects"] for _ in range(100 if full else 8)]

        self.assertLess(lab.rss_bytes() - rss, 16 * MIB)
        self.assertLessEqual(lab.open_files(), descriptors + 2)
        self.assertLess(objects[-1] - objects[0], 50 if full else 8 * 100)
        self.assertEqual(children(lab.pid), [])


if __name__ == "__main__":
    unittest.main()
