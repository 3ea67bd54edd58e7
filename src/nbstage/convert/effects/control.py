"""Branches, loops, `with`, `try` and `match`: what may happen, and what surely does."""

from __future__ import annotations

import ast
from collections.abc import Callable

from nbstage.convert.effects.follow import call_specials
from nbstage.convert.effects.machine import (
    Machine,
    branch,
    put,
    scope_of,
    unbind,
)
from nbstage.convert.effects.targets import assign, iterate
from nbstage.convert.effects.values import (
    ANYTHING_IMMUTABLE,
    Value,
    join,
)

_NAME_ERRORS = {"NameError", "Exception", "BaseException", "UnboundLocalError"}


def compound(machine: Machine, node: ast.stmt) -> None:
    match node:
        case ast.If(test=test, body=body) if _asks_for_main(test):
            machine.execute(machine, body)
        case ast.If(test=test, body=body, orelse=orelse):
            machine.evaluate(machine, test)
            branch(
                machine,
                lambda: machine.execute(machine, body),
                lambda: machine.execute(machine, orelse),
            )
        case ast.For() | ast.AsyncFor():
            _loop(machine, node)
        case ast.While(test=test, body=body):
            machine.evaluate(machine, test)
            _repeat(machine, body, lambda: machine.evaluate(machine, test))
            _finish_loop(machine, node)
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


def _asks_for_main(test: ast.expr) -> bool:
    """`if __name__ == "__main__":` always holds in a notebook, as it does in a stage."""
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="__main__")],
        ):
            return True
        case _:
            return False


def _discard(value: Value) -> None:
    del value


def _loop(machine: Machine, node: ast.For | ast.AsyncFor) -> None:
    source = machine.evaluate(machine, node.iter)

    def step() -> None:
        assign(machine, node.target, iterate(machine, source))

    if _surely_turns(node.iter):
        step()
        if not _leaves_early(node.body):
            machine.execute(machine, node.body)
    _repeat(machine, node.body, step)
    _finish_loop(machine, node)


def _finish_loop(machine: Machine, node: ast.For | ast.AsyncFor | ast.While) -> None:
    """Run a loop's `else`, which a `break` skips."""
    if not node.orelse:
        return
    branch(
        machine,
        lambda: machine.execute(machine, node.orelse),
        may_skip=_leaves_early(node.body),
    )


def _leaves_early(body: list[ast.stmt]) -> bool:
    """Whether a turn may end before the last statement of the loop's body."""
    leaving = (ast.Break, ast.Continue, ast.Return, ast.Raise)
    return any(isinstance(part, leaving) for statement in body for part in ast.walk(statement))


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
        machine.execute(machine, body)
        machine.dead = False

    for _ in range(2):
        branch(machine, turn, may_skip=True)


#: What a `with` switches while its block runs.
_SWITCHES = frozenset({"matplotlib.pyplot.ioff", "matplotlib.pyplot.ion", "matplotlib.pyplot.xkcd"})
#: Libraries whose settings hold for all code, and that no `with` of warnings takes back.
_LASTING = ("locale.", "logging.", "nbstage.", "os.", "sys.")


def _with(machine: Machine, items: list[ast.withitem], body: list[ast.stmt]) -> None:
    held = set(machine.effects.settings)
    for item in items:
        value = machine.evaluate(machine, item.context_expr)
        call_specials(machine, value, ())
        if item.optional_vars is not None:
            # A generator under `@contextmanager` gives what it yields.
            yields = bool(value.objs) and all(obj.type == "iterator" for obj in value.objs)
            assign(machine, item.optional_vars, iterate(machine, value) if yields else value)
    if machine.effects.paths & _SWITCHES:
        machine.effects.settings = set(held)
    machine.execute(machine, body)
    paths = machine.effects.paths
    if "warnings.catch_warnings" in paths and not any(path.startswith(_LASTING) for path in paths):
        machine.effects.settings -= {"*"} - held


def _try(machine: Machine, node: ast.Try | ast.TryStar) -> None:
    before = set(machine.bound)
    guarded = any(_catches_name_error(handler) for handler in node.handlers)

    def body() -> None:
        machine.guarded += guarded
        machine.execute(machine, node.body)
        machine.guarded -= guarded
        machine.execute(machine, node.orelse)

    def handle(handler: ast.ExceptHandler) -> None:
        machine.bound = set(before)
        if handler.type is not None:
            machine.evaluate(machine, handler.type)
        if handler.name is not None:
            put(machine, scope_of(machine, handler.name), handler.name, ANYTHING_IMMUTABLE)
        machine.execute(machine, handler.body)
        if handler.name is not None:
            unbind(machine, scope_of(machine, handler.name), handler.name)

    if node.handlers:
        branch(
            machine,
            body,
            *[
                lambda handler=handler: _handled(machine, body, lambda: handle(handler))
                for handler in node.handlers
            ],
        )
    else:
        body()
    dead, machine.dead = machine.dead, False
    machine.execute(machine, node.finalbody)
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
        machine.execute(machine, case.body)

    complete = any(
        isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
        and case.guard is None
        for case in cases
    )
    branch(machine, *[lambda case=case: run(case) for case in cases], may_skip=not complete)
