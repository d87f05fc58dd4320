"""Stored artifacts over the wire: list, whole, head, conditional, delete."""

from __future__ import annotations

import hashlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.capture import need_profiler, take
from support.lab import Lab, temp_dir
from support.planted import artifact_name, content, plant
from support.wire import TOKEN, Response, eventually, request

ARTIFACTS = "/api/lab/artifacts"
FIELDS = {"name", "path", "bytes", "sha256", "kind", "createdAt", "captureId"}


class Stored(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = temp_dir(self)
        self.path = plant(self.directory, size=70_001, age_s=60, serial=1)
        self.other = plant(self.directory, size=10, age_s=120, serial=2)
        self.lab = Lab.for_test(self, directory=self.directory)
        self.data = self.path.read_bytes()
        self.digest = hashlib.sha256(self.data).hexdigest()

    def get(self, name: str, verb: str = "GET", **headers: str) -> Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.lab.http(verb, f"{ARTIFACTS}/{name}", headers=named)

    def check_identity(self, response: Response) -> None:
        self.assertEqual(response.header("etag"), f'"sha256-{self.digest}"')
        self.assertEqual(response.header("x-artifact-sha256"), self.digest)
        self.assertEqual(response.header("accept-ranges"), "bytes")

    def test_the_list_describes_every_artifact_and_adds_up(self) -> None:
        listing = self.lab.http("GET", ARTIFACTS).json()
        by_name = {artifact["name"]: artifact for artifact in listing["artifacts"]}

        self.assertEqual(set(by_name), {self.path.name, self.other.name})
        self.assertEqual((listing["count"], listing["bytes"]), (2, 70_011))
        mine = by_name[self.path.name]
        self.assertGreaterEqual(set(mine), FIELDS)
        self.assertEqual(mine["path"], str(self.path))
        self.assertEqual((mine["bytes"], mine["sha256"]), (70_001, self.digest))
        self.assertEqual(mine["kind"], "cpu")

    def test_get_serves_the_bytes_and_says_what_they_are(self) -> None:
        response = self.get(self.path.name)

        self.assertEqual((response.status, response.body), (200, self.data))
        self.check_identity(response)

    def test_a_percent_encoded_spelling_names_the_same_artifact(self) -> None:
        spelled = self.path.name.replace("-", "%2D").replace("cpu", "%63pu")

        self.assertEqual(self.get(spelled).body, self.data)

    def test_head_has_the_headers_of_get_and_no_body(self) -> None:
        with self.lab.connect() as wire:
            target = f"{ARTIFACTS}/{self.path.name}"
            head = wire.ask("HEAD", target, token=TOKEN)
            get = wire.ask("GET", target, token=TOKEN)

        self.check_identity(head)
        self.assertEqual(head.header("content-length"), "70001")
        self.assertEqual(get.body, self.data)
        varying = {"date", "x-request-id"}
        same = [[h for h in response.headers if h[0] not in varying] for response in (head, get)]
        self.assertEqual(*same)

    def test_a_matching_tag_spares_the_body_or_is_ignored(self) -> None:
        response = self.get(self.path.name, If_None_Match=f'"sha256-{self.digest}"')

        self.assertIn(response.status, (200, 304))
        self.assertEqual(response.body, self.data if response.status == 200 else b"")

    def test_a_stale_tag_gets_the_whole_body(self) -> None:
        response = self.get(self.path.name, If_None_Match='"sha256-0"')

        self.assertEqual((response.status, response.body), (200, self.data))

    def test_delete_removes_the_file_and_only_that(self) -> None:
        response = self.get(self.path.name, "DELETE")

        self.assertEqual((response.status, response.body), (204, b""))
        self.assertFalse(self.path.exists())
        self.assertEqual(self.get(self.path.name).status, 404)
        self.assertEqual(self.get(self.path.name, "HEAD").status, 404)
        self.assertEqual(self.get(self.path.name, "DELETE").status, 404)
        self.assertEqual(self.get(self.other.name).status, 200)
        self.assertEqual(self.lab.http("GET", ARTIFACTS).json()["count"], 1)

    def test_after_delete_the_connection_goes_on(self) -> None:
        with self.lab.connect() as wire:
            gone = wire.ask("DELETE", f"{ARTIFACTS}/{self.other.name}", token=TOKEN)

            self.assertEqual((gone.status, wire.ask("GET", "/api/health").status), (204, 200))

    def test_an_artifact_that_somebody_removed_is_gone_for_us_too(self) -> None:
        self.path.unlink()

        self.assertEqual(self.get(self.path.name).status, 404)
        self.assertEqual(self.get(self.other.name).status, 200)
        eventually(
            lambda: self.lab.http("GET", ARTIFACTS).json()["count"] == 1, "it leaves the list"
        )

    def test_an_unknown_name_is_not_found(self) -> None:
        for name in (artifact_name(5, 77), "nothing.prof", "x"):
            with self.subTest(name=name):
                self.assertEqual(self.get(name).status, 404)


class Large(unittest.TestCase):
    def test_a_large_artifact_arrives_whole_while_others_are_served(self) -> None:
        directory = temp_dir(self)
        path = plant(directory, size=24 << 20)
        lab = Lab.for_test(self, directory=directory)
        with lab.connect() as slow:
            slow.send(request("GET", f"{ARTIFACTS}/{path.name}", token=TOKEN))
            eventually(slow.readable, "the response begins")

            self.assertEqual(lab.http("GET", "/api/health").status, 200)
            response = slow.response()

        self.assertEqual(len(response.body), 24 << 20)
        self.assertEqual(response.body, content(24 << 20))
        self.assertEqual(
            hashlib.sha256(response.body).hexdigest(), response.header("x-artifact-sha256")
        )

    def test_a_client_that_leaves_in_the_middle_harms_nobody(self) -> None:
        directory = temp_dir(self)
        path = plant(directory, size=24 << 20)
        lab = Lab.for_test(self, directory=directory)
        files = lab.open_files()
        for _ in range(5):
            with lab.connect() as wire:
                wire.send(request("GET", f"{ARTIFACTS}/{path.name}", token=TOKEN))
                eventually(wire.readable, "the response begins")

        self.assertEqual(lab.http("GET", "/api/health").status, 200)
        eventually(lambda: lab.open_files() <= files + 1, "every file and socket is closed again")


class Restart(unittest.TestCase):
    def test_a_restarted_service_finds_its_own_again(self) -> None:
        directory = temp_dir(self)
        first = Lab.for_test(self, directory=directory)
        need_profiler(self, first, "restart with a captured artifact")
        made = take(first).json()["artifacts"]
        first.stop()

        second = Lab.for_test(self, directory=directory)

        found = second.http("GET", ARTIFACTS).json()["artifacts"]
        self.assertCountEqual(found, made)
        for artifact in made:
            body = second.http("GET", f"{ARTIFACTS}/{artifact['name']}").body
            self.assertEqual(hashlib.sha256(body).hexdigest(), artifact["sha256"])


if __name__ == "__main__":
    unittest.main()
