"""A notebook's text changed cell by cell: nothing else moves."""

from __future__ import annotations

import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.errors import UserError
from nbstage.model import Notebook
from nbstage.notebook.edit import set_source, set_tags
from nbstage.notebook.read import parse_notebook


def jupyter(*sources: str, indent: int | None = 1, ascii_only: bool = False) -> str:
    """A notebook as Jupyter writes it (VS Code and Colab indent by 1 and 2)."""
    cells = []
    for number, source in enumerate(sources):
        cell = nbformat.v4.new_code_cell(source, id=f"c{number}", execution_count=number)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="a\u00fcb\n")]
        cells.append(cell)
    book = nbformat.v4.new_notebook(cells=cells, metadata={"x": {"y": 1}})
    parts = json.loads(nbformat.writes(book))
    return json.dumps(parts, indent=indent, ensure_ascii=ascii_only, sort_keys=True) + "\n"


def cells(text: str, name: str = "nb.ipynb") -> list[tuple[str, tuple[str, ...]]]:
    book = parse_notebook(text.encode(), name)
    assert isinstance(book, Notebook)
    return [(cell.source, cell.tags) for cell in book.cells]


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    one, two = before.splitlines(), after.splitlines()
    return [line for line in one if line not in two], [line for line in two if line not in one]


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_source_is_written_as_the_rest_of_the_file_is(
    indent: int | None, ascii_only: bool
) -> None:
    before = jupyter("x = 1\ny = 'ä'\n", "z = 2", indent=indent, ascii_only=ascii_only)
    wanted = jupyter("x = 1\ny = 'ö'\nw = 3", "z = 2", indent=indent, ascii_only=ascii_only)
    assert set_source(before, 1, "x = 1\ny = 'ö'\nw = 3") == wanted


@pytest.mark.parametrize("indent", [None, 1, 2])
@pytest.mark.parametrize("source", ["", "a\n", "a\n\n\nb", '"\\"', "\u2028x\n\x0cy"])
def test_any_source_can_be_taken_and_given_back(indent: int | None, source: str) -> None:
    before = jupyter("x = 1", "z = 2", indent=indent)
    there = set_source(before, 2, source)
    assert cells(there)[1][0] == source
    assert set_source(there, 2, "z = 2") == before


def test_lines_that_stay_keep_their_escapes() -> None:
    before = jupyter("a = 'b/c'\nx = 1").replace("b/c", "b\\/c")
    assert changed_lines(before, set_source(before, 1, "a = 'b/c'\nx = 2")) == (
        ['    "x = 1"'],
        ['    "x = 2"'],
    )


def test_a_source_that_is_one_string_stays_one() -> None:
    before = '{"cells":[{"cell_type":"code","source":"x = 1"}],"nbformat":4}'
    after = '{"cells":[{"cell_type":"code","source":"x = 2\\ny"}],"nbformat":4}'
    assert set_source(before, 1, "x = 2\ny") == after


def test_a_byte_order_mark_and_windows_line_ends_stay() -> None:
    before = "\ufeff" + jupyter("x = 1", "z = 2").replace("\n", "\r\n")
    after = set_source(before, 1, "x = 2\ny = 3")
    assert after == "\ufeff" + jupyter("x = 2\ny = 3", "z = 2").replace("\n", "\r\n")


def test_the_same_source_changes_nothing() -> None:
    text = jupyter("x = 1\r\ny = 2")
    assert set_source(text, 1, "x = 1\ny = 2") == text


def test_a_cell_of_nbformat_3_is_changed_in_its_worksheet() -> None:
    sheet = '{"cells": [{"cell_type": "code", "language": "python", "input": ["x = 1"]}]}'
    before = f'{{"nbformat": 3, "worksheets": [{sheet}]}}'
    assert cells(set_source(before, 1, "x = 2")) == [("x = 2", ())]


def test_a_cell_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match="no cell 3"):
        set_source(jupyter("x = 1"), 3, "x")


@pytest.mark.parametrize("indent", [None, 1, 2])
def test_tags_are_written_as_jupyter_writes_them(indent: int | None) -> None:
    before = jupyter("x = 1", "z = 2", indent=indent)
    document = json.loads(before)
    document["cells"][1]["metadata"]["tags"] = ["stage:a", "metrics"]
    wanted = json.dumps(document, indent=indent, ensure_ascii=False, sort_keys=True) + "\n"
    there = set_tags(before, 2, ("stage:a", "metrics"))
    assert there == wanted
    document["cells"][1]["metadata"]["tags"] = ["skip"]
    wanted = json.dumps(document, indent=indent, ensure_ascii=False, sort_keys=True) + "\n"
    assert set_tags(there, 2, ("skip",)) == wanted


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("held", [{"collapsed": True}, {"zoom": 1}, {"a": 1, "zoom": {"b": []}}])
def test_tags_stand_among_the_keys_that_are_there(
    indent: int | None, held: dict[str, object]
) -> None:
    document = json.loads(jupyter("x = 1"))
    document["cells"][0]["metadata"] = held
    before = json.dumps(document, indent=indent, sort_keys=True)
    document["cells"][0]["metadata"] = {**held, "tags": ["skip"]}
    wanted = json.dumps(document, indent=indent, sort_keys=True)
    if indent is None and "zoom" in held:
        assert json.loads(set_tags(before, 1, ("skip",))) == document
    else:
        assert set_tags(before, 1, ("skip",)) == wanted


def test_a_script_keeps_its_header_its_markers_and_its_magics() -> None:
    before = (
        '# ---\n# jupytext:\n#   x: 1\n# ---\n\n# %% tags=["a"]\n# %time x = 1\ny = 2\n\n# %%\nz\n'
    )
    after = set_source(before, 1, "%time x = 1\ny = 3\nw = 4")
    assert after == before.replace("y = 2\n", "y = 3\nw = 4\n")
    assert set_source(before, 1, "%time x = 2\ny = 2") == before.replace("x = 1\n", "x = 2\n")


@pytest.mark.parametrize(
    ("marker", "wanted"),
    [
        ("# %%", '# %% tags=["skip"]'),
        ("# %% Title", '# %% Title tags=["skip"]'),
        ('# %% tags=["a", "b"] x=1', '# %% tags=["skip"] x=1'),
        ('# %% {"tags": ["a"], "x": 1}', '# %% {"tags": ["skip"], "x": 1}'),
        ('# %% {"x": 1}', '# %% {"tags": ["skip"], "x": 1}'),
    ],
)
def test_a_scripts_tags_stand_in_its_marker(marker: str, wanted: str) -> None:
    before = f"# %%\nx\n\n{marker}\ny\n"
    assert set_tags(before, 2, ("skip",)) == f"# %%\nx\n\n{wanted}\ny\n"


def test_a_script_with_windows_line_ends_keeps_them() -> None:
    before = "# %%\r\nx = 1\r\n\r\n# %%\r\nz\r\n"
    assert set_source(before, 1, "x = 2") == before.replace("x = 1", "x = 2")


def test_a_line_that_would_begin_a_cell_is_refused() -> None:
    with pytest.raises(UserError, match="cell 1 can't be written"):
        set_source("# %%\nx = 1\n", 1, "x = 1\n# %%\ny = 2")


@given(st.lists(st.text(), min_size=1, max_size=4), st.text(), st.data())
def test_any_cell_of_any_notebook_can_be_changed_alone(
    sources: list[str], new: str, data: st.DataObject
) -> None:
    text = jupyter(*sources, indent=data.draw(st.sampled_from([None, 1, 3])))
    number = data.draw(st.integers(1, len(sources)))
    wanted = cells(text)
    new = new.replace("\r\n", "\n").replace("\r", "\n")
    wanted[number - 1] = (new, ())
    assert cells(set_source(text, number, new)) == wanted
