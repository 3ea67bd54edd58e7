"""What came of a verification as text and as data for a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nbstage.report.data import Plain, problems_as_data
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import clip, indent, make_line, make_plain, pad, width
from nbstage.verify.nouns import Draws, Failed, Finding, Unseeded, Verdict, Verification, Verified

COLUMNS = 100
_WIDEST = 44
_ROLES = {
    Verdict.EQUAL: "dim",
    Verdict.DIFFERS: "error",
    Verdict.NOT_REPRODUCIBLE: "changed",
    Verdict.NOT_COMPARED: "error",
}


def verified_as_text(verified: Verified, paint: Paint = plain) -> str:
    """Return a table by stage of what was compared, what first differs, and the counts."""
    return "\n".join(_lines(verified, paint))


def _lines(verified: Verified, paint: Paint) -> Iterator[str]:
    yield paint(make_line(verified.notebook), "name")
    yield ""
    if verified.failure is not None:
        yield from _failure(verified.failure, paint)
        return
    yield from _table(verified.findings, paint)
    yield from _left_out(verified.left_out)
    if verified.findings:
        yield ""
    yield _counts(verified)
    yield from _unseeded(verified.unseeded, paint)
    yield from _draws(verified.draws)


def _failure(failed: Failed, paint: Paint) -> Iterator[str]:
    cell = f"cell {failed.cell}" if failed.cell is not None else ""
    stage = f"stage '{make_line(failed.stage)}'" if failed.stage else ""
    where = ", ".join(filter(None, (cell, stage)))
    at = f" in {where}" if where else ""
    yield f"{paint('failed', 'error')}: the {failed.who} did not come to its end{at}"
    yield ""
    yield from (f"  {line}".rstrip() for line in make_plain(failed.text).split("\n"))


def _table(findings: tuple[Finding, ...], paint: Paint) -> Iterator[str]:
    stages = [make_line(found.stage) for found in findings]
    names = [clip(make_line(found.name), _WIDEST) for found in findings]
    left, middle = (max(map(width, texts), default=0) for texts in (stages, names))
    kinds = max((len(found.kind.value) for found in findings), default=0)
    before = None
    for stage, name, found in zip(stages, names, findings, strict=True):
        shown = paint(pad("" if stage == before else stage, left), "name")
        before = stage
        verdict = paint(found.verdict.value, _ROLES[found.verdict])
        row = f"  {shown}  {pad(name, middle)}  {found.kind.value:<{kinds}}  {verdict}"
        yield row if not found.detail else _with_detail(row, found, left + middle + kinds + 8)


def _with_detail(row: str, found: Finding, column: int) -> str:
    """The detail behind its row, or below it if there is no room for it."""
    detail = make_line(found.detail)
    used = column + len(found.verdict.value) + 2
    if used + width(detail) <= COLUMNS:
        return f"{row}: {detail}"
    return f"{row}\n{'':6}{indent(detail, ' ' * 6)}"


def _left_out(paths: tuple[str, ...]) -> Iterator[str]:
    if paths:
        yield ""
        yield "written by cells that are not part of the pipeline, and not compared:"
        yield from (f"  {make_line(path)}" for path in paths)


def _counts(verified: Verified) -> str:
    counts = Counter(found.verdict for found in verified.findings)
    told = [f"{counts[verdict]} {_plural(verdict, counts[verdict])}" for verdict in Verdict]
    there = [text for verdict, text in zip(Verdict, told, strict=True) if counts[verdict]]
    return ", ".join(there) or "nothing to compare: no stage hands anything on or writes a file"


def _plural(verdict: Verdict, count: int) -> str:
    return "differ" if verdict is Verdict.DIFFERS and count > 1 else verdict.value


def _unseeded(calls: tuple[Unseeded, ...], paint: Paint) -> Iterator[str]:
    if not calls:
        return
    yield ""
    yield "no seed governs these calls:"
    for call in calls:
        yield f"  cell {call.cell}, line {call.line}: {make_line(call.call)} ({call.why})"
    hint = "give generators a seed, and take times and names from a parameter."
    yield f"  {paint('hint:', 'hint')} {hint}"


def _draws(draws: tuple[Draws, ...]) -> Iterator[str]:
    if not draws:
        return
    yield ""
    yield "drawn without a seed, in stages that began with the state that the notebook has there:"
    for one in draws:
        yield f"  stage '{make_line(one.stage)}' ({', '.join(one.sources)})"


def verification_as_data(verification: Verification) -> Plain:
    """Return what came of each notebook; `ok` is False where anything differs."""
    return {
        "ok": verification.ok,
        "problems": problems_as_data(verification.problems),
        "stale": [change.path for change in verification.stale],
        "notebooks": [_verified(verified) for verified in verification.notebooks],
    }


def _verified(verified: Verified) -> Plain:
    failed = verified.failure
    counts = Counter(found.verdict for found in verified.findings)
    return {
        "notebook": verified.notebook,
        "ok": verified.ok,
        "failure": None if failed is None else _failed(failed),
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "findings": [_finding(found) for found in verified.findings],
        "left_out": list(verified.left_out),
        "unseeded": [
            {"cell": call.cell, "line": call.line, "call": call.call, "why": call.why}
            for call in verified.unseeded
        ],
        "draws": [{"stage": one.stage, "sources": list(one.sources)} for one in verified.draws],
    }


def _failed(failed: Failed) -> Plain:
    return {
        "who": failed.who,
        "stage": failed.stage,
        "cell": failed.cell,
        "text": failed.text,
    }


def _finding(found: Finding) -> Plain:
    return {
        "stage": found.stage,
        "kind": found.kind.value,
        "name": found.name,
        "verdict": found.verdict.value,
        "detail": found.detail,
    }
