"""Query parameters: never clamped, never silently defaulted, always named in the refusal."""

from __future__ import annotations

import pathlib
import sys
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import Response

JAM = "/api/lab/event-loop-jam"
LEAK = "/api/lab/memory-leak"
PROFILE = "/api/lab/cpu-profile"
LEVEL = "/api/lab/log-level"
NOT_INTEGERS = (
    "",
    "abc",
    "+5",
    "%2B5",
    "-5",
    "-0",
    "5.0",
    "5,0",
    "0x5",
    "5e0",
    "%205",
    "5%20",
    "5%00",
    "5ms",
    "1_0",
    "%D9%A5",
    "NaN",
    "null",
)
# Each equals 5 or another good value if cut to 32 or 64 bits, or wraps to a sign.
OVERFLOWS = (
    "2147483648",
    "4294967301",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551621",
    "340282366920938463463374607431768211461",
    "5" * 400,
)


class Parameters(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)
        cls.profiles = cls.lab.has_gperftools()

    def post(self, target: str, **more: Any) -> Response:
        return self.lab.http("POST", target, **more)

    def check_refused(self, response: Response, *named: str) -> None:
        self.assertEqual(response.status, 400, response.body)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        for word in named:
            self.assertIn(word, response.json()["detail"])

    def test_what_is_not_an_integer_is_refused_with_the_name_and_the_range(self) -> None:
        for value in NOT_INTEGERS:
            with self.subTest(value=value):
                self.check_refused(self.post(f"{JAM}?ms={value}"), "ms", "1", "60000")
                self.check_refused(self.post(f"{LEAK}?mb={value}"), "mb", "1", "1024")

    def test_a_value_that_overflows_is_refused_and_never_wraps(self) -> None:
        for value in OVERFLOWS:
            for sign in ("", "-"):
                with self.subTest(value=sign + value[:45]):
                    self.check_refused(self.post(f"{JAM}?ms={sign}{value}"), "ms", "60000")
                    self.check_refused(self.post(f"{LEAK}?mb={sign}{value}"), "mb", "1024")

    def test_a_value_one_past_its_range_is_refused_and_never_clamped(self) -> None:
        cases = (
            (JAM, "ms", ("0", "60001"), ("1", "60000")),
            (LEAK, "mb", ("0", "1025"), ("1", "1024")),
        )
        for path, name, values, limits in cases:
            for value in values:
                with self.subTest(path=path, value=value):
                    self.check_refused(self.post(f"{path}?{name}={value}"), name, *limits)

    def test_the_smallest_values_are_accepted(self) -> None:
        self.assertEqual(self.post(f"{JAM}?ms=1").status, 200)
        self.assertEqual(self.post(f"{LEAK}?mb=1").status, 200)

    def test_a_capture_knows_its_ranges_before_it_starts(self) -> None:
        refused = (400,) if self.profiles else (400, 501)
        for query in ("seconds=0", "seconds=121", "hz=0", "hz=1001", "seconds=1&hz=", "seconds=x"):
            with self.subTest(query=query):
                response = self.post(f"{PROFILE}?{query}")

                self.assertIn(response.status, refused)
                if response.status == 400:
                    name = "hz" if "hz" in query else "seconds"
                    self.check_refused(response, name, "1", "1000" if name == "hz" else "120")

    def test_how_a_profile_is_shown_is_one_of_the_words_for_it(self) -> None:
        cases = (
            ("names=long", "names: one of short full"),
            ("names=", "names: one of short full"),
            ("names=Full", "names: one of short full"),
            ("frames=some", "frames: one of folded all"),
            ("frames=all&frames=all", "frames"),
        )
        for query, detail in cases:
            with self.subTest(query=query):
                self.check_refused(self.post(f"{PROFILE}?seconds=1&{query}"), detail)

    def test_a_repeated_parameter_is_refused_also_when_it_is_spelled_differently(self) -> None:
        for query in ("ms=1&ms=1", "ms=1&ms=2", "ms=1&m%73=1", "ms=1&ms=", "ms=&ms=1"):
            with self.subTest(query=query):
                self.check_refused(self.post(f"{JAM}?{query}"), "ms")

    def test_an_unknown_parameter_is_refused_by_name(self) -> None:
        cases = (
            (JAM, "ms=1&bogus=2", "bogus"),
            (JAM, "MS=1", "MS"),
            (JAM, "mb=1", "mb"),
            (JAM, "ms=1&bogus", "bogus"),
            (LEAK, "mb=1&bogus=", "bogus"),
            (LEAK, "ms=1", "ms"),
        )
        for path, query, name in cases:
            with self.subTest(path=path, query=query):
                self.check_refused(self.post(f"{path}?{query}"), name)

    def test_a_route_without_parameters_takes_none(self) -> None:
        self.check_refused(self.post("/api/lab/memory-clear?bogus=1"), "bogus")
        self.check_refused(self.lab.http("GET", "/api/lab/status?bogus=1"), "bogus")
        self.check_refused(self.lab.http("GET", "/api/lab/artifacts?bogus=1"), "bogus")

    def test_parameters_in_the_body_are_refused_instead_of_overlooked(self) -> None:
        for kind, body in (
            ("application/x-www-form-urlencoded", b"ms=5"),
            ("application/x-www-form-urlencoded; charset=utf-8", b"ms=5"),
            ("Application/JSON", b'{"ms":5}'),
        ):
            with self.subTest(kind=kind):
                response = self.post(JAM, headers={"Content-Type": kind}, body=body)

                self.assertEqual(response.status, 400, response.body)
                self.assertIn("query", response.json()["detail"])

    def test_a_body_that_cannot_be_parameters_is_read_and_ignored(self) -> None:
        for path, headers, body in (
            (f"{JAM}?ms=1", {}, b"x"),
            (f"{JAM}?ms=1", {"Content-Type": "application/json"}, b""),
            (f"{JAM}?ms=1", {"Content-Type": "application/jsonp"}, b"x"),
            ("/api/lab/memory-clear", {"Content-Type": "application/json"}, b"{}"),
        ):
            with self.subTest(path=path, headers=headers):
                self.assertEqual(self.post(path, headers=headers, body=body).status, 200)

    def test_a_name_without_a_value_is_not_a_default(self) -> None:
        self.check_refused(self.post(f"{JAM}?ms"), "ms")
        self.check_refused(self.post(f"{JAM}?ms="), "ms")

    def test_percent_encoding_is_decoded_in_names_and_values(self) -> None:
        for query in ("m%73=5", "%6d%73=5", "%6D%73=5", "ms=%35"):
            with self.subTest(query=query):
                response = self.post(f"{JAM}?{query}")

                self.assertEqual(response.status, 200, response.body)
                self.assertLess(response.json()["jammedMs"], 1000)

    def test_a_broken_percent_encoding_is_refused(self) -> None:
        for query in ("ms=%", "ms=%5", "ms=%zz", "ms=5%", "%zz=5", "ms%=5"):
            with self.subTest(query=query):
                self.assertEqual(self.post(f"{JAM}?{query}").status, 400)

    def test_separators_other_than_ampersand_do_not_separate(self) -> None:
        for query in ("ms=1;ms=2", "ms=1;x=2", "ms=1%26ms=2", "ms%3D5"):
            with self.subTest(query=query):
                self.assertEqual(self.post(f"{JAM}?{query}").status, 400)

    def test_an_empty_query_means_the_defaults(self) -> None:
        response = self.post(f"{LEAK}?")

        self.assertEqual(response.status, 200)
        self.post("/api/lab/memory-clear")

    def test_a_refused_leak_retains_nothing(self) -> None:
        self.post("/api/lab/memory-clear")

        for query in ("mb=1025", "mb=1&mb=1", "mb=1&bogus=1"):
            self.post(f"{LEAK}?{query}")

        self.assertEqual(self.lab.http("GET", "/api/lab/status").json()["retainedBytes"], 0)

    def test_a_log_level_is_one_of_four_and_has_no_default(self) -> None:
        for query in (
            "", "?level=", "?level=verbose", "?level=INFO", "?level=info&level=info", "?x=info"
        ):
            with self.subTest(query=query):
                self.check_refused(self.lab.http("PUT", LEVEL + query))
        for level in ("debug", "info", "warn", "error"):
            with self.subTest(level=level):
                self.assertEqual(
                    self.lab.http("PUT", f"{LEVEL}?level={level}").json(), {"level": level}
                )

    def test_a_refusal_does_not_echo_markup_unescaped(self) -> None:
        response = self.post(f"{JAM}?%22%0D%0Aevil%22=1")

        self.assertEqual(response.status, 400)
        self.assertIsNone(response.header("evil"))
        self.assertIsInstance(response.json()["detail"], str)


if __name__ == "__main__":
    unittest.main()
