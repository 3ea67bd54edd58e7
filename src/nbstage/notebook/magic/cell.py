"""Cell magics, one by one: what each becomes."""

from __future__ import annotations

import re
import shlex

from nbstage.notebook.magic.expand import block, call, quoted
from nbstage.notebook.magic.line import Text, refusal, without_options
from nbstage.notebook.magic.outcome import Drop, Expression, Outcome, Refusal, Statement

_ONLY_SHOW = frozenset({"HTML", "SVG", "html", "javascript", "js", "latex", "markdown", "svg"})
_PROGRAMS = frozenset({"bash", "perl", "pypy", "python", "python2", "python3", "ruby", "sh"})
_WRITE_FILE = re.compile(
    r"\s*(?P<before>(?:-a|--append)\s+)?(?P<name>.*?)(?P<after>\s+(?:-a|--append))?\s*$"
)


def cell_magic(name: str, rest: str, body: str, text: Text) -> Outcome:
    """Say what a cell that starts with `%%name rest` becomes; a body ends with a newline."""
    if name in _ONLY_SHOW:
        return Drop()
    if name in ("writefile", "file"):
        return _written_file(rest, body, text)
    if name in _PROGRAMS:
        return _script(f"{name} {rest}".rstrip(), body, text, f"%%{name}")
    if name == "script":
        return _script(rest.strip(), body, text, "%%script")
    if name in ("!", "sx", "system"):
        return Expression(f"run_shell({quoted(body)})")
    return _code(name, rest, body)


def _code(name: str, rest: str, body: str) -> Outcome:
    """Say what becomes of a magic whose body is Python."""
    match name:
        case "time" if not rest.strip():
            return Statement(body)
        case "prun" | "lprun":
            return Statement(body)
        case "capture":
            return Statement(body, note=_capture_note(rest))
        case "timeit" | "memit":
            setup = without_options(rest, "nrpti")
            note = f"'%%{name}' runs the cell once in the pipeline, and its names stay in it"
            return Statement(f"{setup}\n{body}" if setup else body, own_scope=True, note=note)
    return refusal(f"%%{name}", name)


def _capture_note(rest: str) -> str:
    """`%%capture out` binds `out`, which has no meaning in a pipeline."""
    names = [word for word in rest.split() if not word.startswith("-")]
    return f"'%%capture {names[0]}' sets no '{names[0]}' in the pipeline" if names else ""


def _written_file(rest: str, body: str, text: Text) -> Outcome:
    found = _WRITE_FILE.match(rest)
    name = found["name"] if found else ""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    if not found or not name:
        return Refusal("'%%writefile' without a file's name", "write `%%writefile name.txt`.")
    append = ["append=True"] if found["before"] or found["after"] else []
    return Expression(call("write_file", text(name), block(body), *append))


def _script(command: str, body: str, text: Text, what: str) -> Outcome:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if words[:1] == ["false"] and "--no-raise-error" in words:
        # `%%script false --no-raise-error` is how people switch a cell off.
        return Drop()
    option = next(
        (word for word in words if re.match(r"--(out|err|bg|proc|no-raise-error)\b", word)), ""
    )
    if option or not words:
        return Refusal(
            f"'{what} {option}".rstrip() + "'", "run the command with Python's `subprocess`."
        )
    return Expression(call("run_script", text(command), block(body)))
