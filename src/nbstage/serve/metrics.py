"""What a service counts, for Prometheus; the workers' counts are one sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nbstage.serve.shadow_counts import ShadowCounts, make_shadow_counts

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

    from nbstage.bundle.nouns import Bundle

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters; `text` gives them as Prometheus reads them."""

    requests: Counter
    seconds: Histogram
    rows: Counter
    faults: Counter
    unseen: Counter
    tokens_refused: Counter
    log_lost: Counter
    shadow: ShadowCounts
    text: Callable[[], bytes]


def make_metrics(bundle: Bundle, folder: str | None) -> Metrics:
    """Counters of this process. With a folder all workers' counts lie there, also those of workers
    that are gone; prometheus_client has to be imported with PROMETHEUS_MULTIPROC_DIR set to it.
    """
    from prometheus_client import CollectorRegistry, Counter, Histogram

    own = CollectorRegistry()

    def count(name: str, what: str, *labels: str) -> Counter:
        return Counter(f"nbstage_{name}", what, labels, registry=own)

    seconds = "From a request's first line to the end of its answer."
    metrics = Metrics(
        requests=count("requests", "Requests answered.", "path", "status"),
        seconds=Histogram(
            "nbstage_request_seconds", seconds, ["path"], buckets=_SECONDS, registry=own
        ),
        rows=count("rows", "Rows predicted."),
        faults=count("faulty_fields", "Fields of rows that were refused.", "field"),
        unseen=count("unseen_categories", "Values that training had not seen.", "field"),
        tokens_refused=count("tokens_refused", "Requests without a token that is good."),
        log_lost=count("log_lines_lost", "Predictions that could not be logged."),
        shadow=make_shadow_counts(own),
        text=partial(_text, own, folder),
    )
    _tell_model(bundle, own)
    return metrics


def _tell_model(bundle: Bundle, registry: CollectorRegistry) -> None:
    from prometheus_client import Gauge

    about = Gauge(
        "nbstage_model",
        "The version that is served; the value is how many workers serve it.",
        ["model", "version", "commit"],
        multiprocess_mode="livesum",
        registry=registry,
    )
    about.labels(bundle.model, bundle.version or "", bundle.commit or "").set(1)


def _text(own: CollectorRegistry, folder: str | None) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = own
    if folder is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
