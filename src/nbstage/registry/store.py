"""DVC's cache and its default remote: objects brought, and sent. An edge."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached, files_in
from nbstage.errors import UserError


def bring(root: Path, hashes: Iterable[str]) -> None:
    """Bring what DVC's cache lacks from its remote. What can't be had stays missing."""
    cache = cache_of(root)
    lacking = [one for one in dict.fromkeys(hashes) if not _is_whole(cache, one)]
    if lacking and cache is not None:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
        from dvc_data.hashfile.hash_info import HashInfo

        with Repo(str(root)) as repo:
            try:
                repo.cloud.pull([HashInfo("md5", one) for one in lacking])
            except (DvcException, OSError):
                return


def send(root: Path, hashes: Iterable[str]) -> bool:
    """Send objects of the cache to DVC's default remote; False where there is none.

    Raises UserError where it doesn't take them.
    """
    from dvc.config import NoRemoteError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc_data.hashfile.hash_info import HashInfo

    hint = "`dvc push` tells more; nothing was registered."
    with Repo(str(root)) as repo:
        try:
            done = repo.cloud.push([HashInfo("md5", one) for one in hashes])
        except NoRemoteError:
            return False
        except (DvcException, OSError) as error:
            raise UserError(f"the DVC remote doesn't take the model: {error}", hint) from None
    if done.failed:
        raise UserError("the DVC remote doesn't take the model", hint)
    return True


def _is_whole(cache: Path | None, hashed: str) -> bool:
    """Whether the cache has an object, and all that is in it if it is a folder."""
    source = cached(cache, hashed)
    if source is None or not hashed.endswith(".dir"):
        return source is not None
    return all(cached(cache, inner) is not None for _, inner in files_in(source))


def keep(root: Path, file: Path) -> tuple[str, int]:
    """Put a file into DVC's cache; gives its hash and size."""
    cache = cache_of(root)
    if cache is None:
        raise UserError("the project is not under DVC", "`dvc init` puts it there.")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    try:
        _put(file, cache / "files" / "md5" / found[:2] / found[2:])
    except OSError as error:
        raise UserError(
            f"DVC's cache doesn't take the model: {error.strerror}", "nothing was registered."
        ) from None
    return found, file.stat().st_size


def _put(file: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, temporary)
        temporary.chmod(0o444)
        os.replace(temporary, target)  # noqa: PTH105 - in one step
    finally:
        temporary.unlink(missing_ok=True)
