"""A bundle's columns -> the OpenAPI document's parts, as JSON Schema has them."""

from __future__ import annotations

from nbstage.bundle.nouns import Bundle, Column, Kind, Output

# Any JSON Schema: a tree that nothing here looks into.
Schema = dict[str, object]

_TYPES: dict[Kind, Schema] = {
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "text": {"type": "string"},
    "time": {"type": "string"},
}
_SHOWN = 30


def schemas(bundle: Bundle) -> dict[str, Schema]:
    """The named parts: a row, an answer, a refusal."""
    return {
        "Row": _row(bundle),
        "Predictions": _predictions(bundle),
        "Refusal": {
            "type": "object",
            "example": {"errors": [{"message": "what is wrong", "row": 0, "field": "where"}]},
            "required": ["errors"],
            "properties": {
                "errors": {"type": "array", "items": _reference("Wrong")},
                "more": {"type": "integer", "description": "How many errors are not listed."},
            },
        },
        "Wrong": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "message": {"type": "string"},
                "row": {"type": "integer", "description": "Counted from 0."},
                "field": {"type": "string"},
            },
        },
    }


def request_body(bundle: Bundle, most_rows: int) -> Schema:
    """What `/predict` takes: a row, or a list of rows."""
    row = _reference("Row")
    many = {"type": "array", "items": row, "minItems": 1, "maxItems": most_rows}
    examples: dict[str, Schema] = {"one": {"summary": "one row", "value": bundle.example}}
    if bundle.examples:
        examples["many"] = {"summary": "several rows", "value": list(bundle.examples)}
    content = {"schema": {"anyOf": [row, many]}, "examples": examples}
    return {"required": True, "content": {"application/json": content}}


def answers(*refusals: tuple[int, str], name: str = "Predictions") -> dict[int | str, Schema]:
    """The responses of a route: the good one, and refusals with what each means."""
    found: dict[int | str, Schema] = {200: _response("Fine.", _reference(name))}
    found |= {status: _response(why, _reference("Refusal")) for status, why in refusals}
    return found


def _row(bundle: Bundle) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [column.name for column in bundle.columns if not column.missing],
        "properties": {column.name: _field(column) for column in bundle.columns},
        "example": bundle.example,
    }


def _field(column: Column) -> Schema:
    field = _typed(column.kind, missing=column.missing)
    if column.kind == "time":
        zone = "with" if "," in column.dtype else "without"
        field["description"] = f"A time as ISO 8601 has it, {zone} its zone."
    if column.fixed:
        nothing = [None] if column.missing else []
        field["enum"] = [*column.categories, *nothing]
    elif column.categories:
        field["description"] = f"Seen in training: {_listed(column.categories)}."
    if column.example is not None:
        field["examples"] = [column.example]
    return field


def _predictions(bundle: Bundle) -> Schema:
    prediction = {
        "type": "object",
        "required": [output.name for output in bundle.outputs],
        "properties": {output.name: _output(output) for output in bundle.outputs},
    }
    shown = {"predictions": list(bundle.expected[:1]), "model": bundle.model}
    return {
        "type": "object",
        "example": {**shown, "version": bundle.version},
        "required": ["predictions", "model", "version"],
        "properties": {
            "predictions": {"type": "array", "items": prediction},
            "model": {"type": "string"},
            "version": {"type": ["string", "null"]},
        },
    }


def _output(output: Output) -> Schema:
    """Any prediction may come to nothing, for rows such as training never had."""
    if output.kind != "number":
        return {"type": [_TYPES[output.kind]["type"], "null"]}
    said = "'Infinity' and '-Infinity' are texts, as JSON has no such numbers."
    return {"type": ["number", "string", "null"], "description": said}


def _typed(kind: Kind, *, missing: bool) -> Schema:
    schema = dict(_TYPES[kind])
    if missing:
        schema["type"] = [schema["type"], "null"]
    return schema


def _listed(categories: tuple[str, ...]) -> str:
    shown = ", ".join(f"'{one}'" for one in categories[:_SHOWN])
    more = len(categories) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(why: str, schema: Schema) -> Schema:
    return {"description": why, "content": {"application/json": {"schema": schema}}}
