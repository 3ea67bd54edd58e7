"""Who may use a service: a file with a line for each token, which holds the token's hash.

    alice sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae 2026-11-21

A token is 256 random bits, which nobody can guess from a hash: it needs neither salt nor a slow
hash, as passwords do because people choose them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from nbstage.errors import UserError

PREFIX = "nbs_"
LONGEST = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"sha256:([0-9a-f]{64})")
_ADVICE = "a line is `NAME sha256:HASH`; `nbstage serve --new-token NAME` writes one."


@dataclass(frozen=True, slots=True)
class Token:
    """A token that lets in whoever has it."""

    name: str
    digest: bytes


def parse_tokens(text: str) -> tuple[tuple[Token, ...], tuple[int, ...]]:
    """The tokens of a file, and the numbers of its lines that hold none."""
    tokens: list[Token] = []
    wrong: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        found = _HASH.fullmatch(words[1].lower()) if len(words) > 1 else None
        if found and _NAME.fullmatch(words[0]):
            tokens.append(Token(words[0], bytes.fromhex(found[1])))
        else:
            wrong.append(number)
    return tuple(tokens), tuple(wrong)


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens of a file; none where there is no such file. Raises UserError for wrong lines."""
    tokens, wrong = parse_tokens(_text(path))
    if wrong:
        lines = ", ".join(str(number) for number in wrong)
        many = "lines" if len(wrong) > 1 else "line"
        raise UserError(f"'{path}' has no token in {many} {lines}", _ADVICE)
    return tokens


def told_tokens(text: str) -> tuple[Token, ...]:
    """The tokens that an environment variable holds, parted by commas or line ends."""
    tokens, wrong = parse_tokens(text.replace(",", "\n"))
    if wrong:
        raise UserError("NBSTAGE_TOKENS holds something that is no token's hash", _ADVICE)
    return tokens


def new_token(path: Path, name: str, day: str) -> str:
    """A new token, whose hash now stands in the file. It is kept nowhere else."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"'{name}' can't be a token's name",
            "take letters, digits, '.', '_' and '-', at most 64 of them.",
        )
    if any(token.name == name for token in read_tokens(path)):
        raise UserError(
            f"'{path}' has a token named '{name}'",
            f"take another name, or first `nbstage serve --revoke-token {name}`.",
        )
    token = PREFIX + secrets.token_urlsafe(32)
    before = _text(path)
    joint = "" if not before or before.endswith("\n") else "\n"
    _write(path, f"{before}{joint}{name} sha256:{_digest(token).hex()} {day}\n")
    return token


def revoke_token(path: Path, name: str) -> None:
    """Take a token out of the file. Raises UserError where it has none of that name."""
    known = [token.name for token in read_tokens(path)]
    if name not in known:
        there = f"it has {', '.join(known)}." if known else "it has none."
        raise UserError(f"'{path}' has no token named '{name}'", there)
    lines = _text(path).splitlines(keepends=True)
    _write(path, "".join(line for line in lines if line.split()[:1] != [name]))


class Keys:
    """The tokens that are good now: the file is read again whenever it changes.

    A file that can't be read lets nobody in; a line that is wrong takes just its own token away.
    """

    def __init__(self, path: Path | None, told: tuple[Token, ...] = ()) -> None:
        self._path = path
        self._told = told
        self._seen: tuple[int, int, int] | None = None
        self._read: tuple[Token, ...] = ()

    def admit(self, token: str) -> bool:
        """Whether the token is good. All are compared, each in a time that tells nothing."""
        if len(token) > LONGEST:
            return False
        digest = _digest(token)
        good = False
        for one in (*self._told, *self._current()):
            good |= hmac.compare_digest(one.digest, digest)
        return good

    def _current(self) -> tuple[Token, ...]:
        if self._path is None:
            return ()
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                text = self._path.read_text(encoding="utf-8")
                self._read, self._seen = parse_tokens(text)[0], seen
        except (OSError, UnicodeDecodeError):
            self._read, self._seen = (), None
        return self._read


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UserError(f"'{path}' is no text file", _ADVICE) from None
    except OSError as error:
        raise UserError(
            f"'{path}' can't be read: {error.strerror}", "look at the file's permissions."
        ) from None


def _write(path: Path, text: str) -> None:
    """A service that reads meanwhile sees the old file or the new one; others can't read it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UserError(
            f"'{path}' can't be written: {error.strerror}", "name a file with `--tokens`."
        ) from None
