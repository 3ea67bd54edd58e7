"""An edited docstring of a stage -> an edit of the comment that it was made from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.convert.blocks import Block
from nbstage.convert.stages import doc_comment, doc_of
from nbstage.model import File
from nbstage.sync.nouns import Edit

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a stage's docstring was and has become; both the same where nobody edited it, and None
    where it is no single line any more, or is two.
    """

    old: str
    new: str | None


def find_docstring(made: File, wanted: Lines) -> Docstring:
    """A stage's docstring: it stands twice in its module, at the top and in the function."""
    old = next(_docstrings(made.text))[1]
    lines = made.text.split("\n")
    ours = [at for at, line in enumerate(lines) if line.strip() == _line(old)]
    if not old or len(ours) != 2 or any(made.origins[at : at + 1] != (None,) for at in ours):
        return Docstring("", "")
    places = {name for name, doc in _docstrings(made.text) if doc == old}
    found = {doc for name, doc in _docstrings("\n".join(wanted)) if name in places}
    new = found - {old} or {old}
    one = new.pop() if len(new) == 1 else ""
    return Docstring(old, one if _line(one) in {line.strip() for line in wanted} else None)


def with_docstrings_alike(doc: Docstring, wanted: Lines) -> Lines:
    """The wanted lines. Edited at one of its two places, the docstring is so at the other too."""
    if doc.new in (None, doc.old):
        return wanted
    old, new = _line(doc.old), _line(doc.new or "")
    return tuple(line.replace(old, new) if line.strip() == old else line for line in wanted)


def docstring_edits(blocks: tuple[Block, ...], doc: Docstring) -> tuple[Edit, ...]:
    """The edit of the comment at the top of the stage's first cell. None where the docstring was
    made from no comment, or from one that stands in two cells.
    """
    if doc.new in (None, doc.old):
        return ()
    found = [
        (block, comment)
        for block in blocks
        if (comment := doc_comment(block.code.text)) and doc_of(comment) == doc.old
    ]
    if len(found) != 1:
        return ()
    block, comment = found[0]
    rows = block.code.lines[: len(comment)]
    return (Edit(block.cell.number, rows[0], rows[-1], (f"# {doc.new}",)),)


def _docstrings(text: str) -> Iterator[tuple[str, str]]:
    """The docstrings of the module (named "") and of its functions."""
    tree = ast.parse(text)
    yield "", ast.get_docstring(tree, clean=False) or ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, ast.get_docstring(node, clean=False) or ""


def _line(doc: str) -> str:
    return f'"""{doc}"""'
