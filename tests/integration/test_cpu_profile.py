"""A capture over the wire: one at a time, listed, fetched whole, and honest about itself."""

from __future__ import annotations

import hashlib
import pathlib
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import begin, need_profiler, take
from support.lab import Lab
from support.wire import eventually

NAME = r"\Acpu-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-[0-9a-f]{8}\.cpuprofile\Z"
ARTIFACT = {"name", "path", "bytes", "sha256", "kind", "createdAt", "captureId"}


class WithoutSampler(unittest.TestCase):
    def test_a_build_that_cannot_sample_says_so(self) -> None:
        lab = Lab.for_test(self)
        response = lab.http("POST", "/api/lab/cpu-profile?seconds=1")
        if response.status == 200:
            self.skipTest("this build can sample")

        self.assertEqual(response.status, 501)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertIn("not supported by this build", response.body.decode())


class Capture(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        cls.response = take(cls.lab) if cls.lab.has_gperftools() else None

    def setUp(self) -> None:
        need_profiler(self, self.lab, "cpu-profile")
        self.assertEqual(self.response.status, 200, self.response.body)
        self.capture = self.response.json()
        self.artifact = self.capture["artifacts"][0]

    def test_the_response_has_the_fields_of_the_node_lab_and_says_how_good_it_is(self) -> None:
        self.assertGreaterEqual(
            set(self.capture), {"filePath", "durationSeconds", "artifacts", "quality"}
        )
        self.assertEqual(self.capture["durationSeconds"], 1)
        self.assertTrue(self.capture["quality"])
        self.assertGreaterEqual(set(self.artifact), ARTIFACT)

    def test_the_file_is_in_the_directory_private_and_named_by_the_pattern(self) -> None:
        path = pathlib.Path(self.capture["filePath"])

        self.assertRegex(path.name, NAME)
        self.assertEqual(path.parent, self.lab.directory)
        self.assertEqual(str(path), self.artifact["path"])
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_the_bytes_fetched_are_the_bytes_on_disk_and_match_every_digest(self) -> None:
        response = self.lab.http("GET", f"/api/lab/artifacts/{self.artifact['name']}")
        digest = hashlib.sha256(response.body).hexdigest()

        self.assertEqual(response.body, pathlib.Path(self.capture["filePath"]).read_bytes())
        self.assertEqual(len(response.body), self.artifact["bytes"])
        self.assertEqual(digest, self.artifact["sha256"])
        self.assertEqual(digest, response.header("x-artifact-sha256"))
        self.assertEqual(f'"sha256-{digest}"', response.header("etag"))

    def test_the_list_shows_the_same_artifact(self) -> None:
        listed = self.lab.http("GET", "/api/lab/artifacts").json()["artifacts"]

        self.assertIn(self.artifact, listed)

    def test_the_capture_took_samples(self) -> None:
        # gperftools' format: five header words, then records; a profile without samples is 8 words.
        words = self.artifact["bytes"] // 8

        self.assertGreater(words, 20)

    def test_nothing_half_written_is_left_beside_it(self) -> None:
        names = {p.name for p in self.lab.directory.iterdir() if not p.name.endswith(".lock")}
        listed = {a["name"] for a in self.lab.http("GET", "/api/lab/artifacts").json()["artifacts"]}

        self.assertEqual(names, listed)


class Presentation(unittest.TestCase):
    """Names and frames are shortened for people, unless they want all of them."""

    def folded(self, query: str) -> str:
        lab = Lab.for_test(self)
        need_profiler(self, lab, "cpu-profile")
        response = take(lab, f"seconds=1&hz=1000{query}")
        self.assertEqual(response.status, 200, response.body)
        paths = [each["path"] for each in response.json()["artifacts"]]
        return pathlib.Path(next(p for p in paths if p.endswith(".folded"))).read_text()

    def test_short_names_and_folded_plumbing_are_the_default(self) -> None:
        text = self.folded("")

        self.assertIn(";[asio];", text)
        self.assertIn(";lab::jam::rebuild_recommendations;", text)

    def test_everything_is_shown_on_request(self) -> None:
        text = self.folded("&names=full&frames=all")

        self.assertNotIn("[asio]", text)
        self.assertIn(";boost::asio::detail::scheduler::run(", text)
        self.assertIn(";lab::jam::rebuild_recommendations(std::chrono::duration<", text)


class SingleFlight(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab.for_test(self)
        need_profiler(self, self.lab, "single flight")

    def test_a_second_capture_is_refused_while_one_runs_and_the_first_is_unharmed(self) -> None:
        with begin(self.lab) as first:
            second = self.lab.http("POST", "/api/lab/cpu-profile?seconds=1")
            self.lab.http("POST", "/api/lab/event-loop-jam?ms=400")

            self.assertEqual(second.status, 409)
            self.assertEqual(second.header("content-type"), "application/problem+json")
            self.assertEqual(first.response("POST").status, 200)
        self.assertIs(self.lab.http("GET", "/api/lab/status").json()["cpuProfileInProgress"], False)

    def test_parameters_are_judged_before_anyone_looks_whether_a_capture_runs(self) -> None:
        cases = (
            ("seconds=1", 409),
            ("seconds=120", 409),
            ("hz=1", 409),
            ("hz=1000", 409),
            ("seconds=120&hz=1000", 409),
            ("", 409),
            ("seconds=0", 400),
            ("seconds=121", 400),
            ("hz=0", 400),
            ("hz=1001", 400),
        )
        with begin(self.lab, "seconds=2") as running:
            for query, status in cases:
                with self.subTest(query=query):
                    response = self.lab.http("POST", f"/api/lab/cpu-profile?{query}")
                    self.assertEqual(response.status, status, response.body)
            self.assertFalse(running.readable(), "the capture ended before the table did")

    def test_a_capture_of_a_loop_that_did_nothing_is_never_an_empty_file(self) -> None:
        with begin(self.lab) as wire:
            response = wire.response("POST")

        count = self.lab.http("GET", "/api/lab/artifacts").json()["count"]
        if response.status == 200:
            self.assertGreater(response.json()["artifacts"][0]["bytes"], 8 * 8)
        else:
            self.assertEqual(response.header("content-type"), "application/problem+json")
            self.assertEqual(count, 0)

    def test_after_a_capture_the_next_one_may_start(self) -> None:
        made = []
        for _ in range(2):
            response = take(self.lab, "seconds=1&hz=1000")
            self.assertEqual(response.status, 200)
            made += response.json()["artifacts"]

        self.assertEqual(self.lab.http("GET", "/api/lab/artifacts").json()["count"], len(made))

    def test_a_client_that_leaves_its_capture_does_not_lock_out_the_next(self) -> None:
        begin(self.lab).close()

        def next_one() -> bool:
            response = take(self.lab)
            self.assertIn(response.status, (200, 409))
            return response.status == 200

        eventually(next_one, "the abandoned capture ends")


if __name__ == "__main__":
    unittest.main()
