"""Functions compiled from one source in two places."""

from __future__ import annotations

import dis
from types import CodeType

from nbstage.runtime.same import difference
from nbstage.runtime.same_objects import CODE

# A name that the same module imports is called in another way than one that a cell before has
# imported: these are the instructions that it makes a difference for.
_AS_ATTRIBUTE = {"LOAD_METHOD": "LOAD_ATTR"}
_ASIDE = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"})
_PREFIXES = ("NULL + ", "NULL|self + ", "method + ")
_SUFFIXES = (" + NULL", " + NULL|self")


def same_code(x: object, y: object) -> bool:
    """Whether two code objects do the same step by step, whichever names were imported beside
    them; False for all that is no code.
    """
    if not isinstance(x, CodeType) or not isinstance(y, CodeType):
        return False
    others = (name for name in CODE if name != "co_code")
    alike = (difference(getattr(x, name), getattr(y, name), same_code) for name in others)
    return all(found is None for found in alike) and _steps(x) == _steps(y)


def _steps(code: CodeType) -> list[tuple[str, object]]:
    """The instructions with what they are about; jumps by the number of the step they lead to."""
    every = list(dis.get_instructions(code))
    kept = [step for step in every if step.opname not in _ASIDE]
    numbers: dict[int, int] = {}
    number = len(kept)
    for step in reversed(every):
        number -= step.opname not in _ASIDE
        numbers[step.offset] = number
    return [(_AS_ATTRIBUTE.get(step.opname, step.opname), _about(step, numbers)) for step in kept]


def _about(step: dis.Instruction, numbers: dict[int, int]) -> object:
    if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
        return numbers.get(step.argval)
    if step.opcode in dis.hasconst:
        return step.arg
    text = step.argrepr
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    for suffix in _SUFFIXES:
        text = text.removesuffix(suffix)
    return text
