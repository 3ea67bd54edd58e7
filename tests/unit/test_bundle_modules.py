"""Whatever form a stage's module has, it finds the rows in place of its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbstage.bundle import Predictor, make
from nbstage.serve_settings import ServeSettings
from tests.bundles import pipeline

SHIPS = """
# %% tags=["parameters"]
factor = 2.5

# %% tags=["imports"]
import pandas as pd
from tides import tide

# %% tags=["stage:ships"]
ships = pd.DataFrame({"load": [1.0 * n for n in range(30)], "draft": [n % 5 for n in range(30)]})
weights = {"keel": 0.25}
limits = {"draft": 3}

# %% tags=["stage:heavy", "predict"]
load = ships["load"] * factor
save = ships["draft"].clip(upper=limits["draft"])
loaded = pd.DataFrame({"load": load, "save": save, "tide": tide(ships["draft"])})
print(len(loaded))

# %% tags=["stage:sink", "predict"]
params = loaded["load"] * weights["keel"] + loaded["tide"]
sunk = (params > 5).to_frame("sunk")

# %% tags=["stage:harbour"]
print(len(sunk))
"""
TIDES = "HIGH = 3\n\n\ndef tide(draft):\n    return draft * HIGH\n"


@pytest.mark.parametrize("safe", ["true", "false"])
def test_rows_take_the_place_of_the_table(safe: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks/tides.py").write_text(TIDES)
    formats = '[tool.nbstage.formats]\nloaded = "parquet"\nsunk = "parquet"\nlimits = "json"\n'
    settings = f"[tool.nbstage]\nsafe = {safe}\n{formats}"
    pipeline(root, SHIPS, settings)
    bundle = make(root, tmp_path / "bundle", serve=ServeSettings())
    assert [step.stage for step in bundle.steps] == ["heavy", "sink"]
    assert not bundle.pickles
    predictor = Predictor(bundle)
    rows = [{"load": 4.0, "draft": 1}, {"load": 10.0, "draft": 4}, {"load": 0.0, "draft": 0}]
    found = predictor.predict(predictor.check(rows).table)
    pd.testing.assert_frame_equal(found, pd.DataFrame({"sunk": [True, True, False]}))
