"""What a statement binds, reads and changes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from nbstage.convert.effects import calls
from nbstage.convert.effects.expressions import look_up
from nbstage.convert.effects.follow import call_specials
from nbstage.convert.effects.machine import (
    GLOBAL,
    Machine,
    Oddity,
    branch,
    change,
    enclose,
    forget,
    inside,
    mark,
    new_frame,
    put,
    scope_of,
)
from nbstage.convert.effects.objects import DATA, ClassInfo, FunctionInfo, made
from nbstage.convert.effects.scope import locals_of
from nbstage.convert.effects.targets import assign, iterate
from nbstage.convert.effects.values import ANYTHING_IMMUTABLE, IMMUTABLE, NOTHING, Value, join, of

_NAME_ERRORS = {"NameError", "Exception", "BaseException", "UnboundLocalError"}


def execute(machine: Machine, statements: Iterable[ast.stmt]) -> None:
    """Run statements in order, up to one that surely ends them."""
    for statement in statements:
        if machine.dead:
            return
        if not machine.depth:
            machine.site = statement
        _execute(machine, statement)


def _execute(machine: Machine, node: ast.stmt) -> None:
    match node:
        case ast.Expr(value=value):
            machine.evaluate(machine, value)
        case ast.Assign(targets=targets, value=value):
            given = machine.evaluate(machine, value)
            for target in targets:
                assign(machine, target, given)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                assign(machine, target, machine.evaluate(machine, value))
        case ast.AugAssign():
            _augment(machine, node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _define(machine, node)
        case ast.ClassDef():
            _define_class(machine, node)
        case ast.Import() | ast.ImportFrom():
            _import(machine, node)
        case ast.Delete(targets=targets):
            for target in targets:
                _delete(machine, target)
        case ast.Return(value=value):
            machine.frame.returns.append(
                machine.evaluate(machine, value) if value is not None else NOTHING
            )
            machine.dead = True
        case _:
            _compound(machine, node)


def _compound(machine: Machine, node: ast.stmt) -> None:
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            machine.evaluate(machine, test)
            branch(machine, lambda: execute(machine, body), lambda: execute(machine, orelse))
        case ast.For() | ast.AsyncFor():
            _loop(machine, node)
        case ast.While(test=test, body=body, orelse=orelse):
            machine.evaluate(machine, test)
            _repeat(machine, body, lambda: machine.evaluate(machine, test))
            execute(machine, orelse)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            _with(machine, items, body)
        case ast.Try() | ast.TryStar():
            _try(machine, node)
        case ast.Match(subject=subject, cases=cases):
            _match(machine, machine.evaluate(machine, subject), cases)
        case ast.Raise(exc=exc, cause=cause):
            for part in filter(None, (exc, cause)):
                machine.evaluate(machine, part)
            machine.dead = True
        case ast.Assert(test=test, msg=msg):
            machine.evaluate(machine, test)
            if msg is not None:
                branch(machine, lambda: _discard(machine.evaluate(machine, msg)), may_skip=True)
        case ast.Break() | ast.Continue():
            machine.dead = True
        case _:
            return


def _discard(value: Value) -> None:
    del value


def _augment(machine: Machine, node: ast.AugAssign) -> None:
    """`x += 1` reads x, may change it in place, and binds it."""
    load = _as_load(node.target)
    before = machine.evaluate(machine, load)
    given = machine.evaluate(machine, node.value)
    call_specials(machine, before, (given,))
    if before.objs:
        change(machine, before.objs, deep=not (before.type == "list"))
        for obj in before.objs:
            if obj.type not in DATA:
                obj.hold(given.objs)
        after = before if before.type else join([before, given])
    else:
        after = Value(
            type=before.type if before.type == given.type and before.type in IMMUTABLE else "scalar"
        )
        after = join([after, given]) if given.objs else after
    assign(machine, node.target, after)


def _as_load(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=index):
            return ast.copy_location(ast.Subscript(value, index, ast.Load()), target)
        case _:
            return target


def _define(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
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
    decorators = [_decorator(machine, decorator) for decorator in node.decorator_list]
    paths = {decorator.path for decorator in decorators}
    info = FunctionInfo(
        node,
        machine.frame,
        values,
        is_static="builtins.staticmethod" in paths,
        is_property=bool(paths & {"builtins.property", "functools.cached_property"}),
    )
    function = made("function", info, *values)
    enclose(machine, function)
    value = of(function)
    assign(
        machine,
        ast.copy_location(ast.Name(node.name, ast.Store()), node),
        _decorated(machine, value, decorators),
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


def _define_class(machine: Machine, node: ast.ClassDef) -> None:
    for decorator in node.decorator_list:
        machine.evaluate(machine, decorator)
    bases = tuple(machine.evaluate(machine, base) for base in node.bases)
    for word in node.keywords:
        machine.evaluate(machine, word.value)
    frame = new_frame(machine, locals_of(node), machine.frame, is_class=True)
    machine.store.append({})
    with inside(machine, frame, called=False):
        execute(machine, node.body)
    layer = machine.store.pop()
    members = {name: value for (number, name), value in layer.items() if number == frame.number}
    machine.store[-1].update({key: value for key, value in layer.items() if key[0] != frame.number})
    info = ClassInfo(node, members, bases)
    obj = made("class", info, *members.values())
    assign(machine, ast.copy_location(ast.Name(node.name, ast.Store()), node), of(obj))


def _import(machine: Machine, node: ast.Import | ast.ImportFrom) -> None:
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


def _delete(machine: Machine, target: ast.expr) -> None:
    match target:
        case ast.Name(id=name):
            frame = scope_of(machine, name)
            look_up(machine, name)
            if frame.number == GLOBAL:
                forget(machine, name)
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            container = machine.evaluate(machine, value)
            if isinstance(target, ast.Subscript):
                machine.evaluate(machine, target.slice)
            change(machine, container.objs, deep=False)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for elt in elts:
                _delete(machine, elt)


def _loop(machine: Machine, node: ast.For | ast.AsyncFor) -> None:
    source = machine.evaluate(machine, node.iter)

    def step() -> None:
        assign(machine, node.target, iterate(machine, source))

    if _surely_turns(node.iter):
        step()
        execute(machine, node.body)
        machine.dead = False
    _repeat(machine, node.body, step)
    execute(machine, node.orelse)


def _surely_turns(node: ast.expr) -> bool:
    """Whether a loop over this runs at least once: a literal with elements, `range(3)`."""
    match node:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            return bool(elts)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(stop))]):
            return stop > 0
        case _:
            return False


def _repeat(machine: Machine, body: list[ast.stmt], step: Callable[[], object]) -> None:
    """Run a loop's body twice, so that what one turn leaves reaches the next."""

    def turn() -> None:
        step()
        execute(machine, body)
        machine.dead = False

    for _ in range(2):
        branch(machine, turn, may_skip=True)


def _with(machine: Machine, items: list[ast.withitem], body: list[ast.stmt]) -> None:
    for item in items:
        value = machine.evaluate(machine, item.context_expr)
        call_specials(machine, value, ())
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, value)
    execute(machine, body)


def _try(machine: Machine, node: ast.Try | ast.TryStar) -> None:
    before = set(machine.bound)
    guarded = any(_catches_name_error(handler) for handler in node.handlers)

    def body() -> None:
        machine.guarded += guarded
        execute(machine, node.body)
        machine.guarded -= guarded
        execute(machine, node.orelse)

    def handle(handler: ast.ExceptHandler) -> None:
        machine.bound = set(before)
        if handler.type is not None:
            machine.evaluate(machine, handler.type)
        if handler.name is not None:
            put(machine, scope_of(machine, handler.name), handler.name, ANYTHING_IMMUTABLE)
        execute(machine, handler.body)

    if node.handlers:
        branch(
            machine,
            body,
            *[
                lambda handler=handler: _handled(machine, body, lambda: handle(handler))
                for handler in node.handlers
            ],
        )  # type: ignore[misc]
    else:
        body()
    dead, machine.dead = machine.dead, False
    execute(machine, node.finalbody)
    machine.dead = machine.dead or dead


def _handled(machine: Machine, body: Callable[[], None], handle: Callable[[], None]) -> None:
    """A handler starts from what the body may have done before it failed."""
    branch(machine, body, may_skip=True)
    machine.dead = False
    handle()


def _catches_name_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)}
    return bool(names & _NAME_ERRORS)


def _match(machine: Machine, subject: Value, cases: list[ast.match_case]) -> None:
    def run(case: ast.match_case) -> None:
        for part in ast.walk(case.pattern):
            match part:
                case ast.MatchValue(value=value) | ast.MatchClass(cls=value):
                    machine.evaluate(machine, value)
                case (
                    ast.MatchAs(name=str(name))
                    | ast.MatchStar(name=str(name))
                    | ast.MatchMapping(rest=str(name))
                ):
                    put(
                        machine,
                        scope_of(machine, name),
                        name,
                        join([subject, iterate(machine, subject)]),
                    )
        if case.guard is not None:
            machine.evaluate(machine, case.guard)
        execute(machine, case.body)

    complete = any(
        isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
        and case.guard is None
        for case in cases
    )
    branch(machine, *[lambda case=case: run(case) for case in cases], may_skip=not complete)  # type: ignore[misc]
