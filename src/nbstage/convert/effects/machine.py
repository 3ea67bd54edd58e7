"""The state of the abstract run of a notebook: names, branches, and what the statement at hand has
done so far.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nbstage.convert.effects.nouns import Effects, Mark, Oddity, Owned, Site
from nbstage.convert.effects.values import Obj, Value, alike, holders_of, join, reach
from nbstage.model import CellFacts

#: Global random states are names of the notebook too: seeding binds them, drawing reads and changes
#: them.
RANDOM = {"numpy": "<numpy.random>", "random": "<random>", "torch": "<torch.random>"}

#: How many statements inside functions are followed before calls count as unknown.
BUDGET = 200_000
GLOBAL = 0
_PASSED_ON = frozenset({"function", "class"})


@dataclass(eq=False, slots=True)
class Frame:
    """A scope at run time. `names` None: the notebook's globals. A class body's names are skipped
    by inner functions.

    `closures` are the functions made in it: they hold its values.
    """

    number: int
    names: frozenset[str] | None = None
    parent: Frame | None = None
    is_class: bool = False
    returns: list[Value] = field(default_factory=list)
    closures: list[Obj] = field(default_factory=list)


#: The notebook's own scope, for looking names up.
GLOBALS = Frame(GLOBAL)


@dataclass(slots=True)
class Machine:
    """One abstract run.

    `evaluate` and `execute` are the interpreter's two verbs, given by the package. `seen` is what a
    traced run saw of the cell at hand.
    """

    evaluate: Callable[[Machine, ast.expr], Value]
    execute: Callable[[Machine, Iterable[ast.stmt]], None]
    star_names: Callable[[str], tuple[str, ...] | None]
    effects: Effects = field(default_factory=Effects)
    seen: CellFacts | None = None
    store: list[dict[tuple[int, str], Value]] = field(default_factory=lambda: [{}])
    bound: set[str] = field(default_factory=set)
    dead: bool = False
    frame: Frame = field(default_factory=lambda: Frame(GLOBAL))
    site: Site = field(default_factory=ast.Pass)
    depth: int = 0
    guarded: int = 0
    frames: int = 0
    spent: int = 0
    cwd: str | None = "."
    calling: list[ast.AST] = field(default_factory=list)
    called_back: set[ast.AST] = field(default_factory=set)


def new_frame(
    machine: Machine, names: frozenset[str], parent: Frame | None, *, is_class: bool = False
) -> Frame:
    """A scope for one call, comprehension or class body."""
    machine.frames += 1
    return Frame(machine.frames, names, parent, is_class)


@contextmanager
def inside(machine: Machine, frame: Frame, *, called: bool = True) -> Iterator[Frame]:
    """Run in another scope. In a called function, what is reported stands where the call stands."""
    before, machine.frame = machine.frame, frame
    dead, machine.dead = machine.dead, False
    machine.depth += called
    yield frame
    machine.depth -= called
    machine.frame, machine.dead = before, dead


def scope_of(machine: Machine, name: str) -> Frame:
    """The scope a name belongs to, seen from the current one."""
    frame: Frame | None = machine.frame
    first = True
    while frame is not None and frame.names is not None:
        if name in frame.names and (first or not frame.is_class):
            return frame
        frame, first = frame.parent, False
    return Frame(GLOBAL)


def peek(machine: Machine, frame: Frame, name: str) -> Value | None:
    """The value of a name in a scope, if it has one."""
    key = (frame.number, name)
    for layer in reversed(machine.store):
        if key in layer:
            return layer[key]
    return None


def put(machine: Machine, frame: Frame, name: str, value: Value) -> None:
    """Give a name of a scope a value; a global one is reported as bound."""
    if frame.number == GLOBAL and len(machine.store) == 1:
        before = machine.store[0].get((GLOBAL, name))
        for obj in before.objs - value.objs if before is not None else ():
            obj.names.discard(name)
    machine.store[-1][frame.number, name] = value
    for closure in frame.closures:
        closure.hold(value.objs)
    if frame.closures and frame is not machine.frame:
        change(machine, frame.closures, deep=False)  # nonlocal
    if frame.number == GLOBAL:
        for obj in value.objs:
            obj.names.add(name)
        machine.effects.binds[name] = False
        machine.effects.deletes.discard(name)
        machine.bound.add(name)


def enclose(machine: Machine, function: Obj) -> None:
    """Let a function that is made in another one hold what it may see there, now and later."""
    frame: Frame | None = machine.frame
    while frame is not None and frame.names is not None:
        frame.closures.append(function)
        for name in frame.names:
            value = peek(machine, frame, name)
            function.hold(value.objs if value is not None else ())
        frame = frame.parent


def read_global(machine: Machine, name: str) -> None:
    """Report that the statement needs a global's value from before it."""
    if name not in machine.bound:
        uses = machine.effects.soft if machine.guarded else machine.effects.reads
        uses.setdefault(name, machine.site)


def unbind(machine: Machine, frame: Frame, name: str) -> None:
    """Report that a name may be gone: `except Error as e` deletes `e` when the handler ends."""
    if frame.number == GLOBAL:
        machine.bound.discard(name)
        machine.effects.unbinds.add(name)


def forget(machine: Machine, name: str) -> None:
    """Report that a global was deleted."""
    machine.effects.binds[name] = False
    machine.effects.deletes.add(name)
    machine.bound.add(name)


def change(
    machine: Machine, objs: Iterable[Obj], *, deep: bool = True, doubt: bool = False
) -> set[Obj]:
    """Report that the objects may be changed: every global that holds one of them is.

    In doubt, only those that a traced run did not see unchanged. Gives those that are reported.
    """
    changed = set(objs)
    for group in alike(changed):
        if isinstance(group[0].detail, Owned):
            # Wherever it is fetched anew, the setting is made anew.
            machine.effects.settings.add(group[0].detail.library)
            continue
        # Functions and classes are passed on, hardly ever changed by whom they are passed to.
        inner = {p for p in reach(group) if p.type not in _PASSED_ON} if deep else set(group)
        names = _names_of(machine, holders_of(inner))
        if doubt and names and not (names := _unsure(machine, names)):
            changed.difference_update(group)
            continue
        (machine.effects.changed_deep if deep else machine.effects.changed).update(inner)
        for name in names - machine.bound:
            machine.effects.changes.setdefault(name, machine.site)
        if len(names) > 1:
            machine.effects.groups.add(names)
    return changed


def _unsure(machine: Machine, names: frozenset[str]) -> frozenset[str]:
    """Of names whose values an unknown call may change, those that the run did not see unchanged:
    all of them where there are no facts of the cell, or the call may not have run.
    """
    seen = machine.seen
    if seen is None:
        machine.effects.doubtful |= names - machine.bound
        return names
    if len(machine.store) > 1:
        return names
    return names & {*seen.changes, *seen.binds, *seen.deletes}


def may_draw(machine: Machine, source: str) -> bool:
    """Whether an unknown call may have drawn from a global random state that was seeded."""
    if peek(machine, GLOBALS, RANDOM[source]) is None:
        return False
    seen = machine.seen
    return seen is None or len(machine.store) > 1 or source in seen.draws


def _names_of(machine: Machine, holders: set[Obj]) -> frozenset[str]:
    """The notebook's names whose value is one of these objects."""
    named = set[str]().union(*[holder.names for holder in holders if holder.names])
    return frozenset(name for name in named if _still_holds(machine, name, holders))


def _still_holds(machine: Machine, name: str, holders: set[Obj]) -> bool:
    value = peek(machine, GLOBALS, name)
    return value is not None and not holders.isdisjoint(value.objs)


def keep_identity(machine: Machine, values: Iterable[Value]) -> None:
    """Report that it matters which names share these objects: `a is b`, `id(a)`."""
    for group in alike(reach(obj for value in values for obj in value.objs)):
        names = _names_of(machine, holders_of(group))
        if len(names) > 1:
            machine.effects.groups.add(names)


def draw(machine: Machine, source: str) -> None:
    """Report a draw from a global random state: it needs the state and changes it, if it was ever
    seeded. A source without such a state begins anew each time.
    """
    name = RANDOM.get(source, "")
    if not name or peek(machine, Frame(GLOBAL), name) is None:
        mark(machine, Oddity.UNSEEDED, source)
        machine.effects.varies = True
        return
    read_global(machine, name)
    if name not in machine.bound:
        machine.effects.changes.setdefault(name, machine.site)


def branch(machine: Machine, *runs: Callable[[], None], may_skip: bool = False) -> None:
    """Run alternatives side by side; afterwards a name may have any of the values they gave it."""
    bound, results = machine.bound, []
    for run in runs:
        machine.store.append({})
        machine.bound, machine.dead = set(bound), False
        run()
        results.append((machine.store.pop(), machine.bound, machine.dead))
    if may_skip:
        results.append(({}, set(bound), False))
    # What a branch that is left early has set may be seen after the loop or the `try` around it.
    layers = [layer for layer, _, _ in results]
    for key in {key for layer in layers for key in layer}:
        _merge(machine, key, layers)
    live = [names for _, names, dead in results if not dead]
    machine.dead = not live
    machine.bound = set.intersection(*live) if live else bound


def _merge(
    machine: Machine, key: tuple[int, str], layers: list[dict[tuple[int, str], Value]]
) -> None:
    before = next((layer[key] for layer in reversed(machine.store) if key in layer), None)
    options = [layer.get(key, before) for layer in layers]
    machine.store[-1][key] = join(option for option in options if option is not None)


def mark(machine: Machine, kind: Oddity, detail: str = "") -> None:
    """Note something a rule has to judge, once for each place."""
    found = Mark(kind, detail, machine.site)
    if found not in machine.effects.marks:
        machine.effects.marks.append(found)
