# ruff: noqa: PTH118, PTH119, PTH122 - as the rest of the runtime
"""A stage's notebook, run by papermill in a kernel of this Python; what it showed is kept."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import sys
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from nbstage.runtime.errors import StageError
from nbstage.runtime.figures import keep_pictures
from nbstage.runtime.places import from_root, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# Any in this module: notebooks are nbformat's dictionaries, and papermill has no types.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: What IPython says of a SystemExit, as nbstage's own errors are.
_NO_TRACEBACK = "An exception has occurred, use %tb to see the full traceback."
_INJECTED = "injected-parameters"
_LONGEST_SOCKET = 80
_PLOTLY = "application/vnd.plotly.v1+json"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def run_notebook(
    source: str,
    executed: str,
    parameters: Mapping[str, object] | None = None,
    figures: str = "",
) -> None:
    """Run the notebook `source` and write it with its outputs to `executed`, also where a cell
    fails: then with all up to that cell's error. `parameters` stand in a cell of their own, the
    figures that it shows go to the folder `figures` as well.

    The same outputs give the same bytes. Raises StageError for a cell that fails, a kernel that
    dies, a figure that can't be drawn, and where papermill is missing.
    """
    papermill, nbformat = _libraries()
    notebook = papermill.iorw.load_notebook_node(from_root(source))
    if parameters:
        notebook.cells.insert(0, _injected(nbformat, parameters))
    try:
        _execute(papermill, notebook, executed)
        failure = _failure(notebook)
    finally:
        _tidy(notebook)
        write_text(executed, nbformat.writes(notebook) + "\n")
    if failure:
        print(failure, file=sys.stderr)
        raise StageError(f"the notebook with all that it showed up to there is '{executed}'.")
    if figures:
        keep_pictures(_shown(notebook), figures)


def _shown(notebook: Any) -> Iterator[bytes | str]:
    """The pictures in the outputs, as PNG or as plotly's JSON."""
    outputs = (one for cell in notebook.cells for one in cell.get("outputs", ()))
    for data in (one.data for one in outputs if "data" in one):
        if _PLOTLY in data:
            yield json.dumps({key: data[_PLOTLY][key] for key in ("data", "layout")})
        elif "image/png" in data:
            yield base64.b64decode(data["image/png"])


def _libraries() -> tuple[Any, Any]:
    try:
        import ipykernel  # noqa: F401 - the kernel is a process of its own
        import nbformat
        import papermill.engines
        import papermill.iorw
    except ModuleNotFoundError as error:
        raise StageError(
            f"a stage with `executor:notebook` needs the package '{error.name}', which is not "
            "installed here: `pip install 'nbstage[notebooks]'`."
        ) from None
    return papermill, nbformat


def _injected(nbformat: Any, parameters: Mapping[str, object]) -> Any:
    """The cell that papermill writes for parameters. Its own writer makes text of a dict's keys."""
    lines = [f"{name} = {_literal(value)}" for name, value in parameters.items()]
    cell = nbformat.v4.new_code_cell("\n".join(["# Parameters", *lines]))
    cell.id = _INJECTED
    cell.metadata.update({"tags": [_INJECTED], "papermill": {}})
    return cell


def _literal(value: object) -> str:
    match value:
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case dict():
            pairs = (f"{_literal(key)}: {_literal(inner)}" for key, inner in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return repr(value)


def _execute(papermill: Any, notebook: Any, executed: str) -> None:
    from nbclient.exceptions import DeadKernelError

    try:
        with TemporaryDirectory(prefix="nbstage-") as folder, _environment(executed):
            papermill.engines.papermill_engines.execute_notebook_with_engine(
                None,
                notebook,
                kernel_name="python3",
                output_path=None,
                progress_bar=False,
                stdout_file=sys.stdout,
                stderr_file=sys.stderr,
                kernel_manager_class=_kernel_manager(folder),
                iopub_timeout=3600,
            )
    except DeadKernelError:
        raise StageError(
            "the notebook's kernel died, maybe for want of memory; what it showed until then is "
            f"in '{executed}'."
        ) from None


def _kernel_manager(folder: str) -> type:
    """What starts a kernel of the Python that runs the stage, whatever kernels are installed."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(AsyncKernelManager):
        """Its sockets are files in the folder, where the system has such: no port is open."""

        def __init__(self, **given: Any) -> None:
            if os.name == "posix" and len(folder) < _LONGEST_SOCKET:
                given |= {"transport": "ipc", "ip": os.path.join(folder, "socket")}
            super().__init__(**given)

        @property
        def kernel_spec(self) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=command, display_name="Python 3", language="python")

    return ThisPython


@contextmanager
def _environment(executed: str) -> Iterator[None]:
    """The kernel's environment: figures are shown in the notebook, not kept from being shown."""
    stage = os.path.splitext(os.path.basename(executed))[0]
    wanted = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBSTAGE_STAGE": stage,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _failure(notebook: Any) -> str:
    """What Jupyter shows below the cell that failed; "" where none did."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.metadata.get("papermill", {}).get("exception"):
            errors = [one for one in cell.get("outputs", ()) if one.output_type == "error"]
            shown = "\n".join(errors[-1].traceback) if errors else "the cell was stopped"
            shown = shown.replace(_NO_TRACEBACK, "").strip("\n")
            return f"cell {number} of the stage's notebook failed:\n{_COLOURS.sub('', shown)}"
    return ""


def _tidy(notebook: Any) -> None:
    """Leave out what another run of the same code has otherwise: times, ids, the order in which
    printed text and warnings happened to come.
    """
    kept = {"kernelspec": notebook.metadata.get("kernelspec", {})}
    notebook.metadata = type(notebook.metadata)({**kept, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if cell.cell_type == "code":
            cell.outputs = _settled(cell.outputs)


def _settled(outputs: list[Any]) -> list[Any]:
    found: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            streams = _streams_at_the_end(found)
            same = next((one for one in streams if one.name == output.name), None)
            if same is not None:
                same.text += output.text
                continue
            after = [one for one in streams if one.name > output.name]
            found.insert(len(found) - len(after) if output.name == "stdout" else len(found), output)
            continue
        if "data" in output:
            output.data.pop(_WIDGET, None)
        found.append(output)
    for output in found:
        if output.output_type == "stream":
            output.text = _overwritten(output.text)
    return found


def _streams_at_the_end(outputs: list[Any]) -> list[Any]:
    found: list[Any] = []
    for output in reversed(outputs):
        if output.output_type != "stream":
            break
        found.append(output)
    return found


def _overwritten(text: str) -> str:
    """What is left on a screen: a carriage return begins its line anew."""
    return re.sub(r"[^\n]*\r(?=[^\n])", "", text.replace("\r\n", "\n"))
