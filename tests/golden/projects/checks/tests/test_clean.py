"""The checks of stage `clean`, on what `dvc repro` has stored. This file is yours.

Each cell tagged `check` is a function of pipeline/checks/clean.py, which follows the notebook.
"""

import pytest

from nbstage.testing import checks_of


@pytest.mark.parametrize("check", checks_of("clean", __file__))
def test_clean(check):
    check()
