"""What a project's tests import: the notebook's checks, on what its stages have stored."""

from __future__ import annotations

from nbstage.testing.checks import checks_of, takes

__all__ = ["checks_of", "takes"]
