"""Which artifacts hold tables: `python -m nbstage.bundle.kinds ROOT PATH...` looks into pickles.

In a process of its own: what a pickle does when it is read is the user's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_MAYBE = (".pkl", ".pickle")


def tables_among(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of a project's artifacts that hold a table. Files that aren't there hold none."""
    asked = sorted(set(paths))
    found = {path for path in asked if path.endswith(".parquet")}
    doubtful = [path for path in asked if path.endswith(_MAYBE) and (root / path).is_file()]
    if doubtful:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "nbstage.bundle.kinds", str(root.resolve()), *doubtful],
            cwd=root,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        found |= {*_listed(done.stdout)}
    return frozenset(found)


def _listed(text: str) -> list[str]:
    """The last line's list; user code may print before it."""
    try:
        return [str(path) for path in json.loads(text.strip().rpartition("\n")[2])]
    except ValueError:
        return []


def main() -> None:
    """Print which of the files hold tables."""
    import pandas as pd

    from nbstage.runtime import StageError, load

    root, *paths = sys.argv[1:]
    sys.path.insert(0, root)
    found = []
    for path in paths:
        try:
            value = load(str(Path(root) / path))
        except StageError:
            continue  # told by whoever needs it
        if isinstance(value, pd.DataFrame):
            found.append(path)
    print(f"\n{json.dumps(found)}")


if __name__ == "__main__":
    main()
