"""Figures -> a Markdown table, in a text between two marks."""

from __future__ import annotations

import platform
from collections.abc import Iterable

from benchmarks.cpu import RUNS
from benchmarks.figures import Figure

START = "<!-- what `make bench` measured -->"
END = "<!-- end of what it measured -->"


def as_markdown(figures: Iterable[Figure]) -> str:
    """The table, and under it how and where the figures came about."""
    rows = [
        f"| {figure.work} | {_seconds(figure.seconds)} | {_target(figure)} | {figure.remark} |"
        for figure in figures
    ]
    where = f"Python {platform.python_version()} on {platform.system()}, {platform.machine()}"
    below = f"CPU seconds, start-up included, median of {RUNS} runs; {where}."
    head = "| work | CPU s | target | |\n|---|---:|---:|---|"
    return "\n".join([head, *rows, "", below])


def between_marks(text: str, table: str, start: str = START, end: str = END) -> str:
    """The text with the table between its marks; unchanged where it has no marks."""
    before, begun, rest = text.partition(start)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        return text
    return f"{before}{start}\n{table}\n{end}{after}"


def missed(figures: Iterable[Figure]) -> list[Figure]:
    """The figures that don't keep their target."""
    return [
        figure
        for figure in figures
        if figure.seconds is not None
        and figure.target is not None
        and figure.seconds >= figure.target
    ]


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.2f}"


def _target(figure: Figure) -> str:
    return f"< {figure.target:g}" if figure.target is not None else ""
