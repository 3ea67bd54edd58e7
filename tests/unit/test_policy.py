"""`[tool.nbstage.gate]` and `[tool.nbstage.report]`: what they say, and what is wrong with them."""

from __future__ import annotations

import pytest

from nbstage.config import parse_settings
from nbstage.errors import UserError
from nbstage.policy import Direction, Limits, Policy, Predicted, Rule

WHOLE = """
[tool.nbstage.gate]
primary = "roc_auc"
confidence = 0.9
rerun = ["train", "evaluate"]
tolerance = 0
remote = false
test_set = "may change"
[tool.nbstage.gate.metrics.roc_auc]
direction = "higher"
minimum = 0.8
maximum = 1
largest_drop = 0.01
not_worse = true
slices = { groups = ["by_contract"], minimum = 0.6 }
[tool.nbstage.report]
predictions = "predictions/test.csv"
id = "customer"
label = "left"
score = "risk"
slices = ["plan"]
positive = "yes"
threshold = 0.3
task = "classification"
"""


def faults(text: str) -> list[str]:
    """The mistakes that are told of settings."""
    with pytest.raises(UserError) as caught:
        parse_settings(text)
    return [line.removeprefix("- ") for line in caught.value.message.splitlines()[1:]]


def test_every_key_is_read() -> None:
    settings = parse_settings(WHOLE)
    limits = Limits(0.8, 1, 0.01, not_worse=True)
    rule = Rule("roc_auc", Direction.HIGHER, limits, Limits(0.6), ("by_contract",))
    assert settings.policy == Policy(
        (rule,), "roc_auc", 0.9, ("train", "evaluate"), 0, remote=False, test_set_may_change=True
    )
    assert settings.predicted == Predicted(
        "predictions/test.csv", "customer", "left", "risk", ("plan",), "yes", 0.3, "classification"
    )


def test_without_the_tables_there_is_no_policy() -> None:
    settings = parse_settings("[tool.nbstage]\n")
    assert settings.policy is None
    assert settings.predicted == Predicted()


def test_an_empty_table_is_a_policy_that_asks_for_genuine_numbers() -> None:
    policy = parse_settings("[tool.nbstage.gate]\n").policy
    assert policy == Policy()
    assert (Policy().rerun, Policy().remote) == ("changed", True)


def test_files_that_have_to_be_in_the_remote_can_be_named() -> None:
    policy = parse_settings('[tool.nbstage.gate]\nremote = ["model.json"]\n').policy
    assert policy == Policy(remote=("model.json",))


def test_all_mistakes_are_told_at_once() -> None:
    text = """
        [tool.nbstage.gate]
        confidense = 0.9
        confidence = 95
        rerun = "metric"
        tolerance = -1
        remote = "yes"
        test_set = "other"
        primary = ""
        [tool.nbstage.gate.metrics.a]
        minimum = 0.9
        maximum = 0.1
        direction = "up"
        largest_drop = "1%"
        [tool.nbstage.gate.metrics.b]
        direction = "lower"
        [tool.nbstage.gate.metrics.c.slices]
        groups = ["x"]
        [tool.nbstage.gate.metrics.d]
        minimum = nan
        [tool.nbstage.report]
        prediction = "x.csv"
        task = "ranking"
        slices = "plan"
        threshold = true
        positive = []
    """
    place = "tool.nbstage.gate"
    give = "give it minimum, maximum, largest_drop or not_worse"
    assert faults(text) == [
        f"{place} has no key 'confidense'; did you mean 'confidence'?",
        f"{place}.metrics.a.direction must be 'higher' or 'lower', not 'up'",
        f"{place}.metrics.a: the minimum 0.9 is above the maximum 0.1",
        f"{place}.metrics.a.largest_drop must be a number, not a text",
        f"{place}.metrics.b asks nothing: {give}",
        f"{place}.metrics.c.slices asks nothing: {give}",
        f"{place}.metrics.d.minimum must be a finite number, not nan",
        f"{place}.metrics.d asks nothing: {give}",
        f"{place}.primary must be a text, not an empty text",
        f"{place}.confidence must be at least 0.5 and below 1, such as 0.95, not 95",
        f"{place}.rerun must be 'changed', 'metrics', 'all' or a list of stages, not 'metric'",
        f"{place}.tolerance can't be below 0, and is -1",
        f"{place}.remote must be true or false, not a text",
        f"{place}.test_set must be 'same' or 'may change', not 'other'",
        "tool.nbstage.report has no key 'prediction'; did you mean 'predictions'?",
        "tool.nbstage.report.threshold must be a number, not true or false",
        "tool.nbstage.report.task must be 'classification' or 'regression', not 'ranking'",
        "tool.nbstage.report.positive must be a label, not a list",
        "tool.nbstage.report.slices must be a list of texts, not a text",
    ]


@pytest.mark.parametrize("table", ["gate", "report"])
def test_what_is_no_table_is_told(table: str) -> None:
    assert faults(f"[tool.nbstage]\n{table} = 1\n") == [
        f"tool.nbstage.{table} must be a table, not a number"
    ]


def test_a_metric_that_is_no_table_is_told() -> None:
    assert faults("[tool.nbstage.gate.metrics]\nroc_auc = 0.8\n") == [
        "tool.nbstage.gate.metrics.roc_auc must be a table, not a number"
    ]
