"""dvc.yaml: our stages come and go, and everything else keeps its bytes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA, COMPILED_MULTI_STAGE_SCHEMA
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nbstage.convert.lock import prune_lock
from nbstage.convert.render.dvc_yaml import render_dvc_yaml, stage_names, stages_of
from nbstage.model import Artifact, Pipeline, PlannedStage, Plot, Problem

CHURN = "notebooks/churn.ipynb"
TABLE = Artifact("load", ("df",), "artifacts/load/df.parquet")
LOAD = PlannedStage(
    "load",
    CHURN,
    "Read the customers.",
    deps=("data/churn.csv", "pipeline/helpers/clean.py", "pipeline/load.py"),
    outputs=(TABLE,),
)
TRAIN = PlannedStage(
    "train",
    CHURN,
    "",
    deps=("pipeline/train.py",),
    inputs=(TABLE,),
    params=("n_estimators", "seed"),
    outs=("predictions/test.csv",),
    outputs=(Artifact("train", ("model",), "artifacts/train/model.joblib"),),
    metrics=("metrics/train.json",),
    plots=(Plot("plots/train/roc.csv"),),
    resources=(("gpu", "1"), ("memory", "4Gi")),
)
BOTH = Pipeline((LOAD, TRAIN))

FRESH = """\
stages:
  load:
    desc: Read the customers.
    cmd: python -m pipeline.load
    deps:
      - pipeline/load.py
      - pipeline/helpers/clean.py
      - data/churn.csv
    outs:
      - artifacts/load/df.parquet
    meta:
      notebook: notebooks/churn.ipynb
  train:
    cmd: python -m pipeline.train
    deps:
      - pipeline/train.py
      - artifacts/load/df.parquet
    params:
      - n_estimators
      - seed
    outs:
      - artifacts/train/model.joblib
      - predictions/test.csv
    metrics:
      - metrics/train.json:
          cache: false
    plots:
      - plots/train/roc.csv:
          cache: false
    meta:
      notebook: notebooks/churn.ipynb
      resources:
        gpu: '1'
        memory: '4Gi'
"""

EDITED = """\
# The pipeline of the churn team.
vars:
  - params.yaml
  - owner: "me"

stages:
  # Ours, by hand.
  fetch:   # nightly
    cmd: "curl ${owner}"
    deps: &common [ 'a.txt' ]

  load:
    cmd: python -m pipeline.load  # takes a minute
    frozen: true
    deps:
    # the module first
    - pipeline/load.py
    - data/old.csv
    - data/churn.csv    # from the warehouse
    outs:
    - artifacts/load/df.parquet:
        persist: true  # slow
    meta:
      team: growth
      notebook: notebooks/churn.ipynb

  # The report, last of all.
  report:
    cmd: |
      echo one
      # not a comment
    deps: *common
plots:
  - plots: {x: fpr}
# the end
"""


def rendered(
    pipeline: Pipeline, existing: str | None = None, notebooks: tuple[str, ...] = ()
) -> str:
    """The text; it satisfies DVC's schema, and rendering again changes nothing."""
    text = render_dvc_yaml(pipeline, existing, notebooks)
    assert isinstance(text, str), text
    assert render_dvc_yaml(pipeline, text, notebooks) == text
    COMPILED_MULTI_STAGE_SCHEMA(YAML(typ="safe").load(text) or {})
    return text


def refused(pipeline: Pipeline, existing: str) -> tuple[Problem, ...]:
    problems = render_dvc_yaml(pipeline, existing)
    assert not isinstance(problems, str), problems
    return problems


def dvc(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_file_has_one_stage_for_each_of_the_notebooks() -> None:
    assert rendered(BOTH) == FRESH


def test_a_pipeline_without_stages_leaves_no_file_behind() -> None:
    assert rendered(Pipeline()) == ""


def test_a_file_in_step_keeps_its_bytes() -> None:
    text = FRESH.replace("cmd: python", 'cmd:   "python').replace(".load\n", '.load"\n')
    text = text.replace(".train\n", '.train"\n') + "\n\n# end"

    assert render_dvc_yaml(BOTH, text) == text


def test_a_stage_joins_a_file_full_of_the_users_own_words() -> None:
    text = rendered(BOTH, EDITED)

    train = FRESH[FRESH.index("  train:") :].replace("\n      - ", "\n    - ")
    train = train.replace("\n          cache", "\n        cache")
    expected = EDITED.replace("  load:\n", "  load:\n    desc: Read the customers.\n")
    expected = expected.replace("    - data/old.csv\n", "    - pipeline/helpers/clean.py\n")
    expected = expected.replace("  # The report", train + "\n  # The report")
    assert text == expected


def test_comments_and_options_of_a_changed_stage_stay() -> None:
    text = rendered(Pipeline((LOAD,)), EDITED)

    for kept in ("# takes a minute", "# the module first", "# from the warehouse", "# slow"):
        assert kept in text
    assert "frozen: true" in text
    assert "team: growth" in text
    assert "persist: true" in text
    assert "data/old.csv" not in text


@pytest.mark.parametrize("existing", ["", "\n\n", "# mine\n", "# mine", "{}\n", "---\n", "\ufeff"])
def test_an_empty_file_gets_the_stages(existing: str) -> None:
    text = rendered(BOTH, existing)

    assert text.endswith(FRESH)
    assert text.startswith(existing.replace("{}\n", "").rstrip("\n"))


@pytest.mark.parametrize("value", ["", " {}", " ~", " null", "  # none yet", " {}  # none yet"])
def test_an_empty_key_stages_is_filled(value: str) -> None:
    existing = f"vars:\n  - a: 1\nstages:{value}\n# between\nparams:\n  - params.yaml\n"

    text = rendered(BOTH, existing)

    assert text.startswith("vars:\n  - a: 1\nstages:")
    assert ("# none yet" in text) == ("# none yet" in value)
    assert text.endswith(FRESH.partition("\n")[2] + "# between\nparams:\n  - params.yaml\n")


def test_stages_go_to_the_end_of_a_file_without_them() -> None:
    existing = "params:\n  - other.yaml\n# end"

    assert rendered(BOTH, existing) == existing + "\n" + FRESH


def test_a_stage_that_left_its_notebook_is_removed() -> None:
    assert rendered(Pipeline((LOAD,)), FRESH) == FRESH[: FRESH.index("  train:")]
    assert rendered(Pipeline((TRAIN,)), FRESH) == "stages:\n" + FRESH[FRESH.index("  train:") :]


def test_stages_of_another_notebook_stay() -> None:
    other = replace(LOAD, name="other", notebook="notebooks/other.ipynb")
    text = rendered(Pipeline((other,)), FRESH)

    assert text.startswith(FRESH)
    assert stage_names(text) == {"load", "train", "other"}
    assert set(stages_of(text)) == {CHURN, "notebooks/other.ipynb"}


def test_a_notebook_without_stages_leaves_none() -> None:
    assert rendered(Pipeline(), FRESH) == FRESH
    assert rendered(Pipeline(), FRESH, (CHURN,)) == "stages: {}\n"
    assert (
        rendered(Pipeline(), "a: 1\n" * 0 + "# mine\n" + FRESH, (CHURN,)) == "# mine\nstages: {}\n"
    )


def test_a_renamed_stage_takes_the_place_of_the_old_one() -> None:
    renamed = replace(LOAD, name="fetch", deps=("pipeline/fetch.py",))

    text = rendered(Pipeline((renamed, TRAIN)), FRESH)

    assert list(YAML(typ="safe").load(text)["stages"]) == ["fetch", "train"]
    assert text.endswith(FRESH[FRESH.index("  train:") :])


def test_a_new_stage_stands_between_its_neighbours() -> None:
    split = PlannedStage("split", CHURN, "", deps=("pipeline/split.py",))
    first, second = FRESH.split("  train:")

    text = rendered(Pipeline((LOAD, split, TRAIN)), FRESH)

    assert text.startswith(first + "  split:\n")
    assert text.endswith("  train:" + second)


def test_several_new_stages_come_in_the_notebooks_order() -> None:
    names = ("a", "load", "b", "c", "train", "d")
    known = {"load": LOAD, "train": TRAIN}
    stages = tuple(known.get(name, PlannedStage(name, CHURN, "")) for name in names)

    text = rendered(Pipeline(stages), FRESH)

    assert tuple(YAML(typ="safe").load(text)["stages"]) == names


def test_a_comment_stays_above_the_stage_it_stands_over() -> None:
    existing = FRESH.replace("  load:", "  # about load\n  load:")
    first = PlannedStage("first", CHURN, "")

    text = rendered(Pipeline((first, LOAD, TRAIN)), existing)

    assert "  # about load\n  load:" in text
    assert text.index("  first:") < text.index("# about load")


def test_windows_line_ends_stay() -> None:
    existing = FRESH[: FRESH.index("  train:")].replace("\n", "\r\n")

    assert rendered(BOTH, existing) == FRESH.replace("\n", "\r\n")


def test_a_missing_line_end_at_the_end_of_a_file_is_not_added_for_nothing() -> None:
    existing = EDITED.removesuffix("\n")

    assert rendered(BOTH, existing) == rendered(BOTH, EDITED).removesuffix("\n")


@pytest.mark.parametrize(
    "ours",
    [
        "  load: {cmd: python -m pipeline.load, meta: {notebook: notebooks/churn.ipynb, a: 1}}\n",
        "  load:\n    {cmd: x, desc: y,\n    meta: {notebook: notebooks/churn.ipynb, a: 1}}\n",
        "  load:\n    cmd: >\n      long\n\n    deps: [a]\n"
        "    meta: {notebook: notebooks/churn.ipynb, a: 1}\n",
    ],
)
def test_a_stage_of_ours_in_another_style_is_brought_in_step(ours: str) -> None:
    text = rendered(BOTH, f"stages:\n  mine: {{cmd: echo}}\n{ours}  last: {{cmd: ls}}\n")

    stages = YAML(typ="safe").load(text)["stages"]
    assert stages["load"]["cmd"] == "python -m pipeline.load"
    assert stages["load"]["meta"] == {"notebook": CHURN, "a": 1}
    assert text.startswith("stages:\n  mine: {cmd: echo}\n")
    assert text.endswith("  last: {cmd: ls}\n")


def test_params_of_another_file_are_the_users() -> None:
    existing = FRESH.replace("      - seed\n", "      - other.yaml:\n          - depth\n")

    text = rendered(BOTH, existing)

    params = YAML(typ="safe").load(text)["stages"]["train"]["params"]
    assert sorted(map(str, params)) == ["n_estimators", "seed", "{'other.yaml': ['depth']}"]


def test_a_stage_on_the_way_to_a_prediction_is_marked_in_meta_alone() -> None:
    text = rendered(Pipeline((LOAD, replace(TRAIN, predict=True))), FRESH)
    marked = text.replace("      predict: true\n", "")
    assert (text.count("predict: true"), marked) == (1, FRESH)
    assert rendered(Pipeline((LOAD, TRAIN)), text) == FRESH


def test_resources_that_the_notebook_no_longer_asks_for_go() -> None:
    text = rendered(Pipeline((LOAD, replace(TRAIN, resources=(("gpu", "2"),)))), FRESH)
    assert text == FRESH.replace("gpu: '1'\n        memory: '4Gi'", "gpu: '2'")

    text = rendered(Pipeline((LOAD, replace(TRAIN, resources=()))), FRESH)
    assert text == FRESH[: FRESH.index("      resources:")]


def test_a_stage_of_the_users_with_the_name_of_ours_is_reported() -> None:
    existing = "stages:\n  fetch:\n    cmd: a\n  load: # mine\n    cmd: echo\n  train: ~\n"

    first, second = refused(BOTH, existing)

    assert first.code == "NBS402"
    assert (
        first.message == "'dvc.yaml' already has a stage 'load' that does not come from a notebook"
    )
    assert (first.place.path, first.place.line) == ("dvc.yaml", 4)
    assert first.place.source == "  load: # mine"
    assert "'train'" in second.message


def test_a_stage_of_another_notebook_with_the_name_of_ours_is_reported() -> None:
    other = replace(LOAD, notebook="notebooks/other.ipynb")

    (problem,) = refused(Pipeline((other,)), FRESH)

    assert problem.code == "NBS402"
    assert "made from 'notebooks/churn.ipynb'" in problem.message
    assert "notebook:" in problem.hint


def test_the_stages_of_a_notebook_that_was_renamed_can_be_taken_over() -> None:
    other = replace(LOAD, notebook="notebooks/other.ipynb")

    text = rendered(Pipeline((other,)), FRESH, (CHURN,))

    assert stage_names(text) == {"load"}
    assert set(stages_of(text)) == {"notebooks/other.ipynb"}


@pytest.mark.parametrize(
    ("existing", "line"),
    [
        ("stages:\n  a: [\n", 3),
        ("stages:\n\ta: 1\n", 2),
        ("a: 1\na: 2\n", 2),
        ("a: *b\n", 1),
        ("a: !!python/object:os.system ls\n", 1),
        ("a: 1\n---\nb: 1\n", 2),
        ("a: '\n", 2),
        ("- a\n", None),
        ("text", None),
        ("stages: []\n", None),
        ("stages: {1: {cmd: a}}\n", None),
        ("a: \x00\n", None),
        ("a: 2020-13-45\n", None),
        ("stages:\n<<<<<<< HEAD\n  a: 1\n=======\n  a: 2\n>>>>>>> b\n", 3),
    ],
)
def test_a_file_that_is_no_mapping_in_yaml_is_reported(existing: str, line: int | None) -> None:
    (problem,) = refused(BOTH, existing)

    assert problem.code == "NBS401"
    assert problem.place.line == line
    assert "\n" not in problem.message
    assert stage_names(existing) == frozenset()


def test_an_unfinished_merge_is_named() -> None:
    (problem,) = refused(BOTH, "stages:\n<<<<<<< HEAD\n  a: 1\n=======\n  a: 2\n>>>>>>> b\n")

    assert "unfinished merge" in problem.hint


@pytest.mark.parametrize(
    "existing",
    [
        "stages: {mine: {cmd: echo}}\n",
        '{"stages": {"mine": {"cmd": "echo"}}}\n',
        "stages:\n  ? mine\n  : cmd: echo\n",
        "stages:\n  load:\n    cmd: a\n    deps: &x [a]\n"
        "    meta: {notebook: notebooks/churn.ipynb}\n"
        "  mine:\n    cmd: echo\n    deps: *x\n",
    ],
)
def test_a_file_that_lines_cannot_change_is_reported_and_not_rewritten(existing: str) -> None:
    (problem,) = refused(BOTH, existing)

    assert problem.code == "NBS401"
    assert "can't be changed without touching the rest" in problem.message


def test_whatever_stands_elsewhere_in_the_file_is_no_hindrance() -> None:
    deep = "[" * 50 + "]" * 50
    bomb = "".join(f"  - a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    existing = f"vars:\n  - a: {deep}\n  - nan: .nan\n  - a0: &a0 [x]\n{bomb}"

    assert render_dvc_yaml(BOTH, existing) == existing + FRESH


ODD_PATHS = [
    "data/with space.csv",
    "data/a: b.csv",
    "data/a #b.csv",
    "data/${x}.csv",
    "data/\\${x}.csv",
    "data/${x.csv",
    "data/it's.csv",
    'data/"q".csv',
    "data/[1], {2}.csv",
    "data/é 数据 😀.csv",
    "2020-01-01",
    "1e3",
    "yes",
    "null",
    "- a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
    "> a",
    "?a",
    "a:",
    " a ",
    "a\tb",
]


def test_dvc_reads_odd_paths_as_they_are(tmp_path: Path) -> None:
    deps = tuple(path for path in ODD_PATHS if "data" in path)
    outs = tuple(path for path in ODD_PATHS if "data" not in path)
    metrics = ("metrics/a ${b}: #c.json", "n.json")
    stage = PlannedStage("load", CHURN, "Costs ${x}: all", deps, outs=outs, metrics=metrics)
    (tmp_path / "dvc.yaml").write_text(rendered(Pipeline((stage,))), encoding="utf-8")
    (tmp_path / "params.yaml").write_text("x: 1\n")
    script = (
        "from dvc.repo import Repo; (s,) = Repo().stage.collect('load')\n"
        "print(sorted(d.def_path for d in s.deps)); print(sorted(o.def_path for o in s.outs))\n"
        "print(s.desc)"
    )
    dvc(tmp_path, "init", "--no-scm", "-q")

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    expected = [repr(sorted(deps)), repr(sorted({*outs, *metrics})), "Costs ${x}: all"]
    assert done.stdout.splitlines() == expected


def test_dvc_lists_and_draws_the_pipeline(tmp_path: Path) -> None:
    dvc(tmp_path, "init", "--no-scm", "-q")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "params.yaml").write_text("owner: you\n")
    existing = EDITED.replace('  - owner: "me"\n', "").replace("plots:\n  - plots: {x: fpr}\n", "")
    (tmp_path / "dvc.yaml").write_text(rendered(BOTH, existing))

    assert dvc(tmp_path, "stage", "list", "--name-only").split() == [
        "fetch",
        "load",
        "train",
        "report",
    ]
    graph = dvc(tmp_path, "dag", "--dot")
    assert '"load" -> "train"' in graph


LOCK = """\
schema: '2.0'
stages:
  load:
    cmd: python -m pipeline.load
    deps:
    - path: pipeline/load.py
      hash: md5
      md5: 9f3b
      size: 3
  train:
    cmd: python -m pipeline.train
    params:
      params.yaml:
        seed: 1
  mine@a:
    cmd: echo a
"""


def test_removed_stages_leave_the_lock() -> None:
    first, rest = LOCK.split("  train:")
    last = rest[rest.index("  mine@a:") :]

    assert prune_lock(LOCK, {"train", "unknown"}) == first + last
    assert prune_lock(LOCK, {"load"}) == "schema: '2.0'\nstages:\n  train:" + rest
    assert prune_lock(LOCK, {"mine"}) == LOCK
    assert prune_lock(LOCK, set()) == LOCK


def test_a_lock_without_stages_is_one_that_dvc_reads() -> None:
    text = prune_lock(LOCK, {"load", "train", "mine@a"})

    assert text == "schema: '2.0'\nstages: {}\n"
    COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(text))


@pytest.mark.parametrize("text", ["", "stages: [", "<<<<<<< a\n", "a: 1\n", "stages: {}\n"])
def test_a_lock_that_holds_nothing_to_remove_is_left_alone(text: str) -> None:
    assert prune_lock(text, {"load"}) == text


names = st.sampled_from(["load", "clean", "split", "train", "evaluate"])
paths = st.sampled_from(["a.csv", "b.csv", "data/c d.csv", "x: y", "#z", "${v}"])
some_paths = st.sets(paths, max_size=4).map(lambda found: tuple(sorted(found)))


@st.composite
def stages(draw: st.DrawFn, notebook: str = CHURN) -> tuple[PlannedStage, ...]:
    return tuple(
        PlannedStage(
            name,
            notebook,
            draw(st.sampled_from(["", "A text.", "Odd: text # ${x}"])),
            (f"pipeline/{name}.py", *draw(some_paths)),
            params=draw(some_paths),
            outs=draw(some_paths),
            metrics=draw(some_paths),
            resources=draw(st.sampled_from([(), (("gpu", "1"),), (("cpu", "2"), ("gpu", "1"))])),
        )
        for name in draw(st.lists(names, unique=True, max_size=5))
    )


FOREIGN = (
    "# top\nvars:\n- a: 1   # one\n\n",
    "  # above\n  own1:   # eol\n    cmd: 'echo'\n    deps: [ a,  b ]\n    # inside\n\n",
    "  own2:\n    cmd: |\n      # no comment\n\n      x\n",
    "# below\nparams: [ other.yaml ]\n# end",
)


@settings(deadline=None)
@given(stages(), stages(), stages())
def test_whatever_comes_and_goes_foreign_lines_keep_their_bytes(
    first: tuple[PlannedStage, ...],
    second: tuple[PlannedStage, ...],
    third: tuple[PlannedStage, ...],
) -> None:
    top, own1, own2, end = FOREIGN
    text = f"{top}stages:\n{own1}{own2}{end}"
    for planned in (first, second, third, second):
        text = rendered(Pipeline(planned), text, (CHURN,))

        assert all(part in text for part in FOREIGN)
        assert text.startswith(top)
        assert text.endswith(end)
        assert stage_names(text) == {"own1", "own2", *(stage.name for stage in planned)}
    assert text == rendered(Pipeline(second), text, (CHURN,))


@settings(deadline=None)
@given(stages(), stages())
def test_a_file_says_the_same_whatever_it_said_before(
    before: tuple[PlannedStage, ...], after: tuple[PlannedStage, ...]
) -> None:
    def data(text: str) -> object:
        found = YAML(typ="safe").load(text) or {}
        return found.get("stages") or {}

    step_by_step = rendered(Pipeline(after), rendered(Pipeline(before)), (CHURN,))

    assert data(step_by_step) == data(rendered(Pipeline(after)))


@settings(deadline=None)
@given(st.text(alphabet="ab:-#{}[]&*!|>'\"\\ \n\t\r?,\x85", max_size=30))
def test_any_text_gives_a_result_or_problems(existing: str) -> None:
    result = render_dvc_yaml(BOTH, existing)

    if isinstance(result, str):
        assert render_dvc_yaml(BOTH, result) == result
    else:
        assert all(problem.code == "NBS401" for problem in result)
