"""Two versions of a project, laid out by hand, and what is said to differ between them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.compare.compare import compare
from nbstage.compare.directions import direction_of
from nbstage.compare.files import file_of
from nbstage.compare.locked import metric_files, read_locked
from nbstage.compare.metrics import compare_metrics, flatten
from nbstage.compare.nouns import Baseline, Comparison, Fate, Judgement, Side
from nbstage.compare.told.data import as_data
from nbstage.compare.told.markdown import MARKER, MOST_CHARS, as_markdown
from nbstage.compare.told.markdown_text import code, prose
from nbstage.compare.told.page import as_page
from nbstage.policy import Direction, Policy, Predicted
from nbstage.report.data import as_json

DVC_YAML = """
stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py, data/raw.csv]
    outs: [data/clean.csv]
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, data/clean.csv]
    params: [depth]
    metrics:
      - metrics.json: {cache: false}
    plots:
      - plots: {cache: false}
"""


def lock(raw: str = "1", clean: str = "2", depth: int = 3, code: str = "4") -> str:
    """dvc.lock after a run, with hashes as told."""
    return f"""
schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - {{path: data/raw.csv, md5: '{raw}', size: 10}}
    - {{path: prepare.py, md5: '{code}', size: 10}}
    outs:
    - {{path: data/clean.csv, md5: '{clean}', size: 20}}
  evaluate:
    cmd: python evaluate.py
    deps:
    - {{path: data/clean.csv, md5: '{clean}', size: 20}}
    - {{path: evaluate.py, md5: '5', size: 10}}
    params:
      params.yaml:
        depth: {depth}
    outs:
    - {{path: metrics.json, md5: '6', size: 2}}
    - {{path: plots, md5: 7.dir, size: 2}}
"""


LOCK = lock()


def side(folder: Path, locked: str = LOCK, pipeline: str = DVC_YAML, **files: str) -> Side:
    """A version with its files: `data_in_raw__csv` is "data/raw.csv"."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        file = folder / name.replace("__", ".").replace("_in_", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Side(folder.name, folder, read_locked(pipeline, locked))


def differ(old: Side | None, new: Side) -> Comparison:
    baseline = (
        Baseline("abc1234567", "'main'") if old else Baseline(none="nothing is committed yet")
    )
    return compare(baseline, old, new, Policy(), Predicted(), {"evaluate": 2.5}, Predicted())


def judgements(comparison: Comparison) -> dict[str, str]:
    return {one.name: one.judgement.value for one in comparison.metrics}


# --- metrics


def test_each_metric_is_judged_by_its_direction(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.8, "rmse": 2, "rows": 10, "f1": 0.5}')
    new = side(tmp_path / "new", metrics__json='{"auc": 0.9, "rmse": 3, "rows": 11, "f1": 0.5}')
    assert judgements(differ(old, new)) == {
        "auc": "better",
        "rmse": "worse",
        "rows": "changed",
        "f1": "unchanged",
    }


def test_slices_are_flattened_with_dots(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"by_age": {"old": {"brier": 0.2}}, "l": [1, 2]}')
    new = side(tmp_path / "new", metrics__json='{"by_age": {"old": {"brier": 0.1}}, "l": [1, 3]}')
    assert judgements(differ(old, new)) == {
        "by_age.old.brier": "better",
        "l.0": "unchanged",
        "l.1": "changed",
    }


def test_nan_infinity_and_text_are_no_numbers(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"a": 1, "b": 1, "c": 1, "d": NaN}')
    new = side(tmp_path / "new", metrics__json='{"a": NaN, "b": Infinity, "c": "1", "d": 1}')
    assert judgements(differ(old, new)) == {
        "a": "no number",
        "b": "no number",
        "c": "no number",
        "d": "changed",
    }


def test_a_renamed_metric_is_gone_and_its_new_name_said(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.8125, "f1": 0.5}')
    new = side(tmp_path / "new", metrics__json='{"auroc": 0.8125, "f1": 0.5}')
    comparison = differ(old, new)
    assert judgements(comparison) == {"auroc": "new", "f1": "unchanged", "auc": "gone"}
    assert comparison.metrics[-1].renamed_to == "auroc"


TWO_FILES = DVC_YAML.replace("metrics.json: ", "scores.json: ")


def test_a_metric_whose_file_is_another_is_still_one_metric(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.9, "by.a.auc": 0.8}')
    new = side(tmp_path / "new", LOCK, TWO_FILES, scores__json='{"auc": 0.5, "by.a.auc": NaN}')
    auc, slice_, gone = differ(old, new).metrics
    assert (auc.path, auc.old, auc.new, auc.judgement) == (
        "scores.json",
        0.9,
        0.5,
        Judgement.WORSE,
    )
    assert (slice_.judgement, gone.judgement) == (Judgement.NO_NUMBER, Judgement.GONE)


def test_metrics_that_the_baseline_may_have_are_no_new_ones(tmp_path: Path) -> None:
    old = side(tmp_path / "old")
    new = side(tmp_path / "new", metrics__json='{"auc": 0.5}')
    (auc,) = differ(old, new).metrics
    assert auc.unread
    (auc,) = differ(None, new).metrics
    assert not auc.unread


@pytest.mark.parametrize("broken", ["{", "", "\xff", "[" * 100_000])
def test_a_metrics_file_that_can_not_be_read_is_told_and_its_metrics_are_gone(
    tmp_path: Path, broken: str
) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.8}')
    new = side(tmp_path / "new", metrics__json=broken)
    comparison = differ(old, new)
    assert judgements(comparison) == {"auc": "gone"}
    assert comparison.notes[0].startswith("metrics file 'metrics.json' of new can't be read: ")


def test_metrics_that_are_not_those_of_the_last_run_are_told(tmp_path: Path) -> None:
    text = '{"auc": 0.8}'
    locked = LOCK.replace("md5: '6'", f"md5: '{hashlib.md5(text.encode()).hexdigest()}'")
    last = side(tmp_path / "last", locked, metrics__json=text)
    edited = side(tmp_path / "edited", locked, metrics__json='{"auc": 0.9}')
    assert differ(last, last).notes == ()
    (note,) = differ(last, edited).notes
    assert note.startswith("'metrics.json' is not what dvc.lock says that 'evaluate' made")


def test_a_missing_metrics_file_is_told(tmp_path: Path) -> None:
    comparison = differ(side(tmp_path / "old", metrics__json='{"auc": 1}'), side(tmp_path / "new"))
    assert judgements(comparison) == {"auc": "gone"}
    assert "No such file" in comparison.notes[0]


def test_without_a_baseline_metrics_are_told_as_they_are(tmp_path: Path) -> None:
    comparison = differ(None, side(tmp_path / "new", metrics__json='{"auc": 0.8}'))
    assert judgements(comparison) == {"auc": "new"}
    assert "| `auc` | 0.8 |" in as_markdown(comparison)


def test_a_name_that_two_files_have_is_told_with_its_file(tmp_path: Path) -> None:
    pipeline = "stages: {a: {cmd: a, metrics: [a.json, b.json]}}"
    new = side(tmp_path / "new", "", pipeline, a__json='{"f1": 1}', b__json='{"f1": 1, "f2": 2}')
    assert [one.called for one in differ(None, new).metrics] == ["a.json:f1", "b.json:f1", "f2"]


def test_the_settings_say_which_way_is_better(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"churned": 1, "by": {"x": {"churned": 1}}}')
    new = side(tmp_path / "new", metrics__json='{"churned": 2, "by": {"x": {"churned": 2}}}')
    metrics, _ = compare_metrics(old, new, {"churned": Direction.LOWER})
    assert {one.judgement for one in metrics} == {Judgement.WORSE}


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("roc_auc", "higher"),
        ("by_contract.One year.ROC-AUC", "higher"),
        ("test_f1_score", "higher"),
        ("macro_f1", "higher"),
        ("neg_mean_squared_error", "higher"),
        ("r2", "higher"),
        ("RMSE", "lower"),
        ("brier_score", "lower"),
        ("val_log_loss", "lower"),
        ("mean_absolute_error", "lower"),
        ("latency_ms", "lower"),
        ("latency_p95_ms", "lower"),
        ("customers", "unknown"),
        ("churn_rate", "unknown"),
        ("", "unknown"),
    ],
)
def test_common_names_have_a_direction(name: str, direction: str) -> None:
    assert direction_of(name).value == direction


def test_aliases_that_would_never_end_are_cut(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [
        f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}" for n in range(1, 12)
    ]
    bomb = "\n".join(lines)
    pipeline = "stages: {a: {cmd: a, metrics: [m.yaml]}}"
    old = side(tmp_path / "old", "", pipeline, m__yaml="a: 1", params__yaml="a: 1")
    new = side(tmp_path / "new", "", pipeline, m__yaml=bomb, params__yaml=bomb)
    assert len(differ(old, new).metrics) <= 100_001


numbers = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3)
nested = st.recursive(
    numbers,
    lambda inner: st.dictionaries(st.text(max_size=3), inner) | st.lists(inner),
    max_leaves=20,
)


@given(nested)
def test_whatever_json_a_metrics_file_holds_is_flattened(data: object) -> None:
    assert all(value is None or isinstance(value, float) for value in flatten(data).values())


# --- the pipeline


def test_what_ran_again_and_why_is_told(tmp_path: Path) -> None:
    old = side(tmp_path / "old", params__yaml="depth: 3\nsame: 1\nin: {deep: a}\n")
    new = side(
        tmp_path / "new",
        lock(raw="9", clean="8", depth=4),
        params__yaml="depth: 4\nsame: 1\nin: {deep: b}\n",
    )
    comparison = differ(old, new)
    assert [(one.name, one.fate, one.why) for one in comparison.stages] == [
        ("prepare", Fate.CHANGED, ("'data/raw.csv'",)),
        ("evaluate", Fate.CHANGED, ("'data/clean.csv'", "parameter 'depth'")),
    ]
    assert [(one.name, one.old, one.new) for one in comparison.parameters] == [
        ("depth", "3", "4"),
        ("in.deep", '"a"', '"b"'),
    ]
    assert [(one.path, one.stage) for one in comparison.files] == [
        ("data/raw.csv", ""),
        ("data/clean.csv", "prepare"),
    ]
    assert comparison.stages[1].seconds == 2.5


def test_another_result_without_a_reason_is_told(tmp_path: Path) -> None:
    comparison = differ(side(tmp_path / "old"), side(tmp_path / "new", lock(clean="forged")))
    assert (comparison.stages[0].fate, comparison.stages[0].why) == (Fate.CHANGED, ())
    assert "its result was put in by hand" in as_markdown(comparison)


def test_a_stage_with_a_dependency_that_no_run_has_seen_is_still_to_run(tmp_path: Path) -> None:
    more = DVC_YAML.replace("deps: [", "deps: [contract.yaml, ", 1)
    assert more != DVC_YAML
    comparison = differ(side(tmp_path / "old"), side(tmp_path / "new", pipeline=more))
    assert comparison.stages[0].fate is Fate.NOT_RUN


def test_stages_that_come_and_go_are_told(tmp_path: Path) -> None:
    more = DVC_YAML + "  late:\n    cmd: echo\n"
    less = "stages:\n  prepare:\n    cmd: python prepare.py\n    outs: [data/clean.csv]\n"
    old, new = side(tmp_path / "old"), side(tmp_path / "new", pipeline=more)
    assert [one.fate for one in differ(old, new).stages][-1] is Fate.NOT_RUN
    gone = differ(old, side(tmp_path / "less", pipeline=less))
    assert [(one.name, one.fate) for one in gone.stages][-1] == ("evaluate", Fate.GONE)


def test_tables_are_looked_into(tmp_path: Path) -> None:
    old = side(tmp_path / "old", data_in_clean__csv="a,b\n1,2\n")
    new = side(tmp_path / "new", lock(clean="9"), data_in_clean__csv="a,c\n1,2\n3,4\n")
    (found,) = differ(old, new).files
    assert found.old is not None
    assert found.new is not None
    assert (found.old.rows, found.new.rows) == (1, 2)
    assert found.schema == ("new column 'c'", "column 'b' is gone")


def test_code_is_counted_by_lines(tmp_path: Path) -> None:
    old = side(tmp_path / "old", prepare__py="a\nb\nc\n")
    new = side(tmp_path / "new", lock(code="9"), prepare__py="a\nc\nd\ne\n")
    (found,) = differ(old, new).code
    assert (found.path, found.stages, found.added, found.removed) == (
        "prepare.py",
        ("prepare",),
        2,
        1,
    )


def test_a_path_by_a_template_stands_for_what_is_not_named_otherwise() -> None:
    pipeline = """
    stages:
      judge:
        cmd: python judge.py
        wdir: work
        deps: ["${code}", model.json]
        params: [../params.yaml: [depth]]
        outs: [test.csv]
        metrics: ["${scores}": {cache: false}]
    """
    recorded = """
    stages:
      judge:
        cmd: python judge.py
        deps: [{path: judge.py, md5: '1'}, {path: model.json, md5: '2'}]
        params: {../params.yaml: {depth: 3}}
        outs: [{path: scores.json, md5: '3'}, {path: test.csv, md5: '4'}]
    """
    (stage,) = read_locked(pipeline, recorded).stages
    assert [dep.path for dep in stage.deps] == ["work/judge.py", "work/model.json"]
    made = {out.file.path: (out.kind, out.cached) for out in stage.outs}
    assert made == {"work/test.csv": ("out", True), "work/scores.json": ("metric", False)}
    assert stage.params == {"params.yaml:depth": 3}


def test_a_name_longer_than_any_files_is_no_crash(tmp_path: Path) -> None:
    long = "a" * 3000
    pipeline = f"stages: {{s: {{cmd: x, deps: [{long}], outs: [o{long}], plots: [p{long}]}}}}"
    recorded = "stages: {s: {cmd: x, deps: [{path: %s, md5: '%d'}]}}"
    old = side(tmp_path / "old", recorded % (long, 1), pipeline)
    new = side(tmp_path / "new", recorded % (long, 2), pipeline)
    assert "File name too long" in as_markdown(differ(old, new))


def test_stages_made_from_a_list_are_found_in_the_lock() -> None:
    pipeline = """
    stages:
      train:
        foreach: [a, b]
        do:
          cmd: python train.py ${item}
          metrics:
          - m/${item}.json
    """
    locked = """
    stages:
      train@a: {cmd: x, outs: [{path: m/a.json, md5: '1'}]}
      train@b: {cmd: x, outs: [{path: m/b.json, md5: '1'}]}
    """
    assert metric_files(read_locked(pipeline, locked)) == ("m/a.json", "m/b.json")


@pytest.mark.parametrize(
    "text", ["", "[", "stages", "stages: [1]", "stages: {a: 1}", "stages: {a: {outs: 3, deps: {}}}"]
)
def test_a_pipeline_that_is_none_is_no_crash(text: str) -> None:
    read_locked(text, text)
    read_locked(DVC_YAML, text)


def test_nothing_outside_of_the_project_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"auc": 1}')
    one = side(tmp_path / "new")
    (one.folder / "link.json").symlink_to(tmp_path / "secret.json")
    for path in ("../secret.json", str(tmp_path / "secret.json"), "link.json", "\0", "."):
        with pytest.raises(OSError, match=r"it (lies|is)"):
            file_of(one, path)


# --- forms


HOSTILE = "`| @alice <script>alert(1)</script> [x](javascript:1) ](y) #1 **b** \\| \n\u202e"


def hostile(tmp_path: Path) -> Comparison:
    files = json.dumps({HOSTILE: 1, "`": {"|": 2}})
    params = json.dumps({HOSTILE: HOSTILE})
    old = side(tmp_path / "old", metrics__json="{}", params__yaml="{}")
    new = side(tmp_path / "new", metrics__json=files, params__yaml=params)
    return differ(old, new)


def test_markdown_has_each_row_of_a_hostile_table_whole(tmp_path: Path) -> None:
    text = as_markdown(hostile(tmp_path))
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    heads = {line.count(" | ") for line in rows if "script" in line}
    assert heads == {4, 2}  # a metric's row and a parameter's row have no cell more
    assert "\u202e" not in text
    outside = [part for line in rows for part in line.split("``")[::2]]
    assert not any("<script>" in part or "@alice" in part for part in outside)


def test_the_page_has_hostile_names_as_text(tmp_path: Path) -> None:
    page = as_page(hostile(tmp_path))
    assert "<script" not in page
    assert "default-src &#x27;none&#x27;" in page
    assert "\u202e" not in page


@given(st.text())
def test_text_as_code_is_one_line_without_a_bare_pipe(text: str) -> None:
    made = code(text)
    assert "\n" not in made
    assert "|" not in made


@given(st.text(alphabet="ab `*_[]<>|@#\\!~:/.w", max_size=40))
def test_prose_has_no_bare_sign_of_markdown(text: str) -> None:
    bare = re.sub(r"\\.", "", prose(text))
    assert not re.search(r"[`*_\[\]<>|~@#!\\]|://|www\.", bare)


def test_markdown_begins_with_its_marker_and_fits_a_comment(tmp_path: Path) -> None:
    many = {f"metric_{'x' * 100}_{number}": number for number in range(3000)}
    new = side(tmp_path / "new", metrics__json=json.dumps(many))
    text = as_markdown(differ(side(tmp_path / "old", metrics__json="{}"), new))
    assert text.startswith(MARKER)
    assert len(text) <= MOST_CHARS
    assert "more*" in text


def test_what_does_not_fit_is_cut_and_said(tmp_path: Path) -> None:
    stages = {f"s{'x' * 150}{n}": {"cmd": "a", "outs": [f"o{n}"]} for n in range(900)}
    text = json.dumps({"stages": stages})
    old, new = side(tmp_path / "old", text, text), side(tmp_path / "new", text, text)
    assert len(as_markdown(differ(old, new))) <= MOST_CHARS


def test_json_is_strict_and_has_what_markdown_has(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.5, "nan": 1}')
    new = side(tmp_path / "new", metrics__json='{"auc": 0.75, "nan": NaN}')
    data = json.loads(as_json(as_data(differ(old, new))))
    assert data["verdict"] == "no verdict"
    assert data["baseline"]["commit"] == "abc1234567"
    auc, nan = data["metrics"]
    assert (auc["old"], auc["new"], auc["change"], auc["judgement"]) == (0.5, 0.75, 0.25, "better")
    assert nan["new"] == "nan"


def test_curves_of_both_versions_lie_over_each_other(tmp_path: Path) -> None:
    old = side(tmp_path / "old", plots_in_roc__csv="x,y\n0,0\n1,1\n")
    new = side(tmp_path / "new", plots_in_roc__csv="x,y\n0,0\n0.5,1\n1,1\n")
    comparison = differ(old, new)
    assert [(one.path, one.same) for one in comparison.plots] == [("plots/roc.csv", False)]
    page = as_page(comparison)
    assert page.count("<polyline") == 2
    assert "Changed, side by side in the HTML report: `plots/roc.csv`" in as_markdown(comparison)


@pytest.mark.parametrize("text", ["", "a", "a,b\n", "a,b\n1,nan\n2,inf\n", "a,b\n1,1\n1,1\n"])
def test_a_table_that_is_no_curve_is_no_crash(tmp_path: Path, text: str) -> None:
    as_page(differ(None, side(tmp_path / "new", plots_in_roc__csv=text)))


def test_the_verdict_needs_predictions(tmp_path: Path) -> None:
    old = side(tmp_path / "old", metrics__json='{"auc": 0.5}')
    new = side(tmp_path / "new", metrics__json='{"auc": 0.9}')
    text = as_markdown(differ(old, new))
    assert "## Model report: no verdict" in text
    assert "1 metric better" in text
