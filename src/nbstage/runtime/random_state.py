"""The random generators that a notebook's cells share, carried from one stage to the next."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOURCES = ("random", "numpy", "torch")


def random_state(*sources: str) -> dict[str, object]:
    """An exact snapshot of the global generators of `sources`, as a value that `save` stores.

    "random" is the standard library's, "numpy" that of `np.random.seed`, "torch" PyTorch's (left
    out while torch is not imported). Raises ValueError for another word.
    """
    unknown = sorted(set(sources) - set(SOURCES))
    if unknown:
        raise ValueError(f"no random source is called {unknown[0]!r}; there are {SOURCES}")
    taken = {"random": _random, "numpy": _numpy, "torch": _torch}
    found = {source: taken[source]() for source in sources}
    return {source: state for source, state in found.items() if state is not None}


def set_random_state(state: dict[str, Any]) -> None:
    """Put the generators back to where `random_state` saw them."""
    # Any: each library has a type of its own for its state.
    if "random" in state:
        import random

        random.setstate(state["random"])
    if "numpy" in state:
        import numpy as np

        np.random.set_state(state["numpy"])
    if "torch" in state:
        import torch

        torch.set_rng_state(state["torch"]["cpu"])
        if state["torch"]["cuda"]:
            torch.cuda.set_rng_state_all(state["torch"]["cuda"])


def is_shared(generator: object) -> bool:
    """Whether this is numpy's global generator: an object that holds it draws from all the same
    numbers as `np.random.rand`, and has to go on doing so after it was stored.
    """
    numpy = sys.modules.get("numpy.random.mtrand")
    return numpy is not None and generator is getattr(numpy, "_rand", None)


def shared_generator() -> object:
    """The global generator of numpy in this process, in the place of another process's."""
    from numpy.random import mtrand

    return mtrand._rand


def _random() -> object:
    import random

    return random.getstate()


def _numpy() -> object:
    import numpy as np

    return np.random.get_state(legacy=False)


def _torch() -> object:
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}
