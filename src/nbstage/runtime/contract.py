"""What a table has to be, as `contracts/STAGE/NAME.yaml` says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbstage.runtime.errors import StageError
from nbstage.runtime.places import from_root

# Any: bounds and values are whatever the column holds.


@dataclass(frozen=True, slots=True)
class Column:
    """What is asked of one column, or of the index; None where nothing is.

    Bounds are part of what is allowed. An `optional` column may be missing.
    """

    type: str | None = None
    nullable: bool = False
    unique: bool = False
    optional: bool = False
    min: Any = None
    max: Any = None
    values: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What is asked of a table; with `others` it may have further columns."""

    columns: dict[str | int, Column] = field(default_factory=dict)
    index: Column | None = None
    others: bool = False
    least_rows: int | None = None
    most_rows: int | None = None


_KEYS = ("columns", "index", "others", "rows")
_OF_COLUMN = ("type", "nullable", "unique", "optional", "min", "max", "values")


def read_contract(path: str) -> Contract:
    """The contract in a file. Raises StageError that names all that is wrong with the file."""
    try:
        with open(from_root(path), encoding="utf-8-sig") as file:  # noqa: PTH123 - as all here do
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(f"the contract '{path}' can't be read: {error}") from None
    contract, faults = parse_contract(text)
    if faults:
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise StageError(f"'{path}' is no contract:{listed}")
    return contract


def parse_contract(text: str) -> tuple[Contract, list[str]]:
    """A contract from YAML, and all that is wrong with it."""
    from nbstage.runtime.yaml12 import read_yaml

    try:
        data = read_yaml(text)
    except ValueError as error:
        return Contract(), [f"it is not valid YAML: {error}"]
    except RecursionError:
        return Contract(), ["it is not valid YAML: it is nested too deeply"]
    if not isinstance(data, dict):
        return Contract(), ["it has no `columns:`"]
    faults = _strangers("", data, _KEYS)
    rows = _mapping(data, "rows", "write `rows: {min: 1}`", faults)
    faults += _strangers("rows.", rows, ("min", "max"))
    columns = _mapping(data, "columns", "write a line for each, `name: {type: int64}`", faults)
    faults += [
        f"columns.{name}: a column's name is text or a whole number; put it in quotes"
        for name in columns
        if type(name) not in (str, int)
    ]
    contract = Contract(
        {name: _column(f"columns.{name}", said, faults) for name, said in columns.items()},
        None if data.get("index") is None else _column("index", data["index"], faults),
        _flag("", data, "others", faults),
        _count(rows, "min", faults),
        _count(rows, "max", faults),
    )
    return contract, faults


def _mapping(data: dict[Any, Any], key: str, hint: str, faults: list[str]) -> dict[Any, Any]:
    value = data.get(key, {})
    if isinstance(value, dict):
        return value
    faults.append(f"{key}: {hint}")
    return {}


def _column(where: str, said: object, faults: list[str]) -> Column:
    if said is None:
        return Column()  # `name:` alone: it has to be there
    if not isinstance(said, dict):
        faults.append(f"{where}: write what is asked as in `{{type: int64}}`")
        return Column()
    faults += _strangers(f"{where}.", said, _OF_COLUMN)
    kind, values = said.get("type"), said.get("values")
    if not isinstance(kind, str | None):
        faults.append(f"{where}.type: {_shown(kind)} is no name of a type")
    if not isinstance(values, list | None) or any(map(_is_no_value, values or ())):
        faults.append(f"{where}.values: write a list: [a, b]")
    for key in ("min", "max"):
        if _is_no_value(said.get(key)) or isinstance(said.get(key), bool):
            faults.append(f"{where}.{key}: {_shown(said[key])} is no bound")
    return Column(
        type=kind if isinstance(kind, str) else None,
        nullable=_flag(f"{where}.", said, "nullable", faults),
        unique=_flag(f"{where}.", said, "unique", faults),
        optional=_flag(f"{where}.", said, "optional", faults),
        min=said.get("min"),
        max=said.get("max"),
        values=tuple(values) if isinstance(values, list) else None,
    )


def _is_no_value(value: object) -> bool:
    """Whether this is no single value: a list, a mapping, NaN."""
    return isinstance(value, dict | list | set | tuple) or value != value


def _strangers(where: str, said: dict[Any, Any], known: tuple[str, ...]) -> list[str]:
    from difflib import get_close_matches

    found = []
    for key in said:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            meant = f": is it '{near[0]}'?" if near else f", these are: {', '.join(known)}"
            found.append(f"{where}{key} is no key of a contract{meant}")
    return found


def _flag(where: str, said: dict[Any, Any], key: str, faults: list[str]) -> bool:
    value = said.get(key, False)
    if not isinstance(value, bool):
        faults.append(f"{where}{key}: {_shown(value)} is neither true nor false")
    return value is True


def _count(rows: dict[Any, Any], key: str, faults: list[str]) -> int | None:
    value = rows.get(key)
    if value is not None and type(value) is not int:
        faults.append(f"rows.{key}: {_shown(value)} is no number of rows")
        return None
    return value


def _shown(value: object) -> str:
    return f"'{str(value)[:40]}'"
