"""How long it takes until requests go to a version that is deployed or rolled back to, and what
becomes of the requests meanwhile. Writes its table into docs/deploy.md.

    python -m benchmarks.deploying
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.load import Load, Shot, run_load
from benchmarks.projects import ROOT
from benchmarks.serving import free_port
from benchmarks.table import between_marks
from nbstage.app.bundling import bundled
from nbstage.bundle import Bundle
from nbstage.bundle.folder import write_bundle
from nbstage.deploy.beside import Doing
from nbstage.deploy.nouns import Site
from nbstage.deploy.place import state_of
from nbstage.deploy.process import stop
from nbstage.deploy.roll import deploy, roll_back
from nbstage.deploy.service import at_address

PAGE = ROOT / "docs" / "deploy.md"
START = "<!-- what the benchmark measured -->"
END = "<!-- end of what the benchmark measured -->"
ROUNDS = 5
DOING = Doing("bench", lambda _: None)


def main() -> int:
    """Measure, print the table, and put it into the page."""
    others = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="nbstage-bench-") as name,
        bundled(str(ROOT), lambda _: None) as bundle,
    ):
        first, second = (_version(bundle, Path(name) / one, one) for one in ("v1.0.0", "v1.1.0"))
        with _site(Path(name)) as site:
            there = [deploy(site, first, DOING).switched]
            back = []
            with _loaded(site, bundle) as load:
                for _ in range(ROUNDS):
                    there.append(deploy(site, second, DOING).switched)
                    back.append(roll_back(site, DOING).switched)
    table = _table(there[1:], back, load, others)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between_marks(text, table, START, END), encoding="utf-8")
    print(table)
    return 0


def _version(bundle: Bundle, folder: Path, version: str) -> Path:
    """The same bundle as another version."""
    shutil.copytree(bundle.folder, folder)
    write_bundle(replace(bundle, folder=folder, version=version))
    return folder


@contextmanager
def _site(around: Path) -> Iterator[Site]:
    site = Site(around / "site", f"127.0.0.1:{free_port()}", latency=30.0, allow_pickle=True)
    try:
        yield site
    finally:
        state = state_of(site)
        for one in (state.serving, state.candidate, *state.leaving):
            if one:
                stop(one.process, 30)
        if state.proxy:
            stop(state.proxy, 30)


@contextmanager
def _loaded(site: Site, bundle: Bundle) -> Iterator[Load]:
    """Send requests to the site, each on a connection of its own, until the block ends."""
    token = f"Authorization: Bearer {at_address(site).token}"
    port = int(site.address.rpartition(":")[2])
    shot = Shot(port, json.dumps(bundle.example).encode(), (token,), connections=2, keep=False)
    found, end = Load(), threading.Event()

    def send() -> None:
        while not end.is_set():
            one = run_load(shot, 1.0)
            found.seconds.extend(one.seconds)
            found.lost.extend(one.lost)
            found.refused.extend(one.refused)
            for status, count in one.statuses.items():
                found.statuses[status] = found.statuses.get(status, 0) + count

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


def _table(there: list[float], back: list[float], load: Load, others: float) -> str:
    good = load.statuses.get(200, 0)
    failed = len(load.lost) + len(load.refused) + len(load.seconds) - good
    half, most = (1000 * load.quantile(share) for share in (0.5, 0.99))
    busy = f" with other work (a load of {others:.1f} before)" if others > 0.5 else ""
    lines = [
        "| seconds until all requests go to it | median | slowest |",
        "|---|---:|---:|",
        f"| `nbstage deploy` | {statistics.median(there):.1f} | {max(there):.1f} |",
        f"| `nbstage rollback --on` | {statistics.median(back):.1f} | {max(back):.1f} |",
        "",
        f"The example's forest, {ROUNDS} rounds, while two clients sent {len(load.seconds):,} "
        f"requests through Caddy, each on a connection of its own: {failed} failed; half were "
        f"answered within {half:.0f} ms, 99% within {most:.0f} ms. Python "
        f"{platform.python_version()} on {platform.system()}, {os.cpu_count()} cores, which all of "
        f"them share{busy}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
