"""Files as notebooks: nbformat 4 and 3, and everything that is no notebook."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.errors import UserError
from nbstage.model import Cell, CellKind, Notebook, Problem
from nbstage.notebook.read import parse_notebook, read
from tests.notebooks_as_text import ipynb, notebook

NAME = "notebooks/nb.ipynb"
TEXT = """
# %% [markdown]
# # Title
# %% tags=["stage:load"]
x = 1
y = "é"
# %% [raw]
# raw
"""


def parse(document: object) -> Notebook | tuple[Problem, ...]:
    return parse_notebook(json.dumps(document).encode(), NAME)


def problem_of(document: object) -> Problem:
    found = parse(document)
    assert isinstance(found, tuple)
    (problem,) = found
    return problem


def document(*cells: object, **metadata: object) -> dict[str, object]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code(source: object, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def test_a_notebook_is_read_with_its_path_from_the_root(tmp_path: Path) -> None:
    path = tmp_path / "notebooks" / "nb.ipynb"
    path.parent.mkdir()
    path.write_text(ipynb(TEXT), encoding="utf-8")
    assert read(path, tmp_path) == notebook(TEXT)
    assert [cell.kind for cell in notebook(TEXT).cells] == [
        CellKind.MARKDOWN,
        CellKind.CODE,
        CellKind.RAW,
    ]


def test_the_tests_own_notebooks_are_valid_nbformat() -> None:
    nbformat.validate(_upgraded(ipynb(TEXT)))


def test_reading_does_not_import_nbformat() -> None:
    import subprocess

    program = (
        "import sys; from nbstage.notebook.read import parse_notebook as p;"
        "p(b'{\"nbformat\": 4, \"cells\": []}', 'a.ipynb'); print('nbformat' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("source", [["a\n", "b"], "a\nb", "a\r\nb", "a\rb", ["a\r\n", "b"]])
def test_source_may_be_text_or_lines_with_any_line_end(source: object) -> None:
    found = parse(document(code(source, execution_count=7)))
    assert found == Notebook(NAME, (Cell(1, CellKind.CODE, "a\nb", (), 7),))


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(document(code("x"))).encode()
    assert isinstance(parse_notebook(data, NAME), Notebook)


def test_cells_need_no_metadata_and_metadata_no_tags() -> None:
    cells = [{"cell_type": "code", "source": "x"}, code("x", metadata={"tags": ["skip"]})]
    found = parse(document(*cells))
    assert isinstance(found, Notebook)
    assert [cell.tags for cell in found.cells] == [(), ("skip",)]


V3_CELLS: list[dict[str, object]] = [
    {"cell_type": "heading", "level": 2, "source": "Load\nall", "metadata": {}},
    {"cell_type": "markdown", "source": ["a\n", "b"], "metadata": {}},
    {"cell_type": "html", "source": "<b>", "metadata": {}},
    {"cell_type": "raw", "source": "raw", "metadata": {}},
    {
        "cell_type": "code",
        "input": ["x = 1\n", "y"],
        "prompt_number": 3,
        "language": "python",
        "metadata": {"tags": ["skip"]},
        "outputs": [],
        "collapsed": False,
    },
]


def v3(*worksheets: list[dict[str, object]]) -> dict[str, object]:
    sheets = [{"cells": cells, "metadata": {}} for cells in worksheets]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def test_nbformat_3_is_upgraded_as_jupyter_does_it() -> None:
    old = v3(V3_CELLS, V3_CELLS[1:])
    upgraded = _upgraded(json.dumps(old))
    found = parse(old)
    assert isinstance(found, Notebook)
    assert [(cell.kind.value, cell.source, cell.execution_count) for cell in found.cells] == [
        (cell.cell_type, cell.source, cell.get("execution_count")) for cell in upgraded.cells
    ]
    assert found.cells[4].tags == ("skip",)


def _upgraded(text: str) -> nbformat.NotebookNode:
    made: nbformat.NotebookNode = nbformat.reads(text, as_version=4)
    return made


def test_nbformat_3_in_another_language_is_refused() -> None:
    problem = problem_of(v3([V3_CELLS[4] | {"language": "julia"}]))
    assert (problem.code, problem.message) == ("NBS104", "the notebook's language is julia")


@pytest.mark.parametrize("version", [1, 2, 5, 0, -1])
def test_other_versions_are_refused_with_a_way_to_upgrade(version: int) -> None:
    problem = problem_of({"nbformat": version, "worksheets": []})
    assert (problem.code, problem.message) == ("NBS103", f"nbformat {version} is not read")
    assert "jupyter nbconvert" in problem.hint


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "python3", "language": "python"}},
        {"kernelspec": {"name": "conda-env-ir-py"}},
        {"kernelspec": {"name": "python3", "language": ""}, "language_info": {"name": "ipython"}},
        {"language_info": {"name": "Python", "version": "3.11.7"}},
        {"kernelspec": [], "language_info": None},
    ],
)
def test_python_is_read_and_silence_means_python(metadata: dict[str, object]) -> None:
    assert isinstance(parse(document(**metadata)), Notebook)


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "R"),
        ({"kernelspec": {"name": "ir"}}, "ir"),
        ({"kernelspec": {"name": "julia-1.10"}}, "julia-1.10"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": {"name": "sagemath", "language": "sage"}}, "sage"),
        ({"kernelspec": {"name": "python2", "language": "python"}}, "Python 2"),
        ({"language_info": {"name": "python", "version": "2.7.18"}}, "Python 2"),
    ],
)
def test_another_language_is_refused(metadata: dict[str, object], language: str) -> None:
    problem = problem_of(document(**metadata))
    assert (problem.code, problem.message) == ("NBS104", f"the notebook's language is {language}")


@pytest.mark.parametrize(
    ("data", "code", "line", "column", "hint"),
    [
        (b'{"cells": [\n  {"cell_type": "co', "NBS101", 2, 16, "cut off"),
        (b'{"cells": [\n  {"cell_type": ', "NBS101", 2, 16, "cut off"),
        (b'{"cells": [}', "NBS101", 1, 11, "git"),
        (b"hello", "NBS101", 1, 0, "git"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n', "NBS101", 2, 0, "merge conflict"),
        (b"version https://git-lfs.github.com/spec/v1\n", "NBS101", 1, 0, "git lfs pull"),
        (b'{"a": "\xff"}', "NBS101", 1, 0, "UTF-8"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "NBS101", None, 0, "Jupyter"),
        (b"[" * 100_000, "NBS101", None, 0, "Jupyter"),
        (b"", "NBS102", None, 0, "git"),
        (b"  \n", "NBS102", None, 0, "git"),
        (b"[]", "NBS102", None, 0, "Jupyter"),
        (b'{"a": 1}', "NBS102", None, 0, "Jupyter"),
        (b'{"nbformat": true}', "NBS102", None, 0, "Jupyter"),
        (b'{"nbformat": 4}', "NBS102", None, 0, "Jupyter"),
        (b'{"nbformat": 4, "cells": {}}', "NBS102", None, 0, "Jupyter"),
        (b'{"nbformat": 3, "worksheets": [1]}', "NBS102", None, 0, "Jupyter"),
    ],
)
def test_what_is_no_notebook_is_reported(
    data: bytes, code: str, line: int | None, column: int, hint: str
) -> None:
    found = parse_notebook(data, NAME)
    assert isinstance(found, tuple)
    (problem,) = found
    place = problem.place
    assert (problem.code, place.path, place.line, place.column) == (code, NAME, line, column)
    assert hint in problem.hint
    assert len(place.source) <= 120


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (1, "is no JSON object"),
        ({"source": ""}, "has no cell type that nbstage knows"),
        ({"cell_type": "magic", "source": ""}, "has no cell type that nbstage knows"),
        ({"cell_type": ["code"], "source": ""}, "has no cell type that nbstage knows"),
        ({"cell_type": "code"}, "has no source"),
        (code([1]), "has no source"),
        (code("x", metadata={"tags": "stage:a"}), "has tags that are not a list of words"),
        (code("x", metadata={"tags": [1]}), "has tags that are not a list of words"),
        (code("x = '\ud800'"), "holds half of a character (a lone surrogate)"),
    ],
)
def test_a_cell_that_is_none_is_reported_by_its_number(cell: object, message: str) -> None:
    problem = problem_of(document(code("x"), cell))
    assert (problem.code, problem.message) == ("NBS102", f"cell 2 {message}")
    assert problem.place.cell == 2


def test_all_problems_of_a_notebook_come_at_once() -> None:
    found = parse(document(1, code("x"), 2, kernelspec={"language": "R"}))
    assert isinstance(found, tuple)
    assert [problem.code for problem in found] == ["NBS104", "NBS102", "NBS102"]


def test_half_a_character_in_markdown_is_replaced() -> None:
    found = parse(document({"cell_type": "markdown", "source": "a \ud800"}))
    assert isinstance(found, Notebook)
    assert found.cells[0].source == "a \N{REPLACEMENT CHARACTER}"


def test_a_missing_file_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no notebook 'no\.ipynb'"):
        read(tmp_path / "no.ipynb", tmp_path)


def test_a_folder_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "nb.ipynb").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        read(tmp_path / "nb.ipynb", tmp_path)


def test_a_file_that_may_not_be_read_is_the_users_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UserError, match=r"'nb.ipynb' can't be read: permission denied"):
        read(tmp_path / "nb.ipynb", tmp_path)


def test_a_notebook_outside_the_project_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not in the project"):
        read(tmp_path / "a" / ".." / "nb.ipynb", tmp_path / "a")


def test_a_project_behind_a_symbolic_link_is_the_same_project(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "nb.ipynb").write_text(ipynb(TEXT), encoding="utf-8")
    found = read(tmp_path / "link" / "nb.ipynb", tmp_path / "real")
    assert isinstance(found, Notebook)
    assert found.path == "nb.ipynb"


def test_a_notebook_of_large_outputs_reads_in_the_time_its_json_takes() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["x" * 99 + "\n"] * 10_000}
    data = json.dumps(document(*[code("x = 1", outputs=[output])] * 10)).encode()
    start = time.process_time()
    json.loads(data)
    alone = time.process_time() - start
    start = time.process_time()
    assert isinstance(parse_notebook(data, NAME), Notebook)
    assert time.process_time() - start < 3 * alone + 0.1


KEYS = """
cells metadata nbformat source cell_type tags worksheets input level
kernelspec language_info name language
"""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 7)
    | st.sampled_from(["code", "markdown", "x = 1", "python", "R", "\ud800", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
CELLS = st.fixed_dictionaries({"cell_type": JSON, "source": JSON, "metadata": JSON, "input": JSON})
DOCUMENTS = JSON | st.fixed_dictionaries(
    {
        "nbformat": st.sampled_from([3, 4]),
        "metadata": JSON,
        "cells": JSON | st.lists(CELLS, max_size=3),
        "worksheets": JSON | st.lists(st.fixed_dictionaries({"cells": JSON | st.lists(CELLS)})),
    }
)


@given(DOCUMENTS)
def test_any_json_gives_a_notebook_or_problems(content: object) -> None:
    found = parse(content)
    assert isinstance(found, Notebook) or found
    if isinstance(found, Notebook):
        for cell in found.cells:
            f"{cell.source}{cell.tags}".encode()


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["a.ipynb", "a.py"]))
def test_any_bytes_give_a_notebook_or_problems(data: bytes, name: str) -> None:
    found = parse_notebook(data, name)
    assert isinstance(found, Notebook) or found
