"""What CONTRACT.md promises of every conversion, on random notebooks and on any text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbstage import app
from nbstage.model import CellKind, Level, Outcome
from tests.meaning.harness import PATH, stages_of_cells
from tests.meaning.programs import programs
from tests.notebooks_as_text import ipynb, notebook

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def project(text: str) -> Iterator[Path]:
    """A folder that holds the notebook as a file and nothing else."""
    with TemporaryDirectory(prefix="promise-") as folder:
        root = Path(folder)
        (root / "notebooks").mkdir()
        (root / "pyproject.toml").write_text("")
        write(root, ipynb(text))
        yield root


def write(root: Path, text: str) -> None:
    (root / PATH).write_text(text, encoding="utf-8")


def convert(root: Path) -> Outcome:
    return app.convert(root, (PATH,))


def is_refused(outcome: Outcome) -> bool:
    return any(problem.level is Level.ERROR for problem in outcome.problems)


def generated(root: Path) -> dict[str, bytes]:
    """All files of the project but the notebook and the record of what was written."""
    aside = (PATH, ".nbstage/generated.json")
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    named = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return {path: content for path, content in named.items() if path not in aside}


@SETTINGS
@given(programs())
def test_converting_twice_changes_nothing(text: str) -> None:
    with project(text) as root:
        first = convert(root)
        once = generated(root)
        second = convert(root)
        assert second.changes == ()
        assert second.problems == first.problems
        assert generated(root) == once


@SETTINGS
@given(programs())
def test_the_same_notebook_gives_the_same_files_in_another_folder(text: str) -> None:
    with project(text) as one, project(text) as two:
        assert convert(one) == convert(two)
        assert generated(one) == generated(two)


@SETTINGS
@given(programs())
def test_a_refused_notebook_writes_nothing(text: str) -> None:
    with project(text) as root:
        before = generated(root)
        if is_refused(convert(root)):
            assert generated(root) == before


@SETTINGS
@given(programs(), st.data())
def test_editing_a_stage_changes_its_module_alone(text: str, data: st.DataObject) -> None:
    cells = notebook(text).cells
    owners = stages_of_cells(cells)
    place = data.draw(st.sampled_from([at for at, stage in enumerate(owners) if stage]))
    source = cells[place].source
    edited = (*cells[:place], replace(cells[place], source=f"{source}\nlen('edited')"))
    with project(text) as root:
        assume(not is_refused(convert(root)))
        before = generated(root)
        write(root, _with_sources(text, [cell.source for cell in (*edited, *cells[place + 1 :])]))
        assert not is_refused(convert(root))
        after = generated(root)
        changed = {path for path in before | after if before.get(path) != after.get(path)}
        assert changed == {f"pipeline/{owners[place]}.py"}


@SETTINGS
@given(programs(), st.text(max_size=40), st.integers(0, 99))
def test_markdown_and_outputs_and_counts_change_nothing(text: str, words: str, at: int) -> None:
    with project(text) as root:
        assume(not is_refused(convert(root)))
        before = generated(root)
        found = nbformat.reads(ipynb(text), as_version=4)
        for number, cell in enumerate(found.cells):
            cell.execution_count = number + 1
            cell.outputs = [nbformat.v4.new_output("stream", text=words or "x")]
            cell.metadata.collapsed = True
        found.cells.insert(at % (len(found.cells) + 1), nbformat.v4.new_markdown_cell(words))
        write(root, nbformat.writes(found))
        assert convert(root).changes == ()
        assert generated(root) == before


@SETTINGS
@given(programs(), st.sampled_from(("a, b", "len([1, 2])", "sorted('ba')", "1 +\\\n1", "# no")))
def test_a_skipped_cell_that_only_looks_changes_nothing(text: str, looks: str) -> None:
    with project(text) as root:
        assume(not is_refused(convert(root)))
        before = generated(root)
        write(root, ipynb(f'{text}\n# %% tags=["skip"]\n{looks}\n'))
        assert convert(root).changes == ()
        assert generated(root) == before


_PIECES = st.sampled_from(
    [
        *("x", "x = 1", "del x", "def f():", "class A:", "    ", "\n", "\n\n", "\t", "(", ")"),
        *("[", "]", "{", "}", ":", "=", "+=", ":=", "->", "*", "**", "@", "lambda", "yield"),
        *("await x", "async def f(): ...", "return", "global x", "nonlocal x", "import os"),
        *("from os import *", "from . import x", "from ..a import b", "import a.b as c"),
        *("%matplotlib inline", "%%time", "%%bash", "%%", "%", "!ls", "!", "x = !ls", "x?", "?x"),
        *("%run a.py", "%pip install x", "%%writefile a.py", "get_ipython()", "_", "__", "In[1]"),
        *('"', "'", '"""', "f'{x!r:>{w}}'", "f'{'", "b'\\xff'", "\\", "\\\n", "#", "#| stage: x"),
        *("#| parameters", "if x:", "else:", "try:", "except* E:", "with x as y:", "match x:"),
        *("case [1, *_]:", "for x in y:", "while 1:", "pass", "...", ";", "0x", "1e999", "1_0"),
        *("\x00", "\x0c", "\u2028", "ä", "𝔘", "\ufeff", "\ud800", "\r", "\r\n", "print(x)"),
        *("open('a').read()", "open('a', 'w')", "exec('x')", "eval('x')", "globals()['x']"),
        *("type X = int", "def f[T](x): ...", "x: int", "raise", "assert x", "9" * 5000),
    ]
)
_ANY_TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(_PIECES, max_size=8).map("".join),
    st.lists(_PIECES, max_size=8).map("\n".join),
    st.lists(_PIECES, max_size=8).map(" ".join),
)
_TAGS = st.lists(
    st.sampled_from(
        [
            *("stage:a", "stage:b", "stage:a", "stage:class", "stage:ä", "stage:", "step:b"),
            *("imports", "functions", "parameters", "metrics", "plots", "check", "skip"),
            *("after:a", "after:nobody", "prev:a", "executor:notebook", "resource:gpu=1"),
            *("resource:x", "limit:a:b", "label:x:y", "hide-input", "raises-exception", ""),
        ]
    ),
    max_size=3,
)


@settings(SETTINGS, max_examples=400)
@given(st.lists(st.tuples(_TAGS, _ANY_TEXT), min_size=1, max_size=4))
def test_any_text_as_cells_gives_problems_and_no_exception(
    cells: list[tuple[list[str], str]],
) -> None:
    made: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "metadata": {"tags": tags},
            "source": source,
            "execution_count": None,
            "outputs": [],
        }
        for tags, source in cells
    ]
    # As JSON escapes, so that half a character gets through as well.
    text = json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    with project("# %%\n") as root:
        write(root, text)
        first = convert(root)
        assert convert(root).changes == () or is_refused(first)
        for module in root.glob("pipeline/**/*.py"):
            compile(module.read_text(encoding="utf-8"), str(module), "exec")


@settings(SETTINGS, max_examples=200)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_as_file_gives_problems_and_no_exception(text: str) -> None:
    with project("# %%\n") as root:
        (root / PATH).write_bytes(text.encode("utf-8", "surrogatepass"))
        assert is_refused(convert(root))


def _with_sources(text: str, sources: list[str]) -> str:
    found = nbformat.reads(ipynb(text), as_version=4)
    code = [cell for cell in found.cells if cell.cell_type == CellKind.CODE.value]
    for cell, source in zip(code, sources, strict=True):
        cell.source = source
    written: str = nbformat.writes(found)
    return written
