"""The comment that silences ruff names just what ruff finds in a user's code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbstage.convert.render.lint import noqa

HERE = Path(__file__).parent
# Statements as they stand in notebooks, and whole modules; what is wrong with them, ruff says.
STATEMENTS = (HERE / "lint_statements.txt").read_text().rstrip().split("\n---\n")
MODULES = (HERE / "lint_modules.txt").read_text().split("---\n")

# What the tool itself answers for.
NEVER_SILENCED = {"F401", "F821", "I001"}


def module(statements: str) -> str:
    lines = [f"    {line}".rstrip() for line in statements.split("\n")]
    head = ["def stage(value, other):", "    print(value)"]
    return "\n".join([*head, *lines, "    value.last()", ""])


TEXTS = [*map(module, STATEMENTS), *MODULES]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """What ruff finds in each text: by its defaults, and by those it had before 0.17."""
    folder = tmp_path_factory.mktemp("snippets")
    for number, text in enumerate(TEXTS):
        (folder / f"m{number}.py").write_text(text)
    command = ["ruff", "check", "--isolated", "--no-cache", "--output-format", "json"]
    command += ["--extend-select", "E4,E7,E9,F", str(folder)]
    said = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    ).stdout
    codes: list[set[str]] = [set() for _ in TEXTS]
    for finding in json.loads(said):
        codes[int(Path(finding["filename"]).stem[1:])].add(finding["code"])
    return codes


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_the_comment_names_what_ruff_finds(number: int, found: list[set[str]]) -> None:
    expected = sorted(found[number] - NEVER_SILENCED)
    silenced = f"# ruff: noqa: {', '.join([*expected, 'RUF100'])}"
    assert noqa("stage", TEXTS[number]) == ([silenced] if expected else []), TEXTS[number]


def test_a_module_with_nothing_to_silence_has_no_comment() -> None:
    assert (
        noqa("area", "import math\n\n\ndef area(radius):\n    return math.pi * radius**2\n") == []
    )


def test_a_module_whose_name_is_not_in_lower_case_has_a_comment() -> None:
    assert noqa("trainModel", "x = 1\n") == ["# ruff: noqa: N999, RUF100"]
