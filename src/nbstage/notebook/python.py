"""A cell's source as plain Python: IPython's syntax becomes calls with the same effect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from nbstage.model import Cell, Code, Level, Problem
from nbstage.notebook.magic.cell import cell_magic
from nbstage.notebook.magic.context import Context, faulty, installed, noted, refused
from nbstage.notebook.magic.expand import expanded
from nbstage.notebook.magic.install import packages
from nbstage.notebook.magic.ipython import Traced, cleaned, may_be_cleaned, transformed
from nbstage.notebook.magic.line import assigned_magic, is_line_magic, line_magic, only_shows
from nbstage.notebook.magic.outcome import (
    Drop,
    Expression,
    Installation,
    Outcome,
    Refusal,
    Statement,
)
from nbstage.notebook.magic.replace import Call, Replacement, find_calls, is_alone, replaced
from nbstage.notebook.magic.scope import bound_names, in_own_scope, is_expression, string_interior
from nbstage.notebook.syntax import find_fault, find_unreadable, parse

NOTEBOOK = ("run_shell", "capture_shell", "run_script", "write_file", "set_env", "change_dir")
"""The functions of `nbstage.runtime` that magics and shell lines become calls of."""

_SPECIAL = re.compile(
    r"^\s*[%!/,;]|\?|=\s*[%!]|^\s*(?:>>>|\.{3,}:|In \[)|\A\s+\S|get_ipython", re.MULTILINE
)
_MAY_USE_NAMES = re.compile(r"^\s*[%!]|=\s*[%!]|get_ipython", re.MULTILINE)
_BARE_MAGIC = re.compile(r"\s*([A-Za-z_]\w*)(?:[ \t]+([^\s!=()<>,+*/%^&|][^\n]*))?\s*")
_DEEPEST = 10
_GET_IPYTHON = (
    "'get_ipython()' exists only in a notebook; write the line as a magic or plain Python."
)

Plain = tuple[Code, tuple[Problem, ...]]
"""Python, and what has to be said about it."""


def to_python(cell: Cell, path: str, known_names: frozenset[str] = frozenset()) -> Plain:
    """Give the cell as Python that compiles, unless one of the problems is an error.

    `known_names` are the names that exist when the cell runs, beside those it binds itself:
    IPython expands `{name}` and `$name` in shell lines only if the name exists.
    """
    source = cell.source.replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(source.split("\n"))
    context = Context(path, cell.number, lines, known_names)
    traced = Traced(source, tuple(range(1, len(lines) + 1)))
    # IPython's tokenizer raises on these; no later step has to think of them.
    if fault := find_unreadable(source):
        return Code("", traced.lines[:1]), (faulty(fault, traced, context),)
    return _plain(traced, context)


def cells_to_python(cells: Iterable[Cell], path: str) -> tuple[Plain, ...]:
    """Give each code cell as Python, where a cell knows the names that those before it bind."""
    result: list[Plain] = []
    names: set[str] = set()
    unread: list[str] = []
    for cell in cells:
        if _MAY_USE_NAMES.search(cell.source) or _bare_magic(cell.source):
            names.update(*(bound_names(parse(text)) for text in unread))
            unread.clear()
        result.append(to_python(cell, path, frozenset(names)))
        unread.append(result[-1][0].text)
    return tuple(result)


def _plain(source: Traced, context: Context) -> Plain:
    fault = find_fault(source.text)
    if fault is None and not _is_changed_by_ipython(source.text, context):
        return Code(source.text, source.lines), ()
    if fault is not None and not _SPECIAL.search(source.text) and not _bare_magic(source.text):
        return Code("", source.lines[:1]), (faulty(fault, source, context),)
    source = cleaned(source)
    if source.text.startswith("%%") and not re.match(r"%%\w+\?", source.text):
        return _cell_magic(source, context)
    if bare := _bare_magic(source.text, context):
        source = replace(source, text=bare)
    source = transformed(source)
    fault = find_fault(source.text)
    if fault is not None:
        return Code("", source.lines[:1]), (faulty(fault, source, context),)
    return _rewritten(source, context)


def _is_changed_by_ipython(text: str, context: Context) -> bool:
    """Whether Python that compiles as it stands means something else in a notebook."""
    if "get_ipython" in text or _bare_magic(text, context):
        return True
    if not may_be_cleaned(text):
        return False
    lines = text.split("\n")
    # IPython empties lines of blanks, also those inside a string.
    return any(lines[n - 1].isspace() for n in string_interior(parse(text)))


def _bare_magic(text: str, context: Context | None = None) -> str:
    """Give `%cd data` for a cell that is only `cd data`, as IPython reads it, else ""."""
    found = _BARE_MAGIC.fullmatch(text)
    if found is None or not is_line_magic(found[1]):
        return ""
    if context is not None and found[1] in context.known_names:
        return ""
    # `ls -l` and `pwd` are Python too, but to IPython they are magics.
    if find_fault(text) is None and not _is_bare(found[1], found[2] or "-"):
        return ""
    return f"%{text.strip()}"


def _is_bare(name: str, rest: str) -> bool:
    return rest.startswith("-") and (name == "cd" or only_shows(name))


def _cell_magic(source: Traced, context: Context) -> Plain:
    """Convert a cell that starts with `%%name`."""
    first, *rest = source.text.split("\n")
    name, _, arguments = first[2:].rstrip().partition(" ")
    body = "".join(f"{line}\n" for line in rest)
    outcome = cell_magic(name, arguments, body, lambda text: expanded(text, context.known_names))
    at_magic = Traced(f"# {_comment(first)}", source.lines[:1])
    problems: tuple[Problem, ...] = ()
    match _unless_hidden(_unless_too_deep(outcome, context), context.known_names):
        case Drop() | Installation():
            pass
        case Refusal() as refusal:
            problems = (refused(refusal, source.lines[0], context),)
        case Expression(source=text):
            return Code(text, _lines_of_script(text, source.lines)), ()
        case Statement() as statement:
            return _cell_body(statement, source, context)
    return _checked(at_magic, (), problems, context)


def _lines_of_script(text: str, lines: tuple[int, ...]) -> tuple[int, ...]:
    """The cell's line for each line of a call that the cell's text is an argument of."""
    head = text.partition('"""\\\n')[0].count("\n")
    return tuple(lines[min(max(0, n - head), len(lines) - 1)] for n in range(text.count("\n") + 1))


def _cell_body(statement: Statement, source: Traced, context: Context) -> Plain:
    """Convert the Python under `%%time`, `%%capture`, `%%timeit`..."""
    text = statement.source.removesuffix("\n")
    count = text.count("\n") + 1
    # A setup line of `%%timeit` stands where the magic stood.
    numbers = source.lines[-count:]
    code, problems = _plain(Traced(text, numbers), replace(context, depth=context.depth + 1))
    if statement.note:
        problems = (noted(statement.note, source.lines[0], context), *problems)
    if not statement.own_scope:
        return code, problems
    made = in_own_scope(code.text)
    if len(made) == len(code.lines):
        return code, problems
    last = code.lines[-1]
    own = Traced("\n".join(made), (code.lines[0], *code.lines, last, last))
    return _checked(own, code.requirements, problems, context)


def _rewritten(source: Traced, context: Context) -> Plain:
    """Replace every call of `get_ipython()` by what it means."""
    tree = parse(source.text)
    context = replace(context, known_names=context.known_names | bound_names(tree))
    calls, others = find_calls(tree, source.text)
    problems = [
        refused(Refusal("'get_ipython()'", _GET_IPYTHON), source.lines[span.line], context)
        for span in others
    ]
    replacements: list[Replacement] = []
    requirements: list[str] = []
    for call in calls:
        text, packages_, found = _instead(call, source, context)
        replacements.append(Replacement(call.span, text))
        requirements.extend(packages_)
        problems.extend(found)
    problems.sort(key=lambda problem: problem.place.line or 0)
    result = replaced(source, replacements)
    return _checked(result, tuple(requirements), tuple(problems), context)


def _instead(
    call: Call, source: Traced, context: Context
) -> tuple[str, tuple[str, ...], tuple[Problem, ...]]:
    """Give the text that takes the call's place, with packages it asked for and problems."""
    line = source.lines[call.span.line]
    alone = is_alone(call.span, source.text)
    nothing = "None"
    if call.is_statement:
        nothing = _empty_statement(call, line, alone, context)
    outcome = _unless_hidden(
        _unless_too_deep(_outcome(call, context), context), context.known_names
    )
    match outcome:
        case Drop():
            return nothing, (), ()
        case Installation(packages=names):
            return nothing, names, (installed(names, line, context),)
        case Refusal() as refusal:
            return nothing, (), (refused(refusal, line, context),)
        case Expression(source=text):
            return text, (), ()
        case Statement() as statement if not statement.source.strip():
            return nothing, (), ()
        case Statement() as statement:
            return _inner(statement, call, line, context)


def _outcome(call: Call, context: Context) -> Outcome:
    """Say what the call means, as a statement or as a value."""

    def text(literal: str) -> str:
        return expanded(literal, context.known_names)

    if call.method == "run_line_magic":
        if call.is_statement:
            return line_magic(call.name, call.argument, text)
        return assigned_magic(call.name, call.argument, text)
    required = packages(call.argument) if call.is_statement else None
    if required is not None:
        return Installation(required)
    function = "run_shell" if call.method == "system" else "capture_shell"
    return Expression(f"{function}({text(call.argument)})")


def _inner(
    statement: Statement, call: Call, line: int, context: Context
) -> tuple[str, tuple[str, ...], tuple[Problem, ...]]:
    """Convert the statement that `%time` or the like runs."""
    inner = replace(context, depth=context.depth + 1)
    code, problems = _plain(Traced(statement.source, (line,)), inner)
    if statement.note:
        problems = (noted(statement.note, line, context), *problems)
    lines = in_own_scope(code.text) if statement.own_scope else tuple(code.text.split("\n"))
    if not call.is_statement and not is_expression(code.text):
        refusal = Refusal(f"'x = %{call.name}'", "run the statement in a line of its own.")
        return "None", code.requirements, (*problems, refused(refusal, line, context))
    indent = " " * call.span.column
    text = "\n".join([lines[0], *(f"{indent}{line}" if line else "" for line in lines[1:])])
    return text, code.requirements, problems


def _empty_statement(call: Call, line: int, alone: bool, context: Context) -> str:
    if not alone:
        return "pass"
    comment = f"# {_comment(context.source[line - 1].strip())}"
    return comment if call.span.column == 0 else f"pass  {comment}"


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).rstrip()


def _unless_too_deep(outcome: Outcome, context: Context) -> Outcome:
    if context.depth < _DEEPEST or not isinstance(outcome, Statement):
        return outcome
    return Refusal("a magic within so many others", "take some of them away.")


def _unless_hidden(outcome: Outcome, names: frozenset[str]) -> Outcome:
    """Refuse a call of a runtime function whose name the notebook uses for something else."""
    function = outcome.source.partition("(")[0] if isinstance(outcome, Expression) else ""
    if function not in names:
        return outcome
    what = f"a magic or shell line beside a '{function}' of the notebook's own"
    return Refusal(what, f"rename '{function}': it is what the line becomes.")


def _checked(
    source: Traced, requirements: tuple[str, ...], problems: tuple[Problem, ...], context: Context
) -> Plain:
    """Give the code if it compiles; else nothing of it, and a problem that says so."""
    fault = find_fault(source.text)
    if fault is None:
        return Code(source.text, source.lines, requirements), problems
    if not any(problem.level is Level.ERROR for problem in problems):
        refusal = Refusal("IPython's syntax on this line", "write it as plain Python.")
        line = source.lines[min(fault.line, len(source.lines)) - 1]
        problems = (*problems, refused(refusal, line, context))
    return Code("", source.lines[:1], requirements), problems
