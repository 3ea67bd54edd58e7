"""Checks of a stage -> the text of pipeline/checks/STAGE.py, and of the test that runs it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from nbstage.convert.checks import Check
from nbstage.convert.imports import Import
from nbstage.convert.render.lint import noqa
from nbstage.convert.render.stage_function import function_lines
from nbstage.convert.render.stage_module import (
    HEADER,
    constant_lines,
    imports_for,
    takes_our_name,
    unchecked,
    without_our_name,
)
from nbstage.convert.render.text import call_lines
from nbstage.convert.stages import StagePlan
from nbstage.convert.types import annotations_for
from nbstage.convert.units import Program

FOLDER = "pipeline/checks"

_TEST = '''"""The checks of stage `{stage}`, on what `dvc repro` has stored. This file is yours.

Each cell tagged `check` is a function of pipeline/checks/{stage}.py, which follows the notebook.
"""

import pytest

from nbstage.testing import checks_of


@pytest.mark.parametrize("check", checks_of("{stage}", __file__))
def test_{stage}(check):
    check()
'''


def render_test(stage: str) -> str:
    """The text of tests/test_STAGE.py, which is written once."""
    return _TEST.format(stage=stage)


def render_checks(
    program: Program, checks: tuple[Check, ...], local: frozenset[str]
) -> tuple[str, ...]:
    """The lines of the module of one stage's checks. `local` are modules beside the notebook."""
    stage, notebook = checks[0].stage, checks[0].plan.notebook
    types = [annotations_for(program, check.plan) for check in checks]
    plan = _together([check.plan for check in checks])
    takes = "takes_" if "takes" in plan.wanted else "takes"
    body: list[str] = []
    for check, typed in zip(checks, types, strict=True):
        body += ["", "", *_takes(takes, check.plan), *_function(program, check, typed)]
    if takes_our_name(program.units[index] for check in checks for index in check.plan.body):
        body = without_our_name(body)
    constants = constant_lines(program, plan)
    given = {Import("nbstage.testing", "takes", takes)}.union(*(one.imports for one in types))
    imports = imports_for(program, plan, local, given, "\n".join([*constants, *body]))
    head = ["", *constants[:-2]] if constants else []
    lines = [f'"""The checks of stage `{stage}`, as tests."""', "", *imports, *head, *body, ""]
    silenced = noqa(stage, "\n".join(lines))
    ignored = next((found for one in types if (found := unchecked(one))), [])
    return (HEADER.format(notebook), *silenced, *ignored, *lines)


def _function(program: Program, check: Check, types: object) -> list[str]:
    plan = check.plan
    units = tuple(program.units[index] for index in plan.body)
    doc = plan.doc or f"A check of stage `{check.stage}`."
    return function_lines(program, plan, doc, units, types, check.function)


def _takes(name: str, plan: StagePlan) -> list[str]:
    """`@takes(...)`: where the function's arguments come from."""
    single = [_quoted(one.path) for one in plan.inputs if len(one.names) == 1]
    several = [_quoted(one.path) for one in plan.inputs if len(one.names) > 1]
    names = [_quoted(name) for name in plan.parameters]
    args = [
        *single,
        *([f"bundles=[{', '.join(several)}]"] if several else []),
        *([f"params=[{', '.join(names)}]"] if names else []),
        *([f"section={_quoted(plan.section)}"] if names and plan.section else []),
        *([f"folder={_quoted(plan.workdir)}"] if plan.workdir != "." else []),
        *(["safe=True"] if plan.safe else []),
    ]
    return call_lines(f"@{name}", args, "", 0)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _together(plans: list[StagePlan]) -> StagePlan:
    """What the functions need of their module, as if they were one."""
    return replace(
        plans[0],
        imports=tuple(sorted({index for plan in plans for index in plan.imports})),
        constants=tuple(sorted({index for plan in plans for index in plan.constants})),
        helpers=tuple(dict.fromkeys(chain.from_iterable(plan.helpers for plan in plans))),
        wanted=frozenset[str]().union(*(plan.wanted for plan in plans)),
    )
