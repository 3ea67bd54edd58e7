"""Two versions of a project side by side, and what the policy says of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbstage.app.notebooks import convert_all
from nbstage.baseline.git import find_baseline
from nbstage.baseline.lay_out import older_side, working_side
from nbstage.compare.compare import compare
from nbstage.compare.nouns import Comparison, Side
from nbstage.config import Settings, read_settings
from nbstage.errors import UserError
from nbstage.gate.evidence import judge_predictions
from nbstage.gate.genuine import judge_committed, judge_remote, judge_standing
from nbstage.gate.limits import judge_metrics, judge_origin
from nbstage.gate.nouns import Gated, Line
from nbstage.gate.policy_change import baseline_policy, judge_policy
from nbstage.gate.rerun import judge_rerun
from nbstage.page.view import traced
from nbstage.policy import Direction, Policy
from nbstage.project import find_notebooks

Say = Callable[[str], None]


def report(root: Path, revision: str | None, say: Say) -> Comparison:
    """The project as it lies there, compared with a revision (None: where it left main)."""
    with _compared(root, read_settings(root), revision, say) as (comparison, _, _):
        return comparison


def gate(root: Path, revision: str | None, *, rerun: bool, say: Say) -> Gated:
    """What the policy asks of the project as it lies there, and whether its numbers are genuine.

    Raises UserError where there is no policy. Without `rerun` no stage runs again.
    """
    settings = read_settings(root)
    with _compared(root, settings, revision, say) as (comparison, _, new):
        before = baseline_policy(root, comparison.baseline)
        policy = settings.policy
        if policy is None:
            if before is None:
                raise _no_policy(comparison)
            lines = [Line(False, "policy", "missing", "the baseline's", _TAKEN_AWAY)]
            return Gated(tuple(lines), comparison)
        lines = [*judge_policy(before, policy), *judge_metrics(policy, comparison)]
        lines += judge_predictions(policy, comparison)
        lines += judge_origin(policy, comparison)
        say("asking git and DVC")
        standing = list(judge_standing(root, new))
        lines += [*standing, judge_committed(root, new)]
        if policy.remote:
            lines += judge_remote(root, new)
        if not rerun:
            lines.append(Line(None, "run again", "no stage", "left out", "--no-rerun"))
        elif any(line.met is False for line in standing):
            why = "first the pipeline has to be in step with dvc.lock"
            lines.append(Line(None, "run again", "no stage", "in step", why))
        else:
            lines += judge_rerun(root, policy, comparison, say)
        return Gated(tuple(lines), comparison)


_TAKEN_AWAY = "the baseline has [tool.nbstage.gate] in pyproject.toml, and here it is gone"


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


@contextmanager
def _compared(
    root: Path, settings: Settings, revision: str | None, say: Say
) -> Iterator[tuple[Comparison, Side | None, Side]]:
    """The comparison and both sides, whose files are there for as long as it takes."""
    baseline = find_baseline(root, revision)
    with tempfile.TemporaryDirectory(prefix="nbstage-baseline-") as name:
        say("reading both versions")
        folder = Path(name).resolve()
        old = older_side(root, baseline.commit, folder) if baseline.commit else None
        new = working_side(root)
        say("comparing")
        policy = settings.policy or Policy()
        seconds = _seconds(root, settings)
        yield compare(baseline, old, new, policy, settings.predicted, seconds), old, new


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
