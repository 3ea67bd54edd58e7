"""What each problem code means: one text a code, in the Markdown files beside this module."""

from __future__ import annotations

from importlib import resources


def lookup(code: str) -> str | None:
    """Return the text of a code such as "NBS201": wrong, why, right; None if there is none."""
    if code not in _names():
        return None
    return (resources.files(__name__) / f"{code}.md").read_text(encoding="utf-8")


def codes() -> dict[str, str]:
    """Return the title of every code, in the order of the codes."""
    return {code: _title(lookup(code) or "") for code in _names()}


def _names() -> list[str]:
    files = (file.name for file in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))


def _title(text: str) -> str:
    """The first line is `# NBS201: the title`."""
    return text.partition("\n")[0].partition(": ")[2]
