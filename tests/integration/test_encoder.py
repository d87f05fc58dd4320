"""The encoder as a process of its own: what it is given, and every way in which it can fail."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.encoder import (
    OUTPUT,
    FakeEncoder,
    end,
    idle,
    is_alive,
    lab_with,
    leftovers,
    listed,
    post,
    start,
)
from support.lab import Lab, run_binary, temp_dir
from support.wire import TOKEN, Response, eventually

FOREIGN = {"CPUPROFILE_FREQUENCY", "AWS_SECRET_ACCESS_KEY", "OTHER"}
FORMATS = {"cpuprofile", "pb.gz", "folded"}


def extension(name: str) -> str:
    return re.sub(r"\A.*?-[0-9a-f]{8}\.", "", name)


def formats(lab: Lab) -> set[str]:
    return FORMATS | ({"prof"} if lab.has_gperftools() else set())


class Environment(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = lab_with(self, self.encoder, {name: "99" for name in (*FOREIGN, "LC_KEPT")})
        self.response = post(self.lab, "seconds=1")
        self.assertEqual(self.response.status, 200, self.response.body)
        self.call = self.encoder.calls()[-1]

    def test_it_knows_no_setting_and_no_secret(self) -> None:
        environment = self.call["environment"]

        self.assertEqual(environment["LC_KEPT"], "99")
        self.assertIn("PATH", environment)
        self.assertEqual(FOREIGN & environment.keys(), set())
        for name, value in environment.items():
            self.assertFalse(name.startswith(("LAB_", "CPUPROFILE", "HEAPPROFILE", "TCMALLOC_")))
            self.assertNotIn(TOKEN, value)
        self.assertNotIn(TOKEN, " ".join(self.call["arguments"]))

    def test_it_is_nice_and_holds_no_socket(self) -> None:
        self.assertGreaterEqual(self.call["nice"], 10)
        self.assertEqual(set(self.call["fds"]), {"0", "1", "2"}, self.call["fds"])
        self.assertEqual(self.call["fds"]["0"], "/dev/null")
        self.assertTrue(all(self.call["fds"][fd].startswith("pipe:") for fd in "12"))

    def test_it_gets_a_raw_capture_and_a_file_for_each_format(self) -> None:
        self.assertEqual(self.call["arguments"][0], "encode")
        self.assertGreater(self.call["raw"], 1000)
        self.assertEqual(set(self.call["outputs"]), formats(self.lab))

    def test_what_it_wrote_is_published_under_one_capture_and_the_raw_file_goes(self) -> None:
        artifacts = self.response.json()["artifacts"]

        self.assertEqual({extension(a["name"]) for a in artifacts}, formats(self.lab))
        self.assertEqual(len({a["captureId"] for a in artifacts}), 1)
        self.assertEqual({a["kind"] for a in artifacts}, {"cpu"})
        self.assertTrue(artifacts[0]["name"].endswith(".cpuprofile"))
        self.assertEqual(self.response.json()["filePath"], artifacts[0]["path"])
        self.assertEqual(leftovers(self.lab), {a["name"] for a in artifacts})
        for each in artifacts:
            response = self.lab.http("GET", f"/api/lab/artifacts/{each['name']}")
            self.assertEqual(response.body, OUTPUT)

    def test_it_is_reaped(self) -> None:
        self.assertFalse(is_alive(self.call["pid"]))


class Failure(unittest.TestCase):
    def setUp(self) -> None:
        self.encoder = FakeEncoder(self)
        self.lab = lab_with(self, self.encoder)

    def check_failed(self, response: Response, why: str) -> None:
        """An error that says why, the raw capture and nothing else, and a service that goes on."""
        self.assertEqual(response.status, 500, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertIn(why, response.json()["detail"])
        self.check_raw_is_kept(response.json()["detail"])
        self.encoder.install()
        self.encoder.order("done")
        self.assertEqual(post(self.lab, "seconds=1").status, 200)

    def check_raw_is_kept(self, text: str) -> None:
        self.assertTrue(idle(self.lab))
        (raw,) = listed(self.lab)
        self.assertEqual((extension(raw["name"]), raw["kind"]), ("raw", "cpu"))
        self.assertIn(raw["path"], text)
        self.assertEqual(leftovers(self.lab), {raw["name"]})
        response = self.lab.http("GET", f"/api/lab/artifacts/{raw['name']}")
        self.assertEqual((response.status, len(response.body)), (200, raw["bytes"]))
        self.assertEqual(response.body[:8], b"LOOPSRAW")

    def test_a_crash_half_way(self) -> None:
        self.encoder.order("crash")

        self.check_failed(post(self.lab, "seconds=1"), "signal 11 (Segmentation fault)")

    def test_a_complaint(self) -> None:
        self.encoder.order("complain")
        response = post(self.lab, "seconds=1")

        self.check_failed(response, "the maps make no sense")
        self.assertNotIn("and more", response.json()["detail"])

    def test_a_complaint_that_is_no_text_still_makes_a_response_that_is(self) -> None:
        self.encoder.order("odd bytes")

        self.check_failed(post(self.lab, "seconds=1"), "could not be encoded")
        self.lab.wait_event("capture_failed")

    def test_a_report_that_is_none(self) -> None:
        for order in ("garbage", "silence"):
            with self.subTest(order=order):
                self.encoder.order(order)
                self.check_failed(post(self.lab, "seconds=1"), "report")
                for each in listed(self.lab):
                    self.lab.http("DELETE", f"/api/lab/artifacts/{each['name']}")

    def test_the_program_is_gone(self) -> None:
        self.encoder.path.unlink()

        self.check_failed(post(self.lab, "seconds=1"), str(self.encoder.path))

    def test_the_program_may_not_be_executed_any_more(self) -> None:
        self.encoder.path.chmod(0o600)

        self.check_failed(post(self.lab, "seconds=1"), str(self.encoder.path))

    def test_killed_from_outside(self) -> None:
        self.encoder.order("wait")
        location = start(self.lab)
        os.kill(self.encoder.wait_call()["pid"], signal.SIGKILL)

        ended = end(self.lab, location)

        self.assertEqual(ended["phase"], "failed")
        self.assertIn("signal 9", ended["error"])
        self.assertNotIn("result", ended)
        self.check_raw_is_kept(ended["error"])

    def test_the_log_says_why(self) -> None:
        self.encoder.order("complain")
        post(self.lab, "seconds=1")

        event = self.lab.wait_event("capture_failed", level="warn")

        self.assertIn("the maps make no sense", event["detail"])

    def test_many_failures_take_no_descriptor_along(self) -> None:
        self.encoder.order("crash")
        post(self.lab, "seconds=1")
        before = self.lab.open_files()

        for _ in range(3):
            self.assertEqual(post(self.lab, "seconds=1").status, 500)

        eventually(lambda: self.lab.open_files() <= before, "descriptors are closed")


class IgnoredChildren(unittest.TestCase):
    def test_a_parent_that_ignored_sigchld_hides_no_exit_code(self) -> None:
        encoder = FakeEncoder(self)
        lab = lab_with(self, encoder, ignored=signal.SIGCHLD)
        encoder.order("crash")

        failed = post(lab, "seconds=1")
        encoder.install()
        encoder.order("done")
        done = post(lab, "seconds=1")

        self.assertEqual(failed.status, 500, failed.body)
        self.assertIn("signal 11 (Segmentation fault)", failed.json()["detail"])
        self.assertEqual(done.status, 200, done.body)


class NothingWritten(unittest.TestCase):
    def test_an_encoder_that_wrote_nothing_has_not_done_its_work(self) -> None:
        encoder = FakeEncoder(self, "write nothing")
        lab = lab_with(self, encoder)

        response = post(lab, "seconds=1")

        self.assertEqual(response.status, 500, response.body)
        self.assertEqual([extension(a["name"]) for a in listed(lab)], ["raw"])


class Quota(unittest.TestCase):
    def test_raw_captures_that_were_kept_are_evicted_like_anything_else(self) -> None:
        encoder = FakeEncoder(self, "crash")
        lab = lab_with(self, encoder, {"LAB_ARTIFACT_MAX_MB": "1"})
        post(lab, "seconds=1")
        (raw,) = listed(lab)

        encoder.order("write much")
        response = post(lab, "seconds=1")

        self.assertEqual(response.status, 200, response.body)
        names = {a["name"] for a in listed(lab)}
        self.assertNotIn(raw["name"], names)
        self.assertEqual(names, {a["name"] for a in response.json()["artifacts"]})

    def test_formats_that_do_not_fit_are_all_dropped(self) -> None:
        encoder = FakeEncoder(self, "write too much")
        lab = lab_with(self, encoder, {"LAB_ARTIFACT_MAX_MB": "1"})

        response = post(lab, "seconds=1")

        self.assertEqual(response.status, 507, response.body)
        self.assertLessEqual({extension(name) for name in leftovers(lab)}, {"raw"})
        self.assertTrue(idle(lab))


class AtStart(unittest.TestCase):
    def check_refused(self, path: pathlib.Path) -> None:
        env = {"LAB_ENABLE": "true", "LAB_TOKEN": TOKEN, "LAB_ENCODER": str(path)}
        done = run_binary(env=env | {"LAB_ARTIFACT_DIR": str(self.directory)})

        self.assertEqual(done.returncode, 2)
        lines = [line for line in done.stderr.splitlines() if line.startswith("profiling-lab: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn(str(path), lines[0])
        self.assertIn("encoder", lines[0])

    def setUp(self) -> None:
        self.directory = temp_dir(self)

    def test_an_encoder_that_is_not_there(self) -> None:
        self.check_refused(self.directory / "none")

    def test_an_encoder_that_is_a_directory(self) -> None:
        self.check_refused(self.directory)

    def test_an_encoder_that_may_not_be_executed(self) -> None:
        path = self.directory / "encoder"
        path.write_text("#!/bin/sh\n")
        path.chmod(0o600)

        self.check_refused(path)

    def test_the_flag_goes_before_the_environment(self) -> None:
        encoder = FakeEncoder(self)

        Lab.for_test(self, {"LAB_ENCODER": "/none"}, ["--lab-encoder", str(encoder.path)])


if __name__ == "__main__":
    unittest.main()
