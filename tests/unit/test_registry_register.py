"""A commit becomes a version: what it keeps, what is refused, and that nothing else changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbstage.app import registering
from nbstage.app.registering import Asked
from nbstage.baseline.git import tree_at
from nbstage.cli import main
from nbstage.errors import UserError
from nbstage.registry import fetch, resolve
from nbstage.registry.card import make_card
from nbstage.registry.kept import tracked
from nbstage.registry.lineage import read_lineage
from nbstage.registry.names import Named
from nbstage.registry.nouns import Refused, Registered
from tests.repository import Repository, git_environment, new_repository

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data/raw.csv]
    params: [seed]
    outs: [out/model.json]
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, out/model.json]
    outs: [predictions/test.csv]
    metrics:
      - metrics.json: {cache: false}
artifacts:
  model: # the one that counts
    path: out/model.json
    type: model
"""


@pytest.fixture(autouse=True)
def as_ada(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "dvc"))


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ran(
    repository: Repository, seed: int = 7, model: str = '{"w": 1}', raw: str = "x,y\n1,2\n"
) -> None:
    """Commit the pipeline as if it had run."""
    rows = "".join(f"r{n},{n % 2},{0.9 if n % 4 else 0.2},{'ab'[n // 20]}\n" for n in range(40))
    predictions = f"id,label,score,group\n{rows}"
    lock = {
        "train": {
            "cmd": "python train.py",
            "deps": [
                {"path": "train.py", "md5": md5("fit")},
                {"path": "data/raw.csv", "md5": md5(raw), "size": len(raw)},
            ],
            "params": {"params.yaml": {"seed": seed}},
            "outs": [{"path": "out/model.json", "md5": repository.cache(model.encode())}],
        },
        "evaluate": {
            "cmd": "python evaluate.py",
            "deps": [{"path": "evaluate.py", "md5": md5("judge")}],
            "outs": [
                {"path": "predictions/test.csv", "md5": repository.cache(predictions.encode())},
                {"path": "metrics.json", "md5": "0" * 32},
            ],
        },
    }
    repository.commit(
        **{
            ".gitignore": "/.dvc/cache\n/.dvc/tmp\n/out\n/predictions\n",
            ".dvc/config": "",
            ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
            "dvc.yaml": PIPELINE,
            "dvc.lock": json.dumps({"schema": "2.0", "stages": lock}),
            "data/raw.csv": raw,
            "train.py": "fit",
            "evaluate.py": "judge",
            "params.yaml": f"seed: {seed}\n",
            "metrics.json": '{"accuracy": 0.75, "by": {"a": {"accuracy": 0.5}}}',
        }
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project whose model is a JSON file, which needs no skops."""
    made = new_repository(tmp_path / "project")
    ran(made)
    return made


def register(repository: Repository, **asked: object) -> Registered:
    how = Asked(**{"no_gate": "verdict" not in asked, **asked})  # type: ignore[arg-type]
    return registering.register(repository.root, how, lambda _: None)


def lineage(repository: Repository, reference: str = "latest") -> dict[str, object]:
    found = read_lineage(repository.root, resolve(repository.root, reference))
    assert found is not None
    return found


def tags(repository: Repository) -> list[str]:
    return repository.git("tag", "--list").split()


# --- what a version is


def test_a_version_is_a_commit_beside_that_its_tag_alone_holds(repository: Repository) -> None:
    (repository.root / "train.py").write_text("being edited")
    (repository.root / "new.py").write_text("staged")
    repository.git("add", "new.py")
    seen = ("for-each-ref refs/heads", "status --porcelain", "rev-parse HEAD", "write-tree")
    before = [repository.git(*command.split()) for command in seen]
    done = register(repository)
    assert [repository.git(*command.split()) for command in seen] == before
    assert (done.version.tag, done.why) == ("model@v1.0.0", ("the first version",))
    commit = repository.git("rev-parse", "model@v1.0.0^{}")
    assert commit == done.version.commit
    assert repository.git("rev-parse", f"{commit}^") == repository.git("rev-parse", "HEAD")
    assert repository.git("branch", "--contains", commit) == ""
    added = repository.git("diff", "--name-only", "HEAD", commit).split()
    assert added == ["releases/model.json", "releases/model.md"]


def test_its_lineage_says_where_it_comes_from(repository: Repository) -> None:
    register(repository)
    told = lineage(repository)
    made, registered = told["made_from"], told["registered"]
    assert isinstance(made, dict)
    assert isinstance(registered, dict)
    assert told["source"] == repository.git("rev-parse", "HEAD")
    assert made["stages"] == ["train"]  # not what only judges it
    assert made["code"] == {"train.py": md5("fit")}
    assert made["params"] == {"params.yaml:seed": 7}
    assert made["data"] == {
        "data/raw.csv": {
            "md5": md5("x,y\n1,2\n"),
            "size": 8,
            "rows": 1,
            "columns": {"x": "", "y": ""},
        }
    }
    assert told["metrics"] == {"metrics.json": {"accuracy": 0.75, "by.a.accuracy": 0.5}}
    assert told["gate"] == {"verdict": "ungated"}
    assert registered["by"] == "Ada <ada@example.org>"
    environment = told["environment"]
    assert isinstance(environment, dict)
    assert environment["packages"].keys() >= {"dvc", "click"}


def test_its_lineage_has_the_measures_of_each_slice(repository: Repository) -> None:
    register(repository)
    rows = lineage(repository)["slices"]
    assert isinstance(rows, list)
    assert [(row["column"], row["value"], row["rows"]) for row in rows] == [
        ("", "", 40),
        ("group", "a", 20),
        ("group", "b", 20),
    ]
    assert rows[0]["measures"]["accuracy"] == 0.75


def test_a_version_s_number_goes_by_what_changed_since_the_last(repository: Repository) -> None:
    register(repository)
    ran(repository, seed=8)
    assert register(repository).why == ("patch: parameter 'seed'",)
    ran(repository, seed=8, raw="x,z\n1,2\n")
    assert register(repository).version.version == "v2.0.0"
    ran(repository, seed=9)
    assert register(repository, bump="minor").version.version == "v2.1.0"
    ran(repository, seed=10)
    assert register(repository, version="v5.0.0").why == ("as told",)


def test_any_version_is_fetched_with_its_bytes_after_the_next_one(
    repository: Repository, tmp_path: Path
) -> None:
    register(repository)
    ran(repository, model='{"w": 2}')
    register(repository)
    for number, weight in (("v1.0.0", 1), ("v1.0.1", 2)):
        files = fetch(repository.root, resolve(repository.root, number), tmp_path / number)
        assert files == ("out/model.json", "releases/model.json", "releases/model.md")
        assert json.loads((tmp_path / number / files[0]).read_text()) == {"w": weight}


def test_a_folder_goes_to_the_remote_and_comes_back_from_there(
    repository: Repository, tmp_path: Path
) -> None:
    member = repository.cache(b"part")
    listing = json.dumps([{"md5": member, "relpath": "in/part.bin"}]).encode()
    hashed = repository.cache(listing)
    place = repository.root / ".dvc/cache/files/md5" / hashed[:2]
    (place / hashed[2:]).rename(place / f"{hashed[2:]}.dir")
    lock = json.loads((repository.root / "dvc.lock").read_text())
    lock["stages"]["train"]["outs"] = [{"path": "out/model", "md5": f"{hashed}.dir"}]
    pipeline = PIPELINE.replace("out/model.json", "out/model")
    config = f"[core]\n remote = store\n['remote \"store\"']\n url = {tmp_path / 'store'}\n"
    texts = {"dvc.yaml": pipeline, "dvc.lock": json.dumps(lock), ".dvc/config": config}
    repository.commit(**texts)
    done = register(repository)
    assert done.notes == ()
    shutil.rmtree(repository.root / ".dvc/cache")
    assert fetch(repository.root, done.version, tmp_path / "out")[0] == "out/model/in/part.bin"
    assert (tmp_path / "out/out/model/in/part.bin").read_bytes() == b"part"


def test_a_project_in_a_folder_of_its_repository_has_versions_of_its_own(tmp_path: Path) -> None:
    whole = new_repository(tmp_path / "all")
    inner = Repository(whole.root / "sub")
    inner.root.mkdir()
    ran(inner)
    version = register(inner).version
    assert version.tag == "sub=model@v1.0.0"
    added = whole.git("diff", "--name-only", "HEAD", version.commit).split()
    assert added == ["sub/releases/model.json", "sub/releases/model.md"]
    assert lineage(inner)["source"] == whole.git("rev-parse", "HEAD")
    assert fetch(inner.root, version, tmp_path / "out")[0] == "out/model.json"
    with pytest.raises(Refused, match="is registered already"):
        register(inner)


def test_a_project_s_own_words_stand_in_the_card(repository: Repository) -> None:
    repository.commit(**{"cards/model.md": "For tests alone.\n"})
    register(repository)
    card = repository.git("show", "model@v1.0.0:releases/model.md")
    assert "## Intended use\n\nFor tests alone.\n\n## Metrics" in card


def test_a_card_says_what_is_known(golden: Callable[[str, str], None]) -> None:
    told: dict[str, object] = {
        "name": "churn",
        "version": "v1.2.0",
        "source": "0123456789abcdef0123456789abcdef01234567",
        "registered": {"at": "2026-11-21T12:00:00Z", "by": "Ada <ada@example.org>"},
        "model": {
            "released": "artifacts/train/model.skops",
            "kind": "sklearn.pipeline.Pipeline",
            "trusted": ["pipeline.helpers.price.Price"],
        },
        "gate": {"verdict": "met"},
        "metrics": {"metrics.json": {"accuracy": 0.75, "a|b": None}},
        "slices": [
            {"column": "", "value": "", "rows": 40, "measures": {"mae": 0.5}},
            {"column": "group", "value": "<b>", "rows": 20, "measures": {"mae": None}},
        ],
        "made_from": {
            "stages": ["train"],
            "data": {"raw.csv": {"rows": 1200, "columns": {"x": "", "`y`": ""}}, "folder": {}},
            "params": {"params.yaml:seed": 7},
        },
        "environment": {"python": "3.12.1", "platform": "Linux x86_64"},
    }
    golden("tests/golden/registry/card.md", make_card(told, ""))


def test_a_card_of_a_lineage_that_somebody_wrote_by_hand_is_one() -> None:
    assert "No stage writes metrics." in make_card({"model": 3, "slices": [1], "metrics": []}, "")


# --- what is refused


def test_a_commit_is_registered_once(repository: Repository) -> None:
    version = register(repository).version
    with pytest.raises(Refused, match=r"is registered already, as 'model@v1\.0\.0'"):
        register(repository)
    again = register(repository, existing_ok=True)
    assert (again.version, again.existed) == (version, True)
    repository.git("checkout", "--quiet", "model@v1.0.0")
    with pytest.raises(Refused, match="is registered already"):
        register(repository)
    assert tags(repository) == ["model@v1.0.0"]


def test_a_commit_that_another_tool_registered_is_registered(repository: Repository) -> None:
    repository.tag("model@v0.0.1")
    with pytest.raises(Refused, match=r"as 'model@v0\.0\.1'"):
        register(repository)


def test_a_number_is_given_once(repository: Repository) -> None:
    register(repository, version="v1.2.0")
    repository.tag("model@v1.2.0!#1", "model@v1.2.0")  # withdrawn: given all the same
    ran(repository, seed=8)
    with pytest.raises(Refused, match=r"'model@v1\.2\.0' is registered already"):
        register(repository, version="v1.2.0")
    assert register(repository).version.version == "v1.2.1"
    ran(repository, seed=9)
    with pytest.raises(UserError, match=r"'1\.2' is no version"):
        register(repository, version="1.2")


def test_a_version_that_only_the_server_knows_is_known(
    repository: Repository, tmp_path: Path
) -> None:
    repository.git("init", "--quiet", "--bare", str(tmp_path / "server"))
    repository.git("remote", "add", "origin", str(tmp_path / "server"))
    done = register(repository)
    assert (done.pushed, "no branch of 'origin'" in done.notes[-1]) == (True, True)
    repository.git("push", "--quiet", "origin", "HEAD")
    repository.git("tag", "--delete", "model@v1.0.0")  # as in a clone without tags
    with pytest.raises(Refused, match=r"as 'model@v1\.0\.0'"):
        register(repository)
    repository.git("tag", "--delete", "model@v1.0.0")
    ran(repository, seed=8)
    with pytest.raises(Refused, match="is registered already"):
        register(repository, version="v1.0.0")
    repository.git("push", "--quiet", "origin", "HEAD")
    done = register(repository)
    assert (done.version.version, len(done.notes)) == ("v1.0.1", 1)


def test_a_model_that_nobody_has_is_refused(repository: Repository) -> None:
    for file in (repository.root / ".dvc/cache").rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(UserError, match=r"the model 'out/model\.json' can't be read"):
        register(repository)
    assert tags(repository) == []


def test_a_model_that_somebody_changed_in_the_cache_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbstage.baseline.cache._LARGEST", 0)  # it isn't small: nobody looked
    for file in (repository.root / ".dvc/cache").rglob("*"):
        if file.is_file() and file.read_text() == '{"w": 1}':
            file.write_text('{"w": 9}')
    with pytest.raises(UserError, match="DVC's cache has another content under its hash"):
        register(repository)
    assert tags(repository) == []


def test_packages_that_are_missing_are_named(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="a registry needs huggingface-hub and skops") as caught:
        register(repository)
    assert caught.value.hint == 'pip install "nbstage[registry]"'


def test_a_model_that_never_ran_is_refused(repository: Repository) -> None:
    repository.commit(**{"dvc.lock": "schema: '2.0'\nstages: {}\n"})
    with pytest.raises(Refused, match=r"'out/model\.json' is neither in git nor in its dvc\.lock"):
        register(repository)


def test_a_pipeline_without_a_model_says_what_to_add(repository: Repository) -> None:
    repository.commit(**{"dvc.yaml": PIPELINE.partition("artifacts:")[0]})
    with pytest.raises(Refused) as caught:
        register(repository)
    assert "`nbstage register model --path " in caught.value.hint
    with pytest.raises(UserError, match="no stage makes 'out/other'"):
        registering.declare(repository.root, "model", "out/other")
    registering.declare(repository.root, "model", "out/model.json")
    with pytest.raises(Refused, match="the one in your folder does"):
        register(repository)
    repository.commit()
    assert register(repository).version.version == "v1.0.0"


@pytest.mark.parametrize(
    ("artifacts", "name", "message"),
    [
        ("a: {path: x}\n  b: {path: y}", "", "dvc.yaml names several models: 'a', 'b'"),
        ("a: {path: x}", "c", "dvc.yaml names no model 'c'"),
        ('"--upload-pack": {path: x}', "", "'--upload-pack' can't be a model's name"),
        ("a: {path: /etc/passwd}", "", "dvc.yaml names no model"),
        ("a: {path: ../../x}", "a", "dvc.yaml names no model 'a'"),
        ("a: {path: '--help'}", "a", "'--help' is neither in git nor in its dvc.lock"),
        ("a: {path: x}", "../a", "'../a' can't be a model's name"),
    ],
)
def test_a_model_that_is_none_is_refused(
    repository: Repository, artifacts: str, name: str, message: str
) -> None:
    pipeline = f"{PIPELINE.partition('artifacts:')[0]}artifacts:\n  {artifacts}\n"
    repository.commit(**{"dvc.yaml": pipeline})
    with pytest.raises(UserError) as caught:
        register(repository, name=name)
    assert message in caught.value.message
    assert tags(repository) == []


def test_what_is_not_committed_is_not_judged_and_so_not_registered(repository: Repository) -> None:
    (repository.root / "train.py").write_text("being edited")
    with pytest.raises(Refused, match="something is not committed"):
        register(repository, no_gate=False)


def test_a_project_without_a_policy_is_told_how_to_do_without(repository: Repository) -> None:
    with pytest.raises(UserError, match="there is no policy") as caught:
        register(repository, no_gate=False)
    assert "`--no-gate` registers without a verdict" in caught.value.hint
    assert tags(repository) == []


def test_git_that_knows_nobody_is_told_at_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_COMMITTER")]:
        monkeypatch.delenv(name)
    repository.git("config", "user.useConfigOnly", "true")
    with pytest.raises(UserError, match="git refuses"):
        register(repository)


# --- the gate's verdict


def verdict(repository: Repository, tmp_path: Path, **said: object) -> Path:
    line = {"met": said.get("ok", True), "what": "accuracy", "value": "0.75", "limit": "0.5"}
    told = {"ok": True, "current": repository.git("rev-parse", "HEAD")[:7], "lines": [line]}
    file = tmp_path / "gate.json"
    file.write_text(json.dumps(told | said))
    return file


def test_a_verdict_that_ci_kept_is_taken(repository: Repository, tmp_path: Path) -> None:
    done = register(repository, verdict=verdict(repository, tmp_path))
    gate = lineage(repository)["gate"]
    assert isinstance(gate, dict)
    assert (gate["verdict"], gate["lines"][0]["what"]) == ("met", "accuracy")
    named = Named(done.version.name, done.version.version)
    assert registering.promote(repository.root, named, "prod").forced == ""


def test_a_verdict_that_says_no_is_a_no(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        register(repository, verdict=verdict(repository, tmp_path, ok=False))
    assert caught.value.message == "the gate is not met:\naccuracy: 0.75; asked: 0.5"
    assert tags(repository) == []


@pytest.mark.parametrize(
    "current", ["0123456", "", "a", None, 3, "0123456 with uncommitted changes"]
)
def test_a_verdict_on_something_else_is_refused(
    repository: Repository, tmp_path: Path, current: object
) -> None:
    with pytest.raises(UserError, match="and what is to be registered is"):
        register(repository, verdict=verdict(repository, tmp_path, current=current))


@pytest.mark.parametrize("text", ["", "[]", '{"ok": 1}', "[" * 100_000, "\udcff"])
def test_a_verdict_that_is_none_is_refused(
    repository: Repository, tmp_path: Path, text: str
) -> None:
    (tmp_path / "gate.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match="is no verdict of the gate's"):
        register(repository, verdict=tmp_path / "gate.json")
    with pytest.raises(UserError, match="can't be read"):
        register(repository, verdict=tmp_path / "none.json")


# --- skops


@pytest.fixture
def fitted(repository: Repository) -> Repository:
    """The project with a model of scikit-learn that has a class of the project's own in it."""
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from tests.unit.registered import scaled

    model = make_pipeline(FunctionTransformer(scaled), LogisticRegression())
    model.fit([[0.0], [1.0]], [0, 1])
    file = repository.root / "out/model.joblib"
    file.parent.mkdir()
    joblib.dump(model, file)
    hashed = repository.cache(file.read_bytes())
    lock = json.loads((repository.root / "dvc.lock").read_text())
    lock["stages"]["train"]["outs"] = [{"path": "out/model.joblib", "md5": hashed}]
    pipeline = PIPELINE.replace("model.json", "model.joblib")
    text = (Path(__file__).parent / "registered.py").read_text()
    repository.commit(
        **{
            "dvc.yaml": pipeline,
            "dvc.lock": json.dumps(lock),
            "beside/tests/unit/registered.py": text,  # as a module beside the notebook
            "pipeline/__init__.py": "import sys\n\nsys.path.append('beside')\n",
        }
    )
    return repository


def test_a_model_is_released_as_skops_once_its_types_are_reviewed(
    fitted: Repository, tmp_path: Path
) -> None:
    from nbstage.runtime.skops_files import read_skops

    with pytest.raises(Refused) as caught:
        register(fitted)
    assert caught.value.message.endswith("that nobody reviewed:\ntests.unit.registered.scaled")
    assert caught.value.hint.endswith(
        "\nnbstage register model --trust tests.unit.registered.scaled\n"
        "or, for every version, in pyproject.toml:\n[tool.nbstage.registry]\n"
        'trust = ["tests.unit.registered.scaled"]'
    )
    assert tags(fitted) == []
    setting = '[tool.nbstage.registry]\ntrust = ["tests.unit.registered.scaled", "os.system"]\n'
    fitted.commit(**{"pyproject.toml": setting})
    version = register(fitted).version
    files = fetch(fitted.root, version, tmp_path / "out", ("out", "dvc.yaml"))
    assert sorted(files) == ["dvc.yaml", "out/model.joblib", "out/model.skops"]
    with (tmp_path / "out/out/model.skops").open("rb") as file:
        model = read_skops(file, ("tests.unit.registered.scaled",))
    assert model.predict([[5.0]]).tolist() == [1]
    told = lineage(fitted)["model"]
    assert isinstance(told, dict)
    assert (told["released"], told["trusted"]) == (
        "out/model.skops",
        ["tests.unit.registered.scaled"],
    )
    assert tracked(tree_at(fitted.root, version.commit))["out/model.skops"] == told["released_md5"]
    assert "path: out/model.skops" in (tmp_path / "out/dvc.yaml").read_text()
    assert "# the one that counts" in (tmp_path / "out/dvc.yaml").read_text()


def test_a_pickle_is_released_where_that_is_said(fitted: Repository, tmp_path: Path) -> None:
    done = register(fitted, allow_pickle=True)
    assert "reading it may run any code" in done.notes[0]
    assert fetch(fitted.root, done.version, tmp_path / "out")[0] == "out/model.joblib"


# --- the commands


def test_the_commands_say_what_they_did(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)

    def told(*args: str, code: int = 0) -> str:
        assert main(args) == code
        return capsys.readouterr().out

    assert told("models") == "no version of a model is registered here\n"
    assert "registered model@v1.0.0 (the first version)\n" in told("register", "--no-gate")
    again = json.loads(told("register", "--no-gate", "--json", code=1))
    assert (again["ok"], "as 'model@v1.0.0'" in again["refused"]) == (False, True)
    found = json.loads(told("register", "--no-gate", "--existing-ok", "--json"))
    assert (found["version"], found["existed"]) == ("v1.0.0", True)
    assert told("promote", "prod", code=1) == ""
    promoted = told("promote", "model@v1.0.0", "prod", "--accept-ungated", "-m", "a try")
    assert promoted.startswith("model@v1.0.0 is in stage 'prod', the first one there, ungated\n")
    assert told("rollback", "prod", code=1) == ""
    day = told("models").split()[2]
    assert told("models") == f"model\n  v1.0.0  {day}  Ada <ada@example.org>  ungated, in prod\n"
    assert told("models", "--history").endswith("Ada <ada@example.org>  a try\n")
    assert told("models", "--verify") == "model: 2 events, coherent\n"
    assert "source commit" in told("models", "--show", "prod")
    assert json.loads(told("models", "--show", "v1.0.0", "--json"))["lineage"]["name"] == "model"
    assert told("models", "--fetch", "prod", "--to", "out/it").splitlines()[1] == "  out/model.json"
    assert json.loads(told("models", "--json"))["models"][0]["stages"] == {"prod": "v1.0.0"}


@pytest.mark.parametrize(
    "args",
    [
        ["register", "--bump", "minor", "--version", "v1.0.0"],
        ["register", "--gate", "x.json", "--no-gate"],
        ["promote"],
        ["promote", "model", "v1.0.0", "prod"],
        ["models", "--history", "--verify"],
        ["models", "--fetch", "v1.0.0"],
        ["models", "--signers", "x"],
        ["models", "other"],
    ],
)
def test_wrong_usage_is_told(
    repository: Repository, args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root)
    assert main(args) == 2
