"""dvc.lock of two versions -> what became of each stage, of its code, and of its files."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterator, Mapping

from nbstage.compare.files import file_of, reason, shape_of, text_of
from nbstage.compare.locked import File, Stage, makers
from nbstage.compare.nouns import CodeChange, Content, Fate, FileChange, Side, StageChange

_CODE = (".py", ".pyi", ".ipynb", ".r", ".sh", ".sql", ".jl", ".toml", ".yaml", ".yml", ".cfg")
_MOST_NAMED = 4
_LONGEST_CODE = 500_000


def compare_stages(
    old: Side | None, new: Side, seconds: Mapping[str, float]
) -> tuple[StageChange, ...]:
    """What became of each stage, and why it ran again. `seconds` are those of the last trace."""
    before = {stage.name: stage for stage in old.locked.stages} if old else {}
    names = {stage.name for stage in new.locked.stages}
    found = [
        StageChange(stage.name, *_fate(before.get(stage.name), stage, old), seconds.get(stage.name))
        for stage in new.locked.stages
    ]
    return (*found, *(StageChange(name, Fate.GONE) for name in before if name not in names))


def _fate(before: Stage | None, now: Stage, old: Side | None) -> tuple[Fate, tuple[str, ...]]:
    if not now.ran or any(not dep.hash for dep in now.deps):
        return Fate.NOT_RUN, ()
    if before is None or not before.ran:
        return (Fate.ADDED, ()) if old else (Fate.SAME, ())
    why = tuple(_why(before, now))
    if why or _outs(before) != _outs(now):
        return Fate.CHANGED, why
    return Fate.SAME, ()


def _why(before: Stage, now: Stage) -> Iterator[str]:
    """What the stage depends on that differs. Nothing, but another result: it isn't reproducible,
    or somebody wrote the result.
    """
    if before.cmd != now.cmd:
        yield "its command"
    deps = [{file.path: file.hash for file in stage.deps} for stage in (before, now)]
    changed = [path for path in dict.fromkeys((*deps[1], *deps[0])) if _differs(path, *deps)]
    params = [before.params, now.params]
    names = [key for key in dict.fromkeys((*params[1], *params[0])) if _differs(key, *params)]
    listed = [*(f"'{path}'" for path in changed)]
    listed += [f"parameter '{key.rpartition(':')[2]}'" for key in names]
    yield from listed[:_MOST_NAMED]
    if len(listed) > _MOST_NAMED:
        yield f"{len(listed) - _MOST_NAMED} more"


def _differs(key: str, one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return key not in one or key not in other or repr(one[key]) != repr(other[key])


def _outs(stage: Stage) -> dict[str, str]:
    return {out.file.path: out.file.hash for out in stage.outs}


def compare_code(old: Side | None, new: Side) -> tuple[CodeChange, ...]:
    """The modules that differ, each with the stages that depend on it."""
    if old is None:
        return ()
    hashes = [_deps(side) for side in (old, new)]
    return tuple(
        CodeChange(path, _users(path, old, new), *_lines(old, new, path))
        for path in sorted({*hashes[0], *hashes[1]})
        if is_code(path) and hashes[0].get(path, "") != hashes[1].get(path, "")
    )


def is_code(path: str) -> bool:
    """Whether a dependency is code by its name; all else is data."""
    return posixpath.splitext(path)[1].lower() in _CODE


def _deps(side: Side) -> dict[str, str]:
    return {file.path: file.hash for stage in side.locked.stages for file in stage.deps}


def _users(path: str, old: Side, new: Side) -> tuple[str, ...]:
    found = (
        stage.name
        for side in (new, old)
        for stage in side.locked.stages
        if any(file.path == path for file in stage.deps)
    )
    return tuple(dict.fromkeys(found))


def _lines(old: Side, new: Side, path: str) -> tuple[int | None, int | None]:
    """How many lines were added and removed. A file that isn't there has none."""
    before, now = _text(old, path), _text(new, path)
    if before is None or now is None or max(len(before), len(now)) > _LONGEST_CODE:
        return None, None
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), n=0, lineterm="")
    changes = list(lines)[2:]
    return sum(line[:1] == "+" for line in changes), sum(line[:1] == "-" for line in changes)


def _text(side: Side, path: str) -> str | None:
    try:
        return text_of(side, path)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return None


def changed_files(old: Side | None, new: Side) -> tuple[tuple[str, str], ...]:
    """The data and results that differ, metrics and plots left out, each with its maker."""
    if old is None:
        return ()
    hashes = [files_of(side) for side in (old, new)]
    made = makers(old.locked) | makers(new.locked)
    return tuple(
        (path, made.get(path, ""))
        for path in dict.fromkeys((*hashes[1], *hashes[0]))
        if hashes[0].get(path, File("")).hash != hashes[1].get(path, File("")).hash
    )


def files_of(side: Side) -> dict[str, File]:
    """The data that stages take and the results they make, by path."""
    stages = side.locked.stages
    shown = {out.file.path for stage in stages for out in stage.outs if out.kind != "out"}
    deps = [file for stage in stages for file in stage.deps if not is_code(file.path)]
    outs = [out.file for stage in stages for out in stage.outs]
    return {file.path: file for file in (*deps, *outs) if file.path not in shown}


def compare_files(old: Side | None, new: Side) -> tuple[FileChange, ...]:
    """The data and results that differ, with a look into tables."""
    if old is None:
        return ()
    found = []
    known = files_of(old), files_of(new)
    for path, maker in changed_files(old, new):
        before, now = _content(old, known[0].get(path)), _content(new, known[1].get(path))
        schema = tuple(_schema(before, now)) if before and now else ()
        found.append(FileChange(path, maker, before, now, schema))
    return tuple(found)


def _content(side: Side, file: File | None) -> Content | None:
    if file is None:
        return None
    path = file.path
    try:
        rows, columns = shape_of(file_of(side, path), path)
    except (OSError, ValueError) as error:
        why = side.missing.get(path) or reason(error)
        return Content(file.hash, file.size, missing="" if _is_folder(side, path) else why)
    return Content(file.hash, file.size, rows, columns)


def _is_folder(side: Side, path: str) -> bool:
    try:
        return (side.folder / path).is_dir()
    except OSError:  # a name longer than any file's
        return False


def _schema(old: Content, new: Content) -> Iterator[str]:
    """What became of a table's columns."""
    if not old.columns or not new.columns:
        return
    for name in dict.fromkeys((*new.columns, *old.columns)):
        before, now = old.columns.get(name), new.columns.get(name)
        if before is None:
            yield f"new column '{name}'"
        elif now is None:
            yield f"column '{name}' is gone"
        elif before != now:
            yield f"column '{name}' was {before}, is {now}"
