"""Predictions -> JSON."""

from __future__ import annotations

import json
import math

from nbstage.bundle.nouns import Bundle, Plain


def as_body(bundle: Bundle, predictions: list[dict[str, Plain]]) -> bytes:
    """What is answered: a prediction for each row, and which version it is from."""
    about = {"model": bundle.model, "version": bundle.version}
    return as_json({"predictions": predictions, **about})


def as_json(data: object) -> bytes:
    """JSON without blanks. Raises ValueError for NaN and infinities."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def finite(predictions: list[dict[str, Plain]]) -> list[dict[str, Plain]]:
    """The predictions, with a text for an infinity, which JSON hasn't got."""
    return [{name: _finite(value) for name, value in row.items()} for row in predictions]


def _finite(value: Plain) -> Plain:
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
