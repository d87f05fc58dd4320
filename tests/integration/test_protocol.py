"""HTTP/1.1 as clients may speak it: pipelining, versions, targets, Host, Expect."""

from __future__ import annotations

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import TOKEN, request

HEALTH = request("GET", "/api/health")


class Pipelining(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_many_requests_in_one_write_get_their_responses_in_order(self) -> None:
        targets = ("/api/health", "/api/lab/status", "/nowhere", "/api/metrics")
        statuses = (200, 403, 404, 200)
        sent = [request("GET", targets[n % 4], {"x-request-id": f"r{n}"}) for n in range(200)]
        with self.lab.connect() as wire:
            wire.send(b"".join(sent))

            for n in range(200):
                response = wire.response()
                self.assertEqual(response.header("x-request-id"), f"r{n}")
                self.assertEqual(response.status, statuses[n % 4])

    def test_a_slow_request_is_not_overtaken_by_those_behind_it(self) -> None:
        jam = request(
            "POST", "/api/lab/event-loop-jam?ms=150", {"x-request-id": "jam"}, token=TOKEN
        )
        with self.lab.connect() as wire:
            wire.send(jam + HEALTH)

            self.assertEqual(wire.response().header("x-request-id"), "jam")
            self.assertEqual(wire.response().json()["status"], "healthy")

    def test_bodies_and_verbs_may_be_mixed_in_one_write(self) -> None:
        chunked = {"Transfer-Encoding": "chunked"}
        with self.lab.connect() as wire:
            wire.send(
                request("POST", "/api/lab/memory-clear", body=b"ignored", token=TOKEN)
                + request("HEAD", "/api/health")
                + request("POST", "/api/lab/memory-clear", chunked, token=TOKEN)
                + b"3\r\nabc\r\n0\r\n\r\n"
                + HEALTH
            )

            verbs = ("POST", "HEAD", "POST", "GET")
            self.assertEqual([wire.response(verb).status for verb in verbs], [200] * 4)

    def test_a_request_cut_at_every_byte_is_still_one_request(self) -> None:
        with self.lab.connect() as wire:
            for position in range(len(HEALTH)):
                wire.send(HEALTH[position : position + 1])

            self.assertEqual(wire.response().status, 200)

    def test_garbage_behind_a_good_request_is_refused_after_the_good_response(self) -> None:
        for garbage in (
            b"\x00\x01\x02\xff garbage\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"
        ):
            with self.subTest(garbage=garbage), self.lab.connect() as wire:
                wire.send(HEALTH + garbage + HEALTH)

                self.assertEqual(wire.response().status, 200)
                refused = wire.response()
                self.assertEqual((refused.status, refused.closes()), (400, True))
                self.assertEqual(wire.rest(), b"")

    def test_nothing_behind_connection_close_gets_a_response(self) -> None:
        with self.lab.connect() as wire:
            wire.send(request("GET", "/api/health", {"Connection": "close"}) + HEALTH)

            response = wire.response()
            self.assertEqual((response.status, response.closes()), (200, True))
            self.assertEqual(wire.rest(), b"")


class Versions(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def test_http_1_1_keeps_the_connection(self) -> None:
        with self.lab.connect() as wire:
            for _ in range(3):
                response = wire.ask("GET", "/api/health")
                self.assertEqual((response.status, response.version), (200, "HTTP/1.1"))
                self.assertFalse(response.closes())

    def test_http_1_0_gets_a_response_and_is_closed_and_needs_no_host(self) -> None:
        for head in (
            b"GET /api/health HTTP/1.0\r\n\r\n", request("GET", "/api/health", version="1.0")
        ):
            with self.subTest(head=head), self.lab.connect() as wire:
                wire.send(head)

                self.assertEqual(wire.response().status, 200)
                self.assertEqual(wire.rest(), b"")

    def test_http_1_0_stays_open_only_when_asked(self) -> None:
        keep = request("GET", "/api/health", {"Connection": "keep-alive"}, version="1.0")
        with self.lab.connect() as wire:
            for _ in range(2):
                wire.send(keep)
                response = wire.response()
                self.assertEqual(response.status, 200)
                self.assertEqual((response.header("connection") or "").lower(), "keep-alive")

    def test_http_1_0_never_gets_chunks(self) -> None:
        response = self.lab.exchange(request("GET", "/api/metrics", version="1.0"))

        self.assertIsNone(response.header("transfer-encoding"))
        self.assertIn(b"http_requests_total", response.body)

    def test_any_other_version_is_refused_and_closed(self) -> None:
        for version in ("2.0", "0.9", "11", "1", "1.1.1", "1.10", "x.y", ""):
            with self.subTest(version=version), self.lab.connect() as wire:
                wire.send(request("GET", "/api/health", version=version))

                self.assertEqual(wire.response().status, 400)
                self.assertEqual(wire.rest(), b"")

    def test_a_later_minor_version_is_read_as_1_1(self) -> None:
        with self.lab.connect() as wire:
            for version in ("1.2", "1.9"):
                wire.send(request("GET", "/api/health", version=version))

                response = wire.response()
                self.assertEqual((response.status, response.version), (200, "HTTP/1.1"))
                self.assertFalse(response.closes())

    def test_connection_is_a_list_over_all_its_lines(self) -> None:
        for version, value, closes in (
            ("1.1", "keep-alive, close", True),
            ("1.1", "x\r\nConnection: CLOSE", True),
            ("1.1", "x, keep-alive", False),
            ("1.0", "keep-alive, close", True),
            ("1.0", "x\r\nConnection: keep-alive", False),
        ):
            with self.subTest(version=version, value=value), self.lab.connect() as wire:
                wire.send(request("GET", "/api/health", {"Connection": value}, version=version))

                self.assertEqual(wire.response().status, 200)
                if closes:
                    self.assertEqual(wire.rest(), b"")
                else:
                    self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_empty_lines_before_a_request_are_skipped(self) -> None:
        with self.lab.connect() as wire:
            for lines in (b"\r\n", b"\r\n\r\n\r\n", b""):
                wire.send(lines)
                wire.send(lines + HEALTH)

                self.assertEqual(wire.response().status, 200)

    def test_a_request_line_without_a_version_is_refused_and_closed(self) -> None:
        for line in (
            b"GET /api/health\r\n\r\n", b"GET\r\n\r\n", b"/api/health HTTP/1.1\r\nHost: x\r\n\r\n"
        ):
            with self.subTest(line=line), self.lab.connect() as wire:
                wire.send(line)

                self.assertEqual(wire.response().status, 400)
                self.assertEqual(wire.rest(), b"")


class Hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def status(self, head: str) -> int:
        return self.lab.exchange(head.encode() + b"\r\n").status

    def test_http_1_1_without_a_host_or_with_two_is_refused(self) -> None:
        get = "GET /api/health HTTP/1.1\r\n"
        self.assertEqual(self.status(get), 400)
        self.assertEqual(self.status(get + "Host: a\r\nHost: b\r\n"), 400)
        self.assertEqual(self.status(get + "Host: a\r\nHost: a\r\n"), 400)
        self.assertEqual(self.status(get + "Host: a\r\nX: y\r\nhOST: b\r\n"), 400)
        self.assertEqual(self.status(get + "Host: a\r\n"), 200)

    def test_a_host_has_to_be_one(self) -> None:
        get = "GET /api/health HTTP/1.1\r\n"
        for host in ("u@l/x", "a, b", "http://l", "l:abc", "[::1", "::1", "l/", "a b", "l:65536"):
            with self.subTest(host=host):
                self.assertEqual(self.status(f"{get}Host: {host}\r\n"), 400)
        for host in ("", "l", "l:80", "l:", "[::1]", "[::1]:3001", "192.0.2.7:1", "LAB.test."):
            with self.subTest(host=host):
                self.assertEqual(self.status(f"{get}Host: {host}\r\n"), 200)

    def test_a_client_without_token_and_host_learns_nothing_more(self) -> None:
        self.assertIn(self.status("GET /api/lab/status HTTP/1.1\r\n"), (400, 403))


class Targets(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def status(self, method: str, target: str) -> int:
        return self.lab.exchange(request(method, target)).status

    def test_an_absolute_target_is_accepted(self) -> None:
        for target in (
            "http://lab.test/api/health", "HTTP://x:3001/api/health", "http://[::1]:1/api/health"
        ):
            with self.subTest(target=target):
                self.assertEqual(self.status("GET", target), 200)

    def test_other_forms_of_a_target_are_refused_and_harm_nobody(self) -> None:
        cases = (
            ("CONNECT", "lab.test:443"),
            ("OPTIONS", "*"),
            ("GET", "*"),
            ("GET", "api/health"),
            ("GET", "http://"),
            ("GET", "http:///api/health"),
            ("GET", "http://user@lab.test/api/health"),
            ("GET", "http://user:word@lab.test/api/health"),
            ("GET", "/api/health#top"),
            ("GET", "ftp://x/api/health"),
            ("GET", "?ms=1"),
            ("GET", "/%"),
            ("GET", "/%zz"),
            ("GET", "/api/health%00"),
            ("GET", "/api/health%2F"),
            ("GET", "/" + "a/" * 4000),
        )
        for method, target in cases:
            with self.subTest(method=method, target=target[:40]):
                self.assertIn(self.status(method, target), (400, 403, 404, 405, 414, 431))
        self.assertEqual(self.status("GET", "/api/health"), 200)

    def test_an_escaped_slash_separates_nothing(self) -> None:
        for target in ("/api%2flab/status", "/api%2Flab%2Fstatus", "/api/lab%2fstatus"):
            with self.subTest(target=target):
                self.assertEqual(self.status("GET", target), 403)
                self.assertEqual(self.lab.http("GET", target).status, 404)
        self.assertEqual(self.status("GET", "/api%2fhealth"), 404)

    def test_control_bytes_in_a_target_are_refused(self) -> None:
        for byte in (b"\x00", b"\x01", b"\x7f", b"\t"):
            with self.subTest(byte=byte), self.lab.connect() as wire:
                wire.send(b"GET /api/he" + byte + b"lth HTTP/1.1\r\nHost: x\r\n\r\n")

                self.assertEqual(wire.response().status, 400)
                self.assertEqual(wire.rest(), b"")


class Expectations(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = Lab.for_class(cls)

    def ask(self, length: int) -> bytes:
        headers = {"Expect": "100-continue", "Content-Length": str(length)}
        return request("POST", "/api/lab/memory-clear", headers, token=TOKEN)

    def test_a_client_that_waits_for_the_word_gets_it_and_then_its_response(self) -> None:
        with self.lab.connect() as wire:
            wire.send(self.ask(5))
            self.assertEqual(wire.response().status, 100)

            wire.send(b"hello")
            self.assertEqual(wire.response().status, 200)
            self.assertEqual(wire.ask("GET", "/api/health").status, 200)

    def test_a_client_that_does_not_wait_gets_its_response_all_the_same(self) -> None:
        with self.lab.connect() as wire:
            wire.send(self.ask(5) + b"hello")

            response = wire.response()
            response = wire.response() if response.status == 100 else response
            self.assertEqual(response.status, 200)

    def test_http_1_0_is_never_told_to_continue(self) -> None:
        headers = {"Expect": "100-continue", "Content-Length": "5"}
        with self.lab.connect() as wire:
            wire.send(
                request("POST", "/api/lab/memory-clear", headers, token=TOKEN, version="1.0")
            )
            self.assertFalse(wire.readable(0.2))
            wire.send(b"hello")

            self.assertEqual(wire.response().status, 200)

    def test_nobody_is_invited_to_send_what_will_be_refused(self) -> None:
        with self.lab.connect() as wire:
            wire.send(self.ask(65537))

            self.assertEqual(wire.response().status, 413)


if __name__ == "__main__":
    unittest.main()
