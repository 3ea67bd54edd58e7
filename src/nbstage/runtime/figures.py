# ruff: noqa: PTH108, PTH118, PTH123, PTH208 - pathlib would double what importing the runtime takes
"""What a notebook shows as pictures, as a stage keeps it: matplotlib's figures, and plotly's."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from nbstage.runtime.places import fresh, from_root, make_folders, writing
from nbstage.runtime.plotly_figures import draw, is_figure

TYPE_CHECKING = False  # as typing's, without the 3 ms that importing it takes
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_BACKEND = "module://nbstage.runtime.inline"


class _Album:
    """The pictures of a running stage, in the order in which the notebook shows them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.seen: set[bytes] = set()
        self.drawings: list[tuple[str, str]] = []  # plotly's: where to, and the figure

    def path(self, label: str) -> str:
        """Where the next picture goes: by the figure's label if it is a word, else by a number."""
        number = len(self.names) + 1
        word = label.replace("-", "_").replace(" ", "_")
        name = word if word.isidentifier() and word.isascii() else f"figure_{number}"
        while name.casefold() in self.names:
            name += f"_{number}"
        self.names.append(name.casefold())
        return f"{self.folder}/{name}.png"

    def keep(self, picture: bytes, label: str = "") -> None:
        """Write a picture, if it is not there already: Jupyter shows some figures twice."""
        if picture not in self.seen:
            self.seen.add(picture)
            with fresh(self.path(label)) as temporary, open(temporary, "wb") as file:
                file.write(picture)

    def finish(self) -> None:
        """Draw plotly's figures."""
        if self.drawings:
            draw(self.drawings)


# Which stage runs belongs to the process, as its working directory does. pyplot is one as well.
_albums: list[_Album] = []


def no_windows() -> None:
    """Have matplotlib draw into files, whether it is imported by now or comes later.

    Whoever wants another backend sets the variable, or asks matplotlib for it.
    """
    if "MPLBACKEND" in os.environ:
        return
    os.environ["MPLBACKEND"] = "Agg"
    matplotlib = sys.modules.get("matplotlib")
    # Until something is drawn nothing is chosen, and what stands there is no name.
    if matplotlib and not isinstance(dict.__getitem__(matplotlib.rcParams, "backend"), str):
        matplotlib.rcParams["backend"] = "Agg"


@contextmanager
def figures(folder: str, *, plotly: bool = False) -> Iterator[None]:
    """Keep what the block shows as PNG files in `folder`, in place of those that are there.

    That is what Jupyter shows: figures that are open where a cell ends or at `plt.show()`, and
    plotly's (`plotly` says that there may be some, though plotly is not imported yet). The same
    figure gives the same bytes. Raises StageError if one can't be drawn.
    """
    _clear(folder)
    album = _Album(folder)
    _albums.append(album)
    try:
        with _backend(), _plotly(album, plotly):
            yield
            show_figures()
        album.finish()
    finally:
        _albums.pop()


def keep_pictures(pictures: Iterable[bytes | str], folder: str) -> None:
    """Keep what a notebook has shown: PNG files as they are, plotly's figures by their JSON."""
    _clear(folder)
    album = _Album(folder)
    for picture in pictures:
        if isinstance(picture, bytes):
            album.keep(picture)
        else:
            album.drawings.append((album.path(""), picture))
    album.finish()


def show_figures(*shown: object) -> None:
    """Show what Jupyter shows at a cell's end: pyplot's open figures, and `shown`, what the cell's
    last line gave, if it is one. Open figures are closed, so that the next cell begins with none.
    """
    pyplot = sys.modules.get("matplotlib.pyplot")
    # Any: pyplot is not imported for stages without figures.
    opened: list[Any] = [] if pyplot is None else [*map(pyplot.figure, pyplot.get_fignums())]
    if _albums:
        for one in (*opened, *(one for one in shown if all(one is not fig for fig in opened))):
            _show(one, _albums[-1])
    if pyplot is not None:
        pyplot.close("all")


def display(*objects: object, **_: object) -> None:
    """`IPython.display.display` as a stage has it: figures are shown, all else is printed."""
    for one in objects:
        if not (_albums and _show(one, _albums[-1])):
            print(one)


def _show(value: Any, album: _Album) -> bool:
    """Keep a value's picture; False if it has none."""
    figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    if figure is not None and isinstance(value, figure):
        album.keep(_png(value), value.get_label())
        return True
    if is_figure(value):
        album.drawings.append((album.path(""), value.to_json()))
        return True
    picture = value._repr_png_() if hasattr(type(value), "_repr_png_") else None
    data = picture[0] if isinstance(picture, tuple) else picture
    if isinstance(data, bytes):
        album.keep(data)
    return isinstance(data, bytes)


def _png(figure: Any) -> bytes:
    """A figure as Jupyter draws it, without matplotlib's version in it."""
    import io

    from nbstage.runtime.errors import StageError

    target = io.BytesIO()
    told = {"metadata": {"Software": None}, "bbox_inches": "tight", "dpi": figure.dpi}
    try:
        figure.savefig(target, format="png", **told)
    except (ValueError, RuntimeError) as error:  # a formula with a mistake, no LaTeX
        raise StageError(f"a figure can't be drawn: {error}") from error
    return target.getvalue()


def _clear(folder: str) -> None:
    """Take away the pictures of an earlier run: there may be fewer now."""
    make_folders(folder)
    with writing(folder):
        for name in os.listdir(from_root(folder)):
            if name.endswith(".png"):
                os.unlink(os.path.join(from_root(folder), name))


@contextmanager
def _backend() -> Iterator[None]:
    """Have `plt.show()` keep figures and close them, as in Jupyter. Another backend that somebody
    chose for this run stays.
    """
    before = os.environ.get("MPLBACKEND", "Agg")
    if before.lower() != "agg":
        yield
        return
    os.environ["MPLBACKEND"] = _BACKEND
    _use(_BACKEND)
    try:
        yield
    finally:
        os.environ["MPLBACKEND"] = before
        _use(before)


def _use(backend: str) -> None:
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.use(backend)


@contextmanager
def _plotly(album: _Album, expected: bool) -> Iterator[None]:
    """Have `fig.show()` of plotly keep the figure: it would open a browser."""
    if not expected and "plotly" not in sys.modules:
        yield
        return
    import plotly.io

    before = plotly.io.show

    def show(fig: Any, *_: object, **__: object) -> None:
        value = fig if is_figure(fig) else sys.modules["plotly.graph_objects"].Figure(fig)
        _show(value, album)

    plotly.io.show = show
    try:
        yield
    finally:
        plotly.io.show = before
