"""Python's scoping rules, read off the syntax tree: which names a scope binds, which names a
definition leaves free.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BINDERS = (
    ast.Name,
    ast.stmt,
    ast.ExceptHandler,
    ast.MatchStar,
    ast.MatchAs,
    ast.MatchMapping,
    ast.NamedExpr,
)
_REMEMBERED = 1 << 16
#: Half of all nodes, and nothing is below them.
_LEAVES = frozenset({ast.Name, ast.Constant})
#: Fields without names or code in them: `a + b` is the same as `a * b` here.
_SIGNS = frozenset({"ctx", "op", "ops", "lineno", "type_comment", "kind", "conversion"})


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, in order, without operators and contexts.

    Much faster than `ast.iter_child_nodes`, and most of a long conversion is to walk trees.
    """
    found: list[ast.AST] = []
    for name in () if node.__class__ in _LEAVES else node._fields:
        value = getattr(node, name, None) if name not in _SIGNS else None
        if isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, without operators and contexts."""
    found = [node]
    for part in found:
        found += children(part)
    return found


@lru_cache(maxsize=_REMEMBERED)
def bound_names(node: ast.AST) -> frozenset[str]:
    """The names that a statement binds in the scope it stands in."""
    return frozenset(bindings(node))


@lru_cache(maxsize=_REMEMBERED)
def locals_of(node: Function | ast.ClassDef) -> frozenset[str]:
    """The names a function or class body binds in its own scope."""
    bound: set[str] = set()
    declared: set[str] = set()
    if not isinstance(node, ast.ClassDef):
        bound.update(parameter_names(node.args))
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    for statement in body:
        bound.update(bindings(statement))
        declared.update(declarations(statement))
    return frozenset(bound - declared)


def parameter_names(args: ast.arguments) -> tuple[str, ...]:
    """All parameters of a signature, in order."""
    every = [
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ]
    return tuple(arg.arg for arg in every)


def bindings(node: ast.AST) -> Iterator[str]:
    """The names that a statement or expression binds in the scope it stands in, `del` included."""
    for part in _own_nodes(node):
        if not isinstance(part, _BINDERS):
            continue
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (
                    alias.asname or alias.name.split(".")[0]
                    for alias in aliases
                    if alias.name != "*"
                )
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchAs(name=str(name))
            ):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.NamedExpr(target=ast.Name(id=name)):
                yield name


def declarations(node: ast.AST) -> Iterator[str]:
    """The names that a statement declares `global` or `nonlocal`."""
    for part in _own_nodes(node):
        if isinstance(part, ast.Global | ast.Nonlocal):
            yield from part.names


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes that belong to the scope of `node` itself: not the bodies of functions and classes
    in it.

    A comprehension's targets are its own, but a walrus in it binds outside:
        [y := x for x in xs]   # binds y here, not x
    """
    found: list[ast.AST] = []
    todo = [node]
    while todo:
        part = todo.pop()
        found.append(part)
        if isinstance(part, _COMPREHENSIONS):
            found += [inner for inner in walk(part) if isinstance(inner, ast.NamedExpr)]
        else:
            todo += reversed(_own_children(part))
    return found


def _own_children(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *_signature(node.args)]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.Lambda():
            return [*_signature(node.args)]
        case _:
            return children(node)


def _signature(args: ast.arguments) -> Iterator[ast.expr]:
    """What a signature evaluates when the function is made."""
    yield from args.defaults
    yield from (default for default in args.kw_defaults if default is not None)
    every = [
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ]
    yield from (arg.annotation for arg in every if arg.annotation is not None)


@lru_cache(maxsize=_REMEMBERED)
def free_names(node: ast.AST) -> frozenset[str]:
    """The names that a statement or expression, everything nested in it included, takes from
    outside itself.

    Names that a top-level statement binds are still free where it reads them: `x = x + 1`.
    """
    return frozenset(_free(node, frozenset()))


@lru_cache(maxsize=_REMEMBERED)
def late_free_names(node: ast.AST) -> frozenset[str]:
    """The names that a function's body, or the methods of a class, take from outside when they run.

    Default values, decorators and a class's own statements are evaluated when it is made: they
    don't count.
    """
    found: set[str] = set()
    for part in _own_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.update(_free_in_body(part, frozenset()))
        elif isinstance(part, ast.ClassDef):
            for statement in part.body:
                found |= late_free_names(statement)
    return frozenset(found)


def _free(node: ast.AST, inner: frozenset[str]) -> set[str]:
    found: set[str] = set()
    todo = [node]
    while todo:
        match todo.pop():
            case ast.Name(id=name, ctx=ctx):
                if name not in inner and isinstance(ctx, ast.Load):
                    found.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() as function:
                found |= _free_in_function(function, inner)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() as loop:
                found |= _free_in_comprehension(loop, inner)
            case ast.ClassDef() as made:
                found |= _free_in_class(made, inner)
            case ast.Global(names=names):
                found.update(names)
            case part:
                todo += children(part)
    return found


def _free_in_all(nodes: Iterable[ast.AST], inner: frozenset[str]) -> set[str]:
    return set[str]().union(*(_free(node, inner) for node in nodes))


def _free_in_class(node: ast.ClassDef, inner: frozenset[str]) -> set[str]:
    found = _free_in_all([*node.decorator_list, *node.bases, *node.keywords], inner)
    own = locals_of(node)
    for statement in node.body:
        # A class body's own names are not seen by the functions in it.
        is_function = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        found |= _free(statement, inner) - (frozenset() if is_function else own)
    return found


def _free_in_function(node: Function, inner: frozenset[str]) -> set[str]:
    outside = [*_signature(node.args)]
    if not isinstance(node, ast.Lambda):
        outside += node.decorator_list
        outside += [node.returns] if node.returns is not None else []
    return _free_in_all(outside, inner) | _free_in_body(node, inner)


def _free_in_body(node: Function, inner: frozenset[str]) -> set[str]:
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    declared = frozenset(name for statement in body for name in declarations(statement))
    return _free_in_all(body, (inner | locals_of(node)) - declared)


def _free_in_comprehension(node: Comprehension, inner: frozenset[str]) -> set[str]:
    # The first iterable is evaluated outside: `[x for x in x]` needs x.
    first, *others = node.generators
    targets = frozenset(
        name for generator in node.generators for name in bindings(generator.target)
    )
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    conditions = [condition for generator in node.generators for condition in generator.ifs]
    inside = [*(generator.iter for generator in others), *conditions, *results]
    return _free(first.iter, inner) | _free_in_all(inside, inner | targets)


def is_generator(node: Function) -> bool:
    """Whether calling the function makes a generator."""
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    return any(
        isinstance(part, ast.Yield | ast.YieldFrom)
        for statement in body
        if not isinstance(statement, _SCOPES)
        for part in _own_nodes(statement)
    )
