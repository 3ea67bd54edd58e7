"""The HTML page of a project, as a browser shows it."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import CHROMIUM
from tests.e2e.conftest import Project, percent

# Loads the page as wide as a screen, follows the link of the last stage in the drawing, and says
# what came of it. The page itself runs no script.
LOOK = """<!doctype html><meta charset="utf-8"><body><iframe src="page.html" width="{width}"
height="800"></iframe><pre id="told"></pre><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const boxes = [...page.querySelectorAll("a.stage")];
  boxes.at(-1).dispatchEvent(new MouseEvent("click", {{bubbles: true, cancelable: true}}));
  const style = (name) => frame.contentWindow.getComputedStyle(page.querySelector(name));
  setTimeout(() => document.getElementById("told").textContent = JSON.stringify({{
    wide: root.scrollWidth, room: root.clientWidth, stages: boxes.length,
    hash: frame.contentWindow.location.hash,
    target: page.querySelector(":target h2").textContent,
    page: style("body").backgroundColor, ink: style("body").color,
    pictures: [...page.images].map((image) => image.naturalWidth),
  }}), 200);
}};
</script>"""


def look(folder: Path, width: int, *more: str) -> tuple[dict[str, Any], str]:
    """What the page shows on a screen of this width, and what the browser said meanwhile."""
    harness = folder / f"look-{width}.html"
    harness.write_text(LOOK.format(width=width), encoding="utf-8")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += ["--allow-file-access-from-files", "--virtual-time-budget=4000", "--dump-dom"]
    options += [f"--user-data-dir={folder / 'browser'}", f"--window-size={width + 40},900", *more]
    command = [CHROMIUM, *options, harness.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    told = re.search(r'<pre id="told">(.+?)</pre>', done.stdout)
    assert told, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(unescape(told[1]))
    return found, done.stderr


@pytest.fixture(scope="module")
def folder(reproduced: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of the reproduced example."""
    folder = tmp_path_factory.mktemp("page")
    page = str(folder / "page.html")
    reproduced.run("nbstage", "show", "notebooks/churn.ipynb", "--format", "html", "--output", page)
    return folder


@pytest.mark.slow
def test_the_page_tells_what_the_stages_made(folder: Path) -> None:
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "5,282 rows, 25 columns" in page
    assert "a pickle runs code when it is read: not opened" in page
    assert "<dt>roc_auc</dt>" in page
    assert "plots/evaluate/roc.csv" in page


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_fits_a_laptop_and_a_phone_and_its_links_lead_on(folder: Path, width: int) -> None:
    seen, said = look(folder, width)
    assert seen["wide"] <= seen["room"]
    assert (seen["stages"], seen["hash"], seen["target"]) == (6, "#stage-6", "6evaluate")
    assert "Refused" not in said
    assert "Content Security Policy" not in said


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
def test_the_page_is_dark_where_its_reader_wants_that(folder: Path) -> None:
    light, _ = look(folder, 800)
    dark, _ = look(folder, 800, "--blink-settings=preferredColorScheme=0")
    assert brightness(light["page"]) > 0.8 > 0.3 > brightness(light["ink"])
    assert brightness(dark["page"]) < 0.3 < 0.8 < brightness(dark["ink"])


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
def test_the_figures_of_a_new_project_are_on_its_page(project: Project) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()\n"
    notebook = percent(project, "look", f'# %% tags=["stage:draw"]\n{draw}')
    project.convert()
    project.repro()
    project.run("nbstage", "show", notebook, "--format", "html", "--output", "page.html")
    seen, said = look(project.root, 390)
    assert seen["wide"] <= seen["room"]
    assert [width > 100 for width in seen["pictures"]] == [True]
    assert "Refused" not in said


def brightness(colour: str) -> float:
    parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
    return sum(parts) / (3 * 255)
