"""The nearest peer, kubeflow-kale, in an environment of its own that is thrown away afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "2.3.0"


def install(folder: Path) -> Path | None:
    """Install Kale into `folder` and give its command; None where that can't be done."""
    python = folder / "bin" / "python"
    command = python.with_name("kale")
    wanted = f"kubeflow-kale=={VERSION}"
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--python", sys.executable, str(folder)]
        fill = [uv, "pip", "install", "--compile-bytecode", "--python", str(python), wanted]
    else:
        make = [sys.executable, "-m", "venv", str(folder)]
        fill = [str(python), "-m", "pip", "install", wanted]
    done = all(map(_works, (make, fill)))
    return command if done and command.exists() else None


def _works(step: list[str]) -> bool:
    return subprocess.run(step, capture_output=True, check=False).returncode == 0
