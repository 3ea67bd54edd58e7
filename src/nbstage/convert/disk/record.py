"""What nbstage last wrote, as hashes: by them a file edited by hand is known.

Kept in `.nbstage/generated.json`, one line a file, and committed, so that a fresh clone has it too.
It is read line by line: with the marks of a merge in it, or two hashes for a file, each one counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from hashlib import sha256

PATH = ".nbstage/generated.json"
ABOUT = "What nbstage wrote: a file that differs was edited by hand. Commit this file."

_LINE = re.compile(r'^\s*("(?:[^"\\]|\\.)*"): "([0-9a-f]{64})",?\s*$', re.MULTILINE)

Record = Mapping[str, Set[str]]


def digest(text: str) -> str:
    """The SHA-256 of a text, whatever its line ends (git may have changed those)."""
    return sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogateescape")).hexdigest()


def parse(text: str) -> dict[str, frozenset[str]]:
    """All hashes recorded for each path; a broken record gives what can still be read of it."""
    result: dict[str, frozenset[str]] = {}
    for quoted, hexdigest in _LINE.findall(text):
        try:
            path = json.loads(quoted)
        except ValueError:
            continue
        result[path] = result.get(path, frozenset()) | {hexdigest}
    return result


def render(record: Record) -> str:
    """The record as text; empty for an empty record."""
    pairs = [(path, hexdigest) for path in sorted(record) for hexdigest in sorted(record[path])]
    if not pairs:
        return ""
    lines = [f"  {json.dumps(path)}: {json.dumps(hexdigest)}" for path, hexdigest in pairs]
    return "{\n" + ",\n".join([f'  "//": {json.dumps(ABOUT)}', *lines]) + "\n}\n"


def either(before: str, after: str) -> str:
    """A record that holds while files are being replaced: each may be the old or the new one."""
    old, new = parse(before), parse(after)
    return render({path: {*old.get(path, ()), *new.get(path, ())} for path in {*old, *new}})
