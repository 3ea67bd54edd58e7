"""`nbstage show --format html`: what the page holds, and what it never does."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage import app
from nbstage.cli import main
from nbstage.page.content import ROWS
from nbstage.page.files import glimpse
from nbstage.page.layout import Box, Line, Placed, place
from nbstage.page.markup import Html, el, join
from nbstage.page.numbers import duration, size
from tests.notebooks_as_text import ipynb

HOSTILE = """
# %% tags=["parameters"]
# how </style> fast & "loud"
word = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"

# %% tags=["stage:draw"]
# <b>Draw</b> & "tell".
import pandas as pd

table = pd.read_csv("in.csv")
secret = open("../.env").read()

# %% tags=["stage:tell"]
print(table, word, "<script>alert(3)</script>")
table.to_csv("out.csv")
"""
Captured = pytest.CaptureFixture[str]


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/nb.ipynb").write_text(ipynb(HOSTILE))
    (tmp_path / "notebooks/in.csv").write_text("<i>a</i>,b\n1,<script>\n")
    (tmp_path / ".env").write_text("password")
    return tmp_path


@pytest.fixture
def page(project: Path) -> Page:
    return Page(shown(project))


def shown(project: Path) -> str:
    return app.show_page(project, "notebooks/nb.ipynb")[0]


# --- nothing of the notebook's is markup, nothing comes from elsewhere


def test_a_hostile_notebook_puts_no_element_on_the_page(page: Page) -> None:
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "i", "b", "iframe", "link"})
    assert not page.open
    assert not page.all("img")
    assert "<script>alert(3)</script>" in "".join(page.words)
    assert not [
        name for _, attributes in page.elements for name in attributes if name.startswith("on")
    ]


def test_the_policy_forbids_all_but_the_pages_own_style(page: Page, project: Path) -> None:
    (policy,) = (meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy is not None
    found = re.search(r"(?s)<style>(.*?)</style>", shown(project))
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert policy.endswith(f"style-src 'sha256-{digest}'")
    assert not [attributes for _, attributes in page.elements if "style" in attributes]


def test_the_page_leads_nowhere_else_and_every_link_arrives(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        target = link["href"] or ""
        assert target.startswith("#"), target
        assert target[1:] in ids, target
    for _, attributes in page.elements:
        assert attributes.get("aria-labelledby") in {None, *ids}


@given(st.text(), st.text())
def test_text_stays_text_whatever_is_in_it(text: str, value: str) -> None:
    found = Page(el("p", text, title=value))
    assert [tag for tag, _ in found.elements] == ["p"]
    assert not re.search(r"[\x00-\x08\x7f\u202a-\u202e\ud800-\udfff]", el("p", text, title=value))


def test_markup_is_what_was_made_as_markup() -> None:
    assert join(el("b", "a<"), "<c>", Html("<br>"), None) == "<b>a&lt;</b>&lt;c&gt;<br>"


# --- what is told


def test_each_stage_has_a_section_and_the_drawing_leads_there(page: Page) -> None:
    sections = [found["id"] for found in page.all("section") if found.get("class") == "stage"]
    assert sections == ["stage-1", "stage-2"]
    assert [link["href"] for link in page.all("a") if link.get("class") == "stage"] == [
        "#stage-1",
        "#stage-2",
    ]


def test_landmarks_and_names_are_there_for_those_who_do_not_see_the_page(page: Page) -> None:
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "h1")] == [1, 1, 1, 1]
    assert page.all("html") == [{"lang": "en"}]
    assert all(region.get("aria-label") for region in page.all("div") if "role" in region)
    assert all(image.get("alt") for image in page.all("img"))


def test_a_notebook_without_stages_shows_its_problems(project: Path) -> None:
    (project / "notebooks/nb.ipynb").write_text(ipynb('# %% tags=["stage:a"]\nx = = 1'))
    page = Page(shown(project))
    assert "NBS110" in page.text
    assert "There are no stages to show." in page.text


def test_the_value_of_params_yaml_is_shown_beside_the_notebooks(project: Path) -> None:
    (project / "params.yaml").write_text("word: quiet\n")
    text = Page(shown(project)).text
    assert '"quiet"' in text
    assert "notebook:" in text


def test_times_are_those_of_a_trace_that_still_holds(project: Path) -> None:
    from nbstage.model import CellFacts, Facts
    from nbstage.notebook.read import read
    from nbstage.trace.facts import code_key, write_facts

    notebook = read(project / "notebooks/nb.ipynb", project)
    assert not isinstance(notebook, tuple)
    keys = [code_key(cell.source) for cell in notebook.cells]
    cells = tuple(CellFacts(key, seconds=1.5, peak_mb=80.0) for key in keys)
    write_facts(project, Facts("notebooks/nb.ipynb", cells))
    text = Page(shown(project)).text
    assert "3.0 s in all" in text
    assert "peak 80 MB" in text
    source = (project / "notebooks/nb.ipynb").read_text()
    (project / "notebooks/nb.ipynb").write_text(source.replace("out.csv", "other.csv"))
    assert "in all" not in Page(shown(project)).text


# --- looks into files


def test_a_table_shows_its_first_rows(project: Path) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(100))
    (project / "t.csv").write_text(f"a,b\n{rows}")
    look = glimpse(project, "t.csv")
    assert (look.columns, look.rows[:2]) == (("a", "b"), (("0", "0"), ("1", "1")))
    assert len(look.rows) == ROWS
    assert look.about == "100 rows, 2 columns"


def test_a_heading_of_several_words_stays_one(project: Path) -> None:
    (project / "notebooks/in.csv").write_text("total charges,b\n1,2\n")
    assert "total charges" in Page(shown(project)).words


def test_a_parquet_table_is_read_without_pandas(project: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"n": [1, None], "<b>": ["x", "y" * 99]})
    parquet.write_table(table, project / "t.parquet")
    look = glimpse(project, "t.parquet")
    assert look.columns == ("n\nint64", "<b>\nstring")
    assert look.rows[0] == ("1", "x")
    assert look.rows[1][0] == ""
    assert look.about == "2 rows, 2 columns"


@pytest.mark.parametrize("name", ["m.joblib", "m.pkl", "m.npy", "m.parquet", "m.png", "m.json"])
def test_no_pickle_is_loaded_whatever_it_is_called(project: Path, name: str) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (project / "exploded",))

    (project / name).write_bytes(pickle.dumps(Bomb()))
    look = glimpse(project, name)
    assert (look.text, look.image, look.rows) == ("", "", ())
    assert look.about
    assert not (project / "exploded").exists()


def test_nothing_hidden_and_nothing_outside_is_opened(project: Path, tmp_path: Path) -> None:
    (project / "link.txt").symlink_to("/etc/hosts")
    (project / "inner.txt").symlink_to(".env")
    for path in (".env", "notebooks/../.env", "/etc/hosts", "../x", "link.txt", "inner.txt", "a\0"):
        look = glimpse(project, path)
        assert look.about == "outside of the project, or hidden: not opened", path
        assert look.size is None
    assert "password" not in Page(shown(project)).text


def test_what_dvc_linked_to_its_cache_is_opened(project: Path) -> None:
    (project / ".dvc/cache").mkdir(parents=True)
    (project / ".dvc/cache/ab").write_text("a\n1\n")
    (project / "t.csv").symlink_to(".dvc/cache/ab")
    assert glimpse(project, "t.csv").columns == ("a",)


def test_a_pipe_a_folder_and_a_missing_file_are_told_apart(project: Path) -> None:
    import os

    os.mkfifo(project / "pipe.csv")
    assert glimpse(project, "pipe.csv").about == "no regular file: not opened"
    assert glimpse(project, "none.csv").about == "not there yet"
    assert glimpse(project, "notebooks").about == "a folder of 2 files"


def test_a_picture_is_in_the_page_if_it_is_one(project: Path) -> None:
    (project / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    (project / "b.png").write_bytes(b"<script>")
    (project / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(700_000))
    assert glimpse(project, "a.png").image.startswith("data:image/png;base64,")
    assert not glimpse(project, "b.png").image
    assert glimpse(project, "c.png").about == "too large to be shown here"


@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.json", "a.npy", "a.txt"]))
def test_any_bytes_make_a_page(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / name).write_bytes(content)
    look = glimpse(folder, name)
    assert look.size == len(content) or look.about


def test_a_csv_file_that_is_none_further_down_is_shown_as_text(project: Path) -> None:
    (project / "t.csv").write_bytes(b"a,b\n" + b"1,2\n" * 20 + b"x\ry,z\n")
    look = glimpse(project, "t.csv")
    assert look.text.startswith("a,b\n1,2\n")
    assert not look.rows


def test_deep_json_is_told_not_raised(project: Path) -> None:
    (project / "deep.json").write_text("[" * 100_000)
    assert glimpse(project, "deep.json").about.startswith("can't be read")


# --- the drawing


@st.composite
def graphs(draw: st.DrawFn) -> tuple[tuple[Box, ...], tuple[Line, ...]]:
    count = draw(st.integers(1, 60))
    boxes = tuple(Box(f"s{n}", draw(st.sampled_from([80.0, 150.0])), 46) for n in range(count))
    pairs = draw(
        st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count)
    )
    lines = tuple(Line(f"s{a}", f"s{b}", 40, 20) for a, b in sorted(pairs) if a < b)
    return boxes, lines


@given(graphs())
def test_no_box_and_no_label_lies_on_another_and_arrows_go_down(
    graph: tuple[tuple[Box, ...], tuple[Line, ...]],
) -> None:
    boxes, lines = graph
    placed = place(boxes, lines)
    areas = [(*placed.boxes[box.key], box.width, box.height) for box in boxes]
    areas += [(*at, line.width, line.height) for at, line in zip(placed.labels, lines, strict=True)]
    for one, other in combinations(areas, 2):
        apart = abs(one[0] - other[0]) >= (one[2] + other[2]) / 2 - 0.01
        assert apart or abs(one[1] - other[1]) >= (one[3] + other[3]) / 2 - 0.01
    for x, y, width, height in areas:
        assert width / 2 <= x <= placed.width - width / 2
        assert height / 2 <= y <= placed.height - height / 2
    for points in placed.lines:
        assert [point.y for point in points] == sorted(point.y for point in points)


def test_a_chain_is_straight() -> None:
    boxes = tuple(Box(f"s{n}", 100.0 + n, 46) for n in range(30))
    lines = tuple(Line(f"s{n}", f"s{n + 1}", 40, 20) for n in range(29))
    placed: Placed = place(boxes, lines)
    assert len({round(point.x, 3) for point in placed.boxes.values()}) == 1


def test_stages_in_a_circle_are_drawn_all_the_same(project: Path) -> None:
    text = """
# %% tags=["stage:a"]
x = 1

# %% tags=["stage:b"]
y = x + 1

# %% tags=["stage:a"]
print(y)
"""
    (project / "notebooks/nb.ipynb").write_text(ipynb(text))
    page = Page(shown(project))
    assert "error NBS" in page.text
    assert len([link for link in page.all("a") if link.get("class") == "stage"]) == 2


# --- the command


def test_the_page_goes_to_a_file_that_is_named_like_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(project)
    code = main(["show", "--format", "html", "--output", "flow.html"])
    assert capsys.readouterr().out == "written: flow.html\n"
    assert (project / "flow.html").read_text().startswith("<!doctype html>\n")
    assert code == 0
    assert main(["show", "--format", "html", "--output", "notebooks/nb.ipynb"]) == 2
    assert "let it end in '.html'" in capsys.readouterr().err
    assert json.loads((project / "notebooks/nb.ipynb").read_text())["cells"]
    assert main(["show", "--output", "flow.html"]) == 2
    assert main(["show", "--format", "html", "--output", "none/flow.html"]) == 2
    assert main(["show", "--format", "html"]) == 0
    assert capsys.readouterr().out.endswith("</html>\n")


def test_the_same_notebook_makes_the_same_page(project: Path) -> None:
    assert shown(project) == shown(project)


def test_durations_and_sizes_are_read_at_a_glance() -> None:
    times = [0.001, 0.34, 2.41, 200, 7300]
    assert [duration(time) for time in times] == [
        "<10 ms",
        "340 ms",
        "2.4 s",
        "3 min 20 s",
        "2 h 1 min",
    ]
    sizes = [0, 999, 1400, 23_400_000, 5_000_000_000]
    assert [size(count) for count in sizes] == ["0 B", "999 B", "1.4 kB", "23 MB", "5.0 GB"]
