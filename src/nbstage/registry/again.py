"""What was registered before: the same commit, the same number."""

from __future__ import annotations

from pathlib import Path

from nbstage.errors import UserError
from nbstage.registry.lineage import parents_of, read_lineage
from nbstage.registry.names import is_version, order_of
from nbstage.registry.nouns import Did, Model, Refused, Version


def version_of_commit(root: Path, model: Model, commit: str) -> Version | None:
    """The version that was made of a commit: beside it, or of itself by another tool."""
    parents = parents_of(root, [version.commit for version in model.versions])
    for version in reversed(model.versions):
        beside = parents.get(version.commit) == commit and read_lineage(root, version) is not None
        if beside or version.commit == commit:
            return version
    return None


def numbers_given(model: Model) -> list[str]:
    """The numbers of all versions that there ever were, the greatest last."""
    given = {event.version for event in model.events if event.did is Did.REGISTERED}
    return sorted(given, key=order_of)


def refuse_number(model: Model, number: str) -> None:
    """Raises UserError for what is no version, and Refused for one that was given before."""
    if not is_version(number):
        raise UserError(f"'{number}' is no version", "versions are like v1.2.0.")
    if number in numbers_given(model):
        raise Refused(
            f"'{model.name}@{number}' is registered already",
            "leave `--version` out, or take a number that was never given.",
        )
