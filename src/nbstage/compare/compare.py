"""Two versions of a project -> all that differs between them."""

from __future__ import annotations

from collections.abc import Mapping

from nbstage.compare.doubts import doubts
from nbstage.compare.metrics import compare_metrics
from nbstage.compare.nouns import Baseline, Comparison, Side
from nbstage.compare.parameters import compare_parameters
from nbstage.compare.plots import compare_plots
from nbstage.compare.predictions import compare_predictions
from nbstage.compare.stages import compare_code, compare_files, compare_stages
from nbstage.policy import Direction, Policy, Predicted


def compare(
    baseline: Baseline,
    old: Side | None,
    new: Side,
    policy: Policy,
    predicted: Predicted,
    seconds: Mapping[str, float],
    before: Predicted,
) -> Comparison:
    """Compare the working version with the baseline's; without one (None), tell what there is.

    `seconds` are those that stages took in the last trace, `before` is what the baseline's settings
    say of its predictions.
    """
    metrics, unread = compare_metrics(old, new, directions(policy))
    parameters, unreadable = compare_parameters(old, new)
    predictions = compare_predictions(
        old,
        new,
        predicted,
        primary=primary_of(policy),
        confidence=policy.confidence,
        before=before,
    )
    faults = [
        f"{fault} (of {side.name})" for side in (old, new) if side for fault in side.locked.faults
    ]
    return Comparison(
        baseline,
        new.name,
        metrics,
        parameters,
        compare_stages(old, new, seconds),
        compare_code(old, new),
        compare_files(old, new),
        compare_plots(old, new),
        predictions,
        new.locked,
        (*faults, *unread, *unreadable, *doubts(new, metrics, predictions)),
    )


def directions(policy: Policy) -> Mapping[str, Direction]:
    """The metrics of which the policy says which way is better."""
    return {rule.metric: rule.direction for rule in policy.rules}


def primary_of(policy: Policy) -> str:
    """The measure that decides: as the policy says, else the first that must not be worse."""
    asked = [
        rule.metric
        for rule in policy.rules
        if rule.limits.not_worse or (rule.slices is not None and rule.slices.not_worse)
    ]
    return policy.primary or (asked[0] if asked else "")
