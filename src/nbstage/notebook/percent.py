"""Cells of a percent script: a notebook as a `.py` file, for jupytext, Spyder and VS Code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.model import Cell, CellKind, Place, Problem

_MARKER = re.compile(r"\s*#\s*(?:%%%*(?P<options>\s.*)?|<codecell>\s*|In\[[\d ]*\]:?\s*)$")
_CELL_TYPE = re.compile(r"\[(markdown|md|raw)\]")
_KINDS = {"markdown": CellKind.MARKDOWN, "md": CellKind.MARKDOWN, "raw": CellKind.RAW}
_KEY = re.compile(r"(?:^|\s)([A-Za-z0-9_.@/-]+)\s*=\s*(?=\S)")
_HEADER_FENCE = re.compile(r"#\s*---\s*$")
_CODING = re.compile(r"#!|#.*coding[:=]")

# What jupytext puts behind a `#`, and takes out again.
_MAGIC = re.compile(
    r"\s*(?:#\s?)+(?:%{1,3}[A-Za-z]|\s*[?!]\s*[A-Za-z.~$\\/{}]|[A-Za-z_]\w*\s*=\s*(?:%{1,3}|!)[A-Za-z])"
)
_HELP = re.compile(r"\s*(?:#\s)+[^\s#]+\?\s*$")
_COMMAND = re.compile(
    r"(?:#\s?)+(?:cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren)(?:$|\s$|\s[^=,])"
)
# Cell magics whose text is not Python: jupytext comments all of it.
_FOREIGN = re.compile(
    r"# ?%%(?:HTML|R|SVG|bash|html|javascript|js|latex|markdown|perl|ruby|script|sh|sql|svg)\b"
)
_STRING = re.compile(
    r"""#.*|\"\"\"|'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""",
)


@dataclass(frozen=True, slots=True)
class _Script:
    """A script's body, and what its jupytext header says about commented magics."""

    lines: tuple[str, ...]
    first_line: int
    written_by_jupytext: bool
    magics_are_commented: bool


def has_cells(text: str) -> bool:
    """Whether any line starts a cell."""
    return any(_MARKER.match(line) for line in text.split("\n"))


def read_percent(text: str, path: str) -> tuple[tuple[Cell, ...], tuple[Problem, ...]]:
    """Give the script's cells, numbered from 1, and the tags that could not be read."""
    script = _without_header(text)
    cells: list[Cell] = []
    problems: list[Problem] = []
    for number, lines in _cell_chunks(script):
        marker = _MARKER.match(lines[0])
        body = lines[1:] if marker else lines
        options = (marker["options"] or "").strip() if marker else ""
        kind, metadata = _options(options)
        tags = _tags(metadata)
        if tags is None:
            place = Place(path, None, script.first_line + number, 0, len(lines[0]), lines[0])
            problems.append(_unreadable_tags(place))
        kind, source = _content(kind, metadata, tags or (), body, script)
        cells.append(Cell(len(cells) + 1, kind, source, tags or ()))
    return tuple(cells), tuple(problems)


def spans(text: str) -> tuple[tuple[int, int, int], ...]:
    """Where each cell stands among the text's lines (from 0): its first line, its body's first,
    and the line after its last. A cell without a marker begins with its body.
    """
    script = _without_header(text)
    found = []
    for number, lines in _cell_chunks(script):
        first = script.first_line - 1 + number
        found.append((first, first + bool(_MARKER.match(lines[0])), first + len(lines)))
    return tuple(found)


def _cell_chunks(script: _Script) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, lines in _chunks(script.lines):
        if _MARKER.match(lines[0]) or any(line.strip() for line in lines):
            yield number, lines


def _without_header(text: str) -> _Script:
    """Leave out the `# ---` block that jupytext writes, and `#!` and coding lines before it."""
    lines = text.split("\n")
    start = 0
    while start < min(2, len(lines)) and _CODING.match(lines[start]):
        start += 1
    if start == len(lines) or not _HEADER_FENCE.match(lines[start]):
        return _Script(tuple(lines), 1, written_by_jupytext=False, magics_are_commented=True)
    for end in range(start + 1, len(lines)):
        if _HEADER_FENCE.match(lines[end]):
            break
        if not lines[end].startswith("#"):
            return _Script(tuple(lines), 1, written_by_jupytext=False, magics_are_commented=True)
    else:
        return _Script(tuple(lines), 1, written_by_jupytext=False, magics_are_commented=True)
    header = "\n".join(lines[start:end])
    plain = re.search(r"format_name:\s*hydrogen|comment_magics:\s*false", header)
    return _Script(tuple(lines[end + 1 :]), end + 2, "jupytext:" in header, plain is None)


def _chunks(lines: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Cut at the markers outside strings; each chunk comes with its first line's index."""
    start, quote = 0, ""
    for index, line in enumerate(lines):
        if not quote and index > start and _MARKER.match(line):
            yield start, lines[start:index]
            start = index
        quote = _open_quote(line, quote)
    if lines:
        yield start, lines[start:]


def _open_quote(line: str, quote: str) -> str:
    '''Give the `"""` or `\'\'\'` that is open at the end of the line, or "".'''
    position = 0
    while True:
        if quote:
            end = line.find(quote, position)
            while end > 0 and line[end - 1] == "\\":
                end = line.find(quote, end + 1)
            if end < 0:
                return quote
            position, quote = end + 3, ""
        found = _STRING.search(line, position)
        if found is None:
            return ""
        position = found.end()
        if found[0] in ('"""', "'''"):
            quote = found[0]


def _options(text: str) -> tuple[CellKind, dict[str, object]]:
    """Read what stands behind `# %%`: a title, a cell type, metadata as `key=value` or as JSON."""
    kind = CellKind.CODE
    brace, equals = text.find("{"), text.find("=")
    is_json = brace >= 0 and (equals < 0 or brace < equals)
    first_key = None if is_json else _KEY.search(text)
    title = text[:brace] if is_json else text[: first_key.start()] if first_key else text
    if found := _CELL_TYPE.search(title):
        kind = _KINDS[found[1]]
    if is_json:
        value = _literal(text[brace:])
        return kind, value if isinstance(value, dict) else {}
    return kind, _key_values(text)


def _key_values(text: str) -> dict[str, object]:
    """Read `a=1 tags=["x", "y"]`; a value that is no JSON and no literal comes as None."""
    result: dict[str, object] = {}
    position = 0
    while found := _KEY.search(text, position):
        following = [match.start() for match in _KEY.finditer(text, found.end())]
        for end in [*reversed(following), len(text)] if not following else [*following, len(text)]:
            value = _literal(text[found.end() : end])
            if value is not None:
                break
        result[found[1]] = value
        position = end
    return result


def _literal(text: str) -> object:
    """Give the JSON or Python value that the text spells, or None."""
    text = text.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _tags(metadata: dict[str, object]) -> tuple[str, ...] | None:
    """Give the cell's tags, or None where they can't be read."""
    tags = metadata.get("tags", ())
    if isinstance(tags, str):
        return tuple(tag.strip() for tag in tags.split(",") if tag.strip())
    if isinstance(tags, (list, tuple)) and all(isinstance(tag, str) for tag in tags):
        return tuple(tags)
    return None


def _unreadable_tags(place: Place) -> Problem:
    return Problem(
        "NBS108",
        "the cell's tags can't be read",
        place,
        'write them as jupytext does: `# %% tags=["stage:train"]`.',
    )


def _content(
    kind: CellKind,
    metadata: dict[str, object],
    tags: tuple[str, ...],
    body: tuple[str, ...],
    script: _Script,
) -> tuple[CellKind, str]:
    """Give the cell as a notebook would hold it: text without `#`, magics without `#`."""
    lines = list(body)
    while lines and not lines[-1].strip():
        lines.pop()
    if kind is not CellKind.CODE:
        return kind, _commented_text(lines)
    active = _active(metadata, tags)
    if active is not None and "ipynb" not in active:
        return CellKind.RAW, "\n".join(lines)
    language = metadata.get("language")
    if isinstance(language, str) and language != "python":
        arguments = metadata.get("magic_args")
        magic = f"%%{language} {arguments}" if isinstance(arguments, str) else f"%%{language}"
        return kind, "\n".join([magic, *map(_uncommented, lines)])
    foreign = bool(lines) and script.magics_are_commented and _FOREIGN.match(lines[0])
    if foreign or (active is not None and "py" not in active):
        return kind, "\n".join(map(_uncommented, lines))
    return kind, "\n".join(_with_magics(lines, script))


def _active(metadata: dict[str, object], tags: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the formats (`ipynb`, `py`) the cell is code in by jupytext's `active`; None: all."""
    for tag in tags:
        if tag.startswith("active-"):
            return tuple(tag.split("-")[1:])
    active = metadata.get("active")
    return tuple(re.split(r"[.,]", active)) if isinstance(active, str) else None


def _commented_text(lines: list[str]) -> str:
    """Give the text of comment lines, or of one triple-quoted string."""
    text = "\n".join(lines).strip()
    for quote in ('"""', "'''"):
        for opening in (quote, "r" + quote):
            if text.startswith(opening) and text.endswith(quote) and len(text) >= 6:
                return text[len(opening) : -3].strip("\n")
    return "\n".join(map(_uncommented, lines))


def _uncommented(line: str) -> str:
    return line.removeprefix("# ") if line.startswith("# ") else line.removeprefix("#")


def _with_magics(lines: list[str], script: _Script) -> list[str]:
    """Take out the `#` before magics and shell lines, as jupytext does on reading."""
    if not script.magics_are_commented:
        return lines
    result, quote, continued = [], "", False
    for line in lines:
        magic = not quote and (continued or _is_commented_magic(line, script))
        continued = magic and line.rstrip().endswith("\\")
        quote = _open_quote(line, quote)
        indent = line[: len(line) - len(line.lstrip())]
        result.append(indent + _uncommented(line.lstrip()) if magic else line)
    return result


def _is_commented_magic(line: str, script: _Script) -> bool:
    if _MAGIC.match(line) or _HELP.match(line):
        return True
    # `# copy the table` is a comment, unless jupytext wrote it: it writes `# # copy the table`.
    return script.written_by_jupytext and _COMMAND.match(line) is not None
