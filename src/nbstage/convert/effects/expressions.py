"""What an expression may be, and what evaluating it reads and changes."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import PurePosixPath

from nbstage.convert.effects import calls, places
from nbstage.convert.effects.follow import call_function, call_specials
from nbstage.convert.effects.machine import (
    GLOBAL,
    GLOBALS,
    Machine,
    branch,
    change,
    enclose,
    inside,
    mark,
    new_frame,
    peek,
    put,
    read_global,
    scope_of,
)
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.effects.objects import (
    FunctionInfo,
    attribute_of,
    element_of,
    made,
    members_of,
    part_of,
)
from nbstage.convert.effects.operators import compare, formatted, look_for, operation, unary
from nbstage.convert.effects.scope import (
    Comprehension,
    bindings,
)
from nbstage.convert.effects.targets import assign, iterate
from nbstage.convert.effects.values import (
    ANYTHING_IMMUTABLE,
    UNKNOWN,
    Value,
    constant,
    join,
    of,
)

#: Names that IPython puts into a notebook, or that nbstage's reading of magics uses.
_PREDEFINED = {
    "display": "IPython.display.display",
    **{
        name: f"nbstage.runtime.{name}"
        for name in (
            "run_shell",
            "capture_shell",
            "run_script",
            "write_file",
            "set_env",
            "change_dir",
        )
    },
}


_HISTORY = re.compile(r"_{1,3}|_i{0,3}|_\d+|_i\d+|In|Out|_ih|_oh|_dh")


def evaluate(machine: Machine, node: ast.expr) -> Value:
    """The value of an expression; what it reads and changes is reported to the machine."""
    if not machine.depth:
        machine.site = node
    match node:
        case ast.Constant(value=value):
            return constant(value)
        case ast.Name(id=name):
            return look_up(machine, name)
        case ast.Attribute(value=inner, attr=name):
            return _attribute(machine, node, evaluate(machine, inner), name)
        case ast.Subscript(value=inner, slice=index):
            return _subscript(machine, evaluate(machine, inner), evaluate(machine, index), index)
        case ast.Call():
            return calls.call(machine, node)
        case ast.Lambda():
            return _lambda(machine, node)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return _comprehension(machine, node)
        case ast.NamedExpr(target=target, value=inner):
            return _walrus(machine, target, evaluate(machine, inner))
        case ast.IfExp() | ast.BoolOp():
            return _choice(machine, node)
        case _:
            return _compound(machine, node)


def look_up(machine: Machine, name: str) -> Value:
    """The value of a name, as Python finds it: local, enclosing, global, built in."""
    frame = scope_of(machine, name)
    value = peek(machine, frame, name)
    if value is None and frame.is_class:
        # `class A: rate = rate` reads the notebook's rate.
        frame = GLOBALS
        value = peek(machine, frame, name)
    if frame.number != GLOBAL:
        return value or Value()
    if value is None and name not in machine.bound and not _notebook_binds(machine, name):
        if name in _PREDEFINED:
            return Value(path=_PREDEFINED[name])
        if hasattr(builtins, name):
            machine.effects.builtins.add(name)
            return Value(path=f"builtins.{name}")
        if _HISTORY.fullmatch(name):
            mark(machine, Oddity.HISTORY, name)
            return Value()
    read_global(machine, name)
    if value is not None and value.path and not value.objs:
        machine.effects.paths.add(value.path)
    return value or Value()


def _notebook_binds(machine: Machine, name: str) -> bool:
    return any((GLOBAL, name) in layer for layer in machine.store)


def _attribute(machine: Machine, node: ast.Attribute, value: Value, name: str) -> Value:
    if value.path and not value.objs:
        if (value.path, name) in (("sys", "exit"), ("os", "_exit")):
            mark(machine, Oddity.EXITS, f"{value.path}.{name}")
        machine.effects.paths.update((value.path, f"{value.path}.{name}"))
        return Value(path=f"{value.path}.{name}")
    if value.type == "Path":
        folded = _path_attribute(value, name)
        return folded
    getters = [member for obj in value.objs for member in members_of(obj, name)]
    for getter in getters:
        if isinstance(getter.detail, FunctionInfo) and getter.detail.is_property:
            return call_function(machine, getter, (of(*value.objs),), {})
    return attribute_of(value, name)


def _path_attribute(value: Value, name: str) -> Value:
    if isinstance(value.const, PurePosixPath) and name in ("parent", "name", "stem", "suffix"):
        part = places.parent(value.const) if name == "parent" else getattr(value.const, name)
        return Value(type="Path" if name == "parent" else "str", const=part)
    return Value(type="Path" if name == "parent" else "scalar")


def _subscript(machine: Machine, value: Value, index: Value, node: ast.expr) -> Value:
    if value.path and not value.objs:
        return (
            Value(path=value.path, type="scalar")
            if value.path.startswith("os.environ")
            else Value(path=value.path)
        )
    if (
        value.items is not None
        and isinstance(index.const, int)
        and -len(value.items) <= index.const < len(value.items)
    ):
        return value.items[index.const]
    if value.type in ("str", "bytes"):
        return Value(type=value.type)
    call_specials(machine, value, (index,))
    look_for(machine, value, index)
    # Looking up a key that isn't there adds it.
    change(machine, [obj for obj in value.objs if obj.type == "collections.defaultdict"])
    if isinstance(node, ast.Slice) and (value.type in ("list", "tuple") or not value.type):
        return part_of(value)
    return element_of(value, index, copies=_copies(value, index, node))


def _copies(value: Value, index: Value, node: ast.expr) -> bool:
    """Whether a subscript surely makes a new table: a list of columns or a mask does, a single
    label may not.
    """
    if not value.type.startswith("pandas."):
        return False
    return index.type in ("list", "pandas.Series") or isinstance(node, ast.List | ast.Compare)


def _lambda(machine: Machine, node: ast.Lambda) -> Value:
    defaults = [
        *node.args.defaults,
        *(default for default in node.args.kw_defaults if default is not None),
    ]
    values = tuple(evaluate(machine, default) for default in defaults)
    function = made("function", FunctionInfo(node, machine.frame, values), *values)
    enclose(machine, function)
    return of(function)


def _comprehension(machine: Machine, node: Comprehension) -> Value:
    first = evaluate(machine, node.generators[0].iter)
    targets = frozenset(
        name for generator in node.generators for name in bindings(generator.target)
    )
    frame = new_frame(machine, targets, machine.frame)
    found: list[Value] = []

    def run() -> None:
        with inside(machine, frame, called=False):
            for position, generator in enumerate(node.generators):
                source = evaluate(machine, generator.iter) if position else first
                assign(machine, generator.target, iterate(machine, source))
                for condition in generator.ifs:
                    evaluate(machine, condition)
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            found.extend(evaluate(machine, part) for part in parts)

    branch(machine, run, may_skip=True)
    kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}.get(
        type(node), "iterator"
    )
    return of(made(kind, None, *found))


def _walrus(machine: Machine, target: ast.Name, value: Value) -> Value:
    frame = machine.frame
    while (
        frame.parent is not None and frame.names is not None and not _binds_walrus(frame, target.id)
    ):
        frame = frame.parent
    put(
        machine,
        frame if frame.names is not None else scope_of(machine, target.id),
        target.id,
        value,
    )
    return value


def _binds_walrus(frame: object, name: str) -> bool:
    return name in (getattr(frame, "names", None) or ())


def _choice(machine: Machine, node: ast.IfExp | ast.BoolOp) -> Value:
    found: list[Value] = []
    if isinstance(node, ast.IfExp):
        evaluate(machine, node.test)
        body, orelse = node.body, node.orelse
        branch(
            machine,
            lambda: found.append(evaluate(machine, body)),
            lambda: found.append(evaluate(machine, orelse)),
        )
        return join(found)
    found.append(evaluate(machine, node.values[0]))
    for value in node.values[1:]:
        branch(machine, lambda value=value: found.append(evaluate(machine, value)), may_skip=True)  # type: ignore[misc]
    return join(found)


def _compound(machine: Machine, node: ast.expr) -> Value:
    match node:
        case ast.Tuple(elts=elts):
            return _tuple(machine, elts)
        case ast.List(elts=elts) | ast.Set(elts=elts):
            values = [evaluate(machine, elt) for elt in elts]
            kind = "list" if isinstance(node, ast.List) else "set"
            return of(made(kind, None, *values))
        case ast.Dict(keys=keys, values=contents):
            parts = [evaluate(machine, key) for key in keys if key is not None]
            for key, content in zip(keys, contents, strict=True):
                value = evaluate(machine, content)
                parts.append(element_of(value) if key is None else value)
            return of(made("dict", None, *parts))
        case ast.BinOp(left=left, op=op, right=right):
            return operation(machine, op, evaluate(machine, left), evaluate(machine, right))
        case ast.UnaryOp(op=op, operand=operand):
            return unary(machine, op, evaluate(machine, operand))
        case ast.Compare(left=left, comparators=others, ops=ops):
            return compare(machine, [evaluate(machine, part) for part in (left, *others)], ops)
        case ast.JoinedStr(values=parts):
            return formatted(machine, parts)
        case ast.Starred(value=inner):
            return iterate(machine, evaluate(machine, inner))
        case ast.Await(value=inner):
            return evaluate(machine, inner)
        case ast.FormattedValue(value=inner, format_spec=spec):
            if spec is not None:
                evaluate(machine, spec)
            return evaluate(machine, inner)
        case ast.YieldFrom(value=inner) | ast.Yield(value=ast.expr() as inner):
            machine.frame.returns.append(evaluate(machine, inner))
            return Value()
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    evaluate(machine, child)
            return ANYTHING_IMMUTABLE


def _tuple(machine: Machine, elts: list[ast.expr]) -> Value:
    values = tuple(evaluate(machine, elt) for elt in elts)
    objs = frozenset().union(*(value.objs for value in values)) if values else frozenset()
    starred = any(isinstance(elt, ast.Starred) for elt in elts)
    consts = tuple(value.const for value in values)
    const = UNKNOWN if starred or UNKNOWN in consts else consts
    return Value(objs, "tuple", const, None if starred else values)
