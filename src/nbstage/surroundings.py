"""What a notebook finds around it: modules beside it, and what a star import brings."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def local_modules(
    root: Path, folders: Iterable[str], modules: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Those of the imported modules that lie in one of the folders, the first that has it, each
    with all the files it is made of there.
    """
    found: dict[str, tuple[str, ...]] = {}
    for folder in folders:
        for module in sorted(set(modules) - set(found)):
            files = _files(root / folder, module, set())
            if files:
                found[module] = tuple(
                    sorted(path.relative_to(root.resolve()).as_posix() for path in files)
                )
    return found


def local_sources(
    root: Path, folders: Iterable[str], local: dict[str, tuple[str, ...]]
) -> dict[str, str]:
    """The text of each of the local modules' files, by the name that code imports it by."""
    found: dict[str, str] = {}
    for folder in folders:
        start = (root / folder).resolve()
        for path in sorted({path for paths in local.values() for path in paths}):
            file = root.resolve() / path
            if file.is_relative_to(start):
                parts = file.relative_to(start).with_suffix("").parts
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                found.setdefault(name, file.read_text(encoding="utf-8", errors="replace"))
    return found


def _files(folder: Path, module: str, seen: set[str]) -> set[Path]:
    seen.add(module)
    single, package = folder / f"{module}.py", folder / module
    if single.is_file():
        own = {single.resolve()}
    elif (package / "__init__.py").is_file():
        own = {path.resolve() for path in package.rglob("*.py")}
    else:
        return set()
    imported = {name for path in own for name in _imported(path)}
    return own.union(*(_files(folder, name, seen) for name in imported - seen))


def _imported(path: Path) -> set[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    plain = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    relative = {
        node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name.split(".")[0] for name in plain | relative if name}


def star_names(root: Path, workdir: str, module: str) -> tuple[str, ...] | None:
    """The names `from module import *` brings; None if they can't be told.

    A module of the project is only read, an installed one is imported.
    """
    relative = f"{module.replace('.', '/')}.py"
    for folder in (root / workdir, root):
        if (folder / relative).is_file():
            return _defined_names(folder / relative)
    try:
        found = _import_installed(root, module)
    except Exception:  # importing a library can raise anything
        return None
    names = getattr(found, "__all__", None)
    if names is None:
        names = [name for name in vars(found) if not name.startswith("_")]
    return tuple(sorted(str(name) for name in names))


def _import_installed(root: Path, module: str) -> ModuleType:
    """Import a module from anywhere but the project: its code is not ours to run."""
    before = list(sys.path)
    own = root.resolve()
    inside = [path for path in before if Path(path or ".").resolve() == own]
    sys.path[:] = [path for path in before if path not in inside]
    try:
        return importlib.import_module(module)
    finally:
        sys.path[:] = before


def _defined_names(path: Path) -> tuple[str, ...] | None:
    from nbstage.convert.effects.scope import bindings

    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = {
        name for statement in tree.body for name in bindings(statement) if not name.startswith("_")
    }
    return tuple(sorted(names))
