"""Fork servers for the tests of meaning, with none, some or all of the heavy libraries; the
constructs as parameters of tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import pytest

from tests.meaning.constructs_as_text import Construct
from tests.meaning.harness import Forks, forks

_HEAVY = ("learning", "libraries", "values")
_PANDAS = ("pandas", "IPython.core.interactiveshell")
_OPTIONAL = ("lightgbm", "xgboost")


@pytest.fixture(scope="session")
def light() -> Iterator[Forks]:
    """A fork server that has imported nothing but the runtime."""
    with forks() as server:
        yield server


@pytest.fixture(scope="session")
def heavy() -> Iterator[Forks]:
    """A fork server with pandas and IPython."""
    with forks(*_PANDAS) as server:
        yield server


@pytest.fixture(scope="session")
def learned() -> Iterator[Forks]:
    """The same with scikit-learn. `import sklearn` alone reaches all of its modules, and scipy's,
    in a new process too: that they are there already hides no import that a stage lacks.
    """
    with forks(*_PANDAS, "scipy.stats", "sklearn.ensemble", "sklearn.model_selection") as server:
        yield server


@pytest.fixture(scope="session")
def notebooks() -> Iterator[Forks]:
    """The same as `heavy` with what runs stages as notebooks."""
    with forks(*_PANDAS, "papermill", "nbclient.client") as server:
        yield server


@pytest.fixture(scope="session")
def kernel() -> Iterator[Forks]:
    """A fork server that has imported what any kernel has."""
    with forks("IPython.core.interactiveshell", "nbstage.recorder") as server:
        yield server


@pytest.fixture
def server(construct: Construct, request: pytest.FixtureRequest) -> Forks:
    """The fork server that a construct needs."""
    return _started(request, _needed(construct))


@pytest.fixture
def tracer(construct: Construct, request: pytest.FixtureRequest) -> Forks:
    """The fork server that traces a construct."""
    needed = _needed(construct)
    return _started(request, "kernel" if needed == "light" else needed)


def _needed(construct: Construct) -> str:
    if re.search(r"\b(?:sklearn|scipy|seaborn)\b", construct.case.text):
        return "learned"
    with_pandas = construct.family in _HEAVY or "import pandas" in construct.case.text
    return "heavy" if with_pandas or construct.case.ipython else "light"


def _started(request: pytest.FixtureRequest, name: str) -> Forks:
    found = request.getfixturevalue(name)
    assert isinstance(found, Forks)
    return found


def as_param(construct: Construct) -> object:
    """A construct as a test's parameter, with what is known of it."""
    lacking = construct.lacking
    marks = [pytest.mark.xfail(strict=True, reason=lacking)] if lacking else []
    if construct.family in _HEAVY:
        marks.append(pytest.mark.slow)
    absent = [
        name
        for name in _OPTIONAL
        if f"import {name}" in construct.case.text and not _is_there(name)
    ]
    if absent:
        marks.append(pytest.mark.skip(reason=f"{absent[0]} is not installed"))
    return pytest.param(construct, id=f"{construct.family}: {construct.title}", marks=marks)


@cache
def _is_there(module: str) -> bool:
    return find_spec(module) is not None
