"""Promoting, rolling back and the log: what is refused, who is faster, what is replayed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from nbstage.app import registering
from nbstage.errors import UserError
from nbstage.registry import resolve, tagging, write
from nbstage.registry.kept import lineage_path
from nbstage.registry.names import Named
from nbstage.registry.nouns import Did, Moved, Refused
from nbstage.registry.signing import verify_signature
from nbstage.registry.tags import ROLLBACK
from nbstage.registry.write import commit_beside
from tests.repository import Repository, git_environment, new_repository


@pytest.fixture(autouse=True)
def as_ada(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)


def register(repository: Repository, version: str, verdict: str = "met") -> None:
    """A version as `nbstage register` makes it, as far as the log goes."""
    repository.commit()
    source = repository.git("rev-parse", "HEAD")
    told = {"name": "model", "version": version, "source": source, "gate": {"verdict": verdict}}
    files = {lineage_path("model"): json.dumps(told).encode()}
    commit = commit_beside(repository.root, source, files, "Register", 1_700_000_000)
    repository.tag(f"model@{version}", commit)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two versions that met the gate."""
    made = new_repository(tmp_path / "project")
    register(made, "v1.0.0")
    register(made, "v1.1.0")
    return made


@pytest.fixture
def shared(repository: Repository, tmp_path: Path) -> tuple[Repository, Repository]:
    """The same in two clones of one server's repository."""
    repository.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "server"))
    repository.git("remote", "add", "origin", str(tmp_path / "server"))
    repository.git("push", "--quiet", "origin", "main", "--tags")
    repository.git("clone", "--quiet", str(tmp_path / "server"), str(tmp_path / "other"))
    return repository, Repository(tmp_path / "other")


def promote(repository: Repository, version: str, stage: str = "prod") -> Moved:
    return registering.promote(repository.root, Named("", version), stage)


def tags(repository: Repository) -> list[str]:
    return repository.git("tag", "--list", "--sort=creatordate").split()


def faults(repository: Repository) -> tuple[str, ...]:
    return registering.audit(repository.root, registering.models(repository.root)["model"])


# --- promoting


def test_a_version_is_put_into_a_stage_by_a_tag_of_gto_s_and_nothing_else_changes(
    repository: Repository,
) -> None:
    before = repository.git("for-each-ref", "refs/heads"), repository.git("status", "--porcelain")
    moved = promote(repository, "v1.0.0")
    assert (moved.tag, moved.before, moved.pushed) == ("model#prod#1", "", False)
    assert promote(repository, "latest").before == "v1.0.0"
    assert promote(repository, "v1.0.0", "staging").tag == "model#staging#3"
    assert resolve(repository.root, "model@prod").version == "v1.1.0"
    now = repository.git("for-each-ref", "refs/heads"), repository.git("status", "--porcelain")
    assert now == before
    assert "Nbstage-From: v1.0.0" in repository.git("cat-file", "tag", "model#prod#2")


def test_what_is_done_in_one_second_is_a_second_apart_in_the_log(repository: Repository) -> None:
    for version in ("v1.0.0", "v1.1.0", "v1.0.0"):
        promote(repository, version)
    times = repository.git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/model#prod#*")
    found = [int(time) for time in times.split()]
    assert found == sorted(set(found))


def test_a_version_that_is_there_already_is_refused(repository: Repository) -> None:
    promote(repository, "v1.0.0")
    with pytest.raises(Refused, match=r"'model@v1\.0\.0' is in stage 'prod' already"):
        promote(repository, "v1.0.0")
    assert tags(repository) == ["model@v1.0.0", "model@v1.1.0", "model#prod#1"]


def test_a_version_that_is_not_registered_is_refused(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"'model' has no version 'v3.0.0'"):
        promote(repository, "v3.0.0")


def test_a_version_that_the_gate_never_judged_is_refused_unless_that_is_accepted(
    repository: Repository,
) -> None:
    register(repository, "v1.2.0", "ungated")
    with pytest.raises(Refused, match=r"'model@v1.2.0' was registered without the gate"):
        promote(repository, "latest")
    moved = registering.promote(
        repository.root, Named(), "prod", "a  try\nat it", accept_ungated=True
    )
    assert moved.forced == "ungated"
    kept = repository.git("cat-file", "tag", moved.tag)
    assert "\n\na try at it\n\nNbstage-Forced: ungated" in kept
    assert faults(repository) == ()


def test_a_version_made_by_another_tool_is_one_that_the_gate_never_judged(
    repository: Repository,
) -> None:
    repository.commit()
    repository.tag("model@v2.0.0")
    with pytest.raises(Refused, match="was made without nbstage"):
        promote(repository, "v2.0.0")


@pytest.mark.parametrize("stage", ["latest", "--all", "v1.0.0", "a b", "", "prod#1", "x@y"])
def test_what_can_be_no_stage_is_refused(repository: Repository, stage: str) -> None:
    with pytest.raises(UserError, match="is no stage"):
        promote(repository, "v1.0.0", stage)


# --- rolling back


def test_a_rollback_brings_back_what_was_there_each_time_further(repository: Repository) -> None:
    register(repository, "v1.2.0")
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        promote(repository, version)
    for version in ("v1.1.0", "v1.0.0"):
        assert registering.rollback(repository.root, "", "prod").version.version == version
        assert resolve(repository.root, "@prod").version == version
    with pytest.raises(Refused, match="there is no way back"):
        registering.rollback(repository.root, "model", "prod")
    assert promote(repository, "v1.2.0").before == "v1.0.0"
    assert registering.rollback(repository.root, "", "prod").version.version == "v1.0.0"
    assert faults(repository) == ()


def test_a_reason_can_t_make_a_rollback_of_a_promotion(repository: Repository) -> None:
    promote(repository, "v1.0.0")
    registering.promote(repository.root, Named(), "prod", ROLLBACK)
    events = registering.models(repository.root)["model"].events
    assert [event.did for event in events[-2:]] == [Did.PROMOTED, Did.PROMOTED]


def test_a_stage_without_a_version_can_t_be_rolled_back(repository: Repository) -> None:
    with pytest.raises(Refused, match="no version of 'model' is in stage 'prod'"):
        registering.rollback(repository.root, "", "prod")


# --- a server and several people


def test_a_promotion_is_pushed_and_seen_by_others(shared: tuple[Repository, Repository]) -> None:
    one, other = shared
    assert promote(one, "v1.0.0").pushed
    assert promote(other, "v1.1.0").before == "v1.0.0"
    assert registering.rollback(one.root, "", "prod").version.version == "v1.0.0"
    assert tags(one)[-1] == "model#prod#3"


def test_of_two_promotions_at_once_the_slower_is_refused_and_leaves_nothing(
    shared: tuple[Repository, Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = shared
    make_tag = write.make_tag

    def meanwhile(*args: object, **more: object) -> None:
        monkeypatch.setattr(tagging, "make_tag", make_tag)
        promote(other, "v1.1.0")
        make_tag(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tagging, "make_tag", meanwhile)
    with pytest.raises(Refused, match="somebody else was faster: 'model#prod#1' is at 'origin'"):
        promote(one, "v1.0.0")
    assert resolve(one.root, "model@prod").version == "v1.1.0"  # theirs is here now
    assert faults(one) == ()


def test_of_two_promotions_at_once_in_one_clone_the_slower_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tag = write.make_tag

    def meanwhile(*args: object, **more: object) -> None:
        monkeypatch.setattr(tagging, "make_tag", make_tag)
        promote(repository, "v1.1.0")
        make_tag(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tagging, "make_tag", meanwhile)
    with pytest.raises(Refused, match="somebody else was faster: 'model#prod#1' is here"):
        promote(repository, "v1.0.0")
    assert resolve(repository.root, "model@prod").version == "v1.1.0"


def test_where_the_server_refuses_the_tag_is_not_left_here(
    shared: tuple[Repository, Repository], tmp_path: Path
) -> None:
    hook = tmp_path / "server/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'tags are protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(UserError, match="'origin' doesn't take the tag 'model#prod#1'"):
        promote(shared[0], "v1.0.0")
    assert "model#prod#1" not in tags(shared[0])


def test_a_promotion_that_is_interrupted_leaves_nothing(
    shared: tuple[Repository, Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(root: Path, tag: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tagging, "push_tag", interrupted)
    with pytest.raises(KeyboardInterrupt):
        promote(shared[0], "v1.0.0")
    assert "model#prod#1" not in tags(shared[0])


def test_a_push_whose_answer_was_lost_is_done(
    shared: tuple[Repository, Repository], tmp_path: Path
) -> None:
    hook = tmp_path / "server/hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    assert promote(shared[0], "v1.0.0").pushed
    hook.unlink()
    assert promote(shared[1], "v1.1.0").before == "v1.0.0"


def test_a_server_that_does_not_answer_is_told_and_can_be_left_alone(
    shared: tuple[Repository, Repository], tmp_path: Path
) -> None:
    (tmp_path / "server").rename(tmp_path / "away")
    with pytest.raises(UserError, match="the tags of 'origin' can't be read"):
        promote(shared[0], "v1.0.0")
    moved = registering.promote(shared[0].root, Named("", "v1.0.0"), "prod", push=False)
    assert not moved.pushed
    (tmp_path / "away").rename(tmp_path / "server")
    # The version itself goes along with the next promotion, and what was not pushed is seen.
    with pytest.raises(Refused, match="already"):
        promote(shared[0], "v1.0.0")


def test_a_version_that_was_not_pushed_goes_along_with_its_promotion(
    shared: tuple[Repository, Repository],
) -> None:
    one, other = shared
    register(one, "v1.2.0")
    promote(one, "v1.2.0")
    other.git("fetch", "--quiet", "--tags")
    assert resolve(other.root, "@prod").version == "v1.2.0"


def test_only_what_is_meant_is_pushed_and_nothing_pruned_whatever_git_s_settings_are(
    shared: tuple[Repository, Repository],
) -> None:
    one, other = shared
    for setting in ("fetch.prune", "fetch.pruneTags", "push.followTags"):
        one.git("config", setting, "true")
    register(one, "v1.2.0")
    one.tag("mine", "model@v1.2.0")
    assert promote(one, "v1.2.0").version.version == "v1.2.0"
    assert "mine" in tags(one)
    other.git("fetch", "--quiet", "--tags")
    assert "mine" not in tags(other)


def test_another_tag_of_the_same_name_at_the_server_is_refused_and_other_moved_tags_are_not(
    shared: tuple[Repository, Repository],
) -> None:
    one, other = shared
    other.git("tag", "nightly", "HEAD")
    other.git("push", "--quiet", "origin", "nightly")
    one.git("tag", "nightly", "HEAD~1")
    assert promote(one, "v1.0.0").pushed
    other.git("tag", "--annotate", "model@v3.0.0", "-m", "theirs", "HEAD")
    other.git("push", "--quiet", "origin", "model@v3.0.0")
    one.git("tag", "--annotate", "model@v3.0.0", "-m", "mine", "HEAD~1")
    with pytest.raises(UserError, match=r"another tag of a name that is known here: model@v3.0.0"):
        promote(one, "v1.1.0")


def test_pushing_without_a_server_is_refused(repository: Repository) -> None:
    with pytest.raises(UserError, match="there is no 'origin' to push to"):
        registering.promote(repository.root, Named(), "prod", push=True)


def test_a_log_from_the_future_is_refused(repository: Repository) -> None:
    repository.git(
        "tag",
        *("-a", "model#prod#1", "-m", "x", "model@v1.0.0^{}"),
        GIT_COMMITTER_DATE="4000000000 +0000",
    )
    with pytest.raises(Refused, match="'model#prod#1' is dated in the future"):
        promote(repository, "v1.1.0")


# --- the log replayed


def test_a_log_that_was_tampered_with_says_where(repository: Repository) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        promote(repository, version)
    assert faults(repository) == ()
    repository.git("tag", "--delete", "model#prod#1")
    assert faults(repository) == (
        "a tag with the number 1 is missing: somebody deleted it, or hid it",
    )
    repository.git("update-ref", "refs/tags/model#prod#1", "refs/tags/model#prod#2")
    assert (
        faults(repository)[0] == "'model#prod#1': the tag was made as 'model#prod#2', and renamed"
    )


def test_a_log_says_what_does_not_follow(repository: Repository) -> None:
    register(repository, "v1.2.0", "ungated")
    repository.commit()
    later = "2033-05-18T03:33:20Z"
    commit = repository.git("rev-parse", "HEAD")

    def tag(name: str, at: str, message: str = "x") -> None:
        repository.minute += 1
        repository.git(
            *("tag", "-a", name, "-m", message, f"{at}^{{}}"),
            GIT_COMMITTER_DATE=f"{later[:-3]}{repository.minute:02}Z",
        )

    tag("model#prod#1", commit)
    tag("model#prod#2", "model@v1.2.0")
    tag("model#prod#3", "model@v1.0.0", f"x\n\n{ROLLBACK}")
    tag("model@v1.3.0", "model@v1.0.0")
    assert faults(repository) == (
        "'model#prod#1': the commit that it names was no version then",
        "'model#prod#2': 'v1.2.0' never met the gate, and nobody said that this is accepted",
        "'model#prod#3': 'v1.0.0' was not in stage 'prod' before",
        "'model@v1.3.0': its commit has another version already",
        "'model@v1.3.0': its lineage is that of 'model@v1.0.0'",
        "'model@v1.3.0': it was made of the same commit as 'v1.0.0'",
    )


# --- signatures


@pytest.fixture
def key(repository: Repository, tmp_path: Path) -> Path:
    """Ada's key, with which her tags are signed."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    made = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(made)]
    subprocess.run(make, check=True)
    repository.git("config", "user.signingkey", str(made))
    return made


def signers(key: Path, who: str = "ada@example.org") -> Path:
    file = key.with_suffix(".signers")
    file.write_text(f"{who} {key.with_suffix('.pub').read_text()}")
    return file


def test_a_signed_tag_says_who_signed_it(repository: Repository, key: Path) -> None:
    moved = registering.promote(repository.root, Named(), "prod", sign=True)
    assert verify_signature(repository.root, moved.tag, signers(key)) == "ada@example.org"
    assert registering.models(repository.root)["model"].events[-1].signed
    assert "Nbstage" not in registering.models(repository.root)["model"].events[-1].message


def test_a_tag_that_nobody_signed_or_somebody_else_did_is_refused(
    repository: Repository, key: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"nobody who may has signed the tag 'model@v1.0.0'"):
        verify_signature(repository.root, "model@v1.0.0", signers(key))
    moved = registering.promote(repository.root, Named(), "prod", sign=True)
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    with pytest.raises(UserError, match="nobody who may has signed the tag 'model#prod#1'"):
        verify_signature(repository.root, moved.tag, signers(other))
    told = registering.audit(
        repository.root, registering.models(repository.root)["model"], signers(key)
    )
    assert [line.partition(":")[0] for line in told] == [
        "nobody who may has signed the tag 'model@v1.0.0'",
        "nobody who may has signed the tag 'model@v1.1.0'",
    ]


def test_a_signed_tag_under_another_name_is_refused(repository: Repository, key: Path) -> None:
    moved = registering.promote(repository.root, Named(), "prod", sign=True)
    repository.git("update-ref", "refs/tags/model#prod#2", f"refs/tags/{moved.tag}")
    with pytest.raises(UserError, match="'model#prod#2' was made as 'model#prod#1', and renamed"):
        verify_signature(repository.root, "model#prod#2", signers(key))


def test_a_signed_tag_whose_text_was_changed_is_refused(repository: Repository, key: Path) -> None:
    moved = registering.promote(repository.root, Named("", "v1.0.0"), "prod", sign=True)
    text = repository.git("cat-file", "tag", moved.tag) + "\n"
    ours, theirs = (repository.git("rev-parse", f"model@v1.{n}.0^{{}}") for n in (0, 1))
    (repository.root / "forged").write_text(text.replace(ours, theirs))
    made = repository.git("hash-object", "-w", "-t", "tag", "forged")
    repository.git("update-ref", f"refs/tags/{moved.tag}", made)
    with pytest.raises(UserError, match="nobody who may has signed"):
        verify_signature(repository.root, moved.tag, signers(key))


def test_what_a_signature_needs_is_said(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the tag can't be signed"):
        registering.promote(repository.root, Named(), "prod", sign=True)
    assert "model#prod#1" not in tags(repository)
    with pytest.raises(UserError, match="there is no file"):
        verify_signature(repository.root, "model@v1.0.0", tmp_path / "none")
    with pytest.raises(UserError, match="there is no annotated tag"):
        verify_signature(repository.root, "--help", tmp_path / "none")
