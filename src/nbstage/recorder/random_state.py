"""The global random generators: where they stand, without moving them."""

from __future__ import annotations

import ast
import random
import sys
from typing import Any

_SEEDING = frozenset({"seed", "set_state", "setstate", "manual_seed", "manual_seed_all"})
_SEEDING_ALL = frozenset({"seed_everything", "set_seed", "set_random_seed"})
_JUST_SEEDED = 624


def take() -> dict[str, Any]:
    """The state of each generator that is there by now."""
    # Any: each library has a type of its own for its state.
    found: dict[str, Any] = {"random": random.getstate()}
    numpy = _numpy()
    if numpy is not None:
        state = numpy.get_state(legacy=False)
        inner = state["state"]
        key = inner["key"].tobytes() if "key" in inner else repr(inner)
        found["numpy"] = (key, inner.get("pos"), state["has_gauss"], state["gauss"])
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch"] = bytes(torch.get_rng_state().numpy().data)
    return found


def moved(before: dict[str, Any], after: dict[str, Any], seeds: set[str]) -> list[str]:
    """The generators that numbers were drawn from."""
    return sorted(
        name
        for name, state in after.items()
        if _drawn(name, before.get(name), state, seeded=name in seeds)
    )


def _drawn(name: str, before: Any, after: Any, *, seeded: bool) -> bool:
    if before is None:  # imported by this very cell
        return name == "numpy" and after[1] not in (_JUST_SEEDED - 1, _JUST_SEEDED)
    if before == after:
        return False
    # Both are the same generator, which stands here when nothing was drawn since it was seeded.
    if seeded and name == "numpy":
        return bool(after[1] != _JUST_SEEDED or after[2])
    if seeded and name == "random":
        return bool(after[1][-1] != _JUST_SEEDED or after[2] is not None)
    return True


def seeds(tree: ast.AST, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The generators that the code seems to have set, by the names of the calls in it."""
    changed = {name for name, state in after.items() if state != before.get(name)}
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr) as func) if attr in _SEEDING:
                found |= {_library(ast.unparse(func))} & changed
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                found |= changed if name in _SEEDING_ALL | {"seed", "manual_seed"} else set()
    return found


def _library(path: str) -> str:
    if "torch" in path:
        return "torch"
    return "numpy" if path.startswith(("np.", "numpy.", "npr.")) else "random"


def _numpy() -> Any:
    """numpy's global generator; asking numpy for it would import it."""
    module = sys.modules.get("numpy.random.mtrand")
    return getattr(module, "_rand", None)
