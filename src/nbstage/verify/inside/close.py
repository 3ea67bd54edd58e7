"""What counts as the same though it is not: floats near enough, code that does the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbstage.verify.inside.code import SameCode

# Any: arrays of every dtype pass here.
Same = Callable[[Any, Any], bool]


def sameness(rtol: float, atol: float) -> Same:
    """Tells of two pieces of code whether they do the same; of two floats, or arrays of floats,
    whether no number is further from the first one's than `atol + rtol * abs(it)`.
    """
    same_code = SameCode()
    if rtol == 0 and atol == 0:
        return same_code

    def same(x: Any, y: Any) -> bool:
        if type(x) is not type(y):
            return False
        if type(x) in (float, complex):
            return x == y or (x != x and y != y) or near(x, y)
        return same_code(x, y) or near_arrays(x, y)

    def near(x: Any, y: Any) -> bool:
        apart = abs(x - y)
        return bool(apart <= atol + rtol * abs(x) and apart != float("inf"))

    def near_arrays(x: Any, y: Any) -> bool:
        numpy = sys.modules.get("numpy")
        if numpy is None or not (type(x) is numpy.ndarray or isinstance(x, numpy.inexact)):
            return False
        if x.dtype != y.dtype or x.shape != y.shape or x.dtype.kind not in "fc":
            return False
        return bool(numpy.isclose(y, x, rtol=rtol, atol=atol, equal_nan=True).all())

    return same
