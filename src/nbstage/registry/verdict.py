"""The gate's verdict on the commit that is registered, as `nbstage gate --json` printed it."""

from __future__ import annotations

import json
from pathlib import Path

from nbstage.errors import UserError
from nbstage.registry.lineage import MET, UNGATED
from nbstage.registry.nouns import Refused
from nbstage.report.data import Plain, plain_value

_HEX = frozenset("0123456789abcdef")


def no_verdict() -> dict[str, Plain]:
    """What a lineage says where the gate was not asked."""
    return {"verdict": UNGATED}


def verdict_in(file: Path, commit: str) -> dict[str, Plain]:
    """The verdict in a file. Raises Refused where the gate isn't met, and UserError where the file
    holds no verdict on this commit.
    """
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise UserError(
            f"'{file}' can't be read: {error.strerror}",
            f"`nbstage gate --json > {file}` writes it.",
        ) from None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("ok"), bool):
        raise UserError(
            f"'{file}' is no verdict of the gate's", f"`nbstage gate --json > {file}` writes one."
        )
    return verdict_of(data, commit, where=f"'{file}'")


def verdict_of(data: dict[str, object], commit: str, *, where: str) -> dict[str, Plain]:
    """The gate's data as a lineage keeps it. Raises as `verdict_in` does."""
    judged = str(data.get("current", ""))
    if not (len(judged) >= 7 and _HEX.issuperset(judged) and commit.startswith(judged)):
        raise UserError(
            f"the verdict in {where} is on '{judged or 'an unknown version'}', and what is to be "
            f"registered is {commit[:7]}",
            "run `nbstage gate --json` on that very commit, with nothing uncommitted.",
        )
    found = data.get("lines")
    lines = found if isinstance(found, list) else []
    if not data["ok"]:
        raise Refused(
            "\n".join(["the gate is not met:", *_unmet(lines)]), "`nbstage gate` says more."
        )
    kept = [_line(line) for line in lines if isinstance(line, dict)]
    return {"verdict": MET, "baseline": plain_value(data.get("baseline")), "lines": [*kept]}


def _unmet(lines: list[object]) -> list[str]:
    return [
        f"{line.get('what')}: {line.get('value')}; asked: {line.get('limit')}{_why(line)}"
        for line in lines
        if isinstance(line, dict) and line.get("met") is False
    ]


def _why(line: dict[str, object]) -> str:
    return f" ({line['why']})" if line.get("why") else ""


def _line(line: dict[str, object]) -> dict[str, Plain]:
    return {key: plain_value(line.get(key)) for key in ("met", "what", "value", "limit")}
