"""`artifacts:` in the text of a dvc.yaml changed; all else keeps its bytes."""

from __future__ import annotations

from nbstage.convert.yaml.blocks import Edit, splice, whole
from nbstage.convert.yaml.edit import edits
from nbstage.convert.yaml.read import Document, read
from nbstage.convert.yaml.write import Style, entry_lines
from nbstage.errors import UserError

_STYLE = Style()


def with_artifact(text: str, name: str, path: str, kind: str = "") -> str:
    """The text with the model's path as told; the model is added with its kind if it is new.

    Raises UserError where the text is not YAML, or written in a way that this can't be put into.
    """
    document = read(text, "dvc.yaml")
    if not isinstance(document, Document):
        raise UserError(document.message, document.hint)
    if not isinstance(document.data, dict | None):
        raise _not_so(name, path)
    data = document.data or {}
    declared = data.get("artifacts") or {}
    if not isinstance(declared, dict):
        raise _not_so(name, path)
    said = {"path": path, **({"type": kind} if kind and name not in declared else {})}
    changed = _changed(document, data, name, said)
    wanted = {**declared, name: {**(declared.get(name) or {}), **said}}
    again = read(changed, "dvc.yaml")
    if not isinstance(again, Document) or again.data != {**data, "artifacts": wanted}:
        raise _not_so(name, path)
    return changed


def entry_text(name: str, path: str) -> str:
    """What a model's entry looks like."""
    said = {name: {"path": path, "type": "model"}}
    return "\n".join(entry_lines("artifacts", said, 0, _STYLE))


def _changed(
    document: Document, data: dict[object, object], name: str, said: dict[str, str]
) -> str:
    top = whole(document)
    if top is not None and data.get("artifacts"):
        return splice(document, edits(document, top, data, {"artifacts": {name: said}}, _STYLE))
    lines = tuple(entry_lines("artifacts", {name: said}, 0, _STYLE))
    if top is None or "artifacts" in data:
        return f"{document.text}{document.newline.join(lines)}{document.newline}"
    return splice(document, [Edit(top.end, top.end, lines)])


def _not_so(name: str, path: str) -> UserError:
    return UserError(
        "dvc.yaml is written in a way that a model can't be put into",
        f"write this into it by hand:\n{entry_text(name, path)}",
    )
