"""`nbstage serve` on the command line: what is refused before anything is served, and tokens."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from nbstage.cli import main
from nbstage.config import parse_settings
from nbstage.errors import UserError
from nbstage.serve.nouns import Service
from nbstage.serve.supervise import serve
from nbstage.serve_settings import ServiceSettings
from tests.unit.serving import Model

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dvc.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBSTAGE_TOKENS", raising=False)
    return tmp_path


def said(capsys: Captured, *args: str) -> str:
    """What is said to wrong usage."""
    assert main(["serve", *args]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


def test_without_a_token_nothing_is_served(project: Path, capsys: Captured) -> None:
    told = said(capsys, ".")
    assert "there is no token, so nobody could use the service: '.nbstage/tokens' has none" in told
    assert "`nbstage serve --new-token NAME` makes one" in told


def test_without_tokens_others_than_this_machine_are_never_let_in(
    project: Path, capsys: Captured
) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "example.org", "127.example.org", ""):
        told = said(capsys, ".", "--no-auth", "--host", host)
        assert f"would let everybody in who reaches '{host}'" in told


def test_what_is_to_be_served_has_to_be_named_and_there(project: Path, capsys: Captured) -> None:
    assert "there is no model to serve" in said(capsys)
    assert "'nowhere' is neither a model's version" in said(capsys, "nowhere", "--no-auth")


def test_tokens_that_are_none_are_refused_wherever_they_stand(
    project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["serve", "--new-token", "alice"]) == 0
    monkeypatch.setenv("NBSTAGE_TOKENS", "alice secret")
    capsys.readouterr()
    assert "NBSTAGE_TOKENS holds something that is no token's hash" in said(capsys, ".")
    monkeypatch.delenv("NBSTAGE_TOKENS")
    (project / ".nbstage/tokens").write_text("alice\n")
    assert "'.nbstage/tokens' has no token in line 1" in said(capsys, ".")


def test_a_token_is_printed_alone_for_scripts_and_written_where_it_is_told(
    project: Path, capsys: Captured
) -> None:
    assert main(["serve", "--new-token", "alice", "--tokens", "keys/mine"]) == 0
    told = capsys.readouterr()
    assert re.fullmatch(r"nbs_[\w-]{43}\n", told.out)
    assert "'keys/mine' now has a hash of this token" in told.err
    assert main(["serve", "--revoke-token", "alice", "--tokens", "keys/mine"]) == 0
    assert (project / "keys/mine").read_text() == ""
    capsys.readouterr()
    assert "'keys/mine' has no token named 'alice'" in said(
        capsys, "--revoke-token", "alice", "--tokens", "keys/mine"
    )


def test_a_token_file_that_cant_be_written_is_told(project: Path, capsys: Captured) -> None:
    (project / "file").touch()
    assert "can't be" in said(capsys, "--new-token", "alice", "--tokens", "file/tokens")


def test_an_address_that_cant_be_had_is_told() -> None:
    def refused(service: Service) -> str:
        with pytest.raises(UserError) as told:
            serve(Model, service, lambda _: None, lambda _: None)
        return told.value.message

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = f"'127.0.0.1' port {port} can't be listened on: Address already in use"
        assert refused(Service(port=port)) == told
    assert "can't be listened on" in refused(Service(host="a" * 100))
    told = "/socket' can't be listened on: AF_UNIX path too long"
    assert told in refused(Service(port=0, socket=Path("/" + "x" * 200) / "socket"))
    assert "'192.0.2.1' port 8000 can't be listened on" in refused(Service(host="192.0.2.1"))


# --- settings


def settings(text: str) -> ServiceSettings:
    return parse_settings(f"[tool.nbstage.serve]\n{text}").serve.service


def test_settings_of_the_service_are_read() -> None:
    assert settings("") == ServiceSettings()
    found = settings('workers = 3\ntimeout = 0.5\nlog = false\nlog_fields = ["a"]\nmax_rows = 5')
    assert found == ServiceSettings(workers=3, timeout=0.5, log="", log_fields=("a",), max_rows=5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workers = 0", "serve.workers must be a whole number from 1, not 0"),
        ("workers = 1.5", "serve.workers must be a whole number from 1, not 1.5"),
        ("max_rows = -1", "serve.max_rows must be a whole number from 1, not -1"),
        ("timeout = 0", "serve.timeout must be more than 0, not 0"),
        ('timeout = "1"', "serve.timeout must be a number, not a text"),
        ("log = true", "serve.log must be a text, not true or false"),
        ('log = ""', "serve.log must be a text, not an empty text"),
        ("tokens = 1", "serve.tokens must be a text, not a number"),
        ('log_fields = "a"', "serve.log_fields must be a list of texts, not a text"),
        ("max_row = 1", "has no key 'max_row'; did you mean 'max_rows'?"),
    ],
)
def test_a_wrong_setting_is_told(text: str, told: str) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        settings(text)
