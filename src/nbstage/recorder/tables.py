"""pandas' tables, column by column: pandas joins columns into blocks when it likes to."""

from __future__ import annotations

import sys
from typing import Any

from nbstage.recorder import arrays
from nbstage.recorder.content import Look, Round
from nbstage.recorder.instances import attributes
from nbstage.recorder.kinds import module_of, name_of

# Any in this module: pandas is not imported for those who don't use it, so its types are not known.

_ASIDE = frozenset({"_mgr", "_flags", "_item_cache", "_cache", "_cacher"})


def is_table(kind: type) -> bool:
    """Whether values of this type are data frames or series."""
    pandas = sys.modules.get("pandas")
    tables = tuple(
        table
        for table in (getattr(pandas, "DataFrame", None), getattr(pandas, "Series", None))
        if isinstance(table, type)
    )
    return bool(tables) and issubclass(kind, tables)


def table_parts(value: Any, seen: Look, now: Round) -> object:
    """A table by its digest; each table is looked at once a round."""
    found = now.tables.get(id(value))
    if found is None:
        from nbstage.recorder.look import look

        now.alive.append(value)
        found = now.tables[id(value)] = Look()  # a cell of the table may hold the table
        parts = _parts(value, found, now)
        inside = look(parts, now, framed=True)
        now.alive.append(parts)
        found.takes(inside)
        found.digest = inside.digest
        found.members.add(id(value))
    seen.takes(found)
    return "table", found.digest


def keep_apart() -> bool:
    """Whether tables never see each other's changes, as in pandas 3."""
    version = getattr(sys.modules.get("pandas"), "__version__", "0")
    return int(version.partition(".")[0]) >= 3


def _parts(table: Any, seen: Look, now: Round) -> object:
    manager = object.__getattribute__(table, "_mgr")
    columns: dict[int, object] = {}
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist() if len(manager.axes) > 1 else [0]
        columns.update(zip(places, _columns(block.values, len(places), seen, now), strict=True))
    held = attributes(table) or {}
    rest = {key: part for key, part in held.items() if key not in _ASIDE}
    flags = object.__getattribute__(table, "_flags").allows_duplicate_labels
    name = (module_of(type(table)), name_of(type(table)))
    return name, list(manager.axes), [columns[place] for place in sorted(columns)], rest, flags


def _columns(values: Any, count: int, seen: Look, now: Round) -> list[object]:
    if not arrays.is_array(type(values)):
        return [values] if count == 1 else list(values)
    arrays.add_span(values, seen, framed=now.tables_apart)
    rows = values if values.ndim == 2 else values.reshape(1, -1)
    if values.dtype.hasobject:
        return [arrays.object_content(row.tolist()) for row in rows]
    seen.size += values.nbytes
    return list(arrays.row_digests(rows))
