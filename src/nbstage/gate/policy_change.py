"""What became of the policy itself: who can change it can pass it, so it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from nbstage.baseline.git import content_at
from nbstage.compare.nouns import Baseline
from nbstage.config import parse_settings
from nbstage.errors import UserError
from nbstage.gate.nouns import Line
from nbstage.policy import Policy


def baseline_policy(root: Path, baseline: Baseline) -> Policy | None:
    """The policy that the baseline has; None if it has none, or none that can be read."""
    text = content_at(root, baseline.commit, "pyproject.toml") if baseline.commit else None
    if text is None:
        return None
    try:
        return parse_settings(text.decode("utf-8", "replace")).policy
    except UserError:
        return None


def judge_policy(before: Policy | None, now: Policy) -> Iterator[Line]:
    """A line that says what differs from the baseline's policy."""
    if before is None or before == now:
        return
    changed = [field.name for field in fields(Policy) if _differs(field.name, before, now)]
    rules = {rule.metric: rule for rule in before.rules}
    asked = {rule.metric: rule for rule in now.rules}
    moved = [
        f"'{name}'" for name in rules.keys() | asked.keys() if rules.get(name) != asked.get(name)
    ]
    named = [name for name in changed if name != "rules"] + sorted(moved)
    why = f"{', '.join(named)}: look at pyproject.toml, this run is judged by the new one"
    yield Line(None, "policy", "changed", "the baseline's", why)


def _differs(name: str, before: Policy, now: Policy) -> bool:
    return bool(getattr(before, name) != getattr(now, name))
