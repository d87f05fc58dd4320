"""The service as process 1 of a container without an init: reaps orphans, ends on SIGTERM."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.deny_syscall import denying
from support.encoder import FakeEncoder, end, is_alive, listed, need_sampler, post, start
from support.lab import BINARY, Lab, temp_dir
from support.wire import TOKEN, eventually, request, skip

PART = "process 1 of a PID namespace"
ORPHANS = 20
# In the service's namespace: processes whose parent ends first, each in a session of its own.
MAKE_ORPHANS = f"""
import os, time
for number in range({ORPHANS}):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while os.getppid() != 1:
                time.sleep(0.001)
            os._exit(number)
        os._exit(0)
for _ in range({ORPHANS}):
    os.wait()
"""


def children(pid: int) -> dict[int, str]:
    """The states of a process' children by their number: `Z` is a zombie."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found[int(stat.parent.name)] = fields[0]
    return found


class MetadataServer:
    """Of a task: it takes a connection, signals the service that made it, and does not respond."""

    def __init__(self, test: unittest.TestCase, number: signal.Signals) -> None:
        self.number = number
        self.socket = socket.create_server(("127.0.0.1", 0))
        test.addCleanup(self.socket.close)
        self.uri = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v4/task"
        self.signalled = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        peer, _ = self.socket.accept()
        with peer:
            os.kill(self.service(), self.number)
            self.signalled.set()
            while peer.recv(4096):
                pass

    def service(self) -> int:
        """The process that has our address in its environment, and not the one that starts it."""
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                program = os.readlink(path.with_name("exe"))
                if program == str(BINARY) and self.uri.encode() in path.read_bytes():
                    return int(path.parent.name)
            except OSError:
                continue
        raise AssertionError("no process has the address")


class ContainedLab(Lab):
    """Its own process is `unshare`, which ends as the service does; `pid` is the service's."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        (self.pid,) = children(self.process.pid)

    def send_signal(self, number: int = signal.SIGTERM) -> None:
        self._told_to_stop = True
        os.kill(self.pid, number)


class ProcessOne(unittest.TestCase):
    def setUp(self) -> None:
        for tool in ("unshare", "nsenter"):
            if not shutil.which(tool):
                skip(self, PART, f"not installed: {tool}")
        self.user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.prefix = ["unshare", *self.user, "--pid", "--fork", "--kill-child", "--mount-proc"]
        probe = subprocess.run([*self.prefix, "true"], capture_output=True, text=True, timeout=60)
        if probe.returncode != 0:
            skip(self, PART, probe.stderr.strip())
        self.encoder = FakeEncoder(self)
        env = {"LAB_ENCODER": str(self.encoder.path)}
        self.lab = ContainedLab.for_test(self, env, directory=temp_dir(self), prefix=self.prefix)
        self.assertEqual(self.lab.http("GET", "/api/lab/status").json()["instance"]["pid"], 1)

    def make_orphans(self) -> None:
        enter = ["nsenter", f"--target={self.lab.pid}", "--pid"]
        enter += ["--user", "--preserve-credentials"] if self.user else []
        command = [*enter, sys.executable, "-c", MAKE_ORPHANS]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def check_no_child_is_left(self) -> None:
        eventually(lambda: not children(self.lab.pid), "every orphan is reaped")

    def test_orphans_are_reaped(self) -> None:
        for _ in range(3):
            self.make_orphans()
            self.check_no_child_is_left()

    def test_an_encoder_and_orphans_do_not_get_into_each_others_way(self) -> None:
        need_sampler(self, self.lab)
        self.encoder.order("wait")
        location = start(self.lab)
        self.encoder.wait_call()
        (encoder,) = children(self.lab.pid)
        self.make_orphans()
        eventually(lambda: set(children(self.lab.pid)) == {encoder}, "every orphan is reaped")
        self.encoder.let_go()

        self.assertEqual(end(self.lab, location)["phase"], "done")
        self.check_no_child_is_left()
        self.assertGreater(len(listed(self.lab)), 0)

    def test_how_an_encoder_ended_is_known(self) -> None:
        need_sampler(self, self.lab)
        for order, why in (
            ("crash", "signal 11 (Segmentation fault)"), ("complain", "the maps make no sense")
        ):
            with self.subTest(order=order):
                self.encoder.order(order)
                response = post(self.lab, "seconds=1")
                self.assertEqual(response.status, 500, response.body)
                self.assertIn(why, response.json()["detail"])
        self.encoder.order("done")
        self.assertEqual(post(self.lab, "seconds=1").status, 200)
        self.check_no_child_is_left()

    def test_an_old_kernel_has_no_descriptors_for_processes(self) -> None:
        need_sampler(self, self.lab)
        prefix = [*self.prefix, *denying(self, PART, pidfd_open="ENOSYS")]
        env = {"LAB_ENCODER": str(self.encoder.path)}
        self.lab = ContainedLab.for_test(self, env, directory=temp_dir(self), prefix=prefix)

        self.encoder.order("crash")
        self.assertIn("signal 11", post(self.lab, "seconds=1").json()["detail"])
        self.make_orphans()
        self.check_no_child_is_left()

    def test_both_signals_end_it_in_order(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                directory = temp_dir(self)
                lab = ContainedLab.for_test(self, directory=directory, prefix=self.prefix)
                lab.send_signal(number)

                self.assertEqual(lab.wait(), 0)
                self.assertEqual(lab.events[-1]["event"], "stopped")
                self.assertEqual(list(directory.iterdir()), [])

    def test_a_signal_that_comes_before_it_listens_is_not_lost(self) -> None:
        server = MetadataServer(self, signal.SIGTERM)
        env = {"ECS_CONTAINER_METADATA_URI_V4": server.uri}

        lab = Lab.for_test(self, env, prefix=self.prefix)

        self.assertTrue(server.signalled.is_set())
        self.assertEqual(lab.wait(), 0)
        self.assertEqual(lab.events[-1]["event"], "stopped")

    def test_a_jam_keeps_it_from_neither(self) -> None:
        before = self.lab.cpu_seconds()
        with self.lab.connect() as wire:
            wire.send(request("POST", "/api/lab/event-loop-jam?ms=60000", token=TOKEN))
            eventually(lambda: self.lab.cpu_seconds() > before + 0.3, "the loop is jammed")

            self.make_orphans()
            self.check_no_child_is_left()
            self.lab.send_signal()
            self.lab.wait_event("shutting_down")
            self.lab.send_signal()

            self.assertEqual(self.lab.wait(), 130)


class Subreaper(unittest.TestCase):
    """Orphans come to a subreaper too, here those of an encoder."""

    SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, which stays through exec
    START = f"import ctypes,os,sys; ctypes.CDLL(None).prctl({SUBREAPER}, 1, 0, 0, 0); " + (
        "os.execv(sys.argv[1], sys.argv[1:])"
    )

    def test_what_an_encoder_leaves_behind_is_reaped(self) -> None:
        directory = temp_dir(self)
        encoder = directory / "encoder"
        encoder.write_text(f"#!/bin/sh\nsleep 0.01 & echo $! > {directory}/left; exit 9\n")
        encoder.chmod(0o700)
        prefix = [sys.executable, "-c", self.START]
        lab = Lab.for_test(self, {"LAB_ENCODER": str(encoder)}, prefix=prefix)
        need_sampler(self, lab)

        response = post(lab, "seconds=1")

        self.assertIn("exit code 9", response.json()["detail"])
        left = int((directory / "left").read_text())
        eventually(lambda: not is_alive(left), "the descendant is reaped")
        self.assertEqual(children(lab.pid), {})


if __name__ == "__main__":
    unittest.main()
