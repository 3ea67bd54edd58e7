"""What a stage keeps of the figures that its notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nbstage.runtime import StageError, display, figures, load, save, show_figures, workdir
from nbstage.runtime.same import difference

FOLDER = "plots/show/figures"


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    plt.switch_backend("agg")
    yield
    plt.close("all")


def kept() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(FOLDER).iterdir())}


def test_figures_that_are_open_where_a_cell_ends_are_kept_and_closed() -> None:
    with figures(FOLDER):
        plt.plot([1, 2])
        plt.figure()
        plt.plot([2, 1])
        show_figures()
        assert plt.get_fignums() == []
    assert list(kept()) == ["figure_1.png", "figure_2.png"]


def test_what_the_last_cell_leaves_open_is_kept_too() -> None:
    with figures(FOLDER), workdir("notebooks"):
        plt.plot([1, 2])
    assert list(kept()) == ["figure_1.png"]


def test_plt_show_keeps_a_figure_and_what_follows_is_another() -> None:
    with figures(FOLDER):
        plt.plot([1, 2])
        plt.show()
        assert plt.get_fignums() == []
        plt.plot([2, 1])
    assert len(kept()) == 2


def test_a_figure_that_is_closed_is_not_kept() -> None:
    with figures(FOLDER):
        plt.plot([1, 2])
        plt.close()
    assert kept() == {}


def test_a_closed_figure_that_a_cells_last_line_gives_is_kept() -> None:
    with figures(FOLDER):
        fig, _ = plt.subplots()
        plt.close(fig)
        show_figures(fig)
    assert list(kept()) == ["figure_1.png"]


def test_a_figure_that_is_shown_twice_is_kept_once() -> None:
    with figures(FOLDER):
        fig, ax = plt.subplots()
        ax.plot([1, 2])
        display(fig)
        show_figures(fig)
    assert list(kept()) == ["figure_1.png"]


def test_the_same_figure_gives_the_same_bytes_and_another_one_others() -> None:
    def draw(values: list[int]) -> dict[str, bytes]:
        with figures(FOLDER):
            plt.plot(values)
        return kept()

    assert draw([1, 2]) == draw([1, 2]) != draw([1, 3])


def test_no_version_and_no_date_is_in_a_picture() -> None:
    with figures(FOLDER):
        plt.plot([1, 2])
    (picture,) = kept().values()
    assert b"Software" not in picture
    assert b"tEXt" not in picture


def test_a_figure_is_called_by_its_label() -> None:
    with figures(FOLDER):
        plt.figure("roc-curve")
        plt.figure("ROC curve")
        plt.plot([1, 2])
        plt.figure("../../out")
        plt.plot([3, 2])
    assert list(kept()) == ["ROC_curve_2.png", "figure_3.png", "roc_curve.png"]


def test_pictures_of_an_earlier_run_go() -> None:
    Path(FOLDER).mkdir(parents=True)
    Path(FOLDER, "figure_7.png").write_bytes(b"old")
    with figures(FOLDER):
        pass
    assert kept() == {}


def test_display_prints_what_is_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    with figures(FOLDER):
        display({"a": 1}, "b")
    display(2)
    assert capsys.readouterr().out == "{'a': 1}\nb\n2\n"


def test_a_figure_that_cannot_be_drawn_stops_the_stage_in_one_line() -> None:
    with pytest.raises(StageError, match="a figure can't be drawn"), figures(FOLDER):
        plt.title(r"$\frac{1$")


def test_a_backend_that_somebody_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "pdf")
    with figures(FOLDER):
        assert plt.get_backend() == "agg"


def test_without_a_folder_figures_are_closed_as_in_a_notebook() -> None:
    plt.plot([1, 2])
    show_figures()
    assert plt.get_fignums() == []


def test_a_stage_that_fails_leaves_nothing_behind_in_the_process() -> None:
    with pytest.raises(ZeroDivisionError), figures(FOLDER):
        print(1 / 0)
    plt.plot([1, 2])
    plt.show()
    assert plt.get_fignums() == [1]
    assert kept() == {}


def test_a_plotly_figure_is_stored_with_its_arrays() -> None:
    graph = pytest.importorskip("plotly.graph_objects")
    fig = graph.Figure(graph.Scatter(x=np.arange(3), y=[3, 4, 5]), {"title": {"text": "t"}})
    save(fig, "artifacts/make/fig.pkl")
    back = load("artifacts/make/fig.pkl")
    assert isinstance(back, graph.Figure)
    assert isinstance(back.data[0].x, np.ndarray)
    assert difference(fig, back) is None
    back.update_traces(x=np.arange(1, 4))
    assert difference(fig, back) is not None


def test_a_grid_of_plotly_figures_can_be_drawn_on_after_it_was_stored() -> None:
    subplots = pytest.importorskip("plotly.subplots")
    save(subplots.make_subplots(1, 2), "artifacts/make/fig.pkl")
    back = load("artifacts/make/fig.pkl")
    back.add_bar(x=[1], y=[2], row=1, col=2)
    assert back.data[0].xaxis == "x2"


@pytest.mark.slow
def test_a_plotly_figure_without_a_browser_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = pytest.importorskip("plotly.graph_objects")
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")
    with pytest.raises(StageError, match=r"a figure of plotly can't be drawn.*Chrome"):  # noqa: SIM117
        with figures(FOLDER):
            graph.Figure().show()
    assert kept() == {}
