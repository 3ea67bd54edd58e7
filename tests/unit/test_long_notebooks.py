"""What is done to keep long notebooks fast forgets nothing that matters."""

from __future__ import annotations

import ast
from pathlib import Path

from nbstage import app
from nbstage.convert.effects.scope import walk
from nbstage.convert.effects.values import Obj, alike
from tests.notebooks_as_text import ipynb

_MANY = 500  # statements: more than twice as many as are between two sweeps


def artifacts_of(folder: Path, *cells: str) -> set[str]:
    """The files that the stages of a notebook hand on."""
    folder.joinpath("dvc.yaml").write_text("", encoding="utf-8")
    folder.joinpath("nb.ipynb").write_text(ipynb("\n".join(cells)), encoding="utf-8")
    outcome = app.convert(folder, ("nb.ipynb",))
    assert not outcome.problems
    lines = folder.joinpath("dvc.yaml").read_text(encoding="utf-8").split()
    return {line.removeprefix("artifacts/") for line in lines if line.startswith("artifacts/")}


def test_what_a_list_was_given_long_ago_is_still_a_part_of_it(tmp_path: Path) -> None:
    found = artifacts_of(
        tmp_path,
        '# %% tags=["stage:make"]\nfirst = {}\nrows = [first]',
        *(f'# %% tags=["stage:make"]\nn_{n} = {n}' for n in range(_MANY)),
        '# %% tags=["stage:change"]\nrows[0]["seen"] = True',
        '# %% tags=["stage:show"]\nprint(first, rows)',
    )
    assert found == {"make/first+rows.pkl", "change/first.pkl", "change/rows.pkl"}


def test_only_the_named_part_of_a_long_list_is_tied_to_it(tmp_path: Path) -> None:
    found = artifacts_of(
        tmp_path,
        '# %% tags=["stage:make"]\nfirst, other, rows = {}, {}, []',
        *(f'# %% tags=["stage:make"]\nrows.append({{"n": {n}}})' for n in range(_MANY)),
        '# %% tags=["stage:make"]\nrows.append(first)',
        '# %% tags=["stage:change"]\nrows[-1]["seen"] = True',
        '# %% tags=["stage:show"]\nprint(first, other, rows)',
    )
    changed = {"change/first.pkl", "change/rows.pkl"}
    assert found == {"make/first+rows.pkl", "make/other.pkl", *changed}


def test_parts_without_names_in_the_same_list_are_alike_and_no_others() -> None:
    whole, other = Obj("list"), Obj("list")
    parts = [Obj("dict"), Obj("dict"), Obj("set"), Obj("dict"), Obj("dict"), Obj("dict")]
    whole.hold(parts)
    parts[3].names.add("named")
    other.hold([parts[4]])
    parts[5].share([other])
    groups = {frozenset(map(parts.index, group)) for group in alike(parts)}
    assert groups == {frozenset(g) for g in ([0, 1], [2], [3], [4], [5])}


def test_a_walk_meets_all_but_operators_and_contexts() -> None:
    tree = ast.parse("@f\nclass A(B, k=1):\n    x: int = -a + b if a < b else {**c}[d:e]\n")
    signs = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop)
    assert walk(tree) == [node for node in ast.walk(tree) if not isinstance(node, signs)]
