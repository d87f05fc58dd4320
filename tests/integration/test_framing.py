"""Limits of head and body, and framing that two readers could read differently."""

from __future__ import annotations

import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, Response, request

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 64 * 1024
CLEAR = "/api/lab/memory-clear"
CODINGS = (
    "gzip", "chunked, gzip", "gzip, chunked", "identity", "xchunked", "chunked, chunked",
    "chunked\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: gzip", "", ",",
    "chunked;a=b", '"chunked"', "chunked\x0b",
)
SMUGGLED = request("GET", "/api/health", {"x-request-id": "smuggled"})


def head_of(size: int) -> bytes:
    """A health request whose head, with its empty line, is exactly that long."""
    bare = len(request("GET", "/api/health", {"X-Fill": ""}))
    return request("GET", "/api/health", {"X-Fill": "f" * (size - bare)})


def head_of_lines(size: int, line: int) -> bytes:
    """The same length, but in many headers."""
    start = b"GET /api/health HTTP/1.1\r\nHost: lab.test\r\n"
    count = (size - len(start) - 2) // line
    headers = [(b"X-%05d: " % n).ljust(line - 2, b"v") + b"\r\n" for n in range(count)]
    lines = start + b"".join(headers)
    return lines[:-2] + b"v" * (size - len(lines) - 2) + b"\r\n\r\n"


class Framing(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def check_closed(self, data: bytes, *statuses: int) -> Response:
        """One refusal, then the close: what follows on the connection is not read as a request."""
        with self.lab.connect() as wire:
            wire.send(data)
            response = wire.response()
            self.assertIn(response.status, statuses, response)
            self.assertEqual(response.header("content-type"), "application/problem+json")
            self.assertEqual(wire.rest(), b"")
        return response

    def post(self, headers: dict[str, str], body: bytes = b"") -> bytes:
        return request("POST", CLEAR, headers, token=TOKEN) + body


class Heads(Framing):
    def test_the_head_may_have_16_kb_and_not_one_byte_more(self) -> None:
        self.assertEqual(self.lab.exchange(head_of(HEAD_LIMIT)).status, 200)
        self.check_closed(head_of(HEAD_LIMIT + 1), 431)

    def test_the_limit_is_the_same_however_the_head_is_divided(self) -> None:
        for line in (40, 64, 1000):
            with self.subTest(line=line):
                self.assertEqual(self.lab.exchange(head_of_lines(HEAD_LIMIT, line)).status, 200)
                self.check_closed(head_of_lines(HEAD_LIMIT + 1, line), 431)

    def test_a_head_of_a_megabyte_is_refused_and_the_client_hears_it(self) -> None:
        for data in (head_of(1 << 20), head_of(1 << 20)[:-4], b"GET /" + b"a" * (1 << 20)):
            with self.subTest(start=data[:20]):
                response = self.lab.exchange(data)

                self.assertEqual((response.status, response.closes()), (431, True))

    def test_very_many_small_headers_are_limited_too(self) -> None:
        many = {f"X-{n}": "v" for n in range(4000)}

        self.assertEqual(self.lab.exchange(request("GET", "/api/health", many)).status, 431)

    def test_a_malformed_head_is_refused_and_closed(self) -> None:
        get = b"GET /api/health HTTP/1.1\r\nHost: x\r\n"
        for bad in (
            b"No-Colon\r\n",
            b": no name\r\n",
            b"Na me: v\r\n",
            b"Name : v\r\n",
            b"N\x00me: v\r\n",
            b"Name: v\x00v\r\n",
            b"Name: v\x01\r\n",
            b"N(me: v\r\n",
            b"Name: v\rX: y\r\n",
            b"Name: v\nX: y\r\n",
            b"Name: v\r\n folded\r\n",
            b"Name:\r\n\tfolded\r\n",
            b" Name: v\r\n",
            b"Name: v\x7f\r\n",
        ):
            with self.subTest(bad=bad):
                self.check_closed(get + bad + b"\r\n" + SMUGGLED, 400)

    def test_what_is_no_http_at_all_is_refused_and_closed(self) -> None:
        for bad in (
            b"\x00" * 64 + b"\r\n\r\n",
            b"\xff" * 64 + b"\r\n\r\n",
            b"hello\r\n\r\n",
            b" GET / HTTP/1.1\r\n\r\n",
        ):
            with self.subTest(bad=bad[:16]):
                self.check_closed(bad, 400)


class Lengths(Framing):
    def test_a_body_may_have_64_kb_and_not_one_byte_more(self) -> None:
        good = self.lab.exchange(request("POST", CLEAR, body=b"b" * BODY_LIMIT, token=TOKEN))

        self.assertEqual(good.status, 200)
        bad = self.lab.exchange(request("POST", CLEAR, body=b"b" * (BODY_LIMIT + 1), token=TOKEN))
        self.assertEqual(bad.status, 413)

    def test_a_content_length_over_the_limit_is_refused_without_reading(self) -> None:
        started = time.monotonic()
        for length in (BODY_LIMIT + 1, 10**9, 2**63, 2**64 - 1):
            with self.subTest(length=length):
                self.check_closed(self.post({"Content-Length": str(length)}), 413)
        # The body time limit is 30 s.
        self.assertLess(time.monotonic() - started, 20)

    def test_a_chunked_body_over_the_limit_is_refused(self) -> None:
        chunk = b"1000\r\n" + b"c" * 4096 + b"\r\n"
        many = self.post({"Transfer-Encoding": "chunked"}, chunk * 17 + b"0\r\n\r\n")
        announced = self.post({"Transfer-Encoding": "chunked"}, b"7fffffffffffffff\r\nabc")

        self.assertEqual(self.lab.exchange(many).status, 413)
        self.assertEqual(self.lab.exchange(announced).status, 413)

    def test_a_chunked_body_at_the_limit_is_accepted(self) -> None:
        chunk = b"1000\r\n" + b"c" * 4096 + b"\r\n"
        body = self.post({"Transfer-Encoding": "chunked"}, chunk * 16 + b"0\r\n\r\n")

        self.assertEqual(self.lab.exchange(body).status, 200)

    def test_a_length_that_is_not_one_number_is_refused(self) -> None:
        for length in ("-1", "+5", "5 5", "0x5", "5,6", "abc", "18446744073709551616", "9" * 40):
            with self.subTest(length=length):
                self.check_closed(
                    self.post({"Content-Length": length}, b"hello" + SMUGGLED), 400, 413
                )

    def test_two_different_lengths_are_refused(self) -> None:
        double = {"Content-Length": "5", "content-length": "6"}

        self.check_closed(self.post(double, b"hello" + SMUGGLED), 400)


class Ambiguous(Framing):
    def test_both_a_length_and_chunks_are_refused_in_either_order(self) -> None:
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        for headers in (
            {"Content-Length": "5", "Transfer-Encoding": "chunked"},
            {"Transfer-Encoding": "chunked", "Content-Length": "5"},
            {"Transfer-Encoding": "chunked", "Content-Length": "15"},
        ):
            with self.subTest(headers=headers):
                self.check_closed(self.post(headers, chunks + SMUGGLED), 400)

    def test_both_are_refused_without_the_token_too(self) -> None:
        headers = {"Content-Length": "5", "Transfer-Encoding": "chunked"}
        bad = request("POST", CLEAR, headers) + b"5\r\nhello\r\n0\r\n\r\n" + SMUGGLED

        self.check_closed(bad, 400, 403)

    def test_a_transfer_coding_that_is_not_chunked_is_refused(self) -> None:
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        for coding in CODINGS:
            with self.subTest(coding=coding):
                data = self.post({"Transfer-Encoding": coding}, chunks + SMUGGLED)
                self.check_closed(data, 400, 501)

    def test_it_is_refused_before_the_guard_the_host_and_the_route(self) -> None:
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        for coding in CODINGS:
            for line in (
                f"POST {CLEAR} HTTP/1.1\r\nHost: x",
                "POST /nowhere HTTP/1.1\r\nHost: a, b",
                "BREW * HTTP/1.1",
                "GET /api/health HTTP/1.1\r\nHost: x",
            ):
                with self.subTest(coding=coding, line=line):
                    head = f"{line}\r\nTransfer-Encoding: {coding}\r\n\r\n".encode()
                    self.check_closed(head + chunks + SMUGGLED, 400, 501)

    def test_http_1_0_has_no_transfer_codings(self) -> None:
        for coding in ("chunked", "gzip"):
            data = request("POST", CLEAR, {"Transfer-Encoding": coding}, token=TOKEN, version="1.0")
            with self.subTest(coding=coding):
                self.check_closed(data + b"0\r\n\r\n" + SMUGGLED, 400)

    def test_broken_chunks_are_refused_and_closed(self) -> None:
        for chunks in (
            b"xyz\r\nhello\r\n0\r\n\r\n",
            b"-5\r\nhello\r\n0\r\n\r\n",
            b"\r\nhello\r\n0\r\n\r\n",
            b"5\r\nhelloXX0\r\n\r\n",
            b"10000000000000005\r\nhello\r\n0\r\n\r\n",
        ):
            with self.subTest(chunks=chunks):
                self.check_closed(
                    self.post({"Transfer-Encoding": "chunked"}, chunks + SMUGGLED), 400, 413
                )

    def test_a_chunk_extension_has_to_be_one(self) -> None:
        for extension in (
            b';a="b', b';a="b\\', b';a="\n"', b';a="\x00"', b';a="\x1f"', b";a b", b";", b"x"
        ):
            with self.subTest(extension=extension):
                body = b"5" + extension + b"\r\nhello\r\n0\r\n\r\n"
                self.check_closed(self.post({"Transfer-Encoding": "chunked"}, body + SMUGGLED), 400)

    def test_a_chunk_extension_is_read_past(self) -> None:
        body = b'5 ; a = "b;\\"c\xff" ;d\r\nhello\r\n0;e=f\r\n\r\n'
        with self.lab.connect() as wire:
            wire.send(self.post({"Transfer-Encoding": "chunked"}, body))

            self.assertEqual(wire.response().status, 200)
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_trailers_have_a_limit_together(self) -> None:
        few, many = (b"0\r\n" + b"x: y\r\n" * count + b"\r\n" for count in (4000, 8000))
        good = self.lab.exchange(self.post({"Transfer-Encoding": "chunked"}, few))

        self.assertEqual(good.status, 200)
        bad = self.lab.exchange(self.post({"Transfer-Encoding": "chunked"}, many))
        self.assertEqual((bad.status, bad.closes()), (431, True))

    def test_a_trailer_changes_nothing(self) -> None:
        for trailer in (b"Connection: close", b"Content-Length: 9", b"Transfer-Encoding: x"):
            body = b"1\r\nx\r\n0\r\n" + trailer + b"\r\n\r\n"
            with self.subTest(trailer=trailer), self.lab.connect() as wire:
                wire.send(self.post({"Transfer-Encoding": "chunked"}, body))

                response = wire.response()
                self.assertEqual((response.status, response.closes()), (200, False))
                self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_trailers_are_read_past(self) -> None:
        with self.lab.connect() as wire:
            wire.send(
                self.post({"Transfer-Encoding": "chunked"}, b"1\r\nx\r\n0\r\nX-After: y\r\n\r\n")
            )

            self.assertEqual(wire.response().status, 200)
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_after_all_of_that_the_service_is_well(self) -> None:
        self.assertEqual(self.lab.http("GET", "/api/health").status, 200)


if __name__ == "__main__":
    unittest.main()
