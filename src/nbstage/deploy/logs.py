"""What a process printed."""

from __future__ import annotations

from pathlib import Path

from nbstage.report.plain import make_plain

_MOST = 20_000


def last_lines(log: Path, count: int) -> str:
    """The last lines of a log, without what would upset a terminal."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _MOST))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return make_plain("\n".join(text.splitlines()[-count:]))
