"""One-construct notebooks: the pipeline computes what the notebook computes, or is refused.

What a construct is, and what must come of it, stands in `constructs/`, a text file for each family.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import pytest

from tests.meaning.constructs_as_text import Construct, constructs
from tests.meaning.harness import Forks, Kind, compare

_HEAVY = ("learning", "libraries", "values")
_OPTIONAL = ("lightgbm", "xgboost")
ALL = constructs()


@cache
def _is_there(module: str) -> bool:
    return find_spec(module) is not None


@pytest.fixture
def server(construct: Construct, request: pytest.FixtureRequest) -> Forks:
    needs_more = construct.family in _HEAVY or construct.case.ipython
    found = request.getfixturevalue("heavy" if needs_more else "light")
    assert isinstance(found, Forks)
    return found


def _param(construct: Construct) -> object:
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


@pytest.mark.parametrize("construct", [_param(construct) for construct in ALL])
def test_a_construct_means_in_stages_what_it_means_in_one(
    construct: Construct, server: Forks
) -> None:
    outcome = compare(server, construct.case)
    assert outcome.word == construct.expected, outcome.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "construct", [_param(construct) for construct in ALL if construct.expected == "equal"]
)
def test_a_traced_construct_means_the_same(construct: Construct, server: Forks) -> None:
    outcome = compare(server, construct.case, traced=True)
    assert outcome.word == "equal", outcome.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "construct", [_param(construct) for construct in ALL if construct.expected != "equal"]
)
def test_what_is_refused_is_refused_or_equal_when_traced(
    construct: Construct, server: Forks
) -> None:
    outcome = compare(server, construct.case, traced=True)
    assert outcome.kind in (Kind.REFUSED, Kind.EQUAL), outcome.detail


def test_no_two_constructs_have_one_title() -> None:
    titles = [(construct.family, construct.title) for construct in ALL]
    assert len(titles) == len(set(titles))


def test_most_constructs_come_out_equal() -> None:
    equal = [one for one in ALL if one.expected == "equal" and not one.lacking]
    assert len(equal) >= 0.85 * len(ALL)
