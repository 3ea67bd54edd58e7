"""Edited modules -> the notebook's file and the pipeline as they are with the edits."""

from __future__ import annotations

from pathlib import Path

from nbstage.app.notebooks import Found, convert_all, convert_notebook, has_error
from nbstage.app.writing import outcome_of, parts_of
from nbstage.config import read_config
from nbstage.convert import disk
from nbstage.convert.disk import record
from nbstage.convert.doubts import cells_in_doubt
from nbstage.convert.render.dvc_yaml import sections_of, stages_of
from nbstage.convert.render.params_yaml import read_params
from nbstage.convert.rules import Converted
from nbstage.convert.rules.together import Part
from nbstage.model import Action, Change, Config, Level, Notebook, Problem
from nbstage.notebook.edit import set_source
from nbstage.notebook.read import parse_notebook
from nbstage.project import find_notebooks
from nbstage.sync.base import written_text
from nbstage.sync.carry import Edited, Wanted, carry, clash, sources, unproven
from nbstage.sync.nouns import Carried, Synced

#: The modules with edits, by the notebook that makes them and by their paths.
Wishes = dict[str, dict[str, Wanted]]


def sync(root: Path, notebooks: tuple[str, ...] = (), *, dry_run: bool = False) -> Synced:
    """Carry the edits of generated modules into the notebooks (all of the project's, if none is
    named) and write the pipeline that these then give; all or nothing.
    """
    config = read_config(root)
    found, problems = convert_all(root, config, notebooks or find_notebooks(root, config))
    if has_error(problems):
        return Synced(problems=problems)
    wishes, refusals = _wishes(root, found, parts_of(found, config))
    if refusals or not any(wishes.values()):
        return Synced(problems=refusals)
    done = _carried_out(root, config, notebooks, found, wishes)
    if not (dry_run or has_error(done.problems)):
        disk.apply(root, done.changes)
    return done


def _wishes(
    root: Path, found: Found, parts: tuple[Part, ...]
) -> tuple[Wishes, tuple[Problem, ...]]:
    known = record.parse(disk.read_text(root, record.PATH) or "")
    wishes: Wishes = {}
    refusals: list[Problem] = []
    for (converted, _), part in zip(found, parts, strict=True):
        path = converted.notebook.path
        mine = wishes.setdefault(path, {})
        for edited in _edited(root, part, known):
            done = carry(edited, converted.blocks, path)
            if isinstance(done, Problem):
                refusals.append(done)
            else:
                mine[edited.made.path] = done
        if clashing := clash(mine, path):
            refusals.append(clashing)
    return wishes, tuple(refusals)


def _edited(root: Path, part: Part, known: record.Record) -> tuple[Edited, ...]:
    """The modules of a notebook that are not as nbstage wrote them."""
    found: list[Edited] = []
    for made in part.pipeline.modules:
        held = disk.read_text(root, made.path)
        digests = known.get(made.path, frozenset[str]())
        text = (held or "").replace("\r\n", "\n")
        if held is None or text == made.text or record.digest(text) in digests:
            continue
        as_written = record.digest(made.text) in digests
        base = made.text if as_written else written_text(root, made.path, digests)
        found.append(Edited(made, text, base))
    return tuple(found)


def _carried_out(
    root: Path, config: Config, notebooks: tuple[str, ...], found: Found, wishes: Wishes
) -> Synced:
    """All that is to be written, proven: the notebooks with the edits and what they then give."""
    changes: list[Change] = []
    carried: list[Carried] = []
    again: list[Found] = []
    problems: tuple[Problem, ...] = ()
    for one in found:
        wanted = wishes[one[0].notebook.path]
        change, cells = _edited_notebook(root, one[0], wanted)
        carried += cells
        if change is None:
            again.append((one,))
            continue
        changes.append(change)
        made, more = _converted(root, config, change)
        problems += more
        again.append(made)
    if has_error(problems):
        return Synced(tuple(carried), problems=_errors(problems))
    new = tuple(pair for pairs in again for pair in pairs)
    unproved = _unproven(parts_of(new, config), wishes)
    edited = {path for wanted in wishes.values() for path in wanted}
    outcome = outcome_of(root, config, notebooks, (new, problems), force=False, carried=edited)
    problems = (*unproved, *_errors(outcome.problems))
    every = () if problems else (*changes, *outcome.changes)
    left_open = bool(_in_doubt(new, config) - _in_doubt(found, config))
    return Synced(() if unproved else tuple(carried), every, problems, left_open)


def _in_doubt(found: Found, config: Config) -> set[tuple[str, int]]:
    """The cells, each with its notebook, of which a trace would tell more than their code."""
    return {
        (converted.notebook.path, cell)
        for converted, _ in found
        for cell in cells_in_doubt(converted.flow, config)
    }


def _edited_notebook(
    root: Path, converted: Converted, wanted: dict[str, Wanted]
) -> tuple[Change | None, tuple[Carried, ...]]:
    path = converted.notebook.path
    before = disk.read_text(root, path) or ""
    after, cells = before, []
    edits = [edit for one in wanted.values() for edit in one.edits]
    for number, source in sorted(sources(converted.blocks, edits).items()):
        after = set_source(after, number, source)
        modules = [
            module
            for module, one in wanted.items()
            if any(edit.cell == number for edit in one.edits)
        ]
        cells.append(Carried(path, number, tuple(modules)))
    if after == before:
        return None, ()
    return Change(path, Action.UPDATE, before, after), tuple(cells)


def _converted(root: Path, config: Config, change: Change) -> tuple[Found, tuple[Problem, ...]]:
    notebook = parse_notebook(change.after.encode("utf-8"), change.path)
    held = read_params(disk.read_text(root, "params.yaml"))
    if not isinstance(notebook, Notebook) or not isinstance(held, dict):
        return (), notebook if not isinstance(notebook, Notebook) else ()
    before = disk.read_text(root, "dvc.yaml")
    known = stages_of(before).get(change.path, ())
    sections = sections_of(before).get(change.path, frozenset())
    made, problems = convert_notebook(root, config, notebook, held, known, sections)
    return ((made,) if made else ()), problems


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """What stands in the way; what else is to be said of the notebook, `convert` says."""
    return tuple(problem for problem in problems if problem.level is Level.ERROR)


def _unproven(parts: tuple[Part, ...], wishes: Wishes) -> tuple[Problem, ...]:
    found = []
    for part in parts:
        modules = {file.path: file for file in part.pipeline.modules}
        for path, wanted in wishes[part.path].items():
            found.append(unproven(wanted, modules.get(path), part.path))
    return tuple(problem for problem in found if problem)
