"""Every problem: a notebook that has it, the mended one, and the message word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstage.explain import codes, lookup
from nbstage.model import Level, Problem
from nbstage.report.problems import in_order, problem_as_text
from tests.conftest import Golden
from tests.explained import files, problems, section

# A problem that can't come without another one.
COMPANIONS = {"NBS302": {"NBS113"}}


@pytest.mark.parametrize("code", codes())
def test_the_wrong_notebook_has_the_problem_and_no_other_error(code: str, tmp_path: Path) -> None:
    found = _problems_in(code, "Wrong", tmp_path)
    assert code in {problem.code for problem in found}
    assert _errors(found) <= {code} | COMPANIONS.get(code, set())


@pytest.mark.parametrize("code", sorted(set(codes()) - {"NBS303"}))
def test_the_right_notebook_has_no_error_and_not_the_note(code: str, tmp_path: Path) -> None:
    found = _problems_in(code, "Right", tmp_path)
    assert not _errors(found)
    assert code not in {problem.code for problem in found}


@pytest.mark.parametrize("code", codes())
def test_the_message_reads_as_it_should(code: str, tmp_path: Path, golden: Golden) -> None:
    found = in_order(_problems_in(code, "Wrong", tmp_path))
    texts = [problem_as_text(problem) for problem in found if problem.code == code]
    golden(f"tests/golden/messages/{code}.txt", "\n\n".join(texts) + "\n")


def _problems_in(code: str, name: str, root: Path) -> tuple[Problem, ...]:
    return problems(root, files(section(lookup(code) or "", name)))


def _errors(found: tuple[Problem, ...]) -> set[str]:
    return {problem.code for problem in found if problem.level is Level.ERROR}
