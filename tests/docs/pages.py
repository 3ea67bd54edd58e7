"""Pages of the documentation, run: commands, what they print, files that are shown.

    <!-- file: notebooks/a.py -->            the block below is that file, for the commands after it
    <!-- part of: pipeline/train.py -->      the block below stands in that file of the repository
    <!-- prints: nbstage show ... -->        the block below is what the command prints there
    <!-- not run: it installs packages -->   the block below is left alone

A `sh` block is run. In a `console` block what follows a line `$ command` is what it printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PLUGINS_ASIDE

ROOT = Path(__file__).parent.parent.parent
_FENCE = re.compile(
    r"(?ms)^(?P<said><!-- (?P<word>[a-z ]+): (?P<about>.*?) -->\n)?"
    r"^(?P<fence>```+)(?P<kind>\w*)\n(?P<text>.*?)^(?P=fence)$"
)
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Reader"), ("EMAIL", "reader@example.org"))
}


@dataclass(frozen=True, slots=True)
class Fenced:
    """A fenced block: its language, its text, and what the comment above it says."""

    kind: str
    text: str
    word: str = ""
    about: str = ""


def fenced_blocks(page: str) -> Iterator[Fenced]:
    """All fenced blocks of a page."""
    for found in _FENCE.finditer(page):
        yield _fenced(found)


def links(page: str) -> tuple[str, ...]:
    """The targets of a page's links that lead nowhere but to this repository."""
    return tuple(_LINK.findall(_FENCE.sub("", page)))


def anchors(page: str) -> frozenset[str]:
    """The places in a page that a link can lead to, as GitHub names them."""
    heads = re.findall(r"(?m)^#+ (.*)$", _FENCE.sub("", page))
    words = (re.sub(r"[^\w\- ]", "", head.lower()) for head in heads)
    return frozenset(word.replace(" ", "-") for word in words)


def run_page(page: str, folder: Path) -> str:
    """Run a page's commands in an empty folder and give the page with what they print now."""
    places = [folder]

    def rerun(found: re.Match[str]) -> str:
        block = _fenced(found)
        text, place = _run(block, places[-1])
        places.append(place)
        return f"{found['said'] or ''}{found['fence']}{block.kind}\n{text}{found['fence']}"

    return _FENCE.sub(rerun, page)


def _fenced(found: re.Match[str]) -> Fenced:
    return Fenced(found["kind"], found["text"], found["word"] or "", found["about"] or "")


def _run(block: Fenced, folder: Path) -> tuple[str, Path]:
    """The block's text as it has to be, and the folder its commands went to."""
    match block:
        case Fenced(word="not run"):
            return block.text, folder
        case Fenced(word="prints"):
            return _printed(block.about, ROOT, fine=(0,))[0], folder
        case Fenced(word="file"):
            path = folder / block.about
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        case Fenced(word="part of"):
            whole = (ROOT / block.about).read_text(encoding="utf-8")
            assert block.text.strip("\n") in whole, f"{block.about} reads differently"
        case Fenced(kind="sh"):
            return block.text, _printed(f"set -e\n{block.text}", folder, fine=(0,))[1]
        case Fenced(kind="console"):
            return _console(re.findall(r"(?m)^\$ (.*)$", block.text), folder)
    return block.text, folder


def _console(commands: list[str], folder: Path) -> tuple[str, Path]:
    """Each command with what it prints; a check may find something to fix."""
    parts: list[str] = []
    for command in commands:
        text, folder = _printed(command, folder, fine=(0, 1))
        parts.append(f"$ {command}\n{text}")
    return "".join(parts), folder


def _printed(command: str, folder: Path, *, fine: tuple[int, ...]) -> tuple[str, Path]:
    """What the command prints on stdout, and the folder it went to."""
    script = f'trap \'printf "\\0%s" "$PWD"\' EXIT\n{command}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in fine, f"{command}\n{done.stdout}{done.stderr}"
    text, _, place = done.stdout.rpartition("\0")
    return text, Path(place)


def _environment() -> dict[str, str]:
    """The programs beside this Python first, and nobody's own settings."""
    programs = Path(sys.executable).parent
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    path = f"{programs}{os.pathsep}{kept.get('PATH', '')}"
    ours = {"DVC_NO_ANALYTICS": "1", "NO_COLOR": "1", "PYTEST_ADDOPTS": PLUGINS_ASIDE}
    return kept | _IDENTITY | ours | {"PATH": path}
