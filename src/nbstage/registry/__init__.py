"""Versions of models: git tags in GTO's format, each the only hold of a release commit."""

from nbstage.registry.fetch import fetch
from nbstage.registry.nouns import Version
from nbstage.registry.resolve import resolve

__all__ = ["Version", "fetch", "resolve"]
