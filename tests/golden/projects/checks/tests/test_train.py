"""The checks of stage `train`, on what `dvc repro` has stored. This file is yours.

Each cell tagged `check` is a function of pipeline/checks/train.py, which follows the notebook.
"""

import pytest

from nbstage.testing import checks_of


@pytest.mark.parametrize("check", checks_of("train", __file__))
def test_train(check):
    check()
