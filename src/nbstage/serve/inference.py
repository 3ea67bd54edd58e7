"""The Open Inference Protocol (V2), as other servers of models and their clients speak it: a tensor
for each column in place of a row for each row.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.bundle.nouns import Bundle, Kind, Plain
from nbstage.serve.answer import as_json
from nbstage.serve.body import Json, Refusal

_TYPES: dict[Kind, str] = {
    "integer": "INT64",
    "number": "FP64",
    "boolean": "BOOL",
    "text": "BYTES",
    "time": "BYTES",
}
_KNOWN = {"BOOL", "BYTES", "FP16", "FP32", "FP64"} | {
    f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}


def about_model(bundle: Bundle) -> dict[str, object]:
    """What the protocol says of a model."""
    return {
        "name": bundle.model,
        "versions": [bundle.version] if bundle.version else [],
        "platform": "nbstage",
        "inputs": [_told(one.name, one.kind, -1) for one in bundle.columns],
        "outputs": [_told(one.name, one.kind, -1) for one in bundle.outputs],
    }


def rows_of_tensors(value: Json, most: int) -> tuple[Json, ...] | Refusal:
    """The rows of a request: the first of them has the first value of each tensor, and so on."""
    inputs = value.get("inputs") if isinstance(value, dict) else None
    if not isinstance(inputs, list) or not inputs:
        return Refusal(422, "the body must be an object with a list of tensors as 'inputs'")
    columns: dict[str, list[Json]] = {}
    for number, tensor in enumerate(inputs):
        wrong = _wrong(tensor)
        if wrong or not isinstance(tensor, dict):
            return Refusal(422, f"inputs[{number}] {wrong}")
        name = str(tensor["name"])
        if name in columns:
            return Refusal(
                422, f"inputs[{number}] has the name '{name}' of another one", None, name
            )
        columns[name] = list(_flat(tensor["data"]))
    counts = {len(column) for column in columns.values()}
    if len(counts) > 1:
        return Refusal(422, "the tensors have different numbers of rows")
    count = counts.pop()
    if not 0 < count <= most:
        return Refusal(422, f"the tensors have {count} rows; 1 to {most} are taken")
    return tuple({name: column[row] for name, column in columns.items()} for row in range(count))


def as_tensors(bundle: Bundle, predictions: list[dict[str, Plain]], asked: Json) -> bytes:
    """What is answered: a tensor for each column of the predictions."""
    kinds = {output.name: output.kind for output in bundle.outputs}
    outputs = [
        {**_told(name, kinds.get(name, "text"), len(predictions)), "data": column}
        for name, column in _columns(predictions)
    ]
    found: dict[str, object] = {"model_name": bundle.model, "outputs": outputs}
    if bundle.version:
        found["model_version"] = bundle.version
    if isinstance(asked, dict) and isinstance(asked.get("id"), str):
        found["id"] = asked["id"]
    return as_json(found)


def _wrong(tensor: Json) -> str:
    """What keeps this from being a tensor with a value for each row; "" if nothing does."""
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        return "must be a tensor: an object with name, shape, datatype and data"
    if str(tensor.get("datatype")) not in _KNOWN:
        return f"must have a datatype such as {', '.join(dict.fromkeys(_TYPES.values()))}"
    shape, data = tensor.get("shape"), tensor.get("data")
    if not isinstance(data, list):
        return "must have a list as data"
    count = len(data)
    if shape not in ([count], [count, 1]) or any(type(one) is bool for one in shape):
        return f"must have the shape [{count}] or [{count}, 1], as its data has"
    return ""


def _flat(data: Json) -> Iterator[Json]:
    """The values, also where each is a row of its own."""
    for value in data if isinstance(data, list) else ():
        yield value[0] if isinstance(value, list) and len(value) == 1 else value


def _columns(predictions: list[dict[str, Plain]]) -> Iterator[tuple[str, list[Plain]]]:
    for name in predictions[0]:
        yield name, [row[name] for row in predictions]


def _told(name: str, kind: Kind, count: int) -> dict[str, object]:
    return {"name": name, "datatype": _TYPES[kind], "shape": [count]}
