"""Constructs whose stages run as notebooks: they mean there what they mean in modules."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.meaning.constructs_as_text import constructs
from tests.meaning.harness import Case, Forks, compare

_STAGE = re.compile(r'(?m)^(# %% tags=\["(?:stage|step|block):\w+")')
_ALL = {f"{one.family}: {one.title}": one.case for one in constructs()}
CHOSEN = (
    "classes: an instance of a class that is defined in a stage",
    "functions: a closure factory",
    "functions: a lambda crosses",
    "functions: a function assigns a global",
    "language: random.Random half used in a dict",
    "learning: a figure is drawn over two stages",
    "learning: rcParams hold in later stages",
    "mutation: an alias made in one stage is changed in the next",
    "names: a deletion on a condition",
    "names: a built-in name is shadowed",
    "names: a star import",
    "parameters: a parameter list and its alias",
    "side_effects: a shuffle of a list by the global state",
    "syntax: a cell that raises on purpose",
    "syntax: a cell under %%capture",
    "syntax: a shell line with a variable",
    "syntax: an environment magic",
    "syntax: top-level await",
    "values: numpy's global state half used",
    "values: a table and its alias",
)


def as_notebooks(case: Case) -> Case:
    """The same with each stage run as a notebook."""
    return replace(case, text=_STAGE.sub(r'\1, "executor:notebook"', case.text))


@pytest.mark.slow
@pytest.mark.parametrize("title", CHOSEN)
def test_a_construct_means_in_stages_that_are_notebooks_what_it_means_in_one(
    title: str, notebooks: Forks
) -> None:
    outcome = compare(notebooks, as_notebooks(_ALL[title]))
    assert outcome.word == "equal", outcome.detail
