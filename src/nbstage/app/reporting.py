"""Two versions of a project side by side, and what the policy says of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbstage.app.notebooks import convert_all
from nbstage.baseline.fetch import fetch as fetch_baseline
from nbstage.baseline.git import find_baseline
from nbstage.baseline.lay_out import older_side, working_side
from nbstage.compare.compare import compare
from nbstage.compare.files import text_of
from nbstage.compare.nouns import Comparison, Side
from nbstage.compare.predictions import predictions_path
from nbstage.config import Settings, parse_settings, read_settings
from nbstage.errors import UserError
from nbstage.gate.evidence import judge_predictions
from nbstage.gate.genuine import judge_committed, judge_remote, judge_standing
from nbstage.gate.inputs import judge_inputs
from nbstage.gate.limits import judge_metrics, judge_origin
from nbstage.gate.nouns import Gated, LeftOut, Line
from nbstage.gate.policy_change import judge_policy, judge_remote_change
from nbstage.gate.rerun import judge_rerun
from nbstage.page.view import traced
from nbstage.policy import Direction, Policy
from nbstage.project import find_notebooks

Say = Callable[[str], None]


def report(root: Path, revision: str | None, *, fetch: bool, say: Say) -> Comparison:
    """The project as it lies there, compared with a revision (None: where it left main).

    With `fetch` the baseline's predictions and plots are brought from the DVC remote.
    """
    with _compared(root, read_settings(root), revision, fetch=fetch, say=say) as both:
        return both.comparison


def gate(root: Path, revision: str | None, *, fetch: bool, left_out: LeftOut, say: Say) -> Gated:
    """What the policy asks of the project as it lies there, and whether its numbers are genuine.

    Raises UserError where there is no policy.
    """
    settings = read_settings(root)
    with _compared(root, settings, revision, fetch=fetch, say=say) as both:
        lines = list(judge_policy(both.before, settings))
        if settings.policy is None:
            if not lines:
                raise _no_policy(both.comparison)
            return Gated(tuple(lines), both.comparison)
        if both.old is not None:
            lines += judge_remote_change(both.old, both.new)
            lines += judge_inputs(settings.policy, both.old.locked, both.new.locked)
        lines += judge_metrics(settings.policy, both.comparison)
        lines += judge_predictions(settings.policy, both.comparison)
        lines += judge_origin(settings.policy, both.comparison)
        lines += _genuine(root, settings.policy, both, left_out, say)
        return Gated(tuple(lines), both.comparison)


def _genuine(
    root: Path, policy: Policy, both: _Both, left_out: LeftOut, say: Say
) -> Iterator[Line]:
    """Lines on whether the numbers are the project's own."""
    say("asking git and DVC")
    standing = list(judge_standing(root, both.new))
    yield from standing
    yield judge_committed(root, both.new)
    if left_out.remote:
        yield Line(None, "remote", "not asked", "left out", "by --no-remote")
    elif policy.remote:
        asked = policy.remote if isinstance(policy.remote, tuple) else None
        yield from judge_remote(root, both.new, asked)
    if left_out.rerun:
        yield Line(None, "run again", "no stage", "left out", "by --no-rerun")
    elif any(line.met is False for line in standing):
        why = "first the pipeline has to be in step with dvc.lock"
        yield Line(None, "run again", "no stage", "in step", why)
    else:
        yield from judge_rerun(root, policy, both.comparison, say)


def _no_policy(comparison: Comparison) -> UserError:
    """What a policy could look like, with a metric that the project has."""
    known = [
        one
        for one in comparison.metrics
        if one.new is not None and one.direction is not Direction.UNKNOWN and "." not in one.name
    ]
    example = ""
    if known:
        example = f"; for example [tool.nbstage.gate.metrics.{known[0].name}] largest_drop = 0.01"
    return UserError(
        "there is no policy to hold the project to: pyproject.toml has no [tool.nbstage.gate]",
        "write that table, empty to check only that stages, dvc.lock, git and the DVC remote "
        f"agree and that the metrics can be made again{example}.",
    )


@dataclass(frozen=True, slots=True)
class _Both:
    """Both versions, whose files are there for as long as they are compared; `before` are the
    baseline's settings.
    """

    comparison: Comparison
    old: Side | None
    new: Side
    before: Settings


@contextmanager
def _compared(
    root: Path, settings: Settings, revision: str | None, *, fetch: bool, say: Say
) -> Iterator[_Both]:
    baseline = find_baseline(root, revision, settings.ci.branch)
    with tempfile.TemporaryDirectory(prefix="nbstage-baseline-") as name:
        say("reading both versions")
        new = working_side(root)
        if fetch and baseline.commit:
            say("fetching what the baseline is compared by")
            wanted = predictions_path(settings.predicted, (new,))
            fetch_baseline(root, baseline.commit, (wanted,))
        folder = Path(name).resolve()
        old = older_side(root, baseline.commit, folder, new) if baseline.commit else None
        before = _settings_of(old)
        say("comparing")
        comparison = compare(
            baseline,
            old,
            new,
            settings.policy or Policy(),
            settings.predicted,
            _seconds(root, settings),
            before.predicted,
        )
        yield _Both(comparison, old, new, before)


def _settings_of(old: Side | None) -> Settings:
    """The baseline's settings, none where they can't be read."""
    try:
        return parse_settings(text_of(old, "pyproject.toml")) if old else Settings()
    except (OSError, ValueError, UserError):
        return Settings()


def _seconds(root: Path, settings: Settings) -> dict[str, float]:
    """How long each stage of the notebooks took in their last trace, as far as there is one."""
    try:
        found, _ = convert_all(root, settings.config, find_notebooks(root, settings.config))
    except UserError:
        return {}
    times: dict[str, float] = {}
    for converted, _ in found:
        for plan in converted.plans:
            cells = traced(plan.name, converted.blocks, converted.program.facts)
            if cells:
                times[plan.name] = sum(cell.seconds for cell in cells)
    return times
