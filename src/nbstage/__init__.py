"""Tagged notebooks become DVC pipelines that compute what the notebook computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext nbstage` does: `%nbstage` is there."""
    from nbstage.jupyter.magic import register

    register(shell)
