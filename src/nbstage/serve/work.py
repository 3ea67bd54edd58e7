"""What the routes of a service share: made once, at a worker's start."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbstage.bundle.nouns import Bundle
from nbstage.serve.lane import Lane
from nbstage.serve.log import PredictionLog
from nbstage.serve.metrics import Metrics, make_metrics
from nbstage.serve.nouns import Predicts, Service
from nbstage.serve.predicting import Seen, seen_in_training
from nbstage.serve.shadow import Copier
from nbstage.serve.standing import Standing


@dataclass(frozen=True, slots=True)
class Work:
    """A predictor and everything around it."""

    predictor: Predicts
    service: Service
    lane: Lane
    metrics: Metrics
    standing: Standing
    seen: Seen
    log: PredictionLog | None
    copier: Copier | None = None

    def begin(self) -> None:
        """Begin to log."""
        if self.log is not None:
            self.log.start()

    def end(self) -> None:
        """Begin no more predictions, and write what is still to be logged."""
        self.lane.close()
        if self.log is not None:
            self.log.close()


def make_work(predictor: Predicts, service: Service, counted: str | None = None) -> Work:
    """What the routes share. `counted` is the folder in which all workers' counts are."""
    metrics = make_metrics(predictor.bundle, counted)
    standing = Standing()
    return Work(
        predictor,
        service,
        Lane(service.limits.waiting, standing.be_stuck),
        metrics,
        standing,
        seen_in_training(predictor.bundle),
        _log(predictor.bundle, service, metrics),
        Copier(service.shadow_file, metrics.shadow) if service.shadow_file else None,
    )


def _log(bundle: Bundle, service: Service, metrics: Metrics) -> PredictionLog | None:
    folder = service.logging.folder
    if folder is None:
        return None
    return PredictionLog(folder, service.logging, bundle, _once(folder, metrics))


def _once(folder: Path, metrics: Metrics) -> Callable[[int, OSError | None], None]:
    """Count what is lost, and say so the first time."""
    said = False

    def lost(count: int, error: OSError | None) -> None:
        nonlocal said
        metrics.log_lost.inc(count)
        if not said:
            why = error.strerror if error else "more comes than can be written"
            print(
                f"warning: predictions can't be logged in '{folder}': {why}. Requests are "
                "answered all the same; nbstage_log_lines_lost_total counts what is lost.",
                file=sys.stderr,
                flush=True,
            )
        said = True

    return lost
