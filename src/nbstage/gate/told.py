"""What the gate says, as text and as data for a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from nbstage.compare.told.words import against
from nbstage.gate.nouns import Gated, Line
from nbstage.report.data import Plain
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import make_line

_WORDS = {False: ("unmet", "error"), None: ("told", "changed"), True: ("met", "dim")}


def gated_as_text(gated: Gated, paint: Paint = plain) -> str:
    """Return what is not met, then what is told, then what is met."""
    return "\n".join(_lines(gated, paint))


def _lines(gated: Gated, paint: Paint) -> Iterator[str]:
    counts = {met: sum(line.met is met for line in gated.lines) for met in _WORDS}
    verdict = (
        paint("the gate is met", "name") if gated.ok else paint("the gate is not met", "error")
    )
    yield f"{verdict}: {counts[False]} unmet, {counts[True]} met"
    baseline = gated.comparison.baseline
    chosen = f" ({make_line(baseline.chosen)})" if baseline.chosen else ""
    yield f"{make_line(against(gated.comparison))}{chosen}"
    yield ""
    for met, (word, role) in _WORDS.items():
        for line in gated.lines:
            if line.met is met:
                yield from _told(line, paint(f"{word:<5}", role))


def _told(line: Line, word: str) -> Iterator[str]:
    asked = f"asked: {line.limit}"
    yield f"  {word}  {make_line(line.what)}: {make_line(line.value)}; {make_line(asked)}"
    if line.why:
        yield f"         {make_line(line.why)}"


def gated_as_data(gated: Gated) -> dict[str, Plain]:
    """Return each line with its verdict; `met` is null for what is only told."""
    baseline = gated.comparison.baseline
    return {
        "ok": gated.ok,
        "current": gated.comparison.current,
        "baseline": baseline.commit or None,
        "first_run": bool(baseline.none),
        "lines": [asdict(line) for line in gated.lines],
    }
