"""A notebook's parameters beside those of params.yaml, and the file's values into the notebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbstage.app.notebooks import convert_all
from nbstage.app.writing import parts_of
from nbstage.config import read_config
from nbstage.convert import disk, plan
from nbstage.convert.blocks import Block
from nbstage.model import Action, Change
from nbstage.notebook.edit import set_source
from nbstage.params.nouns import Compared
from nbstage.params.rows import compare
from nbstage.params.write_back import written_back


def params(root: Path, notebook: str) -> Compared:
    """The parameters of a notebook, as far as it can be read, and its problems."""
    return _compared(root, notebook)[0]


def params_to_notebook(root: Path, notebook: str) -> Compared:
    """Write the values of params.yaml into the notebook's cells, all or none; what is then so."""
    before, blocks, held = _compared(root, notebook)
    sources, refused = written_back(blocks, held)
    if refused or not sources:
        return replace(before, refused=refused)
    text = disk.read_text(root, notebook) or ""
    after = text
    for number, source in sources.items():
        after = set_source(after, number, source)
    disk.apply(root, (Change(notebook, Action.UPDATE, text, after),))
    written = tuple(row.name for row in before.rows if row.differs)
    return replace(_compared(root, notebook)[0], written=written)


def _compared(root: Path, notebook: str) -> tuple[Compared, tuple[Block, ...], dict[str, object]]:
    config = read_config(root)
    found, problems = convert_all(root, config, (notebook,))
    if not found:
        return Compared(notebook, problems=problems), (), {}
    one = found[0][0]
    stages = plan.together(parts_of(found, config)).stages
    rows = compare(one.blocks, stages, one.given, one.prefix)
    return Compared(notebook, rows, problems), one.blocks, one.given
