"""Predictions for a whole file, with the model that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbstage.app.bundling import bundled
from nbstage.bundle import Predictor
from nbstage.score.nouns import Scored
from nbstage.score.run import SIZE, Told, check_files
from nbstage.score.run import score as score_file

Say = Callable[[str], None]


def score(
    what: str,
    source: Path,
    output: Path,
    *,
    allow_pickle: bool,
    force: bool,
    size: int = SIZE,
    say: Say,
    told: Told,
) -> Scored:
    """Write what `what` (a version, a bundle, a project, a model's file) predicts for a file."""
    check_files(source, output, force=force)  # before a bundle is made, which takes seconds
    with bundled(what, say) as bundle:
        say("opening the bundle")
        predictor = Predictor(bundle, allow_pickle=allow_pickle)
        return score_file(predictor, source, output, force=force, size=size, told=told)
