"""What is needed to predict with one version of a model, as a folder: made, proven and opened."""

from __future__ import annotations

from nbstage.bundle.folder import open_bundle
from nbstage.bundle.make import RefusedPath, make
from nbstage.bundle.nouns import Bundle, Checked, Column, Fault, Kind, Output, Plain
from nbstage.bundle.predictor import Predictor

__all__ = [
    "Bundle",
    "Checked",
    "Column",
    "Fault",
    "Kind",
    "Output",
    "Plain",
    "Predictor",
    "RefusedPath",
    "make",
    "open_bundle",
]
