"""The workflows that `nbstage init` writes: sound to the linters, careful where none looks.

`act`, which runs them in the tests, ignores permissions, filters, environments and time limits. So
they are read here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nbstage.ci_settings import CiSettings
from nbstage.config import parse_settings, read_settings
from nbstage.deploy_settings import DeploySettings, Target
from nbstage.errors import UserError
from nbstage.scaffold.actions import ACTIONS
from nbstage.scaffold.adopt import Did, Step, adopt, advice
from nbstage.scaffold.install import complete, lacking, packages, requirements
from nbstage.scaffold.workflows import PLACES, RELEASE_PLACES, workflow_files
from tests.conftest import ROOT, Golden

CI, COMMENT, RETRAIN = (f".github/workflows/{name}.yml" for name in ("ci", "comment", "retrain"))
RELEASE, ROLLBACK = (f".github/workflows/{name}.yml" for name in ("release", "rollback"))
#: One target here, one on another machine.
DEPLOY = DeploySettings(
    {
        "staging": Target("staging", "/srv/staging"),
        "production": Target("production", "/srv/model", "host", model="churn"),
    }
)
FRESH = CiSettings(install="uv sync --locked", nbstage="nbstage==0.1.0", secrets=())
#: Settings that differ from the defaults wherever that shows in the text.
SETTINGS = {
    "fresh": FRESH,
    "s3": replace(FRESH, secrets=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
    "ssh": replace(FRESH, ssh_remote="far"),
    "awkward": replace(
        FRESH,
        python=("3.11", "3.13"),
        runner="gpu: large #1",
        branch="on",
        install="""sh -c "pip install 'a: b'" # all""",
        test="echo '- yes: #1'",
        environment="null",
        ssh_remote="it's #1: far",
        schedule="*/30 * * * *",
    ),
    "ours": complete(read_settings(ROOT).ci, ROOT),
}


def bodies(text: str) -> Any:
    """YAML as its readers take it: `on` is a key like any other."""
    return YAML(typ="safe").load(text)


def workflow(place: str, settings: CiSettings = FRESH) -> Any:
    return bodies(workflow_files(settings, "pip", DEPLOY)[place])


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    settings = replace(SETTINGS["s3"], ssh_remote="far")
    for place in (CI, COMMENT, RETRAIN, RELEASE, ROLLBACK):
        for name, job in workflow(place, settings)["jobs"].items():
            yield place, name, job


@pytest.fixture(params=SETTINGS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A repository with the workflows in it."""
    (tmp_path / ".git").mkdir()
    for place, text in workflow_files(SETTINGS[request.param], "pip", DEPLOY).items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text, encoding="utf-8")
    return tmp_path


def lint(folder: Path, program: str, *words: str) -> None:
    """Run a linter that stands beside this Python; the test fails with whatever it finds."""
    beside = Path(sys.executable).parent
    done = subprocess.run(
        [str(beside / program), *words],
        cwd=folder,
        env={"PATH": f"{beside}:/usr/bin:/bin", "HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


# --- linters


def test_actionlint_and_shellcheck_find_nothing(written: Path) -> None:
    labels = 'self-hosted-runner:\n  labels: ["gpu: large #1"]\n'
    (written / ".github/actionlint.yaml").write_text(labels)
    lint(written, "actionlint", "-shellcheck", "shellcheck", *paths(written))


def test_zizmor_finds_nothing_even_as_an_auditor(written: Path) -> None:
    lint(written, "zizmor", "--offline", "--no-config", "--persona", "auditor", ".github")


def test_the_files_keep_to_githubs_schemas(written: Path) -> None:
    schema = "--builtin-schema", "vendor.github-workflows"
    lint(written, "check-jsonschema", *schema, *paths(written))
    schema = "--builtin-schema", "vendor.dependabot"
    lint(written, "check-jsonschema", *schema, ".github/dependabot.yml")


def paths(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in (folder / ".github/workflows").iterdir()
    )


# --- this repository


@pytest.mark.parametrize("place", PLACES)
def test_this_repository_runs_on_the_files_that_init_writes(place: str, golden: Golden) -> None:
    golden(place, workflow_files(SETTINGS["ours"], packages(ROOT))[place])


def test_this_repository_has_no_other_workflows() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / ".github").rglob("*.yml")}
    assert found == set(PLACES)


# --- what act ignores


@pytest.mark.parametrize("place", [CI, COMMENT, RETRAIN, RELEASE, ROLLBACK])
def test_a_workflow_is_granted_nothing_as_a_whole(place: str) -> None:
    assert workflow(place)["permissions"] == {}


def test_each_job_is_granted_what_it_needs_and_no_more() -> None:
    granted = {name: job["permissions"] for _, name, job in jobs()}
    assert granted == {
        "test": {"contents": "read"},
        "model": {"contents": "read"},
        "fork": {"contents": "read"},
        "comment": {"actions": "read", "pull-requests": "write"},
        "retrain": {"contents": "write", "pull-requests": "write"},
        "register": {"contents": "write"},
        "staging": {"contents": "read"},
        "production": {"contents": "write"},
        "rollback": {"contents": "write"},
    }


def test_each_job_has_a_time_limit() -> None:
    assert all(0 < job["timeout-minutes"] <= 360 for _, _, job in jobs())


def test_ci_runs_for_pull_requests_and_the_main_branch_alone() -> None:
    settings = replace(FRESH, branch="trunk")
    on = workflow(CI, settings)["on"]
    assert on == {"pull_request": None, "push": {"branches": ["trunk"]}}


def test_the_comment_follows_ci_by_its_name() -> None:
    on = workflow(COMMENT)["on"]
    assert on == {"workflow_run": {"workflows": [workflow(CI)["name"]], "types": ["completed"]}}


def test_retraining_can_be_scheduled_asked_for_and_triggered() -> None:
    on = workflow(RETRAIN, replace(FRESH, schedule="5 4 * * *"))["on"]
    assert on == {
        "schedule": [{"cron": "5 4 * * *"}],
        "workflow_dispatch": None,
        "repository_dispatch": {"types": ["retrain"]},
    }


def test_secrets_are_in_the_steps_that_need_them_of_jobs_with_an_environment() -> None:
    for place, name, job in jobs():
        holders = {
            step["name"]
            for step in job["steps"]
            if "secrets.AWS" in str(step.get("env")) + str(step.get("with"))
        }
        needed = job.get("environment") in ("dvc-remote", "staging", "production")
        assert bool(holders) == needed, (place, name)
        assert "Install" not in holders
        assert not any(word.startswith("Test") for word in holders)


def test_what_a_fork_runs_mentions_no_secret() -> None:
    model = workflow(CI, SETTINGS["s3"])["jobs"]
    assert "secrets" not in str(model["fork"]) + str(model["test"])


def test_a_remote_reached_by_ssh_gets_its_key_where_the_remote_is_needed() -> None:
    assert "DVC_SSH_KEY" not in workflow_files(FRESH, "pip")[CI]
    for place in (CI, RETRAIN):
        for job in workflow(place, SETTINGS["ssh"])["jobs"].values():
            text = str(job)
            assert ("secrets.DVC_SSH_KEY" in text) == (job.get("environment") == "dvc-remote")
            assert ("modify --local far keyfile" in text) == ("secrets.DVC_SSH_KEY" in text)


def test_the_comment_checks_nothing_out_and_runs_nothing_else() -> None:
    (job,) = workflow(COMMENT)["jobs"].values()
    uses = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
    assert uses == ["astral-sh/setup-uv", "actions/download-artifact"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        'uv tool install "$NBSTAGE"',
        'nbstage comment report --head "$HEAD"',
    ]


def test_credentials_of_git_stay_nowhere() -> None:
    outs = [step for _, _, job in jobs() for step in job["steps"] if "checkout" in str(step)]
    checkouts = [step for step in outs if "actions/checkout" in step.get("uses", "")]
    assert len(checkouts) == 8
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_action_is_named_by_a_commit_and_its_version() -> None:
    for place, text in workflow_files(FRESH, "pip", DEPLOY).items():
        for uses in re.findall(r"uses: (.*)", text):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), place
    assert len({action.commit for action in ACTIONS.values()}) == len(ACTIONS)


def test_no_command_holds_an_expression() -> None:
    for place, name, job in jobs():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), (place, name)


def test_each_step_is_one_command_that_a_laptop_knows() -> None:
    known = {"cat", "dvc", "echo", "gh", "git", "install", "nbstage", "pytest", "tee", "uv"}
    for place, name, job in jobs():
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                assert line.split()[0] in known, (place, name, line)


def test_releases_begin_on_the_main_branch_and_end_what_they_began() -> None:
    release = workflow(RELEASE, replace(FRESH, branch="trunk"))
    assert release["on"] == {"push": {"branches": ["trunk"]}}
    assert release["concurrency"] == {"group": "release", "cancel-in-progress": False}
    needs = {name: job.get("needs") for name, job in release["jobs"].items()}
    assert needs == {
        "register": None,
        "staging": "register",
        "production": ["register", "staging"],
    }


def test_a_rollback_waits_for_no_release_that_is_to_be_approved() -> None:
    rollback = workflow(ROLLBACK)
    assert list(rollback["on"]) == ["workflow_dispatch"]
    assert rollback["concurrency"] == {"group": "rollback", "cancel-in-progress": False}


def test_every_job_of_a_release_has_an_environment_and_no_cache() -> None:
    for place in (RELEASE, ROLLBACK):
        for job in workflow(place, SETTINGS["s3"])["jobs"].values():
            assert job["environment"]
            (uv,) = [step for step in job["steps"] if "setup-uv" in step.get("uses", "")]
            assert uv["with"]["enable-cache"] is False
            assert not any("actions/cache" in step.get("uses", "") for step in job["steps"])


def test_only_a_target_on_another_machine_gets_its_key() -> None:
    jobs_of = workflow(RELEASE)["jobs"]
    assert "NBSTAGE_SSH_KEY" not in str(jobs_of["staging"])
    holders = [step["name"] for step in jobs_of["production"]["steps"] if "SSH_KEY" in str(step)]
    assert holders == ["Deploy", "Smoke test", "Serve the version before"]


def test_the_models_name_is_said_where_the_target_has_one() -> None:
    (register,) = [
        step for step in workflow(RELEASE)["jobs"]["register"]["steps"] if step.get("id")
    ]
    assert register["run"].startswith("nbstage register churn --existing-ok --short | ")


@pytest.mark.parametrize("names", [(), ("staging",), ("production", "other")])
def test_only_a_project_with_both_targets_gets_releases(names: tuple[str, ...]) -> None:
    deploy = DeploySettings({name: Target(name, "/srv") for name in names})
    assert set(workflow_files(FRESH, "pip", deploy)) == set(PLACES)
    assert set(workflow_files(FRESH, "pip", DEPLOY)) == {*PLACES, *RELEASE_PLACES}


def test_init_adds_the_releases_once_there_are_targets(tmp_path: Path) -> None:
    adopt(tmp_path)
    targets = "".join(
        f'[tool.nbstage.deploy.targets.{name}]\nto = "local:/srv/{name}"\n'
        for name in ("staging", "production")
    )
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write(f"\n{targets}")
    steps = adopt(tmp_path)
    assert Step(Did.CREATED, RELEASE) in steps
    assert Step(Did.CREATED, ROLLBACK) in steps
    assert "nbstage[report,registry,serve]" in advice(tmp_path, steps)


def test_updates_wait_until_others_have_looked_at_them() -> None:
    updates = workflow(".github/dependabot.yml")["updates"]
    assert [one["package-ecosystem"] for one in updates] == ["github-actions", "pip"]
    assert all(one["cooldown"] == {"default-days": 7} for one in updates)


# --- settings


def test_what_is_said_in_the_settings_is_what_yaml_reads() -> None:
    settings = SETTINGS["awkward"]
    ci = workflow(CI, settings)
    test = ci["jobs"]["test"]
    assert test["strategy"]["matrix"]["python"] == list(settings.python)
    assert ci["on"]["push"]["branches"] == [settings.branch]
    assert ci["jobs"]["model"]["environment"] == settings.environment
    assert test["runs-on"] == settings.runner
    runs = [step["run"] for step in test["steps"] if "run" in step]
    assert runs == [settings.install, "nbstage check", settings.test]


@pytest.mark.parametrize(
    ("files", "install"),
    [
        ({}, "uv pip install --requirements requirements.txt"),
        ({"uv.lock": "", "pyproject.toml": "[project]"}, "uv sync --locked"),
        ({"pyproject.toml": "[project]"}, "uv pip install --editable ."),
        (
            {"pyproject.toml": "[project]", "requirements.txt": "", "constraints.txt": ""},
            "uv pip install --editable . --requirements requirements.txt "
            "--constraints constraints.txt",
        ),
    ],
)
def test_a_project_is_installed_by_what_it_has(
    tmp_path: Path, files: dict[str, str], install: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert complete(CiSettings(), tmp_path).install == install
    assert bool(requirements(tmp_path, "nbstage==1.0")) == (not files)


def test_the_version_that_is_installed_is_a_setting(tmp_path: Path) -> None:
    assert complete(CiSettings(nbstage="nbstage==9"), tmp_path).nbstage == "nbstage==9"
    assert "\nnbstage[report]==9\n" in requirements(tmp_path, "nbstage==9")
    assert "\nnbstage[report] @ git+ssh://x\n" in requirements(tmp_path, "nbstage @ git+ssh://x")
    assert "\nnbstage[safe]==9\n" in requirements(tmp_path, "nbstage[safe]==9")


@pytest.mark.parametrize(
    ("config", "secrets"),
    [
        ("", ()),
        ("no config", ()),
        ("[core]\n    remote = far\n['remote \"far\"']\n    url = ssh://far/away\n", ()),
        (
            "[core]\n    remote = far\n['remote \"far\"']\n    url = s3://far/away\n",
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ),
    ],
)
def test_the_remotes_address_says_which_secrets_open_it(
    tmp_path: Path, config: str, secrets: tuple[str, ...]
) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(config)
    assert complete(CiSettings(), tmp_path).secrets == secrets
    assert complete(CiSettings(secrets=("MINE",)), tmp_path).secrets == ("MINE",)
    assert complete(CiSettings(), tmp_path).ssh_remote == ("far" if "ssh://" in config else "")


def test_what_the_workflows_lack_is_said(tmp_path: Path) -> None:
    add_nbstage, add_remote = lacking(tmp_path)
    assert "nbstage[report]" in add_nbstage
    assert "dvc remote add" in add_remote
    (tmp_path / "requirements.txt").write_text(requirements(tmp_path, "nbstage==1"))
    assert lacking(tmp_path) == (add_remote,)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\nremote = a\n['remote \"a\"']\nurl = /far\n")
    assert lacking(tmp_path) == ()


def test_only_the_root_of_a_repository_gets_workflows(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dvc").mkdir()
    adopt(tmp_path / "part")
    assert not (tmp_path / "part/.github").exists()


def test_workflows_that_are_there_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / ".github/workflows/ci.yml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    steps = adopt(tmp_path)
    assert Step(Did.KEPT, ".github/workflows/ci.yml") in steps
    assert Step(Did.CREATED, ".github/workflows/comment.yml") in steps
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ('pyhton = ["3.12"]', "has no key 'pyhton'; did you mean 'python'?"),
        ('python = ["3.12", "py13"]', "python: 'py13' is none such as '3.12'"),
        ('secrets = ["${{ x }}"]', "secrets: '${{ x }}' is none such as 'AWS_KEY'"),
        ('test = "a\\nb"', "test must be one line"),
        ('test = "echo ${{ github.head_ref }}"', "it can't hold '${{', an expression"),
        ("runner = 1", "runner must be a text, not a number"),
    ],
)
def test_a_mistake_in_the_settings_is_said(settings: str, fault: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_settings(f"[tool.nbstage.ci]\n{settings}\n")
    assert fault in caught.value.message
