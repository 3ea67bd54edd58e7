"""What each cell may be for, by its section's heading and by what it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nbstage.model import Cell, CellKind, Label, Notebook, Role
from nbstage.notebook.tags import label
from nbstage.tag.headings import name_from, section_titles, unique
from nbstage.tag.looks import Look
from nbstage.tag.nouns import Guess

SHOWS = "shows; no cell needs it"


@dataclass(slots=True)
class _State:
    """What was met so far. `given` is the stage that the last tagged cell left open, `names` the
    stages of sections and of kinds of work.
    """

    taken: set[str]
    prefix: str
    looks: dict[int, Look]
    given: str = ""
    begun: bool = False
    section: str = ""
    of_section: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    of_kind: str = ""
    fitted: bool = False


def guess(
    notebook: Notebook, looks: dict[int, Look], taken: Iterable[str], prefix: str
) -> tuple[Guess, ...]:
    """A guess for each code cell. `taken` are names of stages that the project has already; a
    section that would be called so gets the prefix.
    """
    titles = section_titles(notebook)
    cells = [cell for cell in notebook.cells if cell.kind is CellKind.CODE]
    labels = [label(cell, notebook.path)[0] for cell in cells]
    own = {one.stage for one in labels if one.stage}
    state = _State({*taken, *own}, prefix, looks)
    found: list[Guess] = []
    for cell, said in zip(cells, labels, strict=True):
        _enter(state, titles[cell.number])
        look = looks.get(cell.number, Look(cell.number))
        found.append(_guess(state, cell, said, look))
    return _with_a_stage(tuple(found))


def is_given(said: Label) -> bool:
    """Whether a cell's tags say already what it is for."""
    return said != Label()


def _enter(state: _State, title: str) -> None:
    if title != state.section:
        state.section, state.given = title, ""


def _guess(state: _State, cell: Cell, said: Label, look: Look) -> Guess:
    if is_given(said):
        if said.stage and said.role in (Role.STAGE, Role.CHECK):
            state.given = said.stage
            state.begun = True
            if state.section:
                state.of_section[state.section] = said.stage
        return Guess(cell.number, said.role, said.stage or state.given, "", given=True)
    role, why = _role(look, begun=state.begun)
    if look.empty:
        return Guess(cell.number, Role.UNTAGGED, state.given or state.of_kind, why)
    if role is Role.STAGE and not look.parameters:
        state.begun = True
    state.fitted |= look.fits or look.scores
    stage, because = _stage(state, look, counts=role is Role.STAGE)
    if role is not Role.STAGE:
        return Guess(cell.number, role, stage, why)
    return Guess(
        cell.number,
        role,
        stage,
        because,
        metrics=_is_result(state, look),
        plots=look.curve,
        idle=_only_shows(look),
    )


def _is_result(state: _State, look: Look) -> bool:
    """Whether the cell gives metrics: numbers of a metric, or numbers after a fit that only what
    shows them needs.
    """
    users = [state.looks.get(cell, Look(cell)) for cell in look.needed_by]
    only_shown = all(one.shows and not one.works for one in users)
    return look.metrics or (look.numbers and state.fitted and only_shown)


def _role(look: Look, *, begun: bool) -> tuple[Role, str]:
    """What the cell is for, by its code alone."""
    if look.empty:
        return Role.UNTAGGED, "runs nothing"
    if look.only_asserts:
        return Role.CHECK, "asserts only"
    settles = not begun or all(name.isupper() for name in look.parameters)
    if look.parameters and look.steady and settles:
        return Role.PARAMETERS, "plain values"
    if look.repeatable and look.steady and look.definitions:
        return Role.FUNCTIONS, "definitions"
    if look.repeatable and look.imports and (look.steady or not begun):
        parts = ["imports"] + ["settings"] * look.settings + ["constants"] * look.constants
        return Role.IMPORTS, ", ".join(parts)
    if look.repeatable and not begun and look.steady:
        return (Role.IMPORTS, "settings") if look.settings else (Role.FUNCTIONS, "constants")
    if _only_shows(look) and not look.curve:
        return Role.SKIP, SHOWS
    return Role.STAGE, ""


def _only_shows(look: Look) -> bool:
    return look.shows and not (look.works or look.reads_files or look.needed_by)


def _stage(state: _State, look: Look, *, counts: bool) -> tuple[str, str]:
    """The stage that the cell belongs to, and why. `counts`: it is no cell beside the stages."""
    if state.given:
        return state.given, "goes on with its stage"
    title = state.section
    if title in state.of_section:
        return state.of_section[title], f"under '{title}'"
    if title and (name := name_from(title)):
        name = unique(name, state.taken, state.prefix)
        why = f"under '{title}'"
        if counts:
            state.of_section[title] = name
            state.taken.add(name)
        return name, why
    return _by_kind(state, look, counts=counts)


def _by_kind(state: _State, look: Look, *, counts: bool) -> tuple[str, str]:
    """A stage by what the cell does: it reads files, splits, fits, scores, or goes on."""
    kind, why = _kind(look, state.kind)
    if kind == state.kind:
        return state.of_kind, why
    name = unique(kind, state.taken, state.prefix)
    if counts:
        state.taken.add(name)
        state.kind, state.of_kind = kind, name
    return name, why


def _kind(look: Look, before: str) -> tuple[str, str]:
    if look.splits:
        return "split", "splits the data"
    if look.fits:
        return "train", "fits a model"
    if look.scores or look.curve:
        return "evaluate", "computes metrics"
    if look.reads_files:
        return ("load", "reads data") if before in ("", "load") else (before, "reads data")
    if before == "load":
        return "prepare", "works on the data"
    return before or "prepare", "goes on"


def _with_a_stage(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """A notebook that only looks at things has a stage, too: what it shows."""
    if any(one.role is Role.STAGE for one in guesses):
        return guesses
    return tuple(
        replace(one, role=Role.STAGE, why="all that there is")
        if one.role in (Role.SKIP, Role.CHECK) and not one.given
        else one
        for one in guesses
    )
