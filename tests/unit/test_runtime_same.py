"""`difference` finds what a later stage could notice, and nothing else."""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime
import decimal
import functools
import math
import time
import types
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from nbstage.runtime.same import difference

BERLIN = "Europe/Berlin"
FRAME = pd.DataFrame(
    {
        "x": [1, 2, 3],
        "s": ["a", None, "c"],
        "c": pd.Categorical(["a", "b", "a"]),
        "o": pd.Series([1, 2.5, "x"], dtype=object),
        "t": pd.date_range("2020", periods=3, tz=BERLIN),
        "n": pd.array([1, None, 3], dtype="Int64"),
    }
)


@dataclasses.dataclass
class Point:
    x: float
    y: object = None


class Word(str):
    """Text with more to it."""


class Table(pd.DataFrame):
    """A table with more to it."""

    @property
    def _constructor(self) -> type[Table]:
        return Table


Pair = collections.namedtuple("Pair", "a b")

DIFFERENT = [
    (1, 1.0, "int 1 became float 1.0"),
    (1, True, "int 1 became bool True"),
    (0.0, -0.0, "0.0 became -0.0"),
    (np.float64(1), 1.0, "float64 became float 1.0"),
    (np.float64(1), np.float64(2), "1.0 became 2.0"),
    ("a" * 100, "b", f"'{'a' * 56}... became 'b'"),
    ("a", Word("a"), None),
    ([1, [2, {"a": 3}]], [1, [2, {"a": 4}]], "[1][1]['a']: 3 became 4"),
    ([1, 2], [1], "length 2 became 1"),
    ([1, 2], (1, 2), "list became tuple"),
    ({1: 2, 3: 4}, {3: 4, 1: 2}, "a key: 1 became 3"),
    ({1: "a"}, {True: "a"}, "a key: int 1 became bool True"),
    ({"a": 1}, {"a": 1, "b": 2}, "1 keys became 2"),
    ({1}, {True}, "an element: int 1 became bool True"),
    ({1, 2}, {1, 3}, "an element: 2 became 3"),
    ({1}, frozenset({1}), "set became frozenset"),
    (Pair(1, 2), Pair(1, 3), None),
    (Pair(1, 2), (1, 2), None),
    (range(0, 3, 2), range(0, 4, 2), None),
    (bytearray(b"a"), bytearray(b"b"), "bytes differ"),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00"), None),
    (Path("a"), Path("b"), None),
    (Path("a"), PurePosixPath("a"), None),
    (Point(1, [2]), Point(1, [3]), ".y[0]: 2 became 3"),
    (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1), None),
    (collections.defaultdict(int), collections.defaultdict(list), None),
    (collections.Counter("ab"), collections.Counter("aab"), None),
    (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), None),
    (pd.Timestamp("2020"), pd.Timestamp("2020").as_unit("ns"), None),
    (functools.partial(int, base=2), functools.partial(int, base=3), None),
    (np.array([1], "i4"), np.array([1], "i8"), "dtype int32 became int64"),
    (np.array([1], "<i4"), np.array([1], ">i4"), "dtype int32 became >i4"),
    (np.array([[1.0, 2], [3, -0.0]]), np.array([[1.0, 2], [3, 0]]), "[1, 1]: -0.0 became 0.0"),
    (np.zeros(3), np.zeros((3, 1)), "shape (3,) became (3, 1)"),
    (np.zeros((2, 2)), np.asmatrix(np.zeros((2, 2))), "ndarray became matrix"),
    (np.array([1 + 2j]), np.array([1 + 3j]), "[0]: (1+2j) became (1+3j)"),
    (np.array([1, "a"], object), np.array([1.0, "a"], object), "[0]: int 1 became float 1.0"),
    (np.array(["2020", "NaT"], "M8[D]"), np.array(["2020", "2021"], "M8[D]"), None),
    (np.array([(1, 2.0)], "i4,f8"), np.array([(1, 3.0)], "i4,f8"), "['f1'][0]: 2.0 became 3.0"),
    (np.ma.array([1, 2], mask=[False, True]), np.ma.array([1, 2], mask=[True, True]), None),
    (sparse.csr_array(np.eye(2)), sparse.csc_array(np.eye(2)), None),
    (sparse.csr_array(np.eye(2)), sparse.csr_array(np.eye(2) * 2), ".data[0]: 1.0 became 2.0"),
    (sparse.csr_array(np.eye(2)), sparse.csr_matrix(np.eye(2)), None),
    (
        FRAME,
        FRAME.assign(x=FRAME["x"].astype(float)),
        "column 'x', dtype: 'int64' became 'float64'",
    ),
    (FRAME, FRAME.assign(x=[1, 2, 4]), "column 'x'[2]: 3 became 4"),
    (FRAME, FRAME.rename(columns={"x": "y"}), "columns[0]: 'x' became 'y'"),
    (FRAME, FRAME[["s", "x", "c", "o", "t", "n"]], "columns[0]: 'x' became 's'"),
    (FRAME, FRAME.rename_axis("i"), "index, names[0]: NoneType None became str 'i'"),
    (FRAME, FRAME.set_axis([0, 1, 2]), "index: RangeIndex became Index"),
    (
        FRAME,
        FRAME.assign(n=[1, 2, 3]).astype({"n": "Int64"}),
        "column 'n', missing[1]: True became False",
    ),
    (FRAME, FRAME.assign(s=["a", "b", "c"]), None),
    (FRAME, FRAME.assign(s=FRAME["s"].astype(object)), "column 's', dtype: 'str' became 'object'"),
    (FRAME, FRAME.assign(t=FRAME["t"].dt.tz_convert("UTC")), None),
    (FRAME, FRAME.assign(t=FRAME["t"].dt.as_unit("s")), None),
    (FRAME, FRAME.assign(c=FRAME["c"].cat.reorder_categories(["b", "a"])), None),
    (
        FRAME,
        FRAME.assign(c=FRAME["c"].cat.as_ordered()),
        "column 'c', dtype, ordered: False became True",
    ),
    (FRAME, FRAME.set_flags(allows_duplicate_labels=False), ".flags: True became False"),
    (FRAME, Table(FRAME), None),
    (FRAME["x"], FRAME["x"].rename("y"), "name: 'x' became 'y'"),
    (
        pd.date_range("2020", periods=3),
        pd.DatetimeIndex(list(pd.date_range("2020", periods=3))),
        None,
    ),
    (pd.array([1.0, None], "Float64"), pd.array([-0.0, None], "Float64"), "[0]: 1.0 became -0.0"),
    (pd.arrays.SparseArray([0, 1]), pd.arrays.SparseArray([0, 2]), "[0]: 1 became 2"),
    (pd.interval_range(0, 2), pd.interval_range(0, 2, closed="left"), None),
    (
        pd.period_range("2020", periods=2, freq="M"),
        pd.period_range("2020", periods=2, freq="Y"),
        None,
    ),
    (pd.Index([1, 2]), pd.Index([1, 2], name="a"), "names[0]: NoneType None became str 'a'"),
    (pd.MultiIndex.from_product([[1], [2]]), pd.MultiIndex.from_product([[1], [3]]), None),
    (lambda x: x + 1, lambda x: x + 2, ".__code__.co_consts[1]: 1 became 2"),
]


@pytest.mark.parametrize(("a", "b", "told"), DIFFERENT)
def test_a_difference_is_found_both_ways_and_told(a: object, b: object, told: str | None) -> None:
    found = difference(a, b)

    assert found if told is None else found == told
    assert difference(b, a)


@pytest.mark.parametrize("value", [value for a, b, _ in DIFFERENT for value in (a, b)])
def test_a_copy_is_the_same(value: object) -> None:
    assert difference(value, copy.deepcopy(value)) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: float("nan"),
        lambda: [float("nan"), {"a": float("nan")}],
        lambda: {float("nan"): 1},
        lambda: {float("nan"), 1.0},
        lambda: np.array([1.0, np.nan]),
        lambda: np.array([np.nan * 1j]),
        lambda: np.array(["NaT"], "M8[s]"),
        lambda: np.array([float("nan"), "a", None], object),
        lambda: pd.Series(["a", float("nan")], dtype=object),
        lambda: pd.array([None, 1.5], "Float64"),
        lambda: np.longdouble("nan"),
    ],
)
def test_what_is_not_a_number_equals_itself(make: collections.abc.Callable[[], object]) -> None:
    assert difference(make(), make()) is None


def test_the_bits_of_not_a_number_do_not_count() -> None:
    other = np.array([0x7FF8000000000001], "u8").view("f8")

    assert difference(np.array([np.nan]), other) is None


def test_the_layout_of_an_array_does_not_count() -> None:
    table = np.arange(6.0).reshape(2, 3)

    assert difference(table, np.asfortranarray(table)) is None
    assert difference(table[:, ::2], table[:, ::2].copy()) is None


def test_two_c_types_of_one_size_are_the_same() -> None:
    assert difference(np.array([1], "q"), np.array([1], "l")) is None
    assert difference(np.longlong(1), np.int64(1)) is None


def test_a_list_that_contains_itself_is_compared() -> None:
    a: list[object] = [1]
    b: list[object] = [1]
    a.append(a)
    b.append(b)

    assert difference(a, b) is None
    b[0] = 2
    assert difference(a, b) == "[0]: 1 became 2"


def test_a_very_deep_list_is_compared() -> None:
    a: list[object] = []
    b: list[object] = [1]
    for _ in range(50_000):
        a, b = [a], [b]

    found = difference(a, b)

    assert found is not None
    assert found.endswith("length 0 became 1")
    assert len(found) < 300


def test_the_state_of_any_object_counts() -> None:
    class Model:
        def __init__(self, coefficients: object) -> None:
            self.coefficients = coefficients

    assert difference(Model(np.ones(2)), Model(np.ones(2))) is None
    assert difference(Model([1]), Model([2])) == ".coefficients[0]: 1 became 2"


def test_an_object_whose_stored_form_holds_the_time_is_the_same() -> None:
    class Archive:
        def __reduce__(self) -> tuple[object, ...]:
            return _archive, (b"%d" % (time.monotonic() // 0.05),)

    for _ in range(20):
        time.sleep(0.01)
        assert difference(Archive(), Archive()) is None


def _archive(data: bytes) -> bytes:
    return data


def test_what_pickle_can_not_see_is_compared_by_equality() -> None:
    assert difference(iter_none(), iter_none()) == "generator can't be compared"


def iter_none() -> collections.abc.Iterator[None]:
    yield None


def test_attributes_of_a_table_count() -> None:
    a, b = FRAME.copy(), FRAME.copy()
    b.attrs["source"] = "x"

    assert difference(a, b) == ".attrs: 0 keys became 1"


def test_a_hostile_equality_is_not_asked() -> None:
    class Yes:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    a, b = Yes(), Yes()
    b.x = 1  # type: ignore[attr-defined]

    assert difference(a, b) is not None


def test_a_large_table_is_compared_in_well_under_a_second() -> None:
    rows = 1_000_000
    table = pd.DataFrame({f"c{number}": np.arange(rows) + 0.5 for number in range(12)})
    table["text"] = np.where(table["c0"] % 2 > 1, "odd", "even")
    other = table.copy(deep=True)
    start = time.process_time()

    assert difference(table, other) is None
    assert time.process_time() - start < 1


def make_class(factor: int, module: str = "__main__") -> type:
    """As a notebook's class that was stored with its value: each call gives another copy."""

    class Model:
        """A model."""

        words = frozenset({"a", "b"})

        def __init__(self) -> None:
            self.x = 1

        @property
        def scaled(self) -> int:
            return self.x * factor

        @staticmethod
        def twice(x: int) -> int:
            return 2 * x

    Model.__module__ = module
    return Model


def test_objects_of_two_copies_of_one_class_are_the_same() -> None:
    one, other = make_class(1), make_class(1, module="pipeline.train")

    assert difference(one(), other()) is None
    assert difference([one], [other]) is None


def test_objects_of_two_versions_of_a_class_differ() -> None:
    one, other, third = make_class(1), make_class(2), make_class(1)
    third.extra = 1  # type: ignore[attr-defined]
    changed = one()
    changed.x = 2

    assert difference(one(), other()) == ".__class__.scaled.fget.__closure__[0][0]: 1 became 2"
    assert difference(one(), third()) is not None
    assert difference(one(), changed) == ".x: 1 became 2"


def test_objects_of_two_modules_differ() -> None:
    assert difference(make_class(1, "a")(), make_class(1, "b")()) is not None


SCALE = 2


def test_functions_differ_by_their_globals_defaults_and_methods_owner() -> None:
    def scaled(x: int, by: int = 1) -> int:
        return x * SCALE * by

    def rebuilt(scale: int) -> types.FunctionType:
        names = {"SCALE": scale, "__builtins__": {}}
        return types.FunctionType(scaled.__code__, names, "scaled", scaled.__defaults__)

    assert difference(scaled, rebuilt(2)) is None
    assert difference(scaled, rebuilt(3)) == "name 'SCALE': 2 became 3"
    other = rebuilt(2)
    other.__defaults__ = (5,)
    assert difference(scaled, other) == ".__defaults__[0]: 1 became 5"
    assert difference([1].append, [2].append) is not None
    assert difference(make_class(1)().__init__, make_class(2)().__init__) is not None
    assert difference(math, types) == "module math became types"
    assert difference(len, max) is not None


def test_a_set_of_objects_is_compared_by_what_they_hold() -> None:
    class Item:
        def __init__(self, number: int) -> None:
            self.number = number

    assert difference({Item(1)}, {Item(1)}) is None
    assert difference({Item(1)}, {Item(2)}) == "an element.number: 1 became 2"


def test_attributes_of_a_set_or_dict_with_more_to_it_count() -> None:
    class Bag(set[int]):
        pass

    class Row(dict[str, int]):
        pass

    for make in (lambda: Bag([1]), lambda: Row(a=1)):
        a, b = make(), make()
        assert difference(a, b) is None
        b.note = 1  # type: ignore[union-attr]
        assert difference(a, b) is not None


def test_slots_count() -> None:
    class Slotted:
        __slots__ = ("x",)
        x: int

    a, b = Slotted(), Slotted()
    a.x = b.x = 1

    assert difference(a, b) is None
    b.x = 2
    assert difference(a, b) is not None


def test_the_way_to_a_difference_is_told() -> None:
    tables = [{"a": FRAME}, [FRAME.assign(x=[1, 2, 5])]]
    others = [{"a": FRAME}, [FRAME]]

    assert difference(tables, others) == "[1][0], column 'x'[2]: 5 became 3"
