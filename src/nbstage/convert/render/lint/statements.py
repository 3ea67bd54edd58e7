"""Ruff's findings in statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.render.lint.calls import dotted, is_mutable
from nbstage.convert.render.lint.expressions import AMBIGUOUS

_MAKES_EMPTY = frozenset({"dict", "frozenset", "list", "set", "tuple"})
_OLD_ERRORS = frozenset({"EnvironmentError", "IOError", "WindowsError", "socket.error"})
_RAISED = {
    **dict.fromkeys(_OLD_ERRORS, "UP024"),
    "BaseException": "TRY002",
    "Exception": "TRY002",
    "NotImplemented": "F901",
}
_OLD_TYPES = frozenset({"Dict", "FrozenSet", "List", "Set", "Tuple", "Type"})
_MOVED = frozenset({"Callable", "Generator", "Iterable", "Iterator", "Mapping", "Sequence"})


def codes_of_statement(node: ast.stmt | ast.ExceptHandler) -> Iterator[str]:
    """The codes of what ruff reports of a statement itself, not of those within."""
    match node:
        case ast.Expr(value=value):
            yield from _codes_of_useless(value)
        case ast.Assign() | ast.AnnAssign():
            yield from _codes_of_assignment(node)
        case ast.If():
            yield from _codes_of_if(node)
        case ast.For():
            yield from _codes_of_for(node)
        case ast.ExceptHandler():
            yield from _codes_of_handler(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _codes_of_function(node)
        case ast.ClassDef():
            yield from _codes_of_class(node)
        case ast.Import(names=names):
            yield from _codes_of_import(names)
        case ast.With(body=[ast.With()]):
            yield "SIM117"
        case _:
            yield from _codes_of_simple(node)
    for block in (getattr(node, "body", []), getattr(node, "orelse", [])):
        yield from _codes_of_block(block)


def _codes_of_useless(value: ast.expr) -> Iterator[str]:
    """What a notebook shows at the end of a cell does nothing in a module."""
    match value:
        case ast.Compare():
            yield "B015"
        case ast.Attribute():
            yield "B018"
        case ast.Constant(value=text) if isinstance(text, str) or text is ...:
            return
        case ast.JoinedStr() | ast.NamedExpr():
            return
        case _ if not _has_effect(value):
            yield "B018"


def _has_effect(value: ast.expr) -> bool:
    """As ruff sees it: an operator may have been given a meaning of its own."""
    return any(map(_has_effect_itself, ast.walk(value)))


def _has_effect_itself(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=function, args=args, keywords=words):
            return bool(args or words or dotted(function) not in _MAKES_EMPTY)
        case ast.BinOp(left=left, right=right):
            return not (_is_plain(left) and _is_plain(right))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return True
        case _:
            return isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.Subscript)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(
        node, ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.JoinedStr
    )


def _codes_of_assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Lambda()):
            yield "E731"
        case ast.AnnAssign(target=ast.Name(), value=ast.Lambda()):
            yield "E731"
        case ast.Assign(targets=[ast.Name(id=one)], value=ast.Name(id=other)) if one == other:
            yield "PLW0127"
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = zip(map(dotted, targets), map(dotted, values), strict=False)
            if any(one and one == other for one, other in pairs):
                yield "PLW0127"


def _codes_of_if(node: ast.If) -> Iterator[str]:
    match node:
        case ast.If(body=[ast.If(orelse=[])], orelse=[]):
            yield "SIM102"
        case ast.If(body=[ast.Return(value=ast.Constant(value=bool()))]):
            yield "SIM103"
        case ast.If(
            test=ast.Compare(left=one, comparators=[other]),
            body=[ast.Assign(targets=[target], value=value)],
            orelse=[],
        ) if {ast.unparse(one), ast.unparse(other)} == {ast.unparse(target), ast.unparse(value)}:
            yield "PLR1730"
        case ast.If(test=ast.Tuple(elts=[_, *_])):
            yield "F634"


def _codes_of_for(node: ast.For) -> Iterator[str]:
    match node.target, node.iter:
        case ast.Tuple(elts=names), ast.Call(func=ast.Attribute(attr="items")):
            if any(dotted(name) == "_" for name in names):
                yield "PERF102"
        case _, ast.Call(func=ast.Attribute(attr="keys")):
            yield "SIM118"
        case _, ast.Call(func=ast.Attribute(attr="readlines")):
            yield "FURB129"
    match node.target, node.body:
        case ast.Name(id=name), [ast.Expr(value=ast.Call(func=function, args=[ast.Name(id=only)]))]:
            if name == only and dotted(function).endswith(".append"):
                yield "PERF402"
        case _, [ast.Expr(value=ast.Call(func=ast.Attribute(attr="write")))]:
            yield "FURB122"
        case _, [ast.Expr(value=ast.Yield())]:
            yield "UP028"


def _codes_of_handler(node: ast.ExceptHandler) -> Iterator[str]:
    raised = [part for part in ast.walk(node) if isinstance(part, ast.Raise)]
    match node.type:
        case None:
            yield "E722"
        case ast.Name(id="Exception" | "BaseException") if not raised:
            yield "BLE001"
    if node.type is None or dotted(node.type) in {"Exception", "BaseException"}:
        match node.body:
            case [ast.Pass()]:
                yield "S110"
            case [ast.Continue()]:
                yield "S112"
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    if any(kind is not None and dotted(kind) in _OLD_ERRORS for kind in kinds):
        yield "UP024"
    if any(isinstance(part.exc, ast.Name) and part.exc.id == node.name for part in raised):
        yield "TRY201"


def _codes_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    if any(is_mutable(default) for default in defaults):
        yield "B006"
    if any(isinstance(default, ast.Call) and not is_mutable(default) for default in defaults):
        yield "B008"
    if node.name in AMBIGUOUS:
        yield "E743"
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_] if not text.strip():
            yield "D419"
        case [_, *_, ast.Return(value=None)]:
            yield "PLR1711"


def _codes_of_class(node: ast.ClassDef) -> Iterator[str]:
    if any(dotted(base) == "object" for base in node.bases):
        yield "UP004"
    if node.name in AMBIGUOUS:
        yield "E742"
    if any(isinstance(part, ast.Assign) and is_mutable(part.value) for part in node.body):
        yield "RUF012"


def _codes_of_import(names: list[ast.alias]) -> Iterator[str]:
    if len(names) > 1:
        yield "E401"
    for alias in names:
        if alias.asname == alias.name:
            yield "PLC0414"
        if alias.asname and alias.name.endswith(f".{alias.asname}"):
            yield "PLR0402"


def _codes_of_simple(node: ast.stmt | ast.ExceptHandler) -> Iterator[str]:
    match node:
        case ast.Assert(test=ast.Tuple(elts=[_, *_])):
            yield "F631"
        case ast.Raise(exc=ast.Call(func=kind) | (ast.Name() as kind)):
            if (name := dotted(kind)) in _RAISED:
                yield _RAISED[name]
        case ast.ImportFrom(module=module, names=names):
            old = {alias.name for alias in names} if module == "typing" else set()
            if any(alias.name == alias.asname for alias in names):
                yield "PLC0414"
            if old & (_OLD_TYPES | _MOVED):
                yield "UP035"
            if old & _OLD_TYPES:
                yield "UP006"
            if "Union" in old:
                yield "UP007"
            if "Optional" in old:
                yield "UP045"


def _codes_of_block(body: list[ast.stmt]) -> Iterator[str]:
    """Of statements side by side: `pass` where more stands, a count kept by hand."""
    if len(body) > 1 and any(isinstance(part, ast.Pass) or _is_dots(part) for part in body):
        yield "PIE790"
    for loop in body:
        counts = loop.body if isinstance(loop, ast.For) else []
        steps = [ast.unparse(part) for part in counts if isinstance(part, ast.AugAssign)]
        names = {step[:-5] for step in steps if step.endswith(" += 1")}
        if names:
            zeros = {ast.unparse(part) for part in body if isinstance(part, ast.Assign)}
            yield from ["SIM113"] if any(f"{name} = 0" in zeros for name in names) else []


def _is_dots(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value is ...
    )
