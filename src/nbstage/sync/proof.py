"""Whether a conversion of the edited notebook gives the module as it was edited."""

from __future__ import annotations

import ast
from collections import Counter
from difflib import SequenceMatcher

from nbstage.model import File, Origin
from nbstage.sync.imported import imports_at_top

Lines = tuple[str, ...]

#: What the tools are told at a module's top follows from its text.
_OF_TOOLS = ("# ruff:", "# mypy:")
_MAIN = "main"


def is_proven(rendered: Lines, wanted: Lines, made: File) -> bool:
    """Whether `made`, from the edited notebook, does what the module does that is wanted, with
    each line that was edited in it, and none that was taken out.

    What may follow by itself: annotations of the stage's function, imports that are no longer used
    or are needed now, the silenced names of ruff's rules, blank lines, and in a `main` that nobody
    edited the files: another format suits a value once the facts of its cell no longer hold.
    """
    held, text, own = "\n".join(rendered), "\n".join(wanted), _own_functions(made)
    follows = own & {_MAIN} if _main(held) == _main(text) else frozenset[str]()
    return (
        _program(text, own, follows) == _program(made.text, own, follows)
        and _imports_are_kept(held, text, made.text)
        and _lines_are_kept(rendered, wanted, made.text)
    )


def _own_functions(made: File) -> frozenset[str]:
    """The names of the functions whose head is nbstage's own."""
    return frozenset(
        node.name
        for node in ast.parse(made.text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _origin(made, node.lineno) is None
    )


def _origin(made: File, line: int) -> Origin | None:
    return made.origins[line - 1] if line <= len(made.origins) else None


def _main(text: str) -> list[str]:
    """The module's function `main`."""
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return [ast.dump(node) for node in nodes if node.name == _MAIN]


def _program(text: str, own: frozenset[str], follows: frozenset[str]) -> list[str]:
    """What the module does, without its imports and the functions in `follows`, and without
    annotations at functions in `own`.
    """
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in own:
            if node.name in follows:
                continue
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
        found.append(ast.dump(node))
    return found


def _imports_are_kept(rendered: str, wanted: str, made: str) -> bool:
    before, edited, after = map(imports_at_top, (rendered, wanted, made))
    bound = {item.bound: item for item in edited}
    by_itself = all(bound.get(item.bound, item) == item for item in after)
    return by_itself and edited - before <= after and not (before - edited) & after


def _lines_are_kept(rendered: Lines, wanted: Lines, made: str) -> bool:
    """Whether each line that the edit put in or took out, and each comment, is there as often as
    in the edited text.
    """
    held, now, then = (_without_imports("\n".join(part)) for part in (rendered, wanted, (made,)))
    touched = {line for line in (*now, *then) if "#" in line and not line.startswith(_OF_TOOLS)}
    matcher = SequenceMatcher(None, held, now, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind != "equal":
            touched.update(held[first:last], now[start:end])
    count, there = (Counter(line.strip() for line in lines) for lines in (now, then))
    return all(count[line] == there[line] for line in {one.strip() for one in touched} - {""})


def _without_imports(text: str) -> list[str]:
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            lines[first:last] = [""] * (last - first)
    return lines
