"""Results that DVC takes into its cache, and how often it copies them for that."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage


def copied_once(stage: Stage) -> AbstractContextManager[None]:
    """Leave results that are committed where they are, if DVC would do no more than copy them back.

    It lays a copy of the cache's file in place of the stage's own, as a reflink takes no space. On
    a file system that has none, that is the same bytes written once more.
    """
    if any(_may_be_linked(out) for out in stage.outs if out.use_cache and out.exists):
        return nullcontext()
    copies: AbstractContextManager[None] = stage.repo.stage_cache._cache_type_copy()
    return copies


def _may_be_linked(out: Output) -> bool:
    """Whether there are reflinks from the cache, or the project asks for other links."""
    protocols, types = {out.protocol, out.cache.fs.protocol}, out.cache.cache_types
    if protocols != {"local"} or types != ["reflink", "copy"]:
        return True
    if out.repo.config["cache"].get("shared"):  # such a cache has files of another mode
        return True
    return _has_reflinks(out)


def _has_reflinks(out: Output) -> bool:
    """Whether a result can share space with the cache: asked once for each device."""
    from dvc_objects.fs.generic import test_links

    cache, device = out.cache, Path(out.fs_path).parent.stat().st_dev
    if (cache.path, device) not in _KNOWN:
        found = test_links(["reflink"], cache.fs, cache.path, out.fs, out.fs_path)
        _KNOWN[cache.path, device] = bool(found)
    return _KNOWN[cache.path, device]


#: Of each cache and device, whether there are reflinks between them.
_KNOWN: dict[tuple[str, int], bool] = {}
