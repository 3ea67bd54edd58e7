"""Two files, compared by their bytes; where these differ, what the files hold tells where."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from nbstage.runtime.same import difference
from nbstage.runtime.same_plain import clip
from nbstage.verify.inside.close import Same
from nbstage.verify.inside.code import SameCode
from nbstage.verify.inside.images import image_difference
from nbstage.verify.inside.read import Unreadable, read_value
from nbstage.verify.inside.rows import read_rows, rows_difference

_CHUNK = 1 << 20
_LARGEST_TEXT = 1 << 26

# None: both hold the same. Raises one of _OTHERWISE where the file is not what its name says.
Look = Callable[[Path, Path, Same], str | None]


def compare_contents(mine: Path, yours: Path, same: Same) -> tuple[bool, str]:
    """Whether two files are the same, and where they first differ.

    Bytes count. But a pickle counts by its value, as the notebook's classes have another home in
    the pipeline, and what gzip packed by its content, as the time stands before it; with a
    tolerance the numbers in any table do.
    """
    place = first_byte(mine, yours)
    if place is None:
        return True, ""
    for look in _looks(mine):
        try:
            found = look(mine, yours, same)
        except _OTHERWISE:
            continue
        if found is not None:
            return False, found
        if look in (_pickles, _packed) or not isinstance(same, SameCode):
            return True, "other bytes, the same in them"
        return False, f"byte {place}, though both hold the same"
    return False, f"byte {place}"


_OTHERWISE = (
    AttributeError,
    ImportError,
    OSError,
    EOFError,
    LookupError,
    TypeError,
    Unreadable,
    ValueError,
    csv.Error,
)


def first_byte(mine: Path, yours: Path) -> int | None:
    """The offset of the first byte that differs, or where the shorter file ends; None if equal."""
    place = 0
    with mine.open("rb") as one, yours.open("rb") as other:
        while True:
            a, b = one.read(_CHUNK), other.read(_CHUNK)
            if a != b:
                pairs = enumerate(zip(a, b, strict=False))
                short = min(len(a), len(b))
                return place + next((n for n, (x, y) in pairs if x != y), short)
            if not a:
                return None
            place += len(a)


def _looks(path: Path) -> tuple[Look, ...]:
    """How to look into a file of this name, the closest way first."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return (_packed,)
    known = _BY_SUFFIX.get(suffix)
    return (known, _texts) if known else (_texts,)


def _pickles(mine: Path, yours: Path, same: Same) -> str | None:
    return difference(read_value(str(mine)), read_value(str(yours)), same)


def _csv(mine: Path, yours: Path, same: Same) -> str | None:
    return rows_difference(read_rows(mine), read_rows(yours), same)


def _tsv(mine: Path, yours: Path, same: Same) -> str | None:
    return rows_difference(read_rows(mine, "\t"), read_rows(yours, "\t"), same)


def _json(mine: Path, yours: Path, same: Same) -> str | None:
    loaded = [json.loads(path.read_text(encoding="utf-8")) for path in (mine, yours)]
    return difference(loaded[0], loaded[1], same)


def _parquet(mine: Path, yours: Path, same: Same) -> str | None:
    import pandas as pd

    return difference(pd.read_parquet(mine), pd.read_parquet(yours), same)


def _feather(mine: Path, yours: Path, same: Same) -> str | None:
    import pandas as pd

    return difference(pd.read_feather(mine), pd.read_feather(yours), same)


def _arrays(mine: Path, yours: Path, same: Same) -> str | None:
    import numpy as np

    loaded = [np.load(path, allow_pickle=False) for path in (mine, yours)]
    if mine.suffix.lower() == ".npz":
        loaded = [{name: archive[name] for name in archive.files} for archive in loaded]
    return difference(loaded[0], loaded[1], same)


def _images(mine: Path, yours: Path, same: Same) -> str | None:
    return image_difference(mine, yours)


def _packed(mine: Path, yours: Path, same: Same) -> str | None:
    """What gzip packed; its header has the time."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = [Path(folder, side, mine.stem) for side in ("mine", "yours")]
        for packed, path in zip((mine, yours), unpacked, strict=True):
            path.parent.mkdir()
            path.write_bytes(gzip.decompress(packed.read_bytes()))
        alike, found = compare_contents(unpacked[0], unpacked[1], same)
        return None if alike else found


def _texts(mine: Path, yours: Path, same: Same) -> str | None:
    if max(mine.stat().st_size, yours.stat().st_size) > _LARGEST_TEXT:
        raise ValueError("too long to be shown by lines")
    lines = [path.read_bytes().decode("utf-8").split("\n") for path in (mine, yours)]
    if any("\0" in line for one in lines for line in one):
        raise ValueError("no text")
    pairs = zip(*lines, strict=False)
    for number, (line, other) in enumerate(pairs, start=1):
        if line != other:
            return f"line {number}: {clip(line)} became {clip(other)}"
    return f"{len(lines[0])} lines became {len(lines[1])}"


_BY_SUFFIX: dict[str, Look] = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _pickles),
    **dict.fromkeys((".csv",), _csv),
    **dict.fromkeys((".tsv", ".tab"), _tsv),
    **dict.fromkeys((".json", ".ipynb"), _json),
    **dict.fromkeys((".parquet", ".pq"), _parquet),
    **dict.fromkeys((".feather", ".arrow"), _feather),
    **dict.fromkeys((".npy", ".npz"), _arrays),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"), _images),
}
