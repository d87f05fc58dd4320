"""Memory at rest, memory of idle connections, and the time from exec to the first response."""

from __future__ import annotations

import http.client
import resource
import socket
import time
from contextlib import ExitStack

from bench.bench import Bench
from bench.figures import Row, spread
from bench.servers import Lab

IDLE_CONNECTIONS = 10_000
SPARE_DESCRIPTORS = 200
SETTLE_SECONDS = 2
REQUEST = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def run(bench: Bench) -> list[Row]:
    need_descriptors()
    at_rest, per_connection, start = [], [], []
    for _ in range(bench.rounds):
        with bench.lab() as lab:
            time.sleep(SETTLE_SECONDS)
            before = lab.resident_bytes()
            at_rest.append(before / 1e6)
            per_connection.append((_with_idle_connections(lab) - before) / IDLE_CONNECTIONS)
    for _ in range(bench.pairs):
        start.append(_milliseconds_to_first_response(bench))
    return [{"figure": "resident at rest, MB", "runs": len(at_rest), "value": spread(at_rest)},
            {"figure": "resident per idle connection, bytes", "runs": len(per_connection),
             "value": spread(per_connection)},
            {"figure": "exec to first 200, ms", "runs": len(start), "value": spread(start)}]


def need_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE_CONNECTIONS + SPARE_DESCRIPTORS
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"bench: {wanted} descriptors are needed, the limit is {hard} (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _with_idle_connections(lab: Lab) -> int:
    """Each has had one response and is kept open."""
    with ExitStack() as open_ones:
        for _ in range(IDLE_CONNECTIONS):
            peer = open_ones.enter_context(socket.create_connection(("127.0.0.1", lab.port)))
            peer.sendall(REQUEST)
            response = http.client.HTTPResponse(peer)
            response.begin()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"an idle connection got {response.status}")
        return lab.resident_bytes()


def _milliseconds_to_first_response(bench: Bench) -> float:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.perf_counter()
    with Lab(bench.build / "bin/profiling-lab", port) as lab:
        while True:
            try:
                lab.ask("GET", "/api/health")
                return (time.perf_counter() - began) * 1e3
            except ConnectionRefusedError:
                time.sleep(0.0005)
