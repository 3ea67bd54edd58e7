"""Tagged notebooks become DVC pipelines that compute what the notebook computes."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's: each stage imports this module, and typing takes 3 ms
if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext nbstage` does: `%nbstage` is there."""
    from nbstage.jupyter.magic import register

    register(shell)
