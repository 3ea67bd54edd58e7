"""The policy's metrics against those of a comparison. A pure judgement: nothing is read or run."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator

from nbstage.compare.locked import maker_of
from nbstage.compare.nouns import Comparison, Judgement, Metric
from nbstage.compare.told.words import count, number
from nbstage.gate.nouns import Line
from nbstage.policy import Direction, Limits, Policy, Rule

_ROUNDING = 1e-12  # 0.9 - 0.89 is a bit more than 0.01
_MOST_NAMED = 3


def judge_metrics(policy: Policy, comparison: Comparison) -> Iterator[Line]:
    """A line for each thing that the policy asks of a metric."""
    for rule in policy.rules:
        found = _named(rule.metric, comparison)
        if rule.limits != Limits():
            yield from _judge_one(rule, found, comparison)
        if rule.slices is not None:
            yield from _judge_slices(rule, rule.slices, comparison)


def judge_origin(policy: Policy, comparison: Comparison) -> Iterator[Line]:
    """A line for each file that something is judged by, but that no stage writes: to run the stages
    again tells nothing of it.
    """
    named = [one for rule in policy.rules for one in _judged_by(rule, comparison)]
    judged = [one.path for one in named if one.judgement is not Judgement.GONE]
    if comparison.predictions is not None and any(rule.limits.not_worse for rule in policy.rules):
        judged.append(comparison.predictions.path)
    for path in dict.fromkeys(judged):
        if not maker_of(comparison.locked, path):
            why = "it may hold anything: make it an output of a stage in dvc.yaml"
            yield Line(False, f"'{path}'", "written by no stage", "written by a stage", why)


def _judged_by(rule: Rule, comparison: Comparison) -> list[Metric]:
    slices = _slices_of(rule, comparison) if rule.slices is not None else []
    return [*_named(rule.metric, comparison), *slices]


def _slices_of(rule: Rule, comparison: Comparison) -> list[Metric]:
    """The same metric in slices: "by_contract.One year.roc_auc" is a slice of "roc_auc"."""
    ending = f".{rule.metric.rpartition(':')[2]}"
    groups = tuple(f"{group}." for group in rule.groups) or ("",)
    found = (one for one in comparison.metrics if one.name.endswith(ending))
    return [one for one in found if one.name.startswith(groups)]


def _named(name: str, comparison: Comparison) -> list[Metric]:
    """The metrics called so: "roc_auc", or "metrics/evaluate.json:roc_auc"."""
    return [one for one in comparison.metrics if name in (one.name, f"{one.path}:{one.name}")]


def _judge_one(rule: Rule, found: list[Metric], comparison: Comparison) -> Iterator[Line]:
    there = [one for one in found if one.judgement is not Judgement.GONE]
    if not there:
        yield Line(
            False, rule.metric, "missing", "a number", _missing(rule.metric, found, comparison)
        )
    elif len(there) > 1:
        named = f"{there[0].path}:{there[0].name}"
        why = f"{len(there)} files have a metric of this name: call it '{named}' in the policy"
        yield Line(False, rule.metric, "ambiguous", "one number", why)
    else:
        yield from _judge_value(rule.metric, there[0], rule.limits, comparison)


def _missing(name: str, gone: list[Metric], comparison: Comparison) -> str:
    if gone and gone[0].renamed_to:
        return f"'{gone[0].renamed_to}' is new and has its value: renamed? Then rename it here too"
    if gone:
        return "the baseline has it"
    names = [one.name for one in comparison.metrics if one.judgement is not Judgement.GONE]
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    listed = ", ".join(f"'{other}'" for other in names[:_MOST_NAMED])
    return f"the metrics are {listed}..." if names else "no stage wrote a metrics file"


def _judge_value(
    name: str, metric: Metric, limits: Limits, comparison: Comparison
) -> Iterator[Line]:
    value = metric.new
    if value is None or not math.isfinite(value):
        shown = "no number" if value is None else number(value)
        yield Line(False, name, shown, "a finite number", f"as it stands in '{metric.path}'")
        return
    if limits.minimum is not None:
        yield Line(value >= limits.minimum, name, exact(value), f"at least {limits.minimum:g}")
    if limits.maximum is not None:
        yield Line(value <= limits.maximum, name, exact(value), f"at most {limits.maximum:g}")
    if limits.largest_drop is not None:
        yield _judge_drop(name, metric, value, limits.largest_drop, comparison)


def _judge_drop(
    name: str, metric: Metric, value: float, most: float, comparison: Comparison
) -> Line:
    limit = f"worse by at most {most:g}"
    if metric.direction is Direction.UNKNOWN:
        why = 'the policy has to say which way is better: direction = "higher" or "lower"'
        return Line(False, name, exact(value), limit, why)
    if comparison.baseline.none:
        return Line(None, name, exact(value), limit, "first run: there is no baseline")
    if metric.unread:
        why = "the baseline's metrics can't be read: `--fetch` brings them from the DVC remote"
        return Line(False, name, exact(value), limit, why)
    if metric.old is None or not math.isfinite(metric.old):
        why = "the baseline has no such number to compare with"
        return Line(None, name, exact(value), limit, why)
    drop = value - metric.old if metric.direction is Direction.LOWER else metric.old - value
    met = drop <= most + _ROUNDING
    told = "worse" if drop > 0 else "better"
    shown = f"{exact(value)}, {told} by {abs(drop):.3g}" if drop else f"{exact(value)}, unchanged"
    return Line(met, name, shown, limit, f"the baseline has {exact(metric.old)}")


def _judge_slices(rule: Rule, limits: Limits, comparison: Comparison) -> Iterator[Line]:
    last = rule.metric.rpartition(":")[2]
    slices = _slices_of(rule, comparison)
    for group in rule.groups:
        if not any(one.name.startswith(f"{group}.") for one in slices):
            why = f"no metric '{group}.*.{last}' is there"
            yield Line(False, f"{last} by {group}", "missing", "its slices", why)
    if not rule.groups and not slices:
        yield Line(False, f"{last} in slices", "missing", "its slices", f"no metric '*.{last}'")
    lines = [line for one in slices for line in _judge_slice(one, limits, comparison)]
    yield from (line for line in lines if line.met is not True)
    yield from _summed(f"{last} in slices", [line for line in lines if line.met])


def _judge_slice(metric: Metric, limits: Limits, comparison: Comparison) -> Iterator[Line]:
    if metric.judgement is Judgement.GONE:
        why = "the baseline has this slice: a slice that is no longer measured may be worse"
        yield Line(False, metric.called, "missing", "a number", why)
    else:
        yield from _judge_value(metric.called, metric, limits, comparison)


def _summed(name: str, met: list[Line]) -> Iterator[Line]:
    """One line for all slices that keep to a limit."""
    for limit in dict.fromkeys(line.limit for line in met):
        yield Line(True, name, count(sum(line.limit == limit for line in met), "slice"), limit)


def exact(value: float) -> str:
    """A number with as many digits as tell it from a limit next to it."""
    return f"{value:.6g}"
