"""Ruff's findings in calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Calls that are reported by what is called.
_CALLED = {
    "breakpoint": "T100",
    "datetime.datetime.today": "DTZ002",
    "datetime.datetime.utcfromtimestamp": "DTZ004",
    "datetime.datetime.utcnow": "DTZ003",
    "datetime.today": "DTZ002",
    "datetime.utcfromtimestamp": "DTZ004",
    "datetime.utcnow": "DTZ003",
    "exec": "S102",
    "exit": "PLR1722",
    "logging.critical": "LOG015",
    "logging.debug": "LOG015",
    "logging.error": "LOG015",
    "logging.exception": "LOG015",
    "logging.info": "LOG015",
    "logging.log": "LOG015",
    "logging.warn": "G010",
    "logging.warning": "LOG015",
    "pdb.set_trace": "T100",
    "quit": "PLR1722",
}
#: Calls that keep all else waiting, which an async function should not do.
_WAITING = {
    "open": "ASYNC230",
    "os.system": "ASYNC221",
    "requests.get": "ASYNC210",
    "requests.post": "ASYNC210",
    "subprocess.Popen": "ASYNC220",
    "subprocess.check_output": "ASYNC221",
    "subprocess.run": "ASYNC221",
    "time.sleep": "ASYNC251",
    "urllib.request.urlopen": "ASYNC210",
}
#: A built-in around a literal or a comprehension, as in `list([...])`.
_AROUND: dict[tuple[str, type[ast.expr]], str] = {
    ("all", ast.ListComp): "C419",
    ("any", ast.ListComp): "C419",
    ("dict", ast.Dict): "C418",
    ("dict", ast.DictComp): "C418",
    ("dict", ast.GeneratorExp): "C402",
    ("dict", ast.List): "C406",
    ("dict", ast.ListComp): "C404",
    ("dict", ast.Tuple): "C406",
    ("list", ast.GeneratorExp): "C400",
    ("list", ast.List): "C410",
    ("list", ast.ListComp): "C411",
    ("list", ast.Tuple): "C410",
    ("set", ast.GeneratorExp): "C401",
    ("set", ast.List): "C405",
    ("set", ast.ListComp): "C403",
    ("set", ast.Tuple): "C405",
    ("tuple", ast.List): "C409",
    ("tuple", ast.Tuple): "C409",
}
#: A built-in around a call of another, as in `list(sorted(...))`.
_TWICE = {
    **{(outer, "sorted"): "C413" for outer in ("list", "reversed")},
    **{
        (outer, inner): "C414"
        for outer in ("list", "set", "sorted", "tuple")
        for inner in ("list", "tuple")
    },
    **{(outer, inner): "C414" for outer in ("set", "sorted") for inner in ("reversed", "sorted")},
    ("set", "set"): "C414",
}
#: Calls that open a file.
_OPENS = frozenset({"bz2.open", "codecs.open", "gzip.open", "io.open", "open", "tarfile.open"})
#: Types whose name around a literal of theirs adds nothing, as in `str("")`.
_PLAIN: dict[str, type] = {"bool": bool, "bytes": bytes, "float": float, "int": int, "str": str}
#: Calls that give a whole number, so that `int` around them adds nothing.
_WHOLE = frozenset({"id", "int", "len", "math.ceil", "math.floor", "math.trunc", "ord", "round"})


def codes_of_call(node: ast.Call) -> Iterator[str]:
    """The codes of what ruff reports of a call."""
    name = dotted(node.func)
    words = {word.arg for word in node.keywords}
    if name in _CALLED:
        yield _CALLED[name]
    if name in {"functools.lru_cache", "lru_cache"} and not node.args:
        if _is_without_limit(node.keywords):
            yield "UP033"
        if not words:
            yield "UP011"
    if name == "subprocess.run" and "check" not in words:
        yield "PLW1510"
    match node.func:
        case ast.Name(id=builtin):
            yield from _codes_of_builtin(builtin, node.args, words)
            yield from _codes_of_wrapping(builtin, node.args)
        case ast.Attribute(value=ast.Constant(value=str(text)), attr=method):
            yield from _codes_of_text(text, method, node)
        case ast.Attribute(value=value, attr=method):
            yield from _codes_of_method(dotted(value), method, node.args)
        case ast.Lambda():
            yield "PLC3002"


def _is_without_limit(words: list[ast.keyword]) -> bool:
    match words:
        case [ast.keyword(arg="maxsize", value=ast.Constant(value=None))]:
            return True
        case _:
            return False


def dotted(node: ast.expr) -> str:
    """A name as the code has it, `a.b.c`; nothing if it is no plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute) if before := dotted(value):
            return f"{before}.{attribute}"
        case _:
            return ""


def is_mutable(node: ast.expr) -> bool:
    """Whether an expression makes a list, a dict or a set."""
    match node:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set")):
            return True
        case _:
            return False


def _codes_of_text(text: str, method: str, node: ast.Call) -> Iterator[str]:
    """Of a method of a text that stands in the code: `"{} of {}".format(a, b)`."""
    match method, node.args:
        case "format", args:
            if not any(isinstance(arg, ast.Starred) for arg in args):
                yield "UP032"
            if "{0" in text:
                yield "UP030"
            if text.count("{") < len(args):
                yield "F523"
        case "split" | "rsplit", [] | [ast.Constant(), *_]:
            yield "SIM905"
        case "join", [ast.List(elts=parts) | ast.Tuple(elts=parts)]:
            if len(parts) > 0:
                yield "FLY002"
        case "encode", [] | [ast.Constant()]:
            yield "UP012"


def _codes_of_method(owner: str, method: str, args: list[ast.expr]) -> Iterator[str]:
    match owner, method, args:
        case "dict", "fromkeys", [_, value] if is_mutable(value):
            yield "RUF024"
        case _, "strip" | "lstrip" | "rstrip", [ast.Constant(value=str(text))]:
            if len(set(text)) < len(text):
                yield "B005"
        case "math" | "np", "log", [_, ast.Constant(value=2 | 10)]:
            yield "FURB163"
        case "log" | "logger" | "logging", "warn", _:
            yield "G010"


def _codes_of_builtin(name: str, args: list[ast.expr], words: set[str | None]) -> Iterator[str]:
    match name, args:
        case "dict" | "list" | "tuple", [] if None not in words:
            yield "C408"
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
        case "super", [_, _]:
            yield "UP008"
        case "map", [ast.Lambda(), *_]:
            yield "C417"
        case "zip", [ast.Name(id=first), ast.Subscript(value=ast.Name(id=second))]:
            if first == second:
                yield "RUF007"
        case _, [] if name in _PLAIN:
            yield "UP018"
        case _, [ast.Constant(value=value)] if type(value) is _PLAIN.get(name):
            yield "UP018"


def _codes_of_wrapping(name: str, args: list[ast.expr]) -> Iterator[str]:
    match args:
        case [ast.Call(func=ast.Name(id=inner)), *_] if (name, inner) in _TWICE:
            yield _TWICE[name, inner]
        case [ast.Call(func=function)] if name == "int" and dotted(function) in _WHOLE:
            yield "RUF046"
        case [ast.BinOp() | ast.UnaryOp() | ast.Constant(value=int())] if name == "int":
            numbers = (part for part in ast.walk(args[0]) if isinstance(part, ast.expr))
            if all(map(_is_whole, numbers)):
                yield "RUF046"
        case [ast.Subscript(slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp()))]:
            if name in {"reversed", "set", "sorted"}:
                yield "C415"
        case [only] if (name, type(only)) in _AROUND:
            yield _AROUND[name, type(only)]


def _is_whole(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(op=op):
            return not isinstance(op, ast.Div)
        case ast.Constant(value=value):
            return isinstance(value, int)
        case _:
            return isinstance(node, ast.UnaryOp)


def codes_of_waiting(node: ast.AsyncFunctionDef) -> Iterator[str]:
    """The codes of the calls in an async function that keep all else waiting."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and (name := dotted(part.func)) in _WAITING:
            yield _WAITING[name]


def codes_of_opening(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    """The code of an `open` that no `with` closes."""
    calls = (node for node in nodes if isinstance(node, ast.Call))
    opened = {node for node in calls if dotted(node.func) in _OPENS}
    if opened:
        items = (node.context_expr for node in nodes if isinstance(node, ast.withitem))
        opened.difference_update(*map(ast.walk, items))
    if opened:
        yield "SIM115"
