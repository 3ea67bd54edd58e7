"""Who is let in: tokens in a file, in the environment, or nobody but this machine."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import threading
from pathlib import Path

import pytest

from nbstage.errors import UserError
from nbstage.serve.tokens import Keys, new_token, parse_tokens, read_tokens, revoke_token
from tests.unit.serving import ROW, client, errors, serving

DAY = "2026-11-21"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "tokens"


# --- the file


def test_a_new_token_is_shown_once_and_its_hash_kept(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    assert len(token) > 40
    assert token not in file.read_text()
    assert re.fullmatch(r"alice sha256:[0-9a-f]{64} 2026-11-21\n", file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert Keys(file).admit(token)


def test_several_tokens_are_good_until_each_is_revoked(file: Path) -> None:
    alice, bob = new_token(file, "alice", DAY), new_token(file, "bob", DAY)
    keys = Keys(file)
    assert keys.admit(alice)
    assert keys.admit(bob)
    revoke_token(file, "alice")
    assert not keys.admit(alice)
    assert keys.admit(bob)


def test_comments_and_blank_lines_stay(file: Path) -> None:
    new_token(file, "alice", DAY)
    file.write_text("# ours\n\n" + file.read_text().rstrip("\n"))
    new_token(file, "bob", DAY)
    revoke_token(file, "alice")
    lines = file.read_text().splitlines()
    assert lines[:2] == ["# ours", ""]
    assert [line.split()[0] for line in lines[2:]] == ["bob"]


@pytest.mark.parametrize("name", ["", "a b", "é", "-x", "x" * 65, "#x", "a\nb"])
def test_a_name_that_cant_stand_in_the_file_is_refused(file: Path, name: str) -> None:
    with pytest.raises(UserError, match="can't be a token's name"):
        new_token(file, name, DAY)


def test_a_name_is_given_once(file: Path) -> None:
    new_token(file, "alice", DAY)
    with pytest.raises(UserError, match="has a token named 'alice'"):
        new_token(file, "alice", DAY)
    with pytest.raises(UserError, match="has no token named 'bob'") as refused:
        revoke_token(file, "bob")
    assert refused.value.hint == "it has alice."


def test_lines_that_hold_no_hash_are_named(file: Path) -> None:
    new_token(file, "alice", DAY)
    file.write_text(file.read_text() + "bob secret\n\ncarol sha256:12\n")
    with pytest.raises(UserError, match="has no token in lines 2, 4"):
        read_tokens(file)


def test_the_token_itself_in_the_file_opens_nothing(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    assert parse_tokens(f"alice {token}\n") == ((), (1,))


def test_a_running_service_keeps_the_good_lines_of_a_broken_file(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    keys = Keys(file)
    file.write_text("bob secret\n" + file.read_text())
    assert keys.admit(token)


@pytest.mark.parametrize("broken", ["gone", "bytes", "folder"])
def test_a_file_that_cant_be_read_lets_nobody_in(file: Path, broken: str) -> None:
    token = new_token(file, "alice", DAY)
    keys = Keys(file)
    assert keys.admit(token)
    text = file.read_bytes()
    file.unlink()
    if broken == "bytes":
        file.write_bytes(b"\xff\xfe")
    if broken == "folder":
        file.mkdir()
    assert not keys.admit(token)
    file.rmdir() if broken == "folder" else file.unlink(missing_ok=True)
    file.write_bytes(text)
    assert keys.admit(token)


# --- the door


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/predict", "/metrics", "/docs", "/openapi.json", "/nothing"])
def test_without_a_token_there_is_nothing_to_see(file: Path, path: str) -> None:
    service = client(serving(open=False, tokens=file))
    for answer in (service.get(path), service.post(path, content=b"{", headers=bearer("no"))):
        assert answer.status_code == 401
        ways = answer.headers.get_list("www-authenticate")
        assert ways == ['Bearer realm="nbstage"', 'Basic realm="nbstage"']  # for browsers
        assert "a token is needed" in str(errors(answer)[0]["message"])


def test_health_needs_no_token(file: Path) -> None:
    assert client(serving(open=False, tokens=file)).get("/health").status_code == 200


def test_a_token_comes_as_bearer_as_key_or_as_a_browsers_password(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    service = client(serving(open=False, tokens=file))
    basic = base64.b64encode(f"me:{token}".encode()).decode()
    for headers in (
        bearer(token),
        {"authorization": f"bearer  {token}"},
        {"x-api-key": token},
        {"authorization": f"Basic {basic}"},
    ):
        assert service.post("/predict", json=ROW, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        b"Bearer",
        b"Bearer ",
        b"Bearer \xff\xfe",
        b"Bearer " + b"x" * 10_000,
        b"Basic !!!",
        b"Basic YTpi",
        b"Basic \xe9",
        b"Digest x",
        b"",
    ],
)
def test_what_is_no_token_is_refused(file: Path, header: bytes) -> None:
    new_token(file, "alice", DAY)
    service = client(serving(open=False, tokens=file))
    answer = service.post("/predict", json=ROW, headers={b"authorization": header})
    assert answer.status_code == 401


def test_an_almost_right_token_is_refused(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    keys = Keys(file)
    assert not any(keys.admit(wrong) for wrong in (token[:-1], token + "A", token.upper(), ""))


def test_a_body_is_not_read_before_the_token_is_good(file: Path) -> None:
    service = client(serving(open=False, tokens=file))
    read: list[int] = []

    async def ask() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            read.append(1)
            return {"type": "http.request", "body": b"{", "more_body": True}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/predict", "method": "POST", "headers": []}
        await service.app(scope, receive, send)  # type: ignore[arg-type]
        return sent

    sent = asyncio.run(ask())
    assert sent[0]["status"] == 401
    assert read == []


def test_tokens_in_the_environment_are_good_beside_the_file(file: Path) -> None:
    token, other = new_token(file, "alice", DAY), new_token(file.with_name("other"), "bob", DAY)
    told = file.with_name("other").read_text() + ", # nothing"
    service = client(serving(open=False, tokens=file, told=told))
    for one in (token, other):
        assert service.get("/docs", headers=bearer(one)).status_code == 200


def test_refused_tokens_are_counted(file: Path) -> None:
    token = new_token(file, "alice", DAY)
    service = client(serving(open=False, tokens=file))
    for _ in range(3):
        service.get("/docs", headers=bearer("wrong"))
    assert "nbstage_tokens_refused_total 3.0" in service.get("/metrics", headers=bearer(token)).text


def test_a_storm_of_wrong_tokens_makes_no_work_but_a_hash(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_token(file, "alice", DAY)
    keys = Keys(file)
    assert keys.admit(token)

    def refuse(*_: object, **__: object) -> object:
        raise AssertionError("the file is read again for a wrong token")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert not any(keys.admit(os.urandom(20).hex()) for _ in range(2000))
    assert keys.admit(token)


def test_without_tokens_only_requests_to_this_machine_by_its_name_are_answered() -> None:
    service = client(serving())
    for host in ("localhost:8000", "127.0.0.1", "[::1]:80", "LOCALHOST"):
        assert service.get("/docs", headers={"host": host}).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil:80", ""):
        answer = service.post("/predict", json=ROW, headers={"host": host})
        assert answer.status_code == 421


def test_keys_may_change_while_many_ask(file: Path) -> None:
    kept = new_token(file, "kept", DAY)
    keys = Keys(file)
    refused: list[str] = []
    end = threading.Event()

    def ask() -> None:
        while not end.is_set():
            if not keys.admit(kept):
                refused.append(file.read_text())

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(20):
        new_token(file, f"n{number}", DAY)
        revoke_token(file, f"n{number}")
    end.set()
    asking.join()
    assert not refused
