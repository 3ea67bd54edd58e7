"""Converted cells leave the names, values, files and folder that IPython leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbstage
from nbstage.model import Level, Notebook
from nbstage.notebook.python import cells_to_python
from tests.notebooks_as_text import notebook

NOTEBOOK = notebook(
    """
# %%
name, folder = "out.txt", "made"
found = {"key": "a 'b' c"}
# %%
# %mkdir {folder}
# !echo "one {name}" > $folder/a.txt; echo '$name' {{x}} >> {folder}/a.txt
# lines = !cat $folder/a.txt
# quoted = !echo {found["key"]} | tr a-c A-C
# untouched = !echo "$HOME_OF_NOBODY{nothing}" | awk '{print "x" $1}'
# %%
cd made
# %%
# %env NBSTAGE_TEST=a {name} b
# %set_env NBSTAGE_OTHER two words
import os
values = [os.environ["NBSTAGE_TEST"], os.environ["NBSTAGE_OTHER"]]
here = os.path.basename(os.getcwd())
# %%
# %%writefile {name}
first "line" \\\\n
   {name} $name

# %%
# %%writefile -a 'out.txt'
more
# %%
# %%bash
set -e
for i in 1 2; do
    echo "$i {name}" >> bash.txt
done
# %%
# %%time
total = 0
for i in range(3):
    # %time total += i
    if i:
        # !echo {i} >> loop.txt
        # %timeit -n 1 -r 1 total_in_timeit = total
# %%
# %%timeit -n 1 -r 1
inside = 1
# %%
def write(text, target):
    # !echo {text} > {target}
write("inner", "inner.txt")
# %%
# %%capture
blank = '''a
BLANKS
b'''
# %%
# time = %time 1 + 1
after = f"{time}"
# %%
,str a b
# %%
/sum values
""".replace("BLANKS", "   ")
)
SOURCES = str(Path(nbstage.__file__).parents[1])
KEEP = """
import json, os
ours = {k: v for k, v in names.items() if not k.startswith("_") and k not in ("In", "Out")}
plain = {k: list(v) if isinstance(v, list) else v for k, v in ours.items()}
plain = {k: v for k, v in plain.items() if isinstance(v, (str, int, list))}
print("RESULT" + json.dumps([plain, os.path.basename(os.getcwd())], sort_keys=True))
"""
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
import json, sys
shell = InteractiveShell.instance()
names = shell.user_ns
for cell in json.load(open(sys.argv[1])):
    result = shell.run_cell(cell, store_history=False)
"""
PLAIN = """
import json, sys, nbstage.runtime
names = {n: getattr(nbstage.runtime, n) for n in nbstage.runtime.NOTEBOOK}
for cell in json.load(open(sys.argv[1])):
    try:
        exec(cell, names)
    except Exception as error:
        print(error)
"""


def run(program: str, cells: list[str], folder: Path) -> tuple[object, dict[str, str]]:
    """Run the cells in the folder; give the plain values they leave, and the files."""
    folder.mkdir()
    given = folder.parent / f"{folder.name}.json"
    given.write_text(json.dumps(cells), encoding="utf-8")
    home = {"HOME": str(folder.parent), "IPYTHONDIR": str(folder.parent / "ipython")}
    done = subprocess.run(
        [sys.executable, "-c", program + KEEP, str(given)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": SOURCES, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    result = done.stdout.partition("RESULT")[2]
    assert result, done.stdout + done.stderr
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    return json.loads(result), files


def converted(book: Notebook) -> list[str]:
    codes = cells_to_python(book.cells, book.path)
    assert not [p for _, problems in codes for p in problems if p.level is Level.ERROR]
    return [code.text for code, _ in codes]


def test_converted_cells_do_what_the_cells_do(tmp_path: Path) -> None:
    cells = [cell.source for cell in NOTEBOOK.cells]
    there, files_there = run(SHELL, cells, tmp_path / "ipython_run")
    here, files_here = run(PLAIN, converted(NOTEBOOK), tmp_path / "plain_run")
    assert here == there
    assert files_here == files_there
    assert "made/bash.txt" in files_here
