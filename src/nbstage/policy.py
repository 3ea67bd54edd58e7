"""`[tool.nbstage.gate]` and `[tool.nbstage.report]`: what must hold, and which predictions count.

[tool.nbstage.gate]
primary = "roc_auc"               # the measure that decides between two sets of predictions
confidence = 0.95                 # of the comparison
rerun = "changed"                 # stages that run again: "changed", "metrics", "all", or names
tolerance = 1e-6                  # how far their numbers may be apart, relative
remote = true                     # all that DVC keeps is in its remote; or a list of files
test_set = "same"                 # or "may change"

[tool.nbstage.gate.metrics.roc_auc]
direction = "higher"              # better; known for common names
minimum = 0.8
largest_drop = 0.01               # against the baseline
not_worse = true                  # by the predictions, with the confidence above

[tool.nbstage.gate.metrics.roc_auc.slices]
groups = ["by_contract"]          # default: all groups that have the metric
minimum = 0.65
largest_drop = 0.05
not_worse = true

[tool.nbstage.report]
predictions = "predictions/test.csv"
id = "id"                         # columns of that table; `positive`, `threshold`, `task` too
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nbstage.toml_table import Table, entries, entry, kind, number, one_of, take, text, texts, truth


class Direction(Enum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a number must keep to. None where nothing is asked. `largest_drop` is by how much it may
    be worse than the baseline's; `not_worse` asks the predictions.
    """

    minimum: float | None = None
    maximum: float | None = None
    largest_drop: float | None = None
    not_worse: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of one metric, and of the same metric in slices: those of `groups`, or of all
    groups that have it.
    """

    metric: str
    direction: Direction = Direction.UNKNOWN
    limits: Limits = Limits()
    slices: Limits | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate asks. `rerun` is "changed", "metrics", "all", or the names of stages; `remote`
    whether all that DVC keeps is in its remote, or the paths that are.
    """

    rules: tuple[Rule, ...] = ()
    primary: str = ""
    confidence: float = 0.95
    rerun: str | tuple[str, ...] = "changed"
    tolerance: float = 1e-6
    remote: bool | tuple[str, ...] = True
    test_set_may_change: bool = False


@dataclass(frozen=True, slots=True)
class Predicted:
    """Which table holds predictions, and what its columns mean; "" where columns' names say it.

    From `threshold` on a score stands for the positive class; None is 0.5, for probabilities.
    """

    path: str = ""
    id: str = ""
    label: str = ""
    score: str = ""
    slices: tuple[str, ...] | None = None
    positive: object = None
    threshold: float | None = None
    task: str = ""


_GATE = ("confidence", "metrics", "primary", "remote", "rerun", "test_set", "tolerance")
_LIMITS = ("minimum", "maximum", "largest_drop", "not_worse")
_METRIC = ("direction", "slices", *_LIMITS)
_SLICES = ("groups", *_LIMITS)
_REPORT = ("id", "label", "positive", "predictions", "score", "slices", "task", "threshold")
_RERUN = ("changed", "metrics", "all")


def parse_policy(table: Table) -> tuple[Policy, list[str]]:
    """The gate's settings, and everything wrong with them."""
    values, faults = entries(table, _GATE)
    policy = Policy(
        rules=take(_rules(entry(table, values, "metrics", {})), faults),
        primary=take(text(entry(table, values, "primary", None)), faults),
        confidence=take(_share(entry(table, values, "confidence", 0.95)), faults),
        rerun=take(_rerun(entry(table, values, "rerun", "changed")), faults),
        tolerance=take(_not_negative(entry(table, values, "tolerance", 1e-6)), faults) or 0.0,
        remote=take(_remote(entry(table, values, "remote", True)), faults),
        test_set_may_change=take(
            one_of(entry(table, values, "test_set", "same"), ("same", "may change")), faults
        )
        == "may change",
    )
    return policy, faults


def parse_predicted(table: Table) -> tuple[Predicted, list[str]]:
    """The report's settings, and everything wrong with them."""
    values, faults = entries(table, _REPORT)

    def named(key: str) -> str:
        return take(text(entry(table, values, key, None)), faults)

    slices = entry(table, values, "slices", None)
    threshold = take(number(entry(table, values, "threshold", None)), faults)
    tasks = ("classification", "regression")
    task = take(one_of(entry(table, values, "task", ""), tasks), faults) if "task" in values else ""
    positive = values.get("positive")
    if isinstance(positive, list | dict):
        faults.append(f"{table.name}.positive must be a label, not {kind(positive)}")
    return Predicted(
        named("predictions"),
        named("id"),
        named("label"),
        named("score"),
        slices=None if slices.value is None else take(texts(slices), faults),
        positive=positive,
        threshold=threshold,
        task=task,
    ), faults


def _rules(table: Table) -> tuple[tuple[Rule, ...], list[str]]:
    values, faults = entries(table)
    found = (_rule(name, entry(table, values, name, {})) for name in values)
    return tuple(take(result, faults) for result in found), faults


def _rule(name: str, table: Table) -> tuple[Rule, list[str]]:
    values, faults = entries(table, _METRIC)
    direction = Direction.UNKNOWN
    if "direction" in values:
        word = take(one_of(entry(table, values, "direction", ""), ("higher", "lower")), faults)
        direction = Direction(word)
    limits = take(_limits(table, values), faults)
    slices: Limits | None = None
    groups: tuple[str, ...] = ()
    if "slices" in values:
        inner = entry(table, values, "slices", {})
        held = take(entries(inner, _SLICES), faults)
        slices = take(_limits(inner, held), faults)
        groups = take(texts(entry(inner, held, "groups", [])), faults)
        if slices == Limits() and isinstance(inner.value, dict):
            faults.append(f"{inner.name} asks nothing: give it {_one_of_the_limits()}")
    elif limits == Limits() and isinstance(table.value, dict):
        faults.append(f"{table.name} asks nothing: give it {_one_of_the_limits()}")
    return Rule(name, direction, limits, slices, groups), faults


def _one_of_the_limits() -> str:
    return f"{', '.join(_LIMITS[:-1])} or {_LIMITS[-1]}"


def _limits(table: Table, values: dict[str, object]) -> tuple[Limits, list[str]]:
    faults: list[str] = []
    low = take(number(entry(table, values, "minimum", None)), faults)
    high = take(number(entry(table, values, "maximum", None)), faults)
    if low is not None and high is not None and low > high:
        faults.append(f"{table.name}: the minimum {low:g} is above the maximum {high:g}")
    drop = take(_not_negative(entry(table, values, "largest_drop", None)), faults)
    not_worse = take(truth(entry(table, values, "not_worse", False)), faults)
    return Limits(low, high, drop, not_worse), faults


def _not_negative(table: Table) -> tuple[float | None, list[str]]:
    value, faults = number(table)
    if value is not None and value < 0:
        return None, [f"{table.name} can't be below 0, and is {value:g}"]
    return value, faults


def _share(table: Table) -> tuple[float, list[str]]:
    value, faults = number(table)
    if value is not None and not 0.5 <= value < 1:
        return 0.95, [f"{table.name} must be at least 0.5 and below 1, such as 0.95, not {value:g}"]
    return (0.95 if value is None else value), faults


def _remote(table: Table) -> tuple[bool | tuple[str, ...], list[str]]:
    return texts(table) if isinstance(table.value, list) else truth(table)


def _rerun(table: Table) -> tuple[str | tuple[str, ...], list[str]]:
    if isinstance(table.value, list):
        return texts(table)
    if table.value in _RERUN:
        return str(table.value), []
    listed = ", ".join(f"'{word}'" for word in _RERUN)
    said = f"'{table.value}'" if isinstance(table.value, str) else kind(table.value)
    return "changed", [f"{table.name} must be {listed} or a list of stages, not {said}"]
