"""What a statement does: the nouns of the abstract run's findings."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

from nbstage.convert.effects.values import Obj

Site = ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern


class Oddity(Enum):
    """What a rule has to judge."""

    HISTORY = "history"
    NAMESPACE = "namespace"
    EXECUTES = "executes"
    INPUT = "input"
    KERNEL = "kernel"
    EXITS = "exits"
    UNSEEDED = "unseeded"
    CLASS_REBINDS = "class rebinds"
    STAR = "star"
    NO_PATH = "no path"
    SYS_PATH = "sys path"
    CACHE_INFO = "cache info"


@dataclass(frozen=True, slots=True)
class Owned:
    """An object that belongs to a library, such as a logger: to change it is to set the library."""

    library: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An oddity, what it is about, and where."""

    kind: Oddity
    detail: str
    site: Site


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file that a statement reads (`r`), writes (`w`) or adds to (`a`); the path as written in
    the notebook.

    `surely` is False where that depends on a condition or a loop.
    """

    path: str
    mode: str
    site: Site
    surely: bool


@dataclass(slots=True)
class Effects:
    """What one top-level statement does to the notebook's names, and to the world.

    `reads` and `changes` concern values that were there before the statement, each with the first
    place; reads that may fail without harm are `soft`. `binds` says whether the name is surely
    bound afterwards; `deletes` are those that are deleted, `unbinds` those that may be. `groups`
    are names that share what was changed, or whose being the same object matters; `changed` the
    objects that were changed themselves, `changed_deep` those with all they hold and share;
    `iterators` those that library functions made.

    `settings` are the libraries that are set, `files` those read and written. `paths` are the
    library names it uses, `builtins` the built-in ones, `quoted` names that stand in text:
    `df.query("a > @threshold")`. `unknown` says that something was called of which nothing is
    known; `doubtful` are the names whose values it may have changed, which a traced run would tell.
    `varies` says that the result differs from run to run, `acts` that it acts on the world outside,
    `looks` that it looks for files, `moves` that it changes the working directory, `draws_figures`
    that it works on pyplot's or plotly's figures. `gives` is the type of what an expression that
    stands alone gives, "" if unknown: a cell's last one is shown.
    """

    reads: dict[str, Site] = field(default_factory=dict)
    soft: dict[str, Site] = field(default_factory=dict)
    binds: dict[str, bool] = field(default_factory=dict)
    deletes: set[str] = field(default_factory=set)
    unbinds: set[str] = field(default_factory=set)
    changes: dict[str, Site] = field(default_factory=dict)
    groups: set[frozenset[str]] = field(default_factory=set)
    changed: set[Obj] = field(default_factory=set)
    changed_deep: set[Obj] = field(default_factory=set)
    iterators: set[Obj] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    files: list[FileUse] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    builtins: set[str] = field(default_factory=set)
    quoted: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    unknown: bool = False
    varies: bool = False
    acts: bool = False
    looks: bool = False
    moves: bool = False
    draws_figures: bool = False
    gives: str | None = None
