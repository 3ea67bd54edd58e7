"""A request carried out at a site of this machine."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import IO

from nbstage.deploy import roll
from nbstage.deploy.beside import Doing
from nbstage.deploy.canary import canary
from nbstage.deploy.nouns import Say
from nbstage.deploy.shadow import shadow
from nbstage.deploy.wire import Reply, Request, as_line, read_bundle, read_request
from nbstage.errors import UserError


def fulfil(request: Request, bundle: Path | None, say: Say) -> Reply:
    """Do what is asked; `bundle` is the folder of the one to deploy. Raises Failed, UserError."""
    raising = canary(request.canary, request.hold) if request.canary else None
    doing = Doing(request.who, say, request.wait, raising, request.reason)
    match request.do:
        case "deploy" if bundle is not None:
            return Reply(roll.deploy(request.site, bundle, doing))
        case "shadow" if bundle is not None:
            return Reply(shadowed=shadow(request.site, bundle, request.hold, doing))
        case "roll back":
            return Reply(roll.roll_back(request.site, doing))
        case "start":
            return Reply(roll.start(request.site, doing))
        case "look":
            return Reply(checks=roll.look(request.site))
    raise UserError(f"nobody knows how to '{request.do}'", "install the same nbstage on both.")


def receive(source: IO[bytes], out: IO[str]) -> None:
    """Carry out a request that comes from another machine, and reply."""
    try:
        with tempfile.TemporaryDirectory(prefix="nbstage-received-") as name:
            request = read_request(source)
            bundle = Path(name) if request.do in ("deploy", "shadow") else None
            if bundle is not None:
                read_bundle(source, bundle)
            reply: Reply | UserError = fulfil(request, bundle, _say)
    except UserError as error:
        reply = error
    print(as_line(reply), file=out, flush=True)


def _say(text: str) -> None:
    """Tell whoever asked, if they are still there: what was begun is brought to its end anyway."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        return
