"""Two files, two functions, two floats: what counts as the same, and where they first differ."""

from __future__ import annotations

import gzip
import json
import math
import pickle
import types
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import numpy as np
import pandas as pd
import pytest

from nbstage.runtime.same import difference
from nbstage.verify.inside import shown
from nbstage.verify.inside.close import sameness
from nbstage.verify.inside.contents import compare_contents, first_byte
from nbstage.verify.inside.read import Unreadable, read_value

EXACT = sameness(0, 0)
CLOSE = sameness(1e-6, 0)


@pytest.fixture
def pair(tmp_path: Path) -> Callable[[str, bytes, bytes], tuple[Path, Path]]:
    """Two files of one name with the given bytes."""

    def make(name: str, mine: bytes, yours: bytes) -> tuple[Path, Path]:
        paths = tmp_path / "mine" / name, tmp_path / "yours" / name
        for path, data in zip(paths, (mine, yours), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        return paths

    return make


Pair = Callable[[str, bytes, bytes], tuple[Path, Path]]

DIFFERENT = [
    ("a.txt", b"one\ntwo\n", b"one\ntwa\n", "line 2: 'two' became 'twa'"),
    ("a.txt", b"one\n", b"one\ntwo\n", "line 2: '' became 'two'"),
    ("a.csv", b"x,y\n1,2\n", b"x,y\n1,3\n", "row 1, column 'y': '2' became '3'"),
    ("a.csv", b"x,y\n1,2\n", b"x,y\n1,2\n1,2\n", "1 row became 2 rows"),
    ("a.csv", b"x,y\n1,2\n", b"x,z\n1,2\n", "columns 'x, y' became 'x, z'"),
    ("a.csv", b"x\r\n1\r\n", b"x\n1\n", "byte 1, though both hold the same"),
    ("a.json", b'{"a": 1}', b'{"a": 1.0}', "['a']: int 1 became float 1.0"),
    ("a.json", b"not json", b"not json at all", "line 1: 'not json' became 'not json at all'"),
    ("a.bin", b"\0\1\2", b"\0\1\3", "byte 2"),
    ("a.bin", b"\0\1\2", b"\0\1", "byte 2"),
    ("a.png", b"no picture", b"no photo", "line 1: 'no picture' became 'no photo'"),
]


@pytest.mark.parametrize(("name", "mine", "yours", "told"), DIFFERENT)
def test_where_two_files_first_differ_is_told(
    pair: Pair, name: str, mine: bytes, yours: bytes, told: str
) -> None:
    assert compare_contents(*pair(name, mine, yours), EXACT) == (False, told)


def test_equal_bytes_are_equal_whatever_the_name(pair: Pair) -> None:
    for name in ("a.csv", "a.png", "a.parquet", "a.pkl", "a"):
        assert compare_contents(*pair(name, b"same", b"same"), EXACT) == (True, "")


def test_the_first_byte_is_found_beyond_the_first_piece(pair: Pair) -> None:
    long = b"a" * (3 << 20)
    assert first_byte(*pair("a", long, long[:-1] + b"b")) == len(long) - 1
    assert first_byte(*pair("a", long, long)) is None


def test_a_pickle_counts_by_its_value(pair: Pair) -> None:
    mine, yours = pickle.dumps([1, 2], protocol=2), pickle.dumps([1, 2], protocol=5)
    assert compare_contents(*pair("a.pkl", mine, yours), EXACT)[0]
    other = pickle.dumps([1, 3])
    assert compare_contents(*pair("a.pkl", mine, other), EXACT) == (False, "[1]: 2 became 3")


def test_what_gzip_packed_counts_by_its_content(pair: Pair) -> None:
    early, late = gzip.compress(b"x\n1\n", mtime=1), gzip.compress(b"x\n1\n", mtime=2)
    assert compare_contents(*pair("a.csv.gz", early, late), EXACT)[0]
    other = gzip.compress(b"x\n2\n", mtime=1)
    told = compare_contents(*pair("a.csv.gz", early, other), EXACT)
    assert told == (False, "row 1, column 'x': '1' became '2'")


def test_tables_of_columns_are_read(tmp_path: Path) -> None:
    paths = tmp_path / "mine.parquet", tmp_path / "yours.parquet"
    for number, path in enumerate(paths):
        pd.DataFrame({"x": [1.0, 2.0 + number]}).to_parquet(path)
    told = compare_contents(*paths, EXACT)
    assert told == (False, "column 'x'[1]: 2.0 became 3.0")


def test_arrays_are_read(tmp_path: Path) -> None:
    paths = tmp_path / "mine.npz", tmp_path / "yours.npz"
    np.savez(paths[0], a=np.arange(3), b=np.zeros(2))
    np.savez(paths[1], a=np.arange(3), b=np.ones(2))
    assert compare_contents(*paths, EXACT) == (False, "['b'][0]: 0.0 became 1.0")


def test_pictures_differ_by_size_or_by_pixels(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    small = image.new("RGB", (4, 3))
    small.save(paths[0])
    image.new("RGB", (5, 3)).save(paths[1])
    small.putpixel((2, 1), (9, 9, 9))
    small.save(paths[2])
    assert compare_contents(paths[0], paths[1], EXACT) == (False, "size 4 x 3 became 5 x 3")
    told = compare_contents(paths[0], paths[2], EXACT)
    assert told == (False, "pixels in 1 x 1 from column 2, row 1")


def test_a_tolerance_reaches_floats_wherever_they_are(pair: Pair) -> None:
    mine, yours = 1.0, 1.0 + 1e-9
    values: list[tuple[object, object]] = [
        (mine, yours),
        ({"a": [mine]}, {"a": [yours]}),
        (np.array([mine, math.nan]), np.array([yours, math.nan])),
        (np.float32(mine), np.float32(yours)),
        (pd.DataFrame({"x": [mine]}), pd.DataFrame({"x": [yours]})),
        (complex(mine, 1), complex(yours, 1)),
    ]
    for a, b in values:
        assert difference(a, b, CLOSE) is None
    assert difference(mine, yours, EXACT) == "1.0 became 1.000000001"
    files = (json.dumps([mine]).encode(), json.dumps([yours]).encode())
    assert compare_contents(*pair("a.json", *files), CLOSE)[0]
    assert compare_contents(*pair("a.csv", b"x\n1.0\n", b"x\n1.000000001\n"), CLOSE)[0]


def test_a_tolerance_excuses_nothing_else() -> None:
    pairs: list[tuple[object, object]] = [
        (1.0, 1.1),
        (1, 2),
        (1.0, 1),
        (1.0, math.nan),
        (math.inf, 1.0),
        (math.inf, -math.inf),
        (np.zeros(2), np.zeros(2, "float32")),
        (np.zeros(2), np.zeros(3)),
        (np.array([1]), np.array([2])),
        ("1.0", "1.000000001"),
    ]
    for a, b in pairs:
        assert difference(a, b, CLOSE) is not None


def compiled(text: str, **names: object) -> object:
    """What `text` defines as `made`, compiled by itself as a cell is."""
    module = types.ModuleType("__main__")
    vars(module).update(names)
    exec(compile(text, "<cell>", "exec"), vars(module))
    return vars(module)["made"]


FUNCTION = (
    "def made(x, k=2):\n    return [np.sum(x) * FACTOR ** k for _ in range(3) if x is not None]"
)


def test_a_function_is_one_wherever_what_it_uses_was_imported() -> None:
    cell = compiled(FUNCTION, np=np, FACTOR=2)
    module = compiled(f"import numpy as np\nFACTOR = 2\n{FUNCTION}")
    stage = f"import numpy as np\ndef stage(FACTOR):\n{indent(FUNCTION, '    ')}\n    return made\n"
    inside = compiled(f"{stage}made = stage(2)")
    assert difference(cell, module, EXACT) is None
    assert difference(cell, inside, EXACT) is None


def test_a_function_that_does_something_else_is_seen() -> None:
    cell = compiled(FUNCTION, np=np, FACTOR=2)
    assert difference(cell, compiled(FUNCTION, np=np, FACTOR=3), EXACT) is not None
    for old, new in (("sum", "max"), ("k=2", "k=3"), ("range(3)", "range(4)"), ("is not", "is")):
        other = compiled(FUNCTION.replace(old, new), np=np, FACTOR=2)
        assert difference(cell, other, EXACT) is not None, new


def test_functions_that_call_themselves_come_to_an_end() -> None:
    text = "def made(n):\n    return n * made(n - 1) if n else 1"
    assert difference(compiled(text), compiled(text), EXACT) is None


def test_metrics_and_tables_are_compared_as_a_stage_writes_them(tmp_path: Path) -> None:
    (tmp_path / "score.pkl").write_bytes(pickle.dumps(np.float64(0.5)))
    (tmp_path / "text.pkl").write_bytes(pickle.dumps("left out"))
    (tmp_path / "table.pkl").write_bytes(pickle.dumps({"x": [1, 2]}))
    values = {name: str(tmp_path / f"{name}.pkl") for name in ("score", "text", "table")}
    assert shown.metrics(values | {"table": values["score"]}) == {"score": 0.5, "table": 0.5}
    assert shown.tables({"table": values["table"]}) == {"table": [["x"], ["1"], ["2"]]}
    assert shown.tables({"table": str(tmp_path / "missing.csv")}) == {}


def test_a_value_that_could_not_be_kept_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.pkl.why").write_text("a generator can't be stored")
    with pytest.raises(Unreadable, match="a generator can't be stored"):
        read_value(str(tmp_path / "a.pkl"))
    with pytest.raises(Unreadable, match=r"there is no 'b\.pkl'"):
        read_value(str(tmp_path / "b.pkl"))
    (tmp_path / "c.pkl").write_bytes(b"\x80\x05cno_such_module\nX\n.")
    with pytest.raises(Unreadable, match=r"'c\.pkl' can't be read: ModuleNotFoundError"):
        read_value(str(tmp_path / "c.pkl"))
