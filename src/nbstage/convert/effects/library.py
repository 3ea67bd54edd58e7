"""Calls of library functions and methods that are known: what they change, read, set and draw."""

from __future__ import annotations

from collections.abc import Callable

from nbstage.convert import known
from nbstage.convert.effects import files, special
from nbstage.convert.effects.follow import _special, anything, call_back, using
from nbstage.convert.effects.iterators import USED_UP, use_up
from nbstage.convert.effects.machine import (
    GLOBAL,
    RANDOM,
    Frame,
    Machine,
    change,
    draw,
    put,
)
from nbstage.convert.effects.objects import (
    DATA,
    EstimatorInfo,
)
from nbstage.convert.effects.values import (
    NOTHING,
    Obj,
    Value,
    of,
    reach,
)

#: Words for a random state: a number, or a generator, which is drawn from.
_STATES = ("random_state", "rng", "seed")


def known_call(
    machine: Machine,
    what: known.Known,
    receiver: Value | None,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    calls: Callable[[str], bool] | None = None,
) -> Value:
    everything = (*args, *keywords.values())
    files.use(machine, what, receiver, args, keywords)
    _report_changes(machine, what, receiver, args, keywords)
    use_up(machine, [obj for value in everything for obj in value.objs if obj.type in USED_UP])
    machine.effects.draws_figures |= receiver is not None and what.result.startswith("matplotlib")
    machine.effects.varies |= what.varies
    machine.effects.acts |= what.acts
    machine.effects.looks |= what.looks
    if what.moves:
        files.move(machine, args)
    if what.sets:
        machine.effects.settings.add(what.sets)
    if what.seeds:
        put(machine, Frame(GLOBAL), RANDOM.get(what.seeds, what.seeds), Value(type="scalar"))
    if what.draws and not (_given_state(keywords) or _without_bootstrap(keywords)):
        draw(machine, what.draws)
    call_back(machine, (receiver,) if receiver is not None else (), everything, calls or _special)
    into = _written_into(what, args, keywords)
    made = special.result(what, receiver, args, keywords) if into is None else into
    if what.resumes:
        machine.effects.iterators.update(made.objs)
    return made


def _changed_arguments(what: known.Known, args: tuple[Value, ...]) -> tuple[Value, ...]:
    found = {"first": args[:1], "second": args[1:2], "others": args[1:]}.get(what.changes, ())
    found = args if "args" in what.changes else found
    return found if what.out is None else (*found, *args[what.out :][:1])


def _written_into(
    what: known.Known, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value | None:
    """The array that a function was given for its result."""
    into = keywords.get("out") or next(iter(args[what.out :] if what.out is not None else ()), None)
    return into if into is not None and into.objs else None


def _given_state(keywords: dict[str, Value]) -> bool:
    states = [keywords[word] for word in _STATES if word in keywords]
    return any(state.type != "NoneType" for state in states)


def _without_bootstrap(keywords: dict[str, Value]) -> bool:
    """Whether seaborn is told to draw error bars, or none, for which it need not resample."""
    bars = keywords.get("errorbar", keywords.get("ci"))
    return bars is not None and (bars.type == "NoneType" or bars.const in ("pi", "sd", "se"))


def _report_changes(
    machine: Machine,
    what: known.Known,
    receiver: Value | None,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
) -> None:
    if "self" in what.changes and receiver is not None:
        deep = not any(
            obj.type in ("list", "dict", "set", "pandas.DataFrame") for obj in receiver.objs
        )
        change(machine, receiver.objs, deep=deep)
    change(machine, [obj for arg in _changed_arguments(what, args) for obj in arg.objs])
    inplace = keywords.get("inplace")
    if inplace is not None and inplace.const is not False and receiver is not None:
        change(machine, receiver.objs)
    for word in (*_STATES, "out", "output"):
        if word in keywords:
            change(machine, keywords[word].objs)
    overwrites = any(word.startswith("overwrite") for word in keywords)
    if overwrites or keywords.get("copy", NOTHING).const is False:
        change(machine, [obj for arg in args for obj in arg.objs])


def call_estimator(
    machine: Machine,
    what: known.Known,
    obj: Obj,
    name: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
) -> Value:
    """Fitting changes the estimator and what it is built of, but not the tables it is given."""
    inner = reach([obj])
    if what.changes:
        change(machine, [part for part in inner if part.type not in DATA], deep=False)
        if known.keeps_its_table(obj.type):
            for arg in args:
                obj.hold(arg.objs)
    if (what.changes or what.draws) and any(_draws(part) for part in inner):
        draw(machine, "numpy")
    if any(isinstance(part.detail, EstimatorInfo) and part.detail.in_place for part in inner):
        change(machine, [part for arg in args for part in arg.objs])
    calls = anything if what.changes else using
    return known_call(machine, known.Known(what.result, what.fresh), of(obj), args, keywords, calls)


def _draws(obj: Obj) -> bool:
    if not known.is_estimator(obj.type) or known.steady(obj.type):
        return False
    return not (isinstance(obj.detail, EstimatorInfo) and obj.detail.seeded)


def change_library(machine: Machine, path: str) -> None:
    """Report that something inside a library was set: `plt.rcParams["figure.dpi"] = 100`."""
    what = known.function(path)
    library = what.sets if what is not None and what.sets else path.split(".")[0]
    machine.effects.settings.add(library)
