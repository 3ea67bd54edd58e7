"""What became of the policy itself: who can change it can pass it, so it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from nbstage.compare.files import text_of
from nbstage.compare.nouns import Side
from nbstage.config import Settings
from nbstage.gate.nouns import Line
from nbstage.policy import Policy

_LOOK = "look at it in review, this run is judged by the new one"


def judge_policy(before: Settings, now: Settings) -> Iterator[Line]:
    """Lines that say what differs from the baseline's policy, and that it is missing."""
    if before.policy is None:
        return
    if now.policy is None:
        why = "the baseline has [tool.nbstage.gate] in pyproject.toml, and here it is gone"
        yield Line(False, "policy", "missing", "the baseline's", why)
        return
    changed = [*_keys(before.policy, now.policy), *_metrics(before.policy, now.policy)]
    if before.predicted != now.predicted:
        changed.append("[tool.nbstage.report]")
    if changed:
        yield Line(None, "policy", "changed", "the baseline's", f"{', '.join(changed)}: {_LOOK}")


def _keys(before: Policy, now: Policy) -> Iterator[str]:
    for field in fields(Policy):
        if field.name != "rules" and getattr(before, field.name) != getattr(now, field.name):
            yield field.name


def _metrics(before: Policy, now: Policy) -> Iterator[str]:
    rules = [{rule.metric: rule for rule in policy.rules} for policy in (before, now)]
    for name in sorted(rules[0].keys() | rules[1].keys()):
        if rules[0].get(name) != rules[1].get(name):
            yield f"'{name}'"


def judge_remote_change(old: Side, new: Side) -> Iterator[Line]:
    """A line that says that DVC's settings are others, and with them perhaps the remote."""
    if _settings(old) != _settings(new):
        yield Line(None, "'.dvc/config'", "changed", "the baseline's", _LOOK)


def _settings(side: Side) -> str:
    try:
        return text_of(side, ".dvc/config")
    except (OSError, ValueError):
        return ""
