"""The few calls of GitHub's API that a comment takes. An edge."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nbstage.errors import UserError

_PAGE = 100
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Api:
    """A repository on GitHub, and the token to speak to it with."""

    url: str
    repository: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment below a pull request."""

    id: int
    author: str
    body: str


def api_from(environment: Mapping[str, str]) -> Api:
    """What the variables of a workflow say. Raises UserError for those that are missing."""
    token = environment.get("GH_TOKEN") or environment.get("GITHUB_TOKEN") or ""
    repository = environment.get("GITHUB_REPOSITORY", "")
    said = {"GITHUB_REPOSITORY": repository, "GH_TOKEN": token}
    missing = [name for name, value in said.items() if not value]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            "a workflow has both; on a laptop: export GITHUB_REPOSITORY=owner/name, and a token "
            "that may write to pull requests as GH_TOKEN.",
        )
    url = environment.get("GITHUB_API_URL") or "https://api.github.com"
    return Api(url.rstrip("/"), repository, token)


def head_of(api: Api, number: int) -> str:
    """The commit at the head of a pull request; "" if there is no such request."""
    answer = _ask(api, "GET", f"pulls/{number}", missing_is_fine=True)
    head = answer.get("head") if isinstance(answer, dict) else None
    return str(head.get("sha", "")) if isinstance(head, dict) else ""


def comments_of(api: Api, number: int) -> Iterator[Comment]:
    """All comments below a pull request, the oldest first."""
    page = 0
    while True:
        page += 1
        found = _ask(api, "GET", f"issues/{number}/comments?per_page={_PAGE}&page={page}")
        rows = found if isinstance(found, list) else []
        yield from (_comment(row) for row in rows if isinstance(row, dict))
        if len(rows) < _PAGE:
            return


def _comment(row: dict[str, object]) -> Comment:
    user = row.get("user")
    author = str(user.get("login", "")) if isinstance(user, dict) else ""
    return Comment(int(str(row.get("id", 0))), author, str(row.get("body") or ""))


def add_comment(api: Api, number: int, body: str) -> None:
    """Write a new comment below a pull request."""
    _ask(api, "POST", f"issues/{number}/comments", {"body": body})


def change_comment(api: Api, comment: int, body: str) -> None:
    """Put another text into a comment."""
    _ask(api, "PATCH", f"issues/comments/{comment}", {"body": body})


def _ask(
    api: Api, method: str, path: str, data: object = None, *, missing_is_fine: bool = False
) -> object:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    request = Request(
        f"{api.url}/repos/{api.repository}/{path}",
        data=None if data is None else json.dumps(data).encode(),
        method=method,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {api.token}",
            "Content-Type": "application/json",
            "User-Agent": "nbstage",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urlopen(request, timeout=_SECONDS) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        if error.code == 404 and missing_is_fine:
            return None
        raise _refused(api, method, path, str(error.code)) from None
    except (HTTPException, OSError, URLError, ValueError) as error:
        raise _refused(api, method, path, str(error)) from None


def _refused(api: Api, method: str, path: str, why: str) -> UserError:
    where = f"{api.repository}/{path.partition('?')[0]}"
    return UserError(
        f"GitHub didn't do {method} {where}: {why}",
        "look at the token's permissions: the job needs `pull-requests: write`.",
    )


def current_api() -> Api:
    """The repository and the token that this process was given."""
    return api_from(os.environ)
