"""What a notebook's JSON says: nbformat 4 as it is, nbformat 3 upgraded.

By hand, so that reading takes no longer than the JSON does: to import `nbformat` costs a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.model import Cell, CellKind, Notebook, Place, Problem

_KINDS = {kind.value: kind for kind in CellKind}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SAVE_AGAIN = "save the notebook again in Jupyter."
# Kernels whose name alone tells their language.
_OTHER_KERNELS = re.compile(
    r"(ir|r|julia|bash|scala|almond|sos|octave|matlab|javascript|ijavascript|deno|tslab|rust|evcxr|"
    r"java|ijava|kotlin|go|gophernotes|xcpp\d*|cling.*|ruby|iruby|perl|sagemath|haskell|ihaskell|"
    r"stata|sas|wolframlanguage.*|\.net-.*)(-[\d.]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The keys that an nbformat version gives to a code cell's source and count."""

    source: str
    count: str


_FIELDS = {4: _Fields("source", "execution_count"), 3: _Fields("input", "prompt_number")}


def read_document(document: object, path: str) -> Notebook | tuple[Problem, ...]:
    """Give the notebook that the JSON describes, or all that is wrong with it."""
    if not isinstance(document, dict):
        return (_not_a_notebook("the file holds JSON, but no notebook", path),)
    version = document.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool):
        return (_not_a_notebook("the file holds JSON, but no notebook: no 'nbformat'", path),)
    if version not in _FIELDS:
        return (_unknown_version(version, path),)
    cells, problems = _cells(document, version, path)
    language = _other_language(document, version)
    if language:
        problems = (_other_kernel(language, path), *problems)
    return problems or Notebook(path, cells)


def _cells(
    document: dict[str, object], version: int, path: str
) -> tuple[tuple[Cell, ...], tuple[Problem, ...]]:
    entries = document.get("cells") if version == 4 else _worksheet_cells(document)
    if not isinstance(entries, list):
        return (), (_not_a_notebook("the notebook has no list of cells", path),)
    cells: list[Cell] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        made = _cell(entry, number, version)
        if isinstance(made, Cell):
            cells.append(made)
        else:
            place = Place(path, number)
            problems.append(Problem("NBS102", f"cell {number} {made}", place, _SAVE_AGAIN))
    return tuple(cells), tuple(problems)


def _worksheet_cells(document: dict[str, object]) -> list[object] | None:
    """Put the cells of nbformat 3's worksheets one after another, as Jupyter's upgrade does."""
    sheets = document.get("worksheets")
    if not isinstance(sheets, list):
        return None
    cells: list[object] = []
    for sheet in sheets:
        inside = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(inside, list):
            return None
        cells.extend(inside)
    return cells


def _cell(entry: object, number: int, version: int) -> Cell | str:
    """Give the cell, or what is wrong with it."""
    if not isinstance(entry, dict):
        return "is no JSON object"
    kind = _kind(entry.get("cell_type"), version)
    if kind is None:
        return "has no cell type that nbstage knows"
    fields = _FIELDS[version if kind is CellKind.CODE else 4]
    source = _text(entry.get(fields.source, "" if version == 3 else None))
    if source is None:
        return "has no source"
    if version == 3 and entry.get("cell_type") == "heading":
        source = _heading(entry.get("level"), source)
    if _SURROGATE.search(source):
        if kind is CellKind.CODE:
            return "holds half of a character (a lone surrogate)"
        source = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", source)
    metadata = entry.get("metadata")
    tags = _tags(metadata.get("tags") if isinstance(metadata, dict) else None)
    if tags is None:
        return "has tags that are not a list of words"
    count = entry.get(fields.count)
    return Cell(number, kind, source, tags, count if type(count) is int else None)


def _kind(cell_type: object, version: int) -> CellKind | None:
    if version == 3 and cell_type in ("heading", "html"):
        return CellKind.MARKDOWN
    return _KINDS.get(cell_type) if isinstance(cell_type, str) else None


def _text(source: object) -> str | None:
    """Join a list of lines; Jupyter knows one line end, whatever the file was saved with."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _heading(level: object, source: str) -> str:
    hashes = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
    return f"{hashes} {' '.join(source.splitlines())}"


def _tags(tags: object) -> tuple[str, ...] | None:
    if tags is None:
        return ()
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return None
    return tuple(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", tag) for tag in tags)


def _other_language(document: dict[str, object], version: int) -> str:
    """Give the kernel's language where it is not Python 3, else ""; to say nothing is Python."""
    metadata = document.get("metadata")
    kernel = _mapping(metadata, "kernelspec")
    info = _mapping(metadata, "language_info")
    if str(info.get("version", "")).startswith("2.") or kernel.get("name") == "python2":
        return "Python 2"
    for language in (kernel.get("language"), info.get("name")):
        if isinstance(language, str) and language.strip():
            return "" if re.fullmatch(r"i?python[\d.]*", language.strip().lower()) else language
    name = kernel.get("name")
    if isinstance(name, str) and _OTHER_KERNELS.fullmatch(name):
        return name
    return next(_other_cell_languages(document), "") if version == 3 else ""


def _other_cell_languages(document: dict[str, object]) -> Iterator[str]:
    """In nbformat 3 each code cell names its language."""
    for cell in _worksheet_cells(document) or ():
        language = cell.get("language") if isinstance(cell, dict) else None
        if isinstance(language, str) and language != "python":
            yield language


def _mapping(metadata: object, key: str) -> dict[str, object]:
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, dict) else {}


def _not_a_notebook(message: str, path: str) -> Problem:
    return Problem("NBS102", message, Place(path), "name a notebook that Jupyter can open.")


def _unknown_version(version: int, path: str) -> Problem:
    if version > 4:
        hint = "save it as nbformat 4: `jupyter nbconvert --to notebook --nbformat 4`."
    else:
        hint = f"upgrade it: `jupyter nbconvert --to notebook --inplace {path}`."
    return Problem("NBS103", f"nbformat {version} is not read", Place(path), hint)


def _other_kernel(language: str, path: str) -> Problem:
    shown = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", language)
    return Problem(
        "NBS104",
        f"the notebook's language is {shown}",
        Place(path),
        "nbstage converts Python 3 notebooks: choose a Python kernel in Jupyter and save.",
    )
