"""What the registry says, as text and as data for a machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from nbstage.registry.data import listed, mapping
from nbstage.registry.lineage import is_ungated
from nbstage.registry.nouns import Did, Event, Model, Moved, Registered, Version
from nbstage.registry.state import current
from nbstage.registry.tags import reason_of
from nbstage.report.data import Plain
from nbstage.report.plain import make_line


def registered_as_text(done: Registered) -> str:
    """The new version, why it is called so, and what is to be done next."""
    version = done.version
    named = f"{version.name}@{version.version}"
    if done.existed:
        return f"{named} is this commit: it was registered before"
    lines = [f"registered {named} ({make_line('; '.join(done.why))})"]
    lines += [f"  note: {make_line(note)}" for note in done.notes]
    pushed = "pushed" if done.pushed else "not pushed"
    lines.append(f"  release commit {version.commit[:7]}, tag '{version.tag}', {pushed}")
    lines.append(f"next: nbstage promote {named} STAGE")
    return "\n".join(lines)


def registered_as_data(done: Registered) -> dict[str, Plain]:
    """The version, and what came of it."""
    return {
        "ok": True,
        **version_as_data(done.version),
        "existed": done.existed,
        "why": list(done.why),
        "notes": list(done.notes),
        "pushed": done.pushed,
    }


def moved_as_text(done: Moved) -> str:
    """Which version is in the stage now, and which was."""
    if not done.tag:
        return f"{done.version.name}@{done.version.version} is in stage '{done.stage}' already"
    forced = f", {done.forced}" if done.forced else ""
    before = f" in the place of {done.before}" if done.before else ", the first one there"
    pushed = "pushed" if done.pushed else "not pushed"
    return (
        f"{done.version.name}@{done.version.version} is in stage '{done.stage}'{before}{forced}\n"
        f"  tag '{done.tag}', {pushed}"
    )


def moved_as_data(done: Moved) -> dict[str, Plain]:
    """The version that was put into a stage, and the one before."""
    return {
        "ok": True,
        "name": done.version.name,
        "version": done.version.version,
        "commit": done.version.commit,
        "stage": done.stage,
        "before": done.before or None,
        "tag": done.tag,
        "pushed": done.pushed,
        "forced": done.forced or None,
    }


def models_as_text(models: dict[str, Model]) -> str:
    """Each model with its versions, the newest first, and the stages that they are in."""
    return "\n\n".join("\n".join(_model(model)) for model in models.values())


def _model(model: Model) -> Iterator[str]:
    made = {event.version: event for event in model.events if event.did is Did.REGISTERED}
    yield model.name
    width = max((len(one.version) for one in model.versions), default=0)
    for version in reversed(model.versions):
        event = made[version.version]
        said = [*event.forced, *([f"in {', '.join(version.stages)}"] if version.stages else [])]
        when = f"{day(event.at)}  {make_line(event.who)}"
        yield f"  {version.version:<{width}}  {when}  {make_line(', '.join(said))}".rstrip()
    if not model.versions:
        yield "  no version"


def history_as_text(model: Model) -> str:
    """Everything that was done with a model, the oldest first."""
    rows = [
        (time_of(event.at), _did(event), make_line(event.who), make_line(reason_of(event)))
        for event in model.events
    ]
    widths = [max((len(row[at]) for row in rows), default=0) for at in (1, 2)]
    lines = (
        f"  {when}  {what:<{widths[0]}}  {who:<{widths[1]}}  {why}".rstrip()
        for when, what, who, why in rows
    )
    return "\n".join([model.name, *lines])


def _did(event: Event) -> str:
    version = event.version or event.commit[:7]
    match event.did:
        case Did.REGISTERED:
            told = f"{version} registered"
        case Did.WITHDRAWN:
            told = f"{version} withdrawn"
        case Did.PROMOTED:
            told = f"{version} promoted to {event.stage}"
        case Did.ROLLED_BACK:
            told = f"{event.stage} rolled back to {version}"
        case Did.TAKEN_OUT:
            told = f"{version} taken out of {event.stage}"
    forced = "".join(f", {one}" for one in event.forced)
    return make_line(f"{told}{forced}{', signed' if event.signed else ''}")


def models_as_data(models: dict[str, Model]) -> list[Plain]:
    """The models with their versions and stages."""
    return [
        {
            "name": model.name,
            "versions": [version_as_data(version) for version in model.versions],
            "stages": dict(sorted(current(model).items())),
        }
        for model in models.values()
    ]


def version_as_data(version: Version) -> dict[str, Plain]:
    """A version, its tag, its release commit and the stages that it is in."""
    return {
        "name": version.name,
        "version": version.version,
        "tag": version.tag,
        "commit": version.commit,
        "stages": list(version.stages),
    }


def event_as_data(event: Event) -> dict[str, Plain]:
    """One entry of the log."""
    return {
        "tag": event.tag,
        "did": event.did.value,
        "version": event.version or None,
        "stage": event.stage or None,
        "commit": event.commit,
        "at": time_of(event.at),
        "who": event.who,
        "reason": reason_of(event) or None,
        "message": event.message,
        "forced": list(event.forced),
        "signed": event.signed,
    }


def day(at: int) -> str:
    """A date, in UTC."""
    return time_of(at)[:10]


def time_of(at: int) -> str:
    """A date and time in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def lineage_as_text(version: Version, lineage: dict[str, object] | None) -> str:
    """A version and where it comes from, for people."""
    return "\n".join(_lineage(version, lineage))


def _lineage(version: Version, lineage: dict[str, object] | None) -> Iterator[str]:
    yield f"{version.name}@{version.version}"
    rows = list(_rows(version, lineage or {}))
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        yield f"  {name:<{width}}  {make_line(text)}".rstrip()
    if lineage is None:
        yield "  it was made without nbstage: nothing says where it comes from"


def _rows(version: Version, lineage: dict[str, object]) -> Iterator[tuple[str, str]]:
    model, made = mapping(lineage.get("model")), mapping(lineage.get("made_from"))
    registered, gate = mapping(lineage.get("registered")), mapping(lineage.get("gate"))
    environment = mapping(lineage.get("environment"))
    yield "stages", ", ".join(version.stages) or "none"
    yield "release commit", version.commit
    if not lineage:
        return
    yield "source commit", str(lineage.get("source", ""))
    yield "registered", f"{registered.get('at', '')} by {registered.get('by', '')}"
    yield "model", f"{model.get('released', '')}  {model.get('released_md5') or model.get('md5')}"
    for name in listed(model.get("trusted")):
        yield "  reviewed", str(name)
    judged = len(listed(gate.get("lines")))
    yield "gate", "not asked" if is_ungated(lineage) else f"met ({judged} lines)"
    for path, found in mapping(lineage.get("metrics")).items():
        for name, value in mapping(found).items():
            yield "metric", f"{name} = {_short(value)}  ({path})"
    yield from _made_rows(made)
    packages = mapping(environment.get("packages"))
    yield "environment", f"Python {environment.get('python')}, {len(packages)} packages"
    for note in listed(lineage.get("notes")):
        yield "note", str(note)


def _made_rows(made: dict[str, object]) -> Iterator[tuple[str, str]]:
    for path, said in mapping(made.get("data")).items():
        rows = mapping(said).get("rows")
        yield "data", f"{path}  {mapping(said).get('md5')}{f'  {rows:,} rows' if rows else ''}"
    for path, hashed in mapping(made.get("code")).items():
        yield "code", f"{path}  {hashed}"
    for key, value in mapping(made.get("params")).items():
        yield "parameter", f"{key.rpartition(':')[2]} = {value}"


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
