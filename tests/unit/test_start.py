"""Statements outside of stages: carried to the stages that need them, noted, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstage import app
from nbstage.model import Problem
from tests.notebooks_as_text import ipynb


def problems(root: Path, first: str, stage: str) -> tuple[Problem, ...]:
    (root / "notebooks").mkdir()
    text = f'# %%\n{first}\n\n# %% tags=["stage:work"]\n{stage}\n'
    (root / "notebooks/nb.ipynb").write_text(ipynb(text))
    return app.convert(root, ("notebooks/nb.ipynb",)).problems


CARRIED = {
    "a folder for files whose paths are not known": (
        "import os\nOUT = 'out'\nos.makedirs(OUT, exist_ok=True)",
        "for i in range(3):\n    open(f'{OUT}/{i}', 'w').close()",
        "os.makedirs(OUT, exist_ok=True)",
    ),
    "a folder that is looked into": (
        "import os\nos.makedirs('out', exist_ok=True)",
        "print(os.listdir('out'))",
        "os.makedirs('out', exist_ok=True)",
    ),
    "progress bars for pandas": (
        "from tqdm.auto import tqdm\ntqdm.pandas()",
        "import pandas as pd\nprint(pd.Series([1]).progress_apply(str))",
        "tqdm.pandas()",
    ),
    "the device": (
        "import torch\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "print(device)",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'",
    ),
    "a list that grows": ("x = [1]\nx.append(2)", "print(x)", "x.append(2)"),
}


@pytest.mark.parametrize(("first", "stage", "carried"), CARRIED.values(), ids=CARRIED)
def test_what_a_stage_needs_goes_with_it(
    tmp_path: Path, first: str, stage: str, carried: str
) -> None:
    found = problems(tmp_path, first, stage)
    assert {problem.code for problem in found} <= {"NBS304"}
    assert carried in (tmp_path / "pipeline/work.py").read_text()


NOTED = {
    "a print": ("import sys\nprint(sys.version)", 2),
    "an assert": ("import sys\nassert sys.version_info > (3, 8)", 2),
    "a check that raises": (
        "import sys\nif sys.version_info < (3, 8):\n    raise RuntimeError('too old')",
        2,
    ),
    "a loop that prints": ("for name in 'ab':\n    print(name)", 1),
    "a function of the notebook that prints": (
        "def greet():\n    print('hello')\ngreet()",
        3,
    ),
}


@pytest.mark.parametrize(("first", "line"), NOTED.values(), ids=NOTED)
def test_what_is_left_out_is_noted_with_its_place(tmp_path: Path, first: str, line: int) -> None:
    (note,) = problems(tmp_path, first, "print(1)")
    assert (note.code, note.place.cell, note.place.line) == ("NBS308", 1, line)


def test_one_note_tells_of_all_that_a_cell_loses(tmp_path: Path) -> None:
    (note,) = problems(tmp_path, "print(1)\nprint(2)\nx = 3\nprint(x)", "print(1)")
    assert "and so are 2 more statements of the cell" in note.message


@pytest.mark.parametrize("first", ["x = 3\nx", "'''About.'''", "x = [1]\nx[0]"])
def test_a_look_at_a_value_is_no_note(tmp_path: Path, first: str) -> None:
    assert problems(tmp_path, first, "print(1)") == ()


REFUSED = {
    "a call that may set a library": ("import wandb\nwandb.login()", "wandb.log(1)"),
    "a call that may set a library, its result unused": (
        "import wandb\nrun = wandb.init()",
        "wandb.log({'a': 1})",
    ),
    "a file and a folder at once": (
        "import os\nif 1 < 2:\n    os.makedirs('a', exist_ok=True)\n    open('b', 'w').write('x')",
        "print(1)",
    ),
}


@pytest.mark.parametrize(("first", "stage"), REFUSED.values(), ids=REFUSED)
def test_what_may_matter_later_is_refused(tmp_path: Path, first: str, stage: str) -> None:
    assert "NBS206" in {problem.code for problem in problems(tmp_path, first, stage)}


def test_a_value_of_an_unknown_library_that_no_stage_uses_is_left_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, "import wandb\nrun = wandb.init()", "print(1)") == ()


STRICT = ["import os\nos.mkdir('out')", "from pathlib import Path\nPath('out').mkdir()"]
GUARDED = [
    "import os\nos.makedirs('out', exist_ok=True)",
    "import os\nif not os.path.exists('out'):\n    os.mkdir('out')",
    "import os\ntry:\n    os.mkdir('out')\nexcept FileExistsError:\n    pass",
    "import os, shutil\nshutil.rmtree('out', ignore_errors=True)\nos.mkdir('out')",
]


@pytest.mark.parametrize("stage", STRICT)
def test_a_folder_that_must_not_be_there_yet_is_refused(tmp_path: Path, stage: str) -> None:
    (error,) = problems(tmp_path, "x = 1", stage)
    assert (error.code, error.place.line) == ("NBS245", 2)


@pytest.mark.parametrize("stage", GUARDED)
def test_a_folder_that_may_be_there_is_fine(tmp_path: Path, stage: str) -> None:
    assert problems(tmp_path, "x = 1", stage) == ()
