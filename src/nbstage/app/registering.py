"""A model's way from a commit to a version, and from stage to stage."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nbstage.app.reporting import gate
from nbstage.baseline.git import git, is_changed
from nbstage.config import parse_settings
from nbstage.errors import UserError
from nbstage.gate.nouns import LeftOut
from nbstage.gate.told import gated_as_data
from nbstage.registry.again import numbers_given, refuse_number, version_of_commit
from nbstage.registry.audit import Origin, faults_of
from nbstage.registry.bump import kind_of, next_version
from nbstage.registry.choice import declare, declared_model
from nbstage.registry.lineage import describe, parents_of, read_lineage
from nbstage.registry.names import Named, check_stage
from nbstage.registry.nouns import Model, Moved, Put, Refused, Registered, Version
from nbstage.registry.prepared import Prepared, date_of, prepare
from nbstage.registry.released import release
from nbstage.registry.resolve import chosen_model, version_of
from nbstage.registry.signing import unsigned_in
from nbstage.registry.slices import slices_of
from nbstage.registry.source import lay_out_source, settings_text
from nbstage.registry.stages import UNGATED, refuse_promotion, version_before
from nbstage.registry.state import current, models_of
from nbstage.registry.store import send
from nbstage.registry.tagging import (
    how_to_put,
    message_of,
    next_count,
    next_time,
    put_tag,
)
from nbstage.registry.tags import ROLLBACK, folder_in_git, read_events, tag_of
from nbstage.registry.verdict import no_verdict, verdict_in, verdict_of
from nbstage.registry.write import commit_beside, identity, is_on_a_branch
from nbstage.registry_settings import RegistrySettings
from nbstage.report.data import Plain

__all__ = ["Asked", "audit", "declare", "models", "promote", "register", "rollback"]
Say = Callable[[str], None]
_EARLY = "no branch of 'origin' has the commit yet: the tag has brought it there"
_UNSENT = "there is no DVC remote: this machine's cache alone has the model"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a model is to be registered. What is "" or None is found out."""

    name: str = ""
    bump: str = ""
    version: str = ""
    trusted: tuple[str, ...] = ()
    allow_pickle: bool = False
    verdict: Path | None = None
    no_gate: bool = False
    existing_ok: bool = False
    reason: str = ""
    sign: bool = False
    push: bool | None = None


def register(root: Path, asked: Asked, say: Say) -> Registered:
    """Make a version of the commit that is checked out: its model, lineage and card, as a commit
    beside it that its tag alone holds. Nothing else in the repository changes.

    Raises Refused and UserError with what stands in the way; then there is no version.
    """
    _need("huggingface_hub", "skops")
    commit = (git(root, "rev-parse", "--verify", "--quiet", "HEAD") or "").strip()
    if not commit:
        raise UserError("nothing is committed yet", "`git commit` comes before a version.")
    identity(root)  # now, and not when all is made
    say("asking git")
    how = how_to_put(root, sign=asked.sign, push=asked.push)
    name, path = declared_model(root, commit, asked.name)
    model = models_of(read_events(root)).get(name, Model(name, (), {}, ()))
    again = version_of_commit(root, model, commit)
    if again is not None:
        return _again(again, commit, existing_ok=asked.existing_ok)
    if asked.version:
        refuse_number(model, asked.version)
    if not asked.no_gate and asked.verdict is None and is_changed(root):
        raise Refused(
            "something is not committed: the gate would judge other files than are registered",
            "commit it, or put it aside with `git stash`.",
        )
    with tempfile.TemporaryDirectory(prefix="nbstage-release-") as folder:
        way = _Way(model, commit, path, how, Path(folder).resolve())
        return _release(root, asked, way, say)


@dataclass(frozen=True, slots=True)
class _Way:
    """What is known on the way to a version: the model so far, the commit and the file in it,
    how tags are made, and a folder for what is made.
    """

    model: Model
    commit: str
    path: str
    how: Put
    folder: Path


def _release(root: Path, asked: Asked, way: _Way, say: Say) -> Registered:
    """The version, if its model can be released and the gate is met: what takes longest is last."""
    name, made = way.model.name, way.folder / "made"
    made.mkdir()
    say("reading the model")
    source = lay_out_source(root, way.commit, name, way.path, way.folder / "files")
    settings = parse_settings(settings_text(source))
    released = release(source, made, _files_settings(settings.registry, asked))
    lineage = describe(source, released, _verdict(root, asked, way.commit, say))
    number, why = _number(root, asked, way.model, lineage)
    at = next_time(way.model.events, time.time())
    lineage |= {
        "version": number,
        "why": [*why],
        "registered": {"at": date_of(at), "by": identity(root)},
        "slices": slices_of(source.side, settings.predicted),
    }
    prepared = prepare(root, source, released, lineage)
    say("sending the model to the DVC remote")
    sent = send(root, prepared.objects)
    version = _tagged(root, asked, way, number, at, prepared)
    early = way.how.push and not is_on_a_branch(root, way.commit)
    notes = ((_UNSENT,) if not sent else ()) + ((_EARLY,) if early else ())
    return Registered(version, why, (*released.notes, *notes), way.how.push)


def _tagged(
    root: Path, asked: Asked, way: _Way, number: str, at: int, prepared: Prepared
) -> Version:
    """The version, made: a commit, and the tag that holds it."""
    name = way.model.name
    title = f"Register {name} {number}"
    commit = commit_beside(root, way.commit, prepared.files, title, at)
    version = Version(name, number, tag_of(folder_in_git(root), name, f"@{number}"), commit)
    message = message_of(title, asked.reason, forced=UNGATED if asked.no_gate else "")
    put_tag(root, version.tag, version, message, at, way.how)
    return version


def promote(
    root: Path,
    named: Named,
    stage: str,
    reason: str = "",
    *,
    accept_ungated: bool = False,
    existing_ok: bool = False,
    sign: bool = False,
    push: bool | None = None,
) -> Moved:
    """Put a version, the newest unless one is named, into a stage.

    Raises Refused and UserError with what stands in the way; then nothing was changed.
    """
    check_stage(stage)
    how = how_to_put(root, sign=sign, push=push)
    model = chosen_model(models_of(read_events(root)), named.model)
    version = version_of(model, named)
    before = current(model).get(stage, "")
    if existing_ok and before == version.version:
        return Moved(version, stage, before, "", pushed=False)
    lineage = read_lineage(root, version)
    forced = refuse_promotion(model, version, stage, lineage, accept_ungated=accept_ungated)
    title = f"Promote {model.name} {version.version} to {stage}"
    return _move(
        root, model, Moved(version, stage, before, "", how.push, forced), title, reason, how
    )


def rollback(
    root: Path,
    name: str,
    stage: str,
    reason: str = "",
    *,
    sign: bool = False,
    push: bool | None = None,
) -> Moved:
    """Put the version into a stage that was there before. Each time again leads further back.

    Raises Refused and UserError with what stands in the way; then nothing was changed.
    """
    check_stage(stage)
    how = how_to_put(root, sign=sign, push=push)
    model = chosen_model(models_of(read_events(root)), name)
    version, before = version_before(model, stage)
    title = f"Roll {stage} of {model.name} back to {version.version}"
    moved = Moved(version, stage, before, "", how.push)
    return _move(root, model, moved, title, reason, how, (ROLLBACK,))


def _move(
    root: Path,
    model: Model,
    moved: Moved,
    title: str,
    reason: str,
    how: Put,
    marks: tuple[str, ...] = (),
) -> Moved:
    tag = tag_of(folder_in_git(root), model.name, f"#{moved.stage}#{next_count(model)}")
    marks = (*marks, *((f"Nbstage-From: {moved.before}",) if moved.before else ()))
    message = message_of(title, reason, marks, moved.forced)
    put_tag(root, tag, moved.version, message, next_time(model.events, time.time()), how)
    return replace(moved, tag=tag)


def models(root: Path) -> dict[str, Model]:
    """The models that git's tags here tell of."""
    return models_of(read_events(root))


def audit(root: Path, model: Model, signers: Path | None = None) -> tuple[str, ...]:
    """What is wrong in a model's log; nothing if each step follows from those before it.

    With `signers` each tag has to be signed by somebody that this file names.
    """
    tagged = {event.commit: event.tag for event in model.events}
    parents = parents_of(root, tagged)
    origins = {
        commit: Origin(
            read_lineage(root, Version(model.name, "", tag, commit)), parents.get(commit, "")
        )
        for commit, tag in tagged.items()
    }
    unsigned = unsigned_in(root, model, signers) if signers else ()
    return (*faults_of(model, origins), *unsigned)


def _files_settings(said: RegistrySettings, asked: Asked) -> RegistrySettings:
    """What the project's settings and the command line allow, both together."""
    trusted = tuple(dict.fromkeys((*said.trusted, *asked.trusted)))
    return RegistrySettings(trusted, said.allow_pickle or asked.allow_pickle)


def _again(version: Version, commit: str, *, existing_ok: bool) -> Registered:
    if existing_ok:
        return Registered(version, existed=True)
    raise Refused(
        f"commit {commit[:7]} is registered already, as '{version.name}@{version.version}'",
        "a commit is one version. `--existing-ok` takes that for fine.",
    )


def _verdict(root: Path, asked: Asked, commit: str, say: Say) -> dict[str, Plain]:
    """The gate's verdict: as given, or asked for here."""
    if asked.no_gate:
        return no_verdict()
    if asked.verdict is not None:
        return verdict_in(asked.verdict, commit)
    try:
        found = gate(root, None, fetch=True, left_out=LeftOut(), say=say)
    except UserError as error:
        hint = f"{error.hint} `--no-gate` registers without a verdict, and says so for good."
        raise UserError(error.message, hint) from None
    data: dict[str, object] = dict(gated_as_data(found))
    return verdict_of(data, commit, where="your folder")


def _number(
    root: Path, asked: Asked, model: Model, lineage: dict[str, Plain]
) -> tuple[str, tuple[str, ...]]:
    """The new version, and why it is that one."""
    if asked.version:
        return asked.version, ("as told",)
    given = numbers_given(model)
    if not given:
        return next_version("", ""), ("the first version",)
    if asked.bump:
        return next_version(given[-1], asked.bump), (f"{asked.bump}, as told",)
    before = read_lineage(root, model.versions[-1]) if model.versions else None
    kind, why = kind_of(before, lineage)
    return next_version(given[-1], kind), tuple(f"{kind}: {one}" for one in why)


def _need(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        listed = " and ".join(name.replace("_", "-") for name in missing)
        raise UserError(f"a registry needs {listed}", 'pip install "nbstage[registry]"')
