"""Parameters, metrics, plot tables, folders, and what shell lines become."""

from __future__ import annotations

import csv
import datetime
import decimal
import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbstage.runtime import (
    NOTEBOOK,
    Lines,
    StageError,
    capture_shell,
    change_dir,
    load,
    make_folders,
    mark_done,
    params,
    random_state,
    run_script,
    run_shell,
    save,
    save_metrics,
    save_tables,
    set_env,
    set_random_state,
    workdir,
    write_file,
    yaml12,
)
from nbstage.runtime.same import difference


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# params


def test_params_gives_the_values_of_the_names() -> None:
    Path("params.yaml").write_text("seed: 1\nrate: 1e-3\nword: yes\nmodel:\n  depth: null\n")

    assert params("seed", "rate") == {"seed": 1, "rate": 0.001}
    assert params("word", "model.depth") == {"word": "yes", "model.depth": None}
    assert params() == {}


def test_all_missing_parameters_are_named_at_once() -> None:
    Path("params.yaml").write_text("seed: 1\n")

    with pytest.raises(StageError) as caught:
        params("seed", "depth", "seed.low", "rate")

    assert str(caught.value) == (
        "params.yaml has no 'depth', 'seed.low', 'rate'. "
        "Run `nbstage convert`, which adds missing keys."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "there is no params.yaml in this folder"),
        ("a: [1\nb: 2\n", "params.yaml is not valid YAML"),
        ("a: 1\na: 2\n", "(line 2)"),
        ("", "params.yaml has no 'a'"),
        ("- a\n", "params.yaml has no 'a'"),
        ("a: !!python/object/apply:os.getcwd []\n", "params.yaml is not valid YAML"),
    ],
)
@pytest.mark.parametrize("ruamel", [True, False])
def test_a_bad_parameter_file_is_told_in_one_line(
    text: str | None, told: str, ruamel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not ruamel:
        monkeypatch.setattr(yaml12, "_with_ruamel", _absent)
    if text is not None:
        Path("params.yaml").write_text(text)

    with pytest.raises(StageError) as caught:
        params("a")

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def _absent(text: str) -> object:
    raise ModuleNotFoundError


def test_params_come_from_the_root_while_user_code_runs_elsewhere() -> None:
    Path("params.yaml").write_text("a: 1\n")
    make_folders("notebooks")
    Path("notebooks/params.yaml").write_text("a: 2\n")

    with workdir("notebooks"):
        assert params("a") == {"a": 1}


SCALARS = st.one_of(
    st.from_regex(r"[-+]?[0-9_.]{1,6}([eE][-+]?[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[-+]?0[box]?[0-9a-f_]{1,4}", fullmatch=True),
    st.sampled_from(["yes", "No", "on", "OFF", "y", "true", "False", "null", "~"]),
    st.sampled_from([".inf", "-.INF", ".nan", "1:30", "2020-01-01", "2020-01-01 10:00:00"]),
)


@settings(max_examples=400, deadline=None)
@example("1e-3").via("what PyYAML alone takes for text")
@example("010").via("what PyYAML alone takes for eight")
@given(SCALARS)
def test_pyyaml_reads_what_ruamel_reads(scalar: str) -> None:
    def read(how: Callable[[str], object]) -> object:
        try:
            return how(f"a: {scalar}\nb:\n- {scalar}\n")
        except ValueError:
            return "refused"

    assert difference(read(yaml12._with_ruamel), read(yaml12._with_pyyaml)) is None


def test_pyyaml_reads_anchors_and_merges_as_ruamel_does() -> None:
    text = "base: &b {x: 1, y: 2}\nmodel:\n  <<: *b\n  y: 3\nlist: [*b]\n"

    assert yaml12._with_pyyaml(text) == yaml12._with_ruamel(text)


# metrics


def saved_metrics(**values: object) -> str:
    save_metrics(values, "metrics/train.json")
    return Path("metrics/train.json").read_text(encoding="utf-8")


def test_metrics_are_numbers_to_the_last_digit() -> None:
    text = saved_metrics(
        auc=np.float64(0.1) + 0.2, n=np.int64(3), ok=np.bool_(True), x=np.array(1.5)
    )

    assert text == '{\n  "auc": 0.30000000000000004,\n  "n": 3,\n  "ok": true,\n  "x": 1.5\n}\n'


def test_dicts_series_and_tables_of_numbers_are_metrics() -> None:
    by_month = pd.DataFrame({"auc": [0.5, 0.75], "n": [1, 2]}, index=["a", "b"])
    text = saved_metrics(
        slices={"yes": {1: 0.5, ("a", 2): decimal.Decimal("0.25")}, "note": "text"},
        series=pd.Series({"x": 1, "y": 2}),
        table=by_month,
    )

    assert json.loads(text) == {
        "slices": {"yes": {"1": 0.5, "a, 2": 0.25}},
        "series": {"x": 1, "y": 2},
        "table": {"a": {"auc": 0.5, "n": 1}, "b": {"auc": 0.75, "n": 2}},
    }
    assert '"n": 1\n' in text


def test_other_values_are_left_out() -> None:
    others = {
        "a": [0.5], "b": "0.5", "c": np.zeros(3), "d": None, "e": {}, "f": {"x": "y"}, "g": 1j,
        "h": pd.NA, "i": pd.DataFrame({"x": ["a"]}), "j": datetime.timedelta(1), "k": len,
    }  # fmt: skip

    assert saved_metrics(**others, z=1) == '{\n  "z": 1\n}\n'
    assert saved_metrics(**others) == "{}\n"


def test_two_keys_that_become_one_are_told() -> None:
    with pytest.raises(StageError, match="two metrics called '1'"):
        saved_metrics(a={1: 0.5, "1": 0.6})


def test_dvc_reads_the_metrics() -> None:
    from dvc.utils.serialize import load_json

    text = saved_metrics(**{"ä\ud800": 1e-300}, low=-math.inf, nan=math.nan, big=2**70)

    assert "NaN" in text
    assert (
        difference(
            load_json("metrics/train.json"),
            {"ä\ud800": 1e-300, "low": -math.inf, "nan": math.nan, "big": 2**70},
        )
        is None
    )


# plot tables


def saved_table(value: object) -> list[list[str]] | None:
    save_tables({"table": value}, "plots/evaluate")
    path = Path("plots/evaluate/table.csv")
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_tables_whose_names_differ_in_case_only_have_files_that_do_not() -> None:
    save_tables({"ROC": {"x": [1]}, "roc": {"x": [2]}, "Roc": {"x": [3]}}, "plots/evaluate")
    written = {path.name: path.read_text() for path in Path("plots/evaluate").iterdir()}
    assert written == {"ROC.csv": "x\n1\n", "roc-2.csv": "x\n2\n", "Roc-3.csv": "x\n3\n"}


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (pd.DataFrame({"fpr": [0.1 + 0.2, None], "n": [1, 2]}),
         [["fpr", "n"], ["0.30000000000000004", "1"], ["", "2"]]),
        (pd.DataFrame({"a": [1]}, index=["x"]), [["index", "a"], ["x", "1"]]),
        (pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="a")), [["a_", "a"], ["x", "1"]]),
        (pd.DataFrame([[1, 2]], columns=[("a", "b"), ("a", 1)]), [["a_b", "a_1"], ["1", "2"]]),
        (pd.Series([1, 2], name="loss"), [["loss"], ["1"], ["2"]]),
        (pd.Series([1], index=["x"]), [["index", "table"], ["x", "1"]]),
        ({"x": [1, 2], "y": np.array([0.5, math.nan])}, [["x", "y"], ["1", "0.5"], ["2", ""]]),
        ([{"x": 1}, {"x": 2, "y": "a,b"}], [["x", "y"], ["1", ""], ["2", "a,b"]]),
        (np.array([[1, 2], [3, 4]]), [["0", "1"], ["1", "2"], ["3", "4"]]),
        (np.array([(1, 0.5)], "i4,f8"), [["f0", "f1"], ["1", "0.5"]]),
        (pd.DataFrame({"a": []}), [["a"]]),
    ],
)  # fmt: skip
def test_a_table_becomes_a_csv_file(value: object, rows: list[list[str]]) -> None:
    assert saved_table(value) == rows


@pytest.mark.parametrize(
    "value", [1, "text", [1, 2], [], {}, {"a": 1}, {"a": [1], "b": [1, 2]}, np.zeros(3), len]
)
def test_what_is_no_table_is_left_out_but_the_folder_is_made(value: object) -> None:
    assert saved_table(value) is None
    assert Path("plots/evaluate").is_dir()


def test_numbers_of_a_table_keep_their_last_digit() -> None:
    numbers = np.random.default_rng(0).random(50)
    rows = saved_table(pd.DataFrame({"x": numbers}))

    assert rows is not None
    assert [float(row[0]) for row in rows[1:]] == numbers.tolist()


# folders, marks, random states


def test_workdir_comes_back_after_an_error() -> None:
    root = Path.cwd()

    def fail() -> None:
        with workdir("notebooks/deep"):
            assert Path.cwd() == root / "notebooks" / "deep"
            os.chdir("/")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the one raised above
        fail()

    assert Path.cwd() == root


def test_folders_are_made_from_the_root() -> None:
    with workdir("notebooks"):
        make_folders("out/a", "out/a", "b")

    assert Path("out/a").is_dir()
    assert Path("b").is_dir()


def test_a_mark_changes_when_what_it_stands_for_does() -> None:
    make_folders("data")
    Path("data/a.csv").write_text("1")
    Path("b.py").write_text("1")

    def mark() -> str:
        mark_done("artifacts/done.txt", "data", "b.py")
        return Path("artifacts/done.txt").read_text()

    first = mark()
    assert mark() == first
    assert len(first.strip()) == 64
    Path("data/a.csv").write_text("2")
    assert mark() != first
    with pytest.raises(StageError, match="'none' can't be read"):
        mark_done("artifacts/done.txt", "none")


def test_a_random_state_is_carried_on_through_a_file() -> None:
    random.seed(1)
    np.random.seed(1)
    np.random.standard_normal()  # leaves a second number behind
    save(random_state("random", "numpy", "torch"), "artifacts/load/random.pkl")
    expected = random.random(), np.random.standard_normal(3).tolist()
    random.seed(2)
    np.random.seed(2)

    set_random_state(load("artifacts/load/random.pkl"))

    assert (random.random(), np.random.standard_normal(3).tolist()) == expected


def test_an_unknown_random_source_is_named() -> None:
    with pytest.raises(ValueError, match="'numpi'"):
        random_state("numpi")


# what magics and shell lines become


def test_shell_lines_pass_their_output_on_and_may_fail(capfd: pytest.CaptureFixture[str]) -> None:
    print("first")
    run_shell("echo second; exit 3")

    assert capfd.readouterr().out == "first\nsecond\n"


def test_captured_lines_are_a_list_with_ipythons_short_names() -> None:
    lines = capture_shell("printf 'a b\\nc\\n'; echo err >&2; false")

    assert lines == ["a b", "c", "err"]
    assert (lines.n, lines.s, lines.l) == ("a b\nc\nerr", "a b c err", ["a b", "c", "err"])
    assert difference(Lines(lines), lines) is None


def test_a_script_gets_its_text_and_fails_loudly(capfd: pytest.CaptureFixture[str]) -> None:
    run_script(f"{sys.executable} -u -", "print('ä', 1 + 1)")

    assert capfd.readouterr().out == "ä 2\n"
    with pytest.raises(subprocess.CalledProcessError):
        run_script("bash", "exit 3")


def test_files_variables_and_folders_are_set_as_magics_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTAGE_TEST", "")
    make_folders("sub")
    change_dir("sub")
    write_file("a.txt", "ä\n")
    write_file("a.txt", "b\n", append=True)
    set_env("NBSTAGE_TEST", 1)

    assert Path("../sub/a.txt").read_text(encoding="utf-8") == "ä\nb\n"
    assert os.environ["NBSTAGE_TEST"] == "1"


def test_the_names_for_magics_are_all_there() -> None:
    import nbstage.runtime

    assert set(NOTEBOOK) <= set(nbstage.runtime.__all__)
