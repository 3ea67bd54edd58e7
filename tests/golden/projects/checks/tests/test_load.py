"""The checks of stage `load`, on what `dvc repro` has stored. This file is yours.

Each cell tagged `check` is a function of pipeline/checks/load.py, which follows the notebook.
"""

import pytest

from nbstage.testing import checks_of


@pytest.mark.parametrize("check", checks_of("load", __file__))
def test_load(check):
    check()
