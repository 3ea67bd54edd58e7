"""Arguments in; text and exit code out. The use cases are stand-ins here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from nbstage import terminal
from nbstage.cli import cli, main
from nbstage.errors import UserError
from nbstage.model import (
    Action,
    Change,
    Level,
    Outcome,
    Pipeline,
    Place,
    PlannedStage,
    Problem,
    Retraced,
    Shown,
)

ERROR = Problem("NBS201", "bad \x1b[31m", Place("notebooks/nb.ipynb", 3), "do this.")
NOTE = Problem("NBS130", "by the way", Place("notebooks/nb.ipynb"), "", Level.NOTE)
CHANGE = Change("pipeline/train.py", Action.CREATE, "", "x = 1\n")


@dataclass
class App(ModuleType):
    """A stand-in for nbstage.app that gives what a test says and keeps what it was asked."""

    outcome: Outcome = field(default_factory=Outcome)
    shown: Shown = field(default_factory=lambda: Shown(Pipeline()))
    raises: BaseException | None = None
    asked: list[object] = field(default_factory=list)

    def convert(
        self,
        root: Path,
        notebooks: tuple[str, ...],
        *,
        force: bool,
        dry_run: bool,
        static: bool,
        started: Callable[[int, str, int, int], None],
    ) -> Outcome:
        self.asked.append((root, notebooks, force, dry_run, static))
        started(3, "load", 2, 4)
        return self._answer()

    def check(self, root: Path, notebooks: tuple[str, ...]) -> Outcome:
        self.asked.append((root, notebooks))
        return self._answer()

    def show(self, root: Path, notebook: str) -> Shown:
        self.asked.append((root, notebook))
        return self.shown

    def _answer(self) -> Outcome:
        if self.raises is not None:
            raise self.raises
        return self.outcome


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/nb.ipynb").write_text('{"tags": ["stage:load"]}')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def app(project: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    stand_in = App()
    monkeypatch.setitem(sys.modules, "nbstage.app", stand_in)
    return stand_in


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"NBS201": "Wrong: a\nWhy: b\nRight: c\n", "NBS110": "Wrong: d\n"}
    stand_in = ModuleType("nbstage.explain")
    stand_in.lookup = texts.get  # type: ignore[attr-defined]
    stand_in.codes = lambda: {"NBS201": "undefined", "NBS110": "syntax"}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nbstage.explain", stand_in)


Captured = pytest.CaptureFixture[str]


# --- convert


def test_convert_says_what_it_wrote_and_what_is_next(app: App, capsys: Captured) -> None:
    app.outcome = Outcome((CHANGE,), (NOTE,))
    assert main(["convert"]) == 0
    assert capsys.readouterr().out == (
        "note[NBS130] by the way\n  --> notebooks/nb.ipynb\n\n1 note\n\n"
        "create  pipeline/train.py\nnext: nbstage repro (or dvc repro)\n"
    )


def test_convert_with_an_error_says_that_nothing_was_written(app: App, capsys: Captured) -> None:
    app.outcome = Outcome((), (ERROR, NOTE))
    assert main(["convert"]) == 1
    out = capsys.readouterr().out
    assert "error[NBS201] bad \\x1b[31m\n" in out
    assert out.endswith("1 error, 1 note\n\nnothing was written\n")
    assert "\x1b" not in out


def test_convert_in_step_says_so(app: App, capsys: Captured) -> None:
    assert main(["convert"]) == 0
    assert capsys.readouterr().out == "nothing to change\n"


def test_a_dry_run_is_not_to_be_read_as_done(app: App, project: Path, capsys: Captured) -> None:
    app.outcome = Outcome((CHANGE,))
    assert main(["convert", "--dry-run", "--diff", "--force", "--static"]) == 0
    assert app.asked == [(project, (), True, True, True)]
    out = capsys.readouterr().out
    assert out.startswith("`nbstage convert` would\n  create  pipeline/train.py\n\n--- /dev/null\n")
    assert "next:" not in out


def test_notebooks_are_named_as_seen_from_the_current_folder(
    app: App, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "notebooks")
    assert main(["convert", "nb.ipynb"]) == 0
    assert app.asked == [(project, ("notebooks/nb.ipynb",), False, False, False)]


def test_convert_for_a_machine(app: App, capsys: Captured) -> None:
    app.outcome = Outcome((CHANGE,), (NOTE,))
    assert main(["convert", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["written"]) == (True, True)
    assert data["changes"] == [{"path": "pipeline/train.py", "action": "create"}]
    assert [problem["code"] for problem in data["problems"]] == ["NBS130"]
    assert data["traced"] == []


def test_convert_says_which_notebooks_it_ran_and_why(app: App, capsys: Captured) -> None:
    app.outcome = Outcome((CHANGE,), retraced=(Retraced("notebooks/nb.ipynb", (3, 5)),))
    assert main(["convert"]) == 0
    assert capsys.readouterr().out == (
        "traced notebooks/nb.ipynb, for what the code of cells 3, 5 leaves open\n"
        "create  pipeline/train.py\nnext: nbstage repro (or dvc repro)\n"
    )


def test_convert_goes_on_where_a_notebook_can_not_be_run(app: App, capsys: Captured) -> None:
    failed = Retraced("notebooks/nb.ipynb", (3,), "cell 2 (stage 'load'): FileNotFoundError")
    app.outcome = Outcome((CHANGE,), retraced=(failed,))
    assert main(["convert"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "not traced notebooks/nb.ipynb: cell 2 (stage 'load'): FileNotFoundError. It was converted "
        "from its code alone; `nbstage trace notebooks/nb.ipynb` shows more"
    )
    assert main(["convert", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["traced"][0]["cells"] == [3]


# --- check


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(), 0),
        (Outcome((), (NOTE,)), 0),
        (Outcome((CHANGE,)), 1),
        (Outcome((), (ERROR,)), 1),
    ],
)
@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_check_fails_if_there_is_anything_to_do(
    app: App, outcome: Outcome, code: int, json_too: list[str]
) -> None:
    app.outcome = outcome
    assert main(["check", *json_too]) == code


def test_check_shows_what_convert_would_do(app: App, capsys: Captured) -> None:
    app.outcome = Outcome((CHANGE,))
    main(["check", "--diff"])
    out = capsys.readouterr().out
    assert out.startswith("`nbstage convert` would\n  create  pipeline/train.py\n")
    assert "+x = 1\n" in out


# --- show


def test_show_prints_the_stages_and_then_the_problems(app: App, capsys: Captured) -> None:
    app.shown = Shown(Pipeline((PlannedStage("load", "notebooks/nb.ipynb", "Load"),)), (ERROR,))
    assert main(["show"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("notebooks/nb.ipynb: 1 stage\n\n1  load  Load\n\nerror[NBS201]")


@pytest.mark.parametrize("args", [["--json"], ["--format", "json"]])
def test_show_for_a_machine(app: App, capsys: Captured, args: list[str]) -> None:
    assert main(["show", "notebooks/nb.ipynb", *args]) == 0
    assert json.loads(capsys.readouterr().out)["stages"] == []


def test_mermaid_on_stdout_is_nothing_but_mermaid(app: App, capsys: Captured) -> None:
    app.shown = Shown(Pipeline(), (NOTE,))
    assert main(["show", "--format", "mermaid"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "flowchart TD\n"
    assert "NBS130" in captured.err


def test_show_asks_which_of_several_notebooks(app: App, project: Path, capsys: Captured) -> None:
    (project / "notebooks/other.ipynb").write_text('{"tags": ["stage:load"]}')
    assert main(["show"]) == 2
    assert "notebooks/nb.ipynb, notebooks/other.ipynb" in capsys.readouterr().err


# --- explain


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("code", ["NBS201", "nbs201", "201"])
def test_explain_prints_a_rule(capsys: Captured, code: str) -> None:
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out == "Wrong: a\nWhy: b\nRight: c\n"


@pytest.mark.usefixtures("rules")
def test_explain_lists_all_codes(capsys: Captured) -> None:
    assert main(["explain"]) == 0
    assert capsys.readouterr().out == "NBS110  syntax\nNBS201  undefined\n"


@pytest.mark.usefixtures("rules")
def test_explain_for_a_machine(capsys: Captured) -> None:
    assert main(["explain", "NBS110", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"code": "NBS110", "text": "Wrong: d"}


@pytest.mark.usefixtures("rules")
def test_an_unknown_code_is_answered_with_near_misses(capsys: Captured) -> None:
    assert main(["explain", "NBS210"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: there is no problem code 'NBS210'\n  hint: did you mean NBS")
    assert main(["explain", "whatever"]) == 2
    assert "lists all codes" in capsys.readouterr().err


# --- init


def test_init_says_what_it_did_and_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my project"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("created   git repository\ncreated   DVC\n")
    remote = "  dvc remote add --default NAME URL  # where the workflows fetch the results\n"
    assert out.endswith(
        f"next:\n  cd 'my project'\n  nbstage convert\n  nbstage repro  # or dvc repro\n{remote}"
    )
    monkeypatch.chdir("my project")
    assert main(["init"]) == 0
    out = capsys.readouterr().out
    assert "created" not in out
    assert out.endswith("next:\n  nbstage convert\n  nbstage repro  # or dvc repro\n")


# --- help, usage, defects, signals


def test_help_lists_just_what_exists(capsys: Captured) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == text
    listed = text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    commands = [
        "init",
        "convert",
        "check",
        "show",
        "params",
        "sync",
        "tag",
        "trace",
        "verify",
        "contract",
        "report",
        "gate",
        "repro",
        "comment",
        "register",
        "promote",
        "rollback",
        "models",
        "score",
        "serve",
        "smoke",
        "deploy",
        "explain",
    ]
    assert [line.split()[0] for line in listed] == commands
    assert not any(line.endswith("...") for line in listed)


@pytest.mark.parametrize("command", list(cli.commands))
def test_every_command_has_help_with_an_example(command: str, capsys: Captured) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Examples:\n  nbstage {command}" in out
    assert max(map(len, out.splitlines())) <= 100


def test_the_version_is_told(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nbstage 0.")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["konvert"], "No such command 'konvert'"),
        (["convert", "--nope"], "No such option"),
        (["show", "a", "b"], "unexpected extra argument"),
        (["show", "--format", "pdf"], "'pdf' is not one of"),
        (["convert", "missing.ipynb"], "there is no notebook 'missing.ipynb'"),
        (["convert", "/"], "outside the project"),
    ],
)
def test_wrong_usage_is_one_message_and_one_hint(
    app: App, capsys: Captured, args: list[str], message: str
) -> None:
    assert main(args) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = captured.err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second.startswith("  hint: ")


def test_a_users_error_of_a_use_case_is_told_plainly(app: App, capsys: Captured) -> None:
    app.raises = UserError("one\n\x1btwo", "three")
    assert main(["convert"]) == 2
    assert capsys.readouterr().err == "error: one\n  \\x1btwo\n  hint: three\n"


def test_a_defect_shows_where_it_is_and_where_to_report_it(app: App, capsys: Captured) -> None:
    app.raises = ZeroDivisionError("\x1b]0;evil")
    assert main(["convert"]) == 3
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "ZeroDivisionError" in err
    assert "issue tracker" in err
    assert "\x1b" not in err


def test_an_interrupt_leaves_no_traceback(app: App, capsys: Captured) -> None:
    app.raises = KeyboardInterrupt()
    assert main(["convert"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_current_folder_that_is_gone_is_a_users_error(
    app: App, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (project / "gone").mkdir()
    monkeypatch.chdir(project / "gone")
    (project / "gone").rmdir()
    assert main(["check"]) == 2
    assert "no longer exists" in capsys.readouterr().err


def test_what_takes_over_a_second_says_so_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 0.01)
    with terminal.patience("converting"):
        time.sleep(0.2)
    assert capsys.readouterr() == ("", "converting...\n")
    monkeypatch.setattr(terminal, "PATIENCE", 60.0)
    with terminal.patience("converting"):
        pass
    assert capsys.readouterr() == ("", "")


# --- as a process


def run(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbstage", *args],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_the_package_runs_as_a_module() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: nbstage ")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from nbstage.cli import main; main(['--help'])\n"
        "heavy = {'IPython', 'nbformat', 'dvc', 'ruamel.yaml', 'rich', 'tomllib', 'pandas'}\n"
        "heavy |= {'nbstage.model', 'nbstage.app', 'subprocess'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "nbstage", "--help"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.fixture
def screen() -> Iterator[tuple[int, int]]:
    pty = pytest.importorskip("pty")
    ends: tuple[int, int] = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    screen: tuple[int, int], environment: dict[str, str], coloured: bool
) -> None:
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    command = [sys.executable, "-m", "nbstage", "konvert"]
    subprocess.run(command, stderr=screen[1], env=plain | environment, check=False)
    assert (b"\x1b[1;31merror:" in os.read(screen[0], 10_000)) == coloured
    assert "\x1b" not in run("konvert", TERM="xterm").stderr


def test_a_character_the_stream_lacks_is_written_as_an_escape(tmp_path: Path) -> None:
    done = run("init", str(tmp_path / "日本"), PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "\\u65e5" in done.stdout
