"""What two machines say to each other in a deployment: a line of JSON, then a bundle; a line back.

{"format": 1, "do": "deploy", "who": "ada@laptop", "wait": 300, "site": {...}}   + tar
{"format": 1, "deployed": {...}} or {"format": 1, "failed": "...", "hint": "...", "code": 1}
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from nbstage.bundle import Bundle
from nbstage.bundle.folder import NAME
from nbstage.deploy.nouns import Check, Deployed, Differing, Failed, Shadowed, Share, Site
from nbstage.errors import UserError

FORMAT = 1
_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be done at a site: "deploy", "shadow", "roll back", "start" or "look".

    `canary` is the first share of the requests in percent, 0 for none, kept for `hold` seconds,
    which are also those of a shadow.
    `reason` is kept in the log.
    """

    do: str
    site: Site
    who: str = ""
    wait: float = 300.0
    canary: int = 0
    hold: float = 60.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of it: a deployment, a shadow, or a smoke test's checks."""

    deployed: Deployed | None = None
    checks: tuple[Check, ...] = ()
    shadowed: Shadowed | None = None


def write_request(request: Request, bundle: Bundle | None, out: IO[bytes]) -> None:
    """Send a request, and the bundle's files with it if there is one."""
    data = asdict(request)
    data["site"]["folder"] = str(request.site.folder)
    out.write(json.dumps({"format": FORMAT, **data}).encode() + b"\n")
    if bundle is not None:
        with tarfile.open(fileobj=out, mode="w|") as tar:
            for path in (NAME, *sorted(bundle.files)):
                tar.add(bundle.folder / path, path, recursive=False)
    out.flush()


def read_request(source: IO[bytes]) -> Request:
    """The request that comes in. Raises UserError for anything else."""
    try:
        data = json.loads(source.readline(_LONGEST))
        _check_format(data)
        told = data.pop("site")
        site = Site(**{**told, "folder": Path(told["folder"])})
        return Request(site=site, **data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(
            "this is no request of a deployment", "`nbstage deploy --to TARGET` sends one."
        ) from None


def read_bundle(source: IO[bytes], folder: Path) -> None:
    """Lay out the files that come with a request. Raises UserError where they end too early."""
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts or not member.isreg():
                    raise UserError(f"'{member.name}' is no file of a bundle", "make it anew.")
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None
                with target.open("xb") as out:
                    while chunk := content.read(1 << 20):
                        out.write(chunk)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"the bundle did not arrive: {error}", "deploy it again.") from None


def as_line(reply: Reply | UserError) -> str:
    """A reply as one line."""
    if isinstance(reply, UserError):
        code = 1 if isinstance(reply, Failed) else 2
        data: dict[str, object] = {"failed": reply.message, "hint": reply.hint, "code": code}
    else:
        data = asdict(reply)
    return json.dumps({"format": FORMAT, **data})


def read_reply(text: str) -> Reply | None:
    """The reply in what was printed, None if there is none. Raises what it says was raised."""
    try:
        data = json.loads(text.strip().rpartition("\n")[2])
        _check_format(data)
        if "failed" in data:
            kind = Failed if data["code"] == 1 else UserError
            raise kind(str(data["failed"]), str(data["hint"]))
        told = data["deployed"]
        shade = data.get("shadowed")
        return Reply(
            _deployed(told) if told else None,
            _checks(data["checks"]),
            _shadowed(shade) if shade else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


# Any: JSON.
def _check_format(data: dict[str, Any]) -> None:
    if data.pop("format") != FORMAT:
        raise UserError(
            "the two machines have versions of nbstage that don't understand each other",
            "install the same version on both.",
        )


def _deployed(data: dict[str, Any]) -> Deployed:
    shares = tuple(Share(**one) for one in data["shares"])
    notes = tuple(map(str, data["notes"]))
    return Deployed(**{**data, "checks": _checks(data["checks"]), "shares": shares, "notes": notes})


def _shadowed(data: dict[str, Any]) -> Shadowed:
    fields = tuple(Differing(**one) for one in data["fields"])
    return Shadowed(**{**data, "checks": _checks(data["checks"]), "fields": fields})


def _checks(data: list[dict[str, Any]]) -> tuple[Check, ...]:
    return tuple(Check(**one) for one in data)
