"""`nbstage deploy`, `smoke` and `rollback --on`: what is asked of a target, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nbstage.app import deploying
from nbstage.cli import main
from nbstage.deploy.nouns import Check, Deployed, Differing, Failed, Shadowed, Share
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


SHADOWED = Shadowed(
    "churn",
    "v1.0.0",
    "v0.9.0",
    60.0,
    CHECKS,
    requests=100,
    answered=97,
    refused=1,
    failed=0,
    rows=200,
    different=7,
    fields=(Differing("score", 7, 0.25), Differing("leaves", 3)),
    seconds=0.0125,
    shadow_seconds=0.02,
)


def test_a_shadow_is_told_with_what_it_would_have_answered(site: Site, capsys: Captured) -> None:
    site.reply = Reply(shadowed=SHADOWED)
    assert main(["deploy", "bundle", "--to", "staging", "--shadow", "--hold", "5"]) == 1
    assert capsys.readouterr().out == (
        "shadowed: churn v1.0.0 got copies of the requests to v0.9.0 at 'staging', and is stopped\n"
        "  ok      health: ready\n"
        "  ok      version: churn v1.0.0\n"
        "  copies of 100 requests: 97 answered, 1 refused (4xx), 2 lost, as it was too slow\n"
        "  7 of 200 rows predicted otherwise\n"
        "    'score': 7 values (3.5%), numbers by at most 0.25\n"
        "    'leaves': 3 values (1.5%)\n"
        "  a request took 12.5 ms in the mean, and 20.0 ms with the shadow\n"
    )
    (asked,) = site.asked
    assert (asked.do, asked.hold) == ("shadow", 5.0)


def test_a_shadow_is_told_to_a_machine(site: Site, capsys: Captured) -> None:
    site.reply = Reply(shadowed=replace(SHADOWED, refused=0))
    assert main(["deploy", "bundle", "--to", "staging", "--shadow", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["did"], told["different"]) == (True, "shadowed", 7)
    assert told["copies"]["lost"] == 3
    assert told["fields"][1] == {"field": "leaves", "values": 3, "largest": None}


def test_a_shadow_that_nobody_asked_or_that_ended_is_told(site: Site, capsys: Captured) -> None:
    ended = Shadowed("churn", "v1.0.0", "v0.9.0", 60.0, ended=True, printed="no memory\nis left")
    site.reply = Reply(shadowed=ended)
    assert main(["deploy", "bundle", "--to", "staging", "--shadow"]) == 1
    told = capsys.readouterr().out
    assert "  no request came in 60 s: that proves nothing\n" in told
    assert "  failed  its service ended before its time\n" in told
    assert told.endswith("  what it printed last:\n    no memory\n    is left\n")
    site.reply = Failed("too slow", "'v0.9.0' serves on.")
    assert main(["deploy", "bundle", "--to", "staging", "--shadow"]) == 1
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
        (["deploy", "bundle", "--to", "image", "--shadow"], "sends no copies of its requests"),
        (
            ["deploy", "x", "--to", "staging", "--shadow", "--canary", "5"],
            "a shadow answers nobody",
        ),
        (["deploy", "--start", "--to", "staging", "--shadow"], "a shadow answers nobody"),
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
