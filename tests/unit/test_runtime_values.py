"""What `load` gives is what `save` was given, or `save` refuses."""

from __future__ import annotations

import datetime
import functools
import io
import math
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from nbstage.runtime import UNSET, CannotStore, StageError, load, save, workdir
from nbstage.runtime.same import difference


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def stored(value: object, path: str) -> Any:  # it depends on the value
    """What comes back."""
    save(value, path)
    return load(path)


TABLE = pd.DataFrame({"x": [1.5, np.nan], "s": ["a", None], "c": pd.Categorical(["b", "a"])})

SUITED = [
    (TABLE, "df.parquet", b"PAR1"),
    (TABLE.set_index("s"), "df.parquet", b"PAR1"),
    (np.arange(6.0).reshape(2, 3), "a.npy", b"\x93NUM"),
    (np.asfortranarray(np.arange(6.0).reshape(2, 3)), "a.npy", b"\x93NUM"),
    (sparse.csr_array(np.eye(3)), "m.npz", b"PK\x03\x04"),
    ({"a": [1, -0.0, None, True, "ä"], "b": {"c": math.nan}}, "d.json", b'{"a"'),
    ([1, 2], "l.json", b"[1, "),
]


@pytest.mark.parametrize(("value", "path", "start"), SUITED)
def test_a_value_that_suits_its_format_is_stored_in_it(
    value: object, path: str, start: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert difference(value, stored(value, path)) is None
    assert Path(path).read_bytes().startswith(start)
    assert capsys.readouterr().err == ""


CELLS = pd.Series([{1: 2}, {3: 4}], dtype=object)
TUPLES = pd.Series([(1,), (2,)], dtype=object)
UNSUITED = [
    (TABLE.assign(o=CELLS), "df.parquet", "column"),
    (TABLE.assign(o=TUPLES), "df.parquet", "column 'o'[0]: tuple became ndarray"),
    (TABLE.set_axis(pd.date_range("2020", periods=2, freq="D")), "df.parquet", "index, freq"),
    (TABLE.rename(columns={"s": "x"}), "df.parquet", "Duplicate column names"),
    (TABLE.set_flags(allows_duplicate_labels=False), "df.parquet", ".flags: False became True"),
    (TABLE["x"], "df.parquet", "it is no pandas DataFrame"),
    (pd.DataFrame(np.ones((3, 2))).T, "df.parquet", "do not lie in memory one after the other"),
    (np.array([1, "a"], object), "a.npy", "Object arrays cannot be saved"),
    (np.asmatrix(np.eye(2)), "a.npy", "it is no numpy array"),
    (np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0), "a.npy", "an order of their own"),
    (sparse.csr_array(np.eye(3)).tolil(), "m.npz", "format lil"),
    ({1: 2}, "d.json", "a key: int 1 became str '1'"),
    ((1, 2), "d.json", "tuple became list"),
    (np.float64(0.1), "d.json", "float64 became float 0.1"),
    ({1, 2}, "d.json", "set is not JSON serializable"),
    ("\ud83d\ude00", "d.json", "surrogates not allowed"),
    ([[1]] * 2, "d.json", "stands in it twice"),
    (UNSET, "d.json", "not JSON serializable"),
]


@pytest.mark.parametrize(("value", "path", "why"), UNSUITED)
def test_a_value_that_the_format_would_change_becomes_a_pickle_and_a_line_says_so(
    value: object, path: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert difference(value, stored(value, path)) is None
    assert Path(path).read_bytes().startswith(b"\x80")
    told = capsys.readouterr().err
    assert why in told
    assert told.count("\n") == 1
    assert told.endswith(f'[tool.nbstage.formats] {Path(path).stem} = "pickle"\n')


def test_pickles_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    save((1, 2), "artifacts/train/pair.pkl")
    save({1: 2}, "artifacts/train/model.joblib")

    assert capsys.readouterr().err == ""


def test_a_list_that_two_hold_stays_one() -> None:
    rows = [1]
    a, b = stored(({"rows": rows}, [rows]), "ab.pkl")

    a["rows"].append(2)

    assert b == [[1, 2]]


def test_arrays_that_share_memory_still_do() -> None:
    table = np.arange(12.0).reshape(3, 4)
    a, b, c, alone = stored((table, {"row": table[1]}, table.T[::-1], np.arange(3)), "arrays.pkl")

    a[1, 3] = -1

    assert b["row"][3] == -1
    assert c[0, 1] == -1
    assert c.strides == table.T[::-1].strides
    assert alone.base is None or not np.shares_memory(alone, a)


def test_shared_memory_is_stored_as_far_as_it_is_used() -> None:
    table = np.zeros(1_000_000)
    save((table[:10], table[5:15]), "arrays.pkl")

    assert Path("arrays.pkl").stat().st_size < 2_000


def test_tables_that_share_memory_are_changed_apart() -> None:
    # In pandas a view is copied on the first write, so sharing is none of ours.
    table = pd.DataFrame({"x": [1.0, 2.0]})
    a, b = stored((table, table[:]), "tables.pkl")

    a.loc[0, "x"] = -1

    assert b.loc[0, "x"] == 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0),
        np.arange(24).reshape(2, 3, 4)[::-1, :, ::-2],
        np.asfortranarray(np.ones((4, 4)))[::2],
        np.arange(5)[::-1],
        np.array([1, 2], ">i4"),
        np.array([(1, 2.0)], ">i4,<f8"),
        np.broadcast_to(np.arange(3), (2, 3)),
        np.array(["a", 1], object)[::-1],
        np.zeros((0, 3)),
        np.array(1.5),
    ],
)
def test_an_array_lies_in_memory_as_before(array: np.ndarray) -> None:
    back = stored(array, "array.pkl")

    assert isinstance(back, np.ndarray)
    assert difference(array, back) is None
    steps = [np.sign(step) for step in back.strides] if 0 not in array.strides else None
    assert steps is None or steps == [np.sign(step) for step in array.strides]
    assert back.flags.f_contiguous or not array.flags.f_contiguous


def test_what_was_read_can_be_written_to() -> None:
    for path in ("a.npy", "a.pkl"):
        array = stored(np.zeros(3), path)
        array[0] = 1
    for path in ("t.parquet", "t.pkl"):
        table = stored(pd.DataFrame({"x": [1.0, 2.0]}), path)
        assert isinstance(table, pd.DataFrame)
        table.loc[0, "x"] = 5.0
        table["x"] += 1


class Transformer:
    """As in a helper module: found by an import."""

    def __init__(self) -> None:
        self.columns = {"b", "a", "c"}


def generator() -> object:
    yield 1


REFUSED: list[tuple[Callable[[], object], str]] = [
    (generator, "it is a generator (generator)"),
    (lambda: {"rows": [1, generator()]}, "['rows'][1] is a generator (generator)"),
    (lambda: open(__file__), "it is an open file (_io.TextIOWrapper)"),  # noqa: PTH123, SIM115
    (threading.Lock, "it is a lock (_thread.lock)"),
    (lambda: [sqlite3.connect(":memory:")], "[0] is a connection (sqlite3.Connection)"),
    (lambda: functools.partial(print, file=generator()), "functools.partial"),
    (lambda: memoryview(b"a"), "memoryview became bytes b'a'"),
]


@pytest.mark.parametrize(("make", "told"), REFUSED)
@pytest.mark.parametrize("path", ["out/x.pkl", "out/x.json", "out/x.joblib"])
def test_a_value_that_no_file_gives_back_is_refused(
    make: Callable[[], object], told: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotStore) as caught:
        save(make(), path)

    assert str(caught.value).startswith(f"'{path}' can't be stored: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(Path("out").iterdir()) == []
    assert capsys.readouterr().err == ""


def test_a_closure_over_an_open_file_is_refused_with_the_variable_named() -> None:
    file = open(__file__)  # noqa: PTH123, SIM115

    with pytest.raises(CannotStore, match="name 'file' is an open file"):
        save(lambda: file.read(), "f.pkl")
    file.close()


def test_too_deep_a_list_is_refused() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(CannotStore, match="nested too deeply"):
        save(deep, "deep.json")


def test_a_refused_value_leaves_the_old_file() -> None:
    save(1, "x.json")

    with pytest.raises(CannotStore):
        save(generator(), "x.json")

    assert load("x.json") == 1


def test_an_object_that_is_only_read_half_is_refused() -> None:
    with pytest.raises(CannotStore, match="became"):
        save(Forgetful(), "x.pkl")


class Forgetful:
    def __init__(self) -> None:
        self.kept = 1

    def __setstate__(self, state: dict[str, object]) -> None:
        self.kept = 2


def test_figures_are_stored() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])

    back = stored((figure, figure.axes[0]), "figure.pkl")

    assert back[0].axes[0] is back[1]


@pytest.mark.parametrize("value", [np, math, datetime.UTC, io.StringIO("a"), iter([1])])
def test_modules_and_iterators_are_stored(value: object) -> None:
    assert difference(value, stored(value, "x.pkl")) is None


def test_unset_is_the_same_object_in_every_process() -> None:
    assert stored([UNSET], "x.json") == [UNSET]
    assert repr(UNSET) == "UNSET"


def test_joblib_reads_ours_and_we_read_joblibs() -> None:
    joblib = pytest.importorskip("joblib")
    value = {"a": np.arange(3), "m": Transformer()}
    save(value, "ours.joblib")
    joblib.dump((1, np.arange(1000)), "theirs.joblib")
    joblib.dump((1, np.arange(1000)), "packed.joblib", compress=3)

    assert difference(joblib.load("ours.joblib")["a"], value["a"]) is None
    assert difference(load("theirs.joblib"), (1, np.arange(1000))) is None
    assert difference(load("packed.joblib"), (1, np.arange(1000))) is None


def test_names_pick_from_a_stored_dict() -> None:
    save({"a": 1, "b": 2, "c": 3}, "abc.json")

    assert load("abc.json", "b") == 2
    assert load("abc.json", "c", "a") == (3, 1)
    with pytest.raises(StageError, match=r"holds no 'd', 'e'"):
        load("abc.json", "d", "e")


def test_paths_start_at_the_root_also_in_the_notebooks_folder() -> None:
    with workdir("notebooks"):
        save(1, "artifacts/one.json")
        assert load("artifacts/one.json") == 1

    assert Path("artifacts/one.json").exists()
    assert list(Path("notebooks").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "path", "told"),
    [
        (None, "x.pkl", "'x.pkl' is missing. Run `dvc repro`, or `dvc pull` for it."),
        (b"", "x.json", "`dvc checkout --force` restores it"),
        (b"PAR1", "x.parquet", "`dvc checkout --force` restores it"),
        (b"\x80\x05\x95", "x.pkl", "`dvc checkout --force` restores it"),
        (b"\x80\x05cno_such_module\nX\n.", "x.pkl", "No module named 'no_such_module'"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_in_one_line(
    content: bytes | None, path: str, told: str
) -> None:
    if content is not None:
        Path(path).write_bytes(content)

    with pytest.raises(StageError) as caught:
        load(path)

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_way_is_told_in_one_line() -> None:
    Path("x.json").mkdir()

    with pytest.raises(StageError, match=r"'x.json' can't be written"):
        save(1, "x.json")
    with pytest.raises(StageError, match=r"'x.json' can't be read"):
        load("x.json")


def test_a_full_disk_is_not_taken_for_a_property_of_the_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(1, "x.npy")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(StageError, match=r"'x.npy' can't be written: No space left on device"):
        save(np.zeros(3), "x.npy")

    assert load("x.npy") == 1
    assert [path.name for path in Path().iterdir()] == ["x.npy"]


def test_a_link_into_the_cache_is_replaced_and_not_written_through() -> None:
    Path("cache").write_text("1")
    Path("x.json").symlink_to("cache")

    save(2, "x.json")

    assert Path("cache").read_text() == "1"
    assert load("x.json") == 2


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.complex_numbers()
    | st.datetimes()
    | st.decimals(allow_nan=False)
    | st.builds(np.float64, st.floats())
    | st.builds(np.int32, st.integers(-5, 5))
    | st.just(UNSET)
)
HASHABLE = st.integers() | st.text() | st.tuples(st.integers(), st.text()) | st.booleans()
PLAIN = st.recursive(
    SCALARS | st.frozensets(HASHABLE) | st.sets(st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(HASHABLE, inner) | st.lists(inner).map(tuple),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(value=PLAIN, extension=st.sampled_from([".json", ".pkl", ".parquet", ".npy", ".npz"]))
def test_any_plain_value_comes_back_the_same(
    value: object, extension: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.getbasetemp() / f"any{extension}")

    assert difference(value, stored(value, path)) is None


COLUMNS: list[st.SearchStrategy[object]] = [
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(max_size=4),
    st.text(max_size=4) | st.none(),
    st.none() | st.floats(),
    st.integers() | st.floats() | st.text(max_size=2),
    st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3)),
]
DTYPES = ["category", "Int64", "boolean", "float32", "int8", "string", "object", "datetime64[s]"]


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables of many kinds of columns, under many kinds of indexes."""
    rows = draw(st.integers(0, 4))
    kinds = draw(st.lists(st.sampled_from(COLUMNS), max_size=4))
    names = draw(st.lists(HASHABLE, min_size=len(kinds), max_size=len(kinds)))
    columns = [pd.Series(draw(st.lists(k, min_size=rows, max_size=rows))) for k in kinds]
    dtype = st.sampled_from(DTYPES)
    cast = [_cast(c, draw(dtype)) if draw(st.booleans()) else c for c in columns]
    table = pd.concat(cast, axis=1) if cast else pd.DataFrame(index=range(rows))
    if cast:
        table.columns = pd.Index(names, tupleize_cols=draw(st.booleans()))
    match draw(st.integers(0, 6)):
        case 1:
            table.index = pd.Index(draw(st.lists(HASHABLE, min_size=rows, max_size=rows)))
        case 2:
            table.index = pd.date_range("2020", periods=rows, freq="D", name="day", tz="UTC")
        case 3:
            table.index = pd.RangeIndex(3, 3 + 2 * rows, 2, name="n")
        case 4:
            table.index = pd.MultiIndex.from_arrays([list("abcd")[:rows], [1.5] * rows])
        case 5:
            table.index = pd.CategoricalIndex(list("abab")[:rows], name=("a", 1))
        case 6:
            table.attrs["source"] = draw(PLAIN)
    return table.T if draw(st.integers(0, 9)) == 0 else table


def _cast(column: Any, dtype: str) -> Any:  # pandas' stubs want to know the dtype
    try:
        return column.astype(dtype)
    except (TypeError, ValueError, OverflowError):
        return column


@settings(max_examples=200, deadline=None)
@given(table=tables(), extension=st.sampled_from([".parquet", ".pkl"]))
def test_any_table_comes_back_the_same(
    table: pd.DataFrame, extension: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.getbasetemp() / f"any{extension}")

    assert difference(table, stored(table, path)) is None
