"""Large results, which DVC takes into its cache, and how often it copies them for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage

LARGE = 2**20


@contextmanager
def copied_once(stage: Stage) -> Iterator[None]:
    """Leave results that are committed where they are, if DVC would do no more than copy them back.

    It lays a copy of the cache's file in place of the stage's own, as a reflink takes no space. On
    a file system that has none, that is the same bytes written once more.
    """
    outs = [out for out in stage.outs if out.use_cache]
    if not any((out.meta.size or 0) >= LARGE for out in outs) or any(map(_may_be_linked, outs)):
        yield
        return
    with stage.repo.stage_cache._cache_type_copy():
        yield


def _may_be_linked(out: Output) -> bool:
    """Whether there are reflinks from the cache, or the project asks for other links."""
    from dvc_objects.fs.generic import test_links

    cache = out.cache
    if cache.cache_types != ["reflink", "copy"] or out.protocol != cache.fs.protocol:
        return True
    if out.repo.config["cache"].get("shared"):  # such a cache has files of another mode
        return True
    return bool(test_links(["reflink"], cache.fs, cache.path, out.fs, out.fs_path))
