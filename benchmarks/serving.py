"""The service against a bare FastAPI route with the same model, and under load. Writes its table
into docs/serve.md.

    python -m benchmarks.serving

The bare route is what one writes in ten lines: pydantic checks the rows, pandas makes a table of
them, the predictor predicts. No tokens, limits, log, metrics or workers.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.load import Shot, run_load
from benchmarks.projects import ROOT
from benchmarks.table import between_marks
from nbstage.app.bundling import bundled
from nbstage.bundle import Bundle, Checked, Predictor, open_bundle
from nbstage.bundle.rows import check_rows
from nbstage.serve.nouns import Logging, Predicts, Service
from nbstage.serve.supervise import serve
from nbstage.serve.tokens import new_token

if TYPE_CHECKING:
    import pandas as pd

PAGE = ROOT / "docs" / "serve.md"
START = "<!-- what the benchmark measured -->"
END = "<!-- end of what the benchmark measured -->"
ROUNDS, SECONDS, LOAD = 9, 2.0, 10.0
FIGURES = ("a_second", "half", "most", "cpu", "errors")
_TYPES = {"integer": int, "number": float, "boolean": bool, "text": str, "time": str}


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and milliseconds: the medians of all rounds. CPU time is a request's."""

    a_second: float
    half: float
    most: float
    cpu: float
    errors: int


@dataclass(frozen=True, slots=True)
class Cheap:
    """The same rows to a prediction that costs nothing: what is left is the service itself."""

    bundle: Bundle

    def check(self, rows: Sequence[object]) -> Checked:
        return check_rows(self.bundle.columns, rows)

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"prediction": table["tenure"] > 12}, index=table.index)


def open_forest(folder: Path) -> Predictor:
    """The example's own model."""
    return Predictor(open_bundle(folder), allow_pickle=True)


def open_cheap(folder: Path) -> Cheap:
    """The model that costs nothing."""
    return Cheap(open_bundle(folder))


def run_bare(predictor: Callable[[], Predicts], port: int) -> None:
    """Serve the bare route."""
    import pandas as pd
    import uvicorn
    from fastapi import FastAPI
    from pydantic import create_model

    model, app = predictor(), FastAPI()
    fields: dict[str, Any] = {one.name: (_TYPES[one.kind], ...) for one in model.bundle.columns}
    row = create_model("Row", **fields)

    def predict(rows: list[Any]) -> list[dict[str, Any]]:
        table = pd.DataFrame([one.model_dump() for one in rows])
        return model.predict(table).to_dict("records")  # type: ignore[return-value]

    predict.__annotations__["rows"] = list[row]  # type: ignore[valid-type]
    app.post("/predict")(predict)
    uvicorn.run(app, port=port, log_level="error", access_log=False)


def run_service(predictor: Callable[[], Predicts], service: Service) -> None:
    """Serve with nbstage."""
    serve(predictor, service, lambda _: None, lambda _: None)


def main() -> int:
    """Measure, print the tables, and put them into the page."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        bundle = stack.enter_context(bundled(str(ROOT), lambda _: None))
        token = new_token(Path(name) / "tokens", "bench", "2026-11-21")
        made = Service(tokens=Path(name) / "tokens", logging=Logging(Path(name) / "log"))
        told = (f"Authorization: Bearer {token}",)
        lines = [
            "| model | rows | | p50 ms | p99 ms | CPU ms a request |",
            "|---|---:|---|---:|---:|---:|",
        ]
        lines += compared("the example's forest", open_forest, bundle, made, told, (1,))
        lines += compared("none: it costs nothing", open_cheap, bundle, made, told, (1, 100))
        lines += ["", "| model | workers | requests a second | p50 ms | p99 ms | errors |"]
        lines += ["|---|---:|---:|---:|---:|---:|"]
        lines += [
            loaded(what, opened, bundle, made, told, workers)
            for what, opened in (("the forest", open_forest), ("none", open_cheap))
            for workers in (1, 2)
        ]
    where = f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores"
    lines += ["", f"{where}, which client and service share; medians of {ROUNDS} rounds, in which "]
    lines[-1] += (
        f"both took turns. The second table: 16 connections for {LOAD:g} s, one row a request."
    )
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between_marks(text, "\n".join(lines), START, END), encoding="utf-8")
    print("\n".join(lines))
    return 0


def compared(
    what: str,
    opened: Callable[[Path], Predicts],
    bundle: Bundle,
    made: Service,
    told: tuple[str, ...],
    counts: tuple[int, ...],
) -> list[str]:
    """Three lines for each number of rows in a request: bare, nbstage, and the ratio."""
    opener, bare, ours = partial(opened, bundle.folder), free_port(), free_port()
    lines: list[str] = []
    with (
        running(run_bare, opener, bare) as first,
        running(run_service, opener, replace(made, port=ours)) as second,
    ):
        for count in counts:
            body = json.dumps([bundle.example] * count).encode()
            both = [(Shot(bare, body, told, 1), first), (Shot(ours, body, told, 1), second)]
            one, other = in_turn(both)
            assert one.errors == other.errors == 0
            for name, found in (("bare", one), ("nbstage", other)):
                figures = f"{found.half:.2f} | {found.most:.2f} | {found.cpu:.2f}"
                lines.append(f"| {what} | {count} | {name} | {figures} |")
            shares = (other.half / one.half, other.most / one.most, other.cpu / one.cpu)
            lines.append(f"| | | ratio | {' | '.join(f'{share:.2f}' for share in shares)} |")
    return lines


def in_turn(both: list[tuple[Shot, int]]) -> list[Measured]:
    """Each measured in each round, one after the other, so that both have the same weather."""
    for shot, _ in both:
        run_load(shot, 1.0)
    rounds = [[measured(shot, pid) for shot, pid in both] for _ in range(ROUNDS)]
    return [
        Measured(*(statistics.median(getattr(one, name) for one in found) for name in FIGURES))
        for found in zip(*rounds, strict=True)
    ]


def measured(shot: Shot, pid: int, seconds: float = SECONDS) -> Measured:
    """One round."""
    before = used(pid)
    found = run_load(shot, seconds)
    spent = 1000 * (used(pid) - before) / len(found.seconds)
    good = found.statuses.get(200, 0)
    errors = len(found.lost) + len(found.refused) + len(found.seconds) - good
    half, most = (1000 * found.quantile(share) for share in (0.5, 0.99))
    return Measured(found.a_second, half, most, spent, errors)


def loaded(
    what: str,
    opened: Callable[[Path], Predicts],
    bundle: Bundle,
    made: Service,
    told: tuple[str, ...],
    workers: int,
) -> str:
    """A line: the service under more load than it can take at once."""
    opener, port = partial(opened, bundle.folder), free_port()
    with running(run_service, opener, replace(made, port=port, workers=workers)) as pid:
        shot = Shot(port, json.dumps(bundle.example).encode(), told, connections=16)
        run_load(shot, 1.0)
        found = measured(shot, pid, LOAD)
    times = f"{found.half:.0f} | {found.most:.0f}"
    return f"| {what} | {workers} | {found.a_second:.0f} | {times} | {found.errors} |"


def used(pid: int) -> float:
    """The CPU seconds of a process and its children until now."""
    import psutil

    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


@contextmanager
def running(run: Callable[..., None], predictor: object, how: object) -> Iterator[int]:
    """The id of a process that runs the function, whose port answers."""
    process = multiprocessing.get_context("spawn").Process(target=run, args=(predictor, how))
    process.start()
    port = how.port if isinstance(how, Service) else int(str(how))
    try:
        while True:
            assert process.is_alive()
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid or 0
    finally:
        process.terminate()
        process.join()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
