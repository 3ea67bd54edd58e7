"""Contracts of tables: inferred with room, written to be edited, kept or told row by row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbstage import app
from nbstage.contracts.infer import infer, why_not
from nbstage.contracts.text import as_yaml
from nbstage.model import Problem
from nbstage.runtime import StageError, load, safe, save
from nbstage.runtime.contract import Contract, parse_contract
from nbstage.runtime.keeps import breaches
from tests.notebooks_as_text import ipynb

DAYS = pd.date_range("2024-03-05 13:00", periods=60)
TABLES = {
    "whole numbers": pd.DataFrame({"n": range(60)}),
    "decimals": pd.DataFrame({"x": np.linspace(-1.5, 2.25, 60)}),
    "tiny decimals": pd.DataFrame({"x": np.linspace(1e-9, 2e-9, 60)}),
    "huge decimals": pd.DataFrame({"x": np.linspace(1e250, 2e250, 60)}),
    "gaps": pd.DataFrame({"x": [1.0, None, 3.0]}),
    "nothing but gaps": pd.DataFrame({"x": [None, np.nan], "y": [None, None]}),
    "infinite": pd.DataFrame({"x": [1.0, np.inf]}),
    "whole numbers with gaps": pd.DataFrame({"n": pd.array([1, None, 30], dtype="Int64")}),
    "large whole numbers": pd.DataFrame({"n": np.array([0, 2**64 - 1], dtype="uint64")}),
    "one value": pd.DataFrame({"n": [5, 5], "x": [0.5, 0.5]}),
    "yes or no": pd.DataFrame({"b": [True, False]}),
    "few words": pd.DataFrame({"w": ["yes", "null", "1", "a: b", "#", "", " a", "é\u2028"] * 9}),
    "many words": pd.DataFrame({"w": [f"w{number}" for number in range(60)]}),
    "words with gaps": pd.DataFrame({"w": ["a", None, "b"] * 20}),
    "objects": pd.DataFrame({"o": pd.Series([[1], {"a": 2}, 3], dtype=object)}),
    "categories": pd.DataFrame({"c": pd.Categorical(["a", "b"], categories=["b", "a", "z"])}),
    "numbers as categories": pd.DataFrame({"c": pd.Categorical([1, 2])}),
    "times": pd.DataFrame({"t": DAYS}),
    "times in a zone": pd.DataFrame({"t": DAYS.tz_localize("Europe/Berlin")}),
    "spans": pd.DataFrame({"d": DAYS - DAYS[0]}),
    "an index": pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="id")),
    "an index of times": pd.DataFrame({"x": range(60)}, index=DAYS),
    "levels": pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([("a", 1)])),
    "names": pd.DataFrame({"true": [1], 5: [2], "a: #": [3], "": [4], "ü ": [5]}),
    "no rows": pd.DataFrame({"x": pd.Series([], dtype="float64")}),
    "no columns": pd.DataFrame(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_keeps_the_contract_inferred_from_it(name: str) -> None:
    assert breaches(TABLES[name], infer(TABLES[name])) == []


@pytest.mark.parametrize("name", TABLES)
def test_what_is_written_is_read_as_it_was(name: str) -> None:
    contract = infer(TABLES[name])
    assert parse_contract(as_yaml(contract, "load", "table")) == (contract, [])


def bounds(values: Any) -> tuple[Any, Any]:
    column = infer(pd.DataFrame({"x": values})).columns["x"]
    return column.min, column.max


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 100], (0, 110)),
        ([-50, 50], (-60, 60)),
        ([20, 80], (14, 86)),
        ([0, 1], (0, 1)),
        ([1, 5], (1, 5)),
        ([-9.0, -1.0], (-9.8, -0.19)),
        ([0.25, 0.75], (0.2, 0.8)),
        ([0.0, 1.0], (0.0, 1.1)),
        ([5, 5], (None, None)),
        ([1.0, np.inf], (None, None)),
        ([True, False], (None, None)),
        (pd.to_datetime(["2024-01-01 12:00", "2024-05-01 00:00"]), ("2024-01-01T00:00:00", None)),
    ],
)
def test_bounds_are_a_tenth_further_out_and_keep_their_sign(values: Any, expected: Any) -> None:
    assert bounds(values) == expected


def test_words_are_listed_where_they_are_few_and_come_often() -> None:
    def few(words: list[str]) -> Any:
        return infer(pd.DataFrame({"w": words})).columns["w"].values

    assert few(["b", "a"] * 5) == ("a", "b")
    assert few(["b", "a"] * 2) is None
    assert few([str(number) for number in range(21)] * 5) is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([1], "it is no table"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two of its columns have one name"),
        (pd.DataFrame({("a", 1): [1]}), "names are not all text or whole numbers"),
        (pd.DataFrame({1.5: [1]}), "names are not all text or whole numbers"),
    ],
)
def test_what_can_have_no_contract(value: object, why: str) -> None:
    assert why in why_not(value)


def contract(text: str) -> Contract:
    found, faults = parse_contract(text)
    assert faults == []
    return found


def test_all_that_is_wrong_is_told_at_once_with_rows() -> None:
    table = pd.DataFrame(
        {
            "age": [20, -3, 150, -3],
            "plan": ["a", "b", "c", None],
            "id": [1, 1, 2, 3],
            "more": [0, 0, 0, 0],
            "day": pd.to_datetime(["2020-01-01", "2021-01-01", "2019-05-05", "2022-01-01"]),
            "share": ["1", "2", "3", "4"],
        },
        index=pd.Index(["r1", "r2", "r3", "r3"]),
    )
    asked = contract(
        """
        rows: {min: 5, max: 3}
        index: {unique: true}
        columns:
          age: {type: int64, min: 0, max: 120}
          plan: {values: [a, b]}
          id: {unique: true}
          day: {min: 2020-01-01}
          share: {type: float64, min: 0}
          gone: {type: int64}
          maybe: {optional: true}
        """.replace("\n        ", "\n")
    )
    assert sorted(breaches(table, asked)) == sorted(
        [
            "it has 4 rows, and needs 5 or more",
            "it has 4 rows, and may have no more than 3",
            "the index has values more than once in 2 rows: 'r3' (row 'r3')",
            f"column 'share' is {table['share'].dtype}, and has to be float64",
            "column 'gone' is missing",
            "column 'more' is not in the contract",
            "column 'age' is less than 0 in 2 rows: -3 (row 'r2')",
            "column 'age' is more than 120 in 1 row: 150 (row 'r3')",
            "column 'plan' may not be null, and is in 1 row: row 'r3'",
            "column 'plan' is none of the contract's values in 1 row: 'c' (row 'r3')",
            "column 'id' has values more than once in 2 rows: 1 (row 'r1')",
            "column 'day' is less than 2020-01-01 00:00:00 in 1 row: "
            "2019-05-05 00:00:00 (row 'r3')",
        ]
    )


def test_a_bound_that_does_not_fit_the_column_is_told() -> None:
    table = pd.DataFrame({"n": [1], "t": pd.to_datetime(["2020-01-01"]), "b": [True]})
    asked = contract("columns: {n: {min: a}, t: {max: tomorrow or so}, b: {min: 0}}")
    assert breaches(table, asked) == [
        "column 'n' is int64, which min 'a' does not fit",
        f"column 't' is {table['t'].dtype}, which max 'tomorrow or so' does not fit",
        "column 'b' is bool, which min '0' does not fit",
    ]


def test_times_with_and_without_a_zone_are_compared() -> None:
    zoned = pd.DataFrame({"t": DAYS.tz_localize("UTC")})
    assert breaches(zoned, contract("columns: {t: {min: 2024-01-01}}")) == []
    plain = pd.DataFrame({"t": DAYS})
    asked = contract('columns: {t: {min: "2024-01-01T00:00:00+00:00"}}')
    assert breaches(plain, asked) == []


def test_others_may_be_allowed() -> None:
    table = pd.DataFrame({"a": [1], "b": [2]})
    assert breaches(table, contract("others: true\ncolumns: {a: }")) == []
    assert breaches(table, contract("columns: {a: }")) == ["column 'b' is not in the contract"]


def test_what_is_no_table_breaks_its_contract() -> None:
    assert breaches([1], Contract()) == ["it is no table, but a list"]


def test_a_value_that_is_told_can_do_nothing_to_a_terminal() -> None:
    table = pd.DataFrame({"w": ["\x1b[31m" + "x" * 500]})
    (line,) = breaches(table, contract("columns: {w: {values: [a]}}"))
    assert line.isprintable()
    assert len(line) < 150


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it has no `columns:`"),
        ("- 1", "it has no `columns:`"),
        ("columns: {a: {min: 1", "it is not valid YAML"),
        ("{" * 3000, "it is not valid YAML"),
        ("colums: {}", "colums is no key of a contract: is it 'columns'?"),
        ("columns: [a]", "columns: write a line for each"),
        ("columns: {a: int64}", "columns.a: write what is asked"),
        ("columns: {a: {minimum: 3}}", "columns.a.minimum is no key of a contract: is it 'min'?"),
        ("columns: {a: {min: [1]}}", "columns.a.min: '[1]' is no bound"),
        ("columns: {a: {min: .nan}}", "columns.a.min: 'nan' is no bound"),
        ("columns: {a: {nullable: 1}}", "columns.a.nullable: '1' is neither true nor false"),
        ("columns: {a: {values: b}}", "columns.a.values: write a list"),
        ("columns: {a: {values: [[b]]}}", "columns.a.values: write a list"),
        ("columns: {a: {type: 3}}", "columns.a.type: '3' is no name of a type"),
        ("columns: {1.5: {}}", "columns.1.5: a column's name is text or a whole number"),
        ("rows: 3", "rows: write `rows: {min: 1}`"),
        ("rows: {min: many}", "rows.min: 'many' is no number of rows"),
        ("others: maybe", "others: 'maybe' is neither true nor false"),
        ("columns: {a: !!python/object/apply:os.system [echo]}", "it is not valid YAML"),
    ],
)
def test_a_contract_that_is_none_is_told(text: str, fault: str) -> None:
    faults = parse_contract(text)[1]
    assert any(found.startswith(fault) for found in faults), faults


def test_a_table_that_breaks_its_contract_is_not_stored(tmp_path: Path) -> None:
    asked, path = tmp_path / "t.yaml", tmp_path / "t.parquet"
    asked.write_text("columns: {a: {max: 3}}\n")
    save(pd.DataFrame({"a": [1]}), str(path), contract=str(asked))
    for module_save in (save, safe.save):
        with pytest.raises(StageError) as error:
            module_save(pd.DataFrame({"a": [1, 9]}), str(path), contract=str(asked))
        assert "column 'a' is more than 3 in 1 row: 9 (row 1)" in error.value.message
    assert list(load(str(path))["a"]) == [1]


def test_all_faults_of_the_file_stop_the_stage_at_once(tmp_path: Path) -> None:
    asked = tmp_path / "t.yaml"
    asked.write_text("colums: {}\nrows: 3\n")
    with pytest.raises(StageError) as error:
        save(pd.DataFrame(), str(tmp_path / "t.parquet"), contract=str(asked))
    assert error.value.message.count("\n  ") == 2


def test_without_pandera_the_stage_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pandera'] = None; sys.modules['pandera.pandas'] = None\n"
        "import pandas as pd; from nbstage.runtime import save\n"
        f"open({str(tmp_path / 't.yaml')!r}, 'w').write('columns: {{a: }}')\n"
        f"save(pd.DataFrame(), 't.parquet', contract={str(tmp_path / 't.yaml')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install 'nbstage[contracts]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_contracts_is_imported_where_there_is_none(tmp_path: Path) -> None:
    code = (
        "import sys; from nbstage.runtime import save; save(1, 'n.json')\n"
        "print([name for name in sys.modules if 'pandera' in name or 'contract' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


NOTEBOOK = """
# %% tags=["stage:load"]
import pandas as pd
sales = pd.DataFrame({"amount": [1.0, 2.0]})
rows = [1]
same = rows

# %% tags=["stage:show"]
same.append(2)
print(sales, rows)
"""


def convert(root: Path, *contracts: str) -> tuple[Problem, ...]:
    (root / ".git").mkdir(exist_ok=True)
    for name in contracts:
        (root / "contracts" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "contracts" / name).write_text("columns: {amount: }\n")
    (root / "notebooks").mkdir(exist_ok=True)
    (root / "notebooks/nb.ipynb").write_text(ipynb(NOTEBOOK))
    return app.convert(root, ("notebooks/nb.ipynb",)).problems


def test_a_contract_is_kept_by_its_stage_and_an_edit_runs_it_again(tmp_path: Path) -> None:
    convert(tmp_path)
    asked = 'contract="contracts/load/sales.yaml"'
    assert asked not in (tmp_path / "pipeline/load.py").read_text()
    assert convert(tmp_path, "load/sales.yaml") == ()
    assert asked in (tmp_path / "pipeline/load.py").read_text()
    assert "      - contracts/load/sales.yaml\n" in (tmp_path / "dvc.yaml").read_text()


def test_a_contract_that_no_stage_keeps_is_noted(tmp_path: Path) -> None:
    names = "load/orders.yaml", "gone/sales.yaml", "load/rows.yaml", "load/sales.yaml"
    found = convert(tmp_path, *names)
    assert [problem.code for problem in found] == ["NBS406"] * 3
    told = " ".join(problem.message for problem in found)
    assert "stage 'load' stores no 'orders'" in told
    assert "there is no stage 'gone'" in told
    assert "'rows' shares what is changed with 'same'" in told
