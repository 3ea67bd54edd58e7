"""Projects of DVC stages, and what is done in them, for `dvc repro` and `nbstage repro` alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Files = Mapping[str, str | None]
#: Arguments of `repro`, files that are written (None: removed), or a line for dvc or the shell.
Step = tuple[str, ...] | Files | str


@dataclass(frozen=True, slots=True)
class Case:
    """A project's files, and then one step after another, in one of its folders."""

    name: str
    files: Files
    steps: tuple[Step, ...]
    broken: bool = False
    folder: str = ""


def stage(name: str, cmd: str, more: str = "", **lists: list[str]) -> str:
    """A stage's entry; `more` are lines of its own."""
    lines = [f"  {name}:", f"    cmd: {cmd}"]
    for key, values in lists.items():
        lines += [f"    {key}:", *(f"    - {value}" for value in values)]
    lines += [f"    {line}" for line in more.splitlines()]
    return "\n".join(lines) + "\n"


def dvc_yaml(*stages: str, before: str = "") -> str:
    return f"{before}stages:\n{''.join(stages)}"


COPY = stage("copy", "cp in.txt a.txt", deps=["in.txt"], outs=["a.txt"])
COUNT = stage("count", "wc -c < a.txt > b.txt", deps=["a.txt"], outs=["b.txt"])
OTHER = stage("other", "tr a-z A-Z < in.txt > c.txt", deps=["in.txt"], outs=["c.txt"])
JOIN = stage("join", "cat b.txt c.txt > d.txt", deps=["b.txt", "c.txt"], outs=["d.txt"])
DIAMOND: Files = {"dvc.yaml": dvc_yaml(COPY, COUNT, OTHER, JOIN), "in.txt": "one\n"}
FAILS = stage("fails", "echo no >&2; exit 3", deps=["in.txt"], outs=["f.txt"])
AFTER = stage("after", "cp f.txt g.txt", deps=["f.txt"], outs=["g.txt"])
NEW: Files = {"in.txt": "two words\n"}

#: What can be asked of one project.
ASKED = (
    Case(
        "a diamond, changed and changed back", DIAMOND, ((), (), NEW, (), {"in.txt": "one\n"}, ())
    ),
    Case("an output removed, another one edited", DIAMOND, ((), {"a.txt": None, "c.txt": "?"}, ())),
    Case("a target", DIAMOND, (("count",), NEW, ("copy",), ())),
    Case("forced", DIAMOND, ((), ("--force",), ("--force", "copy"))),
    Case("a single item", DIAMOND, ((), NEW, ("--single-item", "count"), ("-s", "copy", "count"))),
    Case("downstream", DIAMOND, ((), NEW, ("--downstream", "count"), ("--downstream", "copy"))),
    Case(
        "all that needs what was run",
        DIAMOND,
        (
            (),
            {"dvc.yaml": dvc_yaml(COPY.replace("cp", "cp -f"), COUNT, OTHER, JOIN)},
            ("--force-downstream",),
        ),
    ),
    Case("a pipeline and all pipelines", DIAMOND, (("-p", "copy"), NEW, ("-P",))),
    Case("patterns", DIAMOND, (("--glob", "co*"), ("--glob", "*"))),
    Case("nothing kept in the cache", DIAMOND, (("--no-commit",), (), NEW, ("--no-commit",))),
    Case("without the run-cache", DIAMOND, ((), NEW, (), {"in.txt": "one\n"}, ("--no-run-cache",))),
    Case("said only", DIAMOND, (("--dry",), (), NEW, ("--dry",))),
    Case("a target that isn't there", DIAMOND, (("nothing",),), broken=True),
    Case(
        "missing data allowed",
        DIAMOND,
        ((), {"a.txt": None, "in.txt": None}, ("--allow-missing",), NEW, ("--allow-missing",)),
    ),
)

#: Kinds of stages and of projects.
KINDS = (
    Case(
        "a stage that fails",
        {"dvc.yaml": dvc_yaml(COPY, FAILS, AFTER), "in.txt": "one\n"},
        (("copy",), ("after",), ("--keep-going",), ("--ignore-errors",)),
    ),
    Case(
        "a stage that fails, mended",
        {"dvc.yaml": dvc_yaml(COPY, FAILS, AFTER), "in.txt": "one\n"},
        ((), {"dvc.yaml": dvc_yaml(COPY, FAILS.replace("exit 3", "touch f.txt"), AFTER)}, ()),
    ),
    Case(
        "a dependency and an output that are missing",
        {
            "dvc.yaml": dvc_yaml(
                stage("needs", "cp no.txt x.txt", deps=["no.txt"], outs=["x.txt"]),
                stage("makes", "echo made", deps=["in.txt"], outs=["y.txt"]),
            ),
            "in.txt": "one\n",
        },
        (("needs",), ("makes",), ("--keep-going",)),
    ),
    Case(
        "frozen",
        {**DIAMOND, "dvc.yaml": dvc_yaml(COPY, COUNT + "    frozen: true\n", OTHER, JOIN)},
        (("copy",), ("other",), {"b.txt": "9\n"}, ("join",), NEW, (), ("--force",)),
    ),
    Case(
        "always changed, and without dependencies or outputs",
        {
            "dvc.yaml": dvc_yaml(
                stage("always", "echo x >> log.txt; cp log.txt l.txt", "always_changed: true")
                + "    outs:\n    - l.txt\n",
                stage("callback", "echo y >> calls.txt"),
                stage("source", "echo z > z.txt", outs=["z.txt"]),
                stage("reads", "cat z.txt l.txt", deps=["z.txt", "l.txt"]),
            )
        },
        ((), (), ("source",)),
    ),
    Case(
        "persisted and uncached outputs, metrics and plots",
        {
            "dvc.yaml": dvc_yaml(
                stage(
                    "all",
                    "sh make.sh",
                    "outs:\n- p.txt:\n    persist: true\n- u.txt:\n    cache: false\n"
                    "metrics:\n- m.json:\n    cache: false\nplots:\n- plot.csv:\n    x: a",
                    deps=["in.txt"],
                ),
                stage(
                    "metrics",
                    "cp m.json n.json",
                    "metrics:\n- n.json:\n    cache: false",
                    deps=["in.txt"],
                ),
            ),
            "in.txt": "one\n",
            "make.sh": "cat in.txt >> p.txt; cp in.txt u.txt; echo '{\"n\": 1}' > m.json\n"
            "printf 'a,b\\n1,2\\n' > plot.csv\n",
        },
        ((), NEW, (), {"in.txt": "one\n", "n.json": None}, ()),
    ),
    Case(
        "another folder to work in, and a folder as output",
        {
            "dvc.yaml": dvc_yaml(
                stage(
                    "inside",
                    "mkdir -p made/deep && cp ../in.txt made/deep/x && echo 1 > made/y",
                    "wdir: sub",
                    deps=["../in.txt"],
                    outs=["made"],
                ),
                stage("uses", "find sub/made -type f | sort > l.txt", deps=["sub/made"])
                + "    outs:\n    - l.txt\n",
            ),
            "sub/.keep": "",
            "in.txt": "one\n",
        },
        ((), NEW, (), {"sub/made/y": "2"}, ()),
    ),
    Case(
        "large results: one that can be run, two that are one file, and a folder",
        {
            "dvc.yaml": dvc_yaml(
                stage(
                    "large",
                    "sh make.sh",
                    deps=["in.txt"],
                    outs=["big", "run", "one", "two", "folder"],
                )
            ),
            "in.txt": "one\n",
            "make.sh": "head -c 2000000 /dev/zero > big; cat big in.txt > run; chmod 750 run\n"
            "cat in.txt big > one; ln one two; mkdir folder; cp big run folder\n",
        },
        ((), NEW, (), {"in.txt": "one\n", "big": None}, ()),
    ),
    Case(
        "variables and parameters",
        {
            "dvc.yaml": dvc_yaml(
                stage(
                    "uses",
                    "echo ${word} ${n.small} > v.txt",
                    "params:\n- n.small\n- rates\n- other.yaml:\n  - deep.list\n- whole.yaml:",
                    deps=["in.txt"],
                    outs=["v.txt"],
                ),
                stage("too", "cp v.txt w.txt", "params:\n- rates\n- tiny\n- day", deps=["v.txt"])
                + "    outs:\n    - w.txt\n",
                before="vars:\n- word: hello\n- other.yaml\n",
            ),
            "params.yaml": "n:\n  small: 1\nrates: [0.1, 1.0e-05, 3]\ntiny: 1.0e-07\n"
            "day: '2026-01-02'\n",
            "other.yaml": "deep:\n  list: [a, 'yes', null, 1.50]\n",
            "whole.yaml": "a: {b: [1, 2]}\nc: long " + "words " * 40 + "\n",
            "in.txt": "one\n",
        },
        ((), {"params.yaml": "n:\n  small: 2\nrates: [0.1]\ntiny: 12\nday: x\n"}, ()),
    ),
    Case(
        "a parameter that is missing",
        {
            "dvc.yaml": dvc_yaml(
                stage("needs", "echo done", "params:\n- gone", deps=["in.txt"]), COPY
            )
        }
        | {"in.txt": "one\n", "params.yaml": "there: 1\n"},
        (("--keep-going",), {"params.yaml": "gone: 1\n"}, ()),
    ),
    Case(
        "foreach and matrix",
        {
            "dvc.yaml": "stages:\n"
            "  each:\n    foreach: {a: 1, b: 2}\n    do:\n      cmd: echo ${item} > e-${key}.txt\n"
            "      outs:\n      - e-${key}.txt\n"
            "  grid:\n    matrix:\n      n: [1, 2]\n      w: [x, y z]\n"
            "    cmd: echo ${item.n} '${item.w}' > 'g-${item.n}-${item.w}.txt'\n"
            "    deps:\n    - e-a.txt\n    outs:\n    - g-${item.n}-${item.w}.txt\n"
        },
        (("each",), (), ("each@a", "--force"), {"e-b.txt": None}, ()),
    ),
    Case(
        "several dvc.yaml files, one of them from inside",
        {
            **DIAMOND,
            "deep/dvc.yaml": dvc_yaml(
                stage("below", "cp ../d.txt e.txt", deps=["../d.txt"], outs=["e.txt"])
            ),
        },
        (("-P",), NEW, ("deep/dvc.yaml",), ("-R", "deep"), ("deep/dvc.yaml:below", "--force")),
    ),
    Case(
        "tracked data, changed",
        {
            **DIAMOND,
            "in.txt.dvc": "outs:\n- md5: 5bbf5a52328e7439ae6e719dfe712200\n  size: 4\n"
            "  hash: md5\n  path: in.txt\n",
        },
        (("in.txt.dvc",), (), NEW, ()),
    ),
    Case(
        "several commands, names and shells' signs",
        {
            "dvc.yaml": "stages:\n"
            "  two:\n    cmd:\n    - echo $DVC_STAGE > 1.txt\n"
            "    - echo \"$((1 + 1))\" > '2 ä.txt'\n"
            "    outs:\n    - 1.txt\n    - 2 ä.txt\n"
            "  broken:\n    cmd:\n    - touch 3.txt\n    - 'false'\n    - touch 4.txt\n"
            "    outs:\n    - 3.txt\n"
            "  Names_of-1:\n    cmd: |\n      cat 1.txt |\n        sort > 5.txt\n"
            "    deps: [1.txt]\n    outs: [5.txt]\n",
        },
        (("two", "broken"), ("--keep-going",)),
    ),
    Case(
        "a lock that is old, partly gone, or has comments",
        DIAMOND,
        (
            (),
            {"dvc.lock": None},
            ("copy",),
            (),
            {
                "dvc.lock": "schema: '2.0'\n# mine\nstages:\n  gone:\n    cmd: x # here\n  copy:\n"
                "    cmd: no\n"
            },
            ("other",),
            (),
        ),
    ),
    Case("a broken dvc.yaml", {"dvc.yaml": "stages:\n  a: [\n"}, ((),), broken=True),
    Case(
        "a date that DVC can't read",
        {**DIAMOND, "params.yaml": "day: 2026-01-02\n"},
        ((),),
        broken=True,
    ),
    Case(
        "a circle",
        {
            "dvc.yaml": dvc_yaml(
                stage("a", "cp y x", deps=["y"], outs=["x"]),
                stage("b", "cp x y", deps=["x"], outs=["y"]),
            )
        },
        ((),),
        broken=True,
    ),
)
