"""What `/metrics` answers, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with its labels."""

    name: str
    labels: dict[str, str]
    value: float


def samples_in(text: str) -> Iterator[Sample]:
    """All values that have labels."""
    for name, labels, value in _SAMPLE.findall(text):
        told = {label: _plain(raw) for label, raw in _LABEL.findall(labels)}
        yield Sample(name, told, float(value))


def _plain(raw: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], raw)
