"""The bytes of a request -> the rows in it, or a sentence that says what they are instead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: its status, what is wrong, and where in the rows."""

    status: int
    message: str
    row: int | None = None
    field: str = ""


class _NotJson(ValueError):
    """A sentence on what stands there that JSON, or its readers, can't have."""


def parse_json(body: bytes) -> Json | Refusal:
    """The value of a body in JSON (UTF-8). What readers of JSON take differently is refused:
    a key that stands twice, NaN and infinities, half a surrogate pair.
    """
    try:
        value: Json = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant
        )
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except _NotJson as error:
        return Refusal(400, f"the body is not JSON: {error}")
    except UnicodeDecodeError:
        return Refusal(400, "the body is not JSON: it is not UTF-8")
    except UnicodeEncodeError:
        return Refusal(400, "the body is not JSON: a text has half a surrogate pair")
    except RecursionError:
        return Refusal(400, "the body is nested too deeply")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return Refusal(400, f"the body is not JSON: {error.msg.lower()} ({where})")
    except ValueError:
        return Refusal(400, "the body has a number with too many digits")
    return value


def rows_of(value: Json, most: int) -> tuple[Json, ...] | Refusal:
    """The rows of a request: an object is one, a list has many."""
    rows: tuple[Json, ...]
    match value:
        case dict():
            rows = (value,)
        case list():
            rows = tuple(value)
        case _:
            return Refusal(422, "the body must be a row (an object), or a list of rows")
    if not rows:
        return Refusal(422, "the list has no row")
    if len(rows) > most:
        return Refusal(422, f"the list has {len(rows)} rows; at most {most} are taken")
    return rows


def _object(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise _NotJson("an object has the same key twice")
    return found


def _constant(name: str) -> Json:
    raise _NotJson(f"it has no {name}; a missing value is null")
