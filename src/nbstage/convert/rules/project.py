"""Rules on several notebooks of one project."""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import repr as short

from nbstage.convert.parameters import find_parameters
from nbstage.convert.rules.notebook import Converted
from nbstage.model import Place, Problem


def judge_project(notebooks: tuple[Converted, ...]) -> Iterator[Problem]:
    """NBS116, NBS117 and NBS118: a stage, a parameter or a shared definition of two notebooks."""
    stages: dict[str, str] = {}
    values: dict[str, tuple[str, object]] = {}
    texts: dict[str, tuple[str, tuple[str, ...]]] = {}
    for converted in notebooks:
        path = converted.notebook.path
        for name, flow in converted.flow.stages.items():
            if stages.setdefault(name, path) != path:
                yield Problem(
                    "NBS116",
                    f"stage '{name}' is in '{stages[name]}' too; a stage comes from one notebook",
                    converted.place(flow.units[0]) if flow.units else Place(path),
                    f"rename one of them, for example to `stage:{_prefixed(path, name)}`.",
                )
        for parameter in find_parameters(converted.blocks):
            other, value = values.setdefault(parameter.name, (path, parameter.value))
            if other != path and repr(value) != repr(parameter.value):
                yield Problem(
                    "NBS117",
                    f"parameter '{parameter.name}' is {short(parameter.value)} here and {short(value)} in '{other}'",
                    converted.place(converted.program.parameters[parameter.name]),
                    "params.yaml has one value for both: give them one value, or two names.",
                )
        for name, module in sorted(converted.shared.modules.items()):
            text = tuple(_text(converted, index) for index in module.units)
            other, before = texts.setdefault(module.path, (path, text))
            if other != path and before != text:
                yield Problem(
                    "NBS118",
                    f"'{name}' is defined differently in '{other}'",
                    converted.place(module.units[0]),
                    f"rename one of them, or put '{name}' into a module that both notebooks import.",
                )


def _prefixed(path: str, name: str) -> str:
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    prefix = "".join(ch if ch.isalnum() else "_" for ch in stem)
    return f"{prefix}_{name}"


def _text(converted: Converted, index: int) -> str:
    import ast

    return ast.unparse(converted.program.units[index].node)
