"""The guard: one response to every client that it refuses, before the router and any body."""

from __future__ import annotations

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, Closed, Response, request

# What differs from request to request; everything else must be the same.
VARIES = {"date", "x-request-id"}
TARGETS = (
    ("GET", "/api/lab/status"),
    ("POST", "/api/lab/event-loop-jam?ms=60000"),
    ("POST", "/api/lab/event-loop-jam?ms=nonsense"),
    ("DELETE", "/api/lab/status"),
    ("BREW", "/api/lab/status"),
    ("GET", "/api/lab"),
    ("GET", "/api/lab/"),
    ("GET", "/api/lab/no-such-route"),
    ("GET", "/api/lab/artifacts/no-such-name"),
)
WRONG_TOKENS = ("", "x", TOKEN[:-1], TOKEN + "0", TOKEN.upper(), TOKEN[::-1], "0" * 5000)


def visible(response: Response) -> tuple:
    headers = sorted(pair for pair in response.headers if pair[0] not in VARIES)
    return response.status, headers, response.body


class Refusals(unittest.TestCase):
    def refusals(self, lab: Lab, tokens: tuple[str | None, ...]) -> set[str]:
        seen = set()
        for verb, target in TARGETS:
            for token in tokens:
                response = lab.http(verb, target, token=token)
                with self.subTest(verb=verb, target=target, token=(token or "none")[:40]):
                    self.assertEqual(response.status, 403)
                    self.assertIsNone(response.header("x-lab-instance"))
                    self.assertIsNone(response.header("www-authenticate"))
                seen.add(repr(visible(response)))
        return seen

    def test_disabled_missing_wrong_and_production_get_the_very_same_response(self) -> None:
        enabled = Lab.for_test(self)
        disabled = Lab.for_test(self, {"LAB_ENABLE": "false"})
        nameless = Lab.for_test(self, {"LAB_ENABLE": "false", "LAB_TOKEN": None})
        production = Lab.for_test(self, {"APP_ENV": "production"})

        seen = self.refusals(enabled, (None, *WRONG_TOKENS))
        seen |= self.refusals(disabled, (None, TOKEN))
        seen |= self.refusals(nameless, (None, "", TOKEN))
        seen |= self.refusals(production, (None, TOKEN))

        self.assertEqual(len(seen), 1, "\n".join(seen))

    def test_production_lets_the_token_in_once_it_is_allowed(self) -> None:
        lab = Lab.for_test(self, {"APP_ENV": "production", "LAB_ALLOW_PROD": "true"})

        self.assertEqual(lab.http("GET", "/api/lab/status").json()["environment"], "production")
        self.assertEqual(lab.http("GET", "/api/lab/status", token="wrong").status, 403)

    def test_allowing_production_alone_does_not_enable_the_lab(self) -> None:
        lab = Lab.for_test(
            self, {"APP_ENV": "production", "LAB_ALLOW_PROD": "true", "LAB_ENABLE": "false"}
        )

        self.assertEqual(lab.http("GET", "/api/lab/status").status, 403)
        self.assertEqual(lab.http("GET", "/api/health", token=None).status, 200)


class Reasons(unittest.TestCase):
    """A refusal does not say why; the log does."""

    def guard_says(self, lab: Lab, token: str | None) -> str:
        mark = lab.mark()
        lab.http("GET", "/api/lab/status", token=token)
        line = lab.wait_event("guarded_call", after=mark)
        self.assertEqual((line["outcome"], line["status"]), ("refused", 403))
        return line["guard"]

    def test_the_audit_line_has_the_reason(self) -> None:
        enabled = Lab.for_test(self)
        disabled = Lab.for_test(self, {"LAB_ENABLE": "false"})

        self.assertEqual(self.guard_says(enabled, None), "no_token")
        self.assertEqual(self.guard_says(enabled, "wrong"), "wrong_token")
        self.assertEqual(self.guard_says(disabled, TOKEN), "closed")
        self.assertEqual(self.guard_says(disabled, None), "closed")

    def test_a_lab_that_production_keeps_closed_says_so_at_start(self) -> None:
        production = Lab.for_test(self, {"APP_ENV": "production"})

        self.assertIn("LAB_ALLOW_PROD", production.wait_event("lab_closed")["reason"])
        self.assertEqual(self.guard_says(production, TOKEN), "closed")


class Paths(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def status(self, target: str, token: str | None) -> int:
        return self.lab.http("GET", target, token=token).status

    def test_percent_encoded_segments_are_decoded_before_the_guard_and_the_router(self) -> None:
        for target in (
            "/api/l%61b/status", "/%61pi/lab/status", "/api/lab/st%61tus", "/api/%6C%61%62/status"
        ):
            with self.subTest(target=target):
                self.assertEqual(self.status(target, None), 403)
                self.assertEqual(self.status(target, TOKEN), 200)

    def test_dots_are_never_resolved_so_they_lead_neither_in_nor_out(self) -> None:
        cases = (
            ("/api/lab/../health", 403, 404),
            ("/api/lab/%2e%2e/health", 403, 404),
            ("/api/health/../lab/status", 404, 404),
            ("/api/./lab/status", 404, 404),
            ("/../api/health", 404, 404),
            ("/api/%2e%2e/health", 404, 404),
        )
        for target, without_token, with_token in cases:
            with self.subTest(target=target):
                self.assertEqual(self.status(target, None), without_token)
                self.assertEqual(self.status(target, TOKEN), with_token)

    def test_an_odd_spelling_of_a_guarded_path_never_opens_it(self) -> None:
        for target in (
            "/api//lab/status",
            "//api/lab/status",
            "/api%2Flab/status",
            "/api/lab%2Fstatus",
            "/api/lab%00/status",
            "/api/%256Cab/status",
            "/api/lab;x=1/status",
            "/api\\lab\\status",
            "/api/lab/status%20",
            "/API/LAB/status",
        ):
            with self.subTest(target=target):
                self.assertIn(self.status(target, None), (400, 403, 404))

    def test_an_absolute_target_is_guarded_by_its_path(self) -> None:
        for host in ("lab.test", "127.0.0.1:1", "elsewhere.example"):
            with self.subTest(host=host):
                self.assertEqual(self.status(f"http://{host}/api/lab/status", None), 403)
                self.assertEqual(self.status(f"http://{host}/api/lab/status", TOKEN), 200)
                self.assertEqual(self.status(f"http://{host}/api/health", None), 200)

    def test_the_token_is_taken_only_from_its_header(self) -> None:
        elsewhere = (
            ("/api/lab/status?token=" + TOKEN, {}),
            ("/api/lab/status?x-lab-token=" + TOKEN, {}),
            ("/api/lab/status", {"Authorization": "Bearer " + TOKEN}),
            ("/api/lab/status", {"Cookie": "x-lab-token=" + TOKEN}),
        )
        for target, headers in elsewhere:
            with self.subTest(target=target[:40], headers=list(headers)):
                self.assertEqual(
                    self.lab.http("GET", target, token=None, headers=headers).status, 403
                )

    def test_header_names_do_not_depend_on_case(self) -> None:
        headers = {"X-LAB-TOKEN": TOKEN}
        response = self.lab.http("GET", "/api/lab/status", token=None, headers=headers)

        self.assertEqual(response.status, 200)


class BeforeTheBody(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_without_the_token_a_client_is_refused_before_a_byte_of_the_body_was_sent(self) -> None:
        started = time.monotonic()
        for headers in (
            {"Content-Length": "10"},
            {"Content-Length": "50000000"},
            {"Transfer-Encoding": "chunked"},
        ):
            with self.subTest(headers=headers):
                response = self.lab.http(
                    "POST", "/api/lab/memory-clear", token=None, headers=headers
                )

                self.assertEqual(response.status, 403)
        # The body time limit is 30 s: none of the three waited for it.
        self.assertLess(time.monotonic() - started, 20)

    def test_without_the_token_a_request_to_continue_is_refused_and_not_invited(self) -> None:
        response = self.lab.http(
            "POST",
            "/api/lab/memory-clear",
            token=None,
            headers={"Expect": "100-continue", "Content-Length": "5"},
        )

        self.assertEqual(response.status, 403)

    def test_the_body_of_a_refused_request_is_never_taken_for_a_request(self) -> None:
        smuggled = request("GET", "/api/health", {"x-request-id": "smuggled"})
        with self.lab.connect() as wire:
            wire.send(request("POST", "/api/lab/memory-clear", body=smuggled))
            wire.send(
                request("GET", "/api/health", {"x-request-id": "honest", "Connection": "close"})
            )

            self.assertEqual(wire.response().status, 403)
            try:
                following = wire.response().header("x-request-id")
            except Closed:
                following = "closed"
            self.assertIn(following, ("honest", "closed"))


class Admitted(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_everyone_who_is_let_in_sees_the_same_instance_and_nobody_else_does(self) -> None:
        first = self.lab.http("GET", "/api/lab/status").header("x-lab-instance") or ""
        second = self.lab.http("GET", "/api/lab/no-such-route").header("x-lab-instance")
        public = self.lab.http("GET", "/api/health").header("x-lab-instance")

        self.assertRegex(first, r"\A[0-9a-f]+\Z")
        self.assertEqual(second, first)
        self.assertIsNone(public)

    def test_the_instance_of_another_process_differs(self) -> None:
        other = Lab.for_test(self)

        ids = {
            lab.http("GET", "/api/lab/status").header("x-lab-instance") for lab in (self.lab, other)
        }

        self.assertEqual(len(ids), 2)


if __name__ == "__main__":
    unittest.main()
