"""`dvc repro`, done faster: what is run is what DVC would run, and DVC knows of it.

Not among the use cases in `app`: to import what those need takes longer than to find that there is
nothing to do.
"""

from __future__ import annotations

import subprocess
import sys

from nbstage.repro.early import starters
from nbstage.repro.nouns import Ended, LeftToDVC, Note, Options, Peaks, Tell


def reproduce(
    options: Options, *, jobs: int | None, warm: bool, peaks: Peaks, tell: Tell
) -> tuple[Ended, ...]:
    """Bring what is asked for up to date; gives what came of each stage, in the order of its end.

    Raises UserError for what DVC refuses before a stage runs, and LeftToDVC.
    """
    if options.dry or options.interactive:
        raise LeftToDVC("")
    with starters(warm=warm, force=options.force, say=lambda text: tell(Note(text))) as start:
        # Imported while the stages' libraries are: both take a while.
        from nbstage.repro.with_dvc import reproduced

        return reproduced(options, start, jobs=jobs, warm=warm, peaks=peaks, tell=tell)


def reproduce_by_dvc(options: Options) -> int:
    """`dvc repro` as it is; gives its exit code."""
    from nbstage.repro.inside.project import arguments

    command = [sys.executable, "-m", "dvc", "repro", *arguments(options)]
    return subprocess.run(command, check=False).returncode
