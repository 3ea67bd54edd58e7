"""`nbstage comment`: one comment, updated; data of anybody's believed in nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbstage.cli import main
from nbstage.comment.kept import comment, read_kept
from nbstage.compare.told.markdown import MARKER, MOST_CHARS
from nbstage.errors import UserError
from tests.fake_github import BOT, REPOSITORY, FakeGitHub, fake_github

HEAD = "5" * 40
REPORT = f"{MARKER}\n## Model report: better\n"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    with fake_github({7: HEAD, 8: "6" * 40}) as fake:
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GH_TOKEN", "a-token")
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "report.md").write_text(REPORT, encoding="utf-8")
    (folder / "number.txt").write_text("7\n")
    return folder


def commented(folder: Path) -> int:
    return main(["comment", str(folder), "--head", HEAD])


# --- the one comment


def test_the_first_report_is_a_new_comment(
    github: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commented(folder) == 0
    assert github.bodies() == [REPORT]
    assert capsys.readouterr().out == "commented on pull request 7\n"
    assert {token for _, _, token in github.asked} == {"Bearer a-token"}


def test_the_next_report_takes_the_first_ones_place(
    github: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commented(folder)
    (folder / "report.md").write_text(REPORT.replace("better", "worse"), encoding="utf-8")
    assert commented(folder) == 0
    assert github.bodies() == [REPORT.replace("better", "worse")]
    assert "updated the comment below pull request 7" in capsys.readouterr().out


def test_a_comment_of_somebody_else_stays_though_it_has_the_mark(
    github: FakeGitHub, folder: Path
) -> None:
    github.write("mallory", f"{MARKER}\nmine")
    assert commented(folder) == 0
    assert github.bodies() == [f"{MARKER}\nmine", REPORT]


def test_a_comment_that_quotes_the_mark_is_another(github: FakeGitHub, folder: Path) -> None:
    github.write(BOT, f"about {MARKER}")
    assert commented(folder) == 0
    assert github.bodies() == [f"about {MARKER}", REPORT]


def test_the_comment_is_found_among_hundreds(github: FakeGitHub, folder: Path) -> None:
    for number in range(150):
        github.write("ada", f"comment {number}")
    github.write(BOT, REPORT.replace("better", "worse"))
    assert commented(folder) == 0
    assert len(github.comments) == 151
    assert github.bodies()[-1] == REPORT


# --- what is refused


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert commented(folder) == 2
    return capsys.readouterr().err


def test_the_number_of_another_pull_request_is_refused(
    github: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "number.txt").write_text("8")
    assert "pull request 8 is not that of commit 555555555555" in refused(folder, capsys)
    assert not github.comments


def test_the_number_of_no_pull_request_is_refused(
    github: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "number.txt").write_text("9")
    assert "there is no such request" in refused(folder, capsys)
    assert not github.comments


@pytest.mark.parametrize("number", ["", "0", "-7", "7/../8", "7 8", "７", "7?x=1"])
def test_a_number_that_is_none_is_refused_before_anybody_is_asked(
    number: str, github: FakeGitHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "number.txt").write_text(number, encoding="utf-8")
    assert "holds no pull request's number" in refused(folder, capsys)
    assert not github.asked


@pytest.mark.parametrize("name", ["report.md", "number.txt", "gate.txt"])
def test_a_link_is_not_followed(name: str, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{MARKER}\n7\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    with pytest.raises(UserError, match="is no file"):
        read_kept(folder)


def test_what_is_no_report_is_refused(folder: Path) -> None:
    (folder / "report.md").write_text("# Free money\n")
    with pytest.raises(UserError, match="is no report"):
        read_kept(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"number\.txt' is no file"):
        read_kept(tmp_path)


def test_what_is_not_set_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_REPOSITORY", "GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert "GITHUB_REPOSITORY and GH_TOKEN are not set" in refused(folder, capsys)


def test_what_github_refuses_is_said_without_the_token(
    github: FakeGitHub,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/other")
    said = refused(folder, capsys)
    assert "GitHub didn't do GET ada/other/pulls/7: 501" in said
    assert "a-token" not in said


def test_a_server_that_is_not_there_is_said(
    github: FakeGitHub,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert "GitHub didn't do GET" in refused(folder, capsys)


# --- the text


def test_what_the_gate_said_stands_above_the_report() -> None:
    text = comment(REPORT, "the gate is not met: 1 unmet\n")
    told, rest = "```text\nthe gate is not met: 1 unmet\n```\n\n", REPORT.partition("\n")[2]
    assert text == f"{MARKER}\n{told}{rest}"


def test_what_the_gate_said_stays_in_its_block() -> None:
    text = comment(REPORT, "one\n`````\n# two\n")
    assert text.count("```") == 2
    assert "\n'''``\n# two\n```\n" in text


def test_a_comment_is_no_longer_than_github_takes() -> None:
    text = comment(REPORT + "x" * MOST_CHARS, "y" * MOST_CHARS)
    assert len(text) == MOST_CHARS
    assert text.endswith("*The rest is left out: a comment holds no more.*\n")
