"""Problems, changes and pipelines as text, JSON and Mermaid."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.model import (
    Action,
    Artifact,
    Change,
    File,
    Level,
    Outcome,
    Owner,
    Parameter,
    Pipeline,
    Place,
    PlannedStage,
    Plot,
    Problem,
    Shown,
)
from nbstage.report.changes import changes_as_text, diff, diffs_as_text
from nbstage.report.data import as_json, outcome_as_data, shown_as_data
from nbstage.report.flow import Edge, edges
from nbstage.report.mermaid import pipeline_as_mermaid
from nbstage.report.paint import colour
from nbstage.report.plain import clip, make_plain, width
from nbstage.report.problems import (
    COLUMNS,
    count_problems,
    problem_as_text,
    problems_as_text,
    underline,
)
from nbstage.report.stages import pipeline_as_text

SOURCE = "score = model.score(X_test, y_test)"
UNDEFINED = Problem(
    "NBS201",
    "stage 'evaluate' uses 'X_test', which no earlier stage makes",
    Place("notebooks/churn.ipynb", 9, 2, 20, 26, SOURCE),
    "give cell 4, which defines 'X_test', a tag such as `stage:prepare`.",
)


def at(source: str, part: str) -> Problem:
    """A problem whose caret belongs under `part`."""
    column = source.index(part)
    place = Place("nb.ipynb", 1, 1, column, column + len(part), source)
    return Problem("NBS001", "it", place, "")


def marked(text: str) -> str:
    """What stands above the carets, counted in the terminal's columns."""
    source, carets = text.splitlines()[-2:]
    start, length = carets.index("^"), carets.count("^")
    found, column = "", 0
    for ch in source:
        if start <= column < start + length:
            found += ch
        column += width(ch)
    return found


# --- problems


def test_a_problem_looks_like_a_compilers() -> None:
    assert problem_as_text(UNDEFINED) == (
        "error[NBS201] stage 'evaluate' uses 'X_test', which no earlier stage makes\n"
        "  --> notebooks/churn.ipynb, cell 9, line 2\n"
        "   2 | score = model.score(X_test, y_test)\n"
        "     |                     ^^^^^^\n"
        "  hint: give cell 4, which defines 'X_test', a tag such as `stage:prepare`."
    )


def test_a_problem_of_a_whole_file_has_neither_cell_nor_source() -> None:
    problem = Problem("NBS101", "not JSON", Place("nb.ipynb"), "save it again.", Level.NOTE)
    assert problem_as_text(problem) == (
        "note[NBS101] not JSON\n  --> nb.ipynb\n  hint: save it again."
    )


def test_an_empty_hint_leaves_no_line() -> None:
    assert "hint" not in problem_as_text(replace(UNDEFINED, hint=""))


def test_a_message_and_a_hint_of_several_lines_are_indented() -> None:
    problem = Problem("NBS403", "edited:\n-a\n\n+b", Place("pipeline/a.py"), "one\ntwo")
    assert problem_as_text(problem) == (
        "error[NBS403] edited:\n  -a\n\n  +b\n  --> pipeline/a.py\n  hint: one\n        two"
    )


@pytest.mark.parametrize(
    "source",
    [
        "\tif x:\tX_test",
        "日本語 = 'ü' + X_test",
        "e\u0301 = 'e\u0301e\u0301' + X_test",
        "s = '\x1b[31m' + X_test",
        "s = '\u202e' + X_test",
        "🎉 = 1; X_test",
        "x" * 500 + " X_test " + "y" * 500,
        "日" * 300 + " X_test " + "本" * 300,
        "\t" * 90 + "X_test",
    ],
)
def test_the_caret_is_under_its_character(source: str) -> None:
    text = problem_as_text(at(source, "X_test"))
    assert marked(text) == "X_test"
    assert max(width(line) for line in text.splitlines()) <= COLUMNS


def test_a_caret_at_the_end_of_the_line_is_one_character_long() -> None:
    place = Place("nb.ipynb", 1, 1, 8, 8, "print(1,")
    text = problem_as_text(Problem("NBS110", "syntax error", place, ""))
    assert text.endswith("1 | print(1,\n     |         ^")


def test_a_long_caret_ends_where_the_line_is_cut() -> None:
    text = problem_as_text(at("x" * 5000, "x" * 5000))
    assert max(width(line) for line in text.splitlines()) <= COLUMNS
    assert text.splitlines()[-2].endswith("...")


@given(st.text(max_size=700), st.integers(-5, 800), st.integers(-5, 800))
def test_any_source_and_caret_fit_the_line(source: str, column: int, end: int) -> None:
    text, before, length = underline(source.replace("\n", " "), column, end, 80)
    assert width(text) <= 80
    assert 0 <= before <= 83
    assert length >= 1


@given(st.text())
def test_no_text_reaches_the_terminal_with_anything_that_does_not_print(text: str) -> None:
    place = Place(text, 1, 1, 0, 1, text)
    shown = problem_as_text(Problem(text, text, place, text))
    assert all(line.isprintable() for line in shown.split("\n"))


def test_terminal_sequences_are_shown_not_obeyed() -> None:
    assert make_plain("\x1b]0;evil\x07\r\u202e\ud800") == r"\x1b]0;evil\x07\r\u202e\ud800"


def test_problems_come_in_reading_order_and_once() -> None:
    later = replace(UNDEFINED, place=replace(UNDEFINED.place, line=10))
    file = replace(UNDEFINED, place=Place("notebooks/churn.ipynb"))
    text = problems_as_text((later, UNDEFINED, file, later))
    assert [line for line in text.splitlines() if "-->" in line] == [
        "  --> notebooks/churn.ipynb",
        "  --> notebooks/churn.ipynb, cell 9, line 2",
        "  --> notebooks/churn.ipynb, cell 9, line 10",
    ]


def test_problems_are_counted_by_level() -> None:
    note = replace(UNDEFINED, level=Level.NOTE)
    other = replace(UNDEFINED, code="NBS202")
    assert count_problems((UNDEFINED, note, other)) == "2 errors, 1 note"
    assert count_problems((note,)) == "1 note"
    assert count_problems(()) == ""


def test_colours_change_nothing_but_colours() -> None:
    import re

    coloured = problem_as_text(UNDEFINED, colour)
    assert coloured != problem_as_text(UNDEFINED)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == problem_as_text(UNDEFINED)


# --- changes

CREATE = Change("pipeline/a.py", Action.CREATE, "", "x = 1\n")
UPDATE = Change("params.yaml", Action.UPDATE, "a: 1\nb: 2", "a: 1\nb: 3\n")
DELETE = Change("pipeline/b.py", Action.DELETE, "y = 1\n", "")


def test_each_change_is_one_line() -> None:
    assert changes_as_text((CREATE, UPDATE, DELETE)) == (
        "create  pipeline/a.py\nupdate  params.yaml\ndelete  pipeline/b.py"
    )


def test_a_diff_is_what_git_would_show() -> None:
    assert diff(UPDATE) == (
        "--- a/params.yaml\n+++ b/params.yaml\n@@ -1,2 +1,2 @@\n a: 1\n"
        "-b: 2\n\\ No newline at end of file\n+b: 3\n"
    )
    assert diff(CREATE).startswith("--- /dev/null\n+++ b/pipeline/a.py\n@@ -0,0 +1 @@\n+x = 1\n")
    assert diff(DELETE).startswith("--- a/pipeline/b.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-y = 1\n")


def test_a_form_feed_within_a_line_does_not_end_it() -> None:
    change = Change("a.py", Action.UPDATE, "s = 'a\x0cb'\n", "s = 'a\x0cc'\n")
    assert "-s = 'a\x0cb'\n+s = 'a\x0cc'\n" in diff(change)
    assert "\x0c" not in diffs_as_text((change,))


# --- pipelines

RAW = Artifact("load", ("raw",), "artifacts/load/raw.parquet")
SPLIT = Artifact("split", ("train_set", "test_set"), "artifacts/split/train_set.joblib")
PIPELINE = Pipeline(
    stages=(
        PlannedStage(
            "load",
            "notebooks/nb.ipynb",
            "Load it",
            deps=("data/x.csv", "pipeline/load.py"),
            outputs=(RAW,),
            outs=("data/clean.csv",),
        ),
        PlannedStage(
            "split",
            "notebooks/nb.ipynb",
            "",
            deps=("data/clean.csv", "helpers.py", "pipeline/split.py"),
            inputs=(RAW,),
            params=("seed", "test_size"),
            outputs=(SPLIT,),
        ),
        PlannedStage(
            "end",
            "notebooks/nb.ipynb",
            "Say how good it is",
            deps=("pipeline/end.py",),
            inputs=(RAW, SPLIT),
            metrics=("metrics/end.json",),
            plots=(Plot("plots/end"),),
            resources=(("gpu", "1"),),
        ),
    ),
    parameters=(
        Parameter("seed", 7),
        Parameter("test_size", 0.25),
        Parameter("labels", ("a", "b")),
    ),
    modules=(File("pipeline/load.py", "", Owner.TOOL),),
)


def test_a_stranger_reads_the_pipeline_in_one_look() -> None:
    assert pipeline_as_text(PIPELINE) == (
        "notebooks/nb.ipynb: 3 stages, 3 parameters\n"
        "\n"
        "1  load   Load it\n"
        "          reads    data/x.csv\n"
        "          makes    raw (for split, end)\n"
        "          writes   data/clean.csv\n"
        "\n"
        "2  split\n"
        "          reads    data/clean.csv (from load), helpers.py\n"
        "          takes    raw (from load)\n"
        "          params   seed, test_size\n"
        "          makes    train_set + test_set (for end)\n"
        "\n"
        "3  end    Say how good it is\n"
        "          takes    raw (from load), train_set + test_set (from split)\n"
        "          metrics  metrics/end.json\n"
        "          plots    plots/end\n"
        "          needs    gpu=1\n"
        "\n"
        "parameters\n"
        "  seed       7           split\n"
        "  test_size  0.25        split\n"
        '  labels     ["a", "b"]  used by no stage'
    )


def test_a_pipeline_without_stages_is_shown_as_such() -> None:
    assert pipeline_as_text(Pipeline()) == "no stages"


names = st.text(min_size=1, max_size=90)


@given(names, names, st.lists(names, max_size=30), st.text(max_size=300))
def test_any_pipeline_fits_the_page(name: str, path: str, many: list[str], doc: str) -> None:
    artifact = Artifact(name, tuple(many), path)
    params = tuple(dict.fromkeys(many))
    stage = PlannedStage(name, "nb.ipynb", doc, (path,), (artifact,), params, (path,), (artifact,))
    pipeline = Pipeline((stage,), tuple(Parameter(param, doc) for param in params))
    lines = pipeline_as_text(pipeline).split("\n")
    assert all(line.isprintable() for line in lines)
    assert max(width(line) for line in lines) <= COLUMNS


def test_edges_carry_variables_and_files() -> None:
    assert edges(PIPELINE.stages) == (
        Edge("load", "split", ("raw", "data/clean.csv")),
        Edge("load", "end", ("raw",)),
        Edge("split", "end", ("train_set", "test_set")),
    )


def test_a_pipeline_is_a_mermaid_flowchart() -> None:
    assert pipeline_as_mermaid(PIPELINE) == (
        "flowchart TD\n"
        '    s0["load<br/>Load it"]\n'
        '    s1["split<br/>params: seed, test_size"]\n'
        '    s2["end<br/>Say how good it is"]\n'
        '    d0[("data/x.csv")]\n'
        "    d0 --> s0\n"
        '    d1[("helpers.py")]\n'
        "    d1 --> s1\n"
        '    s0 -->|"raw, data/clean.csv"| s1\n'
        '    s0 -->|"raw"| s2\n'
        '    s1 -->|"train_set, test_set"| s2'
    )


def test_what_mermaid_or_html_would_read_as_more_is_escaped() -> None:
    doc = '1. <b>"x"</b> `y` #1; [z] | _a_ X_train\x1b'
    stage = PlannedStage("a", "nb.ipynb", doc)
    assert pipeline_as_mermaid(Pipeline((stage,))).splitlines()[1] == (
        '    s0["a<br/>1#46; #60;b#62;#34;x#34;#60;/b#62; #96;y#96; #35;1#59; #91;z#93; #124; '
        '#95;a#95; X_train#92;x1b"]'
    )


# --- JSON


def test_an_outcome_is_json_with_stable_keys() -> None:
    data = outcome_as_data(Outcome((CREATE,), (UNDEFINED,)), written=False, diffs=True)
    assert json.loads(as_json(data)) == {
        "ok": False,
        "written": False,
        "changes": [{"path": "pipeline/a.py", "action": "create", "diff": diff(CREATE)}],
        "problems": [
            {
                "code": "NBS201",
                "level": "error",
                "message": "stage 'evaluate' uses 'X_test', which no earlier stage makes",
                "hint": "give cell 4, which defines 'X_test', a tag such as `stage:prepare`.",
                "path": "notebooks/churn.ipynb",
                "cell": 9,
                "line": 2,
                "column": 20,
                "end_column": 26,
                "source": SOURCE,
            }
        ],
        "traced": [],
    }


def test_a_shown_pipeline_is_json_with_stable_keys() -> None:
    data = json.loads(as_json(shown_as_data(Shown(PIPELINE))))
    assert sorted(data) == ["flow", "ok", "parameters", "problems", "stages"]
    assert data["flow"][1] == {"from": "load", "to": "end", "names": ["raw"]}
    assert data["parameters"][2] == {"name": "labels", "value": ["a", "b"], "stages": []}
    assert data["stages"][1] == {
        "name": "split",
        "notebook": "notebooks/nb.ipynb",
        "doc": "",
        "params": ["seed", "test_size"],
        "takes": [{"from": "load", "names": ["raw"], "path": "artifacts/load/raw.parquet"}],
        "makes": [{"names": ["train_set", "test_set"], "path": "artifacts/split/train_set.joblib"}],
        "writes": [],
        "metrics": [],
        "plots": [],
        "checks": [],
        "executor": None,
        "resources": {},
        "code": ["pipeline/split.py"],
        "reads": ["data/clean.csv", "helpers.py"],
    }


def test_json_is_strict_and_ascii_whatever_a_parameter_is() -> None:
    values = (float("nan"), "\x1b\ud800ü", {1: {2.5}}, 10**400)
    parameters = tuple(Parameter(f"p{n}", value) for n, value in enumerate(values))
    text = as_json(shown_as_data(Shown(Pipeline((), parameters))))
    assert text.isascii()
    assert [p["value"] for p in json.loads(text)["parameters"][:3]] == [
        "nan",
        "\x1b\ud800ü",
        {"1": "{2.5}"},
    ]


def test_text_is_clipped_by_what_the_terminal_shows() -> None:
    assert clip("日本語日本語", 9) == "日本語..."
    assert clip("short", 9) == "short"
