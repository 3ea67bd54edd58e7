"""What a shadow came to, as text and as data for a machine."""

from __future__ import annotations

from nbstage.deploy.nouns import Differing, Shadowed
from nbstage.deploy.told import checks_as_data, checks_as_text, make_lines
from nbstage.report.data import Plain
from nbstage.report.paint import Paint
from nbstage.report.plain import make_line


def shadowed_as_text(done: Shadowed, target: str, paint: Paint) -> str:
    """What it got, what it gave, and how long that took."""
    first = (
        f"shadowed: {done.model} {done.version} got copies of the requests to {done.beside} at "
        f"'{target}', and is stopped"
    )
    lines = [first, *checks_as_text(done.checks, paint).splitlines(), *_copies(done)]
    if done.ended:
        lines.append(f"{paint('failed', 'error')}  its service ended before its time")
    lines += [*_compared(done), *_latency(done)]
    if done.printed:
        printed = (f"  {make_line(line)}" for line in done.printed.splitlines())
        lines += ["what it printed last:", *printed]
    return make_lines([lines[0], *(f"  {line}" for line in lines[1:])])


def shadowed_as_data(done: Shadowed, target: str) -> dict[str, Plain]:
    """The same for a machine."""
    return {
        "ok": done.ok,
        "target": target,
        "did": "shadowed",
        "model": done.model,
        "version": done.version,
        "beside": done.beside,
        "held": done.held,
        "ended": done.ended,
        "checks": checks_as_data(done.checks),
        "copies": {
            "requests": done.requests,
            "answered": done.answered,
            "refused": done.refused,
            "failed": done.failed,
            "lost": done.lost,
        },
        "rows": done.rows,
        "different": done.different,
        "fields": [
            {"field": one.field, "values": one.values, "largest": one.largest}
            for one in done.fields
        ],
        "seconds": done.seconds,
        "shadow_seconds": done.shadow_seconds,
        "printed": done.printed,
    }


def _copies(done: Shadowed) -> list[str]:
    if not done.requests:
        return [f"no request came in {done.held:g} s: that proves nothing"]
    became = [
        f"{count} {what}"
        for count, what in (
            (done.answered, "answered"),
            (done.refused, "refused (4xx)"),
            (done.failed, "failed (5xx, too late)"),
            (done.lost, "lost, as it was too slow"),
        )
        if count
    ]
    return [f"copies of {_count(done.requests, 'request')}: {', '.join(became)}"]


def _compared(done: Shadowed) -> list[str]:
    if not done.rows:
        return []
    said = f"{done.different} of {_count(done.rows, 'row')} predicted otherwise"
    return [said, *(f"  {_differing(one, done.rows)}" for one in done.fields)]


def _differing(one: Differing, rows: int) -> str:
    apart = f", numbers by at most {one.largest:.6g}" if one.largest is not None else ""
    share = f"{_count(one.values, 'value')} ({100 * one.values / rows:.3g}%)"
    return f"'{make_line(one.field)}': {share}{apart}"


def _latency(done: Shadowed) -> list[str]:
    if not done.requests or not done.seconds or not done.shadow_seconds:
        return []
    return [
        f"a request took {1000 * done.seconds:.1f} ms in the mean, and "
        f"{1000 * done.shadow_seconds:.1f} ms with the shadow"
    ]


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
