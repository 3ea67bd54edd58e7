"""The constructs with the facts of a trace. A file of its own: each worker of xdist takes files."""

from __future__ import annotations

import pytest

from tests.meaning.conftest import as_param
from tests.meaning.constructs_as_text import Construct, constructs
from tests.meaning.harness import Forks, Kind, compare

ALL = constructs()


@pytest.mark.slow
@pytest.mark.parametrize(
    "construct", [as_param(construct) for construct in ALL if construct.expected == "equal"]
)
def test_a_traced_construct_means_the_same(
    construct: Construct, server: Forks, tracer: Forks
) -> None:
    outcome = compare(server, construct.case, tracer)
    assert outcome.word == "equal", outcome.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "construct", [as_param(construct) for construct in ALL if construct.expected != "equal"]
)
def test_what_is_refused_is_refused_or_equal_when_traced(
    construct: Construct, server: Forks, tracer: Forks
) -> None:
    outcome = compare(server, construct.case, tracer)
    assert outcome.kind in (Kind.REFUSED, Kind.EQUAL), outcome.detail
