"""A name server that never responds: it costs a start no more than the limit of the request."""

from __future__ import annotations

import ctypes
import os
import pathlib
import secrets
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab
from support.wire import skip
from tools import require_root, require_tools, run, scratch

PART = "name server"
CLONE_NEWNS = 0x00020000
DNS_PORT = 53


def silent_server(test: unittest.TestCase) -> str:
    """The address of one; nobody else has it."""
    address = f"127.{10 + secrets.randbelow(200)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    test.addCleanup(server.close)
    try:
        server.bind((address, DNS_PORT))
    except OSError as error:
        skip(test, PART, f"{address}: {error}")
    return address


class LookUp(unittest.TestCase):
    def setUp(self) -> None:
        require_root(self, PART)
        require_tools(self, PART, "mount")
        # For the processes that this test starts; it ends with them.
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            skip(self, PART, f"unshare: {os.strerror(ctypes.get_errno())}")
        self.use(silent_server(self))

    def use(self, server: str) -> None:
        file = scratch(self) / "resolv.conf"
        # The system would ask for 150 s, beyond this test's patience.
        file.write_text(f"nameserver {server}\noptions timeout:30 attempts:5\n")
        for command in (["--make-rprivate", "/"], ["--bind", file, "/etc/resolv.conf"]):
            done = run(["mount", *command])
            if done.returncode != 0:
                skip(self, PART, f"mount: {done.stdout.strip()}")

    def test_a_service_starts_without_the_name_of_its_task_and_stops_at_once(self) -> None:
        uri = "http://metadata.example.test/v4/abc"

        lab = Lab.for_test(self, {"ECS_CONTAINER_METADATA_URI_V4": uri})

        instance = lab.http("GET", "/api/lab/status").json()["instance"]
        self.assertIsNone(instance["taskArn"])
        lab.stop()


if __name__ == "__main__":
    unittest.main()
