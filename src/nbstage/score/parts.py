"""The folder beside the output where finished parts wait: what a killed run leaves, the next uses.

A part counts once its `.json` is there, which is written last.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbstage.bundle.nouns import Bundle
from nbstage.errors import UserError
from nbstage.score.write import put

_JOB = "job.json"
_LOCK = "lock"
_EDGE = 1 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """A finished part: how many rows it took, how many of these were bad, by which problem."""

    rows: int
    bad: int
    problems: dict[str, int]


@dataclass(frozen=True, slots=True)
class Parts:
    """The folder of an output's parts."""

    folder: Path
    ending: str

    def rows(self, number: int) -> Path:
        """The rows with predictions of a part."""
        return self.folder / f"{number:06}{self.ending}"

    def bad(self, number: int) -> Path:
        """The bad rows of a part."""
        return self.folder / f"{number:06}.bad"

    def mark(self, number: int) -> Path:
        """The file by which a part counts."""
        return self.folder / f"{number:06}.json"

    def finish(self, number: int, done: Done) -> None:
        """Say that a part is whole."""
        data = {"rows": done.rows, "bad": done.bad, "problems": done.problems}
        put(self.mark(number), json.dumps(data).encode())

    def finished(self) -> list[Done]:
        """The parts that are whole, up to the first that is not."""
        found: list[Done] = []
        while (mark := self.mark(len(found))).is_file():
            data = json.loads(mark.read_text(encoding="utf-8"))
            found.append(Done(int(data["rows"]), int(data["bad"]), data["problems"]))
        return found


def parts_folder(output: Path) -> Path:
    """Where the parts of an output are kept."""
    return output.with_name(f".{output.name}.parts")


@contextmanager
def parts_of(output: Path, job: dict[str, object]) -> Iterator[Parts]:
    """The parts of an output that the same job left; those of another job are thrown away.

    Raises UserError where another process is at it.
    """
    folder = parts_folder(output)
    folder.mkdir(exist_ok=True)
    with (folder / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another `nbstage score` is writing '{output}'", "wait for it, or end it."
            ) from None
        text = json.dumps(job, sort_keys=True)
        kept = folder / _JOB
        if not kept.is_file() or kept.read_text(encoding="utf-8") != text:
            for path in folder.iterdir():
                if path.name != _LOCK:
                    path.unlink()
            put(kept, text.encode())
        parts = Parts(folder, output.suffix)
        try:
            yield parts
        finally:
            if not parts.mark(0).exists():
                throw_away(parts)  # nothing that a next run could use


def throw_away(parts: Parts) -> None:
    """Remove the folder, once the output is there."""
    shutil.rmtree(parts.folder, ignore_errors=True)


def job_of(bundle: Bundle, source: Path, output: Path, size: int) -> dict[str, object]:
    """What makes two runs the same job: the same rows, the same bundle, the same kind of file."""
    files = json.dumps(bundle.files, sort_keys=True).encode()
    return {
        "bundle": hashlib.sha256(files).hexdigest(),
        "input": identity(source),
        "form": f"{source.suffix.lower()} {output.suffix.lower()}",
        "size": size,
    }


def identity(source: Path) -> str:
    """What changes when a file does: its size, its time, its beginning and its end."""
    seen = source.stat()
    with source.open("rb") as file:
        digest = hashlib.sha256(file.read(_EDGE))
        file.seek(max(0, seen.st_size - _EDGE))
        digest.update(file.read(_EDGE))
    return f"{seen.st_size} {seen.st_mtime_ns} {digest.hexdigest()}"
