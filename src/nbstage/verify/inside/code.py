"""Functions compiled from one source in two places: in a notebook's cell, where what it uses are
global names, and in a module or inside a stage's function.
"""

from __future__ import annotations

import dis
import inspect
from types import CodeType, FunctionType

from nbstage.runtime.same import difference
from nbstage.runtime.same_objects import CODE

# How a name is found depends on where it is bound, and how it is called on where it was imported.
_NAME = "LOAD a name"
_ALIKE = {
    "LOAD_METHOD": "LOAD_ATTR",
    **dict.fromkeys(("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_GLOBAL", "LOAD_NAME"), _NAME),
    **dict.fromkeys(("LOAD_FROM_DICT_OR_DEREF", "LOAD_FROM_DICT_OR_GLOBALS"), _NAME),
}
_ASIDE = frozenset(
    {
        *("CACHE", "COPY_FREE_VARS", "EXTENDED_ARG", "MAKE_CELL", "NOP", "NOT_TAKEN"),
        *("PRECALL", "PUSH_NULL", "RESUME"),
    }
)
_PREFIXES = ("NULL + ", "NULL|self + ", "method + ")
_SUFFIXES = (" + NULL", " + NULL|self")
# Which names a code object knows says how they are found; the steps say which it uses.
_BY_STEPS = frozenset({"co_cellvars", "co_code", "co_flags", "co_freevars", "co_names"})
_WHERE = inspect.CO_NESTED | inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS


class SameCode:
    """Tells whether two functions, or two pieces of code, do the same step by step and with the
    same values; False of all else.
    """

    def __init__(self) -> None:
        self._under_way: set[tuple[int, int]] = set()

    def __call__(self, x: object, y: object) -> bool:
        if isinstance(x, CodeType) and isinstance(y, CodeType):
            return self._same_code(x, y)
        if isinstance(x, FunctionType) and isinstance(y, FunctionType):
            return self._same_function(x, y)
        return False

    def _same_code(self, x: CodeType, y: CodeType) -> bool:
        if (x.co_flags ^ y.co_flags) & ~_WHERE or _steps(x) != _steps(y):
            return False
        others = (name for name in CODE if name not in _BY_STEPS)
        return all(difference(getattr(x, name), getattr(y, name), self) is None for name in others)

    def _same_function(self, x: FunctionType, y: FunctionType) -> bool:
        pair = id(x), id(y)
        if pair in self._under_way:
            return True  # it calls itself: what is left to see is seen further up
        self._under_way.add(pair)
        try:
            return difference(_parts(x), _parts(y), self) is None
        finally:
            self._under_way.discard(pair)


def _parts(function: FunctionType) -> list[object]:
    """What a function is made of, the values of the names it uses among it."""
    bound = _bound(function)
    return [
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        function.__dict__,
        {name: bound[name] for name in sorted(bound)},
    ]


def _bound(function: FunctionType) -> dict[str, object]:
    names, closed = _used(function.__code__)
    found = {name: function.__globals__[name] for name in names & function.__globals__.keys()}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            if name in closed:
                found[name] = cell.cell_contents
        except ValueError:
            continue  # not bound yet
    found.pop("__class__", None)  # the class around it, which led here
    return found


def _used(code: CodeType) -> tuple[set[str], set[str]]:
    """The global names that a piece of code reads, and those of what is around it."""
    names: set[str] = set()
    closed: set[str] = set()
    for step in dis.get_instructions(code):
        if _ALIKE.get(step.opname) == _NAME:
            (closed if step.opcode in dis.hasfree else names).add(step.argval)
    for inner in (const for const in code.co_consts if isinstance(const, CodeType)):
        more, outer = _used(inner)
        names |= more
        closed |= outer
    return names, closed


def _steps(code: CodeType) -> list[tuple[str, object]]:
    """The instructions with what they are about; jumps by the number of the step they lead to."""
    every = list(dis.get_instructions(code))
    aside = _aside(code, every)
    numbers: dict[int, int] = {}
    number = len(every) - sum(aside)
    for step, left_out in zip(reversed(every), reversed(aside), strict=True):
        number -= not left_out
        numbers[step.offset] = number
    return [
        (_ALIKE.get(step.opname, step.opname), _about(step, numbers))
        for step, left_out in zip(every, aside, strict=True)
        if not left_out
    ]


def _aside(code: CodeType, every: list[dis.Instruction]) -> list[bool]:
    """Which instructions are about how names are found, or fill space."""
    cells = {*code.co_cellvars, *code.co_freevars}
    found: list[bool] = []
    closing = False
    for step in every:
        # The variables that a function inside takes along, and the tuple that is made of them.
        loads = step.opname == "LOAD_CLOSURE" or (
            step.opname == "LOAD_FAST" and step.argval in cells
        )
        packs = closing and step.opname == "BUILD_TUPLE"
        hands = step.opname == "SET_FUNCTION_ATTRIBUTE" and step.arg == _CLOSURE
        found.append(step.opname in _ASIDE or loads or packs or hands)
        closing = loads
    return found


_CLOSURE = 8


def _about(step: dis.Instruction, numbers: dict[int, int]) -> object:
    if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
        return numbers.get(step.argval)
    if step.opcode in dis.hasconst:
        return step.arg
    if step.opname == "MAKE_FUNCTION":
        return (step.arg or 0) & ~_CLOSURE
    text = step.argrepr
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    for suffix in _SUFFIXES:
        text = text.removesuffix(suffix)
    return text
