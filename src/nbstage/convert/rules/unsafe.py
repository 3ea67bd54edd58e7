"""The rule on values that only a pickle could hold, where `safe = true` allows none."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from nbstage.convert import known
from nbstage.convert.artifacts import seen_format
from nbstage.convert.effects.objects import ClassInfo, FunctionInfo
from nbstage.convert.effects.values import Obj, Value, closure
from nbstage.convert.flow import Crossing
from nbstage.convert.formats import SAFE
from nbstage.convert.rules.notebook import Converted
from nbstage.model import Artifact, Problem

_RANDOM = {
    "<numpy.random>": ("numpy's random generator", "np.random.default_rng(seed)"),
    "<random>": ("Python's random generator", "random.Random(seed)"),
    "<torch.random>": ("torch's random generator", "torch.Generator().manual_seed(seed)"),
}
_INSTEAD = {
    "numpy.random.Generator": "make one in each stage that draws: `{0} = np.random.default_rng(seed)`",
    "pandas.Series": "hand on a table: `{0} = {0}.to_frame()`",
    "set": "hand on a list: `{0} = sorted({0})`",
    "tuple": "hand on a list: `{0} = list({0})`",
}
_IN_JSON = frozenset({"list", "dict"})
#: What the analysis calls values of which it knows no more than this.
_VAGUE = frozenset({"data", "numpy", "object", "pandas", "same", "scalar", "self", "splits"})


def judge(converted: Converted, crossing: Crossing, value: Value | None) -> Iterator[Problem]:
    """NBS233."""
    artifact = next(
        (
            found
            for plan in converted.plans
            for found in plan.outputs
            if found.stage == crossing.source and crossing.name in found.names
        ),
        None,
    )
    if artifact is None or _told_elsewhere(converted, crossing, artifact):
        return
    found = _why(converted, crossing, value, artifact)
    if found is not None:
        what, why, hint = found
        yield Problem(
            "NBS233",
            f"{what} needed by {crossing.reader}, but {why}, and `safe = true` allows no pickle",
            converted.place(crossing.maker),
            hint,
        )


def _told_elsewhere(converted: Converted, crossing: Crossing, artifact: Artifact) -> bool:
    """Whether the file holds several values, and another one of them is the first that crosses."""
    found = (
        name
        for source, name in _crossing(converted)
        if source == crossing.source and name in artifact.names
    )
    return min(found, default=crossing.name) != crossing.name


def _crossing(converted: Converted) -> Iterable[tuple[str, str]]:
    return ((found.source, found.name) for found in converted.flow.crossings.values())


def _why(
    converted: Converted, crossing: Crossing, value: Value | None, artifact: Artifact
) -> tuple[str, str, str] | None:
    """What is needed, why only a pickle could hold it, and what to do; None if a file can."""
    name, what = crossing.name, f"'{crossing.name}' is"
    objs = value.objs if value is not None else frozenset()
    if name in _RANDOM:
        state, instead = _RANDOM[name]
        hint = f"give each stage a generator of its own, such as `rng = {instead}`."
        return f"the state of {state} is", "only a pickle can hold it", hint
    if len(artifact.names) > 1:
        names = [found for found in artifact.names if found not in _RANDOM]
        what = f"{', '.join(repr(found) for found in names[:-1])} and '{names[-1]}' are"
        hint = "hand on copies that share nothing, or do this work in one stage."
        return what, "they share what is changed later, so they travel together", hint
    if code := _own_code(objs):
        hint = "do this work in one stage, or hand on plain data and make the object from it there."
        return what, f"it is or holds {code}, which the notebook defines", hint
    extension = posixpath.splitext(artifact.path)[1]
    if (misfit := _misfit(objs, extension)) is not None:
        return what, f"no {extension[1:]} file can hold {_one(misfit)}", _hint(name, misfit)
    if extension in SAFE:
        return None
    return what, *_by_type(converted, crossing, value)


def _own_code(objs: frozenset[Obj]) -> str:
    for obj in sorted(closure(objs, lambda obj: obj.parts), key=lambda obj: obj.type):
        if isinstance(obj.detail, ClassInfo):
            return f"an object of class '{obj.detail.node.name}'"
        if isinstance(obj.detail, FunctionInfo):
            return f"the function '{getattr(obj.detail.node, 'name', 'lambda')}'"
    return ""


def _misfit(objs: frozenset[Obj], extension: str) -> str | None:
    """The type of a part that surely does not fit into a file of the format."""
    if extension == ".json":
        parts = closure(objs, lambda obj: obj.parts if obj.type in _IN_JSON else ())
        return next(iter(sorted({obj.type for obj in parts if obj.type} - _IN_JSON - _VAGUE)), None)
    if extension == ".skops":
        types = {obj.type for obj in closure(objs, lambda obj: obj.parts)}
        models = (type for type in types if known.is_estimator(type))
        return next(iter(sorted(type for type in models if not known.in_skops(type))), None)
    return None


def _by_type(converted: Converted, crossing: Crossing, value: Value | None) -> tuple[str, str]:
    """Why a value without a format of its own would be a pickle, and what to do."""
    name = crossing.name
    if seen_format(converted.flow, crossing.source, name):
        return "only a pickle held it when the notebook was traced", _hint(name, "")
    unset = name in converted.flow.stages[crossing.source].unset
    type = value.type if value is not None and not unset else ""
    if type and type not in _VAGUE:
        return f"only a pickle can hold {_one(type)}", _hint(name, type)
    if unset:
        return "it is not set on every way through the stage", f"set `{name} = None` first."
    return (
        "its type is not known without running the notebook",
        "trace the notebook, or declare a format: `[tool.nbstage.formats]` with "
        f'`{name} = "json"` (or parquet, npy, npz, skops) in pyproject.toml.',
    )


def _hint(name: str, type: str) -> str:
    if type in _INSTEAD:
        return f"{_INSTEAD[type].format(name)}."
    if known.is_estimator(type):
        return "use another model of scikit-learn, or fit and use it in one stage."
    return "hand on plain data, a table or an array, or do this work in one stage."


def _one(type: str) -> str:
    article = "an" if type[:1].lower() in "aeiou" else "a"
    return f"{article} {type}"
