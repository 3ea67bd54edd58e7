"""One comment by one author for a pull request, however often its report changes."""

from __future__ import annotations

from nbstage.comment.github import Api, add_comment, change_comment, comments_of, head_of
from nbstage.comment.kept import Kept
from nbstage.compare.told.markdown import MARKER
from nbstage.errors import UserError


def post(api: Api, kept: Kept, head: str, author: str) -> str:
    """Write the comment, or update the one that `author` wrote before; gives what was done.

    Raises UserError if the pull request's head is not the commit `head`: whoever wrote the folder
    could name any request.
    """
    found = head_of(api, kept.number)
    if found != head:
        is_ = f"its head is {found[:12]}" if found else "there is no such request"
        raise UserError(
            f"pull request {kept.number} is not that of commit {head[:12]}: {is_}",
            "a newer push has a comment of its own; else somebody has put another number in.",
        )
    for comment in comments_of(api, kept.number):
        if comment.author == author and comment.body.startswith(MARKER):
            change_comment(api, comment.id, kept.body)
            return f"updated the comment below pull request {kept.number}"
    add_comment(api, kept.number, kept.body)
    return f"commented on pull request {kept.number}"
