"""What a project's tests import: the notebook's checks, stages on a sample, contracts of tables."""

from __future__ import annotations

from nbstage.testing.checks import checks_of, takes
from nbstage.testing.contracts import contracts_of
from nbstage.testing.stages import run_on_sample, stages_of

__all__ = ["checks_of", "contracts_of", "run_on_sample", "stages_of", "takes"]
