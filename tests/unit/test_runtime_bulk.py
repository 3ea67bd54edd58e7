"""Large tables: proved in pieces only if they come back as they are, and stored without waste."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from nbstage.runtime import bulk, formats, load, save
from nbstage.runtime.bulk import encodings, proved
from nbstage.runtime.matrix import read_matrix
from nbstage.runtime.same import difference
from tests.unit.test_runtime_values import UNSUITED
from tests.unit.test_runtime_values import _cast as cast

ROWS = 20_000
RANDOM = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _all_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bulk, "LARGE", 0)
    monkeypatch.setattr(formats, "LARGE", 0)


@pytest.fixture
def pool() -> Iterator[pa.MemoryPool]:
    """Arrow's memory, counted from here on."""
    before = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(before)
    pa.set_memory_pool(counted)
    yield counted
    pa.set_memory_pool(before)


def table(**more: object) -> pd.DataFrame:
    """Columns of many kinds, most of them numbers."""
    floats = RANDOM.standard_normal(ROWS)
    columns = {
        "f": floats,
        "gaps": np.where(floats < 0, np.nan, floats),
        "half": floats.astype("f4"),
        "n": np.arange(ROWS),
        "small": np.arange(ROWS, dtype="u1"),
        "zero": np.zeros(ROWS),
        "yes": floats > 0,
        "word": pd.Series(["one", "two", None, "four"] * (ROWS // 4)),
        "day": pd.date_range("2020", periods=ROWS, freq="min").to_numpy(),
        "kind": pd.Categorical(["b", "a"] * (ROWS // 2)),
        "whole": pd.array([1, None] * (ROWS // 2), dtype="Int64"),
    }
    return pd.DataFrame({**columns, **more})


PLAIN = table()
KEPT = {
    "columns of many kinds": PLAIN,
    "numbers alone": PLAIN[["f", "n", "yes"]],
    "one column": PLAIN[["gaps"]],
    "rows that were chosen": PLAIN[PLAIN["f"] > 0],
    "an index of words": PLAIN[PLAIN["word"].notna()].set_index("word"),
    "an index of two levels": PLAIN.set_index(["n", "kind"]),
    "columns with a name": PLAIN[["f", "n"]].rename_axis(columns="measure"),
    "not-a-numbers of other bits": table(f=np.full(ROWS, 0x7FFC << 48).view("f8")),
}


@pytest.mark.parametrize("value", KEPT.values(), ids=list(KEPT))
def test_a_table_that_is_stored_is_proved_in_pieces(value: pd.DataFrame) -> None:
    save(value, "t.parquet")

    assert Path("t.parquet").read_bytes().startswith(b"PAR1")
    assert proved(value, "t.parquet")
    assert difference(value, load("t.parquet")) is None


# Any: pandas' stubs want to know what a cell may hold.
def changed(name: str, row: int, value: Any) -> pd.DataFrame:
    other = PLAIN.copy()
    other.loc[row, name] = value
    return other


OTHERS = {
    "the last number": changed("f", ROWS - 1, 5.0),
    "a number for a gap": changed("gaps", int(np.argmax(PLAIN["gaps"].isna())), 5.0),
    "a gap for a number": changed("f", 7, np.nan),
    "another sign of zero": PLAIN.assign(zero=-0.0),
    "a truth value": changed("yes", 3, not PLAIN["yes"][3]),
    "a word": changed("word", 0, "uno"),
    "a gap in a word": changed("word", 0, None),
    "a whole number as a float": PLAIN.assign(n=PLAIN["n"].astype("f8")),
    "a shorter float": PLAIN.assign(f=PLAIN["f"].astype("f4")),
    "numbers that may be missing": PLAIN.assign(n=PLAIN["n"].astype("Int64")),
    "fewer rows": PLAIN[:-1],
    "another order of columns": PLAIN[list(PLAIN.columns[::-1])],
    "another order of rows": PLAIN[::-1].reset_index(drop=True),
    "another label": PLAIN.rename(columns={"f": "g"}),
    "another index": PLAIN.set_index(np.arange(ROWS) + 1),
    "an index as numbers": PLAIN.set_axis(pd.Index(np.arange(ROWS))),
    "a name of the index": PLAIN.rename_axis("row"),
    "a name of the columns": PLAIN.rename_axis(columns="measure"),
    "a column more": PLAIN.assign(more=1.0),
    "a note": PLAIN.copy(),
}
OTHERS["a note"].attrs["source"] = "the sea"


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_a_file_of_another_table_is_no_proof(other: pd.DataFrame) -> None:
    other.to_parquet("t.parquet")

    assert not proved(PLAIN, "t.parquet")
    assert proved(other, "t.parquet")


@pytest.mark.parametrize(
    ("value", "path", "why"), [case for case in UNSUITED if case[1] == "df.parquet"]
)
def test_what_parquet_would_change_becomes_a_pickle_here_too(
    value: object, path: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save(value, path)

    assert difference(value, load(path)) is None
    assert why in capsys.readouterr().err


FLOATS = pd.DataFrame(RANDOM.random((ROWS, 3)), columns=list("abc"))
MATRICES = {
    "floats": FLOATS,
    "gaps": FLOATS.mask(FLOATS < 0.5),
    "short floats": FLOATS.astype("f4"),
    "whole numbers": (FLOATS * 200).astype("u1"),
    "truth values": FLOATS > 0.5,
    "rows that were chosen": FLOATS[FLOATS["a"] > 0.5],
    "an index of words": FLOATS.set_axis(np.arange(ROWS).astype(str)).rename_axis("word"),
    "an index of two levels, one named as a column": FLOATS.assign(n=1.0, kind=2.0).set_index(
        ["n", pd.Index([*"xy"] * (ROWS // 2), name="a")]
    ),
    "columns with a name": FLOATS.rename_axis(columns="measure"),
}


@pytest.mark.parametrize("value", MATRICES.values(), ids=list(MATRICES))
def test_a_table_of_one_kind_of_numbers_is_read_as_pandas_reads_it(value: pd.DataFrame) -> None:
    value.attrs["source"] = "the sea"
    save(value, "t.parquet")
    by_pandas = pd.read_parquet("t.parquet")

    found = read_matrix("t.parquet")

    assert found is not None
    assert difference(by_pandas, found) is None
    assert difference(value, load("t.parquet")) is None
    kept, ours = by_pandas.to_numpy(), found.to_numpy()
    assert (ours.flags.f_contiguous, ours.strides) == (kept.flags.f_contiguous, kept.strides)
    found.iloc[0] = found.iloc[1]
    found["a"] = 1


@pytest.mark.parametrize(
    "value",
    [
        PLAIN,
        FLOATS[["a"]],
        FLOATS.assign(n=1),
        FLOATS.set_axis([1, 2, 3], axis=1),
        FLOATS.set_axis(["a", "a.b", "b"], axis=1),
        FLOATS.astype("Float64"),
        FLOATS.astype("f2"),
        FLOATS.astype("datetime64[s]"),
    ],
)
def test_all_other_tables_are_read_by_pandas(value: pd.DataFrame) -> None:
    value.to_parquet("t.parquet")

    assert read_matrix("t.parquet") is None
    assert difference(pd.read_parquet("t.parquet"), load("t.parquet")) is None


def test_numbers_that_are_missing_are_read_by_pandas() -> None:
    columns = {name: pa.array([1, None, 3], pa.int64()) for name in "ab"}
    parquet.write_table(pa.table(columns), "t.parquet")

    assert read_matrix("t.parquet") is None
    assert difference(pd.read_parquet("t.parquet"), load("t.parquet")) is None


def test_reading_takes_no_second_table(pool: pa.MemoryPool) -> None:
    value = pd.DataFrame({f"c{n}": RANDOM.random(200_000) for n in range(40)})
    save(value, "t.parquet")
    before = pool.bytes_allocated()

    load("t.parquet")

    assert pool.max_memory() - before < value.memory_usage().sum() / 2


NUMBERS = st.sampled_from(["f8", "f4", "f2", "i8", "i1", "u8", "bool", "Float64", "boolean"])
INDEXES = st.sampled_from(["none", "numbers", "dates", "words", "two"])


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Small tables of numbers, with a column of something else at times."""
    rows = draw(st.integers(0, 4))
    cells = st.lists(st.sampled_from([0.0, -0.0, 1.0, np.nan, 3.0]), min_size=rows, max_size=rows)
    names = draw(st.lists(st.text("ab.", max_size=2), unique=True, min_size=1, max_size=4))
    found = pd.DataFrame({name: pd.Series(draw(cells), dtype="f8") for name in names})
    for name in names[:-1]:
        found[name] = cast(found[name], draw(NUMBERS))
    if draw(st.booleans()):
        other = draw(st.sampled_from(["x", None, (1,), pd.Timestamp("2020"), 1j]))
        found["other"] = pd.Series([other] * rows)
    match draw(INDEXES):
        case "numbers":
            found.index = pd.Index(np.arange(rows) * 2)
        case "dates":
            found.index = pd.date_range("2020", periods=rows, freq="D")
        case "words":
            found.index = pd.Index(list("abcd")[:rows], name=names[0])
        case "two":
            found.index = pd.MultiIndex.from_arrays([list("abcd")[:rows], [1.5] * rows])
    return found


@settings(max_examples=150, deadline=None)
@given(value=tables())
def test_what_is_proved_in_pieces_is_the_same_as_a_whole(
    value: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "any.parquet")
    try:
        value.to_parquet(path)
    except (TypeError, ValueError, pa.ArrowException):
        return

    assert not proved(value, path) or difference(value, pd.read_parquet(path)) is None
    assert difference(pd.read_parquet(path), formats.read(path)) is None
    save(value, path)
    assert difference(value, load(path)) is None


def test_only_large_tables_are_proved_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    PLAIN.to_parquet("t.parquet")
    monkeypatch.setattr(bulk, "LARGE", 2**25)

    assert not proved(PLAIN, "t.parquet")


def test_in_a_small_table_all_is_made_small_and_what_is_different_has_no_dictionary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "LARGE", 2**25)

    found = stored_as(table(few=np.round(RANDOM.random(ROWS), 2)))

    assert {codec for codec, _ in found.values()} == {"ZSTD"}
    bare = {name for name, (_, has_dictionary) in found.items() if not has_dictionary}
    assert bare == {"f", "half", "n", "yes"}  # Parquet has none of truth values


def test_the_proof_takes_no_second_table(pool: pa.MemoryPool) -> None:
    value = pd.DataFrame({f"c{n}": RANDOM.random(200_000) for n in range(40)})
    save(value, "t.parquet")
    before = pool.bytes_allocated()

    assert proved(value, "t.parquet")
    assert pool.max_memory() - before < value.memory_usage().sum() / 2


def stored_as(value: pd.DataFrame) -> dict[str, tuple[str, bool]]:
    """Each column's codec, and whether it has a dictionary."""
    save(value, "t.parquet")
    group = parquet.ParquetFile("t.parquet").metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    return {c.path_in_schema: (c.compression, c.has_dictionary_page) for c in columns}


def test_numbers_without_a_pattern_are_stored_as_they_are_and_all_else_is_made_small() -> None:
    value = table(
        ids=RANDOM.permutation(2**62 // ROWS * np.arange(ROWS)),
        few=np.round(RANDOM.random(ROWS), 2),
        steps=np.repeat(RANDOM.random(ROWS // 10), 10),
    )
    value.index = pd.Index(np.arange(ROWS) * 2)

    found = stored_as(value)

    plain = {name for name, how in found.items() if how == ("UNCOMPRESSED", False)}
    assert plain == {"f", "half", "ids"}
    assert {codec for name, (codec, _) in found.items() if name not in plain} == {"ZSTD"}
    assert found["few"] == found["__index_level_0__"] == ("ZSTD", True)
    assert found["word"] == found["steps"] == ("ZSTD", True)


def test_where_a_column_becomes_several_all_is_made_small() -> None:
    cells = pd.Series([{"a": 1, "b": 2}] * ROWS, dtype=object)

    assert encodings(table(cells=cells)) == {"compression": "zstd"}


def test_a_table_has_the_same_bytes_whatever_the_number_of_threads() -> None:
    before = pa.cpu_count()
    written = functools.partial(save, PLAIN, "t.parquet")
    written()
    first = Path("t.parquet").read_bytes()
    try:
        pa.set_cpu_count(1)
        written()
    finally:
        pa.set_cpu_count(before)

    assert Path("t.parquet").read_bytes() == first
