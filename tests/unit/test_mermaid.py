"""The Mermaid flowchart of hostile names: GitHub draws it, and reads nothing into a label."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.model import Artifact, Pipeline, PlannedStage
from nbstage.report.mermaid import pipeline_as_mermaid

# What a quoted label may hold, by Mermaid's grammar: no quote; `#` only of an entity (`#35;`),
# `<` only of `<br/>`, `;` only of an entity; nothing that Markdown or HTML would read as more.
LABEL = r'"(?:[\w \-./,:()?!=+]|#\d+;|<br/>)*"'
LINES = (
    re.compile(rf"    s\d+\[{LABEL}\]"),
    re.compile(rf"    d\d+\[\({LABEL}\)\]"),
    re.compile(r"    d\d+ --> s\d+"),
    re.compile(rf"    s\d+ -->\|{LABEL}\| s\d+"),
)
names = st.text(min_size=1, max_size=80)


def flowchart(name: str, doc: str, path: str, names: tuple[str, ...]) -> list[str]:
    """The lines for two stages that hand `names` on; the first reads the file at `path`."""
    artifact = Artifact(name, names, "artifacts/a.pkl")
    first = PlannedStage(name, "nb.ipynb", doc, (path,), outputs=(artifact,), params=names)
    second = PlannedStage(name + "2", "nb.ipynb", "", inputs=(artifact,))
    return pipeline_as_mermaid(Pipeline((first, second))).split("\n")


@given(names, names, names, st.lists(names, min_size=1, max_size=6))
def test_every_line_is_of_a_form_that_mermaid_knows(
    name: str, doc: str, path: str, travelling: list[str]
) -> None:
    head, *lines = flowchart(name, doc, path, tuple(travelling))
    assert head == "flowchart TD"
    for line in lines:
        assert any(form.fullmatch(line) for form in LINES), line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("end", "end"),
        ("o---x", "o---x"),
        ('a"] --> b["', "a#34;#93; --#62; b#91;#34;"),
        ("#quot;", "#35;quot#59;"),
        ("`code`", "#96;code#96;"),
        ("%%{init: {}}%%", "#37;#37;#123;init: #123;#125;#125;#37;#37;"),
        ("<img src=x onerror=alert(1)>", "#60;img src=x onerror=alert(1)#62;"),
        ("1. list", "1#46; list"),
        ("*bold* ~~x~~", "#42;bold#42; #126;#126;x#126;#126;"),
        ("a\nb", "a b"),
        ("\u202eabc", "#92;u202eabc"),
        ("prix_\u00e9t\u00e9", "prix_\u00e9t\u00e9"),
    ],
)
def test_a_hostile_name_is_shown_as_it_is(name: str, shown: str) -> None:
    assert flowchart(name, "", "in.csv", ("x",))[1] == f'    s0["{shown}<br/>params: x"]'


def test_a_label_stands_between_quotes_wherever_there_is_one() -> None:
    lines = flowchart("load", "Read it", "my data (1).csv", ("a", "b"))
    assert lines[1:] == [
        '    s0["load<br/>Read it<br/>params: a, b"]',
        '    s1["load2"]',
        '    d0[("my data (1).csv")]',
        "    d0 --> s0",
        '    s0 -->|"a, b"| s1',
    ]
