"""What the modules of a pipeline import: values in and out, parameters, metrics, plot tables.

It works where nothing else of nbstage's dependencies is installed, and imports what a stage's data
needs (pandas, pyarrow, cloudpickle) when such data comes by.
"""

from __future__ import annotations

from nbstage.runtime.done import mark_done
from nbstage.runtime.errors import CannotStore, StageError, expected_error
from nbstage.runtime.figures import display, figures, no_windows, show_figures
from nbstage.runtime.metrics import save_metrics
from nbstage.runtime.params import params
from nbstage.runtime.places import make_folders, workdir
from nbstage.runtime.random_state import random_state, set_random_state
from nbstage.runtime.shell import (
    NOTEBOOK,
    Lines,
    capture_shell,
    change_dir,
    run_script,
    run_shell,
    set_env,
    write_file,
)
from nbstage.runtime.tables import save_tables
from nbstage.runtime.unset import UNSET
from nbstage.runtime.values import load, save

__all__ = [
    "NOTEBOOK",
    "UNSET",
    "CannotStore",
    "Lines",
    "StageError",
    "capture_shell",
    "change_dir",
    "display",
    "expected_error",
    "figures",
    "load",
    "make_folders",
    "mark_done",
    "params",
    "random_state",
    "run_script",
    "run_shell",
    "save",
    "save_metrics",
    "save_tables",
    "set_env",
    "set_random_state",
    "show_figures",
    "workdir",
    "write_file",
]

no_windows()
