"""params.yaml: keys are the notebook's, values the user's."""

from __future__ import annotations

import math

import pytest
import yaml as pyyaml  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nbstage.convert.render.params_yaml import read_params, render_params_yaml
from nbstage.model import Parameter, Problem


def parameters(**values: object) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, value) for name, value in values.items())


def rendered(wanted: tuple[Parameter, ...], existing: str | None = None) -> str:
    """The text; rendering again changes nothing."""
    text = render_params_yaml(wanted, existing)
    assert isinstance(text, str), text
    assert render_params_yaml(wanted, text) == text
    return text


def refused(wanted: tuple[Parameter, ...], existing: str | None = None) -> tuple[Problem, ...]:
    problems = render_params_yaml(wanted, existing)
    assert not isinstance(problems, str), problems
    return problems


def readings(text: str) -> list[object]:
    """The data as ruamel.yaml's two parsers, PyYAML's two and so DVC read it."""
    return [
        YAML(typ="safe").load(text),
        YAML(typ="safe", pure=True).load(text),
        pyyaml.safe_load(text),
        pyyaml.load(text, Loader=pyyaml.CSafeLoader),
    ]


def test_a_new_file_has_keys_values_and_comments() -> None:
    wanted = (
        Parameter("seed", 7, ("# Fixed, so that runs can be compared.",)),
        Parameter("test_size", 0.2, ("share of the rows", "", "#: held back")),
        Parameter("columns", ["tenure", "charges"]),
        Parameter("model", {"kind": "forest", "depth": None, "grid": [[1, 2], [3]], "more": {}}),
        Parameter("prompt", "Say\n  yes or no.\n"),
    )

    assert rendered(wanted) == (
        "# Fixed, so that runs can be compared.\n"
        "seed: 7\n"
        "# share of the rows\n"
        "#\n"
        "#: held back\n"
        "test_size: 0.2\n"
        "columns: [tenure, charges]\n"
        "model:\n"
        "  kind: forest\n"
        "  depth: null\n"
        "  grid: [[1, 2], [3]]\n"
        "  more: {}\n"
        "prompt: |\n"
        "  Say\n"
        "    yes or no.\n"
    )


def test_a_value_that_is_there_is_never_overwritten() -> None:
    existing = "# mine\nseed:   0x10 # odd\nother: {a: 1}\ndepth: ~\n\n# end\n"

    text = rendered(parameters(seed=1, depth=3, size=0.5), existing)

    assert text == existing + "size: 0.5\n"
    assert rendered(parameters(seed=2, depth=4), existing) == existing
    assert rendered((), existing) == existing


def test_keys_that_no_notebook_has_stay() -> None:
    text = rendered(parameters(a=1, b=2))

    assert rendered(parameters(c=3), text) == "a: 1\nb: 2\nc: 3\n"


@pytest.mark.parametrize("existing", [None, "", "# mine\n", "# mine", "---\n", "{}\n", "\ufeff"])
def test_an_empty_file_gets_the_keys(existing: str | None) -> None:
    text = rendered(parameters(a=1), existing)

    assert text.endswith("a: 1\n")
    assert read_params(text) == {"a": 1}


def test_windows_line_ends_and_a_missing_last_one_are_kept() -> None:
    assert rendered(parameters(b="x\ny\n"), "a: 1\r\n") == "a: 1\r\nb: |\r\n  x\r\n  y\r\n"
    assert rendered(parameters(b=1), "a: 1") == "a: 1\nb: 1\n"
    assert rendered(parameters(a=1), "a: 1") == "a: 1"


def test_odd_characters_in_a_comment_cannot_leave_it() -> None:
    text = rendered((Parameter("a", 1, ("# x\nb: 2\x00\x1b[31m",)),))

    assert text == "# x\n# b: 2\ufffd\ufffd[31m\na: 1\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (-1, "-1"),
        (True, "true"),
        (None, "null"),
        (0.001, "0.001"),
        (1e-5, "1.0e-05"),
        (1.5e-7, "1.5e-07"),
        (1e300, "1.0e+300"),
        (1e16, "1.0e+16"),
        (-0.0, "-0.0"),
        (3.0, "3.0"),
        (math.inf, ".inf"),
        (-math.inf, "-.inf"),
        (math.nan, ".nan"),
        ("roc", "roc"),
        ("a b, c", "a b, c"),
        ("../data/x.csv", "../data/x.csv"),
        ("", "''"),
        ("yes", "'yes'"),
        ("No", "'No'"),
        ("n", "'n'"),
        ("null", "'null'"),
        ("~", "'~'"),
        ("1e3", "'1e3'"),
        ("1_000", "'1_000'"),
        ("012", "'012'"),
        ("1:30", "'1:30'"),
        ("2020-01-01", "'2020-01-01'"),
        (".inf", "'.inf'"),
        ("it's", "it's"),
        ("- it's", "'- it''s'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("tab\there", '"tab\\there"'),
        ("é 数据 😀", "é 数据 😀"),
        ("\ufeff\x85\u2028\x07", '"\\ufeff\\x85\\u2028\\x07"'),
        ("\nfirst line empty", '"\\nfirst line empty"'),
        ("trailing \nspace", '"trailing \\nspace"'),
        (["a, b", "yes", 1, [None]], "['a, b', 'yes', 1, [null]]"),
    ],
)
def test_a_value_is_written_so_that_every_reader_sees_the_same(value: object, text: str) -> None:
    assert rendered(parameters(key=value)) == f"key: {text}\n"


def test_a_long_list_and_one_of_mappings_take_a_line_for_each_item() -> None:
    names = [f"column_{number}" for number in range(12)]

    text = rendered(parameters(names=names, steps=[{"a": 1, "b": [1]}, {}, [{"c": 2}]]))

    lines = [f"  - {name}" for name in names]
    assert text.splitlines()[:13] == ["names:", *lines]
    assert text.splitlines()[13:] == [
        "steps:",
        "  - a: 1",
        "    b: [1]",
        "  - {}",
        "  - [{c: 2}]",
    ]


@pytest.mark.parametrize(
    "value",
    [(1, 2), {1, 2}, b"x", 1j, "\ud800", [object()], {"a": (1,)}, {(1,): 1}, {"x" * 2000: 1}],
)
def test_a_value_that_yaml_cannot_hold_is_reported(value: object) -> None:
    first, second = refused(parameters(a=value, b=1, c=value))

    assert (first.code, second.code) == ("NBS405", "NBS405")
    assert "parameter 'a'" in first.message
    assert "parameter 'c'" in second.message


def test_a_value_the_user_has_set_is_not_judged() -> None:
    assert rendered(parameters(a=(1, 2)), "a: 1\n") == "a: 1\n"


@pytest.mark.parametrize("existing", ["a: [", "- a\n", "text", "a: 1\na: 2\n", "a: !x 1\n", "\x00"])
def test_a_file_that_is_no_mapping_in_yaml_is_reported(existing: str) -> None:
    (problem,) = refused(parameters(a=1), existing)

    assert (problem.code, problem.place.path) == ("NBS401", "params.yaml")
    assert read_params(existing) == (problem,)


def test_a_mapping_in_braces_is_reported_only_when_a_key_is_missing() -> None:
    assert rendered(parameters(a=1), "{a: 2}\n") == "{a: 2}\n"

    (problem,) = refused(parameters(b=1), "{a: 2}\n")

    assert problem.code == "NBS401"


def test_values_are_read_as_dvc_reads_them() -> None:
    text = "a: 1e-3\nb: yes\nc: 012\nd: 0o14\n1: x\ne: {f: [1, 2.5]}\n"

    assert read_params(text) == {"a": 0.001, "b": "yes", "c": 12, "d": 12, "e": {"f": [1, 2.5]}}
    assert read_params(None) == {}


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["y", "on", "0x1f", "1.", ".5", "=", "<<", "0b1", "+1", "190:20:30", "1e5"]),
    st.text(alphabet="ab \n:#-", max_size=12),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_any_plain_value_reads_back_as_it_is_everywhere(value: object) -> None:
    for data in readings(rendered(parameters(key=value))):
        assert repr(data) == repr({"key": value})


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcde"), values),
    st.dictionaries(st.sampled_from("abcde"), values),
)
def test_values_stay_whatever_the_notebook_says_later(
    before: dict[str, object], after: dict[str, object]
) -> None:
    first = rendered(parameters(**before))
    second = rendered(parameters(**after), first)

    assert second.startswith(first)
    assert repr(read_params(second)) == repr(
        before | {k: v for k, v in after.items() if k not in before}
    )
