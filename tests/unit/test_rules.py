"""Every problem: a notebook that has it, the mended one, and the message word for word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.explain import codes, lookup
from nbstage.model import Level, Problem
from nbstage.report.problems import in_order, problem_as_text
from tests.conftest import Golden
from tests.explained import NOTEBOOK, files, problems, problems_of_edits, section
from tests.unit.more_messages import MORE

# What comes with another problem: no tags, no stage.
COMPANIONS = {"NBS302": {"NBS113"}}


@pytest.mark.parametrize("code", codes())
def test_the_wrong_notebook_has_the_problem_and_no_other_error(code: str, tmp_path: Path) -> None:
    found = _problems_in(code, "Wrong", tmp_path)
    assert code in {problem.code for problem in found}
    assert _errors(found) <= {code} | COMPANIONS.get(code, set())


@pytest.mark.parametrize("code", codes())
def test_the_right_notebook_has_no_error_and_not_the_note(code: str, tmp_path: Path) -> None:
    found = _problems_in(code, "Right", tmp_path)
    assert not _errors(found)
    assert code not in {problem.code for problem in found}


@pytest.mark.parametrize("code", codes())
def test_the_message_reads_as_it_should(code: str, tmp_path: Path, golden: Golden) -> None:
    found = _problems_in(code, "Wrong", tmp_path)
    golden(f"tests/golden/messages/{code}.txt", _as_text(found, {code}))


def test_other_wordings_read_as_they_should(tmp_path: Path, golden: Golden) -> None:
    shown = []
    for name, wanted in MORE.items():
        found = problems(tmp_path / name, wanted)
        shown.append(f"== {name}\n\n{_as_text(found, {f'NBS{name[:3]}'})}")
        assert f"NBS{name[:3]}" in {problem.code for problem in found}, name
    golden("tests/golden/messages/more.txt", "\n".join(shown))


def _problems_in(code: str, name: str, root: Path) -> tuple[Problem, ...]:
    text = lookup(code) or ""
    wanted = files(section(text, name))
    if code.startswith("NBS5"):
        return problems_of_edits(root, files(section(text, "Right")), wanted)
    return problems(root, wanted)


def _errors(found: tuple[Problem, ...]) -> set[str]:
    return {problem.code for problem in found if problem.level is Level.ERROR}


def _as_text(found: tuple[Problem, ...], wanted: set[str]) -> str:
    """The problems as the command line shows them, but for the diff of a generated file."""
    heads = (
        replace(problem, message=problem.message.partition("\n")[0])
        for problem in in_order(found)
        if problem.code in wanted
    )
    return "".join(f"{problem_as_text(problem)}\n\n" for problem in heads).rstrip() + "\n"


@pytest.mark.parametrize(
    ("call", "noted"),
    [
        ("barplot(df, x='v', y='w')", True),
        ("regplot(df, x='v', y='w', ci=90)", True),
        ("barplot(df, x='v', y='w', seed=0)", False),
        ("pointplot(df, x='v', y='w', errorbar=None)", False),
        ("barplot(df, x='v', y='w', errorbar='sd')", False),
    ],
)
def test_error_bars_of_seaborn_that_differ_each_time_are_noted(
    call: str, noted: bool, tmp_path: Path
) -> None:
    start = "import pandas as pd\nimport seaborn as sns\ndf = pd.DataFrame({'v': [1], 'w': [2]})"
    found = problems(tmp_path, {NOTEBOOK: f'# %% tags=["stage:draw"]\n{start}\nsns.{call}\n'})
    assert ("NBS305" in {problem.code for problem in found}) == noted
