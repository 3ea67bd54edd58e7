"""What tags and `#|` lines say, in nbstage's words and Kale's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.model import Cell, CellKind, Code, Label, Level, Metrics, Problem, Role
from nbstage.notebook.stage_name import name_fault, proposed_name
from nbstage.notebook.tags import label, name_clashes, without_tag_lines

PATH = "notebooks/nb.ipynb"


def read(*tags: str, source: str = "") -> tuple[Label, tuple[Problem, ...]]:
    return label(Cell(4, CellKind.CODE, source, tags), PATH)


def label_of(*tags: str, source: str = "") -> Label:
    made, problems = read(*tags, source=source)
    assert problems == ()
    return made


def problem_of(*tags: str, source: str = "") -> Problem:
    _, (problem,) = read(*tags, source=source)
    return problem


WORDS = [
    ("stage:train", Label(Role.STAGE, "train")),
    ("imports", Label(Role.IMPORTS)),
    ("functions", Label(Role.FUNCTIONS)),
    ("parameters", Label(Role.PARAMETERS)),
    ("check", Label(Role.CHECK)),
    ("skip", Label(Role.SKIP)),
    ("metrics", Label(metrics=Metrics.ASSIGNED)),
    ("plots", Label(plots=True)),
    ("predict", Label(predict=True)),
    ("after:load", Label(after=("load",))),
    ("executor:notebook", Label(executor="notebook")),
    ("resource:gpu=1", Label(resources=(("gpu", "1"),))),
]


@pytest.mark.parametrize(("word", "expected"), WORDS)
def test_every_word_may_stand_as_a_tag(word: str, expected: Label) -> None:
    assert label_of(word) == expected


@pytest.mark.parametrize(("word", "expected"), WORDS)
@pytest.mark.parametrize("form", ["#| {}", "#|{}", "#  plain\n\n  #|   {}  ", "%%time\n#| {}"])
def test_every_word_may_stand_in_a_comment(form: str, word: str, expected: Label) -> None:
    assert label_of(source=form.format(word.replace(":", ": ")) + "\nx = 1") == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["step:train", "prev:load"], Label(Role.STAGE, "train", after=("load",))),
        (["block:train"], Label(Role.STAGE, "train")),
        (["block:train", "prev:a;b"], Label(Role.STAGE, "train", after=("a", "b"))),
        (["block:"], Label()),
        (["step:"], Label()),
        (["pipeline-parameters"], Label(Role.PARAMETERS)),
        (["pipeline-metrics"], Label(metrics=Metrics.PRINTED)),
        (["imports"], Label(Role.IMPORTS)),
        (["skip", "prev:load"], Label(Role.SKIP, after=("load",))),
        (
            ["step:a", "limit:nvidia.com/gpu:2", "limit:memory:4Gi"],
            Label(Role.STAGE, "a", resources=(("gpu", "2"), ("memory", "4Gi"))),
        ),
        (
            ["step:a", "label:team:x:y", "annotation:k8s.io/note:hi"],
            Label(
                Role.STAGE,
                "a",
                resources=(("label:team", "x:y"), ("annotation:k8s.io/note", "hi")),
            ),
        ),
    ],
)
def test_kale_tags_mean_what_they_mean_in_kale(tags: list[str], expected: Label) -> None:
    assert label_of(*tags) == expected


OTHER_TOOLS = """
hide-input hide_output remove-cell nbval-skip nbval-check-output raises-exception outputPrepend
injected-parameters skip-execution skip_execution skip-flake8 active-ipynb slide papermill
image:python:3.11 cache:enabled keep_output title:x stage-fright solution
"""


@pytest.mark.parametrize("tag", OTHER_TOOLS.split())
def test_tags_of_other_tools_are_ignored(tag: str) -> None:
    made, problems = read(tag)
    assert made == Label()
    assert all(problem.level is Level.NOTE for problem in problems)


@pytest.mark.parametrize(
    "line",
    [
        "echo: false",
        "label: fig-roc",
        "fig-cap: A stage",
        "export",
        "hide",
        "eval: false",
        "x" * 999,
    ],
)
def test_other_options_in_comments_are_ignored(line: str) -> None:
    assert label_of(source=f"#| {line}\n#| stage: train\nx = 1") == Label(Role.STAGE, "train")


@pytest.mark.parametrize(
    "source",
    [
        "#| stage: train\n#| after: a\n#| after: b",
        "#| stage: train\n#| after: a, b",
        "#| stage: train\n#| after: [a, 'b']",
        '#| tags: [stage:train, "after:a", after:b]',
        "#| tags:\n#|   - stage:train\n#|   - after:a\n#|   - 'after:b'",
        "#| stage: 'train'  # the model\n#| after: a, b",
    ],
)
def test_a_comment_may_hold_several_words(source: str) -> None:
    assert label_of(source=source) == Label(Role.STAGE, "train", after=("a", "b"))


def test_an_option_set_to_false_says_nothing() -> None:
    assert label_of(source="#| skip: false\n#| parameters: true") == Label(Role.PARAMETERS)


def test_comments_below_the_first_code_say_nothing() -> None:
    assert label_of(source="x = 1\n#| stage: train") == Label()


def test_tags_and_comments_that_agree_or_add_to_each_other_are_one_label() -> None:
    made = label_of("stage:train", "metrics", source="#| stage: train\n#| after: load")
    assert made == Label(Role.STAGE, "train", Metrics.ASSIGNED, after=("load",))


def test_metrics_may_name_their_stage() -> None:
    assert label_of("metrics", "stage:train") == Label(Role.STAGE, "train", Metrics.ASSIGNED)


def test_a_check_may_name_its_stage() -> None:
    assert label_of("check", "stage:train") == Label(Role.CHECK, "train")


@pytest.mark.parametrize("comment", ["#| stage: test", "#| skip", "#| imports"])
def test_a_tag_and_a_comment_that_disagree_are_reported(comment: str) -> None:
    problem = problem_of("stage:train", source=f"{comment}\nx = 1")
    assert problem.code == "NBS105"
    assert problem.message == f"the tag 'stage:train' and the comment '{comment}' disagree"
    assert (problem.place.cell, problem.place.line, problem.place.column) == (4, 1, 3)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (("stage:a", "stage:b"), "the cell belongs to the stages 'a' and 'b'"),
        (("block:a;b",), "the cell belongs to the stages 'a' and 'b'"),
        (("stage:a", "skip"), "a cell can't be 'stage:a' and 'skip' at once"),
        (("imports", "functions"), "a cell can't be 'imports' and 'functions' at once"),
        (("parameters", "metrics"), "a cell can't be 'parameters' and 'metrics' at once"),
        (("skip", "plots"), "a cell can't be 'skip' and 'plots' at once"),
        (("imports", "predict"), "a cell can't be 'imports' and 'predict' at once"),
    ],
)
def test_words_that_exclude_each_other_are_reported(tags: tuple[str, ...], message: str) -> None:
    problem = problem_of(*tags)
    assert (problem.code, problem.message) == ("NBS106", message)


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("train-model", "train_model"),
        ("class", "class_stage"),
        ("Ärger", "Aerger"),
        ("A\u0308rger", "Aerger"),
        ("1st", "stage_1st"),
        ("_hidden", "hidden"),
        ("helpers", "helpers_stage"),
        ("main", "main_stage"),
        ("a b/c", "a_b_c"),
        ("train:fast", "train_fast"),
        ("../../etc", "etc"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_name_that_no_stage_may_have_is_reported_with_one_that_it_may(
    name: str, proposal: str
) -> None:
    problem = problem_of(f"stage:{name}")
    assert (problem.code, problem.hint) == ("NBS107", f"call it '{proposal}'.")
    assert name_fault(proposal) == ""
    assert read(f"stage:{name}")[0] == Label(Role.STAGE, proposal)


def test_a_name_without_any_latin_letter_is_reported() -> None:
    problem = problem_of("stage:训练")
    assert problem.hint == "use letters a to z, digits and underscores."


@pytest.mark.parametrize("name", ["train", "match", "type", "Train2", "load", "case", "print"])
def test_a_name_that_python_and_dvc_take_is_accepted(name: str) -> None:
    assert label_of(f"stage:{name}") == Label(Role.STAGE, name)


def test_dvc_takes_every_name_that_is_accepted() -> None:
    from dvc.stage.utils import is_valid_name

    assert is_valid_name("train_2")
    assert not is_valid_name("train:fast")


@pytest.mark.parametrize(
    "tag",
    [
        "stage:",
        "stage: ",
        "after:",
        "resource:gpu",
        "resource:gpu=",
        "resource:",
        "executor:docker",
    ],
)
def test_a_word_without_its_value_is_reported(tag: str) -> None:
    problem = problem_of(tag)
    assert (problem.code, problem.level) == ("NBS108", Level.ERROR)
    assert problem.message == f"'{tag.strip()}' is incomplete"


NEARLY_OURS = """
Stage:train|stages:train|stage train|stage=train|STAGE: train|parameter|Parameters|metric|plot
import|skipped|stage|After:load|notebook:sub|stage-train
"""


@pytest.mark.parametrize("tag", re.split(r"[|\n]", NEARLY_OURS.strip()))
def test_a_tag_that_looks_like_one_of_ours_is_noted(tag: str) -> None:
    problem = problem_of(tag)
    assert (problem.code, problem.level) == ("NBS108", Level.NOTE)
    assert problem_of(source=f"#| {tag}\nx = 1").code == "NBS108"


def test_all_problems_of_a_cell_come_at_once() -> None:
    _, problems = read("stage:train-model", "stage:b", "resource:gpu", "metric")
    assert sorted(problem.code for problem in problems) == ["NBS106", "NBS107", "NBS108", "NBS108"]


def test_stages_that_differ_in_case_only_are_reported() -> None:
    cells = [Cell(n, CellKind.CODE, "") for n in range(1, 6)]
    names = ["train", "Train", "load", "train", "Train"]
    labels = [(c, Label(Role.STAGE, n)) for c, n in zip(cells, names, strict=True)]
    (problem,) = name_clashes(labels, PATH)
    assert (problem.code, problem.place.cell) == ("NBS109", 2)
    assert name_clashes(labels[2:4], PATH) == ()


def test_tag_lines_are_left_out_and_other_comments_stay() -> None:
    code = Code("#| stage: a\n# why\n#| echo: false\n#| after: b\nx = 1", (1, 2, 3, 4, 5))
    assert without_tag_lines(code) == Code("# why\n#| echo: false\nx = 1", (2, 3, 5))
    assert without_tag_lines(Code("#| skip", (1,))) == Code("", (1,))


FRAGMENTS = st.sampled_from(
    [
        *["#|", "#| ", "stage", ":", " ", "tags", "[", "]", ",", "- ", "\n", "train", "after", ";"],
        *["=", "resource", "limit", "skip", "metrics", "é", "'", "#", "%%", "false", "\ud800"],
        *["label", "block"],
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=12).map("".join)


@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_any_words_give_a_label_that_holds_only_good_names(tags: list[str], source: str) -> None:
    made, _ = read(*tags, source=source)
    assert made.role is not Role.STAGE or made.stage
    assert all(name_fault(name) == "" for name in (made.stage or "a", *made.after))
    code = Code(source, tuple(range(1, len(source.split("\n")) + 1)))
    kept = without_tag_lines(code)
    assert len(kept.lines) == len(kept.text.split("\n"))


@given(st.text(max_size=30))
def test_a_proposed_name_is_always_good(name: str) -> None:
    proposal = proposed_name(name)
    assert proposal == "" or name_fault(proposal) == ""
