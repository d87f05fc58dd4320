"""A process that is stopped during a capture: every format has all of the time, at one place."""

from __future__ import annotations

import collections
import gzip
import json
import os
import pathlib
import signal
import sys
import time
import unittest
from collections.abc import Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, take
from support.encoder import need_sampler
from support.lab import BINARY, Lab
from support.wire import TOKEN, eventually, request

HZ = 100
STOP = 0.6
ROUTE = "/api/lab/event-loop-jam"

Times = dict[bool, float]  # seconds, by whether the jam had them


def in_cpuprofile(file: pathlib.Path) -> Times:
    """As viewers read it: a sample is shown until the next one begins."""
    data = json.loads(file.read_bytes())
    jam = {0: False}
    for node in data["nodes"]:  # parents come first
        own = node["callFrame"]["functionName"] == f"route {ROUTE}"
        jam[node["id"]] = own or jam.get(node["id"], False)
        jam.update({child: jam[node["id"]] for child in node["children"]})
    left = data["endTime"] - data["startTime"] - sum(data["timeDeltas"])
    times: Times = collections.defaultdict(float)
    for number, lasts in zip(data["samples"], [*data["timeDeltas"][1:], left]):
        times[jam[number]] += lasts / 1e6
    return times


def in_folded(file: pathlib.Path) -> Times:
    times: Times = collections.defaultdict(float)
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        times[stack.startswith(f"route {ROUTE};")] += int(count) / HZ
    return times


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Source: https://protobuf.dev/programming-guides/encoding/"""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            length = varint()
            yield tag >> 3, message[at : at + length]
            at += length


def numbers(packed: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in packed:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    return found


def in_pprof(file: pathlib.Path) -> Times:
    profile = list(fields(gzip.decompress(file.read_bytes())))
    texts = [text for number, text in profile if number == 6]
    times: Times = collections.defaultdict(float)
    for sample in (dict(fields(body)) for number, body in profile if number == 2):
        label = dict(fields(sample.get(3, b"")))
        times[texts[label.get(2, 0)] == ROUTE.encode()] += numbers(sample[2])[1] / 1e9
    return times


class Stopped(unittest.TestCase):
    def setUp(self) -> None:
        if not BINARY.with_name("loopscope").exists():
            self.skipTest("no encoder beside the service")
        self.lab = Lab.for_test(self)
        need_sampler(self, self.lab)

    def stop_for_a_while(self) -> None:
        os.kill(self.lab.pid, signal.SIGSTOP)
        time.sleep(STOP)
        os.kill(self.lab.pid, signal.SIGCONT)

    def check(self, capture: dict) -> None:
        files = {name: pathlib.Path(a["path"]) for a in capture["artifacts"]
                 for name in ("cpuprofile", "pb.gz", "folded") if a["path"].endswith("." + name)}
        shown = in_cpuprofile(files["cpuprofile"])
        self.assertAlmostEqual(sum(shown.values()), capture["quality"]["measuredSeconds"], delta=0.05)
        for times in (in_pprof(files["pb.gz"]), in_folded(files["folded"])):
            for jam in (False, True):
                self.assertAlmostEqual(times[jam], shown[jam], delta=0.15)
            self.assertAlmostEqual(sum(times.values()), sum(shown.values()), delta=0.05)
        self.jam, self.rest = shown[True], shown[False]

    def test_in_a_jam_it_lengthens_the_jam_in_every_format(self) -> None:
        take(self.lab)  # reads the unwind tables, whose CPU time would be taken for the jam's
        with begin(self.lab, f"seconds=3&hz={HZ}") as wire, self.lab.connect() as jammed:
            before = self.lab.cpu_seconds()
            jammed.send(request("POST", f"{ROUTE}?ms=1500", token=TOKEN))
            eventually(lambda: self.lab.cpu_seconds() > before + 0.1, "the loop is jammed")
            self.stop_for_a_while()
            capture = wire.response("POST").json()

        self.check(capture)
        self.assertGreater(self.jam, 1.4)

    def test_while_it_waits_it_lengthens_the_waiting_in_every_format(self) -> None:
        with begin(self.lab, f"seconds=2&hz={HZ}") as wire:
            self.stop_for_a_while()
            capture = wire.response("POST").json()

        self.check(capture)
        self.assertGreater(self.rest, 1.9)
        self.assertEqual(self.jam, 0)


if __name__ == "__main__":
    unittest.main()
