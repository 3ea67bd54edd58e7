"""What an older version shows and is compared by, brought from the DVC remote. An edge."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached
from nbstage.baseline.git import blob, tree_at
from nbstage.compare.locked import read_locked


def fetch(root: Path, commit: str, others: Collection[str]) -> None:
    """Bring metrics and plots of a commit, and those of its results named in `others`, into DVC's
    cache. What can't be had is missing later, and said there.
    """
    tree = tree_at(root, commit)
    texts = (blob(tree, name) or b"" for name in ("dvc.yaml", "dvc.lock"))
    locked = read_locked(*(text.decode("utf-8", "replace") for text in texts))
    cache = cache_of(root)
    wanted = [
        out.file.path
        for stage in locked.stages
        for out in stage.outs
        if out.cached and (out.kind != "out" or out.file.path in others)
        if cached(cache, out.file.hash) is None
    ]
    if not wanted or cache is None:
        return
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo(str(root)) as repo:
        for path in wanted:
            try:
                repo.fetch(targets=[path], revs=[commit], workspace=False)
            except DvcException:
                continue
