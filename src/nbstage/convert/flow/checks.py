"""A check cell has what it reads from the stages, as a stage has; nobody has anything from it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.flow.demand import demand_unit
from nbstage.convert.flow.nouns import Finding, Flow, StageFlow, Trouble
from nbstage.convert.flow.settings import repeat_settings
from nbstage.convert.units import Unit

#: What means something else, or nothing, outside of a notebook.
_NOTEBOOK_ONLY = frozenset(
    {
        Oddity.EXECUTES,
        Oddity.EXITS,
        Oddity.HISTORY,
        Oddity.INPUT,
        Oddity.KERNEL,
        Oddity.NAMESPACE,
        Oddity.STAR,
    }
)


def draw_check(flow: Flow, check: StageFlow) -> None:
    """Let a check have what it reads; what keeps it from that is no trouble of a stage's."""
    before = len(flow.findings)
    flow.checks[check.name] = check
    units = [flow.program.units[index] for index in check.units]
    flow.findings.extend(_hindrances(flow, units))
    for unit in units:
        demand_unit(flow, unit, check.name)
    repeat_settings(flow, check)
    for finding in flow.findings[before:]:
        flow.untested.setdefault(check.name, finding)
    del flow.findings[before:]


def _hindrances(flow: Flow, units: list[Unit]) -> Iterator[Finding]:
    """What keeps a cell from being a test, whatever it reads."""
    stage = units[0].block.checked
    if stage not in flow.stages:
        yield Finding(Trouble.NO_STAGE, stage, units[0].index)
    for unit in units:
        for mark in unit.effects.marks:
            if mark.kind in _NOTEBOOK_ONLY:
                yield Finding(Trouble.NOTEBOOK_ONLY, mark.detail, unit.index, mark.site)
    yield from _rewritten(flow, units)


def _rewritten(flow: Flow, units: list[Unit]) -> Iterator[Finding]:
    """A file that a stage writes after the check: the test would see the later one."""
    reads = {
        posixpath.normpath(use.path): (unit.index, use.site)
        for unit in units
        for use in unit.effects.files
        if use.mode == "r"
    }
    for later in flow.program.units[units[-1].index + 1 :] if reads else ():
        for use in later.effects.files:
            path = posixpath.normpath(use.path)
            if later.stage and use.mode != "r" and path in reads:
                index, site = reads[path]
                trouble = Trouble.FILE_WRITTEN_AFTER
                yield Finding(trouble, path, index, site, later.index, (later.stage,))
