"""What promoting and rolling back come to: which version goes where, or why not."""

from __future__ import annotations

from nbstage.registry.lineage import is_ungated
from nbstage.registry.names import Named
from nbstage.registry.nouns import Model, Refused, Version
from nbstage.registry.resolve import version_of
from nbstage.registry.state import current

UNGATED = "ungated"


def refuse_promotion(
    model: Model,
    version: Version,
    stage: str,
    lineage: dict[str, object] | None,
    *,
    accept_ungated: bool,
) -> str:
    """The check that is passed over on purpose, "" if none. Raises Refused where the version is in
    the stage already, or the gate never judged it.
    """
    named = f"{version.name}@{version.version}"
    if current(model).get(stage) == version.version:
        raise Refused(f"'{named}' is in stage '{stage}' already", "there is nothing to do.")
    if not is_ungated(lineage):
        return ""
    if accept_ungated:
        return UNGATED
    how = "was registered without the gate" if lineage else "was made without nbstage"
    raise Refused(
        f"'{named}' {how}: nobody held it to the policy",
        "register a version that the gate judged; or `--accept-ungated` promotes this one, and "
        "that is kept in the tag.",
    )


def version_before(model: Model, stage: str) -> tuple[Version, str]:
    """The version that a rollback brings back to a stage, and the one that it takes out.

    Raises Refused where there is none.
    """
    stack = [version for version in model.stacks.get(stage, ()) if version]
    now = current(model).get(stage, "")
    if not now:
        raise Refused(
            f"no version of '{model.name}' is in stage '{stage}'",
            f"`nbstage promote {model.name} {stage}` puts one there.",
        )
    known = {one.version for one in model.versions}
    before = [version for version in stack[:-1] if version in known and version != now]
    if not before:
        raise Refused(
            f"'{model.name}@{now}' is the first version in stage '{stage}': there is no way back",
            f"`nbstage promote {model.name}@VERSION {stage}` puts another there.",
        )
    return version_of(model, Named(model.name, before[-1])), now
