"""One picture for each part: bars of the medians, with the quartiles as whiskers."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402 - after the choice of the backend

from bench.figures import Row, Spread  # noqa: E402

INCHES_PER_BAR = 0.28


def draw(part: str, rows: list[Row], to: Path) -> None:
    """Every numeric column has its own axes; what is not numeric names the bars."""
    numbers = [name for name, value in rows[0].items() if isinstance(value, (Spread, float))]
    names = [" ".join(value for value in row.values() if isinstance(value, str)) for row in rows]
    figure, all_axes = plot.subplots(
        len(numbers), squeeze=False, layout="constrained",
        figsize=(8, len(numbers) * (len(rows) * INCHES_PER_BAR + 0.8)))
    for axes, column in zip(all_axes[:, 0], numbers):
        middles = [row[column].median if isinstance(row[column], Spread) else row[column]
                   for row in rows]
        axes.barh(names, middles, color="#4878a8",
                  xerr=_whiskers([row[column] for row in rows]), capsize=3)
        axes.invert_yaxis()
        axes.set_title(f"{part}: {column}", loc="left", fontsize=10)
    figure.savefig(to)
    plot.close(figure)


def _whiskers(values: list[Spread | float]) -> tuple[list[float], list[float]] | None:
    if not isinstance(values[0], Spread):
        return None
    return ([value.median - value.low for value in values],
            [value.high - value.median for value in values])
