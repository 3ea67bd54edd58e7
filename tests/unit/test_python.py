"""Cells as plain Python: what stays, what magics become, what is refused."""

from __future__ import annotations

import ast
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstage.model import Cell, CellKind, Code, Level, Problem
from nbstage.notebook.magic.expand import expanded
from nbstage.notebook.python import NOTEBOOK, cells_to_python, to_python
from nbstage.notebook.syntax import find_fault
from tests.notebooks_as_text import notebook

PATH = "notebooks/nb.ipynb"


def convert(source: str, *known: str) -> tuple[Code, tuple[Problem, ...]]:
    return to_python(Cell(3, CellKind.CODE, source), PATH, frozenset(known))


def text_of(source: str, *known: str) -> str:
    code, problems = convert(source, *known)
    assert [problem for problem in problems if problem.level is Level.ERROR] == []
    return code.text


def codes_of(source: str, *known: str) -> list[str]:
    return [problem.code for problem in convert(source, *known)[1]]


def shown(problem: Problem) -> tuple[int | None, str]:
    place = problem.place
    return place.line, place.source[place.column : place.end_column]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        "# a comment\n\nx = 1  # another\n",
        'sql = """\n!ls\n%time x\n"""',
        "await fetch()",
        "print(1) # !ls",
        "x = y % z",
        "def f():\n    return 1\n",
        "assert (x, 'always true')",
    ],
)
def test_python_stays_as_it_is(source: str) -> None:
    code, problems = convert(source)
    assert code == Code(source, tuple(range(1, source.count("\n") + 2)))
    assert problems == ()


def test_python_needs_no_ipython() -> None:
    before = {name for name in sys.modules if name.startswith("IPython")}
    convert("x = 1\n")
    convert("def f(:\n")
    assert {name for name in sys.modules if name.startswith("IPython")} == before


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
        ("%load_ext autoreload\n%autoreload 2", "# %load_ext autoreload\n# %autoreload 2"),
        ("if a:\n    %config X.y = 1\nb = 2", "if a:\n    pass  # %config X.y = 1\nb = 2"),
        ("x?\ny = 1", "# x?\ny = 1"),
        ("?len", "# ?len"),
        ("%pwd", "# %pwd"),
        ("%pip list", "# %pip list"),
        ("%time", "# %time"),
        ("ls", "# ls"),
        ("ls -l", "# ls -l"),
        ("%%html\n<b>bold</b>", "# %%html"),
        ("%%script false --no-raise-error\nx = 1", "# %%script false --no-raise-error"),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", None),
        ("get_ipython().magic('matplotlib inline'); y = 1", "pass; y = 1"),
    ],
)
def test_a_magic_that_only_shows_leaves_a_comment(source: str, expected: str | None) -> None:
    assert text_of(source) == (expected if expected is not None else f"# {source}")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!echo hi", 'run_shell("echo hi")'),
        ("for i in x:\n    !echo {i}", 'for i in x:\n    run_shell(f"echo {i}")'),
        ("files = !ls *.csv", 'files = capture_shell("ls *.csv")'),
        ("%mkdir out", 'run_shell("mkdir out")'),
        ("x = %sx ls", 'x = capture_shell("ls")'),
        ("!!ls", 'capture_shell("ls")'),
        ("!ls \\\n  -l\ny = 1", 'run_shell("ls    -l")\ny = 1'),
        ("%cd ../data", 'change_dir("../data")'),
        ("%cd -q 'my data'", 'change_dir("my data")'),
        ("%cd", 'change_dir("~")'),
        ("cd data", 'change_dir("data")'),
        ("%env A=1", 'set_env("A", "1")'),
        ("%set_env A b c", 'set_env("A", "b c")'),
        ("%env", "# %env"),
        ("%%bash\nls\n", 'run_script("bash", "ls\\n")'),
        ("%%script perl -w\nprint 1", 'run_script("perl -w", "print 1\\n")'),
        ("%%writefile f.txt\nline", 'write_file("f.txt", "line\\n")'),
        ("%%writefile -a 'my f'\nline", 'write_file("my f", "line\\n", append=True)'),
        ("%%!\nls", 'run_shell("ls\\n")'),
        ("x = f(get_ipython().getoutput('ls'))", 'x = f(capture_shell("ls"))'),
        ("/f x", "f(x)"),
        (",f a b", 'f("a", "b")'),
    ],
)
def test_a_magic_with_an_effect_becomes_a_call(source: str, expected: str) -> None:
    assert text_of(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%time x = f()", "x = f()"),
        ("%time !ls", 'run_shell("ls")'),
        ("x = %time f(1)", "x = f(1)"),
        ("%prun -l 5 -q f(x)", "f(x)"),
        ("%%time\nx = 1\n%time y = 2", "x = 1\ny = 2"),
        ("%%prun -q\nf()", "f()"),
        ("x = %time f(), 1", "x = f(), 1"),
        ("%%timeit\nasync def f(): pass", "def _timeit():\n    async def f(): pass\n\n_timeit()"),
        ("%%capture\nf()", "f()"),
        ("%%time\n%%capture\nf()", "f()"),
        ("%timeit -n 10 -r3 f(x)", "f(x)"),
        ("%timeit y = f(x)", "def _timeit():\n    y = f(x)\n\n_timeit()"),
    ],
)
def test_a_magic_around_code_leaves_the_code(source: str, expected: str) -> None:
    assert text_of(source) == expected


def test_timeit_binds_no_name_and_keeps_strings_whole() -> None:
    text = text_of('%%timeit a = 1\ns = """x\n  y"""\nb.append(s * a)')
    found: list[str] = []
    names: dict[str, object] = {"b": found}
    exec(text, names)
    assert found == ["x\n  y"]
    assert set(names) - {"__builtins__", "b", "_timeit"} == set()


def test_timeit_is_noted_to_run_once() -> None:
    assert codes_of("%timeit x = 1") == ["NBS112"]


def test_a_captured_variable_is_noted_to_be_missing() -> None:
    assert codes_of("%%capture out\nf()") == ["NBS112"]
    assert codes_of("%%capture --no-stderr\nf()") == []


@pytest.mark.parametrize("body", ['echo "\\n" \'\'\' """"', "  \té\x0cλ", "a\n\n\nb", "{x} $x \\"])
def test_the_text_of_a_cell_magic_is_exact(body: str) -> None:
    call = ast.parse(text_of(f"%%bash\n{body}\n", "x"), mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.args[1]) == f"{body}\n"


def test_each_line_of_a_script_comes_from_its_own_line() -> None:
    code, _ = convert("%%bash\nset -e\nls\nls -l")
    assert code.text.split("\n")[2:4] == ['    """\\', "set -e"]
    assert code.lines == (1, 1, 1, 2, 3, 4, 4, 4)


def test_lines_are_counted_through_magics() -> None:
    code, _ = convert("\n  \n!a \\\n   b\nx = 1\n%%timeit?\ny = 2")
    assert code.text.split("\n")[1] == "x = 1"
    assert code.lines == (3, 5, 6, 7)


def test_common_indentation_and_prompts_are_taken_off() -> None:
    assert text_of("  x = 1\n  y = 2") == "x = 1\ny = 2"
    assert text_of(">>> x = 1\n>>> y = 2") == "x = 1\ny = 2"


def test_a_name_is_expanded_only_where_it_exists() -> None:
    assert text_of("!cp $src {dst}", "src", "dst") == 'run_shell(f"cp {src} {dst}")'
    assert text_of("!echo $HOME {dst}", "dst") == 'run_shell("echo $HOME {dst}")'
    assert text_of("def f(p):\n    !rm {p}") == 'def f(p):\n    run_shell(f"rm {p}")'


def test_a_later_cell_knows_the_names_of_those_before() -> None:
    cells = notebook("# %%\nsrc = 1\n# %%\n# !echo {src} $src\n# %%\n# ls\nx = 1").cells
    texts = [code.text for code, _ in cells_to_python(cells, PATH)]
    assert texts[:2] == ["src = 1", 'run_shell(f"echo {src} {src}")']


def test_a_name_of_the_notebook_hides_a_magic_without_percent() -> None:
    assert text_of("ls", "ls") == "ls"
    cells = notebook("# %%\npwd = 1\n# %%\npwd").cells
    assert [code.text for code, _ in cells_to_python(cells, PATH)] == ["pwd = 1", "pwd"]


NAMES: dict[str, object] = {"x": 3, "d": {"k": "v", 'a"b': 1}, "s": "it's"}
TEMPLATES = st.lists(
    st.sampled_from(
        [
            *[
                "{x}",
                "$x",
                "$$x",
                "{d['k']}",
                '{d["k"]}',
                "{s[1:3]}",
                "{s!r}",
                "{{",
                "}}",
                "$HOME",
                "{",
            ],
            *[
                "'",
                '"',
                "\\",
                " ",
                "{d}",
                "${x}",
                "{nope}",
                "{x + 1}",
                "{lambda: x}",
                "#",
                "$1",
                "é",
            ],
            *[
                "{x != 3}",
                "{ {1: 2}[1] }",
                "{'#'}",
                "{}",
                "{[y for y in s]}",
                '{"\\n"}',
                "%",
                "$s.x",
            ],
        ]
    ),
    max_size=6,
).map("".join)


@given(TEMPLATES)
def test_text_is_expanded_as_ipython_does(template: str) -> None:
    from IPython.utils.text import DollarFormatter

    try:
        expected = DollarFormatter().vformat(template, args=[], kwargs=NAMES)
    except AttributeError:
        return
    except Exception:
        expected = template
    source = expanded(template, frozenset(NAMES))
    result = eval(source, dict(NAMES))
    assert _without_addresses(result) == _without_addresses(expected)


def _without_addresses(text: str) -> str:
    return text.partition("<function")[0]


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        ("%pip install pandas", ("pandas",)),
        ('!pip install -q -U pandas==2 "x>=1"', ("pandas==2", "x>=1")),
        ("!pip install -r requirements.txt", ("-r requirements.txt",)),
        ("!pip install -i https://example.org/simple a  # why", ("a",)),
        ("!{sys.executable} -m pip install a", ("a",)),
        ("!python3 -m pip install a > /dev/null 2>&1", ("a",)),
        ("%conda install -y -c conda-forge a b", ("a", "b")),
        ("!pip install a && pip install b", ("a", "b")),
        ("%uv pip install a", ("a",)),
        ("pip install a", ("a",)),
    ],
)
def test_an_installation_becomes_a_requirement(source: str, packages: tuple[str, ...]) -> None:
    code, problems = convert(source)
    assert code.requirements == packages
    assert [(problem.code, problem.level) for problem in problems] == [("NBS130", Level.NOTE)]
    assert code.text == f"# {source}"


@pytest.mark.parametrize(
    "command", ["pip install a && ls", "pip install a; ls", "pip install 'a", "pip install $a"]
)
def test_an_installation_among_other_commands_is_run(command: str) -> None:
    assert text_of(f"!{command}") == f'run_shell("{command}")'


@pytest.mark.parametrize(
    "source",
    [
        "%run other.py",
        "%pylab inline",
        "%store x",
        "%macro m 1-2",
        "%no_such_magic",
        "%%cython\nx = 1",
        "%%R\nx <- 1",
        "%%sql\nselect 1",
        "%%no_such_magic\nx",
        "%%bash --bg\nls",
        "%%bash --out x\nls",
        "x = %pwd",
        "x = %timeit -o f()",
        "shell = get_ipython()",
        "%cd -",
        "%env {x}=1",
        "x = %time y = 1",
        "%%bash 'x\nls",
        "get_ipython().run_line_magic('cd', folder)",
        "get_ipython().run_line_magic('cd')",
        "%pip uninstall x",
        "%%writefile\nx",
        "%%timeit\nx = await f()",
        "%%",
        "%%time\n" * 12 + "x = 1",
    ],
)
def test_a_magic_that_has_no_like_is_refused(source: str) -> None:
    code, problems = convert(source)
    assert [problem.code for problem in problems if problem.level is Level.ERROR] == ["NBS111"]
    assert find_fault(code.text) is None


def test_a_refusal_names_the_magic_the_line_and_a_way_out() -> None:
    (problem,) = convert("x = 1\nif x:\n    %run other.py")[1]
    assert problem.message == "'%run' can't be kept in a pipeline"
    assert shown(problem) == (3, "%run other.py")
    assert problem.hint == "put the script's code into a module beside the notebook and import it."


def test_all_refusals_of_a_cell_come_at_once() -> None:
    problems = convert("%run a.py\nx = 1\n%pylab\ny = get_ipython()")[1]
    assert [problem.place.line for problem in problems] == [1, 3, 4]


def test_a_magic_is_refused_where_the_notebook_uses_its_function_name() -> None:
    (problem,) = convert("!ls", "run_shell")[1]
    assert problem.code == "NBS111"
    assert "'run_shell'" in problem.message


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("x = 1\ny = = 2", 2, "="),
        ("def f(:\n    pass", 1, ":"),
        ("return 3", 1, "return 3"),
        ("yield 3", 1, "yield 3"),
        ("x = (1,\n", 1, "("),
        ("é = = 1", 1, "="),
        ("%matplotlib inline\nx = = 1", 2, "="),
        ("    x = 1\n    y = = 1", 2, "="),
        ("%%time\nx = 1\ny = = 1", 3, "="),
        ("!ls \\\n -l\nx = = 1", 3, "="),
        ("x = '\0'", 1, "\N{REPLACEMENT CHARACTER}"),
        ("x = '\ud800'", 1, "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_syntax_error_is_shown_where_it_is(source: str, line: int, text: str) -> None:
    code, (problem,) = convert(source)
    assert problem.code == "NBS110"
    assert shown(problem) == (line, text)
    assert code.text == ""


@pytest.mark.parametrize(
    "source",
    ["(" * 5000, "-" * 100_000, "-" * 300, "[" * 150, "a." * 9999, "1 +" * 250, "not " * 1000],
)
def test_code_nested_too_deeply_is_a_syntax_error(source: str) -> None:
    assert codes_of(source + "x") == ["NBS110"]


def test_long_code_is_not_deep() -> None:
    assert codes_of("x = [" + "1, " * 10_000 + "]\n" + "y = f(x)\n" * 1000) == []


def test_warnings_of_the_compiler_are_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    convert("x is 1\ny = '\\d'\n!ls")
    assert list(recwarn) == []


def test_blank_lines_in_a_string_are_what_ipython_makes_of_them() -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    source = 'x = """\n   \n"""'
    expected: str = TransformerManager().transform_cell(source)
    assert text_of(source) == expected.removesuffix("\n")


def test_the_runtime_has_every_function_that_magics_become() -> None:
    import nbstage.runtime

    assert all(callable(getattr(nbstage.runtime, name)) for name in NOTEBOOK)


FRAGMENTS = st.sampled_from(
    [
        *[
            "%time ",
            "%%time\n",
            "%%bash\n",
            "%%timeit ",
            "!ls {x}",
            "x = !ls",
            "?",
            "x?",
            "%cd ",
            '"""',
        ],
        *[
            "\n",
            "    ",
            "if x:\n",
            "x = 1",
            "(",
            ")",
            "\\\n",
            "\r",
            "\x0c",
            "\u2028",
            ">>> ",
            "...: ",
        ],
        *[
            "get_ipython()",
            ".system('ls')",
            ".run_line_magic('time', 'x')",
            "%env A=",
            "$x",
            "{",
            "}",
        ],
        *[
            ",f a b",
            "/f x",
            ";f x",
            "#| stage: a",
            "%pip install ",
            "def f():\n",
            "await x",
            "é",
            "\0",
        ],
        *[
            "%%writefile f\n",
            "%%capture c\n",
            "%timeit ",
            "%%",
            "%",
            "!",
            "'",
            "\ud800",
            "; ",
            "ls",
        ],
    ]
)
SOURCES = st.lists(st.one_of(FRAGMENTS, FRAGMENTS, st.text(max_size=5)), max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(SOURCES)
def test_any_text_gives_python_or_an_error(source: str) -> None:
    code, problems = convert(source, "x")
    assert len(code.lines) == len(code.text.split("\n"))
    line_count = len(source.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(1 <= line <= line_count for line in code.lines)
    assert find_fault(code.text) is None
    for problem in problems:
        place = problem.place
        assert 0 <= place.column <= place.end_column
        f"{problem.message}{place.source}{problem.hint}".encode()


@settings(max_examples=200, deadline=None)
@given(SOURCES)
def test_python_of_python_is_itself(source: str) -> None:
    code, _ = convert(source)
    if "get_ipython" not in code.text:
        again, problems = convert(code.text, "ls", "_timeit")
        assert (again.text, problems) == (code.text, ())
