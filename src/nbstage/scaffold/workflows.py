"""Workflows and a Dockerfile as text: the templates in `files` with a project's settings.

Pure but for reading the templates.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from nbstage.ci_settings import CiSettings
from nbstage.deploy_settings import KEY, KNOWN_HOSTS, DeploySettings, Target
from nbstage.scaffold.actions import ACTIONS
from nbstage.scaffold.install import with_extra

#: Where each template's file belongs.
PLACES = {
    ".github/dependabot.yml": "dependabot.yml",
    ".github/workflows/ci.yml": "ci.yml",
    ".github/workflows/comment.yml": "comment.yml",
    ".github/workflows/retrain.yml": "retrain.yml",
}
#: The same for a project that has a target for each of `ENVIRONMENTS` to deploy to.
RELEASE_PLACES = {
    ".github/workflows/release.yml": "release.yml",
    ".github/workflows/rollback.yml": "rollback.yml",
}
ENVIRONMENTS = ("staging", "production")
_TEMPLATES = Path(__file__).with_name("files")
_BLOCK = re.compile(r"(?m)^( *)%\{(\w+)\}\n")
_PLACE = re.compile(r"%\{(\w+)\}")
#: What YAML reads as the text that it is, everywhere in a line.
_PLAIN = re.compile(r"[A-Za-z.](?:[\w./=-]| (?=[\w./=-]))*")
_WORDS = frozenset(("false", "n", "no", "null", "off", "on", "true", "y", "yes"))


def workflow_files(
    settings: CiSettings, packages: str, deploy: DeploySettings | None = None
) -> dict[str, str]:
    """The text of each file by its path, with settings in which nothing is open any more.

    `packages` is what Dependabot calls the tool that the project's requirements are for.
    """
    values = _values(settings, packages)
    targets = deploy.targets if deploy else {}
    places = PLACES
    if all(name in targets for name in ENVIRONMENTS):
        values |= _release_values(settings, targets)
        places = PLACES | RELEASE_PLACES
    return {place: _filled(name, values) for place, name in places.items()}


def dockerfile(settings: CiSettings) -> str:
    """The text of a Dockerfile that serves a bundle."""
    needed = with_extra(settings.nbstage, "serve")
    values = {"python": settings.python[0], "nbstage": shlex.quote(needed)}
    return _filled("Dockerfile", values)


def _values(settings: CiSettings, packages: str) -> dict[str, str]:
    """What stands in the places of the templates."""
    values = {
        "branch": _scalar(settings.branch),
        "environment": _scalar(settings.environment),
        "install": _scalar(settings.install),
        "nbstage": _scalar(settings.nbstage),
        "packages": packages,
        "python": json.dumps(settings.python[0]),
        "pythons": json.dumps(settings.python),
        "results": _scalar(settings.results),
        "runner": _scalar(settings.runner),
        "schedule": json.dumps(settings.schedule),
        "secrets": _environment(_secrets(settings.secrets or ())),
        "test": _scalar(settings.test),
        "test_results": _scalar(settings.test_results),
    }
    for name, action in ACTIONS.items():
        values[name] = f"{action.repository}@{action.commit} # {action.version}"
    values["sign_in"] = _filled("sign_in.yml", values)
    if settings.ssh_remote:
        use = ["dvc", "remote", "modify", "--local", settings.ssh_remote, "keyfile"]
        values["use_key"] = _scalar(f'{shlex.join(use)} "$HOME/.ssh/dvc_remote"')
        values["sign_in"] += _filled("ssh.yml", values)
    return values


def _release_values(settings: CiSettings, targets: Mapping[str, Target]) -> dict[str, str]:
    """What stands in the places of release and rollback: each step has what it needs alone."""
    token = {"GH_TOKEN": "github.token"}
    version = {"VERSION": "needs.register.outputs.version"}
    remote = _secrets(settings.secrets or ())
    values = {
        "model": f" {targets['production'].model}".rstrip(),
        "to_register": _environment(token | remote),
        "to_roll_back_any": _environment(
            {"TARGET": "inputs.target"} | _access(*(targets[name] for name in ENVIRONMENTS))
        ),
        "to_roll_back": _environment(_access(targets["production"])),
    }
    for name in ENVIRONMENTS:
        access = _access(targets[name])
        values[f"to_deploy_to_{name}"] = _environment(version | remote | access)
        values[f"to_test_{name}"] = _environment(version | access)
    return values


def _access(*targets: Target) -> dict[str, str]:
    """What opens targets on other machines."""
    return _secrets((KEY, KNOWN_HOSTS)) if any(target.host for target in targets) else {}


def _secrets(names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"secrets.{name}" for name in names}


def _filled(name: str, values: Mapping[str, str]) -> str:
    """A template with its places filled; one that is all of a line takes any number of lines."""
    file = _TEMPLATES / ("workflows" if name.endswith(".yml") else "") / name
    template = file.read_text(encoding="utf-8")

    def block(found: re.Match[str]) -> str:
        return "".join(f"{found[1]}{line}\n" for line in values[found[2]].splitlines())

    return _PLACE.sub(lambda found: values[found[1]], _BLOCK.sub(block, template))


def _environment(values: Mapping[str, str]) -> str:
    """The key `env` of a step that gets the values of expressions; nothing where there are none."""
    lines = [f"  {name}: ${{{{ {value} }}}}" for name, value in values.items()]
    return "\n".join(["env:", *lines]) if lines else ""


def _scalar(text: str) -> str:
    """A text in YAML: JSON's quotes are valid there."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
