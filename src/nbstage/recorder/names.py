"""The notebook's own names, and what the code of a cell says about them."""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator, Mapping

from nbstage.recorder.kinds import members_of, module_of

_OF_IPYTHON = re.compile(
    r"_{1,3}|_i{1,3}|_i?\d+|_[iod]h|_exit_code|In|Out|exit|quit|get_ipython|open"
    r"|__(\w+registry|annotations|builtins?|name|doc|loader|spec|package)__"
)
_AS_IT_IS = frozenset({"time", "timeit", "capture", "prun"})


def own_names(user_ns: Mapping[str, object], hidden: Mapping[str, object]) -> dict[str, object]:
    """The names that the notebook made, with their values."""
    return {
        name: value
        for name, value in list(user_ns.items())
        if type(name) is str
        and not _OF_IPYTHON.fullmatch(name)
        and not (name in hidden and hidden[name] is value)
    }


def parse(source: str) -> ast.Module:
    """A cell's code as a tree; an empty one if it is no Python. Looks into `%%time` and its kin."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])
    match tree.body:
        case [
            ast.Expr(
                ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[ast.Constant(value=magic), _, ast.Constant(value=str(body))],
                )
            )
        ] if magic in _AS_IT_IS:
            return parse(body)
    return tree


def only_defines(tree: ast.Module) -> bool:
    """Whether a cell does no more than import and define."""
    plain = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return all(
        isinstance(node, plain)
        or (isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Constant))
        for node in tree.body
    )


def surely_bound(tree: ast.Module) -> set[str]:
    """Names that a cell binds whatever happens, if it comes to its end."""
    return set(_bound(tree.body))


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        match node:
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in _targets(target))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.With(items=items, body=body):
                for item in items:
                    yield from _targets(item.optional_vars) if item.optional_vars else ()
                yield from _bound(body)


def _targets(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            yield from (name for elt in elts for name in _targets(elt))
        case ast.Starred(value=value):
            yield from _targets(value)


def within_reach(tree: ast.AST, values: Mapping[str, object]) -> set[str]:
    """The names that a cell's code speaks of, itself or through the notebook's functions."""
    found: set[str] = set()
    todo = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += _spoken_of(values.get(name))
    return found


def _spoken_of(value: object) -> Iterator[str]:
    kind = type(value)
    if kind is types.FunctionType:
        yield from _in_code(value.__code__)  # type: ignore[attr-defined]
    for owner in (value, kind):
        if type(owner) is type and module_of(owner) == "__main__":
            for member in members_of(owner).values():
                if type(member) is types.FunctionType:
                    yield from _in_code(member.__code__)


def _in_code(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            yield from _in_code(constant)
