"""Ruff's findings in calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Calls that ruff reports by what is called.
_BY_NAME = {
    "breakpoint": "T100",
    "copy.copy": "PLW1507",
    "datetime.datetime.today": "DTZ002",
    "datetime.datetime.utcfromtimestamp": "DTZ004",
    "datetime.datetime.utcnow": "DTZ003",
    "datetime.today": "DTZ002",
    "datetime.utcfromtimestamp": "DTZ004",
    "datetime.utcnow": "DTZ003",
    "dt.datetime.utcnow": "DTZ003",
    "exec": "S102",
    "exit": "PLR1722",
    "logging.critical": "LOG015",
    "logging.debug": "LOG015",
    "logging.error": "LOG015",
    "logging.exception": "LOG015",
    "logging.info": "LOG015",
    "logging.log": "LOG015",
    "logging.warning": "LOG015",
    "map": "C417",
    "pdb.set_trace": "T100",
    "quit": "PLR1722",
    "warnings.warn": "B028",
}
#: Methods of a text that stands in the code: `"...".format(...)`.
_OF_TEXT = {"encode": "UP012", "format": "UP032", "join": "FLY002", "split": "SIM905", "strip": "B005"}
#: A built-in around a literal or a comprehension: `list([...])`.
_AROUND: dict[tuple[str, type[ast.expr]], str] = {
    ("list", ast.GeneratorExp): "C400",
    ("set", ast.GeneratorExp): "C401",
    ("dict", ast.GeneratorExp): "C402",
    ("set", ast.ListComp): "C403",
    ("dict", ast.ListComp): "C404",
    ("set", ast.List): "C405",
    ("set", ast.Tuple): "C405",
    ("dict", ast.List): "C406",
    ("dict", ast.Tuple): "C406",
    ("tuple", ast.List): "C409",
    ("tuple", ast.Tuple): "C409",
    ("list", ast.List): "C410",
    ("list", ast.Tuple): "C410",
    ("list", ast.ListComp): "C411",
    ("dict", ast.Dict): "C418",
    ("dict", ast.DictComp): "C418",
    ("any", ast.ListComp): "C419",
    ("all", ast.ListComp): "C419",
}
#: A built-in around another: `list(sorted(...))`.
_TWICE = {
    **{(outer, "sorted"): "C413" for outer in ("list", "reversed")},
    **{(outer, "sorted"): "C414" for outer in ("set", "sorted")},
    **{
        (outer, inner): "C414"
        for outer in ("list", "set", "sorted", "tuple")
        for inner in ("list", "tuple")
    },
    **{(outer, inner): "C414" for outer in ("set", "sorted") for inner in ("reversed", "set")},
    **{("int", inner): "RUF046" for inner in ("id", "int", "len", "ord", "round")},
}
_PLAIN = {"bool", "bytes", "float", "int", "str"}


def dotted(node: ast.expr) -> str:
    """The name of something as the code has it: `a.b.c`; nothing where it is no plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute) if before := dotted(value):
            return f"{before}.{attribute}"
        case _:
            return ""


def codes_of_call(node: ast.Call) -> Iterator[str]:
    """The codes of what ruff may report of a call."""
    name = dotted(node.func)
    if name in _BY_NAME:
        yield _BY_NAME[name]
    if name.startswith("subprocess.run") and "check" not in {word.arg for word in node.keywords}:
        yield "PLW1510"
    if isinstance(node.func, ast.Attribute):
        yield from _codes_of_method(node, node.func)
    elif isinstance(node.func, ast.Lambda):
        yield "PLC3002"
    if isinstance(node.func, ast.Name):
        yield from _codes_of_builtin(node.func.id, node.args, node.keywords)


def _codes_of_method(node: ast.Call, function: ast.Attribute) -> Iterator[str]:
    match function.value, function.attr:
        case ast.Constant(value=str()), "format":
            yield from ("UP030", "UP032")
            yield from ("F523", "F524") if not node.args else ("F522", "F523", "F524")
        case ast.Constant(value=str()), method if method in _OF_TEXT:
            yield _OF_TEXT[method]
        case _, "strip" | "lstrip" | "rstrip" if _is_long_text(node.args):
            yield "B005"
        case ast.Name(id="dict"), "fromkeys" if _is_mutable(node.args[1:]):
            yield "RUF024"
        case _, "warn":
            yield from ("G010",) if dotted(function.value) != "warnings" else ()


def _codes_of_builtin(name: str, args: list[ast.expr], words: list[ast.keyword]) -> Iterator[str]:
    match name, args:
        case "dict" | "list" | "tuple", []:
            yield from ["C408"] if all(word.arg for word in words) else []
        case "print", [ast.Constant(value="")]:
            yield "FURB105"
        case "range", [ast.Constant(value=0), _]:
            yield "PIE808"
        case "getattr", [_, ast.Constant(value=str())]:
            yield "B009"
        case "setattr", [_, ast.Constant(value=str()), _]:
            yield "B010"
        case "sum", [_, ast.List(elts=[])]:
            yield "RUF017"
        case "round", [_] | [_, ast.Constant(value=0 | None)]:
            yield "RUF057"
        case "super", [_, _]:
            yield "UP008"
        case "type", [_]:
            yield "UP003"
        case "zip", [ast.expr(), ast.Subscript()]:
            yield "RUF007"
        case "zip", [ast.Call(), ast.Call()]:
            yield "SIM911"
        case _ if name in _PLAIN and (not args or isinstance(args[0], ast.Constant)):
            yield "UP018"
    yield from _codes_of_wrapping(name, args)


def _codes_of_wrapping(name: str, args: list[ast.expr]) -> Iterator[str]:
    match args:
        case [ast.Call(func=ast.Name(id=inner)), *_] if (name, inner) in _TWICE:
            yield _TWICE[name, inner]
        case [ast.Subscript(slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp()))]:
            yield from ["C415"] if name in {"reversed", "set", "sorted"} else []
        case [only] if (name, type(only)) in _AROUND:
            yield _AROUND[name, type(only)]
