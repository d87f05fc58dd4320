"""Every route, over one table: which clients get in, which verbs there are, what is not there."""

from __future__ import annotations

import dataclasses
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, temp_dir
from support.planted import plant
from support.wire import TOKEN, Response

VERBS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")
PROBLEM = {"type", "title", "status", "detail"}


@dataclasses.dataclass(frozen=True)
class Route:
    path: str
    verbs: tuple[str, ...]
    query: str = ""
    status: int = 200
    public: bool = False


# In an order in which each may run after the one before; a capture is only knocked at.
ROUTES = (
    Route("/api/health", ("GET",), public=True),
    Route("/api/metrics", ("GET",), public=True),
    Route("/api/lab/status", ("GET",)),
    Route("/api/lab/event-loop-jam", ("POST",), "?ms=1"),
    Route("/api/lab/memory-leak", ("POST",), "?mb=1"),
    Route("/api/lab/memory-clear", ("POST",)),
    Route("/api/lab/cpu-profile", ("POST",), "?seconds=0", 400),
    Route("/api/lab/artifacts", ("GET",)),
    Route("/api/lab/artifacts/{name}", ("GET", "HEAD", "DELETE")),
    Route("/api/lab/log-level", ("PUT",), "?level=info"),
)


def allowed(route: Route) -> set[str]:
    return set(route.verbs) | ({"HEAD"} if "GET" in route.verbs else set())


class Routes(unittest.TestCase):
    def setUp(self) -> None:
        directory = temp_dir(self)
        self.name = plant(directory).name
        self.lab = Lab.for_test(self, directory=directory)

    def path(self, route: Route) -> str:
        return route.path.replace("{name}", self.name)

    def check_problem(self, response: Response, status: int) -> None:
        self.assertEqual(response.status, status)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertGreaterEqual(response.json().keys(), PROBLEM)
        self.assertEqual(response.json()["status"], status)

    def test_json_ends_with_a_newline_so_that_two_responses_do_not_run_together(self) -> None:
        seen = set()
        for route in ROUTES:
            if "{name}" in route.path:
                continue  # the file's own bytes
            for token in (TOKEN, None):
                response = self.lab.http(route.verbs[0], route.path + route.query, token=token)
                kind = response.header("content-type")
                seen.add(kind.partition(";")[0])
                with self.subTest(route.path, kind=kind):
                    self.assertEqual(response.body[-1:], b"\n")
                    self.assertNotEqual(response.body[-2:], b"\n\n")
        self.assertEqual(seen, {"application/json", "application/problem+json", "text/plain"})

    def test_without_a_token_only_the_public_routes_respond(self) -> None:
        for route in ROUTES:
            for verb in route.verbs:
                with self.subTest(verb=verb, path=route.path):
                    response = self.lab.http(verb, self.path(route) + route.query, token=None)

                    self.assertEqual(response.status, 200 if route.public else 403)
                    if not route.public and verb != "HEAD":
                        self.check_problem(response, 403)

    def test_with_the_token_every_verb_of_every_route_responds_as_documented(self) -> None:
        for route in ROUTES:
            for verb in route.verbs:
                with self.subTest(verb=verb, path=route.path):
                    response = self.lab.http(verb, self.path(route) + route.query, token=TOKEN)

                    if route.path.endswith("cpu-profile"):
                        self.assertIn(response.status, (400, 501))
                    else:
                        self.assertEqual(response.status, 204 if verb == "DELETE" else route.status)

    def test_a_wrong_verb_is_refused_with_exactly_the_verbs_that_are_allowed(self) -> None:
        for route in ROUTES:
            for verb in set(VERBS) - allowed(route):
                with self.subTest(verb=verb, path=route.path):
                    response = self.lab.http(verb, self.path(route))

                    self.assertEqual(response.status, 405)
                    # HEAD goes with GET, whether it is listed or not; OPTIONS may be offered.
                    optional = {"OPTIONS"} | ({"HEAD"} if "GET" in route.verbs else set())
                    self.assertEqual(response.verbs() - optional, set(route.verbs) - optional)
                    if verb != "HEAD":
                        self.check_problem(response, 405)

    def test_a_verb_that_nobody_knows_is_refused_like_any_wrong_verb(self) -> None:
        response = self.lab.http("BREW", "/api/health", token=None)

        self.check_problem(response, 405)
        self.assertIn("GET", response.verbs())

    def test_an_unknown_path_is_not_found_but_under_the_lab_only_with_the_token(self) -> None:
        outside = (
            "/", "/api", "/api/", "/api/nothing", "/api/labx", "/API/health", "/api/Lab/status"
        )
        inside = (
            "/api/lab", "/api/lab/", "/api/lab/nothing", "/api/lab/status/more", "/api/lab/Status"
        )
        for path in outside:
            with self.subTest(path=path):
                self.check_problem(self.lab.http("GET", path, token=None), 404)
        for path in inside:
            with self.subTest(path=path):
                self.check_problem(self.lab.http("GET", path, token=None), 403)
                self.check_problem(self.lab.http("GET", path), 404)

    def test_head_responds_as_get_does_but_without_a_body(self) -> None:
        for path in ("/api/health", "/api/lab/status", f"/api/lab/artifacts/{self.name}"):
            with self.subTest(path=path), self.lab.connect() as wire:
                get = wire.ask("GET", path, token=TOKEN)
                head = wire.ask("HEAD", path, token=TOKEN)
                after = wire.ask("GET", "/api/health")

                self.assertEqual((get.status, head.status, after.status), (200, 200, 200))
                self.assertEqual(head.header("content-type"), get.header("content-type"))
                self.assertIsNotNone(head.header("content-length"))


if __name__ == "__main__":
    unittest.main()
