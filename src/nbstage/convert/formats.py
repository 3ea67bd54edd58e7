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
}
_BY_TYPE = {
    "pandas.DataFrame": ".parquet",
    "numpy.ndarray": ".npy",
    "int": ".json",
    "float": ".json",
    "bool": ".json",
    "str": ".json",
    "NoneType": ".json",
}


def extension(type: str, declared: str | None, seen: str | None = None) -> str:
    """The extension of the file that a value is stored in: by the format that is declared, else by
    the one that held it exactly in a traced run, else by its type.
    """
    if declared is not None:
        return FORMATS[declared]
    if seen and not (seen == "pickle" and known.is_estimator(type)):
        return FORMATS.get(seen, ".pkl")
    return ".joblib" if known.is_estimator(type) else _BY_TYPE.get(type, ".pkl")
