"""What the documentation says is so: its commands run, what they print is shown, its links lead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nbstage.config import parse_config
from nbstage.explain import codes
from tests.docs.pages import ROOT, anchors, fenced_blocks, links, run_page
from tests.meaning.constructs_as_text import constructs


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def runs_something(page: str) -> bool:
    return any(
        block.word or block.kind in ("sh", "console") for block in fenced_blocks(text_of(page))
    )


PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").glob("*.md"))
)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if runs_something(page)])
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    page: str, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dvc.yaml").touch()
    golden(page, run_page(text_of(page), folder))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(text_of(page)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES)
def test_every_problem_code_is_one(page: str) -> None:
    assert set(re.findall(r"NBS\d+", text_of(page))) <= codes().keys()


def test_the_page_on_limits_has_every_code_that_a_notebook_can_give() -> None:
    of_code = {code for code in codes() if code.startswith(("NBS2", "NBS3"))}
    said = set(re.findall(r"NBS\d+", text_of("docs/limits.md")))
    assert of_code <= said


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_are_shown_are_valid(page: str) -> None:
    for block in fenced_blocks(text_of(page)):
        if block.kind == "toml":
            parse_config(block.text)


def test_the_page_on_meaning_says_of_each_construct_what_comes_of_it() -> None:
    known = {construct.title: construct.expected for construct in constructs()}
    rows = re.findall(
        r"(?m)^\| ([^|]+) \| (kept|NBS[^|]+) \| [^|]+ \|$", text_of("docs/meaning.md")
    )
    assert len(rows) > 70
    for title, said in rows:
        expected = "equal" if said == "kept" else f"refused {said.replace(' and', '')}"
        assert known.get(title) == expected, title
