"""`nbstage params`: the notebook's values beside those of params.yaml, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.app.parameters import params, params_to_notebook
from nbstage.cli import main
from nbstage.convert.yaml.write import Style, entry_lines
from nbstage.notebook.read import read
from nbstage.params.literal import NoLiteral, literal, literal_lines
from nbstage.params.nouns import Compared
from tests.notebooks_as_text import ipynb

HEAD = '# %% tags=["parameters"]\n'
STAGES = '\n\n# %% tags=["stage:first"]\nx = seed\n\n# %% tags=["stage:last"]\nprint(x, seed)\n'
NOTEBOOK = "notebooks/nb.ipynb"
Captured = pytest.CaptureFixture[str]


class Project:
    """A project with one notebook whose parameters cell is given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".git").mkdir(parents=True)
        (root / "notebooks").mkdir()

    def put(self, cell: str, values: str) -> None:
        (self.root / NOTEBOOK).write_text(ipynb(HEAD + cell + STAGES), encoding="utf-8")
        (self.root / "params.yaml").write_text(values, encoding="utf-8")

    def write_back(self) -> Compared:
        return params_to_notebook(self.root, NOTEBOOK)

    @property
    def cell(self) -> str:
        found = read(self.root / NOTEBOOK, self.root)
        assert not isinstance(found, tuple)
        return found.cells[0].source


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


# --- what is shown


def test_each_parameter_is_shown_with_both_values_and_its_users(
    project: Project, capsys: Captured
) -> None:
    project.put("seed = 7\nrate = 0.1\nnew = None", "seed: 8\nrate: 0.1\nother: 1\n")
    assert main(["params"]) == 0
    assert capsys.readouterr().out == (
        "  name  notebook  params.yaml  used by\n"
        "* seed  7         8            first, last\n"
        "  rate  0.1       0.1          no stage\n"
        "  new   null      -            no stage\n"
        "\n"
        "* 1 of 3 differ; stages take the value of params.yaml\n"
    )


def test_a_machine_gets_the_same(project: Project, capsys: Captured) -> None:
    project.put("seed = 7\nnew = 1", "seed: 7.0\n")
    assert main(["params", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["notebook"], data["written"]) == (True, NOTEBOOK, [])
    assert data["parameters"] == [
        {
            "name": "seed",
            "key": "seed",
            "cell": 1,
            "notebook": 7,
            "in_params_yaml": True,
            "params_yaml": 7.0,
            "differs": True,
            "stages": ["first", "last"],
        },
        {
            "name": "new",
            "key": "new",
            "cell": 1,
            "notebook": 1,
            "in_params_yaml": False,
            "params_yaml": None,
            "differs": False,
            "stages": [],
        },
    ]


@pytest.mark.parametrize(
    ("notebook", "file", "differs"),
    [
        ("1", "1", False),
        ("1", "1.0", True),
        ("1", "true", True),
        ("0.001", "1e-3", False),
        ("'1e-3'", "1e-3", True),
        ("'on'", "on", False),
        ("True", "on", True),
        ("8", "010", True),
        ("10", "010", False),
        ("'2024-01-01'", "2024-01-01", True),
        ("'2024-01-01'", "'2024-01-01'", False),
        ("None", "~", False),
        ("None", "", False),
        ("'no'", "no", False),
        ("[1, 2]", "[1, 2]", False),
        ("[1, 2]", "[2, 1]", True),
        ("{'a': 1, 'b': 2}", "{b: 2, a: 1}", True),
        ("{'a': [1, {'b': None}]}", "{a: [1, {b: null}]}", False),
        ("0.0", "-0.0", True),
    ],
)
def test_other_in_type_digit_or_order_is_other(
    project: Project, notebook: str, file: str, differs: bool
) -> None:
    project.put(f"seed = {notebook}", f"seed: {file}\n")
    (row,) = params(project.root, NOTEBOOK).rows
    assert row.differs is differs


def test_a_notebook_without_parameters_says_so(project: Project, capsys: Captured) -> None:
    (project.root / NOTEBOOK).write_text(ipynb('# %% tags=["stage:a"]\nx = 1'))
    assert main(["params"]) == 0
    assert capsys.readouterr().out == f"{NOTEBOOK}: no parameters\n"


def test_a_notebook_that_cannot_be_read_shows_its_problems(
    project: Project, capsys: Captured
) -> None:
    project.put("seed = = 1", "seed: 1\n")
    assert main(["params"]) == 1
    assert "NBS110" in capsys.readouterr().out
    project.put("seed = 1", "seed: [1\n")
    assert main(["params", "--to-notebook"]) == 1
    assert "NBS401" in capsys.readouterr().out


# --- the way back


@pytest.mark.parametrize(
    ("cell", "values", "expected"),
    [
        ("seed = 7  # a seed", "seed: 8", "seed = 8  # a seed"),
        ("seed = 7", "seed: 7.0", "seed = 7.0"),
        ("seed = 7", "seed: true", "seed = True"),
        ("seed = 7", "seed:", "seed = None"),
        ("seed = 7", "seed: 1e-3", "seed = 0.001"),
        ("seed = 7", "seed: on", 'seed = "on"'),
        ("seed = 7", "seed: '1e-3'", 'seed = "1e-3"'),
        ("seed = 'a'", "seed: b", "seed = 'b'"),
        ('seed = "a"', 'seed: it\'s "b"', "seed = 'it\\'s \"b\"'"),
        ("seed = 1; rate = 2", "seed: 3\nrate: 4", "seed = 3; rate = 4"),
        ("seed: int = 1", "seed: 3", "seed: int = 3"),
        ("seed = 60 * 60", "seed: 60", "seed = 60"),
        ("seed = 60 * 60", "seed: 3600", "seed = 60 * 60"),
        ("seed = 1\nrate = seed + 1", "seed: 5\nrate: 6", "seed = 5\nrate = seed + 1"),
        ("seed = 1\nrate = seed + 1", "seed: 5\nrate: 2", "seed = 5\nrate = 2"),
        ("seed = 1\nseed = 2", "seed: 5", "seed = 1\nseed = 5"),
        ("ü = 1; seed = 'é'", "ü: 2\nseed: ß", "ü = 2; seed = 'ß'"),
        ("seed = [1,  2,  3]", "seed: [1, 5, 3]", "seed = [1,  5,  3]"),
        ("seed = [1, 2]", "seed: [1, 2, 3]", "seed = [1, 2, 3]"),
        ("seed = [1]", "seed: {a: [x]}", 'seed = {"a": ["x"]}'),
        (
            "seed = {\n    'a': 1,  # one\n    'b': [2,\n          3],\n}",
            "seed: {a: 9, b: [2, 4]}",
            "seed = {\n    'a': 9,  # one\n    'b': [2,\n          4],\n}",
        ),
        ("seed = (\n    1  # one\n)", "seed: 2", "seed = (\n    2  # one\n)"),
        ("seed = -1", "seed: -2", "seed = -2"),
        ("# above\n\nseed = 1\n# below", "seed: 2", "# above\n\nseed = 2\n# below"),
    ],
)
def test_the_files_value_takes_the_place_of_the_notebooks_and_nothing_else_moves(
    project: Project, cell: str, values: str, expected: str
) -> None:
    project.put(cell, values + "\n")
    before = (project.root / NOTEBOOK).read_text()
    done = project.write_back()
    assert not done.refused
    assert project.cell == expected
    assert not any(row.differs for row in done.rows)
    if cell == expected:
        assert (project.root / NOTEBOOK).read_text() == before
    assert project.write_back().written == ()


def test_the_rest_of_the_file_stays_byte_for_byte(project: Project, capsys: Captured) -> None:
    project.put("seed = 7", "seed: 8\n")
    before = (project.root / NOTEBOOK).read_text().replace('"metadata": {}', '"metadata" : { }')
    (project.root / NOTEBOOK).write_text(before)
    assert main(["params", "--to-notebook"]) == 0
    assert capsys.readouterr().out.endswith(f"written to {NOTEBOOK}: seed\n")
    assert (project.root / NOTEBOOK).read_text() == before.replace("seed = 7", "seed = 8")
    assert main(["params", "--to-notebook"]) == 0
    assert capsys.readouterr().out.endswith("\nnothing to write\n")


def test_a_percent_script_is_written_back_too(project: Project) -> None:
    path = project.root / "notebooks/nb.py"
    path.write_text(HEAD + "seed = 7  # x\n" + STAGES)
    (project.root / "params.yaml").write_text("seed: 8\n")
    params_to_notebook(project.root, "notebooks/nb.py")
    assert path.read_text() == HEAD + "seed = 8  # x\n" + STAGES


def test_a_parameter_that_the_file_lacks_stays(project: Project) -> None:
    project.put("seed = 7\nnew = 1", "seed: 8\nother: 3\n")
    project.write_back()
    assert project.cell == "seed = 8\nnew = 1"


@pytest.mark.parametrize(
    ("cell", "values", "message"),
    [
        ("seed = 1", "seed: 2024-01-01", "'seed' is a date, which a parameter can't be in params"),
        ("seed = 1", "seed: .inf", "'seed' is 'inf', for which Python has no literal"),
        ("seed = 1", "seed: {1: 2}", "a mapping with a key that is no text"),
        ("seed = [\n  1,  # one\n]", "seed: [1, 2]", "'seed' has comments inside"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_written(
    project: Project, capsys: Captured, cell: str, values: str, message: str
) -> None:
    project.put(f"rate = 1\n{cell}", f"rate: 2\n{values}\n")
    before = (project.root / NOTEBOOK).read_bytes()
    assert main(["params", "--to-notebook"]) == 1
    out = capsys.readouterr().out
    assert message in out
    assert "hint: " in out
    assert out.endswith("nothing was written\n")
    assert (project.root / NOTEBOOK).read_bytes() == before


def test_all_that_is_refused_is_told_at_once(project: Project) -> None:
    project.put("seed = 1\nrate = 1", "seed: .nan\nrate: 2024-01-01\n")
    assert [one.name for one in project.write_back().refused] == ["seed", "rate"]


# --- any value


leaves = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
values = st.recursive(
    leaves.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from("'\""), st.integers(0, 80))
def test_a_literal_reads_back_as_it_was(value: object, quote: str, start: int) -> None:
    import ast

    assert repr(ast.literal_eval(literal(value, quote))) == repr(value)
    lines = literal_lines(value, quote, start, "")
    assert repr(ast.literal_eval(lines)) == repr(value)


def test_what_is_no_plain_data_has_no_literal() -> None:
    for value in ({1: 2}, {1}, float("nan"), b"x"):
        with pytest.raises(NoLiteral):
            literal(value)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text("aé'\"\\ #{}[]:,", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(pairs=st.lists(st.tuples(plain, plain), min_size=1, max_size=4))
def test_any_values_go_back_and_forth(
    pairs: list[tuple[object, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project(tmp_path_factory.mktemp("any") / "project")
    cell = "\n".join(f"p{n} = {old!r}  # {n}" for n, (old, _) in enumerate(pairs))
    lines = [
        line
        for n, (_, new) in enumerate(pairs)
        for line in entry_lines(f"p{n}", new, 0, Style(short_lists=True))
    ]
    project.put(f"seed = 1\n{cell}", "\n".join(lines) + "\n")
    done = project.write_back()
    assert not done.refused
    assert [repr(row.notebook) for row in done.rows[1:]] == [repr(new) for _, new in pairs]
