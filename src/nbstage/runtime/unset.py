"""The value of a name that the notebook did not bind on this run."""

from __future__ import annotations


class Unset:
    """The type of `UNSET`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        # A plain string makes pickle and copy go by reference, so that `x is UNSET` holds anywhere.
        return "UNSET"


UNSET = Unset()
