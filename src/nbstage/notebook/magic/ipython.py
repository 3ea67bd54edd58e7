"""IPython's own transformer, with the line of the cell that each line of its result comes from."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

# IPython gives up after as many; a cell that needs more doesn't run in Jupyter either.
_MOST_TRANSFORMS = 500


@dataclass(frozen=True, slots=True)
class Traced:
    """Text and, for each of its lines, the number of the cell's line it comes from."""

    text: str
    lines: tuple[int, ...]


def cleaned(source: Traced) -> Traced:
    """Take away what IPython does: leading empty lines, common indentation, pasted prompts."""
    pieces, numbers = _pieces(source)
    for transform in _transformer().cleanup_transforms:
        result = transform(pieces)
        numbers = numbers[len(pieces) - len(result) :]
        pieces = result
    return _joined(pieces, numbers)


def transformed(source: Traced) -> Traced:
    """Turn magics, shell lines and help into calls of `get_ipython()`, as IPython does."""
    transformer = _transformer()
    pieces, numbers = _pieces(source)
    for _ in range(_MOST_TRANSFORMS):
        with warnings.catch_warnings():
            # It warns of line ends that Python's grammar doesn't know, and goes on.
            warnings.simplefilter("ignore")
            changed, result = transformer.do_one_token_transform(pieces)
        if not changed:
            break
        same = next((i for i, (a, b) in enumerate(zip(pieces, result, strict=False)) if a != b), 0)
        # One transform makes one line of a line and those that continue it.
        taken = len(pieces) - len(result) + 1
        numbers = [*numbers[: same + 1], *numbers[same + taken :]]
        pieces = result
    return _joined(pieces, numbers)


def may_be_cleaned(source: str) -> bool:
    """Whether IPython's clean-up might change text that is Python as it stands."""
    return re.search(r"^[ \t]+$|^\s*(>>>|\.{3,}|In \[)", source, re.MULTILINE) is not None


class _Transformer(Protocol):
    """The part of IPython's `TransformerManager` that is used here; it has no types of its own."""

    cleanup_transforms: list[Callable[[list[str]], list[str]]]

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]: ...


def _transformer() -> _Transformer:
    made: _Transformer = import_module("IPython.core.inputtransformer2").TransformerManager()
    return made


def _pieces(source: Traced) -> tuple[list[str], list[int]]:
    """Cut as `str.splitlines` does, which knows more line ends than Python's grammar."""
    pieces: list[str] = []
    numbers: list[int] = []
    lines = source.text.removesuffix("\n").split("\n")
    for line, number in zip(lines, source.lines, strict=False):
        cut = f"{line}\n".splitlines(keepends=True)
        pieces.extend(cut)
        numbers.extend([number] * len(cut))
    return pieces, numbers


def _joined(pieces: list[str], numbers: list[int]) -> Traced:
    lines: list[int] = []
    at_start = True
    for piece, number in zip(pieces, numbers, strict=True):
        if at_start:
            lines.append(number)
        at_start = piece.endswith("\n")
    return Traced("".join(pieces).removesuffix("\n"), tuple(lines))
