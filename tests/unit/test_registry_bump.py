"""What changed since the last version -> the next one's number; a model put into dvc.yaml."""

from __future__ import annotations

import pytest

from nbstage.config import parse_settings
from nbstage.convert.yaml.read import Document, read
from nbstage.errors import UserError
from nbstage.registry.artifacts import artifacts
from nbstage.registry.bump import kind_of, next_version
from nbstage.registry.dvc_yaml import with_artifact
from nbstage.registry_settings import RegistrySettings

Lineage = dict[str, object]


def lineage(
    code: str = "a",
    param: object = 1,
    data: str = "d",
    columns: tuple[str, ...] = ("x", "y"),
    taken: tuple[str, ...] = ("x",),
    released: str = "model.skops",
) -> Lineage:
    """What a version is made from, as far as its number goes by it."""
    return {
        "model": {"released": released, "columns": list(taken)},
        "made_from": {
            "code": {"train.py": code},
            "commands": {"train": "python train.py"},
            "params": {"params.yaml:seed": param},
            "data": {"raw.csv": {"md5": data, "columns": dict.fromkeys(columns, "")}},
        },
    }


@pytest.mark.parametrize(
    ("new", "kind", "why"),
    [
        (lineage(), "patch", "nothing changed that the model is made from"),
        (lineage(param=2), "patch", "parameter 'seed'"),
        (lineage(param=1.0), "patch", "nothing changed that the model is made from"),
        (lineage(param=None), "patch", "parameter 'seed'"),
        (lineage(data="e"), "patch", "data 'raw.csv'"),
        (lineage(code="b", data="e"), "minor", "code 'train.py'"),
        (lineage(columns=("x", "z"), code="b"), "major", "the columns of 'raw.csv'"),
        (lineage(columns=("y", "x")), "patch", "nothing changed that the model is made from"),
        (lineage(taken=("x", "y")), "major", "the columns that the model takes"),
        (lineage(released="m.onnx"), "major", "the model's file is '.onnx', and was '.skops'"),
    ],
)
def test_a_version_s_number_goes_by_what_changed(new: Lineage, kind: str, why: str) -> None:
    assert kind_of(lineage(), new) == (kind, [why])


def test_another_command_is_other_code() -> None:
    new = lineage()
    new["made_from"] = {**dict(new["made_from"]), "commands": {"train": "python -O train.py"}}  # type: ignore[call-overload]
    assert kind_of(lineage(), new) == ("minor", ["the command of 'train'"])


def test_a_version_that_says_nothing_of_itself_is_followed_by_a_minor_one() -> None:
    assert kind_of(None, lineage())[0] == "minor"


@pytest.mark.parametrize("said", [{}, {"made_from": 3}, {"made_from": {"data": [1], "code": "x"}}])
def test_a_lineage_that_somebody_wrote_by_hand_upsets_nothing(said: Lineage) -> None:
    assert kind_of(said, lineage())[0] in ("minor", "patch")


def test_many_reasons_are_counted() -> None:
    new = lineage()
    new["made_from"] = {"code": {f"{n}.py": "x" for n in range(9)}}
    _, why = kind_of(lineage(), new)
    assert why[-1] == "7 more"


@pytest.mark.parametrize(
    ("last", "kind", "number"),
    [
        ("", "patch", "v1.0.0"),
        ("v1.2.3", "patch", "v1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "major", "v2.0.0"),
        ("v0.0.9", "patch", "v0.0.10"),
    ],
)
def test_the_next_number(last: str, kind: str, number: str) -> None:
    assert next_version(last, kind) == number


# --- artifacts: in dvc.yaml

PIPELINE = "# ours\nstages:\n  train: # fit\n    cmd:   python train.py\n\n# the end\n"


def test_a_model_is_added_and_all_else_keeps_its_bytes() -> None:
    text = with_artifact(PIPELINE, "model", "model.bin", "model")
    added = "artifacts:\n  model:\n    path: model.bin\n    type: model\n"
    assert text == PIPELINE + added
    assert artifacts(text) == {"model": "model.bin"}
    assert with_artifact(text, "model", "model.bin", "model") == text


def test_a_model_s_path_is_changed_and_what_else_is_said_of_it_stays() -> None:
    text = (
        "artifacts:\n  other: {path: o.bin}\n  model:\n    # mine\n    path: a.bin # here\n"
        "    labels: [churn]\nstages: {}\n"
    )
    assert with_artifact(text, "model", "b.skops") == text.replace("a.bin", "b.skops")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "artifacts: {m: {path: a}}\nstages: {}\n",
        "stages: {}\nartifacts:\n  m: {path: a, labels: [x]}\n",
        "stages: {}",
        "stages:\r\n  a:\r\n    cmd: x\r\n",
    ],
)
def test_a_model_is_put_into_a_dvc_yaml_however_it_is_written(text: str) -> None:
    changed = with_artifact(text, "m", "b.skops")
    assert isinstance(read(changed, "dvc.yaml"), Document)
    assert artifacts(changed) == {"m": "b.skops"}
    assert ("\r\n" in text) == ("\r\n" in changed)


@pytest.mark.parametrize("text", ["artifacts: {}\n", "artifacts:\nstages: {}\n", "{stages: {}}\n"])
def test_where_that_would_touch_more_the_user_is_told_what_to_write(text: str) -> None:
    with pytest.raises(UserError) as caught:
        with_artifact(text, "m", "b.skops")
    assert caught.value.hint.endswith("artifacts:\n  m:\n    path: b.skops\n    type: model")


@pytest.mark.parametrize("text", ["stages: [", "- a\n", "artifacts: 3\n", "artifacts: [a]\n"])
def test_a_dvc_yaml_that_is_none_is_left_alone(text: str) -> None:
    with pytest.raises(UserError):
        with_artifact(text, "m", "b.skops")


def test_what_is_no_model_is_not_taken_for_one() -> None:
    text = (
        "artifacts:\n  data: {path: d.csv, type: dataset}\n  out: {path: ../x}\n  abs: {path: /x}\n"
        "  none: {}\n  text: hello\n  model: {path: ./a//b}\n"
    )
    assert artifacts(text) == {"model": "a/b"}
    assert artifacts("artifacts: [1]") == artifacts("a: [") == artifacts(None) == {}


# --- [tool.nbstage.registry]


def test_the_settings_of_a_registry_are_read_and_mistakes_in_them_told() -> None:
    text = '[tool.nbstage.registry]\ntrust = ["a.B"]\nallow_pickle = true\n'
    assert parse_settings(text).registry == RegistrySettings(("a.B",), allow_pickle=True)
    assert parse_settings("").registry == RegistrySettings()
    with pytest.raises(UserError) as caught:
        parse_settings("[tool.nbstage.registry]\ntrust = 3\nallow_pickles = true\n")
    assert caught.value.message.splitlines()[1:] == [
        "- tool.nbstage.registry has no key 'allow_pickles'; did you mean 'allow_pickle'?",
        "- tool.nbstage.registry.trust must be a list of texts, not a number",
    ]
