"""`[tool.nbstage.serve]`: the way from a row to a prediction, and how it is served.

[tool.nbstage.serve]
stages = ["features"]                   # that a row goes through; default: cells tagged `predict`
model = "artifacts/train/model.joblib"  # applied to what they give; or the last stage predicts
input = "customers"                     # the table that the rows stand in for
output = "predictions"                  # what the last stage makes, where that is several things
columns = ["tenure", "contract"]        # of the input; default: those that the path needs
compare = true                          # with the table of predictions that reports are made of

workers = 2                             # processes that answer
tokens = ".nbstage/tokens"              # the file with the tokens' hashes
max_rows = 10000                        # of a request
max_bytes = 4000000                     # of a request's body
timeout = 30                            # seconds for a request
log = "logs/predictions"                # the folder of the log of predictions; false: none
log_fields = ["tenure", "contract"]     # of a row, to be logged with its prediction; default: none
log_file_bytes = 50000000               # of a file of the log
log_bytes = 1000000000                  # of all of them; then the oldest go
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nbstage.toml_table import Table, entries, entry, leaves_root, number, take, text, texts, truth


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How it is served. `log` is "" where predictions are not to be logged."""

    workers: int = 1
    tokens: str = ".nbstage/tokens"
    max_rows: int = 10_000
    max_bytes: int = 4_000_000
    timeout: float = 30.0
    log: str = "logs/predictions"
    log_fields: tuple[str, ...] = ()
    log_file_bytes: int = 50_000_000
    log_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """The path; what is empty is told from the pipeline."""

    stages: tuple[str, ...] = ()
    model: str = ""
    input: str = ""
    output: str = ""
    columns: tuple[str, ...] = ()
    compare: bool = True
    service: ServiceSettings = field(default_factory=ServiceSettings)


_PATH = ("columns", "compare", "input", "model", "output", "stages")
_COUNTS = ("log_bytes", "log_file_bytes", "max_bytes", "max_rows", "workers")
_KEYS = tuple(sorted((*_PATH, *_COUNTS, "log", "log_fields", "timeout", "tokens")))


def parse_serve(table: Table) -> tuple[ServeSettings, list[str]]:
    """The settings, and everything wrong with them."""
    values, faults = entries(table, _KEYS)
    model = take(text(entry(table, values, "model", None)), faults)
    if leaves_root(model):
        faults.append(f"{table.name}.model: '{model}' is outside the project")
    return ServeSettings(
        stages=take(texts(entry(table, values, "stages", [])), faults),
        model=model,
        input=take(text(entry(table, values, "input", None)), faults),
        output=take(text(entry(table, values, "output", None)), faults),
        columns=take(texts(entry(table, values, "columns", [])), faults),
        compare=take(truth(entry(table, values, "compare", True)), faults),
        service=take(_service(table, values), faults),
    ), faults


def _service(table: Table, values: dict[str, object]) -> tuple[ServiceSettings, list[str]]:
    default, faults = ServiceSettings(), list[str]()

    def count(key: str, otherwise: int) -> int:
        return round(take(_positive(entry(table, values, key, otherwise), whole=True), faults))

    log = entry(table, values, "log", default.log)
    return ServiceSettings(
        workers=count("workers", default.workers),
        tokens=take(text(entry(table, values, "tokens", default.tokens)), faults),
        max_rows=count("max_rows", default.max_rows),
        max_bytes=count("max_bytes", default.max_bytes),
        timeout=take(_positive(entry(table, values, "timeout", default.timeout)), faults),
        log="" if log.value is False else take(text(log), faults),
        log_fields=take(texts(entry(table, values, "log_fields", [])), faults),
        log_file_bytes=count("log_file_bytes", default.log_file_bytes),
        log_bytes=count("log_bytes", default.log_bytes),
    ), faults


def _positive(table: Table, *, whole: bool = False) -> tuple[float, list[str]]:
    value, faults = number(table)
    if value is not None and value > 0 and not (whole and value % 1):
        return value, faults
    wanted = "a whole number from 1" if whole else "more than 0"
    return 1.0, faults or [f"{table.name} must be {wanted}, not {value:g}"]
