"""What runs just now, drawn on a terminal for as long as it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nbstage.repro.told import seconds_of

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_MOST = 12


class Running:
    """The stages that run, each since when; drawn on stderr from the first one to `close`."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._done = 0
        self._live: Live | None = None

    def begin(self, stage: str) -> None:
        """A command of a stage runs from now on."""
        self._since.setdefault(stage, time.monotonic())
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                self,
                console=Console(stderr=True),
                refresh_per_second=8,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def above(self, text: str) -> bool:
        """Print a text above it; false where nothing is drawn that it could get into."""
        if self._live is None:
            return False
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        return True

    def end(self, stage: str) -> None:
        """A stage is done."""
        self._done += self._since.pop(stage, None) is not None

    def close(self) -> None:
        """Wipe it."""
        if self._live is not None:
            self._live.stop()

    def __rich__(self) -> Table:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        now = time.monotonic()
        for name, since in list(self._since.items())[:_MOST]:
            table.add_row(Spinner("dots"), Text(name), Text(seconds_of(now - since), style="dim"))
        if self._done:
            table.add_row("", Text(f"{self._done} done", style="dim"))
        return table
