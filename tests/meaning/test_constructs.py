"""One-construct notebooks: the pipeline computes what the notebook computes, or is refused.

What a construct is, and what must come of it, stands in `constructs/`, a text file for each family.
"""

from __future__ import annotations

import pytest

from tests.meaning.conftest import as_param
from tests.meaning.constructs_as_text import Construct, constructs
from tests.meaning.harness import Forks, compare

ALL = constructs()


@pytest.mark.parametrize("construct", [as_param(construct) for construct in ALL])
def test_a_construct_means_in_stages_what_it_means_in_one(
    construct: Construct, server: Forks
) -> None:
    outcome = compare(server, construct.case)
    assert outcome.word == construct.expected, outcome.detail


def test_no_two_constructs_have_one_title() -> None:
    titles = [(construct.family, construct.title) for construct in ALL]
    assert len(titles) == len(set(titles))


def test_most_constructs_come_out_equal() -> None:
    equal = [one for one in ALL if one.expected == "equal" and not one.lacking]
    assert len(equal) >= 0.85 * len(ALL)
