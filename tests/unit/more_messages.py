"""Files of projects whose problems are worded in another way than those in `nbstage explain`."""

from __future__ import annotations

from tests.explained import NOTEBOOK


def cells(*tagged: tuple[str, str]) -> dict[str, str]:
    """Give a notebook of cells, each with its tags (`stage:load, metrics`) and its source."""
    texts = []
    for tags, source in tagged:
        quoted = ", ".join(f'"{tag.strip()}"' for tag in tags.split(",") if tag.strip())
        texts.append(f"# %% tags=[{quoted}]\n{source}\n")
    return {NOTEBOOK: "".join(texts)}


def safe(*tagged: tuple[str, str]) -> dict[str, str]:
    """Give a notebook of cells in a project that allows no pickles."""
    return {"pyproject.toml": "[tool.nbstage]\nsafe = true\n", **cells(*tagged)}


LOAD = ("stage:load", 'import pandas as pd\ndf = pd.read_csv("sales.csv")')
SHOW = ("stage:train", "print(df)")

MORE: dict[str, dict[str, str]] = {
    "101 a merge conflict": {NOTEBOOK: '{"cells":\n<<<<<<< HEAD\n[]\n=======\n[1]\n>>>>>>> b\n}'},
    "101 Git LFS": {NOTEBOOK: "version https://git-lfs.github.com/spec/v1\n"},
    "101 no JSON": {NOTEBOOK: "rows = 1\n"},
    "102 empty": {NOTEBOOK: ""},
    "102 a script without cells": {"notebooks/nb.py": "x = 1\n"},
    "103 too new": {NOTEBOOK: '{"cells": [], "metadata": {}, "nbformat": 5}'},
    "203 a setting of one library": cells(
        ("imports", "import sklearn\nfrom sklearn.linear_model import LinearRegression"),
        ("skip", 'sklearn.set_config(transform_output="pandas")'),
        ("stage:train", "model = LinearRegression()"),
    ),
    "203 a setting for all code": cells(
        ("imports", "import warnings"),
        ("skip", 'warnings.filterwarnings("error")'),
        ("stage:train", "print(1)"),
    ),
    "106 a stage and imports": cells(("stage:load, imports", "import os")),
    "106 metrics outside of a stage": cells(("functions, metrics", "n = 1"), LOAD),
    "107 a word of Python": cells(("stage:class", "x = 1")),
    "107 other letters": cells(("stage:Ärger", "x = 1")),
    "107 an underscore": cells(("stage:_load", "x = 1")),
    "107 a part of the pipeline": cells(("stage:main", "x = 1")),
    "107 a device": cells(("stage:aux", "x = 1")),
    "107 too long": cells((f"stage:{'a' * 300}", "x = 1")),
    "107 nothing left": cells(("stage:訓練", "x = 1")),
    "108 no stage": cells(("stage:", "x = 1")),
    "108 no resource": cells(("stage:load, resource:gpu", "x = 1")),
    "108 an executor": cells(("stage:load, executor:spark", "x = 1")),
    "111 a magic with a hint": cells(("stage:load", "%store x")),
    "111 a magic without": cells(("stage:load", "%foo x")),
    "111 a cell magic": cells(("stage:load", "%%sql\nselect 1")),
    "111 the shell": cells(("stage:load", "ip = get_ipython()")),
    "112 a capture": cells(("stage:load", "%%capture out\nprint(1)")),
    "201 without a name like it": cells(("stage:load", "print(something)")),
    "202 in the same statement": cells(LOAD, ("stage:train", "total = total + 1")),
    "202 later in the same stage": cells(("stage:load", "print(n)\nn = 1")),
    "203 a check cell": cells(LOAD, ("check", "n = len(df)\nassert n"), ("stage:a", "print(n)")),
    "203 a random state": cells(
        ("skip", "import random\nrandom.seed(1)"),
        ("stage:load", "import random\nprint(random.random())"),
    ),
    "204 a random state": cells(
        ("stage:a", "import random\nrandom.seed(1)"),
        ("skip", "print(random.random())"),
        ("stage:b", "print(random.random())"),
    ),
    "206 a file": cells(("", "with open('a.txt', 'w') as f:\n    f.write('x')"), LOAD),
    "207 a random state": cells(
        ("stage:a", "import random\nrandom.seed(1)"),
        ("stage:b", "print(random.random())"),
        ("stage:a", "random.seed(2)"),
        ("stage:c", "print(random.random())"),
    ),
    "211 by after": cells(("stage:a, after:b", "x = 1"), ("stage:b, after:a", "y = 1")),
    "221 eval": cells(LOAD, ("stage:train", "print(eval(df.columns[0]))")),
    "230 an open file": cells(("stage:load", "f = open('a.txt', 'w')"), ("stage:b", "f.write('')")),
    "230 a connection": cells(
        ("stage:load", "import sqlite3\ndb = sqlite3.connect('a.db')"),
        ("stage:b", "db.execute('select 1')"),
    ),
    "230 a lock": cells(
        ("stage:load", "import threading\nlock = threading.Lock()"),
        ("stage:b", "lock.acquire()"),
    ),
    "233 own class": safe(
        ("functions", "class Half:\n    pass"),
        ("stage:load", "half = Half()"),
        ("stage:train", "print(half)"),
    ),
    "233 own function": safe(
        ("functions", "def half(n):\n    return n / 2"),
        ("stage:load", "steps = [half]"),
        ("stage:train", "print(steps[0](2))"),
    ),
    "233 a model with a class of the notebook": safe(
        (
            "imports",
            "from sklearn.base import BaseEstimator\nfrom sklearn.pipeline import make_pipeline\n"
            "from sklearn.linear_model import Ridge",
        ),
        ("functions", "class Half(BaseEstimator):\n    pass"),
        ("stage:load", "model = make_pipeline(Half(), Ridge())"),
        ("stage:train", "print(model)"),
    ),
    "233 a model that skops does not hold": safe(
        ("imports", "from sklearn.ensemble import GradientBoostingClassifier"),
        ("stage:load", "model = GradientBoostingClassifier()"),
        ("stage:train", "print(model)"),
    ),
    "233 a model of another library": safe(
        ("imports", "from xgboost import XGBClassifier"),
        ("stage:load", "model = XGBClassifier()"),
        ("stage:train", "print(model)"),
    ),
    "233 a table in a dict": safe(
        ("stage:load", "import pandas as pd\nall = {'a': pd.read_csv('sales.csv')}"),
        ("stage:train", "print(all)"),
    ),
    "233 two that share": safe(
        LOAD, ("stage:a", "both = [df]"), ("stage:b", "df['n'] = 1\nprint(both)")
    ),
    "233 a random state": safe(
        ("stage:load", "import random\nrandom.seed(1)\nprint(random.random())"),
        ("stage:train", "print(random.random())"),
    ),
    "233 a generator": safe(
        ("stage:load", "import numpy as np\nrng = np.random.default_rng(1)"),
        ("stage:train", "print(rng.random())"),
    ),
    "233 perhaps not set": safe(
        ("stage:load", "import sys\nif len(sys.argv) > 3:\n    n = 1"),
        ("stage:train", "try:\n    print(n)\nexcept NameError:\n    pass"),
    ),
    "243 and a stage writes it too": cells(
        ("skip", "open('a.txt', 'w').write('1')"),
        ("stage:load", "print(open('a.txt').read())"),
    ),
    "302 several stages": {
        "dvc.yaml": "stages:\n"
        + "".join(
            f"  {name}:\n    cmd: python -m pipeline.{name}\n    meta: {{notebook: {NOTEBOOK}}}\n"
            for name in ("load", "train")
        ),
        **cells(("", "x = 1")),
    },
    "309 before the first stage": cells(("check", "assert 1 + 1 == 2"), LOAD),
    "309 a stage that is not there": cells(LOAD, ("check, stage:trian", "assert len(df)")),
    "309 a name that is not there": cells(LOAD, ("check", "assert len(fd)")),
    "309 what another check makes": cells(LOAD, ("check", "n = len(df)"), ("check", "assert n")),
    "309 what a check changes": cells(
        LOAD, ("check", 'df["n"] = 1'), ("check", 'assert df["n"].all()')
    ),
    "309 a computed value before the first stage": cells(
        ("", "import time\nn = time.time()"), LOAD, ("check", "assert n")
    ),
    "309 a file that is written again": cells(
        ("stage:a", "open('a.txt', 'w').write('1')"),
        ("check", "assert open('a.txt').read() == '1'"),
        ("stage:a", "open('a.txt', 'w').write('2')"),
    ),
    "309 what a notebook alone has": cells(LOAD, ("check", 'assert "df" in globals()')),
    "230 a check of an iterator": cells(
        ("stage:a", "def rows():\n    yield 1\n\nfound = rows()"), ("check", "assert next(found)")
    ),
    "230 a check of a file": cells(
        ("stage:a", "f = open('a.txt', 'w')"), ("check", "assert not f.closed")
    ),
    "401 no mapping": {"params.yaml": "- 1\n", **cells(("parameters", "n = 1"), LOAD, SHOW)},
    "401 braces": {"dvc.yaml": "stages: {a: {cmd: b}}\n", **cells(LOAD)},
    "401 no stages": {"dvc.yaml": "stages: [a]\n", **cells(LOAD)},
    "401 a merge conflict": {"dvc.yaml": "<<<<<<< HEAD\nstages: {}\n=======\n", **cells(LOAD)},
    "402 of another notebook": {
        "dvc.yaml": "stages:\n  load:\n    cmd: python -m pipeline.load\n    meta:\n"
        "      notebook: analysis/old.ipynb\n",
        "analysis/old.ipynb": "{",
        **cells(LOAD),
    },
}
