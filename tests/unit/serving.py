"""A small model to be served, and what the tests of the service have in common."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from starlette.testclient import TestClient

from nbstage.bundle import Bundle, Checked, Column, Output
from nbstage.bundle.rows import check_rows
from nbstage.serve.nouns import Service
from nbstage.serve.service import make_app
from nbstage.serve.work import Work, make_work

COLUMNS = (
    Column("tenure", "integer", "int64", example=3),
    Column("monthly charge", "number", "float64", missing=True, example=20.5),
    Column("auto", "boolean", "bool", example=True),
    Column("contract", "text", "object", ("month", "year"), example="month"),
    Column("size", "text", "category", ("large", "small"), fixed=True, example="small"),
    Column("since", "time", "datetime64[ns]", missing=True, example="2024-01-31T00:00:00"),
)
OUTPUTS = (Output("score", "number"), Output("leaves", "boolean"))
BUNDLE = Bundle(Path("bundle"), "churn", "v1.2.0", "3f2a", COLUMNS, OUTPUTS)
ROW = BUNDLE.example
SCORE = 0.3 + 0.205


class Model:
    """A model that is only arithmetic. A contract `wait` takes half a second, other words make it
    raise what code raises that meets what it can't take, or worse.
    """

    def __init__(self, bundle: Bundle = BUNDLE) -> None:
        self.bundle = bundle

    def check(self, rows: Sequence[object]) -> Checked:
        return check_rows(self.bundle.columns, rows)

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        contracts = set(table["contract"])
        if "wait" in contracts:
            time.sleep(0.5)
        if "long" in contracts:
            time.sleep(3)
        if "forever" in contracts:
            time.sleep(3600)
        if "strange" in contracts:
            raise ValueError("Found unknown categories ['strange'] in column 0")
        if "broken" in contracts:
            raise OSError("the disk is gone")
        if "exit" in contracts:
            raise SystemExit(3)
        if "none" in contracts:
            next(iter(()))
        score = table["tenure"] * 0.1 + table["monthly charge"] * 0.01
        score = score.mask(table["contract"] == "endless", float("inf"))
        return pd.DataFrame({"score": score, "leaves": score > 0.5}, index=table.index)


def serving(**changes: object) -> Work:
    """What a service of this model works with; without tokens, unless told otherwise."""
    service: Service = replace(Service(open=True), **changes)  # type: ignore[arg-type]
    return make_work(Model(), service)


def client(work: Work) -> TestClient:
    """A client on this machine."""
    return TestClient(make_app(work), base_url="http://localhost")


def errors(response: object) -> list[dict[str, object]]:
    """What a refusal says."""
    listed: list[dict[str, object]] = response.json()["errors"]  # type: ignore[attr-defined]
    return listed


def as_json(**changes: object) -> str:
    """A row with other values."""
    return json.dumps(ROW | changes)


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)
