"""DVC's cache and its default remote: objects brought, and sent. An edge."""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached, files_in
from nbstage.errors import UserError


def bring(root: Path, hashes: Iterable[str]) -> None:
    """Bring what DVC's cache lacks from its remote, folders with all that is in them. What can't be
    had stays missing.
    """
    cache = cache_of(root)
    wanted = tuple(dict.fromkeys(hashes))
    for _ in range(2):  # what is in a folder is known once its listing is there
        lacking = [one for one in _with_members(cache, wanted) if cached(cache, one) is None]
        if cache is not None and lacking:
            _pull(root, lacking)


def _pull(root: Path, hashes: Iterable[str]) -> None:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc_data.hashfile.hash_info import HashInfo

    with Repo(str(root)) as repo:
        try:
            repo.cloud.pull([HashInfo("md5", one) for one in hashes])
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
            whole = _with_members(cache_of(root), hashes)
            done = repo.cloud.push([HashInfo("md5", one) for one in whole])
        except NoRemoteError:
            return False
        except (DvcException, OSError) as error:
            raise UserError(f"the DVC remote doesn't take the model: {error}", hint) from None
    if done.failed:
        raise UserError("the DVC remote doesn't take the model", hint)
    return True


def _with_members(cache: Path | None, hashes: Iterable[str]) -> tuple[str, ...]:
    """The objects, and those in folders whose listing is in the cache. The listings come last: a
    remote that has one has all that is in it.
    """
    folders: list[str] = []
    found: list[str] = []
    for one in hashes:
        (folders if one.endswith(".dir") else found).append(one)
    listings = (listing for one in folders if (listing := cached(cache, one)) is not None)
    found += [inner for listing in listings for _, inner in files_in(listing)]
    return tuple(dict.fromkeys((*found, *folders)))


def md5_of(file: Path) -> str:
    """The hash of a file's content, however large that is."""
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return found.hexdigest()


def keep(root: Path, file: Path) -> tuple[str, int]:
    """Put a file into DVC's cache; gives its hash and size."""
    cache = cache_of(root)
    if cache is None:
        raise UserError("the project is not under DVC", "`dvc init` puts it there.")
    found = md5_of(file)
    try:
        _put(file, cache / "files" / "md5" / found[:2] / found[2:])
    except OSError as error:
        raise UserError(
            f"DVC's cache doesn't take the model: {error.strerror}", "nothing was registered."
        ) from None
    return found, file.stat().st_size


def _put(file: Path, target: Path) -> None:
    if target.exists() and filecmp.cmp(file, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, temporary)
        temporary.chmod(0o444)
        os.replace(temporary, target)  # noqa: PTH105 - in one step
    finally:
        temporary.unlink(missing_ok=True)
