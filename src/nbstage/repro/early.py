"""What starts the stages, begun while DVC is still being imported.

That is a guess: it is taken where it is what DVC says then, and else ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbstage.repro.inside.stage import shell, shell_unasked
from nbstage.repro.starting import Starters
from nbstage.repro.warm import COMMAND, warm_starts

Start = Callable[[str, Mapping[str, str]], Starters]


@contextmanager
def starters(*, warm: bool, force: bool, say: Callable[[str], None]) -> Iterator[Start]:
    """Give what gives the starters for a folder and an environment; end them afterwards."""
    root = _root() if warm and hasattr(os, "fork") else None
    guess = _guess(root, say) if root and (force or _may_have_to_run(root)) else None
    begun = [guess] if guess else []

    def start(folder: str, environment: Mapping[str, str]) -> Starters:
        if guess is None or not guess.fits(shell, folder, environment):
            begun.append(Starters(shell, folder, environment, say))
        return begun[-1]

    try:
        yield start
    finally:
        for one in begun:
            one.close()


def _guess(root: Path, say: Callable[[str], None]) -> Starters | None:
    """Starters for a project; None where what they are to import isn't known, or how to call it."""
    called = shell_unasked()
    ways = {warm.modules: None for warm in warm_starts(_modules(root), root).values()}
    if called is None or not any(ways):
        return None
    return Starters(called, str(root), dict(os.environ), say, expected=ways)


def _root() -> Path | None:
    """The project that this folder is in, as DVC finds it."""
    here = Path.cwd()
    return next((one for one in (here, *here.parents) if (one / ".dvc").is_dir()), None)


def _modules(root: Path) -> dict[str, str]:
    """The pipeline's modules that dvc.yaml names."""
    try:
        text = (root / "dvc.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return {found: found for found in COMMAND.findall(text)}


def _may_have_to_run(root: Path) -> bool:
    """Whether something that stages are made of is newer than what DVC knows of them: if not, there
    is most often nothing to do.
    """
    made_of = [root / "dvc.yaml", root / "params.yaml", *(root / "pipeline").glob("*.py")]
    known = _written(root / "dvc.lock")
    return not (root / "artifacts").exists() or any(_written(one) > known for one in made_of)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
