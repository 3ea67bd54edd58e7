"""Fork servers for the tests of meaning, one with and one without the heavy libraries; the
constructs as parameters of tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import pytest

from tests.meaning.constructs_as_text import Construct
from tests.meaning.harness import Forks, forks

_HEAVY = ("learning", "libraries", "values")
_OPTIONAL = ("lightgbm", "xgboost")


@pytest.fixture(scope="session")
def light() -> Iterator[Forks]:
    """A fork server that has imported nothing but the runtime."""
    with forks() as server:
        yield server


@pytest.fixture(scope="session")
def heavy() -> Iterator[Forks]:
    """A fork server with pandas and IPython."""
    with forks("pandas", "IPython.core.interactiveshell") as server:
        yield server


@pytest.fixture
def server(construct: Construct, request: pytest.FixtureRequest) -> Forks:
    """The fork server that a construct needs."""
    needs_more = construct.family in _HEAVY or construct.case.ipython
    found = request.getfixturevalue("heavy" if needs_more else "light")
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
