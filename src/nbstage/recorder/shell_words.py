"""The programs that a shell command starts, without their arguments."""

from __future__ import annotations

import posixpath
import re

_BETWEEN = re.compile(r"\|\|?|&&?|;|\n|\(|\)|`|\$\(")
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")
_SETTING = re.compile(r"\w+=")
_PROGRAM = re.compile(r"[\w./+~-]+")
_AROUND = frozenset({"if", "then", "else", "do", "while", "time", "exec", "env", "sudo", "nohup"})
_BUILT_IN = frozenset(
    {"cd", "echo", "export", "set", "unset", "exit", "true", "false", "test", "[", "read"}
    | {"fi", "done", "for", "case", "esac", "printf"}
)


def programs_in(command: str) -> list[str]:
    """The programs' names; nothing that is quoted, no values of variables."""
    found: list[str] = []
    for part in _BETWEEN.split(_QUOTED.sub("''", command)):
        words = [word for word in part.split() if not _SETTING.match(word)]
        while words and words[0] in _AROUND:
            del words[0]
        if words and words[0] not in _BUILT_IN and _PROGRAM.fullmatch(words[0]):
            found.append(posixpath.basename(words[0]))
    return found
