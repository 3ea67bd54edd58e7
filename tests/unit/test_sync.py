"""Edits of generated modules go back into the cells they came from, or are refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbstage import app
from nbstage.app.syncing import sync
from nbstage.model import CellFacts, Facts, Notebook
from nbstage.notebook.read import parse_notebook
from nbstage.sync.nouns import Synced
from nbstage.trace.facts import code_key, write_facts
from tests.notebooks_as_text import ipynb

NB = "notebooks/nb.ipynb"
TRAIN = "pipeline/train.py"
TEXT = '''
# %% tags=["imports"]
import json
import math

# %% tags=["functions"]
SCALE = 10


def double(x):
    """Twice as much."""
    # as it is
    return 2 * x


# %% [markdown]
# About the data

# %% tags=["stage:load"]
# Load the rows.
%matplotlib inline
rows = [1, 2, 3]
text = """
  first
second
"""

# %% tags=["stage:train"]
# Train on the rows.
total = 0
for row in rows:
    # one by one
    total += double(row)

import os

first = 1; second = 2
name = os.path.basename("a/b")

# %%
total = math.floor(total / SCALE) + first + second
%time total = total + 1

# %% tags=["stage:show"]
print(total, len(text), name, SCALE)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that was converted."""
    return make(tmp_path, TEXT)


def make(root: Path, text: str) -> Path:
    (root / ".git").mkdir()
    (root / "notebooks").mkdir()
    (root / NB).write_text(ipynb(text))
    outcome = app.convert(root)
    assert outcome.changes, outcome.problems
    return root


def edit(root: Path, path: str, *pairs: tuple[str, str]) -> None:
    text = (root / path).read_text()
    for old, new in pairs:
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    (root / path).write_text(text)


def sources(root: Path) -> list[str]:
    book = parse_notebook((root / NB).read_bytes(), NB)
    assert isinstance(book, Notebook)
    return [cell.source for cell in book.cells]


def expect_in_step(root: Path, done: Synced) -> None:
    assert not done.problems, done.problems
    outcome = app.check(root)
    assert (outcome.changes, outcome.problems) == ((), ())


def refused(done: Synced) -> tuple[str, str]:
    (problem,) = done.problems
    assert not done.changes
    return problem.code, problem.message


@pytest.mark.parametrize(
    ("path", "pairs", "cell", "old", "new"),
    [
        (TRAIN, [("    total = 0\n", "    total = 100\n")], 5, "total = 0\n", "total = 100\n"),
        (TRAIN, [("double(row)", "double(row) + 1")], 5, "double(row)", "double(row) + 1"),
        (TRAIN, [("        # one by one\n", "")], 5, "    # one by one\n", ""),
        (
            TRAIN,
            [("        # one by one\n", "        # each\n        if row < 0:\n            pass\n")],
            5,
            "    # one by one\n",
            "    # each\n    if row < 0:\n        pass\n",
        ),
        (
            TRAIN,
            [("    second = 2\n", "    second = 5\n")],
            5,
            "first = 1; second = 2",
            "first = 1\nsecond = 5",
        ),
        (
            TRAIN,
            [("+ first + second", "- first - second")],
            6,
            "+ first + second",
            "- first - second",
        ),
        (
            TRAIN,
            [("    total = total + 1\n", "    total = total + 7\n")],
            6,
            "%time total = total + 1",
            "total = total + 7",
        ),
        (
            "pipeline/load.py",
            [("    rows = [1, 2, 3]\n", "    rows = [1, 2]\n")],
            4,
            "rows = [1, 2, 3]",
            "rows = [1, 2]",
        ),
        (
            "pipeline/load.py",
            [("  first\nsecond\n", "  first\nsecond\n    third\n")],
            4,
            "second\n",
            "second\n    third\n",
        ),
        (
            "pipeline/helpers/double.py",
            [("return 2 * x", "return x + x")],
            2,
            "return 2 * x",
            "return x + x",
        ),
        (
            "pipeline/helpers/double.py",
            [("    # as it is\n", "    y = 2\n"), ("2 * x", "y * x")],
            2,
            "    # as it is\n    return 2 * x",
            "    y = 2\n    return y * x",
        ),
    ],
)
def test_an_edit_goes_into_its_cell(
    root: Path, path: str, pairs: list[tuple[str, str]], cell: int, old: str, new: str
) -> None:
    before = sources(root)
    edit(root, path, *pairs)
    edited = (root / path).read_text()
    done = sync(root)
    expect_in_step(root, done)
    assert [(one.cell, one.modules) for one in done.carried] == [(cell, (path,))]
    before[cell - 1] = before[cell - 1].replace(old, new)
    assert sources(root) == before
    now = (root / path).read_text()
    # `first = 1; second = 2` has become two statements, and what stood before it is squeezed anew.
    assert [*filter(None, now.split("\n"))] == [*filter(None, edited.split("\n"))]


def test_edits_of_several_modules_go_back_at_once(root: Path) -> None:
    edit(root, TRAIN, ("    total = 0\n", "    total = 1\n"))
    edit(root, "pipeline/helpers/double.py", ("2 * x", "3 * x"))
    done = sync(root)
    expect_in_step(root, done)
    assert [one.cell for one in done.carried] == [2, 5]


@pytest.mark.parametrize("places", [(0,), (1,), (0, 1)])
def test_an_edited_docstring_of_a_stage_becomes_its_comment(
    root: Path, places: tuple[int, ...]
) -> None:
    lines = (root / TRAIN).read_text().split("\n")
    at = [number for number, line in enumerate(lines) if line.strip() == '"""Train on the rows."""']
    assert len(at) == 2
    for place in places:
        lines[at[place]] = lines[at[place]].replace("the rows", "all rows")
    (root / TRAIN).write_text("\n".join(lines).replace("total = 0", "total = 3"))
    done = sync(root)
    expect_in_step(root, done)
    assert sources(root)[4].startswith("# Train on all rows.\ntotal = 3\n")
    assert (root / TRAIN).read_text().count('"""Train on all rows."""') == 2


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        (TRAIN, '    """Train on the rows."""', '    """Train on rows"""'),
        (TRAIN, '    """Train on the rows."""', '    """Train.\n\n    On the rows.\n    """'),
        (TRAIN, '    """Train on the rows."""\n', ""),
        (TRAIN, '    """Train on the rows."""', f'    """Train on {"more " * 15}rows."""'),
        ("pipeline/show.py", '\n    """The stage', '\n    """Show. The stage'),
    ],
)
def test_a_docstring_that_no_comment_gives_is_refused(
    root: Path, module: str, old: str, new: str
) -> None:
    before = (root / NB).read_bytes()
    edit(root, module, (old, new))
    assert refused(sync(root))[0] == "NBS502"
    assert (root / NB).read_bytes() == before


def test_the_comment_below_a_line_of_tags_is_edited_alone(tmp_path: Path) -> None:
    text = """
# %%
#| stage: make
# Make
# the rows.

rows = [1]
# %%
#| stage: tell
print(rows)
"""
    make(tmp_path, text)
    edit(tmp_path, "pipeline/make.py", ('    """Make the rows."""', '    """Make a row."""'))
    expect_in_step(tmp_path, sync(tmp_path))
    assert sources(tmp_path)[0] == "#| stage: make\n# Make a row.\n\nrows = [1]"


def test_a_semicolon_for_jupyter_is_not_in_the_module_and_stays_in_the_cell(tmp_path: Path) -> None:
    text = """
# %% tags=["stage:make"]
rows = ["é;"];  # all; of them
first = 1; second = 2
text = '''
a;
''';
len(rows);
"""
    make(tmp_path, text)
    module = (tmp_path / "pipeline/make.py").read_text()
    assert '    rows = ["é;"]  # all; of them\n' in module
    assert "    text = '''\na;\n'''\n    len(rows)\n" in module
    assert "E703" not in module
    edit(tmp_path, "pipeline/make.py", ("second = 2", "second = 3"))
    expect_in_step(tmp_path, sync(tmp_path))
    held = text.strip().partition("\n")[2]
    assert sources(tmp_path)[0] == held.replace("first = 1; second = 2", "first = 1\nsecond = 3")


def test_a_new_import_goes_to_the_imports(root: Path) -> None:
    edit(
        root,
        TRAIN,
        ("import math\n", "import math\nimport random\n"),
        ("    total = 0\n", "    total = random.Random(0).randint(0, 1)\n"),
    )
    done = sync(root)
    expect_in_step(root, done)
    assert sources(root)[0] == "import json\nimport math\nimport random"


def test_another_import_of_the_same_name_takes_its_place(root: Path) -> None:
    edit(root, TRAIN, ("import math\n", "import cmath as math\n"))
    edit(root, TRAIN, ("math.floor(total / SCALE)", "math.phase(total / SCALE)"))
    done = sync(root)
    expect_in_step(root, done)
    assert sources(root)[0] == "import json\nimport cmath as math"


def test_an_import_that_the_notebook_has_already_changes_no_cell_of_imports(root: Path) -> None:
    edit(root, TRAIN, ("import math\n", "import json\nimport math\n"))
    edit(root, TRAIN, ("    total = 0\n", '    total = json.loads("0")\n'))
    expect_in_step(root, sync(root))
    assert sources(root)[0] == "import json\nimport math"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def main() -> None:", "def main():"),
        ("    return ", "    print(1)\n    return 0, "),
        ("# Generated by nbstage", "# Written by nbstage"),
        ('"""Run the stage the way DVC does', '"""Run it'),
        ("    total = 0\n", "    total = 0\n    global_name = total\n    rows.clear()\n"),
        ("import math\n", "import math\nimport random\n"),
    ],
)
def test_what_has_no_place_in_the_notebook_is_refused_with_the_difference(
    root: Path, old: str, new: str
) -> None:
    before = (root / NB).read_bytes(), sources(root)
    edit(root, TRAIN, (old, new))
    done = sync(root)
    if old == "    total = 0\n":
        expect_in_step(root, done)
        return
    assert refused(done)[0] == "NBS502"
    assert new.strip().split("\n")[-1].strip() in refused(done)[1]
    assert ((root / NB).read_bytes(), sources(root)) == before


def test_a_module_that_is_no_python_is_refused(root: Path) -> None:
    edit(root, TRAIN, ("    total = 0\n", "    total = (\n"))
    assert refused(sync(root))[0] == "NBS503"


def test_outputs_ids_and_metadata_of_all_cells_stay(root: Path) -> None:
    document = json.loads((root / NB).read_text())
    for cell in document["cells"]:
        cell["metadata"]["x"] = {"y": [1.50, "é"]}
    document["cells"][4]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["a"]}]
    document["cells"][4]["execution_count"] = 7
    before = json.dumps(document, indent=1, ensure_ascii=False)
    (root / NB).write_text(before)
    edit(root, TRAIN, ("    total = 0\n", "    total = 3\n"))
    expect_in_step(root, sync(root))
    assert (root / NB).read_text() == before.replace('"total = 0\\n"', '"total = 3\\n"')


def test_nothing_edited_changes_nothing(root: Path) -> None:
    assert sync(root) == Synced()


def test_a_dry_run_writes_nothing(root: Path) -> None:
    edit(root, TRAIN, ("    total = 0\n", "    total = 3\n"))
    before = (root / NB).read_bytes()
    done = sync(root, dry_run=True)
    assert next(change.path for change in done.changes) == NB
    assert (root / NB).read_bytes() == before


def rewrite(root: Path, *pairs: tuple[str, str]) -> None:
    """Edit the notebook, as its user does after a conversion."""
    text = TEXT
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (root / NB).write_text(ipynb(text))


def commit(root: Path) -> None:
    (root / ".git").rmdir()
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)


def test_a_notebook_that_was_edited_elsewhere_keeps_that_edit(root: Path) -> None:
    rewrite(root, ("rows = [1, 2, 3]", "rows = [4]"))
    edit(root, TRAIN, ("    total = 0\n", "    total = 3\n"))
    expect_in_step(root, sync(root))
    assert "rows = [4]" in sources(root)[3]
    assert "total = 3" in sources(root)[4]
    assert "rows = [4]" in (root / "pipeline/load.py").read_text()


def test_both_sides_edited_one_module_in_different_lines(root: Path) -> None:
    commit(root)
    rewrite(root, ("+ first + second", "* first * second"), ("# one by one", "# each of them"))
    edit(root, TRAIN, ("    total = 0\n", "    total = 3\n"))
    expect_in_step(root, sync(root))
    assert "total = 3" in sources(root)[4]
    assert "# each of them" in sources(root)[4]
    assert "* first * second" in sources(root)[5]


def test_both_sides_edited_the_same_lines_which_is_a_conflict(root: Path) -> None:
    commit(root)
    rewrite(root, ("total = 0\n", "total = 4\n"))
    edit(root, TRAIN, ("    total = 0\n", "    total = 3\n"))
    before = (root / NB).read_bytes()
    code, message = refused(sync(root))
    assert code == "NBS501"
    assert message == (
        "'pipeline/train.py' and 'notebooks/nb.ipynb' were both edited\n"
        "<<<<<<< pipeline/train.py (as edited)\n"
        "    total = 3\n"
        "||||||| as nbstage last wrote it\n"
        "    total = 0\n"
        "=======\n"
        "    total = 4\n"
        ">>>>>>> notebooks/nb.ipynb (as it is now)"
    )
    assert (root / NB).read_bytes() == before
    edit(root, TRAIN, ("    total = 3\n", "    total = 4\n"))
    assert not sync(root).problems


def test_both_sides_edited_and_git_knows_nothing(root: Path) -> None:
    rewrite(root, ("total = 0\n", "total = 4\n"))
    edit(root, TRAIN, ("# one by one", "# each"))
    code, message = refused(sync(root))
    assert code == "NBS501"
    assert "is not in git" in message


def test_a_constant_that_two_modules_hold_is_edited_in_one(root: Path) -> None:
    edit(root, TRAIN, ("SCALE = 10\n", "SCALE = 20\n"))
    expect_in_step(root, sync(root))
    assert "SCALE = 20" in (root / "pipeline/show.py").read_text()


def test_a_constant_that_two_modules_hold_edited_in_each_is_a_conflict(root: Path) -> None:
    edit(root, TRAIN, ("SCALE = 10\n", "SCALE = 20\n"))
    edit(root, "pipeline/show.py", ("SCALE = 10\n", "SCALE = 30\n"))
    assert refused(sync(root))[0] == "NBS501"


def test_where_facts_of_an_edited_cell_chose_a_format_the_files_follow(tmp_path: Path) -> None:
    text = """
# %% tags=["stage:make"]
import lab
rows = lab.rows()
# %% tags=["stage:tell"]
print(rows)
"""
    make(tmp_path, text)
    code = code_key("import lab\nrows = lab.rows()")
    seen = CellFacts(code, binds={"rows": "list"}, formats={"rows": "json"})
    write_facts(tmp_path, Facts(NB, (seen, CellFacts(code_key("print(rows)")))))
    app.convert(tmp_path)
    edit(tmp_path, "pipeline/make.py", ("lab.rows()", "lab.rows(2)"))
    assert not sync(tmp_path).problems
    assert "make/rows.json" not in (tmp_path / "pipeline/make.py").read_text()
    assert not app.check(tmp_path).changes


def test_files_that_were_edited_in_main_are_refused_all_the_same(root: Path) -> None:
    edit(root, TRAIN, ("artifacts/train/total.pkl", "artifacts/train/sum.pkl"))
    assert [one.code for one in sync(root).problems] == ["NBS502"]


def test_an_edit_that_makes_an_error_in_the_notebook_is_told(root: Path) -> None:
    edit(root, TRAIN, ("    total = 0\n", "    total = nothing_like_it\n"))
    done = sync(root)
    assert done.problems
    assert not done.changes


def test_a_script_is_edited_too(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks/nb.py"
    path.write_text('# %% tags=["stage:load"]\n# %time x = 1\ny = 2\n\n# %%\nprint(x, y)\n')
    app.convert(tmp_path, ("notebooks/nb.py",))
    edit(tmp_path, "pipeline/load.py", ("    y = 2\n", "    y = 3\n    z = 4\n"))
    done = sync(tmp_path, ("notebooks/nb.py",))
    assert not done.problems
    assert path.read_text() == (
        '# %% tags=["stage:load"]\n# %time x = 1\ny = 3\nz = 4\n\n# %%\nprint(x, y)\n'
    )


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_any_line_of_a_body_can_be_edited(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = make(tmp_path_factory.mktemp("project"), TEXT)
    path = data.draw(st.sampled_from([TRAIN, "pipeline/show.py", "pipeline/helpers/double.py"]))
    lines = (root / path).read_text().split("\n")
    end = next((at for at, line in enumerate(lines) if "def main" in line), len(lines))
    body = [
        at
        for at in range(next(at for at, line in enumerate(lines) if line.startswith("def ")), end)
        if lines[at].startswith("    ") and "return" not in lines[at] and '"""' not in lines[at]
    ]
    at = data.draw(st.sampled_from(body))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    text = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")))
    new = f"{indent}print({text!r})  # {text!a}"
    match data.draw(st.sampled_from(["before", "behind"])):
        case "before":
            lines.insert(at, new)
        case "behind":
            lines[at] += f"  # {text!a}"
    (root / path).write_text("\n".join(lines), encoding="utf-8")
    expect_in_step(root, sync(root))
    assert without_head((root / path).read_text(encoding="utf-8")) == without_head("\n".join(lines))


def without_head(text: str) -> list[str]:
    """What ruff and mypy are told of a module follows from its text; blank lines are squeezed."""
    lines = filter(None, text.split("\n"))
    return [line for line in lines if not line.startswith(("# ruff:", "# mypy:"))]


def test_a_comment_that_a_conversion_would_lose_is_refused(root: Path) -> None:
    text = '    """Twice as much."""\n    # as it is\n    return 2 * x\n'
    edit(root, "pipeline/helpers/double.py", (text, "    return 2 * x\n    # as it is\n"))
    assert refused(sync(root))[0] == "NBS502"
