"""What `pip install` and `conda install` lines ask for."""

from __future__ import annotations

import re
import shlex

_COMMAND = re.compile(
    r"(?:sudo\s+)?(?:(?:\{sys\.executable\}|\$sys\.executable|python[\d.]*)\s+-m\s+|uv\s+)?"
    r"(?:pip[\d.]*|conda|mamba|micromamba)\s+install\s+(?P<rest>.*)$",
    re.DOTALL,
)
_OPTIONS = """
-c --constraint --channel -i --index-url --extra-index-url -f --find-links -t --target --prefix -p
--root --platform --python-version --src --upgrade-strategy --no-binary --only-binary
--progress-bar --trusted-host --timeout --retries --proxy --cache-dir -n --name --config-settings
"""
_TAKES_A_VALUE = frozenset(_OPTIONS.split())
_NAMES_PACKAGES = {
    "-r": "-r",
    "--requirement": "-r",
    "--file": "-r",
    "-e": "-e",
    "--editable": "-e",
}
_SEPARATOR = re.compile(r"\s*(?:&&|;)\s*")
_REDIRECTION = re.compile(r"[|]|\d?&?>")


def packages(command: str) -> tuple[str, ...] | None:
    """Give the packages that the command installs, or None where it does anything else too."""
    whole = _packages_of_one(command)
    if whole is not None:
        return whole
    parts = [_packages_of_one(part) for part in _SEPARATOR.split(command.strip(" ;"))]
    known = [part for part in parts if part is not None]
    return tuple(name for part in known for name in part) if len(known) == len(parts) else None


def _packages_of_one(command: str) -> tuple[str, ...] | None:
    found = _COMMAND.match(command.strip())
    if found is None:
        return None
    try:
        words = shlex.split(found["rest"], comments=True)
    except ValueError:
        return None
    if any(word in ("&&", "||", ";", "&") or re.search(r"[{}$`]", word) for word in words):
        return None
    if any(word.endswith(";") for word in words):
        return None
    return _packages_in(words)


def _packages_in(words: list[str]) -> tuple[str, ...]:
    result: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if _REDIRECTION.match(word):
            break
        if word in _NAMES_PACKAGES:
            result.append(f"{_NAMES_PACKAGES[word]} {next(remaining, '')}".strip())
        elif word in _TAKES_A_VALUE:
            next(remaining, "")
        elif not word.startswith("-"):
            result.append(word)
    return tuple(result)
