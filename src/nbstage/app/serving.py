"""A model behind HTTP, and the tokens of those who may use it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nbstage.app.bundling import bundled
from nbstage.bundle import Bundle, Predictor, open_bundle
from nbstage.config import find_root, read_settings
from nbstage.errors import UserError
from nbstage.serve import tokens
from nbstage.serve.nouns import Limits, Logging, Service
from nbstage.serve.supervise import is_loopback
from nbstage.serve.supervise import serve as serve_predictor
from nbstage.serve_settings import ServiceSettings

Say = Callable[[str], None]
VARIABLE = "NBSTAGE_TOKENS"
_NEEDED = ("fastapi", "fastapi_offline", "uvicorn", "prometheus_client")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; None where the settings do."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int | None = None
    tokens: Path | None = None
    open: bool = False
    log: Path | None = None
    no_log: bool = False
    allow_pickle: bool = False
    shadow_file: Path | None = None
    socket: Path | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, how, and where it is to be found."""

    bundle: Bundle
    service: Service
    address: str


def serve(what: str, asked: Asked, *, started: Callable[[Serving], None], say: Say) -> None:
    """Serve a version, a bundle, a project or a model's file until a signal comes.

    `started` is called once it answers; then `say` gets what happens to the workers. Raises
    UserError where it can't be served, before anybody is answered.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"a service needs {', '.join(missing)}", "pip install 'nbstage[serve]'")
    service = _service(asked)
    with bundled(what, say) as bundle:
        _refuse_fields(service, bundle)
        serve_predictor(
            partial(_open, bundle.folder, allow_pickle=asked.allow_pickle),
            service,
            lambda address: started(Serving(bundle, service, address)),
            say,
        )


def new_token(name: str, file: Path | None) -> tuple[str, Path]:
    """A new token, and the file that now has its hash."""
    path = _tokens(file)
    return tokens.new_token(path, name, f"{datetime.now(UTC):%Y-%m-%d}"), path


def revoke_token(name: str, file: Path | None) -> Path:
    """Take a token out of the file that is given back."""
    path = _tokens(file)
    tokens.revoke_token(path, name)
    return path


def _open(folder: Path, *, allow_pickle: bool) -> Predictor:
    """In a worker: the bundle's files are checked again, as it may be days later."""
    return Predictor(open_bundle(folder), allow_pickle=allow_pickle)


def _service(asked: Asked) -> Service:
    root, settings = _settings()
    file, told = _tokens(asked.tokens), os.environ.get(VARIABLE, "")
    _refuse_unguarded(asked, file, told)
    logged = asked.log or (_near(root / settings.log) if settings.log else None)
    return Service(
        host=asked.host,
        port=asked.port,
        workers=asked.workers or settings.workers,
        tokens=file,
        told=told,
        open=asked.open,
        limits=Limits(settings.max_bytes, settings.max_rows, settings.timeout),
        logging=Logging(
            None if asked.no_log else logged,
            settings.log_fields,
            settings.log_file_bytes,
            settings.log_bytes,
        ),
        shadow_file=asked.shadow_file,
        socket=asked.socket,
    )


def _settings() -> tuple[Path, ServiceSettings]:
    """The project's, where there is one: a bundle alone is served with the defaults."""
    try:
        root = find_root(Path.cwd())
    except UserError:
        return Path.cwd(), ServiceSettings()
    return root, read_settings(root).serve.service


def _tokens(file: Path | None) -> Path:
    if file is not None:
        return file
    root, settings = _settings()
    return _near(root / settings.tokens)


def _near(path: Path) -> Path:
    """The path as one would write it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _refuse_unguarded(asked: Asked, file: Path, told: str) -> None:
    """Raise UserError where nobody could come in, or everybody could."""
    good = (*tokens.read_tokens(file), *tokens.told_tokens(told))
    if asked.open and not is_loopback(asked.host):
        raise UserError(
            f"--no-auth would let everybody in who reaches '{asked.host}'",
            "make a token with `nbstage serve --new-token NAME`, or serve on 127.0.0.1.",
        )
    if not asked.open and not good:
        raise UserError(
            f"there is no token, so nobody could use the service: '{file}' has none, and "
            f"{VARIABLE} is not set",
            "`nbstage serve --new-token NAME` makes one; `--no-auth` serves this machine alone, "
            "without any.",
        )


def _refuse_fields(service: Service, bundle: Bundle) -> None:
    known = [column.name for column in bundle.columns]
    strange = [name for name in service.logging.fields if name not in known]
    if strange:
        listed = ", ".join(f"'{name}'" for name in strange)
        raise UserError(
            f"log_fields in [tool.nbstage.serve] names {listed}, which the model's rows don't have",
            f"they have {', '.join(known)}.",
        )
