"""Each stage runs on a sample of its inputs, and each table keeps its contract. This file is yours.

The samples come from what `dvc repro` has stored. Each stage runs in a copy of the project, so
that nothing is written into it.
"""

from collections.abc import Callable

import pytest

from nbstage.testing import contracts_of, run_on_sample, stages_of

# So many rows, evenly spread, a stage gets of each table and array that it loads.
ROWS = 100
# Stages that need more, such as {"train": 1000}; with None they get all of them.
ROWS_OF: dict[str, int | None] = {}
# Stages that are not run here: they take long, or act on something outside.
LEFT_OUT: set[str] = set()


@pytest.mark.parametrize("stage", stages_of(__file__))
def test_a_stage_runs_on_a_sample(stage: str) -> None:
    if stage in LEFT_OUT:
        pytest.skip("left out in this file")
    run_on_sample(stage, __file__, rows=ROWS_OF.get(stage, ROWS))


@pytest.mark.parametrize("contract", contracts_of(__file__))
def test_a_table_keeps_its_contract(contract: Callable[[], None]) -> None:
    contract()
