"""What the binary does besides serving: help, version, health check, and a port that is taken."""

from __future__ import annotations

import pathlib
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, run_binary

SETTINGS = (
    "HOST",
    "PORT",
    "APP_ENV",
    "LAB_MAX_CONNECTIONS",
    "LAB_SHUTDOWN_GRACE",
    "LAB_HEADER_TIMEOUT",
    "LAB_BODY_TIMEOUT",
    "LAB_IDLE_TIMEOUT",
    "LAB_WRITE_TIMEOUT",
    "LAB_ENABLE",
    "LAB_TOKEN_FILE",
    "LAB_ALLOW_PROD",
    "LAB_ARTIFACT_DIR",
    "LAB_ARTIFACT_MAX_MB",
    "LAB_ARTIFACT_MAX_AGE",
    "LAB_LOG_LEVEL",
)


class Information(unittest.TestCase):
    def test_help_names_every_flag_and_variable_and_starts_nothing(self) -> None:
        run = run_binary(["--help"])

        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for variable in (*SETTINGS, "LAB_TOKEN", "LAB_CONFIG"):
            self.assertIn(variable, run.stdout)
        flags = ["--" + variable.lower().replace("_", "-") for variable in SETTINGS]
        for flag in (*flags, "--config", "--help", "--version", "--healthcheck"):
            self.assertIn(flag, run.stdout)

    def test_version_is_one_line(self) -> None:
        run = run_binary(["--version"])

        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertRegex(run.stdout, r"\Aprofiling-lab \S.*\n\Z")


class PortTaken(unittest.TestCase):
    def test_a_port_that_is_taken_is_one_clear_line_and_exit_code_2(self) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]

            run = run_binary([f"--port={port}"])

        self.assertEqual(run.returncode, 2, run.stderr)
        wanted = f"profiling-lab: cannot listen on 127.0.0.1:{port}: Address already in use"
        self.assertEqual(run.stderr.splitlines()[-1], wanted)
        self.assertIn('"event":"start_failed"', run.stderr)

    def test_a_second_lab_does_not_disturb_the_first(self) -> None:
        lab = Lab.for_test(self)

        self.assertEqual(run_binary([f"--port={lab.port}"]).returncode, 2)
        self.assertEqual(lab.http("GET", "/api/health").status, 200)

    def test_a_port_just_given_up_can_be_taken_again(self) -> None:
        lab = Lab.for_test(self)
        with lab.connect() as wire:
            wire.ask("GET", "/api/health")
            lab.stop()

        again = Lab.for_test(self, {"PORT": str(lab.port)})

        self.assertEqual(again.port, lab.port)


class FakeServer:
    """Says the same to everyone, or nothing at all."""

    def __init__(self, test: unittest.TestCase, response: bytes) -> None:
        self.response = response
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open: list[socket.socket] = []
        test.addCleanup(self.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        try:
            while True:
                peer, _ = self.socket.accept()
                self.open.append(peer)
                if self.response:
                    peer.recv(4096)
                    peer.sendall(self.response)
                    peer.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for peer in self.open:
            peer.close()


class HealthCheck(unittest.TestCase):
    def check(self, port: int, **env: str) -> int:
        return run_binary(["--healthcheck"], {"PORT": str(port), **env}).returncode

    def test_a_running_lab_is_healthy(self) -> None:
        lab = Lab.for_test(self)

        self.assertEqual(self.check(lab.port), 0)
        self.assertEqual(run_binary(["--healthcheck", f"--port={lab.port}"]).returncode, 0)

    def test_an_address_for_all_interfaces_is_asked_on_this_machine(self) -> None:
        lab = Lab.for_test(self)

        self.assertEqual(self.check(lab.port, HOST="0.0.0.0"), 0)

    def test_the_check_needs_no_token_and_reads_the_settings_of_the_service(self) -> None:
        lab = Lab.for_test(
            self, {"LAB_ENABLE": "false", "LAB_TOKEN": None, "APP_ENV": "production"}
        )

        self.assertEqual(self.check(lab.port, APP_ENV="production", LAB_LOG_LEVEL="error"), 0)

    def test_where_nothing_listens_the_check_fails(self) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))

            self.assertEqual(self.check(holder.getsockname()[1]), 1)

    def test_a_server_that_responds_with_anything_but_health_fails_the_check(self) -> None:
        for response in (
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            b"garbage\r\n\r\n",
            b"HTTP/1.1 2",
        ):
            with self.subTest(response=response):
                self.assertEqual(self.check(FakeServer(self, response).port), 1)

    def test_a_server_that_never_responds_fails_the_check_in_the_end(self) -> None:
        self.assertEqual(self.check(FakeServer(self, b"").port), 1)

    def test_a_wrong_setting_is_a_wrong_setting_here_too(self) -> None:
        self.assertEqual(run_binary(["--healthcheck"], {"PORT": "x"}).returncode, 2)


if __name__ == "__main__":
    unittest.main()
