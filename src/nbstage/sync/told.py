"""What `sync` did, as text and as data."""

from __future__ import annotations

from nbstage.report.changes import changes_as_text, diff, diffs_as_text
from nbstage.report.data import Plain, problems_as_data
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import make_line
from nbstage.sync.nouns import Synced


def synced_as_text(synced: Synced, *, diffs: bool, paint: Paint = plain) -> str:
    """The cells with the modules their edits come from, then the files."""
    lines = [
        make_line(f"{one.notebook}, cell {one.cell}: from {', '.join(one.modules)}")
        for one in synced.carried
    ]
    if synced.changes:
        lines.append(changes_as_text(synced.changes, paint))
        if diffs:
            lines += ["", diffs_as_text(synced.changes, paint)]
    return "\n".join(lines)


def synced_as_data(synced: Synced, *, written: bool, diffs: bool) -> Plain:
    """The same for a machine."""
    return {
        "written": written,
        "cells": [
            {"notebook": one.notebook, "cell": one.cell, "modules": list(one.modules)}
            for one in synced.carried
        ],
        "changes": [
            {"path": one.path, "action": one.action.value, **({"diff": diff(one)} if diffs else {})}
            for one in synced.changes
        ],
        "problems": [*problems_as_data(synced.problems)],
    }
