"""Fork servers for the tests of meaning, one with and one without the heavy libraries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.meaning.harness import Forks, forks


@pytest.fixture(scope="session")
def light() -> Iterator[Forks]:
    """A fork server that has imported nothing but the runtime."""
    with forks() as server:
        yield server


@pytest.fixture(scope="session")
def heavy() -> Iterator[Forks]:
    """A fork server with pandas and IPython."""
    with forks("pandas", "IPython.core.interactiveshell") as server:
        yield server
