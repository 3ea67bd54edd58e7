"""`safe = true`: what is stored comes back as it was, and no file that is read runs any code."""

from __future__ import annotations

import io
import json
import pickle
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from nbstage.runtime import CannotStore, StageError, safe
from nbstage.runtime import load as load_any
from nbstage.runtime import save as save_any
from nbstage.runtime.same import difference

X, y = load_iris(return_X_y=True)
EXTENSIONS = ["parquet", "npy", "npz", "json", "skops"]


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def stored(value: object, path: str) -> object:
    safe.save(value, path)
    return safe.load(path)


# What comes back as it was

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("äb\x00"), inner),
    max_leaves=12,
)
NUMBERS = hnp.arrays(
    hnp.scalar_dtypes() | hnp.unicode_string_dtypes(),
    hnp.array_shapes(max_dims=3, min_side=0, max_side=4),
)
COLUMNS = {
    "n": st.integers(-(2**63), 2**63 - 1),
    "x": st.floats(),
    "word": st.text(st.characters(codec="utf-8"), max_size=4),
    "yes": st.booleans(),
}
TABLES = st.fixed_dictionaries({}, optional={k: st.just(v) for k, v in COLUMNS.items()}).flatmap(
    lambda kept: st.integers(0, 5).flatmap(
        lambda rows: st.fixed_dictionaries(
            {name: st.lists(cell, min_size=rows, max_size=rows) for name, cell in kept.items()}
        ).map(pd.DataFrame)
    )
)


def is_back_or_refused(value: object, path: str) -> None:
    """Whatever the value: equal afterwards or refused, and never a pickle."""
    Path(path).unlink(missing_ok=True)
    try:
        safe.save(value, path)
    except CannotStore:
        assert not Path(path).exists()
        return
    assert not Path(path).read_bytes().startswith(b"\x80")
    assert difference(value, safe.load(path)) is None


@given(JSON)
def test_plain_data_comes_back_as_it_was_or_is_refused(value: object) -> None:
    is_back_or_refused(value, "value.json")


@given(NUMBERS)
def test_arrays_come_back_as_they_were_or_are_refused(value: object) -> None:
    is_back_or_refused(value, "value.npy")


@given(TABLES)
def test_tables_come_back_as_they_were_or_are_refused(value: object) -> None:
    is_back_or_refused(value, "value.parquet")


@given(hnp.arrays(np.float64, (3, 4)), st.sampled_from(["csr", "csc", "coo", "bsr", "dia"]))
def test_sparse_matrices_come_back_as_they_were_or_are_refused(dense: Any, form: str) -> None:
    is_back_or_refused(sparse.csr_array(dense).asformat(form), "value.npz")


@given(JSON, NUMBERS)
def test_a_model_comes_back_with_whatever_plain_data_it_holds(data: object, array: object) -> None:
    is_back_or_refused(FunctionTransformer(kw_args={"a": data, "b": array}), "value.skops")


def test_common_values_are_not_refused() -> None:
    for value, path in [
        ({"a": [1, 2.5, None, "ä"], "b": True}, "d.json"),
        (np.arange(6).reshape(2, 3), "a.npy"),
        (pd.DataFrame({"n": [1, 2], "t": pd.to_datetime(["2026-01-01", "NaT"])}), "t.parquet"),
        (sparse.csr_array(np.eye(3)), "m.npz"),
    ]:
        assert difference(value, stored(value, path)) is None


MODELS: dict[str, Callable[[], Any]] = {
    "pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y),
    "columns": lambda: make_column_transformer(
        (OneHotEncoder(), [0]), (SimpleImputer(), [1]), remainder="passthrough"
    ).fit(X),
    "tree": lambda: DecisionTreeClassifier(random_state=0).fit(X, y),
    "forest": lambda: RandomForestClassifier(5, random_state=0).fit(X, y),
    "bagging": lambda: BaggingClassifier(n_estimators=3, max_features=2, random_state=0).fit(X, y),
    "boosting": lambda: AdaBoostClassifier(n_estimators=3, random_state=0).fit(X, y),
    "network": lambda: MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y),
    "search": lambda: GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}).fit(X, y),
    "components": lambda: PCA(2).fit(X),
    "words": lambda: TfidfVectorizer().fit(["a bee", "bee sea"]),
    "sets": lambda: FunctionTransformer(np.log1p, kw_args={"kinds": {"a", "bee", "sea", 1, 2.5}}),
    "not fitted": lambda: RandomForestClassifier(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_predicts_what_it_did(name: str) -> None:
    model = MODELS[name]()
    back: Any = stored(model, "model.skops")
    assert type(back) is type(model)
    if hasattr(model, "predict"):
        table = np.ascontiguousarray(X[::-1])
        assert name == "not fitted" or (back.predict(table) == model.predict(table)).all()


def test_a_models_arrays_lie_in_memory_as_before() -> None:
    whole = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    model = FunctionTransformer(kw_args={"a": whole[:2], "b": whole, "c": whole.T})
    back: Any = stored(model, "model.skops")
    order = [
        (array.flags.c_contiguous, array.flags.f_contiguous) for array in back.kw_args.values()
    ]
    assert order == [(False, True), (False, True), (True, False)]


def test_what_a_model_holds_twice_is_one_object_still() -> None:
    rows = [1]
    back: Any = stored(FunctionTransformer(kw_args={"a": rows, "b": rows}), "model.skops")
    back.kw_args["a"].append(2)
    assert back.kw_args["b"] == [1, 2]


STABLE = """
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from nbstage.runtime.safe import save
X = np.arange(60.0).reshape(20, 3) % 7
y = np.arange(20) % 2
kinds = {"sets": {"a", "b", "c", "d"}, "raw": b"bytes", "list": [1, "x"]}
steps = [make_column_transformer((OneHotEncoder(), [0])), FunctionTransformer(kw_args=kinds)]
save(RandomForestClassifier(5, random_state=0).fit(X, y), "forest.skops")
save(make_pipeline(*steps), "steps.skops")
save(MLPClassifier((2,), max_iter=1, random_state=0).fit(X, y), "network.skops")
"""


def test_a_model_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", STABLE],
            cwd=folder,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
        )
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert sorted(written[0]) == ["forest.skops", "network.skops", "steps.skops"]
    assert written[0] == written[1]


# What is refused when it is saved


class Doubler(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """As in a helper module of a pipeline."""

    def fit(self, X: object, y: object = None) -> Doubler:
        return self

    def transform(self, X: Any) -> Any:
        return X * 2


REFUSED = [
    ((1, 2), "pair.json", "JSON would not give the value back as it is (tuple became list)"),
    ({1: 2}, "d.json", "a key: int 1 became str '1'"),
    (np.array([1, "a"], object), "a.npy", "Object arrays cannot be saved"),
    (pd.DataFrame({"x": [{1}, {2}]}), "t.parquet", "Parquet would not give the value back"),
    (pd.Series([1]), "t.parquet", "it is no pandas DataFrame"),
    (make_pipeline(Doubler()), "m.skops", "which nbstage did not review"),
    (FunctionTransformer(lambda table: table), "m.skops", "skops would not give the value back"),
    (FunctionTransformer(print), "m.skops", "'builtins.print'"),
    (
        FunctionTransformer(kw_args={"a": np.arange(4)[::-1]}),
        "m.skops",
        "an array in it lies in memory in an order of its own",
    ),
]


@pytest.mark.parametrize(("value", "path", "why"), REFUSED)
def test_what_a_file_would_change_stops_the_stage_and_is_no_pickle(
    value: object, path: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotStore) as caught:
        safe.save(value, path)
    assert caught.value.message.startswith(f"'{path}' can't be stored: ")
    assert why in caught.value.message
    assert "\n" not in caught.value.message
    assert not Path(path).exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (GradientBoostingClassifier(n_estimators=2), "can't check the trees"),
        (IsolationForest(n_estimators=2), "can't check the trees"),
        (HistGradientBoostingClassifier(max_iter=2), "TreePredictor"),
    ],
)
def test_a_model_whose_trees_nobody_checks_is_refused(model: Any, why: str) -> None:
    with pytest.raises(CannotStore, match=why):
        safe.save(model.fit(X, y), "model.skops")


@pytest.mark.parametrize("path", ["model.pkl", "model.joblib", "model", "model.Parquet"])
def test_other_names_are_no_files_of_safe_mode(path: str) -> None:
    for call in (lambda: safe.save(1, path), lambda: safe.load(path)):
        with pytest.raises(StageError, match="no file for `safe = true`"):
            call()


def test_without_skops_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    safe.save(LogisticRegression(), "model.skops")
    monkeypatch.setitem(sys.modules, "skops", None)
    for call in (
        lambda: safe.save(LogisticRegression(), "model.skops"),
        lambda: safe.load("model.skops"),
    ):
        with pytest.raises(StageError, match=r"pip install 'nbstage\[safe\]'"):
            call()


def test_a_pyarrow_that_unpickles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow

    safe.save(pd.DataFrame({"x": [1]}), "t.parquet")
    monkeypatch.setattr(pyarrow, "__version__", "14.0.0")
    with pytest.raises(StageError, match=r"needs pyarrow 15 or later, and this is 14\.0\.0"):
        safe.load("t.parquet")


# Hostile files

MARK = Path("ran")


class Evil:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path.cwd() / MARK,)


def pickled(protocol: int) -> bytes:
    return pickle.dumps(Evil(), protocol)


def object_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([Evil()], object), allow_pickle=True)
    return file.getvalue()


def joblib_file(compress: int) -> bytes:
    file = io.BytesIO()
    joblib.dump([Evil()], file, compress=compress)
    return file.getvalue()


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("_", "."), data)
    return file.getvalue()


def calling(name: str, loader: str = "FunctionNode") -> bytes:
    """A skops file that asks for a function, and for calling it."""
    module, _, function = name.rpartition(".")
    told = {"__loader__": "JsonNode", "__module__": "builtins", "__class__": "str"}
    args = {
        "__loader__": "TupleNode",
        "__module__": "builtins",
        "__class__": "tuple",
        "content": [{**told, "content": f'"touch {MARK}"'}],
    }
    node = {"__class__": function, "__module__": module, "__loader__": loader, "content": args}
    return json.dumps(node | {"protocol": 2, "attrs": args}).encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    **{f"pickle {protocol}": partial(pickled, protocol) for protocol in range(6)},
    "joblib": lambda: joblib_file(0),
    "compressed joblib": lambda: joblib_file(3),
    "npy with objects": object_array,
    "npz with objects": lambda: zipped(data_npy=object_array(), format_npy=object_array()),
    "zip with a pickle": lambda: zipped(data_pkl=pickle.dumps(Evil())),
    "zip with a module": lambda: zipped(schema_json=b"{}", evil_py=b"print()"),
    "skops that calls": lambda: zipped(
        schema_json=calling("os.system", "ConstructorFromReduceNode")
    ),
    "skops with a function": lambda: zipped(schema_json=calling("os.system")),
    "skops with an operator": lambda: zipped(
        schema_json=calling("operator.methodcaller", "OperatorFuncNode")
    ),
    "skops with objects": lambda: zipped(
        **{"0_npy": object_array()},
        schema_json=json.dumps(
            {
                "__class__": "ndarray",
                "__module__": "numpy",
                "__loader__": "NdArrayNode",
                "type": "numpy",
                "file": "0.npy",
                "protocol": 2,
            }
        ).encode(),
    ),
    "skops of nonsense": lambda: zipped(schema_json=b'{"__loader__": "ListNode"}'),
    "deep JSON": lambda: b"[" * 200_000,
    "nothing": lambda: b"",
    "a word of Parquet": lambda: b"PAR1",
    "a word of npy": lambda: b"\x93NUMPY\x01\x00",
    "a word of zip": lambda: b"PK\x03\x04",
    "a huge array": lambda: (
        b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }".ljust(117)
        + b"\n"
    ),
}


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line_and_runs_nothing(kind: str, extension: str) -> None:
    path = f"value.{extension}"
    Path(path).write_bytes(HOSTILE[kind]())
    with pytest.raises(StageError) as caught:
        safe.load(path)
    assert f"'{path}' " in caught.value.message
    assert "\n" not in caught.value.message
    assert not MARK.exists()


def test_a_damaged_file_is_told_of_in_one_line() -> None:
    values = {
        "value.parquet": pd.DataFrame({"n": [1, 2], "word": ["x", "y"]}),
        "value.npy": X,
        "value.npz": sparse.csr_array(np.eye(4)),
        "value.json": {"a": [1, 2]},
        "value.skops": DecisionTreeClassifier(random_state=0).fit(X, y),
    }
    chance = random.Random(1)
    for path, value in values.items():
        safe.save(value, path)
        good = Path(path).read_bytes()
        for _ in range(60):
            data = bytearray(good)
            data[chance.randrange(len(data))] = chance.randrange(256)
            Path(path).write_bytes(data[: chance.choice([None, chance.randrange(len(data))])])
            for load in (safe.load, load_any):
                with suppress(StageError):  # or, where the damage is in a number, another number
                    load(path)


def test_these_pickles_do_run_code_elsewhere() -> None:
    Path("value.parquet").write_bytes(pickle.dumps(Evil()))
    load_any("value.parquet")
    assert MARK.exists()


def test_a_refused_file_ends_a_stage_without_a_traceback() -> None:
    Path("value.parquet").write_bytes(pickle.dumps(Evil()))
    done = subprocess.run(
        [sys.executable, "-c", "from nbstage.runtime.safe import load; load('value.parquet')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "nbstage: 'value.parquet' is not read: it holds a pickle, which could run any code. No "
        "stage with `safe = true` wrote it: find out who did, then write it anew with "
        "`dvc repro --force`.\n"
    )


def test_a_value_of_another_format_is_refused() -> None:
    for value, path in ((1, "v.json"), (np.ones(2), "v.npy"), (LogisticRegression(), "v.skops")):
        safe.save(value, path)
        data = Path(path).read_bytes()
        for extension in set(EXTENSIONS) - {Path(path).suffix[1:]}:
            Path(f"other.{extension}").write_bytes(data)
            with pytest.raises(StageError):
                safe.load(f"other.{extension}")


def test_a_sparse_matrix_that_leads_out_of_itself_is_refused() -> None:
    matrix = sparse.csr_matrix(np.eye(3))
    matrix.indices[1] = 1_000_000
    sparse.save_npz("m.npz", matrix, compressed=False)
    with pytest.raises(StageError, match=r"'m\.npz' can't be read"):
        safe.load("m.npz")


def test_a_compressed_file_is_refused() -> None:
    sparse.save_npz("m.npz", sparse.csr_matrix(np.eye(3)), compressed=True)
    with pytest.raises(StageError, match="which nbstage did not write"):
        safe.load("m.npz")


def test_an_own_class_in_a_skops_file_is_named() -> None:
    from skops import io as skops

    skops.dump(make_pipeline(Doubler()), "m.skops")
    with pytest.raises(StageError, match=r"it needs '.*\.Doubler', which nbstage did not review"):
        safe.load("m.skops")


# Trees whose numbers somebody changed


def changed(model: Any, change: Callable[[Any, dict[str, bytes]], None]) -> None:
    """Store a model, and change what the file tells of it."""
    safe.save(model, "model.skops")
    with zipfile.ZipFile("model.skops") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts.pop("schema.json"))
    change(schema, parts)
    with zipfile.ZipFile("model.skops", "w") as archive:
        for name, data in {"schema.json": json.dumps(schema).encode(), **parts}.items():
            archive.writestr(name, data)


def attributes(schema: Any) -> Any:
    return schema["content"]["content"]


def in_nodes(field: str, at: int, value: int) -> Callable[[Any, dict[str, bytes]], None]:
    def change(schema: Any, parts: dict[str, bytes]) -> None:
        name = attributes(schema)["tree_"]["content"]["content"]["nodes"]["file"]
        nodes = np.load(io.BytesIO(parts[name]))
        nodes[field][at] = value
        file = io.BytesIO()
        np.save(file, nodes)
        parts[name] = file.getvalue()

    return change


def number(key: str, value: str) -> Callable[[Any, dict[str, bytes]], None]:
    def change(schema: Any, parts: dict[str, bytes]) -> None:
        attributes(attributes(schema)["tree_"])[key]["content"] = value

    return change


def columns(schema: Any, parts: dict[str, bytes]) -> None:
    attributes(schema)["n_features_in_"]["content"] = "2"


def no_columns(schema: Any, parts: dict[str, bytes]) -> None:
    del attributes(schema)["n_features_in_"]
    schema["content"]["key_types"]["content"].pop()


def fewer_keys(schema: Any, parts: dict[str, bytes]) -> None:
    schema["content"]["key_types"]["content"].pop()


def method_gone(schema: Any, parts: dict[str, bytes]) -> None:
    attributes(schema)["_validate_X_predict"] = attributes(schema)["criterion"]
    types = schema["content"]["key_types"]["content"]
    types.append(types[0])


def loose_tree(schema: Any, parts: dict[str, bytes]) -> None:
    attributes(schema)["other"] = attributes(schema)["tree_"]
    types = schema["content"]["key_types"]["content"]
    types.append(types[0])


def two_of_one_number(schema: Any, parts: dict[str, bytes]) -> None:
    attributes(schema)["tree_"]["__id__"] = attributes(schema)["classes_"]["__id__"]


def classes(schema: Any, parts: dict[str, bytes]) -> None:
    attributes(schema)["tree_"]["__reduce__"]["args"]["content"][2]["content"] = "9"


TREES: dict[str, Callable[[Any, dict[str, bytes]], None]] = {
    "a child far away": in_nodes("left_child", 0, 10**9),
    "a child before its parent": in_nodes("right_child", 2, 0),
    "a child below zero": in_nodes("left_child", 0, -7),
    "half a leaf": in_nodes("right_child", 1, 2),
    "a column that is not there": in_nodes("feature", 0, 4),
    "a column below zero": in_nodes("feature", 0, -2),
    "too many nodes": number("node_count", "1000"),
    "no depth": number("max_depth", "1"),
    "classes that are not there": classes,
    "a model of fewer columns": columns,
    "a model of unknown columns": no_columns,
    "a model of fewer attributes": fewer_keys,
    "a method that is gone": method_gone,
    "a tree of its own": loose_tree,
    "two objects of one number": two_of_one_number,
}


@pytest.mark.parametrize("kind", TREES)
def test_a_tree_that_leads_out_of_itself_is_refused(kind: str) -> None:
    changed(DecisionTreeClassifier(random_state=0).fit(X, y), TREES[kind])
    with pytest.raises(StageError, match=r"'model\.skops' can't be read"):
        safe.load("model.skops")


def test_a_tree_written_anew_without_a_change_is_read() -> None:
    changed(DecisionTreeClassifier(random_state=0).fit(X, y), lambda schema, parts: None)
    assert safe.load("model.skops").predict(X[:1]) == [0]


def test_a_forest_of_other_columns_than_its_trees_is_refused() -> None:
    changed(RandomForestClassifier(2, random_state=0).fit(X, y), columns)
    with pytest.raises(StageError, match="a tree is of another table than its forest"):
        safe.load("model.skops")


# skops by declaration, without safe mode


def test_skops_may_be_declared_and_gives_way_to_a_pickle_where_it_must(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_any(LogisticRegression(), "model.skops")
    assert zipfile.is_zipfile("model.skops")
    assert isinstance(load_any("model.skops"), LogisticRegression)
    save_any(make_pipeline(Doubler()), "own.skops")
    assert Path("own.skops").read_bytes().startswith(b"\x80")
    assert "which nbstage did not review" in capsys.readouterr().err
    assert isinstance(load_any("own.skops")[0], Doubler)
