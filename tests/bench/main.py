"""Runs the parts that are asked for; prints a table and writes JSON for each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from bench.parts import PARTS, Bench, Row

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
    return "\n".join("  ".join(text.rjust(width) if i else text.ljust(width)
                               for i, (text, width) in enumerate(zip(line, widths)))
                     for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", type=part_name, help="default: all")
    parser.add_argument("--rounds", type=at_least(LEAST_ROUNDS), default=LEAST_ROUNDS)
    parser.add_argument("--seconds", type=at_least(1), default=3)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    args.output.mkdir(parents=True, exist_ok=True)
    for part in args.parts or PARTS:
        rows = PARTS[part](Bench(args.binary, args.rounds, args.seconds))
        print(f"\n{part}\n{table(rows)}", flush=True)
        (args.output / f"{part}.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
