"""An untagged notebook -> a proposal of tags for it, and the notebook's file with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbstage.app.notebooks import convert_notebook
from nbstage.app.writing import outcome_of
from nbstage.config import read_config
from nbstage.convert import disk
from nbstage.convert.render.dvc_yaml import stage_names, stages_of
from nbstage.convert.render.params_yaml import read_params
from nbstage.convert.rules import Converted
from nbstage.errors import UserError
from nbstage.model import Action, CellKind, Change, Config, Notebook, Problem
from nbstage.notebook.edit import set_tags
from nbstage.notebook.read import parse_notebook
from nbstage.notebook.tags import label, with_prefix
from nbstage.project import other_notebooks
from nbstage.tag.apply import rows, with_tags
from nbstage.tag.nouns import Row, Tagged
from nbstage.tag.propose import propose


def tag(root: Path, path: str) -> Tagged:
    """Tags for the cells that have none, and what `check` says of the notebook with them. Runs and
    writes nothing.
    """
    config = read_config(root)
    before = disk.read_text(root, path) or ""
    notebook = parse_notebook(before.encode("utf-8"), path)
    if not isinstance(notebook, Notebook):
        return Tagged(path, problems=notebook, readable=False)
    held = read_params(disk.read_text(root, "params.yaml"))
    if not isinstance(held, dict):
        return Tagged(path, problems=held, readable=False)

    def convert(one: Notebook) -> tuple[Converted | None, tuple[Problem, ...]]:
        found, problems = convert_notebook(root, config, one, held)
        return (found[0] if found else None), problems

    guesses = propose(notebook, convert, _taken(root, config, path))
    tagged = Tagged(path, rows(notebook, guesses), before=before, after=before)
    try:
        tagged = replace(tagged, after=_with_tags(before, tagged.rows))
    except UserError as error:
        tagged = replace(tagged, refusal=error)
    found, problems = convert_notebook(root, config, with_tags(notebook, guesses), held)
    made = ((found,) if found else ()), problems
    judged = outcome_of(root, config, (path,), made, force=False)
    return replace(tagged, problems=judged.problems)


def _with_tags(text: str, table: tuple[Row, ...]) -> str:
    for row in table:
        if row.adds:
            text = set_tags(text, row.cell, (*row.has, *row.adds))
    return text


def write_tags(root: Path, tagged: Tagged) -> None:
    """Write the proposed tags into the notebook's file, all or nothing.

    Raises UserError where the file is another than the one the proposal was made for, or can't
    hold the tags.
    """
    if tagged.refusal is not None:
        raise tagged.refusal
    if tagged.after != tagged.before:
        change = Change(tagged.notebook, Action.UPDATE, tagged.before, tagged.after)
        disk.apply(root, (change,))


def _taken(root: Path, config: Config, path: str) -> frozenset[str]:
    """The names of stages that the project has from elsewhere, as the notebook's own tags would
    have to say them.
    """
    text = disk.read_text(root, "dvc.yaml")
    found = set(stage_names(text)) - set(stages_of(text).get(path, ()))
    for other in other_notebooks(root, config, (path,)):
        notebook = parse_notebook((disk.read_text(root, other) or "").encode("utf-8"), other)
        cells = notebook.cells if isinstance(notebook, Notebook) else ()
        labels = (label(cell, other)[0] for cell in cells if cell.kind is CellKind.CODE)
        final = with_prefix(tuple(labels), config.prefixes.get(other, ""))
        found.update(one.stage for one in final if one.stage)
    start = f"{prefix}_" if (prefix := config.prefixes.get(path, "")) else ""
    return frozenset(name.removeprefix(start) for name in found if name.startswith(start))
