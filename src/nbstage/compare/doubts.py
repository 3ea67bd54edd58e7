"""What makes the working version's numbers doubtful, though each of them can be read."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator

from nbstage.compare.files import file_of
from nbstage.compare.nouns import Metric, Predictions, Side

_MD5 = re.compile(r"[0-9a-f]{32}")
_DIGITS = 1e-6


def doubts(
    new: Side, metrics: Iterable[Metric], predictions: Predictions | None
) -> tuple[str, ...]:
    """Sentences on results that are not those of the last run, and on metrics that the predictions
    contradict.
    """
    judged = predictions.path if predictions else ""
    contradicted = _contradicted(metrics, predictions) if predictions else ()
    return (*_other_than_locked(new, judged), *contradicted)


def _other_than_locked(side: Side, predictions: str) -> Iterator[str]:
    for stage in side.locked.stages:
        for out in stage.outs:
            file, shown = out.file, out.kind == "metric" or out.file.path == predictions
            if shown and _MD5.fullmatch(file.hash) and not _is(side, file.path, file.hash):
                yield (
                    f"'{file.path}' is not what dvc.lock says that '{stage.name}' made: "
                    "`dvc repro`, or `dvc checkout` for what the last run made"
                )


def _is(side: Side, path: str, hash_: str) -> bool:
    """Whether a file has the hash, or can't be read, which others say."""
    try:
        with file_of(side, path).open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
            return found.hexdigest() == hash_
    except OSError:
        return True


def _contradicted(metrics: Iterable[Metric], predictions: Predictions) -> Iterator[str]:
    """Metrics that were what the predictions give, and no longer are."""
    measures = {one.measure: one for one in predictions.differences}
    for metric in metrics:
        one = measures.get(metric.name)
        if one is None or metric.old is None or metric.new is None:
            continue
        if _same(metric.old, one.old) and not _same(metric.new, one.new):
            yield (
                f"'{metric.called}' is {metric.new:.6g}, and '{predictions.path}' gives "
                f"{one.new:.6g}; the baseline's agree"
            )


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_DIGITS, abs_tol=_DIGITS)
