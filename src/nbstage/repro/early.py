"""What starts the stages, begun while DVC is still being imported.

That is a guess: it is taken where it is what DVC says then, and else ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbstage.repro.inside.stage import shell
from nbstage.repro.starting import Starters
from nbstage.repro.warm import COMMAND, warm_starts

Start = Callable[[str, Mapping[str, str]], Starters]
#: What DVC calls these shells with.
_SHELLS = {"bash": ("--noprofile", "--norc"), "zsh": ("--no-rcs",), "sh": (), "dash": ()}


@contextmanager
def starters(*, early: bool, say: Callable[[str], None]) -> Iterator[Start]:
    """Give what gives the starters for a folder and an environment; end them afterwards."""
    guess = _guess(say) if early else None
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


def _guess(say: Callable[[str], None]) -> Starters | None:
    """Starters for the project that this folder is in; None where there is none to be known."""
    root = _root()
    program = os.environ.get("SHELL") or "/bin/sh"
    options = _SHELLS.get(Path(program).name.lower())
    if root is None or options is None:
        return None
    ways = {warm.modules: None for warm in warm_starts(_modules(root), root).values()}

    def called(text: str) -> list[str]:
        return [program, *options, "-c", text]

    return Starters(called, str(root), dict(os.environ), say, expected=ways) if any(ways) else None


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


def may_have_to_run() -> bool:
    """Whether something that stages are made of is newer than what DVC knows of them: if not, there
    is most often nothing to do.
    """
    root = _root()
    if root is None:
        return False
    made_of = [root / "dvc.yaml", root / "params.yaml", *(root / "pipeline").glob("*.py")]
    known = _written(root / "dvc.lock")
    return not (root / "artifacts").exists() or any(_written(one) > known for one in made_of)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
