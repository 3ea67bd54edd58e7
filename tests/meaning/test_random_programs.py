"""Random small programs, cut into stages, compute what the uncut program computes, or are refused.

A long search of one's own: `NBSTAGE_EXAMPLES=20000 pytest tests/meaning/test_random_programs.py`,
which draws other programs each time.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.meaning.harness import Case, Forks, Kind, compare
from tests.meaning.programs import programs

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("NBSTAGE_EXAMPLES", "300"))
_IS_SEARCH = "NBSTAGE_EXAMPLES" in os.environ
_LEAST_EQUAL = 0.6


@pytest.mark.parametrize(
    ("traced", "examples"),
    [(False, EXAMPLES), (True, EXAMPLES // 3)],
    ids=["from the code alone", "with the facts of a traced run"],
)
def test_random_programs_mean_in_stages_what_they_mean_in_one(
    light: Forks, kernel: Forks, traced: bool, examples: int
) -> None:
    outcomes: Counter[Kind] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=not _IS_SEARCH,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def compares(text: str) -> None:
        outcome = compare(light, Case(text), kernel if traced else None)
        outcomes[outcome.kind] += 1
        note(text)
        assert outcome.kind in (Kind.EQUAL, Kind.REFUSED), outcome.detail

    compares()
    # What is refused proves nothing: the greater part has to be converted.
    assert outcomes[Kind.EQUAL] >= _LEAST_EQUAL * sum(outcomes.values()), outcomes
