"""The names that metrics and plots cells assign."""

from __future__ import annotations

import ast

from nbstage.convert.flow import Flow, StageFlow, value_of
from nbstage.model import Metrics

_NEVER_METRIC = frozenset(
    {
        "numpy.ndarray",
        "str",
        "set",
        "iterator",
        "pairs",
        "function",
        "class",
        "Path",
        "bytes",
        "list",
    }
)


#: Of values of these types no plot is made.
NEVER_TABLE = frozenset(
    {
        "str",
        "int",
        "float",
        "bool",
        "scalar",
        "function",
        "class",
        "NoneType",
        "numpy",
        "numpy.ndarray",
        "data",
        "Path",
    }
)


_CONSTANTS = frozenset(f"{home}.{name}" for home in ("math", "numpy") for name in ("inf", "nan"))


def tagged_names(flow: Flow, stage: StageFlow, tag: str) -> tuple[str, ...]:
    """The names that the stage's metrics or plots cells assign."""
    names: dict[str, None] = {}
    for index in stage.units:
        unit = flow.program.units[index]
        label = unit.block.label
        if (tag == "plots" and label.plots) or (
            tag == "metrics" and label.metrics is not Metrics.NO
        ):
            names.update(dict.fromkeys(assigned_names(unit.node)))
            if tag == "metrics" and label.metrics is Metrics.PRINTED:
                names.update(dict.fromkeys(_printed(unit.node)))
    last = stage.units[-1] + 1
    return tuple(name for name in names if _may_be_shown(flow, name, last, tag))


def _may_be_shown(flow: Flow, name: str, last: int, tag: str) -> bool:
    maker = flow.program.writer_before(name, last)
    value = value_of(flow, name, maker) if maker is not None else None
    if name.startswith("_") or value is None:
        return not name.startswith("_") and maker is not None
    never = _NEVER_METRIC if tag == "metrics" else NEVER_TABLE
    if tag == "plots" and maker is not None and is_matrix(flow.program.units[maker].node):
        return True
    return (
        value.type not in never
        and not value.type.startswith(("sklearn.", "matplotlib"))
        and (not value.path or value.path in _CONSTANTS)
    )


def assigned_names(node: ast.stmt) -> tuple[str, ...]:
    """The names a statement assigns, in order; loop variables, imports and definitions don't
    count.
    """
    found: list[str] = []
    for part in ast.walk(node):
        match part:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                return tuple(found) if part is not node else ()
            case ast.Assign(targets=targets):
                found += [
                    name.id
                    for target in targets
                    for name in ast.walk(target)
                    if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
                ]
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.expr())
                | ast.AugAssign(target=ast.Name(id=name))
            ):
                found.append(name)
    return tuple(dict.fromkeys(found))


def is_matrix(node: ast.stmt) -> bool:
    """Whether a statement assigns a confusion matrix: an array that is sure to be a table."""
    match node:
        case ast.Assign(
            targets=[ast.Name()],
            value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)),
        ):
            return name == "confusion_matrix"
        case _:
            return False


def _printed(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args)):
            return tuple(arg.id for arg in args if isinstance(arg, ast.Name))
        case ast.Expr(value=ast.Name(id=name)):
            return (name,)
        case _:
            return ()
