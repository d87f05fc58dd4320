"""Range and If-Range: every border, one range only, and never a wrong byte."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, temp_dir
from support.planted import plant
from support.wire import TOKEN, Response

SIZE = 5000
LAST = SIZE - 1
# Range, first byte, last byte
SATISFIABLE = (
    ("bytes=0-0", 0, 0),
    ("bytes=0-9", 0, 9),
    ("bytes=1-1", 1, 1),
    (f"bytes={LAST}-{LAST}", LAST, LAST),
    (f"bytes={LAST}-", LAST, LAST),
    ("bytes=10-", 10, LAST),
    ("bytes=0-", 0, LAST),
    (f"bytes=0-{LAST}", 0, LAST),
    (f"bytes=0-{SIZE}", 0, LAST),
    ("bytes=4990-999999", 4990, LAST),
    ("bytes=-1", LAST, LAST),
    ("bytes=-100", SIZE - 100, LAST),
    (f"bytes=-{SIZE}", 0, LAST),
    (f"bytes=-{SIZE + 1}", 0, LAST),
    ("bytes=-999999", 0, LAST),
    ("bytes=0-4294967296", 0, LAST),
)
UNSATISFIABLE = (
    f"bytes={SIZE}-",
    f"bytes={SIZE}-{SIZE}",
    f"bytes={SIZE + 1}-{SIZE + 2}",
    "bytes=999999-",
    "bytes=4294967296-",
    "bytes=-0",
    "bytes=999999-,888888-",
)
SEVERAL = (
    "bytes=0-0,2-2",
    "bytes=0-0, 2-2",
    "bytes=0-,0-,0-,0-",
    "bytes=-1,-2",
    "bytes=0-0,,2-2",
)
ONE_OF_SEVERAL = ("bytes=5-9,", "bytes=,5-9", "bytes=5-9,999999-", "bytes= , 5-9 ,,")
IGNORED = (
    "bytes=",
    "bytes=-",
    "bytes=abc",
    "bytes=5-3",
    "bytes=1",
    "bytes=1-2-3",
    "bytes=--1",
    "bytes=+1-2",
    "bytes=0x1-0x2",
    "bytes 0-1",
    "0-1",
    "items=0-1",
    "",
)
HUGE = (
    "bytes=18446744073709551616-", "bytes=0-18446744073709551616", "bytes=-18446744073709551617"
)


class Ranges(unittest.TestCase):
    def setUp(self) -> None:
        directory = temp_dir(self)
        path = plant(directory, size=SIZE)
        self.data = path.read_bytes()
        self.lab = Lab.for_test(self, directory=directory)
        self.target = f"/api/lab/artifacts/{path.name}"
        self.tag = self.get().header("etag") or ""

    def get(self, **headers: str) -> Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.lab.http("GET", self.target, headers=named)

    def check_whole(self, response: Response) -> None:
        self.assertEqual((response.status, response.body), (200, self.data))
        self.assertIsNone(response.header("content-range"))

    def check_part(self, response: Response, first: int, last: int) -> None:
        self.assertEqual(response.status, 206)
        self.assertEqual(response.header("content-range"), f"bytes {first}-{last}/{SIZE}")
        self.assertEqual(response.header("content-length"), str(last - first + 1))
        self.assertEqual(response.body, self.data[first : last + 1])

    def test_a_range_serves_exactly_its_bytes(self) -> None:
        for spec, first, last in SATISFIABLE:
            with self.subTest(range=spec):
                response = self.get(Range=spec)

                self.check_part(response, first, last)
                self.assertEqual(response.header("etag"), self.tag)

    def test_several_ranges_get_the_whole_file(self) -> None:
        for spec in SEVERAL:
            with self.subTest(range=spec):
                self.check_whole(self.get(Range=spec))

    def test_what_is_empty_or_not_there_beside_one_range_is_ignored(self) -> None:
        for spec in ONE_OF_SEVERAL:
            with self.subTest(range=spec):
                self.check_part(self.get(Range=spec), 5, 9)

    def test_a_range_outside_the_file_is_refused_with_the_size(self) -> None:
        for spec in UNSATISFIABLE:
            with self.subTest(range=spec):
                response = self.get(Range=spec)

                self.assertEqual(response.status, 416)
                self.assertEqual(response.header("content-range"), f"bytes */{SIZE}")
                self.assertEqual(response.header("content-type"), "application/problem+json")

    def test_a_malformed_range_is_ignored(self) -> None:
        for spec in IGNORED:
            with self.subTest(range=spec):
                self.check_whole(self.get(Range=spec))

    def test_a_number_past_64_bits_never_wraps_to_a_wrong_part(self) -> None:
        for spec in HUGE:
            with self.subTest(range=spec):
                response = self.get(Range=spec)

                if response.status == 206:
                    self.check_part(response, 0, LAST)
                elif response.status != 416:
                    self.check_whole(response)

    def test_if_range_with_the_current_tag_serves_the_part(self) -> None:
        self.check_part(self.get(Range="bytes=5-9", If_Range=self.tag), 5, 9)

    def test_if_range_with_anything_else_serves_the_whole(self) -> None:
        date = "Wed, 21 Oct 2065 07:28:00 GMT"
        for tag in ('"sha256-0"', f"W/{self.tag}", self.tag.strip('"'), date, "*", '""', "",
                    f"{self.tag}\r\nIf-Range: {self.tag}"):
            with self.subTest(tag=tag):
                self.check_whole(self.get(Range="bytes=5-9", If_Range=tag))

    def test_if_range_with_a_stale_tag_serves_the_whole_even_for_a_bad_range(self) -> None:
        for spec in ("bytes=999999-", "bytes=0-0,2-2"):
            with self.subTest(range=spec):
                self.check_whole(self.get(Range=spec, If_Range='"sha256-0"'))

    def test_a_precondition_comes_before_the_range(self) -> None:
        stale = self.get(Range="bytes=5-9", If_Match='"sha256-0"')
        self.assertEqual((stale.status, stale.header("etag")), (412, self.tag))
        known = self.get(Range="bytes=999999-", If_None_Match=f'"x", W/{self.tag}')
        self.assertEqual((known.status, known.header("etag"), known.body), (304, self.tag, b""))
        self.check_part(self.get(Range="bytes=5-9", If_Match=self.tag), 5, 9)
        self.check_whole(self.get(If_Match="*", If_None_Match='"sha256-0"'))

    def test_a_304_does_not_disturb_the_next_response(self) -> None:
        with self.lab.connect() as wire:
            known = {"If-None-Match": self.tag}
            self.assertEqual(
                wire.ask("GET", self.target, headers=known, token=TOKEN).status, 304
            )
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_a_delete_of_something_else_deletes_nothing(self) -> None:
        stale = {"If-Match": '"sha256-0"'}
        self.assertEqual(
            self.lab.http("DELETE", self.target, headers=stale, token=TOKEN).status, 412
        )
        self.check_whole(self.get())

    def test_if_range_without_a_range_changes_nothing(self) -> None:
        self.check_whole(self.get(If_Range=self.tag))

    def test_head_with_a_range_has_no_body(self) -> None:
        with self.lab.connect() as wire:
            head = wire.ask("HEAD", self.target, headers={"Range": "bytes=0-9"}, token=TOKEN)

            self.assertIn(head.status, (200, 206))
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_a_download_in_parts_puts_together_the_whole(self) -> None:
        parts = [
            self.get(Range=f"bytes={n}-{n + 699}", If_Range=self.tag) for n in range(0, SIZE, 700)
        ]

        self.assertEqual(b"".join(part.body for part in parts), self.data)

    def test_a_range_on_anything_but_an_artifact_is_ignored(self) -> None:
        response = self.lab.http("GET", "/api/health", headers={"Range": "bytes=0-0"})

        self.assertEqual((response.status, response.json()["status"]), (200, "healthy"))


if __name__ == "__main__":
    unittest.main()
