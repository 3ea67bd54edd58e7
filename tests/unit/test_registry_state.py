"""Tags -> versions and stages; a version's files laid out with their very bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from nbstage.errors import UserError
from nbstage.registry import fetch, resolve
from nbstage.registry.nouns import Did
from nbstage.registry.state import current, models_of
from nbstage.registry.tags import ROLLBACK, read_events
from tests.repository import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two versions; the second is in production and was the first's successor there."""
    made = new_repository(tmp_path / "project")
    made.commit()
    made.tag("model@v1.2.0")
    made.commit()
    made.tag("model@v1.10.0")
    made.tag("model#prod#1", "model@v1.2.0")
    made.tag("model#prod#2", "model@v1.10.0")
    return made


def refusal(root: Path, reference: str) -> str:
    with pytest.raises(UserError) as caught:
        resolve(root, reference)
    return caught.value.message


# --- which version is meant


def test_a_version_is_found_by_its_number_its_stage_and_as_the_newest(
    repository: Repository,
) -> None:
    newest = resolve(repository.root, "model@v1.10.0")
    assert (newest.tag, newest.stages) == ("model@v1.10.0", ("prod",))
    assert resolve(repository.root, "model@prod") == newest
    assert resolve(repository.root, "model@latest") == newest  # 10 comes after 2
    assert resolve(repository.root, "@prod") == newest
    assert resolve(repository.root, "v1.2.0").stages == ()


def test_a_version_is_its_tagged_commit_and_not_the_tag_object(repository: Repository) -> None:
    commit = subprocess.check_output(
        ["git", "rev-parse", "model@v1.2.0^{commit}"], cwd=repository.root, text=True
    )
    assert resolve(repository.root, "model@v1.2.0").commit == commit.strip()


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("model@v9.9.9", "'model' has no version 'v9.9.9', but 'v1.2.0', 'v1.10.0'"),
        ("model@staging", "no version of 'model' is in stage 'staging'; those with one are 'prod'"),
        ("other@prod", "there is no model 'other', but 'model'"),
        ("model", "'model' names a model, and none of its versions"),
        ("--upload-pack=x@prod", "'--upload-pack=x' can't be a model's name"),
        ("model@--all", "'--all' is no stage that a version could be in, and no version either"),
        ("model@v1.2", "'v1.2' is no stage that a version could be in, and no version either"),
        ("model\n@prod", "'model?' can't be a model's name"),
        ("@", "'' is no stage that a version could be in, and no version either"),
        ("", "'' can't be a model's name"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    repository: Repository, reference: str, message: str
) -> None:
    assert refusal(repository.root, reference) == message


def test_a_project_without_versions_or_git_says_so(tmp_path: Path) -> None:
    assert refusal(tmp_path, "model@prod") == "the project is not under git"
    empty = new_repository(tmp_path / "empty")
    assert refusal(empty.root, "model@prod") == "no version of a model is registered here"


def test_tags_that_are_none_of_gto_s_change_nothing(repository: Repository) -> None:
    repository.tag("v3.0.0")
    repository.tag("model@v2")
    repository.git("tag", "model@v7.0.0")  # no annotated one: GTO doesn't read it either
    repository.git("tag", "-a", "model@v8.0.0", "-m", "of a tree", "HEAD^{tree}")
    assert resolve(repository.root, "model@latest").version == "v1.10.0"


def test_models_of_a_project_in_a_folder_of_the_repository_are_its_own(tmp_path: Path) -> None:
    made = new_repository(tmp_path / "all")
    (made.root / "sub").mkdir()
    made.commit()
    made.tag("model@v1.0.0")
    made.tag("sub=model@v2.0.0")
    assert resolve(made.root / "sub", "model@latest").tag == "sub=model@v2.0.0"
    assert resolve(made.root, "model@latest").tag == "model@v1.0.0"


# --- what the events come to


def test_rollbacks_lead_further_and_further_back(repository: Repository) -> None:
    repository.commit()
    repository.tag("model@v2.0.0")
    repository.tag("model#prod#3", "model@v2.0.0")
    repository.tag("model#prod#4", "model@v1.10.0", f"back\n\n{ROLLBACK}")
    model = models_of(read_events(repository.root))["model"]
    assert model.stacks == {"prod": ("v1.2.0", "v1.10.0")}
    assert [event.did for event in model.events][-2:] == [Did.PROMOTED, Did.ROLLED_BACK]
    repository.tag("model#prod#5", "model@v1.2.0", f"back\n\n{ROLLBACK}")
    assert models_of(read_events(repository.root))["model"].stacks == {"prod": ("v1.2.0",)}


def test_a_withdrawn_version_and_an_emptied_stage_are_no_more(repository: Repository) -> None:
    repository.tag("model@v1.10.0!#3", "model@v1.10.0")
    assert resolve(repository.root, "model@latest").version == "v1.2.0"
    assert "which is not registered any more" in refusal(repository.root, "model@prod")
    repository.tag("model#prod!#4", "model@v1.10.0")
    assert current(models_of(read_events(repository.root))["model"]) == {}
    assert refusal(repository.root, "model@prod").startswith("no version of 'model' is in stage")


def test_a_message_of_many_lines_is_read_whole(repository: Repository) -> None:
    repository.tag("model#prod#3", "model@v1.2.0", "one\n\ntwo\nNbstage-Forced: ungated")
    last = read_events(repository.root)[-1]
    assert (last.message, last.forced) == ("one\n\ntwo\nNbstage-Forced: ungated", ("ungated",))
    assert (last.who, last.version) == ("Ada <ada@example.org>", "v1.2.0")


# --- its files


@pytest.fixture
def kept(tmp_path: Path) -> Repository:
    """A version with a file in git, one in DVC's cache, a folder there, and a .dvc file."""
    made = new_repository(tmp_path / "project")
    (made.root / ".dvc").mkdir()
    model, member, added = made.cache(b"model"), made.cache(b"member"), made.cache(b"added")
    listing = json.dumps([{"md5": member, "relpath": "in/a.txt"}]).encode()
    folder = hashlib.md5(listing, usedforsecurity=False).hexdigest()
    place = made.root / ".dvc/cache/files/md5" / folder[:2] / f"{folder[2:]}.dir"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(listing)
    (made.root / "code").mkdir()
    (made.root / "code/a.py").write_bytes(b"a = 1\r\n")
    outs = f"[{{path: model.bin, md5: {model}}}, {{path: parts, md5: {folder}.dir}}]"
    made.commit(
        **{
            ".gitignore": "/.dvc/cache\n",
            "dvc.yaml": "stages: {train: {cmd: x, outs: [model.bin, parts]}}\n"
            "artifacts: {model: {path: model.bin}}\n",
            "dvc.lock": f"schema: '2.0'\nstages: {{train: {{cmd: x, outs: {outs}}}}}\n",
            "raw.csv.dvc": f"outs:\n- md5: {added}\n  path: raw.csv\n",
        }
    )
    made.tag("model@v1.0.0")
    made.commit(**{"dvc.lock": "", "dvc.yaml": "", "raw.csv.dvc": ""})
    return made


def test_a_version_s_model_is_laid_out_with_its_bytes(kept: Repository, tmp_path: Path) -> None:
    version = resolve(kept.root, "model@v1.0.0")
    assert fetch(kept.root, version, tmp_path / "out") == ("model.bin",)
    laid = tmp_path / "out/model.bin"
    assert (laid.read_bytes(), laid.is_symlink()) == (b"model", False)


def test_files_and_folders_that_are_asked_for_are_laid_out_and_no_others(
    kept: Repository, tmp_path: Path
) -> None:
    version = resolve(kept.root, "model@v1.0.0")
    asked = ("code", "parts", "raw.csv")
    assert fetch(kept.root, version, tmp_path / "out", asked) == (
        "code/a.py",
        "parts/in/a.txt",
        "raw.csv",
    )
    assert (tmp_path / "out/code/a.py").read_bytes() == b"a = 1\r\n"
    assert (tmp_path / "out/parts/in/a.txt").read_bytes() == b"member"
    assert fetch(kept.root, version, tmp_path / "two", ("parts/in",)) == ("parts/in/a.txt",)


@pytest.mark.parametrize("path", ["missing", "../model.bin", "/etc/passwd", ".", "parts/missing"])
def test_a_file_that_the_version_does_not_have_is_refused(
    kept: Repository, tmp_path: Path, path: str
) -> None:
    version = resolve(kept.root, "model@v1.0.0")
    with pytest.raises(UserError, match="the version has no such file"):
        fetch(kept.root, version, tmp_path / "out", (path, "model.bin"))
    assert not (tmp_path / "out").exists()


def test_a_crafted_commit_can_t_lead_out_of_the_folder(kept: Repository, tmp_path: Path) -> None:
    (kept.root / "evil").write_text("evil")
    blob = kept.git("hash-object", "-w", "evil")
    inner = _tree(kept, f"100644 blob {blob}\tevil.txt")
    model = kept.git("rev-parse", "HEAD:.gitignore")
    outer = _tree(kept, f"040000 tree {inner}\t..", f"100644 blob {model}\ta.txt")
    top = _tree(kept, f"040000 tree {outer}\tcode", f"040000 tree {inner}\t..")
    commit = kept.git("commit-tree", top, "-m", "crafted")
    kept.tag("model@v9.0.0", commit)
    version = resolve(kept.root, "model@v9.0.0")
    assert fetch(kept.root, version, tmp_path / "deep/out", ("code",)) == ("code/a.txt",)
    assert [path.name for path in tmp_path.rglob("evil.txt")] == []


def _tree(repository: Repository, *entries: str) -> str:
    return repository.git("mktree", told="\n".join(entries) + "\n")


def test_bytes_that_were_changed_in_the_cache_are_refused(kept: Repository, tmp_path: Path) -> None:
    for file in (kept.root / ".dvc/cache/files/md5").rglob("*"):
        if file.is_file() and file.read_bytes() == b"model":
            file.write_bytes(b"fudge")
    with pytest.raises(UserError, match="another content under its hash"):
        fetch(kept.root, resolve(kept.root, "model@v1.0.0"), tmp_path / "out")


def test_bytes_that_nobody_has_are_refused(kept: Repository, tmp_path: Path) -> None:
    for file in (kept.root / ".dvc/cache/files/md5").rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(UserError, match="neither DVC's cache nor its remote has it"):
        fetch(kept.root, resolve(kept.root, "model@v1.0.0"), tmp_path / "out")
