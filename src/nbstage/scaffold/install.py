"""What a project's files say about how it is installed, and what opens its DVC remote. An edge."""

from __future__ import annotations

import configparser
import tomllib
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from nbstage.ci_settings import CiSettings

#: What DVC's libraries read from the environment, by how a remote's URL begins.
_SECRETS = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "azure": ("AZURE_STORAGE_CONNECTION_STRING",),
    "oss": ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_ENDPOINT"),
    "gdrive": ("GDRIVE_CREDENTIALS_DATA",),
}
_REQUIREMENTS = "requirements.txt"


def complete(settings: CiSettings, folder: Path) -> CiSettings:
    """The settings with what they leave open as the project's files have it."""
    name, url = _remote(folder)
    scheme = url.partition("://")[0]
    secrets = _SECRETS.get(scheme, ()) if settings.secrets is None else settings.secrets
    return replace(
        settings,
        install=settings.install or _install(folder),
        nbstage=settings.nbstage or f"nbstage=={version('nbstage')}",
        secrets=secrets,
        ssh_remote=name if scheme == "ssh" else "",
    )


def packages(folder: Path) -> str:
    """What Dependabot calls the tool that the project's requirements are for."""
    return "uv" if (folder / "uv.lock").is_file() else "pip"


def requirements(folder: Path, nbstage: str) -> str:
    """The text of a requirements.txt for a project that says nowhere what it needs; else ""."""
    if _project(folder) or any((folder / name).exists() for name in ("uv.lock", _REQUIREMENTS)):
        return ""
    return (
        "# What the workflows install: add what your notebooks import.\n"
        f"{with_extra(nbstage, 'report')}\n"
        "nbval>=0.11\n"
        "pytest>=8.3.4\n"
    )


def with_extra(nbstage: str, extra: str) -> str:
    """The requirement that installs nbstage, with an extra unless it names its own."""
    return nbstage if "[" in nbstage else nbstage.replace("nbstage", f"nbstage[{extra}]", 1)


def lacking(folder: Path, *, release: bool = False) -> tuple[str, ...]:
    """What the project still has to say before its workflows can run, line by line."""
    lines: list[str] = []
    if not _names_nbstage(folder):
        lines.append("# add nbstage[report], nbval and pytest to what your project needs")
    if release:
        lines.append("# add nbstage[report,registry,serve] to what your project needs")
    if not _remote(folder)[1]:
        lines.append("dvc remote add --default NAME URL  # where the workflows fetch the results")
    return tuple(lines)


def _names_nbstage(folder: Path) -> bool:
    """Whether what is installed names nbstage; in pyproject.toml the settings do so anyway."""
    path = folder / _REQUIREMENTS
    named = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    table = _toml(folder)
    return "nbstage" in f"{named}{table.get('project')}{table.get('dependency-groups')}"


def _install(folder: Path) -> str:
    """By uv: what is locked, else all that is named, held to the constraints."""
    if (folder / "uv.lock").is_file():
        return "uv sync --locked"
    words = ["uv pip install"]
    if _project(folder):
        words.append("--editable .")
    if (folder / _REQUIREMENTS).is_file() or len(words) == 1:
        words.append(f"--requirements {_REQUIREMENTS}")
    if (folder / "constraints.txt").is_file():
        words.append("--constraints constraints.txt")
    return " ".join(words)


def _project(folder: Path) -> bool:
    """Whether pyproject.toml says what the project needs."""
    return "project" in _toml(folder)


def _toml(folder: Path) -> dict[str, object]:
    """What pyproject.toml has in it; its settings were read before, so it is valid."""
    path = folder / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _remote(folder: Path) -> tuple[str, str]:
    """The default remote's name and address; "" if there is none."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read(folder / ".dvc" / "config", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return "", ""  # DVC itself will say so
    name = config.get("core", "remote", fallback="")
    return name, config.get(f"'remote \"{name}\"'", "url", fallback="")
