"""What the predictions of both versions show, against the policy. A pure judgement."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.compare.nouns import Comparison, Predictions, Verdict
from nbstage.compare.told.words import interval, number, sentence
from nbstage.gate.nouns import Line
from nbstage.policy import Policy


def judge_predictions(policy: Policy, comparison: Comparison) -> Iterator[Line]:
    """A line for each metric that must not be worse by the predictions, and for the test set."""
    whole = [rule.metric for rule in policy.rules if rule.limits.not_worse]
    parts = [rule.metric for rule in policy.rules if rule.slices and rule.slices.not_worse]
    if not whole and not parts:
        return
    limit = f"not worse, with {policy.confidence:.0%} confidence"
    found = comparison.predictions
    if found is None:
        why = "no table of predictions is known: [tool.nbstage.report] predictions names it"
        yield Line(False, "predictions", "missing", limit, why)
        return
    if found.failure:
        yield Line(
            None if found.absent else False, "predictions", "not compared", limit, found.failure
        )
        return
    if not found.same_rows:
        yield _changed(policy, "test set", "same rows and labels", found.warnings[0])
    for metric in whole:
        yield _judge_measure(metric, limit, found)
    for metric in parts:
        yield from _judge_slices(policy, metric, limit, found)


def _changed(policy: Policy, what: str, limit: str, why: str) -> Line:
    """Other rows, labels or slices may make any model look good."""
    if policy.test_set_may_change:
        return Line(None, what, "changed", "may change", why)
    hint = 'test_set = "may change" in the policy allows it'
    return Line(False, what, "changed", limit, f"{why}. {hint}")


def _judge_measure(metric: str, limit: str, found: Predictions) -> Line:
    name = metric.rpartition(":")[2].rpartition(".")[2]
    one = next((one for one in found.differences if one.measure == name), None)
    if one is None:
        known = ", ".join(f"'{other.measure}'" for other in found.differences)
        why = f"it can't be taken from predictions; {known} can"
        return Line(False, metric, "not compared", limit, why)
    met = one.verdict in (Verdict.BETTER, Verdict.NO_EVIDENCE)
    return Line(met, metric, one.verdict.value, limit, sentence(one, found).rstrip("."))


def _judge_slices(policy: Policy, metric: str, limit: str, found: Predictions) -> Iterator[Line]:
    name = f"{metric} in slices"
    if metric.rpartition(".")[2] != found.primary:
        why = f"slices are compared by the primary measure, which is '{found.primary}'"
        yield Line(False, name, "not compared", limit, why)
        return
    if found.slices_changed:
        yield _changed(policy, "slices", "the baseline's", found.slices_changed)
    judged = [one for one in found.slices if one.found]
    if not judged:
        why = f"'{found.path}' has no column to make slices by, or too few rows in each"
        yield Line(False, name, "not compared", limit, why)
        return
    few = len(found.slices) - len(judged)
    worse = [one for one in judged if one.found and one.found.verdict is Verdict.WORSE]
    for one in worse:
        if one.found:
            why = (
                f"{number(one.found.old)} became {number(one.found.new)} (interval "
                f"{interval(one.found)}) on {one.rows:,} rows, corrected for {len(judged)} slices"
            )
            yield Line(False, f"{metric} where {one.column} is {one.value}", "worse", limit, why)
    if not worse:
        why = f"{few} more have too few rows to say" if few else ""
        yield Line(True, name, f"{len(judged)} not shown to be worse", limit, why)
