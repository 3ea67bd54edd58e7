"""What a model of the tests has of its project's own."""

from __future__ import annotations


def scaled(x: object) -> object:
    """Give the rows as they are."""
    return x
