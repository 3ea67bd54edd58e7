"""`%nbstage` in a notebook: which notebook is meant, what is shown, and what is refused."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput

from nbstage.errors import UserError
from nbstage.jupyter.meant import notebook_meant
from nbstage.jupyter.picture import picture
from nbstage.model import Notebook
from nbstage.notebook.python import cells_to_python
from nbstage.notebook.read import read
from tests.notebooks_as_text import ipynb, notebook

TEXT = """
# %%
%load_ext nbstage

# %% tags=["stage:load"]
x = [1]

# %% tags=["stage:write"]
open("x.txt", "w").write(str(x))

# %%
%nbstage show
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dvc.yaml").touch()
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "nb.ipynb").write_text(ipynb(TEXT))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    # Other tests import the recorder; a kernel that has it is a traced run's.
    monkeypatch.delitem(sys.modules, "nbstage.recorder", raising=False)
    return tmp_path


@pytest.fixture
def shell(project: Path) -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "nbstage")
    yield made
    InteractiveShell.clear_instance()


def shown(
    shell: InteractiveShell, line: str, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str, list[RichOutput]]:
    """What the magic prints, what it says to stderr, and what it displays."""
    from IPython.core.displaypub import CapturingDisplayPublisher

    capsys.readouterr()
    publisher, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
    try:
        shell.run_line_magic("nbstage", line)
        outputs = [RichOutput(**one) for one in shell.display_pub.outputs]
    finally:
        shell.display_pub = publisher
    out, err = capsys.readouterr()
    return out, err, outputs


# --- which notebook


def test_the_notebook_is_the_one_that_jupyter_says_the_kernel_runs(project: Path) -> None:
    path = project / "notebooks/nb.ipynb"
    expected = (project, "notebooks/nb.ipynb")
    for told in (str(path), "notebooks/nb.ipynb", f"RTC:{path}"):
        assert notebook_meant("", {}, {"JPY_SESSION_NAME": told}) == expected
    assert notebook_meant("", {"__vsc_ipynb_file__": str(path)}, {}) == expected


def test_a_named_notebook_counts_before_the_kernels_own(project: Path) -> None:
    (project / "notebooks/other.ipynb").write_text(ipynb(TEXT))
    environment = {"JPY_SESSION_NAME": "nb.ipynb"}
    expected = (project, "notebooks/other.ipynb")
    assert notebook_meant("other.ipynb", {}, environment) == expected
    assert notebook_meant("notebooks/other.ipynb", {}, environment) == expected


@pytest.mark.parametrize("told", ["", "gone.ipynb", "/", "Untitled-1234", "\0"])
def test_where_no_notebook_can_be_told_it_has_to_be_named(project: Path, told: str) -> None:
    with pytest.raises(UserError, match="can't tell which notebook"):
        notebook_meant("", {"__vsc_ipynb_file__": 3}, {"JPY_SESSION_NAME": told})


# --- what is shown


def test_show_gives_a_picture_with_nothing_in_it_that_runs(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err, outputs = shown(shell, "show nb.ipynb", capsys)
    assert (out, err) == ("", "")
    (bundle,) = outputs
    assert bundle.data["text/plain"].startswith("notebooks/nb.ipynb: 2 stages\n")
    html = bundle.data["text/html"]
    found = re.fullmatch(
        r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="notebooks/nb.ipynb: 2 stages" [^<>]*>',
        html,
    )
    assert found
    svg = base64.b64decode(found[1]).decode()
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(svg).iter()}
    assert {"svg", "text", "path"} <= tags
    assert not tags & {"script", "foreignObject", "image", "use"}
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_a_picture_of_a_hostile_notebook_is_well_formed(project: Path) -> None:
    text = '# %% tags=["stage:load"]\n# </text><script>alert(1)</script> & "\nx = open("<&>.txt")'
    (project / "notebooks/nb.ipynb").write_text(ipynb(text))
    from nbstage.app import show

    held = read(project / "notebooks/nb.ipynb", project)
    assert isinstance(held, Notebook)
    svg = picture(held, show(project, "notebooks/nb.ipynb"))
    assert "script" not in {
        one.tag.rpartition("}")[2] for one in ElementTree.fromstring(svg).iter()
    }


def test_stages_that_wait_for_each_other_are_told_in_words(
    shell: InteractiveShell, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
# %% tags=["stage:a"]
x = [1]
# %% tags=["stage:b"]
y = x + [2]
# %% tags=["stage:a"]
x2 = y + [3]
# %% tags=["stage:b"]
print(x2)
"""
    (project / "notebooks/nb.ipynb").write_text(ipynb(text))
    out, _, outputs = shown(shell, "show nb.ipynb", capsys)
    assert "error[NBS211]" in out
    assert all("text/html" not in one.data for one in outputs)


def test_check_prints_what_the_terminal_prints(
    shell: InteractiveShell, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _, _ = shown(shell, "check nb.ipynb", capsys)
    assert out.startswith("`nbstage convert` would\n  update  dvc.yaml")
    (project / "notebooks/nb.ipynb").write_text(ipynb('# %% tags=["stage:a"]\nprint(y)'))
    out, _, _ = shown(shell, "check nb.ipynb", capsys)
    assert "error[NBS201]" in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "nothing was asked for"),
        ("draw", "`%nbstage draw` is no command"),
        ("run", "`%nbstage run` is no command"),
        ("show a b", "`%nbstage show a b` is no command"),
        ("show 'a", "a quote is open"),
        ("run --help nb.ipynb", "dvc.yaml has no stage '--help'"),
        ("check gone.ipynb", "there is no notebook"),
    ],
)
def test_what_it_cannot_do_is_said_without_a_traceback(
    shell: InteractiveShell, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err, outputs = shown(shell, line, capsys)
    assert out == ""
    assert outputs == []
    assert err.startswith("error: ")
    assert said in err


def test_where_nbstage_itself_runs_the_notebook_the_magic_is_silent(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nbstage.recorder", ModuleType("nbstage.recorder"))
    assert shown(shell, "show nb.ipynb", capsys) == ("", "", [])


# --- what becomes of it in a pipeline


def test_the_magics_are_left_out_of_the_pipeline() -> None:
    cells = notebook(TEXT).cells
    plain = cells_to_python(cells, "notebooks/nb.ipynb")
    assert all(not problems for _, problems in plain)
    lines = [line for code, _ in plain for line in code.text.split("\n")]
    assert [line for line in lines if not line.startswith("#")] == [
        "x = [1]",
        'open("x.txt", "w").write(str(x))',
    ]
