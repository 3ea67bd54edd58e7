"""What is kept of a notebook's run, and which generators' states its stages are given."""

from __future__ import annotations

from pathlib import Path

from nbstage.app.notebooks import convert_all
from nbstage.convert.rules import Converted
from nbstage.model import Config
from nbstage.verify.beginnings import first_cells, unseeded
from nbstage.verify.nouns import Kind
from nbstage.verify.wanted import stage_of_cells, wanted
from tests.notebooks_as_text import ipynb


def converted(tmp_path: Path, text: str) -> Converted:
    (tmp_path / "nb.ipynb").write_text(ipynb(text))
    ((found, _),), _ = convert_all(tmp_path, Config(), ("nb.ipynb",))
    return found


TAKING_TURNS = """
# %% tags=["stage:a"]
x = [1]
y = [2]
both = x
# %% tags=["stage:b"]
x = 5
# %% tags=["stage:a"]
y.append(3)
# %% tags=["stage:c"]
z = x + len(y)
# %% tags=["metrics"]
score = z
other = z
# %% tags=["stage:c"]
score += 1
# %% tags=["plots"]
table = [{"x": z}]
"""


def test_a_value_is_kept_after_the_stages_own_last_change_of_it(tmp_path: Path) -> None:
    found = wanted(converted(tmp_path, TAKING_TURNS))
    assert [(one.stage, one.kind, one.names, one.cell) for one in found] == [
        ("a", Kind.VALUE, ("y",), 3),
        ("b", Kind.VALUE, ("x",), 2),
        ("c", Kind.METRIC, ("score",), 6),
        ("c", Kind.METRIC, ("other",), 5),
        ("c", Kind.TABLE, ("table",), 7),
    ]
    assert found[2].path == "metrics/c.json"
    assert found[4].path == "plots/c/tables"


SHARED = """
# %% tags=["stage:a"]
x = [1]
y = [x]
# %% tags=["stage:a"]
x.append(2)
# %% tags=["stage:b"]
y[0].append(3)
print(x, y)
"""


def test_values_of_one_file_are_kept_together(tmp_path: Path) -> None:
    (one,) = wanted(converted(tmp_path, SHARED))
    assert (one.names, one.cell) == (("x", "y"), 2)


SEEDED = """
# %% tags=["stage:a"]
import random
import numpy as np
x = random.random() + np.random.rand()
# %% tags=["skip"]
print(x)
# %% tags=["stage:b"]
np.random.seed(1)
y = np.random.rand()
# %% tags=["stage:c"]
z = np.random.rand() + random.random() + y
"""


def test_no_state_is_given_where_a_seed_came_before(tmp_path: Path) -> None:
    """A state that has to cross must cross by itself, or the comparison would prove nothing."""
    found = unseeded(converted(tmp_path, SEEDED))
    assert {name: {"numpy", "random"} & {*sources} for name, sources in found.items()} == {
        "a": {"numpy", "random"},
        "b": {"numpy", "random"},
        "c": {"random"},
    }


def test_a_stage_begins_in_its_first_cell(tmp_path: Path) -> None:
    found = converted(tmp_path, SEEDED)
    assert first_cells(found) == {1: "a", 3: "b", 4: "c"}
    assert stage_of_cells(found) == {1: "a", 2: "", 3: "b", 4: "c"}
