"""The calls in a notebook that no seed governs."""

from __future__ import annotations

import pytest

from nbstage.convert.blocks import arrange
from nbstage.model import CellKind
from nbstage.notebook.python import cells_to_python
from nbstage.notebook.tags import label
from nbstage.verify.unseeded import find_unseeded
from tests.notebooks_as_text import notebook

IMPORTS = """
# %% tags=["imports"]
import datetime as dt, os, random, secrets, tempfile, time, uuid
import numpy as np
import pandas as pd
from datetime import datetime
from numpy.random import default_rng as rng_of
from uuid import uuid4
"""


def calls(code: str, tags: str = '["stage:a"]') -> list[str]:
    book = notebook(f"{IMPORTS}\n# %% tags={tags}\n{code}")
    cells = tuple(cell for cell in book.cells if cell.kind is CellKind.CODE)
    codes = [code for code, _ in cells_to_python(cells, book.path)]
    labels = [label(cell, book.path)[0] for cell in cells]
    blocks = arrange(tuple(zip(cells, labels, codes, strict=True)), book.path)
    return [f"{found.cell}:{found.line} {found.call}" for found in find_unseeded(blocks)]


VARYING = [
    "np.random.default_rng()",
    "rng_of(None)",
    "np.random.RandomState()",
    "np.random.seed()",
    "random.Random()",
    "random.SystemRandom()",
    "time.time()",
    "time.strftime('%Y')",
    "datetime.now()",
    "dt.datetime.now(dt.UTC)",
    "dt.date.today()",
    "pd.Timestamp.now()",
    "uuid.uuid4()",
    "uuid4()",
    "os.urandom(8)",
    "os.getpid()",
    "os.listdir('.')",
    "secrets.token_hex()",
    "tempfile.mkdtemp()",
    "id(random)",
    "fit(n_jobs=-1)",
]
STEADY = [
    "np.random.default_rng(0)",
    "rng_of(seed=1)",
    "np.random.RandomState(random.randrange(9))",
    "random.Random(4)",
    "np.random.normal()",
    "time.sleep(1)",
    "datetime(2024, 1, 1)",
    "uuid.uuid5(uuid.NAMESPACE_URL, 'x')",
    "os.path.join('a', 'b')",
    "clock.time()",
    "fit(n_jobs=1)",
]


@pytest.mark.parametrize("call", VARYING)
def test_a_call_that_varies_is_named_with_its_place(call: str) -> None:
    assert calls(f"x = 1\ny = {call}") == [f"2:2 {call}"]


@pytest.mark.parametrize("call", STEADY)
def test_a_call_that_a_seed_or_nothing_governs_is_left_out(call: str) -> None:
    assert calls(f"y = {call}") == []


def test_cells_outside_of_the_pipeline_are_left_out() -> None:
    assert calls("y = time.time()", '["skip"]') == []


def test_calls_in_functions_and_behind_magics_are_found() -> None:
    code = "# %time x = 1\ndef stamp():\n    return [time.time() for _ in range(3)]"
    assert calls(code) == ["2:3 time.time()"]
