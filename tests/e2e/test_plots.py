"""What a notebook shows, in DVC's own pages as a real browser shows them, and its metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.browser import CHROMIUM, opened
from tests.e2e.conftest import Project, new_project
from tests.notebooks_as_text import ipynb

pytestmark = pytest.mark.slow

NOTEBOOK = """
# %% tags=["imports"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.express as px
import seaborn as sns
import seaborn.objects as so

# %% tags=["parameters"]
slope = 2.0  # of the line

# %% tags=["functions"]
def dots(table):
    return px.scatter(table, x="x", y="y")

# %% tags=["stage:make"]
df = pd.DataFrame({"x": np.arange(20), "y": np.arange(20) * slope})

# %% tags=["stage:look"]
# Look at the data from all sides.
df.plot(x="x", y="y")
plt.show()
sns.histplot(df["x"])

# %%
dots(df)

# %%
so.Plot(df, x="x", y="y").add(so.Line())

# %%
plt.figure("always the same")
plt.plot([1, 2, 3])

# %% tags=["stage:judge"]
guess = df["y"].mean()

# %% tags=["metrics"]
mean = np.float32(guess)
ratio = np.float64("nan")
worst = -np.inf
size = len(df)
by_half = {"low": {"mean": df["y"][:10].mean()}, "high": {"mean": df["y"][10:].mean()}}
by_row = pd.DataFrame({"share": [0.25, 0.75], "count": [5, 15]}, index=["a", "b"])

# %% tags=["plots"]
curve = pd.DataFrame({"threshold": df["x"], "recall": df["y"] / df["y"].max()})
confusion = pd.DataFrame({"actual": ["a", "b", "b"], "predicted": ["a", "a", "b"]})
"""

# DVC's page has Vega come from the network. This one has it beside it.
PAGE = """<!doctype html><html><head><meta charset="utf-8">{refresh_tag}
<script src="vega.js"></script></head><body>{plot_divs}</body></html>"""
PICTURES = "[...document.images].map((image) => image.naturalWidth)"
CHARTS = """[...document.querySelectorAll(".vega-embed")].map((chart) =>
  chart.querySelector("canvas, svg.marks")?.getBoundingClientRect().width ?? 0)"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The pipeline of the notebook, run and committed."""
    project = new_project(tmp_path_factory.mktemp("plots") / "project")
    project.write("notebooks/look.ipynb", ipynb(NOTEBOOK))
    project.convert()
    assert project.repro() == ["make", "look", "judge"]
    project.commit()
    return project


@contextmanager
def other_data(project: Project, slope: str) -> Iterator[None]:
    """The pipeline run with another parameter, not committed, and then as it was."""
    project.run("dvc", "exp", "run", "--set-param", f"slope={slope}")
    yield
    project.run("dvc", "exp", "run", "--set-param", "slope=2.0")


def seen(project: Project, *command: str) -> tuple[list[float], list[float]]:
    """How wide the pictures and the charts are on the page that a command of DVC writes."""
    vega = pytest.importorskip("vl_convert")
    if not CHROMIUM:
        pytest.skip("there is no Chromium here")
    project.write(".dvc/page.html", PAGE)
    project.run("dvc", "config", "--local", "plots.html_template", "page.html")
    project.run("dvc", *command, "--out", "page")
    project.write("page/vega.js", vega.javascript_bundle())
    address = (project.root / "page/index.html").as_uri()
    with opened(address, project.root.parent / f"browser-{command[1]}") as page:
        page.wait_for(f"document.readyState == 'complete' && {CHARTS}.length == 2")
        page.wait_for(f"{CHARTS}.every((width) => width > 0)")
        return page.value(PICTURES), page.value(CHARTS)


def pictures(project: Project) -> dict[str, bytes]:
    folder = project.root / "plots/look/figures"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_figures_and_tables_are_plots_in_dvc_yaml(project: Project) -> None:
    text = project.read("dvc.yaml")
    assert "    plots:\n      - plots/look/figures\n" in text
    assert "- plots/judge/curve.csv:\n          cache: false\n          x: threshold\n" in text
    assert "template: confusion" in text
    names = [*(f"figure_{number}.png" for number in (1, 2, 3, 4)), "always_the_same.png"]
    assert sorted(pictures(project)) == sorted(names)


def test_the_module_says_which_figures_jupyter_shows(project: Project) -> None:
    module = project.read("pipeline/look.py")
    assert 'with figures("plots/look/figures", plotly=True), workdir("notebooks"):' in module
    assert "nbstage.runtime.show_figures(dots(df))" in module
    assert "    plt.show()\n" in module


def test_dvc_plots_show_shows_all_pictures_and_charts_in_a_browser(project: Project) -> None:
    pictures, charts = seen(project, "plots", "show")
    assert (len(pictures), len(charts)) == (5, 2)
    assert all(width > 100 for width in (*pictures, *charts))


def test_dvc_plots_diff_shows_both_sides_in_a_browser(project: Project) -> None:
    with other_data(project, "3.0"):
        pictures, charts = seen(project, "plots", "diff", "HEAD")
    assert (len(pictures), len(charts)) == (10, 2)
    assert all(width > 100 for width in (*pictures, *charts))


def test_a_figure_that_did_not_change_keeps_its_bytes(project: Project) -> None:
    before = pictures(project), project.read("dvc.lock")
    project.run("dvc", "repro", "--force", "--single-item", "look")
    assert (pictures(project), project.read("dvc.lock")) == before


def test_only_the_figures_of_the_changed_data_change(project: Project) -> None:
    before = pictures(project)
    with other_data(project, "-1.0"):
        after = pictures(project)
    same = {name for name in before if after[name] == before[name]}
    assert same == {"always_the_same.png", "figure_2.png"}


def test_metrics_of_all_kinds_are_read_by_dvc(project: Project) -> None:
    text = project.run("dvc", "metrics", "show", "--json")
    found = json.loads(text)[""]["data"]["metrics/judge.json"]["data"]
    assert (found["mean"], found["size"], found["worst"]) == (19.0, 20, -math.inf)
    assert math.isnan(found["ratio"])
    assert found["by_half"] == {"low": {"mean": 9.0}, "high": {"mean": 29.0}}
    assert found["by_row"]["b"] == {"share": 0.75, "count": 15}


def test_a_stage_whose_figures_are_all_closed_has_an_empty_folder_that_dvc_takes(
    tmp_path: Path,
) -> None:
    project = new_project(tmp_path / "project")
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.close()\n"
    project.write("notebooks/none.ipynb", ipynb(f'# %% tags=["stage:draw"]\n{draw}'))
    project.convert()
    assert project.repro() == ["draw"]
    assert project.repro() == []
    (project.root / "plots/draw/figures").rmdir()
    project.run("dvc", "checkout")
    assert list((project.root / "plots/draw/figures").iterdir()) == []
    assert project.repro() == []
