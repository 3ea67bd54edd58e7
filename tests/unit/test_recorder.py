"""What the recorder sees of names, without a kernel: code in one namespace, cell by cell."""

from __future__ import annotations

import ast
import gc
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.recorder import random_state, snapshot
from nbstage.recorder.kinds import Owners, type_name
from nbstage.recorder.names import own_names


def facts(before: str, cell: str, *, ended: bool = True) -> Any:
    """The facts of a cell that runs after another one. Any: plain data."""
    values: dict[str, Any] = {"__name__": "__main__"}
    hidden = dict.fromkeys(["__name__", "__builtins__"])
    exec(before, values)
    hidden["__name__"], hidden["__builtins__"] = "__main__", values["__builtins__"]
    owners = Owners()
    first = snapshot.take(own_names(values, hidden), owners)
    exec(cell, values)
    now = own_names(values, hidden)
    second = snapshot.take(now, owners)
    return snapshot.changes(first, second, ast.parse(cell), now, ended=ended, drew=False)


CASES = (Path(__file__).parent / "recorder_cells.txt").read_text(encoding="utf-8").split("\n\n")
CHANGES = [case for case in CASES if "\n---\n" in case]
SHARES = [case for case in CASES if "\n=" in case]


@pytest.mark.parametrize("case", CHANGES, ids=[case[:40] for case in CHANGES])
def test_a_change_in_place_is_seen_by_all_names_that_hold_it_and_a_look_is_none(case: str) -> None:
    code, _, names = case.rpartition("\n->")
    before, _, cell = code.partition("\n---\n")
    assert facts(before, cell)["changes"] == sorted(names.split())


@pytest.mark.parametrize("case", SHARES, ids=[case[:40] for case in SHARES])
def test_names_that_lead_to_one_changeable_object_share_it(case: str) -> None:
    code, _, groups = case.rpartition("\n=")
    expected = [group.split() for group in groups.split(",") if group.strip()]
    assert facts("", code)["shares"] == expected


def test_binding_anew_is_told_from_changing() -> None:
    found = facts("a = [1]; b = a; c = 1; d = 2", "a = [2]; b.append(3); c = 1; del d; e = None")
    assert found["binds"] == {"a": "list", "b": "list", "c": "int", "e": "NoneType"}
    assert found["changes"] == ["b"]
    assert found["deletes"] == ["d"]


def test_a_name_is_taken_for_bound_only_where_that_is_certain() -> None:
    found = facts("x = 5; y = 5", "if not x:\n    x = 5\ny = 5")
    assert found["binds"] == {"y": "int"}
    assert facts("y = 5", "y = 5", ended=False)["binds"] == {}


def test_what_can_not_be_looked_into_counts_as_changed_where_the_cell_gets_hold_of_it() -> None:
    before = "import sqlite3; c = sqlite3.connect(':memory:'); h = [c]; other = [1]"
    before += "\ndef ask(): return h[0].execute('select 1')"
    assert facts(before, "other.append(1)")["changes"] == ["other"]
    assert facts(before, "ask()")["changes"] == ["c", "h"]


def test_no_code_of_the_user_is_run() -> None:
    methods = "reduce reduce_ex getstate getattribute getattr eq hash bool repr str iter len"
    methods += " copy deepcopy getitem contains call fspath index int float"
    asked = "getattribute eq hash instancecheck subclasscheck"
    code = f"""
def trap(*args, **kwargs):
    raise SystemExit('run by the recorder')

class Meta(type):
    {"; ".join(f"__{name}__ = trap" for name in asked.split())}

class Nasty(metaclass=Meta):
    {"; ".join(f"__{name}__ = trap" for name in methods.split())}

a = object.__new__(Nasty)
b = [a, {{'x': a}}]
c = (a,)
"""
    assert facts(code, "b.append(1)")["changes"] == ["b"]


def test_the_state_of_everything_is_left_alone() -> None:
    values: dict[str, Any] = {}
    code = "import numpy as np, weakref\nclass A: pass\na = A(); a.me = a; s = {'x', 'y', 'z'}\n"
    code += "g = iter([1, 2, 3]); a.gone = False\n"
    exec(code, values)
    random.seed(3)
    np.random.seed(3)
    before = random_state.take()
    order, count = list(values["s"]), len(gc.get_referrers(values["a"]))
    names = own_names(values, {"__builtins__": values["__builtins__"]})
    snapshot.take(names, Owners())
    del names
    assert random_state.take() == before
    assert list(values["s"]) == order
    assert next(values["g"]) == 1
    assert len(gc.get_referrers(values["a"])) == count


def test_types_go_by_their_public_names() -> None:
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression

    values: list[object] = [1, None, len, lambda: 0, np, int, pd.DataFrame(), np.zeros(1)]
    told = "int NoneType function function module type pandas.DataFrame numpy.ndarray"
    assert " ".join(map(type_name, values)) == told
    assert type_name(LinearRegression()) == "sklearn.linear_model.LinearRegression"
    assert type_name(RandomForestClassifier()) == "sklearn.ensemble.RandomForestClassifier"


@pytest.mark.parametrize(
    ("code", "drawn", "seeded"),
    [
        ("random.random()", ["random"], []),
        ("random.seed(1)", [], ["random"]),
        ("random.seed(1); random.random()", ["random"], ["random"]),
        ("np.random.rand()", ["numpy"], []),
        ("np.random.seed(1)", [], ["numpy"]),
        ("np.random.seed(1); np.random.rand()", ["numpy"], ["numpy"]),
        ("np.random.seed(1); random.random()", ["random"], ["numpy"]),
        ("np.random.default_rng().random()", [], []),
        ("random.Random(1).random()", [], []),
        ("def seed_everything(n): random.seed(n); np.random.seed(n)\nseed_everything(3)",
         [], ["numpy", "random"]),
    ],
)  # fmt: skip
def test_draws_and_seeds_of_the_global_generators_are_told_apart(
    code: str, drawn: list[str], seeded: list[str]
) -> None:
    random.seed(99)
    np.random.seed(99)
    before = random_state.take()
    exec(code, {"random": random, "np": np})
    after = random_state.take()
    seeds = random_state.seeds(ast.parse(code), before, after)
    assert sorted(seeds) == seeded
    assert random_state.moved(before, after, seeds) == drawn


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(PLAIN, PLAIN)
def test_two_values_have_one_digest_only_if_they_are_the_same(one: object, other: object) -> None:
    holder = [one]
    first = snapshot.take({"x": holder}, Owners())
    assert snapshot.take({"x": holder}, Owners()).digests == first.digests
    holder[0] = other
    second = snapshot.take({"x": holder}, Owners())
    if repr(one) != repr(other):
        assert second.digests != first.digests


@given(st.text(alphabet="0123456789abcdef", min_size=12, max_size=40))
def test_no_value_is_in_the_facts(secret: str) -> None:
    before = f"a = [{secret!r}]; b = {{{secret!r}: a}}; c = {secret!r}; d = b'{secret}'"
    found = facts(before, f"a.append({secret!r} * 2); c += 'x'; e = ({secret!r},)")
    assert secret not in json.dumps(found)
