"""Whatever a user hands in: a clear error, the right exit code, nothing written, no traceback."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbstage.cli import main
from tests.notebooks_as_text import ipynb

NOTEBOOK = "notebooks/nb.ipynb"
GOOD = '# %% tags=["stage:load"]\nrows = [1, 2]\nrows.append(3)\n'


@dataclass(frozen=True)
class Said:
    """What a command answered. `codes` are those of the problems shown, in their order."""

    exit_code: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        return re.findall(r"^(?:error|note)\[(NBS\d+)\]", self.out, re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own, and the command line run in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, content: str | bytes, path: str = NOTEBOOK) -> None:
        """Write a file; a notebook's percent text becomes its JSON."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            is_percent = content.startswith("# %%") and path.endswith(".ipynb")
            content = (ipynb(content) if is_percent else content).encode()
        (self.root / path).write_bytes(content)

    def run(self, *args: str) -> Said:
        code = main(args)
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Said(code, captured.out, captured.err)

    def refuses(self, command: str = "convert", *args: str) -> Said:
        """Run a command that has to leave every file as it is."""
        before = self.files()
        said = self.run(command, *(args or (NOTEBOOK,)))
        assert self.files() == before
        assert said.exit_code in (1, 2)
        return said

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "notebooks").mkdir()
    monkeypatch.chdir(root)
    return Project(root, capsys)


def two_cells(first: str, second: str, *, tag: str = "stage:load") -> str:
    return f'# %% tags=["{tag}"]\n{first}\n# %% tags=["stage:train"]\n{second}\n'


def whole(**changed: object) -> str:
    """The JSON of a notebook with some of its keys changed."""
    return json.dumps(json.loads(ipynb(GOOD)) | changed)


# --- the file

FILES = {
    "not JSON": ("rows = [1, 2]\n", "NBS101"),
    "binary": (bytes(range(256)), "NBS101"),
    "UTF-16": (ipynb(GOOD).encode("utf-16"), "NBS101"),
    "cut off": (ipynb(GOOD)[:200], "NBS101"),
    "a merge conflict": ("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n", "NBS101"),
    "a pointer of Git LFS": ("version https://git-lfs.github.com/spec/v1\n", "NBS101"),
    "nested without end": ("[" * 100_000, "NBS101"),
    "a number of a million digits": ('{"nbformat": ' + "9" * 1_000_000 + "}", "NBS101"),
    "empty": ("", "NBS102"),
    "only spaces": (" \n\n", "NBS102"),
    "another JSON file": ('{"name": "nbstage"}', "NBS102"),
    "a list": ("[]", "NBS102"),
    "null": ("null", "NBS102"),
    "no cells": (whole(cells=None), "NBS102"),
    "cells that are a mapping": (whole(cells={}), "NBS102"),
    "a cell that is a number": (whole(cells=[1]), "NBS102"),
    "a cell without a type": (whole(cells=[{"source": "x"}]), "NBS102"),
    "a source that is a number": (whole(cells=[{"cell_type": "code", "source": 1}]), "NBS102"),
    "nbformat 2": (whole(nbformat=2, worksheets=[]), "NBS103"),
    "nbformat 5": (whole(nbformat=5), "NBS103"),
    "nbformat -1": (whole(nbformat=-1), "NBS103"),
    "an R kernel": (
        whole(metadata={"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}),
        "NBS104",
    ),
    "no tags": ("# %%\nrows = [1]\n", "NBS113"),
    "no cell at all": (whole(cells=[]), "NBS113"),
    "only text": ("# %% [markdown]\n# Hello\n", "NBS113"),
}


@pytest.mark.parametrize(("content", "code"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("command", ["convert", "check", "show"])
def test_a_file_that_is_no_tagged_notebook_is_refused(
    project: Project, command: str, content: str | bytes, code: str
) -> None:
    project.put(content)
    said = project.refuses(command)
    assert (said.exit_code, said.codes) == (1, [code])


# --- tags and stages

NAMES = ["train-model", "class", "Ärger", "1st", "_x", "a b", "../evil", "main", "x" * 81]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_no_stage_may_have_is_refused_with_one_it_may(project: Project, name: str) -> None:
    project.put(f'# %% tags=["stage:{name}"]\nrows = [1]\n')
    said = project.refuses()
    assert said.codes == ["NBS107"]
    proposal = re.search(r"call it '(\w+)'", said.out)
    assert proposal
    project.put(f'# %% tags=["stage:{proposal[1]}"]\nrows = [1]\n')
    assert project.run("convert").exit_code == 0


def test_a_stage_name_of_no_letters_is_refused(project: Project) -> None:
    project.put('# %% tags=["stage:訓練"]\nrows = [1]\n')
    assert project.refuses().codes == ["NBS107"]


def test_a_name_that_would_paint_the_terminal_is_shown_as_text(project: Project) -> None:
    project.put(json.loads('"# %% tags=[\\"stage:a\\\\u001b[31m\\"]\\nrows = [1]\\n"'))
    said = project.refuses()
    assert said.codes == ["NBS107"]
    assert "\x1b" not in said.out


def test_after_a_stage_that_is_not_there_is_refused(project: Project) -> None:
    project.put('# %% tags=["stage:load", "after:fetch"]\nrows = [1]\n')
    said = project.refuses()
    assert said.codes == ["NBS114"]
    assert "the stages are: 'load'" in said.out


def test_a_stage_after_itself_is_refused_or_means_nothing(project: Project) -> None:
    project.put('# %% tags=["stage:load", "after:load"]\nrows = [1]\n')
    assert project.run("check").exit_code == 1


def test_stages_that_wait_for_each_other_are_refused(project: Project) -> None:
    project.put(
        '# %% tags=["stage:a", "after:b"]\nx = 1\n# %% tags=["stage:b", "after:a"]\ny = 1\n'
    )
    said = project.refuses()
    assert said.codes == ["NBS211"]
    assert "'a' -> 'b' -> 'a'" in said.out or "'b' -> 'a' -> 'b'" in said.out


def test_one_stage_in_two_notebooks_is_refused(project: Project) -> None:
    project.put(GOOD, "notebooks/a.ipynb")
    project.put(GOOD, "notebooks/b.ipynb")
    assert project.refuses("convert", "notebooks").codes == ["NBS116"]


def test_a_second_notebook_may_not_take_a_stage_that_was_converted_before(
    project: Project,
) -> None:
    project.put(GOOD, "notebooks/a.ipynb")
    assert project.run("convert", "notebooks/a.ipynb").exit_code == 0
    project.put(GOOD.replace("3", "4"), "notebooks/b.ipynb")
    assert project.refuses("convert", "notebooks/b.ipynb").codes == ["NBS116"]
    project.put("{", "notebooks/a.ipynb")
    assert project.refuses("convert", "notebooks/b.ipynb").codes == ["NBS402"]


def test_one_notebook_may_be_bad_and_the_good_one_is_not_written_either(project: Project) -> None:
    project.put(GOOD, "notebooks/a.ipynb")
    project.put("{", "notebooks/b.ipynb")
    assert project.refuses("convert", "notebooks/a.ipynb", "notebooks/b.ipynb").codes == ["NBS101"]


# --- what the code does

CODE = {
    "a syntax error": (two_cells("rows = [1", "print(1)"), ["NBS110"]),
    "a null character": (two_cells("rows = '\0'", "print(1)"), ["NBS110"]),
    "code nested without end": (two_cells("x = " + "(" * 500 + ")" * 500, "x"), ["NBS110"]),
    "a sum of 5000 terms": (two_cells("x = " + "+".join("1" * 5000), "print(x)"), ["NBS110"]),
    "a use before it is made": (two_cells("print(rows)", "rows = [1, 2]"), ["NBS202"]),
    "a name nobody makes": (two_cells("print(rows)", "print(1)"), ["NBS201"]),
    "a skip cell that defines": (
        '# %% tags=["stage:load"]\nrows = [1]\n' + two_cells("top = [1]", "top.pop()", tag="skip"),
        ["NBS203"],
    ),
    "a skip cell that changes": (
        '# %% tags=["stage:load"]\nrows = [1]\n'
        + two_cells("rows.append(2)", "print(rows)", tag="skip"),
        ["NBS204"],
    ),
    "a generator": (two_cells("g = (n for n in [1, 2])", "print(next(g))"), ["NBS230"]),
    "a generator in a list": (
        two_cells("g = [(n for n in [1, 2])]", "print(next(g[0]))"),
        ["NBS230"],
    ),
    "an open file": (two_cells("f = open('log.txt', 'w')", "f.write('x')"), ["NBS230"]),
    "a lock": (
        two_cells("import threading\nlock = threading.Lock()", "with lock:\n    print(1)"),
        ["NBS230"],
    ),
    "a database connection": (
        two_cells("import sqlite3\ndb = sqlite3.connect(':memory:')", "db.execute('select 1')"),
        ["NBS230"],
    ),
}


@pytest.mark.parametrize(("text", "codes"), CODE.values(), ids=CODE)
def test_what_a_pipeline_can_t_keep_is_refused(
    project: Project, text: str, codes: list[str]
) -> None:
    project.put(text)
    said = project.refuses()
    assert (said.exit_code, said.codes) == (1, codes)
    assert "nothing was written" in said.out
    assert "hint: " in said.out


def test_a_cursor_of_a_database_is_refused_like_its_connection(project: Project) -> None:
    cursor = "import sqlite3\ncursor = sqlite3.connect(':memory:').cursor()"
    project.put(two_cells(cursor, "cursor.execute('select 1')"))
    assert project.refuses().codes == ["NBS230"]


def test_a_class_that_reads_a_changed_name_of_its_own_is_refused(project: Project) -> None:
    """`rates = rates` in a module of the class alone would fail with a NameError."""
    project.put(two_cells("rates = [1]\nrates.append(2)", "class A:\n    rates = rates\nA.rates"))
    assert project.refuses().codes == ["NBS227"]


def test_all_problems_of_a_notebook_come_at_once(project: Project) -> None:
    project.put(
        '# %% tags=["stage:train-model"]\nx = [1\n'
        '# %% tags=["stage:load", "stage:train"]\n%run other.ipynb\n'
    )
    assert project.refuses().codes == ["NBS107", "NBS110", "NBS106", "NBS111"]


def test_all_problems_of_the_data_flow_come_at_once(project: Project) -> None:
    project.put(
        two_cells("g = (n for n in [1])\nprint(row)\nexec('x')", "print(next(g))\nprint(_)")
    )
    codes = set(project.refuses().codes)
    assert codes >= {"NBS201", "NBS221", "NBS222", "NBS230"}


def test_problems_of_two_notebooks_come_at_once(project: Project) -> None:
    project.put("{", "notebooks/a.ipynb")
    project.put(two_cells("rows = [1", "print(1)"), "notebooks/b.ipynb")
    said = project.refuses("convert", "notebooks/a.ipynb", "notebooks/b.ipynb")
    assert said.codes == ["NBS101", "NBS110"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (two_cells("1 + 1", "print(_)"), "NBS222"),
        (two_cells("from not_here import *", "print(f(1))"), "NBS226"),
    ],
)
def test_one_cause_gives_one_error(project: Project, text: str, code: str) -> None:
    project.put(text)
    assert project.refuses().codes == [code]


@pytest.mark.parametrize("source", ["x = [1", "%run other.ipynb", "%%sql\nselect 1", "%%timeit\n1"])
def test_a_skip_cell_may_hold_what_a_stage_can_t(project: Project, source: str) -> None:
    project.put(f'{GOOD}\n# %% tags=["skip"]\n{source}\n')
    said = project.run("convert")
    assert (said.exit_code, said.codes) == (0, [])


# --- hostile notebooks: to check runs nothing

EVIL = "from pathlib import Path\nPath('ran').touch()\nx = 1\n"


@pytest.mark.parametrize("folder", [".", "notebooks"])
@pytest.mark.parametrize("statement", ["from evil import *", "import evil", "%load_ext evil"])
def test_to_check_runs_nothing_of_the_project(
    project: Project, folder: str, statement: str
) -> None:
    project.put(EVIL, f"{folder}/evil.py")
    project.put(f'# %% tags=["stage:load"]\n{statement}\nprint(1)\n')
    # In a process of its own: `python -m` puts the current folder on the path.
    command = [sys.executable, "-m", "nbstage", "check"]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not list(project.root.rglob("ran"))


BESIDE = [
    pytest.param(b"x = (", id="a syntax error"),
    pytest.param(b"\xff\x00", id="binary"),
    pytest.param(b"import evil\nfrom evil import *\n", id="imports itself"),
    pytest.param(
        b"x = " + b"-" * 50_000 + b"1",
        id="nested without end",
    ),
]


@pytest.mark.parametrize("content", BESIDE)
@pytest.mark.parametrize("statement", ["import evil", "from evil import *"])
def test_a_module_beside_the_notebook_may_hold_anything(
    project: Project, content: bytes, statement: str
) -> None:
    project.put(content, "notebooks/evil.py")
    project.put(f'# %% tags=["stage:load"]\n{statement}\nprint(1)\n')
    assert project.run("check").exit_code == 1


def test_yaml_never_makes_objects(project: Project) -> None:
    project.put('# %% tags=["parameters"]\nn = 1\n' + GOOD)
    project.put("n: !!python/object/apply:os.mkdir [ran]\n", "params.yaml")
    assert project.refuses().codes == ["NBS401"]


def test_text_of_a_notebook_is_text_in_what_is_generated(project: Project) -> None:
    """A comment becomes a docstring: quotes in it must not end it."""
    project.put(
        '# %% tags=["stage:load"]\n# Load """ + __import__("os").abort() + """ \\\nprint(1)\n'
    )
    said = project.run("convert")
    assert said.exit_code == 0
    module = (project.root / "pipeline/load.py").read_text()
    names = {node.attr for node in ast.walk(ast.parse(module)) if isinstance(node, ast.Attribute)}
    assert "abort" not in names


# --- where files lie


def test_a_notebook_that_is_not_there_is_wrong_usage(project: Project) -> None:
    said = project.refuses()
    assert said.exit_code == 2
    assert f"there is no notebook '{NOTEBOOK}'" in said.err


def test_a_project_without_a_tagged_notebook_is_wrong_usage(project: Project) -> None:
    project.put("# %%\nx = 1\n")
    before = project.files()
    said = project.run("convert")
    assert said.exit_code == 2
    assert "hint: " in said.err
    assert project.files() == before


@pytest.mark.parametrize("name", ["../other.ipynb", "/etc/hostname"])
def test_a_notebook_outside_the_project_is_wrong_usage(project: Project, name: str) -> None:
    (project.root.parent / "other.ipynb").write_text(ipynb(GOOD))
    said = project.refuses("convert", name)
    assert said.exit_code == 2


def test_a_folder_named_like_a_notebook_is_wrong_usage(project: Project) -> None:
    (project.root / NOTEBOOK).mkdir()
    assert project.refuses().exit_code == 2


def test_a_link_that_leads_to_itself_is_wrong_usage(project: Project) -> None:
    (project.root / NOTEBOOK).symlink_to("nb.ipynb")
    assert project.refuses().exit_code == 2


@pytest.mark.parametrize("name", ["pipeline", "dvc.yaml", "params.yaml", "pipeline/load.py"])
def test_a_link_out_of_the_project_is_never_written_through(project: Project, name: str) -> None:
    project.put('# %% tags=["parameters"]\nn = 1\n' + GOOD)
    outside = project.root.parent / "outside"
    if name == "pipeline":
        outside.mkdir()
    else:
        outside.write_text("")
    (project.root / name).parent.mkdir(exist_ok=True)
    (project.root / name).symlink_to(outside)
    said = project.run("convert")
    assert said.exit_code in (1, 2)
    assert (list(outside.iterdir()) if outside.is_dir() else outside.read_text()) in ([], "")


@pytest.mark.parametrize("path", ["dvc.yaml", "params.yaml", "dvc.lock", "pyproject.toml"])
@pytest.mark.parametrize("content", [b"\x00\xff", b"a: [1", b"- 1\n- 2\n", b"a: &a [*a]\n"])
def test_a_broken_file_of_the_project_is_refused(
    project: Project, path: str, content: bytes
) -> None:
    project.put('# %% tags=["parameters"]\nn = 1\n' + GOOD)
    project.put(content, path)
    before = project.files()
    said = project.run("convert", NOTEBOOK)
    assert said.exit_code in (0, 1, 2)
    if said.exit_code:
        assert project.files() == before
        assert path in said.out + said.err
    else:
        # Valid YAML, or a dvc.lock that no stage leaves: what was there stays as it was.
        assert project.files()[path].startswith(content)


@pytest.mark.parametrize(
    "path", ["dvc.yaml", "params.yaml", "pipeline/load.py", ".nbstage/generated.json"]
)
def test_a_folder_where_a_file_belongs_is_left_alone(project: Project, path: str) -> None:
    project.put(GOOD)
    project.put("mine", f"{path}/note.txt")
    said = project.refuses()
    assert said.exit_code == 2
    assert f"'{path}' is a folder" in said.err


@pytest.mark.parametrize("path", ["pipeline", ".nbstage"])
def test_a_file_where_a_folder_belongs_is_left_alone(project: Project, path: str) -> None:
    project.put(GOOD)
    project.put("mine", path)
    assert project.refuses().exit_code == 2


@pytest.mark.parametrize("record", ["{", "[1]", '{"pipeline/load.py": 1, "../x": "a", "": null}'])
def test_a_record_that_was_tampered_with_protects_less_but_breaks_nothing(
    project: Project, record: str
) -> None:
    project.put(GOOD)
    project.put(record, ".nbstage/generated.json")
    assert project.run("convert").exit_code == 0
    assert project.run("check").out == "nothing to change\n"


FAILURES = {
    "a read-only folder": (errno.EROFS, Path, "mkdir"),
    "a folder of somebody else": (errno.EACCES, Path, "replace"),
    "a full disk": (errno.ENOSPC, Path, "open"),
    "a full quota": (errno.EDQUOT, os, "link"),
}


@pytest.mark.parametrize(("number", "where", "name"), FAILURES.values(), ids=FAILURES)
def test_what_can_t_be_written_leaves_all_as_it_was(
    project: Project, monkeypatch: pytest.MonkeyPatch, number: int, where: object, name: str
) -> None:
    """Simulated: the tests may run as root, whom no permission stops."""
    project.put(GOOD)
    project.put("stages: {}\n", "dvc.yaml")
    real = getattr(where, name)

    def fail(*args: object, **kwargs: object) -> object:
        if name == "open" and "xb" not in args:
            return real(*args, **kwargs)
        raise OSError(number, os.strerror(number), str(args[0]))

    monkeypatch.setattr(where, name, fail)
    if name == "link":
        # Not every file system has links: then the file is copied.
        monkeypatch.setattr("shutil.copy2", fail)
    said = project.refuses()
    assert said.exit_code == 2
    assert os.strerror(number) in said.err
    assert "hint: nothing was changed" in said.err


# --- generated files that are no longer as generated


def test_an_edited_module_is_kept_and_its_difference_shown(project: Project) -> None:
    project.put(GOOD)
    assert project.run("convert").exit_code == 0
    module = project.root / "pipeline/load.py"
    module.write_text(module.read_text().replace("rows.append(3)", "rows.append(4)"))
    said = project.refuses()
    assert said.codes == ["NBS403"]
    assert "-    rows.append(4)" in said.out
    assert "+    rows.append(3)" in said.out
    assert project.run("convert", "--force").exit_code == 0
    assert "rows.append(3)" in module.read_text()


def test_a_module_of_the_user_s_own_is_kept_even_with_force(project: Project) -> None:
    project.put(GOOD)
    project.put("print('mine')\n", "pipeline/load.py")
    assert project.refuses().codes == ["NBS404"]
    assert project.refuses("convert", "--force").codes == ["NBS404"]


def test_an_edited_module_of_a_stage_that_left_stays(project: Project) -> None:
    project.put(two_cells("rows = [1]", "total = 1"))
    assert project.run("convert").exit_code == 0
    module = project.root / "pipeline/train.py"
    module.write_text(module.read_text() + "# mine\n")
    project.put(GOOD)
    said = project.run("convert")
    assert (said.exit_code, said.codes) == (0, ["NBS403"])
    assert module.read_text().endswith("# mine\n")


def test_lost_tags_are_told_from_a_notebook_that_never_had_any(project: Project) -> None:
    project.put(GOOD)
    assert project.run("convert").exit_code == 0
    project.put(GOOD.replace('tags=["stage:load"]', ""))
    assert set(project.refuses().codes) == {"NBS302", "NBS113"}


# --- big ones


@pytest.mark.slow
def test_a_notebook_with_50_mb_of_outputs_converts_and_they_change_nothing(
    project: Project,
) -> None:
    project.put(GOOD)
    assert project.run("convert").exit_code == 0
    document = json.loads(ipynb(GOOD))
    picture = {"image/png": "iVBORw0KGgo" * 500_000}
    output = {"output_type": "display_data", "data": picture, "metadata": {}}
    document["cells"][0]["outputs"] = [output] * 10
    project.put(json.dumps(document))
    assert (project.root / NOTEBOOK).stat().st_size > 50_000_000
    said = project.run("check")
    assert (said.exit_code, said.out) == (0, "nothing to change\n")


def test_a_line_of_a_megabyte_is_not_shown_in_whole(project: Project) -> None:
    project.put(f'# %% tags=["stage:load"]\nrows = "{"x" * 1_000_000}" + missing\n')
    said = project.refuses()
    assert said.codes == ["NBS201"]
    assert len(said.out) < 2000


def test_a_parameter_of_a_megabyte_is_not_shown_in_whole(project: Project) -> None:
    for name, value in (("a", "x" * 100_000), ("b", "y" * 100_000)):
        text = f'# %% tags=["parameters"]\nword = "{value}"\n# %% tags=["stage:{name}"]\nword\n'
        project.put(text, f"notebooks/{name}.ipynb")
    said = project.refuses("convert", "notebooks")
    assert said.codes == ["NBS117"]
    assert len(said.out) < 2000
