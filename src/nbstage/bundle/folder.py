"""A bundle's folder: `bundle.json` beside the files, with the hash of each of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any

from nbstage.bundle.nouns import Bundle, Column, Output, Step
from nbstage.errors import UserError

NAME = "bundle.json"
_FORMAT = 1
_AGAIN = "bring the bundle here again, or make it anew from its version."


def open_bundle(folder: Path) -> Bundle:
    """The bundle in a folder, once all its files have been found to be what they were.

    Raises UserError that names what is missing or changed. No code of the bundle runs.
    """
    bundle = _read(folder)
    wrong = [f"'{path}' {why}" for path, why in _changed(bundle)]
    if wrong:
        listed = "\n".join(f"- {one}" for one in wrong)
        raise UserError(f"the bundle '{folder}' is damaged:\n{listed}", _AGAIN)
    return bundle


def write_bundle(bundle: Bundle) -> Bundle:
    """Write `bundle.json` for the files that lie in the bundle's folder, and give it with them."""
    folder = bundle.folder
    files = {path: hash_of(folder / path) for path in _held(folder)}
    told = replace(bundle, files=files)
    data = {key: value for key, value in asdict(told).items() if key != "folder"}
    text = json.dumps({"format": _FORMAT, **data}, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
    return told


def is_bundle(folder: Path) -> bool:
    """Whether this is a bundle's folder."""
    return (folder / NAME).is_file()


def hash_of(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _changed(bundle: Bundle) -> list[tuple[str, str]]:
    found = []
    for path, wanted in sorted(bundle.files.items()):
        try:
            if hash_of(bundle.folder / path) != wanted:
                found.append((path, "is not the file that the bundle was made with"))
        except FileNotFoundError:
            found.append((path, "is missing"))
        except OSError as error:
            found.append((path, f"can't be read: {error.strerror}"))
    strange = [path for path in _held(bundle.folder) if path not in bundle.files]
    return [*found, *((path, "does not belong to it") for path in strange)]


def _held(folder: Path) -> list[str]:
    """The files in a bundle's folder, but for `bundle.json` and what Python keeps."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    kept = (path for path in paths if "__pycache__" not in path.parts and str(path) != NAME)
    return sorted(path.as_posix() for path in kept)


def _read(folder: Path) -> Bundle:
    path = folder / NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            raise UserError(
                f"'{path}' has the format {data['format']!r}, which this nbstage does not know",
                "use the version of nbstage that made the bundle.",
            )
        return _bundle(folder, data)
    except FileNotFoundError:
        raise UserError(f"'{folder}' is no bundle: it has no {NAME}", _AGAIN) from None
    except OSError as error:
        raise UserError(f"'{path}' can't be read: {error.strerror}", _AGAIN) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(f"'{path}' is damaged: it can't be read as a bundle's", _AGAIN) from None


# Any: JSON.
def _bundle(folder: Path, data: dict[str, Any]) -> Bundle:
    files = {str(path): str(digest) for path, digest in data["files"].items()}
    if any(PurePosixPath(path).is_absolute() or ".." in path.split("/") for path in files):
        raise ValueError("a path leads out of the bundle")
    return Bundle(
        folder=folder,
        model=data["model"],
        version=data["version"],
        commit=data["commit"],
        columns=tuple(
            Column(**{**one, "categories": tuple(one["categories"])}) for one in data["columns"]
        ),
        outputs=tuple(Output(**one) for one in data["outputs"]),
        steps=tuple(Step(**{**one, "takes": tuple(one["takes"])}) for one in data["steps"]),
        estimator=data["estimator"],
        passed=tuple(data["passed"]),
        examples=tuple(data["examples"]),
        expected=tuple(data["expected"]),
        pickles=tuple(data["pickles"]),
        trusted=tuple(data["trusted"]),
        requirements=tuple(data["requirements"]),
        python=data["python"],
        notes=tuple(data["notes"]),
        files=files,
    )
