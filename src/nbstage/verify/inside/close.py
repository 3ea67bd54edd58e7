"""Floats that are near enough to each other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

# Any: arrays of every dtype pass here.
Same = Callable[[Any, Any], bool]


def closeness(rtol: float, atol: float) -> Same | None:
    """Tells of two floats, or arrays of floats, whether no number is further from the first one's
    than `atol + rtol * abs(it)`; False of all else. None where nothing but equality will do.
    """
    if rtol == 0 and atol == 0:
        return None

    def same(x: Any, y: Any) -> bool:
        if type(x) is not type(y):
            return False
        if type(x) in (float, complex):
            return x == y or (x != x and y != y) or _near(x, y)
        numpy = sys.modules.get("numpy")
        if numpy is None or (type(x) is not numpy.ndarray and not isinstance(x, numpy.inexact)):
            return False
        if x.dtype != y.dtype or x.shape != y.shape or x.dtype.kind not in "fc":
            return False
        return bool(numpy.isclose(y, x, rtol=rtol, atol=atol, equal_nan=True).all())

    def _near(x: Any, y: Any) -> bool:
        apart = abs(x - y)
        return bool(apart <= atol + rtol * abs(x) and apart != float("inf"))

    return same
