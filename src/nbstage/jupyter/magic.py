"""The magic `%nbstage`: show, check and run, for the notebook at hand. An edge: it prints."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.errors import UserError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_USAGE = "write `%nbstage show`, `%nbstage check` or `%nbstage run STAGE`."
#: Where nbstage itself runs the notebook, only what the notebook computes counts.
_RECORDER = "nbstage.recorder"


def register(shell: InteractiveShell) -> None:
    """Make the magic known to the kernel."""

    def nbstage(line: str) -> None:
        """Show this notebook's pipeline, check it, or run one of its stages with DVC."""
        obey(line, shell)

    shell.magics_manager.register_function(nbstage, "line", "nbstage")


def obey(line: str, shell: InteractiveShell) -> None:
    """Do what the line says; what is wrong with it is told in a line or two."""
    from nbstage.terminal import refuse

    if _RECORDER in sys.modules:
        return
    try:
        _do(_words(line), shell)
    except UserError as error:
        refuse(error.message, error.hint)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise UserError(f"'{line}' can't be read: a quote is open", _USAGE) from None


def _do(words: list[str], shell: InteractiveShell) -> None:
    from nbstage.jupyter.meant import notebook_meant

    command, rest = (words[0], words[1:]) if words else ("", [])
    most = {"show": 1, "check": 1, "run": 2}.get(command)
    if most is None or len(rest) > most or (command == "run" and not rest):
        said = f"`%nbstage {' '.join(words)}` is no command" if words else "nothing was asked for"
        raise UserError(said, _USAGE)
    named = "".join(rest[most - 1 :])
    root, notebook = notebook_meant(named, shell.user_ns, os.environ)
    if command == "show":
        _show(root, notebook, shell)
    elif command == "check":
        _check(root, notebook)
    else:
        _run(root, notebook, rest[0])


def _show(root: Path, path: str, shell: InteractiveShell) -> None:
    from nbstage.app import show
    from nbstage.jupyter.picture import as_image, picture
    from nbstage.model import Notebook
    from nbstage.notebook.read import read
    from nbstage.report.stages import pipeline_as_text
    from nbstage.terminal import print_problems

    shown = show(root, path)
    notebook = read(root / path, root)
    if shown.pipeline.stages and isinstance(notebook, Notebook):
        text = pipeline_as_text(shown.pipeline)
        bundle = {"text/plain": text}
        if not any(problem.code == "NBS211" for problem in shown.problems):
            about = text.partition("\n")[0]
            bundle["text/html"] = as_image(picture(notebook, shown), about)
        shell.display_pub.publish(bundle)
    print_problems(shown.problems)


def _check(root: Path, path: str) -> None:
    from nbstage.app import check
    from nbstage.terminal import print_outcome

    print_outcome(check(root, (path,)), written=False, diffs=False)


def _run(root: Path, path: str, stage: str) -> None:
    """Let DVC bring the stage, and what it needs, up to date; its output comes as it goes."""
    from difflib import get_close_matches

    from nbstage.app import check
    from nbstage.config import read_config
    from nbstage.convert import disk
    from nbstage.convert.render.dvc_yaml import stage_names

    known = stage_names(disk.read_text(root, "dvc.yaml"))
    prefix = read_config(root).prefixes.get(path, "")
    if prefix and f"{prefix}_{stage}" in known:  # as this notebook's tags call it
        stage = f"{prefix}_{stage}"
    if stage not in known:
        near = get_close_matches(stage, sorted(known), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "`nbstage convert` writes the stages."
        raise UserError(f"dvc.yaml has no stage '{stage}'", hint)
    outcome = check(root, (path,))
    if outcome.changes or outcome.problems:
        print("the pipeline is not in step with the notebook: `%nbstage check` says why")
    command = [sys.executable, "-m", "dvc", "repro", stage]
    with subprocess.Popen(
        command,
        cwd=root,
        env=_environment(dict(os.environ)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
    if process.returncode:
        raise UserError(f"stage '{stage}' did not run to its end", "the lines above say why.")


def _environment(given: dict[str, str]) -> dict[str, str]:
    """The kernel's environment, but that figures are not drawn into the notebook, and that the
    programs beside this Python are found first.
    """
    if given.get("MPLBACKEND", "").startswith("module://"):
        del given["MPLBACKEND"]
    programs = str(Path(sys.executable).parent)
    return {**given, "PATH": os.pathsep.join([programs, given.get("PATH", "")])}
