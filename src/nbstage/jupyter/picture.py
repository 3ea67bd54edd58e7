"""The stages and what travels between them as a picture: SVG that loads and runs nothing."""

from __future__ import annotations

from base64 import b64encode

from nbstage.model import Notebook, Shown
from nbstage.page.drawing import drawing
from nbstage.page.nouns import StageView, View
from nbstage.trace.observe import stages_of

# A picture of its own can't change how Jupyter looks, nor Jupyter how it looks.
_STYLE = """
svg { --card: #fff; --ink: #1b2330; --dim: #566072; --edge: #dde1e8; --soft: #eef1f6;
  --main: #2458c5; --main-soft: #e6eefc; --error: #b3261e; --line: #8a94a6;
  background: var(--card) }
text { text-anchor: middle; fill: var(--ink);
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.line { fill: none; stroke: var(--line); stroke-width: 1.4 }
.tip { fill: var(--line) }
.label rect { fill: var(--card); stroke: var(--edge) }
.label text, .file text { font-size: 11.5px; fill: var(--dim) }
.file rect { fill: var(--soft); stroke: var(--line); stroke-dasharray: 3 3 }
.box { fill: var(--main-soft); stroke: var(--main); stroke-width: 1.3 }
.stage .name { font-size: 14px; font-weight: 600 }
.stage .small { font-size: 10.5px; fill: var(--dim) }
.mark { fill: var(--error); stroke: var(--card); stroke-width: 2 }
"""


def picture(notebook: Notebook, shown: Shown) -> str:
    """The picture as SVG, a document of its own."""
    of_cell = stages_of(notebook)
    stages = tuple(
        StageView(
            stage,
            tuple(cell for cell in notebook.cells if of_cell.get(cell.number) == stage.name),
            problems=tuple(
                one for one in shown.problems if of_cell.get(one.place.cell or 0) == stage.name
            ),
        )
        for stage in shown.pipeline.stages
    )
    drawn, _ = drawing(View(notebook.path, shown.pipeline, stages, shown.problems))
    head, _, rest = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{_STYLE}</style>{rest}'


def as_image(svg: str, about: str) -> str:
    """HTML that shows the picture as an image, in which nothing can run."""
    from nbstage.page.markup import el

    data = b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return el("img", src=source, alt=about, style="max-width:100%;height:auto")
