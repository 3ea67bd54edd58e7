"""`[tool.nbstage.registry]`: what holds for every version of the project's models.

[tool.nbstage.registry]
trust = ["pipeline.helpers.price.Price"]  # types in a model that somebody reviewed
allow_pickle = false                      # true: the stage's own file is released
"""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.toml_table import Table, entries, entry, take, texts, truth


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How models are released."""

    trusted: tuple[str, ...] = ()
    allow_pickle: bool = False


def parse_registry(table: Table) -> tuple[RegistrySettings, list[str]]:
    """The settings, and everything wrong with them."""
    values, faults = entries(table, ("allow_pickle", "trust"))
    return RegistrySettings(
        take(texts(entry(table, values, "trust", [])), faults),
        allow_pickle=take(truth(entry(table, values, "allow_pickle", False)), faults),
    ), faults
