"""Every value that travels through nbstage, in order of appearance.

All of it is frozen; none of it does anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Level(Enum):
    """How much a problem weighs: an error stops the conversion, a note does not."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's files something stands.

    `cell` counts all cells of the notebook from 1, `line` the lines of that cell's source from 1;
    `column` and `end_column` are character offsets from 0 in `source`, the text of that line.
    """

    path: str
    cell: int | None = None
    line: int | None = None
    column: int = 0
    end_column: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the user has to know: a stable code, what is the matter, where, and what to do."""

    code: str
    message: str
    place: Place
    hint: str
    level: Level = Level.ERROR


class CellKind(Enum):
    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it stands in the notebook's file. `number` counts all cells from 1."""

    number: int
    kind: CellKind
    source: str
    tags: tuple[str, ...] = ()
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read: `path` is relative to the project's root, with forward slashes."""

    path: str
    cells: tuple[Cell, ...]


class Role(Enum):
    """What a code cell is for, by its tags."""

    STAGE = "stage"
    IMPORTS = "imports"
    FUNCTIONS = "functions"
    PARAMETERS = "parameters"
    CHECK = "check"
    SKIP = "skip"
    UNTAGGED = "untagged"


class Metrics(Enum):
    """Which names of a cell are metrics: none, those it assigns, or (Kale) also those it only
    prints.
    """

    NO = "no"
    ASSIGNED = "assigned"
    PRINTED = "printed"


@dataclass(frozen=True, slots=True)
class Label:
    """What a cell's tags and `#|` lines say, Kale's words translated into ours."""

    role: Role = Role.UNTAGGED
    stage: str | None = None
    metrics: Metrics = Metrics.NO
    plots: bool = False
    predict: bool = False
    after: tuple[str, ...] = ()
    executor: str | None = None
    resources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """A cell's source as plain Python.

    `text` has no IPython syntax left. `lines[i]` is the line of the cell's source (from 1) that
    line i + 1 of `text`
    comes from. Text may use the names in `nbstage.runtime.NOTEBOOK` (what magics and shell lines
    became).
    `requirements` are the packages a `%pip install` line names.
    """

    text: str
    lines: tuple[int, ...]
    requirements: tuple[str, ...] = ()


class Owner(Enum):
    """Who may change a file: the tool alone, the user once it is written, or both (merged)."""

    TOOL = "tool"
    USER = "user"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Origin:
    """The line of a notebook that a line of a file was made from: cell and line are counted from 1.

    `depth` is by how many columns the line was moved in.
    """

    cell: int
    line: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written: `path` relative to the project's root, with forward slashes.

    `origins` has an entry for each line of a module's text: None for lines that are nbstage's own.
    """

    path: str
    text: str
    owner: Owner
    origins: tuple[Origin | None, ...] = field(default=(), compare=False, repr=False)


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """What writing would do to one file on disk.

    `before` is empty for a new file, `after` for a removed one.
    """

    path: str
    action: Action
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """Values that travel from one stage to others in one file: one name, or several that share
    mutable structure.
    """

    stage: str
    names: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key of params.yaml as the notebook gives it: plain data, and the comment lines that stand
    with it.

    `section` is the key of params.yaml that it stands under, "" where it stands at the top.
    """

    name: str
    value: object
    comment: tuple[str, ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A file, or a folder of files, that `dvc plots` shows. `x`, `y` and `template` say how, ""
    leaves it to DVC. Tables are kept in git, pictures in DVC's cache.
    """

    path: str
    x: str = ""
    y: str = ""
    template: str = ""
    in_git: bool = True


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage as `dvc.yaml` shows it. Paths are relative to the project's root, sorted within
    each tuple.

    `deps` holds the stage's module, the helper modules and data files; `inputs` the artifacts it
    loads; `params` keys of params.yaml, `explore.seed` for `seed` in the section `explore`.
    `outs` are files the user's own code writes; `outputs` the artifacts nbstage saves; `checks` the
    tests made from its check cells. `predict` says that rows to be predicted go through it.
    """

    name: str
    notebook: str
    doc: str
    deps: tuple[str, ...] = ()
    inputs: tuple[Artifact, ...] = ()
    params: tuple[str, ...] = ()
    outs: tuple[str, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    metrics: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    checks: tuple[str, ...] = ()
    executor: str | None = None
    predict: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that is rendered: the stages in notebook order, the parameters, the generated modules as
    files, and the tests that are the user's once they are written.
    """

    stages: tuple[PlannedStage, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    modules: tuple[File, ...] = ()
    tests: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """`[tool.nbstage]` in pyproject.toml, with its defaults.

    `workdir` None means the notebook's own folder. `formats` maps a variable (`df` or `stage.df`)
    to a format's name;
    `deps` adds the user's own dependencies to a stage. With `safe`, values travel only in formats
    that run no code when they are read. `prefixes` has, by notebooks' paths, what their stages'
    names begin with and their section of params.yaml is called.
    """

    notebooks: tuple[str, ...] = ()
    workdir: str | None = None
    formats: dict[str, str] = field(default_factory=dict)
    deps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    safe: bool = False
    prefixes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retraced:
    """A notebook that was run before its conversion, for what the code of some cells leaves open.

    `failure` says why its facts could not be recorded, "" if they were.
    """

    notebook: str
    cells: tuple[int, ...]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `convert` did or `check` found.

    An error among the problems means that nothing was written.
    """

    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    retraced: tuple[Retraced, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A notebook's pipeline as far as it could be planned, and what is the matter with it."""

    pipeline: Pipeline
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What one code cell did in one traced run. Names and kinds of things, none of their values.

    `code` is the key: the first 16 hex digits of the sha256 of the cell's source without tag lines
    (see `trace.facts.code_key`). `binds` maps each name that the cell bound, or whose object it
    changed in place, to its type as a dotted path ("pandas.DataFrame", "int", "function").
    `changes` are names whose object has other content than before without being bound anew;
    `shares` groups of names that lead to one changeable object after the cell.
    `formats` maps a name, where it was asked for, to the first format whose save-load round trip
    was exact, "" if none was; a name that was too big to try is left out.
    Paths are relative to the project's root, with forward slashes, if inside it; else absolute,
    or below "~/". `draws` and `seeds` name the global random generators whose state the cell moved
    and set. `figures` counts matplotlib's open figures, `raised` names the exception's class.
    """

    code: str
    binds: dict[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    shares: tuple[tuple[str, ...], ...] = ()
    formats: dict[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    figures: int = 0
    raised: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What one traced run of a notebook showed: its code cells in order."""

    notebook: str
    cells: tuple[CellFacts, ...] = ()
