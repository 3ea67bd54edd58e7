"""Projects of DVC's rarer kinds: settings, remotes, links, data from elsewhere, odd names."""

from __future__ import annotations

from tests.e2e.repro_projects import COPY, COUNT, DIAMOND, JOIN, NEW, OTHER, Case, dvc_yaml, stage

REMOTE = "[core]\n    remote = here\n['remote \"here\"']\n    url = ../../remote\n"
GONE = "rm -rf .dvc/cache in.txt a.txt b.txt c.txt d.txt"
AT_NOON = "GIT_AUTHOR_DATE='2026-01-01T12:00:00Z' GIT_COMMITTER_DATE='2026-01-01T12:00:00Z'"
SHARED = (
    "[cache]\n    dir = '../../shared cache'\n    shared = group\n    type = symlink\n"
    "[core]\n    autostage = true\n    check_update = false\n"
)
LINKED = dvc_yaml(
    COPY,
    COUNT,
    stage("folder", "mkdir -p m && cp d/x m/ && cp b.txt m/z", deps=["d", "b.txt"], outs=["m"]),
    stage("keeps", "cat in.txt >> p.txt", "outs:\n- p.txt:\n    persist: true", deps=["in.txt"]),
)
LINKED_FILES = {"dvc.yaml": LINKED, "in.txt": "one\n", "d/x": "1", "d/y": "2"}
#: Results with modes and links of their own, each in a small and in a large size.
MODES = """
for size in 10 1500000; do
  head -c $size /dev/zero > data
  for mode in 400 444 600 640 664 755; do cp data $size-$mode; chmod $mode $size-$mode; done
  mkdir -p $size-dir/empty $size-closed
  cp data $size-dir/run; chmod 700 $size-dir/run; ln $size-dir/run $size-dir/again
  cp data $size-dir/own; chmod 600 $size-dir/own
  chmod 700 $size-closed; cp data $size-closed/file
  cp data $size-linked; ln $size-linked $size-beside; rm data
done
"""
MODE_OUTS = [
    f"{size}-{name}"
    for size in (10, 1500000)
    for name in ("400", "444", "600", "640", "664", "755", "dir", "closed", "linked")
]
KINDS = ["t", "f", "s", "e", "n", "octal", "big", "minus", "inf", "day", "lines", "number"]
KINDS += ["null_", "no_", "colon", "l.0", "dict"]
FILES = "- c.toml:\n  - t.u\n  - l\n- c.json:\n  - j\n- c.py:\n  - N\n  - K.x\n- whole.toml:\n"

SETTINGS = (
    Case(
        "a remote, an empty cache, and data from elsewhere",
        {**DIAMOND, "../data/x.txt": "one\n", ".dvc/config": REMOTE, "in.txt": None},
        (
            "dvc import-url -q ../data/x.txt in.txt",
            (),
            "dvc push -q --run-cache",
            GONE,
            ("--pull",),
            f"{GONE}; rm -rf ../remote/files/md5/5b",
            ("--pull", "--allow-missing", "count"),
            "rm dvc.lock",
            ("--pull", "--keep-going"),
            "dvc unfreeze in.txt.dvc",
            {"../data/x.txt": "two\n"},
            (),
        ),
    ),
    Case(
        "links into a cache that is shared, staged in git",
        {**LINKED_FILES, ".dvc/config": SHARED},
        ("dvc add -q d", (), NEW, (), "rm -f a.txt; rm -rf m", ("--pull",)),
    ),
    Case(
        "hard links",
        {**LINKED_FILES, ".dvc/config": "[cache]\n    type = 'reflink,hardlink,copy'\n"},
        ("dvc add -q d", (), NEW, (), ("--force", "keeps")),
    ),
    Case(
        "results with modes and links of their own",
        {
            "dvc.yaml": dvc_yaml(stage("all", "sh make.sh", deps=["make.sh"], outs=MODE_OUTS)),
            "make.sh": MODES,
        },
        ((), "rm -rf 10-* 1500000-*", (), ("--force",)),
    ),
    Case(
        "a result that may be missing, with its folder",
        {
            "dvc.yaml": dvc_yaml(
                stage("none", "test -e in.txt", deps=["in.txt"], outs=["gone/x.txt"])
            ),
            "in.txt": "one\n",
        },
        (("--allow-missing",), NEW, ("--allow-missing",), ()),
    ),
    Case(
        "files that DVC doesn't see",
        {
            "dvc.yaml": dvc_yaml(
                stage("copies", "mkdir -p o && cp d/* o/", deps=["d"], outs=["o"]),
                stage("lists", "ls o > l.txt", deps=["o"], outs=["l.txt"]),
            ),
            "d/x": "1",
            "d/y.tmp": "2",
            ".dvcignore": "*.tmp\n",
        },
        ((), {"d/y.tmp": "3", "o/q.tmp": "1"}, (), {".dvcignore": ""}, ()),
    ),
    Case(
        "folders and names of all kinds",
        {
            "dvc.yaml": dvc_yaml(
                stage("gone", "touch q", "wdir: gone", outs=["q"]),
                stage("sp", "cp ../in.txt 'ä $x.txt'", "wdir: 'sub dir'", deps=["../in.txt"])
                + "    outs: ['ä $x.txt']\n",
                stage("日本", "cp 'ä $x.txt' \"../it's #1: [x].txt\"", "wdir: ${w}")
                + "    deps: ['ä $x.txt']\n    outs: [\"../it's #1: [x].txt\"]\n",
                stage("marks", "touch ./-b '*c'", outs=["'-b'", "'*c'"]),
                stage("outside", "cp in.txt ../out.txt", "outs:\n- ../out.txt:\n    cache: false")
                + "    deps: [in.txt]\n",
                before="vars:\n- w: sub dir\n",
            ),
            "in.txt": "1",
            "sub dir/.keep": "",
        },
        (("--keep-going",), NEW, ("--keep-going",)),
    ),
    Case(
        "values of all kinds, in files of all kinds",
        {
            "dvc.yaml": dvc_yaml(
                *(stage(kind, f"touch {kind}", f"params: [{kind}]", outs=[kind]) for kind in KINDS),
                stage("files", "touch files", f"params:\n{FILES}", outs=["files"]),
            ),
            "params.yaml": "t: true\nf: 1.0\ns: 'yes'\ne: 1e-10\nn: ~\noctal: 0o17\nminus: -0.0\n"
            "big: 123456789012345678901234567890\ninf: .inf\nday: '2020-01-01'\nlines: |\n  a\n"
            "   b\n\nnumber: '0123'\nnull_: 'null'\nno_: no\ncolon: 'a: b'\nl: [1, {b: 2}]\n"
            "dict: {a: {}, b: [], c: ''}\n",
            "c.toml": "l = [1, 2]\n[t]\nu = 2020-01-02\n",
            "c.json": '{"j": {"b": [1, "2", 1e-7]}}',
            "c.py": "N = 1\nclass K:\n    x = 'y'\n    def f(self): self.q = 3\n",
            "whole.toml": "a = 1.5\n[b]\nc = 'x'\n",
        },
        (
            ("--keep-going",),
            {"c.toml": "l = [1, 2]\n[t]\nu = 1\n", "whole.toml": "a = 2\n"},
            {"params.yaml": "t: 1\nf: 1\ns: yes\ndict: {c: '', b: [], a: {}}\nl: 1\n"},
            ("--keep-going",),
        ),
    ),
    Case(
        "templates of all kinds",
        {
            "dvc.yaml": "vars:\n- v.yaml\n- list: [a, b c]\n- deep: {x: {y: 3, z: ü}}\nstages:\n"
            "  f:\n    foreach: ${list}\n    do:\n      desc: what\n      meta: {n: [1]}\n"
            "      cmd: echo '${item}' ${deep.x.y} ${m.n} > 'f ${item}.txt'\n"
            "      outs: ['f ${item}.txt']\n"
            "  g:\n    foreach: ${models}\n    do:\n      cmd: echo ${item.lr} > g-${key}.txt\n"
            "      params: ['models.${key}']\n      outs: ['g-${key}.txt']\n"
            "  h:\n    matrix:\n      a: ${list}\n      b: [2.5, true]\n      c: [{q: 1}, {q: 2}]\n"
            "    cmd: echo ${item.a} ${item.b} ${item.c.q} > 'h-${key}.txt'\n"
            "    deps: ['f ${item.a}.txt']\n    outs: ['h-${key}.txt']\n"
            "  d:\n    cmd: touch d.txt; echo ${models.m1}\n    vars: ['w.yaml:one']\n"
            "    deps: ['${one}.txt']\n    outs: [d.txt]\n",
            "v.yaml": "m: {n: 5}\n",
            "w.yaml": "one: in\ntwo: 3\n",
            "params.yaml": "models: {m1: {lr: 0.1, on: true}, m2: {lr: 1.0e-05, on: no}}\n",
            "in.txt": "1",
        },
        ((), {"v.yaml": "m: {n: 6}\n"}, ("f", "d"), ("g@m1", "h@b c-2.5-c1")),
    ),
    Case(
        "commands of all kinds",
        {
            "dvc.yaml": "stages:\n"
            "  a:\n    cmd: |\n      cd sub\n      pwd | sed 's#.*/##' > a.txt\n    outs: [a.txt]\n"
            '  b:\n    cmd:\n    - export X=1\n    - echo "$X$DVC_STAGE" > b.txt\n    - |\n'
            "      for i in 1 2; do\n        echo $i\n      done >> b.txt\n    outs: [b.txt]\n"
            "  c:\n    cmd: >-\n      echo one\n      two > c.txt\n    outs: [c.txt]\n"
            "  d:\n    cmd: touch d.txt; true ${p}\n    outs: [d.txt]\n"
            "  e:\n    cmd: tr '\\0' '\\n' < /proc/self/environ | grep -v PWD | wc -l > e.txt;"
            " umask >> e.txt; echo $- >> e.txt; ls /proc/self/fd | wc -l >> e.txt\n"
            "    outs: [e.txt]\n",
            "params.yaml": "p: {a: 1, on: true, l: [1, 2], n: {x: y z}}\n",
            "sub/.keep": "",
        },
        (("--keep-going",),),
    ),
    Case(
        "from a folder inside, whose names are its own",
        {
            **DIAMOND,
            "dvc.yaml": dvc_yaml(COPY),
            "deep/dvc.yaml": dvc_yaml(
                stage("copy", "cp ../a.txt e.txt", deps=["../a.txt"], outs=["e.txt"]),
                stage("more", "cp e.txt g.txt", deps=["e.txt"], outs=["g.txt"]),
            ),
        },
        ((), NEW, ("--single-item", "more"), ("../dvc.yaml:copy",), ("-R", "..")),
        folder="deep",
    ),
    Case(
        "a project below git's folder",
        {f"below/{name}": text for name, text in DIAMOND.items()},
        ("mv ../.dvc ../.dvcignore .", (), {"below/in.txt": "two\n"}, ()),
        folder="below",
    ),
    Case(
        "without git",
        {**DIAMOND, ".dvc/config": "[core]\n    no_scm = True\n"},
        ("rm -rf .git", (), NEW, ("count",)),
    ),
    Case(
        "asked before each stage, by the settings",
        {**DIAMOND, ".dvc/config": "[core]\n    interactive = true\n"},
        ((),),
    ),
    Case(
        "what others read and write now",
        DIAMOND,
        (
            (),
            """echo '{"read": {"'$PWD'/c.txt": [{"pid": 1, "cmd": "x"}]}}' > .dvc/tmp/rwlock""",
            ("--keep-going",),
            NEW,
            """echo '{"write": {"'$PWD'/a.txt": {"pid": 1, "cmd": "x"}}}' > .dvc/tmp/rwlock""",
            ("--keep-going",),
        ),
    ),
    Case(
        "experiments before and after",
        {
            **DIAMOND,
            "dvc.yaml": dvc_yaml(COPY, stage("p", "echo ${n} > p", "params: [n]", outs=["p"])),
            "params.yaml": "n: 1\n",
        },
        (
            (),
            f"git add --all; {AT_NOON} git commit -qm x",
            "dvc exp run -q -n two -S n=2",
            (),
            "git checkout -q .",
            (),
            "dvc exp save -q -n one",
            "dvc exp apply -q two",
            (),
        ),
    ),
    Case(
        "a lock that git is not to know",
        {**DIAMOND, ".gitignore": "dvc.lock\n"},
        (("-k",),),
        broken=True,
    ),
    Case(
        "a lock with other ends of lines, then an empty one",
        DIAMOND,
        (
            (),
            "sed -i 's/$/\\r/' dvc.lock",
            NEW,
            (),
            {"dvc.lock": "schema: '2.0'\nstages: {}\n"},
            (),
        ),
    ),
    Case(
        "parts of folders, and links",
        {
            "dvc.yaml": dvc_yaml(
                stage("all", "mkdir -p x/d; cp in.txt x/d/1; ln -s d/1 x/l; chmod +x x/d/1")
                + "    deps: [in.txt]\n    outs: [x]\n",
                stage("part", "cat x/d/1 > y", deps=["x/d/1"], outs=["y"]),
                stage("link", "ln -s in.txt z; ln -sf nowhere q", deps=["x/d"], outs=["z"]),
                stage("broken", "ln -sf nowhere q", deps=["z"], outs=["q"]),
            ),
            "in.txt": "1",
        },
        (("--keep-going",), "rm -rf x", ("link",), NEW, ("part",)),
    ),
    Case(
        "parameters that stages write",
        {
            "dvc.yaml": dvc_yaml(
                stage("a", "sed -i 's/1/2/' params.yaml; cp in.txt a", deps=["in.txt"], outs=["a"]),
                stage("b", "cp params.yaml b", "params: [n]", deps=["a"], outs=["b"]),
                stage("c", "cp b c.yaml", deps=["b"], outs=["c.yaml"]),
                stage("d", "cp c.yaml d.yaml", "params: [{c.yaml: [n]}]", outs=["d.yaml"]),
                stage("e", "cp d.yaml e.yaml", "params: [{d.yaml: }]", outs=["e.yaml"]),
            ),
            "params.yaml": "n: 1\n",
            "in.txt": "1",
        },
        ((), NEW, {"params.yaml": "n: 13\n"}, ()),
    ),
    Case(
        "a stage in a folder, then one of a notebook",
        {
            "dvc.yaml": dvc_yaml(
                stage("a", "cp ../in.txt a", "wdir: sub", deps=["../in.txt"], outs=["a"]),
                stage("w", "python -m pipeline.w", deps=["sub/a"], outs=["w.txt"]),
            ),
            "pipeline/w.py": "# Generated by nbstage from w.ipynb\nopen('w.txt', 'w').close()\n",
            "sub/.keep": "",
            "in.txt": "1",
        },
        ((),),
    ),
    Case(
        "pulled by force, and where there is no remote",
        {**DIAMOND, "dvc.yaml": dvc_yaml(COPY, OTHER, COUNT, JOIN)},
        ((), GONE.replace("in.txt ", ""), ("--pull", "count"), ("--pull", "--force", "join")),
    ),
)
