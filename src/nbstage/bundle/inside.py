"""`python -m nbstage.bundle.inside FOLDER ROOT TABLE RESULT [COLUMN...]`: prove a bundle.

In a process of its own: the user's code runs, and may do anything to the process it runs in.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from nbstage.bundle.folder import open_bundle, write_bundle
from nbstage.bundle.packages import imported_packages
from nbstage.bundle.proof import prove
from nbstage.config import read_settings
from nbstage.errors import UserError


def main() -> None:
    """Write what was found to the file RESULT, and the bundle if nothing speaks against it."""
    folder, root, table, result, *columns = sys.argv[1:]
    faults: tuple[str, ...]
    bundle = open_bundle(Path(folder))
    before = {name.partition(".")[0] for name in sys.modules}
    try:
        settings = read_settings(Path(root))
        predicted = settings.predicted if settings.serve.compare else None
        bundle, faults = prove(bundle, Path(root), table, tuple(columns), _say, predicted)
    except UserError as error:
        faults = (f"{error.message}: {error.hint}",)
    if not faults:
        own = {path.partition("/")[0].removesuffix(".py") for path in bundle.files}
        beside = {Path(path).stem for path in bundle.files if path.endswith(".py")}
        tools = before - {"nbstage"}
        packages = imported_packages(frozenset({*own, *beside}), frozenset(tools))
        version = ".".join(map(str, sys.version_info[:3]))
        write_bundle(replace(bundle, requirements=packages, python=version))
    Path(result).write_text(json.dumps(faults), encoding="utf-8")


def _say(doing: str) -> None:
    """To the process that started this one, which reads stderr."""
    print(f"nbstage: {doing}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
