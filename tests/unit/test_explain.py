"""The texts of `nbstage explain`: one for each problem, of one shape, and the page of them all."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import nbstage
from nbstage.explain import codes, lookup
from tests.conftest import Golden
from tests.explained import files, section

SOURCE = Path(nbstage.__file__).parent

GROUPS = {
    "1": ("Reading the notebook", "The file, its cells and their tags."),
    "2": ("What can't be kept", "Where a pipeline would not compute what the notebook computes."),
    "3": ("Notes", "Worth knowing; nothing is stopped by them."),
    "4": ("The files of the project", "`dvc.yaml`, `params.yaml` and generated modules."),
    "5": ("Edits of modules", "What `nbstage sync` can't carry back into a notebook."),
}
HEAD = """\
# Problems

What `nbstage convert` and `nbstage check` report. Each problem has a code; `nbstage explain NBS201`
prints its text. An error stops the conversion, and nothing is written. A note does not.
All problems of a notebook come at once.
"""


def test_every_code_in_the_source_has_a_text_and_every_text_a_code_in_the_source() -> None:
    source = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    # Alone in quotes: docstrings and examples of commands name codes too.
    named = {code for text in source for code in re.findall(r'"(NBS\d{3})"', text)}
    assert set(codes()) == named


@pytest.mark.parametrize("code", codes())
def test_a_text_has_a_title_and_says_wrong_why_and_right(code: str) -> None:
    text = lookup(code) or ""
    title = text.split("\n", 1)[0]
    assert re.fullmatch(rf"# {code}: [^A-Z\s].{{5,70}}[^.]", title)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Wrong", "Why", "Right"]
    assert files(section(text, "Wrong"))
    assert files(section(text, "Right"))
    assert len(section(text, "Why").split()) >= 12


@pytest.mark.parametrize("code", codes())
def test_a_text_fits_a_terminal(code: str) -> None:
    lines = (lookup(code) or "").split("\n")
    assert max(map(len, lines)) <= 110
    assert not any(line != line.rstrip() for line in lines)


def test_there_is_no_text_for_an_unknown_code() -> None:
    for code in ("NBS999", "", "../errors", "__init__"):
        assert lookup(code) is None


def test_codes_gives_the_titles_in_order() -> None:
    assert codes()["NBS201"] == "a stage uses a name that no cell makes"
    assert list(codes()) == sorted(codes())
    assert len(set(codes().values())) == len(codes())


def test_to_explain_imports_nothing_heavy() -> None:
    script = (
        "import sys; from nbstage.cli import main; main(['explain', 'NBS201']);"
        "print([name for name in sys.modules if name in ('nbstage.app', 'IPython', 'ruamel.yaml')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("# NBS201: ")
    assert done.stdout.endswith("[]\n")


def test_the_page_of_problems_is_in_step(golden: Golden) -> None:
    golden("docs/problems.md", _page())


def _page() -> str:
    parts = [HEAD, *(_group(digit) for digit in GROUPS)]
    return "\n".join(parts)


def _group(digit: str) -> str:
    title, about = GROUPS[digit]
    found = {code: text for code, text in codes().items() if code[3] == digit}
    listed = [f"| [{code}](#{code.lower()}) | {text} |" for code, text in found.items()]
    table = "\n".join(["| code | problem |", "|---|---|", *listed])
    return "\n".join([f"## {title}\n\n{about}\n\n{table}\n", *map(_entry, found)])


def _entry(code: str) -> str:
    """The text one level deeper; the code alone is the heading, so that links to it last."""
    title, _, rest = (lookup(code) or "").partition("\n")
    bold = re.sub(r"^## (.*)$", r"**\1**", rest, flags=re.MULTILINE)
    sentence = title.partition(": ")[2]
    return f"### {code}\n\n{sentence[:1].upper()}{sentence[1:]}.\n{bold}"
