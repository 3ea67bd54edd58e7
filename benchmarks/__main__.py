"""Measure, print the table and keep it in benchmarks/RESULTS.md and README.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.cpu import Failed
from benchmarks.figures import Figure, measure
from benchmarks.projects import ROOT
from benchmarks.table import END, START, as_markdown, between_marks, missed

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
README = ROOT / "README.md"
TITLE = f"# How fast it is\n\n`make bench` writes this.\n\n{START}\n{END}\n"


def main() -> int:
    """Measure everything and keep it; 1 if a command failed, and then nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="nbstage-bench-") as top:
        try:
            figures = [_told(figure) for figure in measure(Path(top))]
        except Failed as failed:
            print(f"a command that was to be measured failed:\n{failed}", file=sys.stderr)
            return 1
    table = as_markdown(figures)
    print(table)
    held = {RESULTS: TITLE, README: README.read_text(encoding="utf-8")}
    for path, text in held.items():
        path.write_text(between_marks(text, table), encoding="utf-8")
    for figure in missed(figures):
        print(f"target missed: {figure.work}", file=sys.stderr)
    return 0


def _told(figure: Figure) -> Figure:
    print(f"measured: {figure.work}", file=sys.stderr)
    return figure


if __name__ == "__main__":
    sys.exit(main())
