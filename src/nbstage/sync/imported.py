"""Imports that were added at a module's top -> edits of the cells that hold the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbstage.convert.blocks import Block
from nbstage.convert.imports import Import, render_imports
from nbstage.model import Role
from nbstage.sync.nouns import Edit

_OURS = ("nbstage", "pipeline")


def imports_at_top(text: str) -> frozenset[Import]:
    """All that the module's top-level import statements bind."""
    return frozenset(item for node in ast.parse(text).body for item in _items(node))


def import_edits(
    blocks: tuple[Block, ...], held: frozenset[Import], wanted: frozenset[Import], first: int
) -> tuple[Edit, ...]:
    """Edits that bring the wanted imports into the notebook. An import that goes is left there:
    other cells may use it. `first` is the stage's first cell.
    """
    edits: list[Edit] = []
    fresh: set[Import] = set()
    known = {item for block in blocks for node in _nodes(block) for item in _items(node)}
    for item in sorted(wanted - held - known):
        if item.module.split(".")[0] in _OURS:
            continue
        instead = _giver(blocks, item.bound) if _bound(held - wanted, item.bound) else None
        if instead:
            block, node = instead
            edits.append(_replacing(block, node, item))
        else:
            fresh.add(item)
    return (*edits, *_inserted(blocks, fresh, first))


def _bound(items: Iterable[Import], name: str) -> bool:
    return any(item.bound == name for item in items)


def _items(node: ast.stmt) -> tuple[Import, ...]:
    match node:
        case ast.Import(names=names):
            return tuple(
                Import(one.name, "", one.asname or one.name.split(".")[0]) for one in names
            )
        case ast.ImportFrom(names=names, module=module, level=level):
            source = "." * level + (module or "")
            return tuple(Import(source, one.name, one.asname or one.name) for one in names)
        case _:
            return ()


def _nodes(block: Block) -> list[ast.stmt]:
    return ast.parse(block.code.text).body if "import" in block.code.text else []


def _giver(blocks: tuple[Block, ...], name: str) -> tuple[Block, ast.stmt] | None:
    found = [
        (block, node)
        for block in blocks
        for node in _nodes(block)
        if any(item.bound == name for item in _items(node))
    ]
    return found[-1] if found else None


def _replacing(block: Block, node: ast.stmt, item: Import) -> Edit:
    """The statement with another import in the place of the one that binds the same name."""
    items = [one for one in _items(node) if one.bound != item.bound]
    lines = [line for one in [*items, item] for line in render_imports([one])]
    first, last = node.lineno, node.end_lineno or node.lineno
    return Edit(block.cell.number, _row(block, first), _row(block, last), tuple(lines))


def _inserted(blocks: tuple[Block, ...], fresh: set[Import], first: int) -> tuple[Edit, ...]:
    if not fresh:
        return ()
    lines = tuple(line for line in render_imports(fresh) if line)
    tagged = [block for block in blocks if block.role is Role.IMPORTS]
    own = [block for block in blocks if block.cell.number == first]
    for block in (*tagged, *own):
        ends = [node.end_lineno or node.lineno for node in _nodes(block) if _items(node)]
        if ends:
            row = _row(block, ends[-1])
            return (Edit(block.cell.number, row + 1, row, lines),)
    block = (*tagged, *own)[0]
    return (Edit(block.cell.number, row := _row(block, 1), row - 1, lines),)


def _row(block: Block, line: int) -> int:
    """The line of the cell's source for a line of its plain Python."""
    numbers = block.code.lines
    return numbers[min(line, len(numbers)) - 1]
