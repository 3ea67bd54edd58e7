"""`safe = true` at conversion: which file a value gets, what is refused, and what is written."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.utils import all_estimators

from nbstage import app
from nbstage.convert.formats import FORMATS, SAFE, extension
from nbstage.convert.known.tables import NOT_IN_SKOPS
from nbstage.model import CellFacts, Facts, Level
from nbstage.runtime import CannotStore
from nbstage.runtime.safe import save
from nbstage.trace.facts import code_key, write_facts
from tests.explained import NOTEBOOK, write

ROOT = Path(__file__).parent.parent.parent
SETTING = {"pyproject.toml": "[tool.nbstage]\nsafe = true\n"}


@pytest.mark.parametrize(
    ("type", "seen", "expected"),
    [
        ("pandas.DataFrame", None, ".parquet"),
        ("numpy.ndarray", None, ".npy"),
        ("int", None, ".json"),
        ("dict", None, ".json"),
        ("list", "json", ".json"),
        ("list", "pickle", ".pkl"),
        ("pandas.DataFrame", "pickle", ".pkl"),
        ("scipy.sparse.csr_array", None, ".npz"),
        ("scipy.sparse.csr_array", "npz", ".npz"),
        ("sklearn.linear_model.Ridge", None, ".skops"),
        ("sklearn.linear_model._ridge.Ridge", "joblib", ".skops"),
        ("sklearn.ensemble.IsolationForest", "joblib", ".joblib"),
        ("xgboost.XGBClassifier", None, ".joblib"),
        ("set", None, ".pkl"),
        ("", None, ".pkl"),
        ("", "parquet", ".parquet"),
    ],
)
def test_a_value_gets_a_file_that_runs_no_code_if_there_is_one(
    type: str, seen: str | None, expected: str
) -> None:
    assert extension(type, None, seen, safe=True) == expected


@pytest.mark.parametrize("declared", sorted(set(FORMATS) - {"pickle", "joblib"}))
def test_what_is_declared_is_taken(declared: str) -> None:
    assert extension("", declared, "pickle", safe=True) == FORMATS[declared]
    assert FORMATS[declared] in SAFE


def test_without_safe_nothing_is_other_than_it_was() -> None:
    kinds = ("dict", "sklearn.linear_model.Ridge", "scipy.sparse.csr_array", "numpy.ndarray")
    assert [extension(kind, None) for kind in kinds] == [".pkl", ".joblib", ".pkl", ".npy"]


def problems(root: Path, text: str, setting: str = "") -> list[tuple[str, str]]:
    """The codes and names in what is reported for a notebook, but for notes."""
    found = app.check(root, write(root, {**SETTING, NOTEBOOK: text})).problems
    return [
        (problem.code, problem.message.split("'")[1])
        for problem in found
        if problem.level is Level.ERROR
    ]


def test_all_that_is_refused_comes_at_once(tmp_path: Path) -> None:
    text = (
        '# %% tags=["stage:a"]\nimport other\nx = other.make()\nkinds = {1, 2}\nrows = (1, 2)\n'
        'squares = (n * n for n in rows)\n# %% tags=["stage:b"]\nprint(x, kinds, rows, squares)\n'
    )
    assert problems(tmp_path, text) == [
        ("NBS233", "x"),
        ("NBS233", "kinds"),
        ("NBS233", "rows"),
        ("NBS230", "squares"),
    ]


UNKNOWN = "import other\nx = other.make()\ny = other.make()\n"


@pytest.mark.parametrize(
    ("seen", "types", "refused"),
    [
        ({"x": "parquet", "y": "json"}, ("pandas.DataFrame", "dict"), []),
        ({"x": "pickle", "y": "npy"}, ("dict", "numpy.ndarray"), [("NBS233", "x")]),
        ({"x": "joblib", "y": "json"}, ("sklearn.linear_model._ridge.Ridge", "int"), []),
        ({"x": "", "y": "json"}, ("other.Thing", "int"), [("NBS230", "x")]),
        (
            {"x": "joblib", "y": "pickle"},
            ("lightgbm.sklearn.LGBMClassifier", "set"),
            [("NBS233", "x"), ("NBS233", "y")],
        ),
    ],
)
def test_what_a_traced_run_saw_is_held_to_the_same(
    tmp_path: Path,
    seen: dict[str, str],
    types: tuple[str, str],
    refused: list[tuple[str, str]],
) -> None:
    text = f'# %% tags=["stage:a"]\n{UNKNOWN}\n# %% tags=["stage:b"]\nprint(x, y)\n'
    binds = dict(zip("xy", types, strict=True))
    first = CellFacts(code_key(UNKNOWN.rstrip("\n")), binds=binds, formats=seen)
    write(tmp_path, {**SETTING, NOTEBOOK: text})
    write_facts(tmp_path, Facts(NOTEBOOK, (first, CellFacts(code_key("print(x, y)")))))
    assert problems(tmp_path, text) == refused


def test_the_modules_differ_by_an_import_only(tmp_path: Path) -> None:
    text = (
        '# %% tags=["stage:a"]\nimport numpy as np\nx = np.arange(3)\n'
        '# %% tags=["stage:b"]\nprint(x.sum())\n'
    )
    modules = []
    for name, setting in (("plain", {}), ("safe", SETTING)):
        root = tmp_path / name
        app.convert(root, write(root, {**setting, NOTEBOOK: text}))
        modules.append((root / "pipeline/a.py").read_text().splitlines())
    assert set(modules[0]) - set(modules[1]) == {"from nbstage.runtime import save, workdir"}
    assert set(modules[1]) - set(modules[0]) == {
        "from nbstage.runtime import workdir",
        "from nbstage.runtime.safe import save",
    }


def test_a_variable_called_load_leaves_the_runtimes_name_its_own(tmp_path: Path) -> None:
    text = (
        '# %% tags=["stage:a"]\nx = 1\n'
        '# %% tags=["stage:b"]\nload = x + 1\nsave = load\n# %% tags=["stage:c"]\nprint(save)\n'
    )
    app.convert(tmp_path, write(tmp_path, {**SETTING, NOTEBOOK: text}))
    module = (tmp_path / "pipeline/b.py").read_text()
    assert 'nbstage.runtime.safe.load("artifacts/a/x.json")' in module
    assert "import nbstage.runtime\nimport nbstage.runtime.safe\n" in module


def test_of_the_example_the_model_alone_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "pyproject.toml").write_text("[tool.nbstage]\nsafe = true\n")
    (found,) = app.check(tmp_path, ("notebooks/churn.ipynb",)).problems
    assert found.code == "NBS233"
    assert found.message.startswith("'model' is needed by stage 'evaluate'")
    assert "an object of class 'PeerPrice'" in found.message


X = np.abs(np.random.default_rng(0).normal(size=(40, 2)))
y = (X[:, 0] > X[:, 1]).astype(int)


@pytest.mark.parametrize("name", sorted(NOT_IN_SKOPS))
def test_what_is_refused_at_conversion_no_stage_could_save(name: str, tmp_path: Path) -> None:
    kind: Any = dict(all_estimators())[name]
    model = kind(dict(all_estimators())["LogisticRegression"]()) if name[:5] == "Tuned" else kind()
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, y)
    with pytest.raises(CannotStore):
        save(model, str(tmp_path / "model.skops"))
