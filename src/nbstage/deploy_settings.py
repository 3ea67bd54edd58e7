"""`[tool.nbstage.deploy]`: where versions of a model are served.

[tool.nbstage.deploy.targets.staging]
to = "local:/srv/churn-staging"         # a folder of this machine; relative: to the project
address = "127.0.0.1:8001"              # where requests come in; default: 127.0.0.1:8000
model = "churn"                         # the only model that may be deployed there
workers = 2                             # processes that answer
latency = 0.5                           # seconds in which a smoke test's request has to be answered
allow_pickle = false                    # whether the service may read files that could run code
require_signature = "allowed_signers"   # versions have to be signed by somebody in this file

[tool.nbstage.deploy.targets.production]
to = "ssh://deploy@models.example.org/srv/churn"
program = "/srv/venv/bin/nbstage"       # nbstage over there; default: on the PATH

[tool.nbstage.deploy.targets.image]     # any other way: a command
command = ["podman", "build", "--file", "Dockerfile", "--tag", "churn:{version}", "{bundle}"]
rollback = ["..."]                      # what brings back the version before
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nbstage.toml_table import Table, entries, entry, number, take, text, texts, truth

#: What a machine without keys of its own, as in CI, gets in and knows the other one by.
KEY, KNOWN_HOSTS = "NBSTAGE_SSH_KEY", "NBSTAGE_SSH_KNOWN_HOSTS"
ADDRESS = "127.0.0.1:8000"
LATENCY = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """A place to deploy to: a folder, here or (with `host`) on another machine, or a command."""

    name: str
    folder: str = ""
    host: str = ""
    port: int | None = None
    address: str = ADDRESS
    model: str = ""
    workers: int = 1
    latency: float = LATENCY
    allow_pickle: bool = False
    require_signature: str = ""
    program: str = "nbstage"
    command: tuple[str, ...] = ()
    rollback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeploySettings:
    """The targets by their names."""

    targets: dict[str, Target] = field(default_factory=dict)


_KEYS = (
    "address",
    "allow_pickle",
    "command",
    "latency",
    "model",
    "program",
    "require_signature",
    "rollback",
    "to",
    "workers",
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# What ssh and a shell at its other end take as it is, and nothing as an option.
_SSH = re.compile(r"ssh://((?:[\w.-]+@)?\w[\w.-]*)(?::(\d{1,5}))?(/[\w./-]*)", re.ASCII)
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/-]*")
_PROGRAM = re.compile(r"[\w/.][\w/.-]*", re.ASCII)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\])?:\d{1,5}")


def parse_deploy(table: Table) -> tuple[DeploySettings, list[str]]:
    """The targets, and everything wrong with them."""
    values, faults = entries(table, ("targets",))
    every, found = entries(entry(table, values, "targets", {}))
    faults += found
    targets: dict[str, Target] = {}
    for name, value in every.items():
        place = Table(f"{table.name}.targets.{name}", value)
        if _NAME.fullmatch(name):
            targets[name] = take(_target(name, place), faults)
        else:
            faults.append(f"{place.name}: a target is called like 'staging' or 'prod-2'")
    return DeploySettings(targets), faults


def target_at(text: str) -> Target | None:
    """The target that `local:DIR` or `ssh://HOST/DIR` stands for, None for any other text."""
    if not text.startswith(("local:", "ssh://")):
        return None
    found, faults = _place(Table(text, text))
    return None if faults else Target("", *found)


def _target(name: str, table: Table) -> tuple[Target, list[str]]:
    values, faults = entries(table, _KEYS)

    def given(key: str) -> str:
        return take(text(entry(table, values, key, None)), faults)

    folder, host, port = take(_place(entry(table, values, "to", None)), faults)
    command = take(texts(entry(table, values, "command", [])), faults)
    if bool(command) == ("to" in values):
        faults.append(f"{table.name} must have 'to', or else 'command'")
    workers = take(number(entry(table, values, "workers", 1)), faults)
    latency = take(number(entry(table, values, "latency", LATENCY)), faults)
    if workers is None or not 1 <= workers <= 256 or workers != int(workers):
        faults.append(f"{table.name}.workers must be a whole number from 1 to 256")
        workers = 1
    if latency is None or latency <= 0:
        faults.append(f"{table.name}.latency must be more than 0 seconds")
    return Target(
        name,
        folder,
        host,
        port,
        address=take(_matching(table, "address", given("address"), _ADDRESS, ":8000"), faults)
        or ADDRESS,
        model=take(_matching(table, "model", given("model"), _MODEL, "churn"), faults),
        workers=int(workers),
        latency=latency or LATENCY,
        allow_pickle=take(truth(entry(table, values, "allow_pickle", False)), faults),
        require_signature=given("require_signature"),
        program=take(
            _matching(table, "program", given("program"), _PROGRAM, "/srv/venv/bin/nbstage"),
            faults,
        )
        or "nbstage",
        command=command,
        rollback=take(texts(entry(table, values, "rollback", [])), faults),
    ), faults


def _place(table: Table) -> tuple[tuple[str, str, int | None], list[str]]:
    """The folder, the host ("" for this machine) and its port."""
    said, faults = text(table)
    if said.startswith("local:") and said != "local:":
        return (said.removeprefix("local:"), "", None), faults
    if found := _SSH.fullmatch(said):
        return (found[3], found[1], int(found[2]) if found[2] else None), faults
    if said:
        faults = [f"{table.name}: '{said}' is none such as 'local:/srv/churn', 'ssh://host/srv/x'"]
    return ("", "", None), faults


def _matching(
    table: Table, key: str, value: str, pattern: re.Pattern[str], example: str
) -> tuple[str, list[str]]:
    if not value or pattern.fullmatch(value):
        return value, []
    return "", [f"{table.name}.{key}: '{value}' is none such as '{example}'"]
