"""What a model, a version and a stage may be called, and `MODEL@VERSION` taken apart.

GTO decides it. Nothing else gets as far as a command of git's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstage.errors import UserError

if TYPE_CHECKING:
    from semver import VersionInfo

NEWEST = "latest"
_RESERVED = (NEWEST, "greatest", "deprecated", "created")


@dataclass(frozen=True, slots=True)
class Named:
    """`MODEL@WHICH` taken apart; what was left out is ""."""

    model: str = ""
    which: str = ""


def parse_named(text: str) -> Named:
    """`model@v1.2.0`, `model@prod`, `model@latest`, `model`, `@prod` or `v1.2.0`, taken apart.

    Raises UserError where a part is none.
    """
    if is_version(text) or text == NEWEST:
        return Named("", text)
    model, at, which = text.partition("@")
    if model or not at:
        check_model(model)
    if at and not is_version(which) and which != NEWEST:
        check_stage(which)
    return Named(model, which)


def check_model(name: str) -> None:
    """Raises UserError for what can be no model's name."""
    if not _is_name(name):
        raise UserError(
            f"{_quoted(name)} can't be a model's name",
            "letters, digits, '-', '_' and '/' are allowed, with a letter or digit at both ends.",
        )


def check_stage(name: str) -> None:
    """Raises UserError for what can be no stage's name."""
    if not _is_name(name) or name in _RESERVED:
        raise UserError(
            f"{_quoted(name)} is no stage that a version could be in, and no version either",
            "stages are called like 'staging' or 'prod', versions like 'v1.2.0' or 'latest'.",
        )


def is_version(text: str) -> bool:
    """Whether a text is a version: v1.2.0."""
    from gto.versions import SemVer

    return bool(text) and bool(SemVer.is_valid(text))


def order_of(version: str) -> VersionInfo:
    """What versions are sorted by."""
    from gto.versions import SemVer

    return SemVer.parse(version)


def _is_name(text: str) -> bool:
    from gto.constants import check_string_is_valid

    # `$` in GTO's pattern lets a line end pass.
    return text.isprintable() and bool(check_string_is_valid(text))


def _quoted(name: str) -> str:
    return "'" + "".join(char if char.isprintable() else "?" for char in name[:80]) + "'"
