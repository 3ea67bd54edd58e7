"""`model@prod` -> the version that is meant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbstage.errors import UserError
from nbstage.registry.names import NEWEST, Named, is_version, parse_named
from nbstage.registry.nouns import Model, Version
from nbstage.registry.state import current, models_of
from nbstage.registry.tags import read_events

_MOST_NAMED = 6


def resolve(root: Path, reference: str) -> Version:
    """The version that `model@v1.2.0`, `model@prod` or `model@latest` stands for.

    A project's only model may go without its name: `@prod`. Raises UserError where there is none.
    """
    named = parse_named(reference)
    if not named.which:
        raise UserError(
            f"'{reference}' names a model, and none of its versions",
            f"`{reference}@{NEWEST}` is the newest, `{reference}@prod` the one in that stage.",
        )
    return version_of(chosen_model(models_of(read_events(root)), named.model), named)


def chosen_model(models: dict[str, Model], name: str) -> Model:
    """The model of that name, or the only one where none is given. Raises UserError."""
    if not models:
        raise UserError(
            "no version of a model is registered here",
            "`nbstage register` makes one; `git fetch --tags` brings those of the server.",
        )
    if name:
        if name in models:
            return models[name]
        raise UserError(
            f"there is no model '{name}', but {_listed(models)}",
            "`nbstage models` lists them; `git fetch --tags` brings those of the server.",
        )
    if len(models) > 1:
        raise UserError(f"there are several models: {_listed(models)}", "say which: MODEL@...")
    return next(iter(models.values()))


def version_of(model: Model, named: Named) -> Version:
    """The version of a model that is meant, the newest where nothing is said. Raises UserError."""
    which = named.which or NEWEST
    if which == NEWEST:
        if not model.versions:
            raise UserError(f"'{model.name}' has no version", "`nbstage register` makes one.")
        return model.versions[-1]
    wanted = which if is_version(which) else current(model).get(which, "")
    found = next((one for one in model.versions if one.version == wanted), None)
    if found is not None:
        return found
    if is_version(which):
        raise UserError(
            f"'{model.name}' has no version '{which}', but "
            f"{_listed(one.version for one in model.versions)}",
            "`git fetch --tags` brings those of the server.",
        )
    raise _nothing_in(model, which, wanted)


def _nothing_in(model: Model, stage: str, wanted: str) -> UserError:
    if wanted:
        return UserError(
            f"stage '{stage}' has '{wanted}' of '{model.name}', which is not registered any more",
            f"`nbstage promote {model.name} {stage}` puts another version there.",
        )
    known = _listed(current(model))
    has = f"; those with one are {known}" if current(model) else ""
    return UserError(
        f"no version of '{model.name}' is in stage '{stage}'{has}",
        f"`nbstage promote {model.name} {stage}` puts the newest there; `git fetch --tags` brings "
        "what the server knows.",
    )


def _listed(names: Iterable[str]) -> str:
    """A few of the names, the last ones, as they are the newest."""
    every = list(names)
    shown = ", ".join(f"'{name}'" for name in every[-_MOST_NAMED:])
    more = len(every) - _MOST_NAMED
    return f"{shown or 'none'}{f' and {more} more' if more > 0 else ''}"
