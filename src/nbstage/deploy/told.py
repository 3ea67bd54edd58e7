"""What a deployment or a smoke test came to, as text and as data for a machine."""

from __future__ import annotations

from nbstage.deploy.nouns import Check, Deployed, Share
from nbstage.report.data import Plain
from nbstage.report.paint import Paint
from nbstage.report.plain import make_line


def deployed_as_text(done: Deployed, target: str, paint: Paint) -> str:
    """What serves now, and how that was found out."""
    named = f"{done.model} {done.version}"
    if done.same:
        first = f"{named} serves at '{target}' already"
    elif not done.model:
        first = f"{done.did}: '{target}'"
    else:
        instead = f" in the place of {done.before}" if done.before else ""
        first = f"{done.did}: {named} serves at '{target}'{instead}"
    lines = [first, *(f"  {line}" for line in checks_as_text(done.checks, paint).splitlines())]
    lines += [f"  {_share(share)}" for share in done.shares]
    if done.switched:
        lines.append(f"  requests to {done.address} go to it; that took {done.switched:.1f} s")
    lines += [f"  note: {note}" for note in done.notes]
    return make_lines(lines)


def deployed_as_data(done: Deployed, target: str) -> dict[str, Plain]:
    """The same for a machine."""
    return {
        "ok": True,
        "target": target,
        "did": done.did,
        "model": done.model,
        "version": done.version,
        "before": done.before,
        "address": done.address,
        "same": done.same,
        "seconds": round(done.switched, 3),
        "checks": checks_as_data(done.checks),
        "shares": [
            {
                "percent": share.percent,
                "requests": share.requests,
                "errors": share.errors,
                "seconds": share.seconds,
            }
            for share in done.shares
        ],
        "notes": list(done.notes),
    }


def checks_as_text(checks: tuple[Check, ...], paint: Paint) -> str:
    """A line for each check."""
    return make_lines(
        [
            f"{paint('ok    ', 'hint') if check.ok else paint('failed', 'error')}  "
            f"{check.what}: {make_line(check.told)}"
            for check in checks
        ]
    )


def checks_as_data(checks: tuple[Check, ...]) -> list[Plain]:
    """The same for a machine."""
    return [{"what": check.what, "ok": check.ok, "told": check.told} for check in checks]


def make_lines(lines: list[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines)


def _share(share: Share) -> str:
    if not share.requests:
        return f"at {share.percent}% no request came: that proves nothing"
    return (
        f"at {share.percent}%: {share.requests} requests, {share.errors} failures, "
        f"{1000 * share.seconds:.1f} ms each"
    )
