"""Percent scripts, compared with how jupytext reads them."""

from __future__ import annotations

import json

import jupytext
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbstage.model import CellKind, Notebook, Problem
from nbstage.notebook.percent import read_percent
from nbstage.notebook.read import parse_notebook

Plain = list[tuple[str, str, tuple[str, ...]]]


def ours(text: str) -> Plain:
    cells, problems = read_percent(text, "nb.py")
    assert problems == ()
    return [(cell.kind.value, cell.source.rstrip(), cell.tags) for cell in cells]


def theirs(text: str) -> Plain:
    cells = jupytext.reads(text, fmt="py:percent").cells
    return [(c.cell_type, c.source.rstrip(), tuple(c.metadata.get("tags", ()))) for c in cells]


@pytest.mark.parametrize(
    "text",
    [
        "# %%\nx = 1\n\n# %%\ny = 2\n",
        "x = 1\n# %%\ny = 2",
        "#%%\nx = 1\n#   %% title\ny",
        '# %% tags=["stage:train", "after:load"]\nx = 1',
        "# %% tags=['a', 'b']\nx = 1",
        '# %% Train the model tags=["a"] other=1\nx = 1',
        '# %% other={"a": "x y"} tags=["a"]\nx = 1',
        '# %% {"tags": ["a", "b"]}\nx = 1',
        '# %% A title {"tags": ["a"]}\nx = 1',
        "# %% [markdown]\n# # Title\n#\n# text\n#no space",
        '# %% [markdown] tags=["a"]\n"""\n# Title\n"""',
        "# %% [md]\n# text\n# %% [raw]\n# raw",
        "# %% About [markdown]\n# text",
        '# %%\nx = """\n# %%\n"""\n# %%\ny',
        "# %%\nx = '''\n# %%\n\"\"\"\n# %%\n'''\n# %%\ny",
        '# %%\nx = \'it\\\'s """\'\n# %%\ny  # don\'t """\n# %%\nz',
        "# %%\n# %matplotlib inline\nx = 1\n# !ls -l\n# files = !ls",
        "# %%\n# %%bash\n# ls\n# %%\n# %%time\nx = 1",
        "# %%\nif x:\n    # %time f()\n    # a comment\n    pass",
        "# %%\n# !ls \\\n#   -l\n# a comment",
        "# %%\nx = '''\n# %time\n'''",
        "# %%\n# df.head?\nx",
        '# %% language="bash"\n# ls\n# echo',
        '# %% active="ipynb"\n# x = 1',
        '# %% active="py"\nx = 1',
        '# %% tags=["active-ipynb"]\n# x = 1',
        "# ---\n# jupyter:\n#   jupytext:\n#     formats: py\n# ---\n\n# %%\nx",
        "#!/bin/python\n# -*- coding: utf-8 -*-\n# ---\n# jupyter:\n#   a: 1\n# ---\n# %%\nx",
        "# In[1]:\nx = 1\n# In[ ]:\ny",
        "# %%\n\n# %%\nx",
    ],
)
def test_a_script_is_read_as_jupytext_reads_it(text: str) -> None:
    assert ours(text) == theirs(text)


SOURCES = [
    "%matplotlib inline\nx = 1",
    "!pip install x\n%time y = f(\n    1)",
    "%%bash\nls\necho 'x'",
    "%%time\nx = 1\n\n\ny = 2",
    'x = """\n# %%\n%%bash\n!ls\n"""',
    "ls",
    "cd data",
    "# copy the table",
    "# %magic in a comment",
    "files = !ls",
    "df.head?",
    "if x:\n    %time f()\n    !ls",
    "def f():\n    '''Doc.'''\n\n    return 1",
    "",
    "# Header\n\ntext",
    "@decorator\ndef f(): ...",
]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([(text, True) for text in SOURCES] + [("# A\n\nb", False)]),
            st.lists(st.sampled_from(["a", "stage:b", "x y", "ü", 'q"']), max_size=2, unique=True),
        ),
        max_size=5,
    )
)
def test_what_jupytext_writes_is_read_back(cells: list[tuple[tuple[str, bool], list[str]]]) -> None:
    document = {
        "cells": [
            {"cell_type": "markdown", "source": source, "metadata": {"tags": tags}}
            | ({"cell_type": "code", "outputs": [], "execution_count": None} if is_code else {})
            for (source, is_code), tags in cells
        ],
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    text = jupytext.writes(jupytext.reads(json.dumps(document), fmt="ipynb"), fmt="py:percent")
    read = ours(text)
    assert [cell for cell in read if cell[1]] == [
        ("code" if is_code else "markdown", source, tuple(tags))
        for (source, is_code), tags in cells
        if source
    ]


def test_a_comment_is_no_command_unless_jupytext_wrote_the_script() -> None:
    assert ours("# %%\n# copy the table\nx") == [("code", "# copy the table\nx", ())]


def test_magics_stay_commented_where_the_header_says_so() -> None:
    text = "# ---\n# jupyter:\n#   jupytext:\n#     comment_magics: false\n# ---\n# %%\n# %time x"
    assert ours(text) == [("code", "# %time x", ())]


def test_tags_that_cannot_be_read_are_reported_at_their_line() -> None:
    found = parse_notebook(b"# %%\nx = 1\n# %% tags=[stage:a]\ny = 2\n", "nb.py")
    assert isinstance(found, tuple)
    (problem,) = found
    assert (problem.code, problem.place.line, problem.place.source) == (
        "NBS108",
        3,
        "# %% tags=[stage:a]",
    )


def test_a_script_without_cells_is_no_notebook() -> None:
    found = parse_notebook(b"import os\nprint(1)\n", "nb.py")
    assert isinstance(found, tuple)
    (problem,) = found
    assert isinstance(problem, Problem)
    assert (problem.code, problem.message) == ("NBS102", "the script has no cells")


def test_line_ends_of_windows_make_no_difference() -> None:
    found = parse_notebook(b"\xef\xbb\xbf# %%\r\nx = 1\r\ny = 2\r\n", "nb.py")
    assert isinstance(found, Notebook)
    assert [(cell.kind, cell.source) for cell in found.cells] == [(CellKind.CODE, "x = 1\ny = 2")]


LINES = st.sampled_from(
    [
        *["# %%", "# %% [markdown]", '# %% tags=["a"]', "# %% tags=[", "# ---", '"""', "'''"],
        *["# %time", "# text", "", "\\", "# %% {", "# %% a=b=c", '"', "#!x", "# %% active=1", "x"],
    ]
)


@example("# ---\n# ---")
@given(st.lists(LINES | st.text(max_size=8), max_size=10).map("\n".join))
def test_any_text_gives_cells(text: str) -> None:
    cells, _ = read_percent(text, "nb.py")
    assert [cell.number for cell in cells] == list(range(1, len(cells) + 1))
