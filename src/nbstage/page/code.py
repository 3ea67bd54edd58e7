"""Python as HTML, coloured by what each word is."""

from __future__ import annotations

from nbstage.page.markup import Html, el, join

_LONGEST = 200_000
# From Pygments' kinds of words to our classes, the special before the general.
_CLASSES = (
    ("Comment", "c"),
    ("Literal.String", "s"),
    ("Literal.Number", "n"),
    ("Keyword", "k"),
    ("Operator.Word", "k"),
    ("Name.Function", "f"),
    ("Name.Class", "f"),
    ("Name.Decorator", "d"),
    ("Name.Builtin", "b"),
)


def code_as_html(source: str) -> Html:
    """A block of code, its colours by classes. Code of more than 200 kB stays black."""
    return el("pre", el("code", _coloured(source)), class_="code", tabindex=0)


def _coloured(source: str) -> Html:
    if len(source) > _LONGEST:
        return join(source)
    from pygments import lex
    from pygments.lexers.python import PythonLexer

    words = lex(source, PythonLexer(stripnl=False, ensurenl=False))
    return join(*(_word(repr(kind).removeprefix("Token."), word) for kind, word in words))


def _word(kind: str, word: str) -> Html:
    for prefix, name in _CLASSES:
        if kind.startswith(prefix):
            return el("span", word, class_=name)
    return join(word)
