"""Tags proposed for untagged notebooks: what each cell is taken for, and how they are written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstage.app import convert
from nbstage.app.tagging import tag, write_tags
from nbstage.cli import main
from nbstage.errors import UserError
from nbstage.tag.headings import headings, name_from, unique
from nbstage.tag.told import tagged_as_text
from tests.notebooks_as_text import ipynb

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = ("notebooks/churn", "examples/bikes", "examples/penguins", "examples/signals")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(project: Path, text: str) -> dict[int, str]:
    """The tags proposed for each cell of a notebook in percent format, where there are any."""
    (project / "notebooks/nb.ipynb").write_text(ipynb(text))
    rows = tag(project, "notebooks/nb.ipynb").rows
    return {row.cell: " ".join(row.adds) for row in rows if row.adds}


# --- what a cell is for


def test_cells_under_a_heading_are_one_stage_named_by_it(project: Path) -> None:
    text = """
# %% [markdown]
# # Sales

# %%
import pandas as pd

# %%
share = 0.2

# %% [markdown]
# ## 1. Load the sales

# %%
sales = pd.read_csv("sales.csv")

# %%
sales = sales.dropna()

# %% [markdown]
# ### Take the *mean*

# %%
mean = sales["amount"].mean() * share
with open("mean.txt", "w") as file:
    file.write(str(mean))
"""
    assert proposed(project, text) == {
        2: "imports",
        3: "parameters",
        5: "stage:load_sales",
        8: "stage:take_mean",
    }


def test_without_headings_stages_are_what_the_cells_do(project: Path) -> None:
    text = """
# %%
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

# %%
def features(table):
    return table[["a", "b"]]

# %%
table = pd.read_csv("table.csv")

# %%
table["b"] = table["a"] * 2

# %%
train, test = train_test_split(table, random_state=0)

# %%
model = Ridge().fit(features(train), train["y"])

# %%
r2 = r2_score(test["y"], model.predict(features(test)))
"""
    assert proposed(project, text) == {
        1: "imports",
        2: "functions",
        3: "stage:load",
        4: "stage:prepare",
        5: "stage:split",
        6: "stage:train",
        7: "stage:evaluate metrics",
    }


SCORED = """
# %%
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, confusion_matrix, roc_auc_score, roc_curve
from sklearn.model_selection import learning_curve

# %%
table = pd.read_csv("table.csv")
X, y = table[["a", "b"]], table["y"]

# %%
model = LogisticRegression().fit(X, y)
score = model.predict_proba(X)[:, 1]

# %%
"""


@pytest.mark.parametrize(
    "cell",
    [
        """
fpr, tpr, _ = roc_curve(y, score)
roc = pd.DataFrame({"fpr": fpr, "tpr": tpr})
""",
        """
fpr, tpr, _ = roc_curve(y, score)
auc = roc_auc_score(y, score)
roc = {"fpr": fpr, "tpr": tpr}
fig, ax = plt.subplots()
ax.plot(fpr, tpr, label=f"area {auc:.2f}")
plt.show()
""",
        "matrix = confusion_matrix(y, score > 0.5)\nmatrix",
        "matrix = pd.DataFrame(confusion_matrix(y, score > 0.5), index=['no', 'yes'])",
        """
sizes, train, test = learning_curve(LogisticRegression(), X, y, random_state=1, shuffle=True)
curve = pd.DataFrame({"rows": sizes, "train": train.mean(axis=1), "test": test.mean(axis=1)})
curve.plot(x="rows")
""",
    ],
)
def test_a_cell_that_makes_a_table_of_a_curve_is_proposed_as_plots(
    cell: str, project: Path
) -> None:
    assert proposed(project, SCORED + cell.strip("\n"))[4].split()[-1] == "plots"
    write_tags(project, tag(project, "notebooks/nb.ipynb"))
    assert convert(project).changes
    assert "plots/evaluate" in (project / "dvc.yaml").read_text()


def test_the_table_of_a_curve_may_be_made_in_the_next_cell(project: Path) -> None:
    text = "fpr, tpr, _ = roc_curve(y, score)\n# %%\nroc = pd.DataFrame({'x': fpr, 'y': tpr})"
    tags = proposed(project, SCORED + text)
    assert (tags.get(4), tags[5]) == (None, "stage:evaluate plots")


@pytest.mark.parametrize(
    "cell",
    [
        # Shown, and nothing is kept of it.
        "fpr, tpr, _ = roc_curve(y, score)\nplt.plot(fpr, tpr)",
        "confusion_matrix(y, score > 0.5)",
        # Numbers.
        "tn, fp, fn, tp = confusion_matrix(y, score > 0.5).ravel()",
        # Another table, which nobody asked to be plotted.
        "worst = table.head()\nfpr, tpr, _ = roc_curve(y, score)\nroc = pd.DataFrame({'x': fpr})",
        # The cell fits.
        "m = LogisticRegression().fit(X, y)\nmatrix = confusion_matrix(y, m.predict(X))",
        "table['curve'] = roc_curve(y, score)[0]",
        # A loop that draws, with a metric in a label.
        "for one in [y]:\n    a, b, _ = roc_curve(one, score)\n    plt.plot(a, label=auc(a, b))",
    ],
)
def test_a_cell_without_a_table_of_a_curve_alone_is_not_proposed_as_plots(
    cell: str, project: Path
) -> None:
    told = " ".join(proposed(project, SCORED + cell).values())
    assert "plots" not in told
    assert "metrics" not in told


def test_what_only_shows_is_skipped_and_what_is_needed_later_is_not(project: Path) -> None:
    text = """
# %%
import pandas as pd

# %%
table = pd.read_csv("table.csv")

# %%
table.head()

# %%
for name in table:
    print(name, table[name].mean())

# %%
top = table.nlargest(3, "a")
top.describe()

# %%
assert len(table)

# %%
top.to_csv("top.csv")
"""
    assert proposed(project, text) == {
        1: "imports",
        2: "stage:load",
        3: "skip",
        4: "skip",
        5: "stage:prepare",
        6: "check",
    }


def test_a_draw_from_a_seeded_generator_that_goes_on_is_not_skipped(project: Path) -> None:
    text = """
# %%
import numpy as np

# %%
np.random.seed(1)
x = np.random.rand(3)

# %%
print(np.random.rand())

# %%
y = x + np.random.rand(3)
np.save("y.npy", y)
"""
    assert 3 not in proposed(project, text)


def test_tags_that_are_there_stay_and_the_rest_gets_some(project: Path) -> None:
    text = """
# %%
import pandas as pd

# %% tags=["stage:read"]
table = pd.read_csv("table.csv")

# %%
table = table.dropna()

# %%
table.head()

# %% [markdown]
# ## Write

# %%
table.to_csv("other.csv")
"""
    assert proposed(project, text) == {1: "imports", 4: "skip", 6: "stage:write"}


def test_a_parameter_is_given_a_value_once_and_before_the_work(project: Path) -> None:
    text = """
# %%
best = 0
# %%
rounds = 3
# %%
def score(i):
    return i
# %%
for i in range(rounds):
    best = max(best, score(i))
open("best.txt", "w").write(str(best))
# %%
late = 3
# %%
LATE = 4
# %%
open("late.txt", "w").write(str(late + LATE))
"""
    found = proposed(project, text)
    assert [found.get(cell) for cell in (1, 2, 3, 5, 6)] == [
        "stage:prepare",
        "parameters",
        "functions",
        None,
        "parameters",
    ]


def test_stages_that_cannot_be_parted_become_one(project: Path) -> None:
    text = """
# %% [markdown]
# ## Open
# %%
lines = (line for line in open("a.txt"))
# %% [markdown]
# ## Count
# %%
count = len(list(lines))
open("count.txt", "w").write(str(count))
"""
    assert proposed(project, text) == {2: "stage:open"}
    assert not tag(project, "notebooks/nb.ipynb").problems


def test_a_name_that_another_notebook_has_is_not_given_again(project: Path) -> None:
    other = '# %% tags=["stage:load"]\nx = 1\nopen("x.txt", "w").write(str(x))'
    (project / "notebooks/other.ipynb").write_text(ipynb(other))
    text = "# %% [markdown]\n# ## Load\n# %%\ny = 1\nopen('y.txt', 'w').write(str(y))\nprint(y)"
    assert proposed(project, text) == {2: "stage:nb_load"}


def test_a_notebook_that_only_shows_still_has_a_stage(project: Path) -> None:
    assert proposed(project, "# %%\nprint(1)") == {1: "stage:prepare"}


def test_what_remains_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "notebooks/nb.ipynb").write_text(ipynb("# %%\nx = 1\n# %%\nprint(x +)"))
    assert main(["tag", "notebooks/nb.ipynb"]) == 1
    assert "error[NBS110]" in capsys.readouterr().out


# --- names


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Load the customers", "load_customers"),
        ("2. Which one?", "which_one"),
        ("Step 3: Train & test", "train_test"),
        ("knocking: band around 400 Hz", "knocking"),
        ("`Über`prüfung [here](x.html)", "ueber_pruefung_here"),
        ("class", "class_stage"),
        ("3D plots", "stage_3d_plots"),
        ("数据", ""),
        ("🚀", ""),
    ],
)
def test_a_heading_names_a_stage(heading: str, name: str) -> None:
    assert name_from(heading) == name


def test_names_are_told_apart_whatever_their_case() -> None:
    assert unique("load", ["Load"]) == "load_2"
    assert unique("load", ["load"], "sales") == "sales_load"


def test_headings_in_code_are_none() -> None:
    text = "Title\n=====\n```\n# no\n```\n## Two ##\n<h3>Three</h3>\n#no"
    assert headings(text) == ((1, "Title"), (2, "Two"), (3, "Three"))


# --- the whole proposal


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_table_of_a_real_notebook(
    name: str, project: Path, golden: Callable[[str, str], None]
) -> None:
    write_untagged(name, project)
    tagged = tag(project, "notebooks/nb.ipynb")
    assert not any(one.level.value == "error" for one in tagged.problems)
    golden(f"tests/golden/tag/{Path(name).name}.txt", tagged_as_text(tagged) + "\n")


def write_untagged(name: str, project: Path) -> None:
    document = json.loads((ROOT / f"{name}.ipynb").read_text())
    for cell in document["cells"]:
        cell["metadata"].pop("tags", None)
        cell["source"] = [line for line in cell["source"] if not line.startswith("#|")]
    (project / "notebooks/nb.ipynb").write_text(json.dumps(document, indent=1))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.text(max_size=40)), max_size=6))
def test_any_text_gives_a_table(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[bool, str]]
) -> None:
    project = tmp_path_factory.mktemp("any")
    (project / "dvc.yaml").touch()
    document = {
        "cells": [
            {"cell_type": "code" if code else "markdown", "metadata": {}, "source": text}
            for code, text in cells
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    (project / "nb.ipynb").write_text(json.dumps(document))
    tagged = tag(project, "nb.ipynb")
    assert len(tagged.rows) == sum(code for code, _ in cells)
    assert tagged_as_text(tagged)


# --- writing


def _jupyter(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _vs_code(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def _escaped(document: Any) -> str:
    return json.dumps(document, indent="\t").replace("\n", "\r\n")


def _one_line(document: Any) -> str:
    return json.dumps(document)


@pytest.mark.parametrize("written", [_jupyter, _vs_code, _escaped, _one_line])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_only_the_tags_differ_byte_for_byte(
    name: str, written: Callable[[Any], str], project: Path
) -> None:
    write_untagged(name, project)
    path = project / "notebooks/nb.ipynb"
    document = json.loads(path.read_text())
    path.write_bytes(written(document).encode())
    tagged = tag(project, "notebooks/nb.ipynb")
    write_tags(project, tagged)
    expected = copy.deepcopy(document)
    for row in tagged.rows:
        if row.adds:
            expected["cells"][row.cell - 1]["metadata"]["tags"] = list(row.adds)
    assert path.read_bytes().decode() == written(expected)
    again = tag(project, "notebooks/nb.ipynb")
    assert again.before == again.after


@pytest.mark.parametrize("minor", [4, 5])
def test_nbformat_reads_what_was_written(project: Path, minor: int) -> None:
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("print('é')"), nbformat.v4.new_code_cell("x = 1")]
    )
    made.nbformat_minor = minor
    for cell in made.cells:
        if minor == 4:
            del cell["id"]
    path = project / "nb.ipynb"
    nbformat.write(made, path)
    assert main(["tag", "nb.ipynb", "--write"]) == 0
    held = nbformat.read(path, as_version=4)
    nbformat.validate(held)
    assert any(cell.metadata.get("tags") for cell in held.cells)
    text = path.read_text()
    nbformat.write(held, path)
    assert path.read_text() == text


def test_a_script_is_tagged_in_its_markers(project: Path) -> None:
    path = project / "nb.py"
    path.write_bytes(b"# %%\r\nimport os\r\n\r\n# %% A title\r\nx = os.getpid()\r\nprint(x)\r\n")
    assert main(["tag", "nb.py", "--write"]) == 0
    assert path.read_bytes() == (
        b'# %% tags=["imports"]\r\nimport os\r\n\r\n'
        b'# %% A title tags=["stage:prepare"]\r\nx = os.getpid()\r\nprint(x)\r\n'
    )


def test_a_script_whose_markers_hold_no_tags_gets_a_table_and_is_not_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "nb.py"
    path.write_text("# In[1]:\nimport os\n# In[2]:\nprint(os.getpid())\n")
    before = path.read_bytes()
    assert main(["tag", "nb.py"]) == 0
    assert "+ imports" in capsys.readouterr().out
    assert main(["tag", "nb.py", "--write"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert path.read_bytes() == before


def test_a_notebook_that_changed_meanwhile_is_left_alone(project: Path) -> None:
    path = project / "nb.ipynb"
    path.write_text(ipynb("# %%\nprint(1)"))
    tagged = tag(project, "nb.ipynb")
    path.write_text(ipynb("# %%\nprint(2)"))
    before = path.read_bytes()
    with pytest.raises(UserError, match="was changed"):
        write_tags(project, tagged)
    assert path.read_bytes() == before


def test_the_command_says_how_to_write_and_then_that_it_wrote(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "nb.ipynb").write_text(ipynb("# %%\nprint(1)"))
    assert main(["tag", "nb.ipynb"]) == 0
    assert capsys.readouterr().out == (
        "cell  tags             why                first line\n"
        "1     + stage:prepare  all that there is  print(1)\n\n"
        "to write the tags: nbstage tag nb.ipynb --write\n"
    )
    assert main(["tag", "nb.ipynb", "--write", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["written"]
    assert told["cells"][0]["adds"] == ["stage:prepare"]
    assert main(["tag", "nb.ipynb", "--write"]) == 0
    assert capsys.readouterr().out.endswith("nothing to tag\n")


def test_a_file_that_is_no_notebook_is_refused_with_its_problem(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "nb.ipynb").write_text("{")
    assert main(["tag", "nb.ipynb", "--write"]) == 1
    assert "NBS101" in capsys.readouterr().out
    assert (project / "nb.ipynb").read_text() == "{"
