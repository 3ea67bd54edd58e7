"""`[tool.nbstage.ci]`: what the workflows that `nbstage init` writes have to know of a project.

[tool.nbstage.ci]
python = ["3.12", "3.13"]         # the tests run on each, the model on the first
runner = "ubuntu-latest"
branch = "main"                   # the main branch
install = "uv sync --locked"      # default: by what is there: uv.lock, pyproject.toml, ...
test = "pytest"
results = "dvc pull --allow-missing"  # how the results get there; without a remote: "dvc repro"
test_results = "pytest --nbval-lax --nbval-current-env"  # the tests that need the results
secrets = ["AWS_ACCESS_KEY_ID"]   # what opens the DVC remote; default: by its URL
environment = "dvc-remote"        # GitHub's environment that holds them
schedule = "17 4 * * 1"           # of retrain, as cron has it
nbstage = "nbstage==0.1.0"        # the requirement that installs nbstage
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbstage.toml_table import Table, entries, entry, take, text, texts


@dataclass(frozen=True, slots=True)
class CiSettings:
    """What the workflows are made with. An `install` or `nbstage` of "" and `secrets` of None are
    found in the project, and so is the default remote's name if it is reached by SSH.
    """

    python: tuple[str, ...] = ("3.12",)
    runner: str = "ubuntu-latest"
    branch: str = "main"
    install: str = ""
    test: str = "pytest"
    results: str = "dvc pull --allow-missing"
    test_results: str = "pytest --nbval-lax --nbval-current-env"
    secrets: tuple[str, ...] | None = None
    environment: str = "dvc-remote"
    schedule: str = "17 4 * * 1"
    nbstage: str = ""
    ssh_remote: str = ""


_VERSION = re.compile(r"3\.\d+")
_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMANDS = ("install", "results", "test", "test_results")
_LINES = (*_COMMANDS, "branch", "environment", "nbstage", "runner", "schedule")
_KEYS = tuple(sorted((*_LINES, "python", "secrets")))


def parse_ci(table: Table) -> tuple[CiSettings, list[str]]:
    """The workflows' settings, and everything wrong with them."""
    values, faults = entries(table, _KEYS)
    default = CiSettings()

    def line(key: str, otherwise: str) -> str:
        return take(_line(entry(table, values, key, None)), faults) or otherwise

    secrets = entry(table, values, "secrets", None)
    pythons = entry(table, values, "python", list(default.python))
    return CiSettings(
        python=take(_all(pythons, _VERSION, "3.12"), faults) or default.python,
        runner=line("runner", default.runner),
        branch=line("branch", default.branch),
        install=line("install", default.install),
        test=line("test", default.test),
        results=line("results", default.results),
        test_results=line("test_results", default.test_results),
        secrets=(
            None if secrets.value is None else take(_all(secrets, _SECRET, "AWS_KEY"), faults)
        ),
        environment=line("environment", default.environment),
        schedule=line("schedule", default.schedule),
        nbstage=line("nbstage", default.nbstage),
    ), faults


def _line(table: Table) -> tuple[str, list[str]]:
    """A text of one line. GitHub would put anything into a command in place of an expression."""
    value, faults = text(table)
    if "\n" in value or "\r" in value:
        return "", [f"{table.name} must be one line"]
    if "${{" in value and table.name.rpartition(".")[2] in _COMMANDS:
        return "", [f"{table.name} is a command: it can't hold '${{{{', an expression of GitHub's"]
    return value, faults


def _all(table: Table, pattern: re.Pattern[str], example: str) -> tuple[tuple[str, ...], list[str]]:
    values, faults = texts(table)
    wrong = [value for value in values if not pattern.fullmatch(value)]
    faults += [f"{table.name}: '{value}' is none such as '{example}'" for value in wrong]
    return tuple(value for value in values if value not in wrong), faults
