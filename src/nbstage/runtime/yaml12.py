"""YAML as DVC reads it (version 1.2), through whichever of ruamel.yaml and PyYAML is installed."""

from __future__ import annotations

from nbstage.runtime.errors import StageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

# What ruamel.yaml takes for a number or a truth value in YAML 1.2. PyYAML follows 1.1, where `1e-3`
# is text, `010` is eight and `yes` is true.
INTEGER = r"[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)$"
FLOAT = (
    r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
TRUTH = r"(?:true|True|TRUE|false|False|FALSE)$"


def read_yaml(text: str) -> object:
    """The plain data that `text` holds; raises ValueError, with the line, if it is not YAML."""
    try:
        return _with_ruamel(text)
    except ModuleNotFoundError:
        pass
    try:
        return _with_pyyaml(text)
    except ModuleNotFoundError:
        raise StageError(
            "params.yaml can't be read without ruamel.yaml or PyYAML. Install one of them."
        ) from None


def _with_ruamel(text: str) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data: object = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(_one_line(error)) from None
    return data


def _with_pyyaml(text: str) -> object:
    import yaml  # type: ignore[import-untyped]

    try:
        data: object = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise ValueError(_one_line(error)) from None
    return data


def _one_line(error: Exception) -> str:
    """The first line of a parser's report, and where in the file it is."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"{what} (line {mark.line + 1})" if mark else str(what)


def _loader() -> type[Any]:
    """PyYAML's safe loader with the scalars of YAML 1.2."""
    import re

    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Copies the resolvers first: the base class must stay as it is for everybody else."""

        yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, object]]]] = {
            first: [(tag, rule) for tag, rule in rules if tag.rpartition(":")[2] not in REPLACED]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    prefix = "tag:yaml.org,2002:"
    Loader.add_implicit_resolver(f"{prefix}bool", re.compile(TRUTH), list("tTfF"))
    Loader.add_implicit_resolver(f"{prefix}int", re.compile(INTEGER), list("-+0123456789"))
    Loader.add_implicit_resolver(f"{prefix}float", re.compile(FLOAT), list("-+.0123456789"))
    Loader.add_constructor(f"{prefix}int", _integer)
    Loader.add_constructor(f"{prefix}map", _mapping)
    return Loader


REPLACED = ("bool", "int", "float")


def _integer(loader: Any, node: Any) -> int:
    # Any: PyYAML's classes only exist once it is imported.
    text = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.lstrip("+-")
    bases = {"0b": 2, "0o": 8, "0x": 16}
    return int(text, bases.get(digits[:2], 10))


def _mapping(loader: Any, node: Any) -> dict[object, object]:
    """A mapping; a key that stands twice is an error, as it is to DVC."""
    import yaml

    own = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    names = [loader.construct_object(key, deep=True) for key in own]
    twice = [key for key, name in zip(own, names, strict=True) if names.count(name) > 1]
    if twice:
        problem = f"key {twice[-1].value!r} stands twice"
        raise yaml.constructor.ConstructorError(None, None, problem, twice[-1].start_mark)
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }
