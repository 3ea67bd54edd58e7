"""What definitions and imports bind."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbstage.convert.effects import calls
from nbstage.convert.effects.keepers import keeper_among, register, registries
from nbstage.convert.effects.machine import Machine, enclose, inside, mark, new_frame, put, scope_of
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.effects.objects import (
    ClassInfo,
    FunctionInfo,
    made,
    members_of,
)
from nbstage.convert.effects.scope import (
    locals_of,
)
from nbstage.convert.effects.targets import assign
from nbstage.convert.effects.values import (
    Obj,
    Value,
    join,
    of,
)


def define(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    args = node.args
    defaults = [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
    values = tuple(machine.evaluate(machine, default) for default in defaults)
    for arg in (
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ):
        if arg.annotation is not None:
            machine.evaluate(machine, arg.annotation)
    told = {one: registries(machine, one) for one in node.decorator_list}
    decorators = [_decorator(machine, one) for one, owners in told.items() if not owners]
    paths = {decorator.path for decorator in decorators}
    info = FunctionInfo(
        node,
        machine.frame,
        values,
        is_static="builtins.staticmethod" in paths,
        is_property=bool(paths & {"builtins.property", "functools.cached_property"}),
        keeps=keeper_among(paths),
    )
    function = made("function", info, *values)
    enclose(machine, function)
    for owners in told.values():
        register(machine, owners, function)
    assign(
        machine,
        ast.copy_location(ast.Name(node.name, ast.Store()), node),
        _decorated(machine, of(function), decorators),
    )


def _decorator(machine: Machine, node: ast.expr) -> Value:
    """What a decorator is; of `@lru_cache(maxsize=None)` the library function that is called."""
    value = machine.evaluate(machine, node)
    if isinstance(node, ast.Call):
        callee = machine.evaluate(machine, node.func)
        return callee if callee.path and not callee.objs else value
    return value


def _decorated(machine: Machine, value: Value, decorators: Sequence[Value]) -> Value:
    for decorator in reversed(decorators):
        if not decorator.path or decorator.objs:
            inner = value
            value = calls.call_value(machine, decorator, (value,), {})
            value = join([value, inner]) if not value.objs else value
    return value


def define_class(machine: Machine, node: ast.ClassDef) -> None:
    decorators = [_decorator(machine, decorator) for decorator in node.decorator_list]
    bases = tuple(machine.evaluate(machine, base) for base in node.bases)
    words = [machine.evaluate(machine, word.value) for word in node.keywords]
    frame = new_frame(machine, locals_of(node), machine.frame, is_class=True)
    machine.store.append({})
    with inside(machine, frame, called=False):
        machine.execute(machine, node.body)
    layer = machine.store.pop()
    members = {name: value for (number, name), value in layer.items() if number == frame.number}
    machine.store[-1].update({key: value for key, value in layer.items() if key[0] != frame.number})
    info = ClassInfo(node, members, bases)
    obj = made("class", info, *members.values())
    for maker in _makers(bases, words):
        calls.call_value(machine, of(maker), (of(obj), of(obj)), {})
    target = ast.copy_location(ast.Name(node.name, ast.Store()), node)
    assign(machine, target, _decorated(machine, of(obj), decorators))


def _makers(bases: tuple[Value, ...], words: list[Value]) -> list[Obj]:
    """The notebook's own functions that run when a class is made."""
    of_bases = [obj for base in bases for obj in base.objs]
    of_metaclass = [obj for word in words for obj in word.objs]
    return [
        *(member for obj in of_bases for member in members_of(obj, "__init_subclass__")),
        *(
            member
            for obj in of_metaclass
            for name in ("__new__", "__init__")
            for member in members_of(obj, name)
        ),
    ]


def bring(machine: Machine, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.split(".")[0]
            name = alias.asname or path
            put(machine, scope_of(machine, name), name, Value(path=path))
        return
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        return
    for alias in node.names:
        if alias.name == "*":
            _import_star(machine, module)
            continue
        name = alias.asname or alias.name
        put(machine, scope_of(machine, name), name, Value(path=f"{module}.{alias.name}"))


def _import_star(machine: Machine, module: str) -> None:
    names = machine.star_names(module)
    if names is None:
        mark(machine, Oddity.STAR, module)
        return
    for name in names:
        put(machine, scope_of(machine, name), name, Value(path=f"{module}.{name}"))
