"""What every part of scripts/bench is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.servers import Lab, Nginx, Server


class Bench(NamedTuple):
    build: Path
    rounds: int
    pairs: int
    seconds: float
    scratch: Path
    modules: Path
    nginx: Path

    def lab(self, env: Mapping[str, str] | None = None) -> Lab:
        return Lab(self.build / "bin/profiling-lab", env=env)

    def record(self, name: str, content: bytes) -> Path:
        file = self.scratch / name
        file.write_bytes(content)
        return file

    def minimal_beast(self, response: Path) -> Server:
        return Server([self.build / "bin/minimal-beast", response])

    def plain_node(self, response: Path) -> Server:
        return Server(["node", self.modules / "respond.mjs", response])

    def node_with_prom_client(self, scrape: Path) -> Server:
        return Server(["node", self.modules / "metrics.mjs", scrape])

    def nginx_returning(self, response: Path) -> Server:
        return Nginx(self.nginx, response)
