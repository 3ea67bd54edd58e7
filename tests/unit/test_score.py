"""Files of rows, scored: every format, bad rows, what a killed run leaves, clear refusals."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbstage.bundle import Predictor, make, open_bundle
from nbstage.bundle.nouns import Bundle
from nbstage.errors import UserError
from nbstage.score.parts import parts_folder
from nbstage.score.run import score
from nbstage.serve_settings import ServeSettings
from tests.bundles import pipeline

TRIPS = """
# %% tags=["imports"]
import pandas as pd

# %% tags=["stage:load"]
trips = pd.DataFrame({
    "trip": [f"t{n}" for n in range(50)],
    "start": pd.date_range("2026-01-01", periods=50, freq="h"),
    "seats": [1 + n % 4 for n in range(50)],
    "km": [0.1 * n for n in range(50)],
    "night": [n % 3 == 0 for n in range(50)],
    "zone": ["north", "south"] * 25,
    "remark": ["late" if n % 5 else None for n in range(50)],
})
rates = {"north": 1.5, "south": 2.25}

# %% tags=["stage:fares"]
if (trips["km"] > 1000).any():
    raise ValueError("further than the road goes")
fares = pd.DataFrame({
    "fare": trips["km"] * trips["zone"].map(lambda zone: rates[zone]) + trips["seats"],
    "late": trips["remark"].notna() & trips["night"],
    "hour": trips["start"].dt.hour,
})

# %% tags=["stage:judge"]
print(len(fares))
"""

ROWS = pd.DataFrame(
    {
        "order": [f"o{n}" for n in range(45)],
        "start": pd.date_range("2026-03-01", periods=45, freq="min"),
        "seats": [1 + n % 3 for n in range(45)],
        "km": [n / 7 for n in range(45)],
        "night": [n % 2 == 0 for n in range(45)],
        "zone": ["south", "north", "north"] * 15,
        "remark": [None if n % 4 else "late, very" for n in range(45)],
    }
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    root = tmp_path_factory.mktemp("trips")
    project = pipeline(root / "project", TRIPS, '[tool.nbstage.formats]\nfares = "parquet"\n')
    return make(project, root / "bundle", serve=ServeSettings(stages=("fares",)), model="fares")


@pytest.fixture
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle)


def write(path: Path, rows: pd.DataFrame = ROWS) -> Path:
    match path.suffix:
        case ".parquet":
            rows.to_parquet(path)
        case ".jsonl":
            path.write_text(json_lines(rows))
        case _:
            rows.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


def json_lines(rows: pd.DataFrame) -> str:
    """To the last digit, which pandas' own lines are not."""
    plain = rows.assign(start=rows["start"].map(pd.Timestamp.isoformat)).astype(object)
    plain = plain.where(plain.notna(), None)
    return "".join(json.dumps(row) + "\n" for row in plain.to_dict("records"))


def read(path: Path) -> pd.DataFrame:
    match path.suffix:
        case ".parquet":
            return pd.read_parquet(path)
        case ".jsonl":
            return pd.DataFrame(map(json.loads, path.read_text().splitlines()))
        case _:
            return pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",")


def bad_rows(output: Path) -> list[dict[str, Any]]:
    text = output.with_name(f"{output.name}.bad.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_bundle_says_what_a_trip_is(bundle: Bundle) -> None:
    assert [(one.name, one.kind, one.missing, one.fixed) for one in bundle.columns] == [
        ("start", "time", False, False),
        ("seats", "integer", False, False),
        ("km", "number", False, False),
        ("night", "boolean", False, False),
        ("zone", "text", False, True),
        ("remark", "text", True, False),
    ]
    assert "nbstage==" in (bundle.folder / "requirements.txt").read_text()
    assert not bundle.pickles


def test_no_rows_have_no_predictions(predictor: Predictor) -> None:
    found = predictor.predict(predictor.check([]).table)
    assert (len(found), list(found.columns)) == (0, ["fare", "late", "hour"])


def test_the_same_project_makes_the_same_bundle(bundle: Bundle, tmp_path: Path) -> None:
    serve = ServeSettings(stages=("fares",))
    again = make(bundle.folder.parent / "project", tmp_path / "again", serve=serve, model="fares")
    texts = [(one.folder / "bundle.json").read_bytes() for one in (bundle, again)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("before", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("after", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_format_gives_the_same_predictions(
    before: str, after: str, predictor: Predictor, tmp_path: Path
) -> None:
    source, output = write(tmp_path / f"in{before}"), tmp_path / f"out{after}"
    done = score(predictor, source, output, size=10)
    assert (done.rows, done.bad, done.bad_rows) == (45, 0, None)
    found = read(output)
    assert list(found.columns) == ["row", "order", "fare", "late", "hour"]
    assert list(found["row"]) == list(range(1, 46))
    assert list(found["order"]) == list(ROWS["order"])
    expected = predictor.predict(ROWS.drop(columns="order"))
    assert list(found["fare"]) == list(expected["fare"])
    assert list(found["late"]) == list(expected["late"])
    assert list(found["hour"]) == list(expected["hour"])
    assert not parts_folder(output).exists()


CSV = """order,start,seats,km,night,zone,remark
o1,2026-03-01 10:00,2,1.5,True,north,
o2,tomorrow,2.5,inf,maybe,west,late
o3,2026-03-01 10:00,2,1.5,true,north
o4,2026-03-01 10:00,2.0,1e1,FALSE,south,""

o5,,,,,,
o6,2026-03-01,3,2000,False,south,x
"""


def test_bad_rows_go_to_a_file_beside_with_what_is_wrong(
    predictor: Predictor, tmp_path: Path
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(CSV)
    done = score(predictor, source, output)
    assert (done.rows, done.bad) == (6, 4)
    assert list(read(output)["order"]) == ["o1", "o4"]
    told = {row["row"]: row["problems"] for row in bad_rows(output)}
    assert told == {
        2: [
            {"field": "start", "problem": "is 'tomorrow', and not a time such as "
             "'2026-01-31T12:00:00'"},
            {"field": "seats", "problem": "is '2.5', and not a whole number"},
            {"field": "km", "problem": "is 'inf', and not a finite number"},
            {"field": "night", "problem": "is 'maybe', and neither true nor false"},
            {"field": "zone", "problem": "is 'west', and not one of 'north', 'south'"},
        ],
        3: [{"field": "", "problem": "has 6 cells, and the header 7"}],
        5: [
            {"field": name, "problem": "is missing"}
            for name in ("start", "seats", "km", "night", "zone")
        ],
        6: [
            {"field": "", "problem": "the path fails: ValueError: further than the road goes "
             "(fares.py, line 11)"}
        ],
    }  # fmt: skip
    assert bad_rows(output)[0]["values"]["order"] == "o2"


def test_lines_that_are_no_rows_are_bad_rows(predictor: Predictor, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    good = json.loads(json_lines(ROWS).split("\n")[0])
    lines = [json.dumps(good), "{", "[1]", json.dumps({**good, "seats": "2", "extra": [1]})]
    lines += ["", json.dumps({**good, "remark": None, "order": {"a": 1}}), "[" * 3000]
    source.write_text("\n".join(lines))
    done = score(predictor, source, output)
    assert (done.rows, done.bad) == (6, 4)
    assert list(read(output)["order"]) == ["o0", '{"a": 1}']
    problems = [row["problems"][0]["problem"] for row in bad_rows(output)]
    assert problems[0].startswith("is no JSON: ")
    assert problems[1:3] == ["is no JSON object", "is '2', and not a whole number"]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_half_characters_and_gaps_in_other_columns_can_be_written(
    ending: str, predictor: Predictor, tmp_path: Path
) -> None:
    good = json.loads(json_lines(ROWS).split("\n")[0])
    source, output = tmp_path / "in.jsonl", tmp_path / f"out{ending}"
    rows = [{**good, "order": "\ud800", "more": float("nan")}, {**good, "order": None}]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert score(predictor, source, output).bad == 0
    if ending == ".jsonl":
        found = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    else:
        found = read(output).astype(object).to_dict("records")
    assert found[0]["order"] == ("\ud800" if ending == ".jsonl" else "\\ud800")
    assert all(pd.isna(row["more"]) for row in found)


def test_large_integers_beside_missing_ones_keep_their_digits(
    predictor: Predictor, tmp_path: Path
) -> None:
    rows = ROWS.iloc[:3].assign(seats=pd.array([2**53 + 1, None, 1], dtype="Int64"))
    output = tmp_path / "out.csv"
    done = score(predictor, write(tmp_path / "in.parquet", rows), output)
    assert done.problems == (("seats", 1),)
    assert bad_rows(output)[0]["row"] == 2
    assert len(read(output)) == 2


class Stopped(BaseException):
    """Stands for a signal that ends the process."""


def stopping(predictor: Predictor, after: int) -> Predictor:
    """The same predictor, which is ended while it is at a later chunk."""
    left = [after]
    predict = predictor.predict

    def counted(table: pd.DataFrame) -> pd.DataFrame:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return predict(table)

    predictor.predict = counted  # type: ignore[method-assign]
    return predictor


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_run_that_was_ended_goes_on_where_it_stopped(
    ending: str, bundle: Bundle, tmp_path: Path
) -> None:
    bad = ROWS.assign(zone=["west" if n % 9 == 0 else "north" for n in range(45)])
    source = write(tmp_path / f"in{ending}", bad)
    undisturbed, output = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    score(Predictor(bundle), source, undisturbed, size=7)
    for after in (2, 0, 3):
        with pytest.raises(KeyboardInterrupt):
            score(stopping(Predictor(bundle), after), source, output, size=7)
        assert not output.exists()
    done = score(Predictor(bundle), source, output, size=7)
    assert (done.rows, done.bad, done.resumed) == (45, 5, 35)
    for name in ("{}", "{}.bad.jsonl"):
        first, second = (tmp_path / name.format(one.name) for one in (undisturbed, output))
        assert first.read_bytes() == second.read_bytes()


def test_a_file_that_has_changed_since_is_scored_anew(bundle: Bundle, tmp_path: Path) -> None:
    source, output = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        score(stopping(Predictor(bundle), 2), source, output, size=7)
    write(source, ROWS.iloc[::-1])
    done = score(Predictor(bundle), source, output, size=7)
    assert done.resumed == 0
    assert next(iter(read(output)["order"])) == "o44"


def test_two_runs_do_not_write_one_file(predictor: Predictor, tmp_path: Path) -> None:
    source, output = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    folder = parts_folder(output)
    folder.mkdir()
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another `nbstage score` is writing"):
            score(predictor, source, output)
    score(predictor, source, output)


def test_a_full_disk_is_told_and_loses_nothing(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    left = [9]

    def full(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="can't be written: No space left on device") as told:
            score(Predictor(bundle), source, output, size=7)
    assert told.value.hint.startswith("make room and run the same command again")
    assert not output.exists()
    assert score(Predictor(bundle), source, output, size=7).resumed == 14


Says = Callable[..., str]


@pytest.fixture
def says(predictor: Predictor, tmp_path: Path) -> Says:
    """What is said where a file can't be scored."""

    def refused(content: str | bytes, name: str = "in.csv", output: str = "out.csv") -> str:
        source = tmp_path / name
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(UserError) as told:
            score(predictor, source, tmp_path / output)
        assert not (tmp_path / "out.csv").exists()
        assert not parts_folder(tmp_path / output).exists()
        return told.value.message.replace(f"{tmp_path}/", "")

    return refused


def test_files_that_are_none_are_refused(says: Says) -> None:
    header = CSV.split("\n")[0]
    assert says("") == "'in.csv' is empty"
    assert says("", "in.jsonl") == "'in.jsonl' is empty"
    assert says(header + "\n") == "'in.csv' has no rows"
    assert says("km,zone\n1,north\n").startswith("'in.csv' has no column 'start', 'seats', 'night'")
    assert says(f"{header},late\n") == (
        "'in.csv' has a column 'late' already, as the predictions are called"
    )
    assert says("a,a\n1,1\n") == "'in.csv' has several columns called 'a'"
    assert (
        says(f"{header}\n".encode() + b"\xff,\n") == "'in.csv' can't be read: it is not UTF-8 text"
    )
    assert says(b"PAR1 and no more", "in.parquet").startswith("'in.parquet' can't be read: ")
    assert says("x", "in.xlsx") == "'in.xlsx' has the ending '.xlsx', which names no format"
    assert says(CSV, "in.csv", "out.txt") == (
        "'out.txt' has the ending '.txt', which names no format"
    )
    assert says(CSV, "in.csv", "in.csv") == "'in.csv' is the input itself"
    assert "can't be written: No such file or directory" in says(CSV, output="none/out.csv")


def test_an_output_that_is_there_stays_unless_told(predictor: Predictor, tmp_path: Path) -> None:
    source, output = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    output.write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        score(predictor, source, output)
    assert output.read_text() == "mine"
    score(predictor, source, output, force=True)
    assert len(read(output)) == 45


def test_a_changed_bundle_is_not_opened(bundle: Bundle, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(bundle.folder, copy)
    (copy / "params.yaml").unlink(missing_ok=True)
    (copy / "pipeline/fares.py").write_text("x = 1\n")
    (copy / "sneaked.py").touch()
    with pytest.raises(UserError) as told:
        open_bundle(copy)
    assert "'pipeline/fares.py' is not the file that the bundle was made with" in str(told.value)
    assert "'sneaked.py' does not belong to it" in str(told.value)
    (copy / "bundle.json").write_text("[]")
    with pytest.raises(UserError, match="is damaged"):
        open_bundle(copy)
