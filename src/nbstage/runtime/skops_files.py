# ruff: noqa: PTH122 - pathlib would double what importing the runtime takes
"""Models as skops files: data and names of types, from which reading builds the model.

Reading calls no code that the file brings along, and only names that skops trusts or that stand in
`REVIEWED`. The same model gives the same bytes in any process.
"""

from __future__ import annotations

import io
import json
import os
import pickle

from nbstage.runtime.errors import StageError
from nbstage.runtime.formats import Unsuited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO
    from zipfile import ZipFile

    # Any: JSON, and arrays of every dtype.
    Json = Any
    Parts = dict[str, bytes]
    Names = dict[bytes, str]

SCHEMA = "schema.json"
_PARTS = (".bin", ".npy", ".npz")

# What skops leaves to its user to trust, and fitted models of scikit-learn hold: classes in Python
# whose making has no effect, functions of numbers. A tree is checked before it is made (`trees`).
REVIEWED = (
    "numpy.dtype",
    "numpy.mean",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.TimeSeriesSplit",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)


def write_skops(value: Any, path: str) -> None:
    """Write a model to the file `path`; raises what skops raises where it can't."""
    skops = _skops()
    with _opened(io.BytesIO(skops.dumps(value))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    _keep_layouts(value, parts)
    schema = json.loads(parts[SCHEMA])
    names: Names = {}
    text = json.dumps(_settled(schema, parts, names, {}), separators=(",", ":"))
    _write_zip(path, {SCHEMA: text.encode(), **{name: data for data, name in names.items()}})


def read_skops(file: BinaryIO, trusted: tuple[str, ...] = ()) -> Any:
    """The model in an open file; `trusted` are types that somebody reviewed besides ours.

    Raises Unsuited where the file holds what it need not hold.
    """
    from nbstage.runtime.trees import check_trees

    skops = _skops()
    with _opened(file) as archive:
        check_parts(archive, (SCHEMA,), _PARTS)
        check_trees(json.loads(archive.read(SCHEMA)), archive)
    file.seek(0)
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.load(file, trusted=[*REVIEWED, *trusted])
    except UntrustedTypesFoundException:
        raise Unsuited(_untrusted(skops, file, trusted)) from None


def check_parts(archive: ZipFile, names: tuple[str, ...], ends: tuple[str, ...]) -> None:
    """Raises Unsuited where a zip file holds anything but what we write: plain data, as it is."""
    for part in archive.infolist():
        fits = part.filename in names or os.path.splitext(part.filename)[1] in ends
        if not fits or part.compress_type != 0:
            told = "".join(char if char.isprintable() else "?" for char in part.filename[:60])
            raise Unsuited(f"it holds '{told}', which nbstage did not write")


def _skops() -> Any:
    try:
        import skops.io
    except ModuleNotFoundError as error:
        raise StageError(
            f"skops files need the package {error.name}, which is not installed: "
            "`pip install 'nbstage[safe]'`."
        ) from None
    return skops.io


def _opened(file: BinaryIO) -> ZipFile:
    import zipfile

    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise Unsuited(f"it is no zip file ({error})") from None


def _untrusted(skops: Any, file: BinaryIO, trusted: tuple[str, ...]) -> str:
    file.seek(0)
    found = set(skops.get_untrusted_types(data=file.read())) - {*REVIEWED, *trusted}
    named = ", ".join(f"'{name[:100]}'" for name in sorted(found)[:4])
    return f"it needs {named}, which nbstage did not review"


# skops numbers objects by their addresses, names arrays and bytes by these and at random, stores
# sets in the order of the hash seed and puts the time into the file: all of that is done anew.


def _settled(item: Json, parts: Parts, names: Names, known: dict[int, Json]) -> Json:
    """What skops tells of a value, with numbers in place of addresses and names."""
    if isinstance(item, list):
        return [_settled(part, parts, names, known) for part in item]
    if not isinstance(item, dict):
        return item
    if not is_node(item):
        return {key: _settled(part, parts, names, known) for key, part in item.items()}
    at = item.get("__id__")
    if at in known:
        return known[at]  # what was made anew on the way has other numbers there
    node: dict[str, Json] = {}
    if item["__loader__"] == "JsonNode":
        at = None  # whether two equal texts or numbers are one object is chance
    elif at is not None:
        node["__id__"] = len(known) + 1
        known[at] = node
    content = item.get("content")
    if item["__loader__"] == "SetNode" and isinstance(content, list):
        item = {**item, "content": sorted(content, key=lambda part: _bare(part, parts))}
    for key, part in item.items():
        if key == "file":
            node[key] = _part(part, parts, names)
        elif key != "__id__":
            node[key] = _settled(part, parts, names, known)
    return node


def is_node(item: Json) -> bool:
    """Whether a part of the schema is an object, and not a dict that holds such."""
    return isinstance(item, dict) and isinstance(item.get("__loader__"), str)


def _part(name: str, parts: Parts, names: Names) -> str:
    """The name of the file for an array or bytes: a number. Equal ones are one file."""
    return names.setdefault(parts[name], f"{len(names)}{os.path.splitext(name)[1]}")


def _bare(item: Json, parts: Parts) -> str:
    """An element of a set as a text that says nothing of addresses."""
    return json.dumps(_settled(item, parts, {}, {}))


def _write_zip(path: str, parts: Parts) -> None:
    from zipfile import ZipFile, ZipInfo

    with ZipFile(path, "w") as archive:
        for name, data in parts.items():
            info = ZipInfo(name)  # dated 1980
            info.create_system = 3
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)


class _Arrays(pickle.Pickler):
    """Collects the arrays in a value that numpy's own files would lay out anew."""

    def __init__(self, kind: Any, in_order: Any) -> None:
        super().__init__(io.BytesIO(), 5, buffer_callback=lambda buffer: False)
        self.kind = kind
        self.in_order = in_order
        self.found: list[Any] = []

    def persistent_id(self, value: Any) -> None:
        if type(value) is self.kind and not value.dtype.hasobject and not self.in_order(value):
            self.found.append(value)


def _keep_layouts(value: Any, parts: Parts) -> None:
    """Have arrays lie in memory as before: the last digit of a prediction may depend on it."""
    import numpy as np

    from nbstage.runtime.arrays import in_order, lies_plainly
    from nbstage.runtime.pickled import REFUSALS

    arrays = _Arrays(np.ndarray, in_order)
    try:
        arrays.dump(value)
    except REFUSALS:
        return  # nor does skops give it back, which is what the user is told
    for array in arrays.found:
        name = f"{id(array)}.npy"
        if name not in parts:
            continue
        if not lies_plainly(array.T):
            raise Unsuited("an array in it lies in memory in an order of its own")
        file = io.BytesIO()
        np.save(file, np.asfortranarray(array), allow_pickle=False)
        parts[name] = file.getvalue()
