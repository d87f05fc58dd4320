"""Runs the parts that are asked for; prints a table, and writes JSON and a plot for each."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.bench import Bench
from bench.figures import Row, Tables, machine
from bench.parts import (async_stacks, cpu, footprint, heap, http, metrics, self_profile, store,
                         unwind)
from bench.plot import draw

# A part has one table, or several with names of their own.
PARTS: dict[str, Callable[[Bench], list[Row] | Tables]] = {
    "http": http.run,
    "metrics": metrics.run,
    "cpu": cpu.run,
    "async": async_stacks.run,
    "footprint": footprint.run,
    "heap": heap.run,
    "store": store.run,
    "self": self_profile.run,
    "unwind": unwind.run,
}
LEAST_ROUNDS = 5


def part_name(text: str) -> str:
    if text not in PARTS:
        raise argparse.ArgumentTypeError(f"{text}: there are {', '.join(PARTS)}")
    return text


def at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if (value := int(text)) < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value
    return parse


def cell(value: object) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


def table(rows: list[Row]) -> str:
    lines = [list(rows[0])] + [[cell(value) for value in row.values()] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                     for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", type=part_name, help="default: all")
    parser.add_argument("--rounds", type=at_least(LEAST_ROUNDS), default=LEAST_ROUNDS)
    parser.add_argument("--pairs", type=at_least(cpu.LEAST_PAIRS), default=cpu.LEAST_PAIRS)
    parser.add_argument("--seconds", type=at_least(1), default=3)
    for name in ("build", "modules", "nginx", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()

    args.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        bench = Bench(args.build, args.rounds, args.pairs, args.seconds, Path(scratch),
                      args.modules, args.nginx)
        for part in args.parts or PARTS:
            found = PARTS[part](bench)
            for name, rows in found.items() if isinstance(found, dict) else [(part, found)]:
                report(name, rows, args)


def report(name: str, rows: list[Row], args: argparse.Namespace) -> None:
    print(f"\n{name}\n{table(rows)}", flush=True)
    found = {"part": name, "machine": machine(), "seconds": args.seconds,
             "rows": [as_json(row) for row in rows]}
    (args.output / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    draw(name, rows, args.output / f"{name}.svg")


def as_json(row: Row) -> Row:
    return {name: value._asdict() if hasattr(value, "_asdict") else value
            for name, value in row.items()}


if __name__ == "__main__":
    main()
