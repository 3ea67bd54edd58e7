"""A page in a headless Chromium, driven by its DevTools protocol."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websocket  # comes with JupyterLab

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
PATIENCE = 120  # seconds: a kernel starts slowly where all else runs too


@dataclass(frozen=True, slots=True)
class Page:
    """An open page."""

    socket: websocket.WebSocket
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, **parameters: object) -> Any:
        """What the browser answers. Any: JSON."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv())
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]

    def value(self, script: str) -> Any:
        """What a script gives; a promise is waited for."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        told = self.ask("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Go on once the script gives something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.value(f"!!({script})"):
                return
            time.sleep(0.3)
        raise AssertionError(f"never came true: {script}\n{self.value('document.body.innerText')}")


@contextmanager
def opened(address: str, profile: Path) -> Iterator[Page]:
    """The page at an address, in a browser that is closed in the end."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    options += ["--window-size=1400,1600", "--remote-debugging-port=0"]
    command = [CHROMIUM, *options, f"--user-data-dir={profile}", "about:blank"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as browser:
        try:
            port = appeared(profile / "DevToolsActivePort").split("\n")[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                (target,) = (one for one in json.load(answer) if one["type"] == "page")
            url = target["webSocketDebuggerUrl"]
            page = Page(websocket.create_connection(url, timeout=PATIENCE, suppress_origin=True))
            page.ask("Page.navigate", url=address)
            yield page
            page.socket.close()
        finally:
            browser.terminate()


def appeared(file: Path) -> str:
    """The text of a file, once there is one."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if file.is_file() and (text := file.read_text(encoding="utf-8")):
            return text
        time.sleep(0.1)
    raise AssertionError(f"{file} never came")
