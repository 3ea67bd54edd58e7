"""Which file format an artifact gets: by what is declared, else by its type, else pickle."""

from __future__ import annotations

from nbstage.convert import known

#: The formats a user may declare in `[tool.nbstage.formats]`, with their extensions.
FORMATS = {
    "parquet": ".parquet",
    "npy": ".npy",
    "npz": ".npz",
    "json": ".json",
    "joblib": ".joblib",
    "pickle": ".pkl",
    "skops": ".skops",
}
#: Those that run no code when they are read.
SAFE = frozenset({".parquet", ".npy", ".npz", ".json", ".skops"})
_BY_TYPE = {
    "pandas.DataFrame": ".parquet",
    "numpy.ndarray": ".npy",
    "int": ".json",
    "float": ".json",
    "bool": ".json",
    "str": ".json",
    "NoneType": ".json",
}
#: What else can be tried without a pickle: the stage looks whether the file gives the value back.
_WITHOUT_PICKLE = {"list": ".json", "dict": ".json"}


def extension(
    type: str, declared: str | None, seen: str | None = None, *, safe: bool = False
) -> str:
    """The extension of the file that a value is stored in: by the format that is declared, else by
    the one that held it exactly in a traced run, else by its type. With `safe`, one of `SAFE` if
    there is one for it.
    """
    found = _extension(type, declared, seen)
    if not safe or found in SAFE:
        return found
    if known.in_skops(type):
        return ".skops"
    if type.startswith("scipy.sparse.") and seen is None:
        return ".npz"
    return _WITHOUT_PICKLE.get(type, found) if seen is None else found


def _extension(type: str, declared: str | None, seen: str | None) -> str:
    if declared is not None:
        return FORMATS[declared]
    if seen and not (seen == "pickle" and known.is_estimator(type)):
        return FORMATS.get(seen, ".pkl")
    return ".joblib" if known.is_estimator(type) else _BY_TYPE.get(type, ".pkl")
