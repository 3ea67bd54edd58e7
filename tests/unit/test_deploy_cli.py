"""`nbstage deploy`, `smoke` and `rollback --on`: what is asked of a target, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbstage.app import deploying
from nbstage.cli import main
from nbstage.deploy.nouns import Check, Deployed, Failed, Share
from nbstage.deploy.wire import Reply, Request
from nbstage.errors import UserError
from nbstage.registry import Version
from tests.deploying import paper_bundle

Captured = pytest.CaptureFixture[str]
CHECKS = (Check("health", True, "ready"), Check("version", True, "churn v1.0.0"))
SETTINGS = """
[tool.nbstage.deploy.targets.staging]
to = "local:served"
workers = 2

[tool.nbstage.deploy.targets.image]
command = ["sh", "-c", 'echo "$0 $1" > built.txt', "{version}", "{bundle}"]
rollback = ["false"]

[tool.nbstage.deploy.targets.bare]
command = ["no-such-program"]

[tool.nbstage.deploy.targets.signed]
to = "local:served"
require_signature = "signers"
"""


@dataclass
class Site:
    """In place of a site: notes what it is asked, and replies what it is to."""

    reply: Reply | Failed = field(default_factory=Reply)
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request, bundle: Path | None, say: Callable[[str], None]) -> Reply:
        self.asked.append(request)
        if isinstance(self.reply, Failed):
            raise self.reply
        return self.reply


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A project with targets and a bundle in it; nothing is ever started."""
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    paper_bundle(tmp_path / "bundle")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    found = Site(Reply(Deployed("deployed", "churn", "v1.0.0", "v0.9.0", ":80", CHECKS)))
    monkeypatch.setattr(deploying, "fulfil", found)
    return found


def test_a_deployment_is_told(site: Site, capsys: Captured, tmp_path: Path) -> None:
    shares = (Share(10, 20, 0, 0.0125), Share(50, 0, 0, 0.0))
    done = Deployed("deployed", "churn", "v1.0.0", "v0.9.0", ":80", CHECKS, shares, 3.21)
    site.reply = Reply(done)
    words = ["deploy", "bundle", "--to", "staging", "--canary", "10%", "--hold", "5"]
    assert main(words) == 0
    assert capsys.readouterr().out == (
        "deployed: churn v1.0.0 serves at 'staging' in the place of v0.9.0\n"
        "  ok      health: ready\n"
        "  ok      version: churn v1.0.0\n"
        "  at 10%: 20 requests, 0 failures, 12.5 ms each\n"
        "  at 50% no request came: that proves nothing\n"
        "  requests to :80 go to it; that took 3.2 s\n"
    )
    (asked,) = site.asked
    assert (asked.do, asked.who, asked.canary, asked.hold) == ("deploy", "ada by GitHub", 10, 5.0)
    assert (asked.site.folder, asked.site.workers) == (tmp_path / "served", 2)


def test_a_machine_is_told_the_same(site: Site, capsys: Captured) -> None:
    assert main(["deploy", "bundle", "--to", "staging", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["version"], told["before"]) == (True, "v1.0.0", "v0.9.0")
    assert [check["ok"] for check in told["checks"]] == [True, True]
    site.reply = Failed("too slow", "v0.9.0 serves on.")
    assert main(["deploy", "bundle", "--to", "staging", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"ok": False, "failed": "too slow", "hint": "v0.9.0 serves on."}


def test_a_version_that_fails_is_told_with_exit_code_1(site: Site, capsys: Captured) -> None:
    site.reply = Failed("too slow", "'v0.9.0' serves on.")
    assert main(["deploy", "bundle", "--to", "staging"]) == 1
    assert capsys.readouterr().err == "error: too slow\n  hint: 'v0.9.0' serves on.\n"


def test_what_serves_already_is_told(site: Site, capsys: Captured) -> None:
    site.reply = Reply(Deployed("deployed", "churn", "v1.0.0", "v1.0.0", ":80", same=True))
    assert main(["deploy", "bundle", "--to", "staging"]) == 0
    assert capsys.readouterr().out == "churn v1.0.0 serves at 'staging' already\n"


def test_a_rollback_and_a_start_ask_for_no_version(site: Site, capsys: Captured) -> None:
    assert main(["rollback", "--on", "staging", "-m", "too slow"]) == 0
    assert main(["deploy", "--start", "--to", "staging"]) == 0
    assert [one.do for one in site.asked] == ["roll back", "start"]
    assert site.asked[0].reason == "too slow"


def test_a_smoke_test_fails_with_exit_code_1(site: Site, capsys: Captured) -> None:
    site.reply = Reply(checks=CHECKS)
    assert main(["smoke", "staging"]) == 0
    assert capsys.readouterr().out == "ok      health: ready\nok      version: churn v1.0.0\n"
    site.reply = Reply(checks=(Check("health", False, "no answer"),))
    assert main(["smoke", "staging", "--json", "--latency", "0.1"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert site.asked[-1].site.latency == 0.1


def test_a_command_gets_the_bundle_and_the_version(
    site: Site, capsys: Captured, tmp_path: Path
) -> None:
    assert main(["deploy", "bundle", "--to", "image"]) == 0
    assert (tmp_path / "built.txt").read_text() == f"v1.0.0 {tmp_path / 'bundle'}\n"
    assert capsys.readouterr().out == "deployed: churn v1.0.0 serves at 'image'\n"
    assert main(["rollback", "--on", "image"]) == 1
    assert "the command of the target 'image' ended with exit code 1" in capsys.readouterr().err


def test_a_target_may_ask_for_a_signature(
    site: Site, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, Path]] = []

    def verify(root: Path, tag: str, signers: Path) -> str:
        asked.append((tag, signers))
        raise UserError("nobody who may has signed", "")

    version = Version("churn", "v1.0.0", "churn@v1.0.0", "3f2a")
    monkeypatch.setattr(deploying, "resolve", lambda root, reference: version)
    monkeypatch.setattr(deploying, "verify_signature", verify)
    assert main(["deploy", "churn@prod", "--to", "signed"]) == 2
    assert "nobody who may has signed" in capsys.readouterr().err
    assert asked == [("churn@v1.0.0", tmp_path / "signers")]
    assert not site.asked


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["deploy", "bundle", "--to", "nowhere"], "there is no target 'nowhere', but 'staging'"),
        (["deploy", "bundle", "--to", "bare"], "there is no program 'no-such-program'"),
        (["deploy", "bundle", "--to", "signed"], "asks for a signature, and 'bundle' can"),
        (["deploy", "--to", "staging"], "name a version to deploy, or --start"),
        (["deploy", "x", "--start", "--to", "staging"], "name a version to deploy, or --start"),
        (["deploy", "nothing", "--to", "staging"], "'nothing' is neither a model's version nor"),
        (["deploy", "x", "--to", "staging", "--canary", "0"], "'0' is no share of the requests"),
        (["deploy", "x", "--to", "staging", "--canary", "100%"], "is no share of the requests"),
        (["deploy", "bundle", "--to", "image", "--canary", "5"], "gives it no share of the"),
        (["rollback"], "name a stage, or --on TARGET"),
        (["rollback", "prod", "--on", "staging"], "name a stage, or --on TARGET"),
        (["rollback", "--on", "staging", "--sign"], "makes no tag to sign or push"),
        (["rollback", "--on", "bare"], "has no other one to roll back"),
        (["smoke", "bare"], "doesn't know what became of it"),
        (["smoke", "http://127.0.0.1:1"], "which version is served at a URL has to be said"),
        (["smoke", "http://", "bundle"], "is no address of a service"),
    ],
)
def test_wrong_usage_is_said(words: list[str], message: str, site: Site, capsys: Captured) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert not site.asked
