"""What a traced run saw, in a conversion: it settles what the code leaves open, and nothing else.

`mystery` is a library of which nothing is known.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbstage import app
from nbstage.model import CellFacts, CellKind, Facts, PlannedStage, Shown
from nbstage.trace.facts import code_key, write_facts
from tests.notebooks_as_text import ipynb, notebook

PATH = "notebooks/nb.ipynb"
NOTHING = CellFacts("")
START = """
# %% tags=["imports"]
import mystery
"""


def shown(root: Path, text: str, *facts: CellFacts | None) -> Shown:
    """What `nbstage show` finds, with facts for the cells after the first, in order."""
    write(root, START + text)
    cells = [cell for cell in notebook(START + text).cells if cell.kind is CellKind.CODE]
    seen = zip(cells, (NOTHING, *facts), strict=True)
    told = [replace(one, code=code_key(cell.source)) for cell, one in seen if one is not None]
    write_facts(root, Facts(PATH, tuple(told)))
    return app.show(root, PATH)


def write(root: Path, text: str) -> None:
    (root / "notebooks").mkdir(exist_ok=True)
    (root / "dvc.yaml").touch()
    (root / PATH).write_text(ipynb(text), encoding="utf-8")


def codes(found: Shown) -> set[str]:
    return {problem.code for problem in found.problems}


def stage(found: Shown, name: str) -> PlannedStage:
    return next(one for one in found.pipeline.stages if one.name == name)


def outputs(found: Shown, name: str) -> list[str]:
    return [one.path for one in stage(found, name).outputs]


LOOKED_AT = """
# %% tags=["stage:make"]
xs = [3, 1, 2]
# %% tags=["skip"]
mystery.look(xs)
# %% tags=["stage:use"]
print(xs)
"""


def test_a_skipped_cell_that_changed_nothing_stands_in_nobodys_way(tmp_path: Path) -> None:
    assert codes(shown(tmp_path, LOOKED_AT, NOTHING, None, NOTHING)) == {"NBS204"}
    assert not codes(shown(tmp_path, LOOKED_AT, NOTHING, NOTHING, NOTHING))


def test_a_skipped_cell_that_was_seen_to_change_something_does(tmp_path: Path) -> None:
    changed = CellFacts("", changes=("xs",), binds={"xs": "list"})
    assert codes(shown(tmp_path, LOOKED_AT, NOTHING, changed, NOTHING)) == {"NBS204"}


def test_the_facts_of_an_edited_cell_are_stale(tmp_path: Path) -> None:
    shown(tmp_path, LOOKED_AT, NOTHING, NOTHING, NOTHING)
    write(tmp_path, START + LOOKED_AT.replace("look(xs)", "stare(xs)"))
    assert codes(app.show(tmp_path, PATH)) == {"NBS204"}


def test_a_new_tag_and_an_outside_edit_leave_facts_as_they_are(tmp_path: Path) -> None:
    shown(tmp_path, LOOKED_AT, NOTHING, NOTHING, NOTHING)
    retagged = LOOKED_AT.replace("stage:use", "stage:show").replace("print(xs)", "print(xs, 1)")
    write(tmp_path, START + retagged)
    assert not codes(app.show(tmp_path, PATH))


def test_a_call_that_may_not_have_run_stays_in_doubt(tmp_path: Path) -> None:
    text = LOOKED_AT.replace("mystery.look(xs)", "if len(xs) > 5:\n    mystery.look(xs)")
    assert codes(shown(tmp_path, text, NOTHING, NOTHING, NOTHING)) == {"NBS204"}


def test_a_cell_that_raised_has_told_nothing_certain(tmp_path: Path) -> None:
    raised = CellFacts("", raised="ValueError")
    assert codes(shown(tmp_path, LOOKED_AT, NOTHING, raised, NOTHING)) == {"NBS204"}


MADE = """
# %% tags=["stage:make"]
table = mystery.table()
# %% tags=["stage:use"]
print(table)
"""


def test_the_type_that_was_seen_decides_on_the_format(tmp_path: Path) -> None:
    found = shown(tmp_path, MADE, CellFacts("", binds={"table": "pandas.DataFrame"}), NOTHING)
    assert outputs(found, "make") == ["artifacts/make/table.parquet"]
    assert not codes(found)


def test_the_format_that_held_the_value_exactly_comes_first(tmp_path: Path) -> None:
    seen = CellFacts("", binds={"table": "pandas.DataFrame"}, formats={"table": "pickle"})
    assert outputs(shown(tmp_path, MADE, seen, NOTHING), "make") == ["artifacts/make/table.pkl"]


def test_a_declared_format_is_not_overruled(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.nbstage.formats]\ntable = "joblib"\n')
    seen = CellFacts("", binds={"table": "pandas.DataFrame"}, formats={"table": "parquet"})
    assert outputs(shown(tmp_path, MADE, seen, NOTHING), "make") == ["artifacts/make/table.joblib"]


def test_a_value_that_no_format_held_is_refused(tmp_path: Path) -> None:
    seen = CellFacts("", binds={"table": "mystery.Table"}, formats={"table": ""})
    assert codes(shown(tmp_path, MADE, seen, NOTHING)) == {"NBS230"}


def test_a_generator_that_was_seen_is_refused(tmp_path: Path) -> None:
    seen = CellFacts("", binds={"table": "generator"})
    assert codes(shown(tmp_path, MADE, seen, NOTHING)) == {"NBS230"}


SHARED = """
# %% tags=["stage:make"]
rows = mystery.rows()
first = mystery.first(rows)
# %% tags=["stage:use"]
first.append(1)
print(rows)
"""
BOUND = CellFacts("", binds={"rows": "list", "first": "list"})
USED = CellFacts("", changes=("first",), binds={"first": "list"})


def test_values_that_were_seen_to_share_travel_in_one_file(tmp_path: Path) -> None:
    sharing = replace(BOUND, shares=(("first", "rows"),))
    found = shown(tmp_path, SHARED, sharing, USED)
    assert outputs(found, "make") == ["artifacts/make/first+rows.pkl"]


def test_values_that_were_seen_apart_travel_apart(tmp_path: Path) -> None:
    found = shown(tmp_path, SHARED, BOUND, USED)
    assert outputs(found, "make") == ["artifacts/make/first.pkl", "artifacts/make/rows.pkl"]


HIDDEN = """
# %% tags=["stage:make"]
xs = [3, 1, 2]
# %% tags=["stage:look"]
n = len(xs)
# %% tags=["stage:use"]
print(xs, n)
"""


def test_a_change_that_the_code_does_not_show_counts(tmp_path: Path) -> None:
    changed = CellFacts("", changes=("xs",), binds={"xs": "list", "n": "int"})
    found = shown(tmp_path, HIDDEN, NOTHING, changed, NOTHING)
    assert {one.stage for one in stage(found, "use").inputs} == {"look"}


def test_a_share_that_the_code_does_not_show_counts(tmp_path: Path) -> None:
    text = """
# %% tags=["stage:make"]
xs, ys = [[1]], [[2]]
# %% tags=["stage:change"]
xs[0].append(1)
# %% tags=["stage:use"]
print(ys)
"""
    sharing = CellFacts("", binds={"xs": "list", "ys": "list"}, shares=(("xs", "ys"),))
    found = shown(tmp_path, text, sharing, NOTHING, NOTHING)
    assert {one.stage for one in stage(found, "use").inputs} == {"change"}


SEEDED = """
# %% tags=["stage:make"]
import random
random.seed(1)
# %% tags=["stage:look"]
mystery.look(2)
# %% tags=["stage:use"]
print(random.random())
"""


def test_a_random_state_goes_through_the_stages_that_were_seen_to_draw(tmp_path: Path) -> None:
    seeds = CellFacts("", seeds=("random",))
    drew, quiet = CellFacts("", draws=("random",)), NOTHING
    found = shown(tmp_path, SEEDED, seeds, drew, drew)
    assert {one.stage for one in stage(found, "use").inputs} == {"look"}
    found = shown(tmp_path, SEEDED, seeds, quiet, drew)
    assert {one.stage for one in stage(found, "use").inputs} == {"make"}


FILES = """
# %% tags=["stage:write"]
for name in mystery.names():
    open(f"../data/{name}.txt", "w").write("x")
# %% tags=["stage:read"]
mystery.show("../data")
"""


def test_files_that_no_code_names_are_deps_and_outs(tmp_path: Path) -> None:
    wrote = CellFacts("", writes=("data/a.txt", "data/b.txt"), binds={"name": "str"})
    read = CellFacts("", reads=("data/a.txt", "config.ini"))
    found = shown(tmp_path, FILES, wrote, read)
    assert stage(found, "write").outs == ("data/a.txt", "data/b.txt")
    assert {"config.ini", "data/a.txt"} <= set(stage(found, "read").deps)
    assert not codes(found)


def test_files_outside_of_the_project_are_none_of_dvcs(tmp_path: Path) -> None:
    read = CellFacts("", reads=("/etc/hosts", "~/secret.ini", "notebooks/mystery.py"))
    found = shown(tmp_path, FILES, NOTHING, read)
    assert stage(found, "read").deps == ("pipeline/read.py",)


def test_facts_for_a_notebook_without_doubts_change_nothing(tmp_path: Path) -> None:
    plain = """
# %% tags=["stage:make"]
import pandas as pd
df = pd.DataFrame({"a": [1]})
n = 3
# %% tags=["stage:use"]
print(df, n)
"""
    bound = CellFacts("", binds={"df": "pandas.DataFrame", "n": "int"})
    seen = replace(bound, formats={"df": "parquet", "n": "json"}, seconds=1.0, peak_mb=100.0)
    static = shown(tmp_path, plain, None, None)
    assert shown(tmp_path, plain, seen, NOTHING) == static
