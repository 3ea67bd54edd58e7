"""`[tool.nbstage.prefixes]`: what the names of a notebook's stages begin with, by its path."""

from __future__ import annotations

import re

from nbstage.toml_table import Table, entries, kind, leaves_root, take

_LONGEST = 40
_PREFIX = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{_LONGEST - 1}}}")


def parse_prefixes(table: Table) -> tuple[dict[str, str], list[str]]:
    """The prefixes by notebook, and a sentence for each that can't be one."""
    faults: list[str] = []
    prefixes: dict[str, str] = {}
    for path, prefix in take(entries(table), faults).items():
        place = f'{table.name}."{path}"'
        fault = _fault(path, prefix)
        owner = next((one for one, held in prefixes.items() if _is_same(held, prefix)), "")
        if fault:
            faults.append(f"{place} {fault}")
        elif owner:
            faults.append(f"{place}: '{prefix}' is the prefix of '{owner}' already")
        else:
            prefixes[path.removeprefix("./")] = str(prefix)
    return prefixes, faults


def _fault(path: str, prefix: object) -> str:
    if leaves_root(path):
        return "is outside the project; paths start at its root"
    if isinstance(prefix, dict):
        return "must be a text, not a table; put the notebook's path in quotes"
    if not isinstance(prefix, str) or not prefix:
        return f"must be a text, not {kind(prefix)}"
    if not _PREFIX.fullmatch(prefix):
        told = f"at most {_LONGEST} letters a to z, digits and underscores, a letter first"
        return f"can't be '{prefix}': it takes {told}"
    return ""


def _is_same(one: str, other: object) -> bool:
    """Names that differ in case only would be one file on many disks."""
    return isinstance(other, str) and one.casefold() == other.casefold()
