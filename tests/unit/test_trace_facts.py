"""Facts as a file, and what is told of a trace."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.errors import UserError
from nbstage.model import CellFacts, Facts
from nbstage.recorder.files import Places, sort_out, stamps
from nbstage.recorder.kinds import Owners
from nbstage.recorder.network import hosts
from nbstage.recorder.shell_words import programs_in
from nbstage.trace import kernel
from nbstage.trace.facts import (
    code_key,
    facts_as_text,
    facts_from_text,
    keep_figures,
    read_facts,
    write_facts,
)
from nbstage.trace.nouns import Seen, Traced
from nbstage.trace.observe import stages_of
from nbstage.trace.run import Failure
from nbstage.trace.told import notes, traced_as_data, traced_as_text
from tests.notebooks_as_text import notebook

NAMES = st.lists(st.text(max_size=8), max_size=3, unique=True).map(lambda names: tuple(names))
CELLS = st.builds(
    CellFacts,
    code=st.text(alphabet="0123456789abcdef", min_size=16, max_size=16),
    binds=st.dictionaries(st.text(), st.text(), max_size=3),
    changes=NAMES,
    shares=st.lists(NAMES, max_size=2).map(lambda groups: tuple(groups)),
    formats=st.dictionaries(st.text(), st.sampled_from(["", "npy"]), max_size=2),
    reads=NAMES,
    figures=st.integers(0, 5),
    raised=st.text(max_size=9),
    seconds=st.floats(0, 1e6),
)
FACTS = Facts("notebooks/a.ipynb", (CellFacts("0" * 16, seconds=10.0, peak_mb=100.0),))


@given(st.lists(CELLS, max_size=4))
def test_facts_are_read_as_they_were_written(cells: list[CellFacts]) -> None:
    facts = Facts("notebooks/a.ipynb", tuple(cells))
    assert facts_from_text(facts_as_text(facts)) == facts


def test_the_key_of_a_cell_minds_its_code_alone() -> None:
    assert code_key("#| stage: train\nx = 1  \n\n") == code_key("x = 1")
    assert code_key("# stage\nx = 1") != code_key("x = 1")
    assert code_key("\ud800") == code_key("\ud800")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"schema": 2}',
        '{"schema": 1, "notebook": "a", "cells": [1]}',
        '{"schema": 1, "notebook": "a", "cells": [{}]}',
        '{"schema": 1, "notebook": "a", "cells": [{"code": "x", "binds": []}]}',
        '{"schema": 1, "notebook": "a", "cells": [{"code": "x", "changes": [1]}]}',
        '{"schema": 1, "notebook": "a", "cells": [{"code": "x", "figures": "y"}]}',
        "[" * 100_000,
    ],
)
def test_a_file_with_something_else_in_it_is_named_and_no_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.trace.json").write_text(text)
    with pytest.raises(UserError, match=r"'a\.trace\.json' holds no facts"):
        read_facts(tmp_path, "a.ipynb")


def test_facts_are_written_only_where_they_are_new(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    assert read_facts(tmp_path, FACTS.notebook) is None
    assert write_facts(tmp_path, FACTS)
    assert not write_facts(tmp_path, FACTS)
    assert read_facts(tmp_path, FACTS.notebook) == FACTS
    assert [path.name for path in (tmp_path / "notebooks").iterdir()] == ["a.trace.json"]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"seconds": 19.0, "peak_mb": 60.0}, True),
        ({"seconds": 21.0}, False),
        ({"peak_mb": 10.0}, False),
        ({"seconds": 11.0, "figures": 1}, False),
        ({"seconds": 11.0, "code": "1" * 16}, False),
    ],
)
def test_figures_stay_where_nothing_else_is_new(change: dict[str, object], kept: bool) -> None:
    new = replace(FACTS, cells=(replace(FACTS.cells[0], **change),))  # type: ignore[arg-type]
    assert (keep_figures(new, FACTS) == FACTS) is kept
    assert kept or keep_figures(new, FACTS) == new
    assert keep_figures(new, None) == new


def test_a_cell_belongs_to_the_stage_before_it_unless_its_tag_says_otherwise() -> None:
    text = '# %%\na\n# %% tags=["stage:one"]\nb\n# %% tags=["skip"]\nc\n# %% tags=["metrics"]\nd'
    assert stages_of(notebook(text)) == {1: "", 2: "one", 3: "", 4: "one"}


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("wget https://example.org/x?key=1", ["wget"]),
        ("TOKEN=abc curl -H 'a; rm b' x | grep y > z && /usr/bin/sort z", ["curl", "grep", "sort"]),
        ("cd data; echo hi", []),
        ("if true; then ls; fi", ["ls"]),
        ("'quoted name' x", []),
        ("sudo env A=1 make", ["make"]),
    ],
)
def test_programs_are_named_and_not_their_arguments(command: str, programs: list[str]) -> None:
    assert programs_in(command) == programs


def test_a_host_goes_by_its_name_and_passing_ports_of_this_machine_do_not_count() -> None:
    asked: list[tuple[str, object]] = [("example.org", 443)]
    reached: list[tuple[str, object]] = [("93.184.216.34", 443), ("10.0.0.5", 5432)]
    here: list[tuple[str, object]] = [("127.0.0.1", 43211), ("127.0.0.1", 5432)]
    assert hosts(asked, [*reached, *here]) == ["10.0.0.5:5432", "127.0.0.1:5432", "example.org:443"]


def test_a_file_that_a_cell_makes_itself_is_none_that_it_reads(tmp_path: Path) -> None:
    places = Places(str(tmp_path), str(tmp_path / "aside"), Owners())
    (tmp_path / "old.txt").touch()
    before = stamps(str(tmp_path))
    (tmp_path / "new.db").touch()
    raw = [
        ("r", "new.db", str(tmp_path)),
        ("r", "old.txt", str(tmp_path)),
        ("r", "no", str(tmp_path)),
    ]
    used = sort_out(raw, before, stamps(str(tmp_path)), places)
    assert (used.reads, used.writes) == (["old.txt"], ["new.db"])


def test_paths_are_told_from_the_root_and_machinery_is_left_out(tmp_path: Path) -> None:
    places = Places(str(tmp_path), str(tmp_path / "aside"), Owners())
    names = ["data/x.csv", "../up.csv", ".git/HEAD", "pkg/__pycache__/a.pyc", "/proc/self/stat"]
    told = [places.name(name, str(tmp_path)) for name in [*names, json.__file__]]
    assert told == ["data/x.csv", (tmp_path.parent / "up.csv").as_posix(), "", "", "", ""]


SEEN = (
    Seen(2, "", CellFacts("a" * 16, draws=("numpy",), environment=("KEY",), seconds=1.0)),
    Seen(3, "load", CellFacts("b" * 16, reads=("data/x.csv", "/mnt/y.csv"), seeds=("numpy",))),
    Seen(
        5,
        "load",
        CellFacts(
            "c" * 16,
            binds={"x": "pandas.DataFrame"},
            formats={"x": "parquet"},
            draws=("numpy",),
            network=("example.org:443",),
            peak_mb=99.6,
        ),
    ),
)


def test_the_table_tells_by_stage_what_crosses_and_which_files_are_used() -> None:
    text = traced_as_text(Traced("a.ipynb", SEEN, FACTS))
    assert "(no stage)      1      1.00" in text
    assert "load            2      0.00       100" in text
    assert "hands on x: pandas.DataFrame as parquet" in text
    assert "reads    /mnt/y.csv, data/x.csv" in text


def test_notes_name_what_a_pipeline_can_not_repeat() -> None:
    assert notes(Traced("a.ipynb", SEEN, FACTS)) == [
        "cell 2 draws from the global generator of numpy, which nothing seeds",
        "cell 2 reads the environment variable KEY",
        "cell 3 reads, outside the project, /mnt/y.csv",
        "cell 5 tries to reach example.org:443",
    ]


def test_a_failure_is_shown_with_cell_stage_and_traceback() -> None:
    failure = Failure(5, "KeyError", "'x'\nmore", "Traceback\x1b[0m\n----> 1 d['x']")
    text = traced_as_text(Traced("a.ipynb", SEEN, None, failure, "load"))
    assert "failed in cell 5, stage 'load': KeyError: 'x'" in text
    assert "  ----> 1 d['x']" in text
    assert "\x1b" not in text


def test_the_data_for_machines_has_all_facts() -> None:
    data = traced_as_data(Traced("a.ipynb", SEEN, FACTS))
    assert isinstance(data, dict)
    assert data["ok"] is True
    assert isinstance(data["cells"], list)
    assert [cell["stage"] for cell in data["cells"] if isinstance(cell, dict)] == [
        "",
        "load",
        "load",
    ]


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "find_spec", lambda name: None)
    with (
        pytest.raises(UserError, match="takes ipykernel and jupyter_client"),
        kernel.kernel(tmp_path, tmp_path, {}),
    ):
        pass
