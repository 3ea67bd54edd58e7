"""What all tests share: files that hold what is expected, rewritten by `pytest --accept`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples each time; `pytest --hypothesis-profile default` searches for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent

#: For pytest in a project that a test makes: without plugins that come with our own tools, whose
#: imports take seconds.
PLUGINS_ASIDE = " ".join(
    f"-p no:{name}"
    for name in ("anyio", "hydra_pytest", "hypothesispytest", "schemathesis", "typeguard")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="rewrite the files that hold what is expected (tests/golden, docs/problems.md)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest come first, so that no worker has one left when others are done.

    xdist keeps to it if it is told to (`--no-loadscope-reorder`).
    """
    slow = ("e2e", "docs", "meaning")
    rank = {ROOT / "tests" / name: place for place, name in enumerate(slow)}
    items.sort(key=lambda item: rank.get(item.path.parent, len(rank)))


@pytest.fixture(scope="session")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """mypy as it comes. What it has found out of libraries it keeps for the next test."""
    cache = f"--cache-dir={tmp_path_factory.mktemp('mypy')}"
    return ("mypy", "--config-file=", "--ignore-missing-imports", cache)


Golden = Callable[[str, str], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Give `golden(path, text)`: the file at `path`, relative to the repository, holds `text`.

    With `--accept` the file is written instead. A whole folder is compared file by file.
    """
    accept = bool(request.config.getoption("--accept"))

    def compare(path: str, text: str) -> None:
        file = ROOT / path
        if accept:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        assert file.is_file(), f"{path} is not there: `pytest --accept` writes it"
        assert text == file.read_bytes().decode(), f"{path} differs: `pytest --accept` rewrites it"

    return compare
