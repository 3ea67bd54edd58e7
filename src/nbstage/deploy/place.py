"""A site's folder: versions, state, log, and who works on it. An edge.

versions/v1.2.0-3f2a90bc/   a bundle, which never changes
state.json                  what serves, and what served before
log.jsonl                   who did what, when
tokens                      whose requests are answered (`nbstage serve --new-token`)
run/                        what the processes print, Caddy's settings, sockets, slots (slots.py)
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbstage.bundle import Bundle, open_bundle
from nbstage.bundle.folder import NAME, hash_of
from nbstage.deploy.nouns import Process, Say, Serving, Site, State
from nbstage.errors import UserError

#: How many versions a rollback can lead back through.
KEPT = 5
_FORMAT = 1


def state_of(site: Site) -> State:
    """What the site's folder says of itself. Raises UserError where that can't be read."""
    path = site.folder / "state.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            raise UserError(
                f"'{path}' has the format {data['format']!r}, which this nbstage does not know",
                "use the version of nbstage that wrote it.",
            )
        return _state(data)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"'{path}' can't be read: {error}", "it is written by `nbstage deploy` alone."
        ) from None


def keep_state(site: Site, state: State) -> State:
    """Write the state, as a whole, and give it back."""
    text = json.dumps({"format": _FORMAT, **asdict(state)}, indent=1) + "\n"
    replace_file(site.folder / "state.json", text)
    return state


def replace_file(path: Path, text: str) -> None:
    """The file is the old or the new one at any time. Nobody else may read it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def note(site: Site, who: str, did: str, **more: object) -> None:
    """Add a line to the log."""
    line = {"at": now(), "who": who, "did": did, **more}
    with (site.folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def now() -> str:
    """This moment, as the log has it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def locked(site: Site, wait: float, say: Say) -> Iterator[None]:
    """The site for oneself alone. Raises UserError where another has it for longer than `wait`, and
    for what the disk won't take meanwhile.
    """
    try:
        for name in ("versions", "run"):
            (site.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (site.folder / "run/lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise _unwritable(site, error) from None
    with lock:
        _wait_for(lock.fileno(), site, wait, say)
        try:
            yield
        except OSError as error:
            raise _unwritable(site, error) from None


def put_bundle(site: Site, source: Path) -> str:
    """Copy a bundle to the site, unless it is there; gives the name of its folder.

    Raises UserError for a damaged one.
    """
    bundle = open_bundle(source)
    name = f"{bundle.version or 'unregistered'}-{hash_of(source / NAME)[:8]}"
    target = version_folder(site, name)
    if target.is_dir() and _is_whole(target):
        return name
    with tempfile.TemporaryDirectory(prefix=".new-", dir=site.folder / "versions") as around:
        fresh = Path(around) / "bundle"
        fresh.mkdir()
        for path in (NAME, *bundle.files):
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, fresh / path)
        open_bundle(fresh)
        if target.exists():
            target.rename(Path(around) / "damaged")
        fresh.rename(target)
    return name


def bundle_of(site: Site, name: str) -> Bundle:
    """A version of the site. Raises UserError where it is missing or damaged."""
    return open_bundle(version_folder(site, name))


def version_folder(site: Site, name: str) -> Path:
    """Where a version's bundle lies."""
    return site.folder / "versions" / name


def tidy(site: Site, state: State) -> None:
    """Take away versions that are far behind, and what an interrupted deployment left."""
    used = {one.name for one in (state.serving, state.candidate, *state.leaving) if one}
    for path in (site.folder / "versions").iterdir():
        if path.name not in used | {*state.before}:
            shutil.rmtree(path, ignore_errors=True)
            (site.folder / "run" / f"{path.name}.log").unlink(missing_ok=True)


def _unwritable(site: Site, error: OSError) -> UserError:
    return UserError(
        f"'{error.filename or site.folder}' can't be used: {error.strerror or error}",
        "the folder has to be there for whoever deploys to write to, with room for a bundle.",
    )


def _is_whole(folder: Path) -> bool:
    try:
        open_bundle(folder)
    except UserError:
        return False
    return True


def _wait_for(lock: int, site: Site, wait: float, say: Say) -> None:
    import fcntl  # which Windows lacks, from where one may deploy by ssh

    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise UserError(
                    f"another deployment works on '{site.folder}'",
                    "try again when it is done; `--wait SECONDS` waits for it.",
                ) from None
            say(f"waiting for another deployment in '{site.folder}'")
            time.sleep(0.2)


# Any: JSON.
def _state(data: dict[str, Any]) -> State:
    return State(
        serving=_serving(data["serving"]),
        before=tuple(map(str, data["before"])),
        candidate=_serving(data["candidate"]),
        leaving=tuple(one for each in data["leaving"] if (one := _serving(each))),
        proxy=Process(**data["proxy"]) if data["proxy"] else None,
    )


def _serving(data: dict[str, Any] | None) -> Serving | None:
    return Serving(**{**data, "process": Process(**data["process"])}) if data else None
