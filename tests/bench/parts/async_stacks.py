"""What the hook for async stacks costs a resumption of coroutines, and a sample."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.bench import Bench
from bench.figures import Row, interleaved, spread

RESUMPTIONS = 3_000_000


def run(bench: Bench) -> list[Row]:
    def measure(kind: str) -> dict[str, Any]:
        done = subprocess.run([bench.build / f"bin/async-cost-{kind}", str(RESUMPTIONS)],
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    seen = interleaved(bench.rounds, {
        kind: lambda kind=kind: measure(kind) for kind in ("plain", "hooked")})
    plain = [run["resumption"] for run in seen["plain"]]
    hooked = [run["resumption"] for run in seen["hooked"]]
    noted = [run["noted"] for run in seen["hooked"]]
    figures = {
        "a resumption, without the hook": plain,
        "a resumption, with it": hooked,
        "what the hook adds": [b - a for a, b in zip(plain, hooked, strict=True)],
        "and while a profile is taken": [b - a for a, b in zip(plain, noted, strict=True)],
        "a chain of three in a sample": [run["splice"] for run in seen["hooked"]],
    }
    return [{"figure": name, "runs": len(values), "ns": spread(values)}
            for name, values in figures.items()]
