"""Figures of interleaved runs: medians with their spread."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Row = dict[str, Any]
Tables = dict[str, list[Row]]


class Spread(NamedTuple):
    """The median, and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = 0 if self.median >= 1000 else 1 if self.median >= 100 else 3
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f}-{self.high:,.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(of: Sequence[float], to: Sequence[float]) -> Spread:
    """Round by round: what slows one round down slows both."""
    return spread([a / b for a, b in zip(of, to, strict=True)])


def interleaved(rounds: int, variants: dict[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Round by round, so that a slow spell of the machine hits every variant; one round warms up."""
    seen: dict[str, list[T]] = defaultdict(list)
    for round_number in range(rounds + 1):
        for name, measure in variants.items():
            figure = measure()
            if round_number > 0:
                seen[name].append(figure)
    return seen


def machine() -> dict[str, Any]:
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release()}
