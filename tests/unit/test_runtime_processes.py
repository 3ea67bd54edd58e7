"""What one process stores another one reads: stages run as `python -m pipeline.NAME`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import nbstage

SOURCE = Path(nbstage.__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pipeline" / "helpers").mkdir(parents=True)
    (tmp_path / "pipeline" / "__init__.py").touch()
    (tmp_path / "pipeline" / "helpers" / "__init__.py").touch()
    return tmp_path


def write(project: Path, module: str, text: str) -> None:
    path = project.joinpath(*module.split(".")).with_suffix(".py")
    path.write_text("from nbstage.runtime import *\n" + dedent(text))


def run(
    project: Path, *args: str, hash_seed: int = 0, isolated: bool = False
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPATH": str(SOURCE),
    }
    command = [sys.executable, *(["-S"] if isolated else []), *args]
    return subprocess.run(
        command, cwd=project, env=environment, text=True, capture_output=True, check=False
    )


def stage(project: Path, name: str, hash_seed: int = 0) -> str:
    """What the stage prints; it has to succeed."""
    done = run(project, "-m", f"pipeline.{name}", hash_seed=hash_seed)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_object_of_a_class_in_the_running_module_is_read_by_others(project: Path) -> None:
    write(
        project,
        "pipeline.train",
        """
        class Model:
            class Part:
                pass
            def predict(self):
                return "predicted"
        def score(x):
            return x + 1
        def main():
            save((Model(), Model.Part(), Model, score), "model.pkl")
        if __name__ == "__main__":
            print("run")
            main()
        """,
    )
    write(
        project,
        "pipeline.use",
        """
        model, part, kind, score = load("model.pkl")
        print(model.predict(), type(model) is kind, kind.__module__, score(1), type(part).__name__)
        """,
    )

    assert stage(project, "train") == "run"
    assert stage(project, "use") == "predicted True pipeline.train 2 Part"


LOCAL = """
    import math
    from pipeline.helpers import tools

    def train():
        rate = 3
        class Model:
            words = frozenset({"a", "b", "c", "d"})
            def predict(self, x):
                return math.sqrt(x) * rate
            def parent(self):
                return super().__repr__()[:1]
        def apply(f):
            return tools.twice(f) if f not in {"x", "y", "z"} else math.pi
        return Model(), apply, lambda: [rate for _ in range(2)]

    if __name__ == "__main__":
        model, apply, many = train()
        save(model, "model.joblib")
        save((model, apply, many), "all.pkl")
"""


@pytest.fixture
def local(project: Path) -> Path:
    write(project, "pipeline.helpers.tools", "def twice(x):\n    return 2 * x\n")
    write(project, "pipeline.train", LOCAL)
    return project


def test_what_is_defined_inside_a_stage_travels_by_its_code(local: Path) -> None:
    write(
        local,
        "pipeline.use",
        """
        model, (again, apply, many) = load("model.joblib"), load("all.pkl")
        print(model.predict(4), apply(2), many(), model.parent(), type(model) is type(again))
        """,
    )

    stage(local, "train")

    assert stage(local, "use") == "6.0 4 [3, 3] < True"


def test_classes_of_all_kinds_travel_by_their_code(project: Path) -> None:
    write(
        project,
        "pipeline.make",
        """
        import abc, collections, dataclasses, enum, typing
        from sklearn.base import BaseEstimator, TransformerMixin

        def make():
            @dataclasses.dataclass(frozen=True)
            class Point:
                x: int
                y: list = dataclasses.field(default_factory=list)
            class Colour(enum.Enum):
                RED = "red"
            Pair = collections.namedtuple("Pair", "a b")
            class Named(typing.NamedTuple):
                a: int
            class Base(abc.ABC):
                @abc.abstractmethod
                def f(self): ...
            class Derived(Base):
                __slots__ = ("x",)
                def f(self):
                    return self.x
            class Scale(TransformerMixin, BaseEstimator):
                def __init__(self, by=2):
                    self.by = by
                def fit(self, X, y=None):
                    return self
                def transform(self, X):
                    return [x * self.by for x in X]
            class Sum(int):
                def __add__(self, other):
                    return Sum(int(self) + other + 1)
            derived = Derived()
            derived.x = 5
            objects = [Point(1), Colour.RED, Pair(1, 2), Named(3), derived, Scale(), Sum(1)]
            return [*objects, Point, Colour]

        values = make()
        methods = [vars(type(value)).copy() for value in values]
        for number, value in enumerate(values):
            save(value, f"{number}.pkl")
        save(values, "all.pkl")
        for value, members in zip(values, methods):
            for name, member in members.items():
                assert vars(type(value))[name] is member, (value, name)
        """,
    )
    write(
        project,
        "pipeline.use",
        """
        point, colour, pair, named, derived, scale, total, Point, Colour = load("all.pkl")
        print(point, colour is Colour.RED, pair.b, named.a, derived.f(), scale.fit_transform([1]))
        print(total + 1, point == Point(1), scale, type(load("5.pkl")) is type(scale))
        """,
    )

    stage(project, "make", hash_seed=1)
    before = [path.read_bytes() for path in sorted(project.glob("*.pkl"))]
    stage(project, "make", hash_seed=2)

    assert stage(project, "use").splitlines() == [
        "Point(x=1, y=[]) True 2 3 5 [2]",
        "3 True Scale() True",
    ]
    assert [path.read_bytes() for path in sorted(project.glob("*.pkl"))] == before


def test_a_value_that_was_read_is_stored_again_with_the_same_bytes(local: Path) -> None:
    write(
        local, "pipeline.copy", 'save(load("all.pkl"), "copy.pkl"); save(load("copy.pkl"), "3.pkl")'
    )

    stage(local, "train")
    stage(local, "copy", hash_seed=7)

    assert (local / "copy.pkl").read_bytes() == (local / "3.pkl").read_bytes()


STABLE = {
    "a set of words": "set('the quick brown fox jumps over the lazy dog'.split())",
    "sets in sets": "{frozenset({'a', 'b'}), frozenset({'c', 'd', ('e', None)})}",
    "sets in a dict": "{'x': [{'a', 'b', 'c'}, 1], 'y': frozenset('abc')}",
    "a function": "lambda x: x in {'a', 'b', 'c', 'd'}",
    "a class": "type('Local', (), {'words': {'a': 1}, 'f': lambda self: 1})()",
    "an array": "__import__('numpy').arange(5)[::-1]",
    "a table": "__import__('pandas').DataFrame({'a': ['x', None], 'b': [1.5, 2]})",
}


@pytest.mark.parametrize("code", STABLE.values(), ids=list(STABLE))
def test_a_value_has_the_same_bytes_in_every_process(project: Path, code: str) -> None:
    write(
        project,
        "pipeline.make",
        f"""
        value = {code}
        for extension in ("pkl", "parquet", "npy", "json"):
            save(value, f"out/value.{{extension}}")
        """,
    )
    files = [project / "out" / f"value.{end}" for end in ("pkl", "parquet", "npy", "json")]

    stage(project, "make", hash_seed=1)
    before = [file.read_bytes() for file in files]
    stage(project, "make", hash_seed=2)

    assert [file.read_bytes() for file in files] == before


def test_code_is_stored_without_the_folder_of_the_checkout(local: Path) -> None:
    stage(local, "train")

    assert str(local).encode() not in (local / "all.pkl").read_bytes()
    assert b"pipeline/train.py" in (local / "all.pkl").read_bytes()


def test_a_sparse_matrix_has_the_same_bytes_in_every_process(project: Path) -> None:
    write(
        project,
        "pipeline.make",
        "from scipy import sparse\nsave(sparse.eye_array(3).tocsr(), 'm.npz')",
    )

    stage(project, "make", hash_seed=1)
    before = (project / "m.npz").read_bytes()
    stage(project, "make", hash_seed=2)

    assert (project / "m.npz").read_bytes() == before
    assert before.startswith(b"PK")


def test_a_helpers_edit_changes_the_file_of_a_value_that_uses_it(project: Path) -> None:
    write(project, "pipeline.helpers.base", "FACTOR = 2\nclass Base:\n    pass\n")
    model = "from pipeline.helpers.base import Base\nclass Model(Base):\n    x = {}\n"
    write(project, "pipeline.helpers.model", model.format(1))
    write(project, "pipeline.helpers.other", "x = 1\n")
    write(
        project,
        "pipeline.train",
        "from pipeline.helpers import other\nfrom pipeline.helpers.model import Model\n"
        "save(Model(), 'model.pkl')\nsave([1], 'plain.pkl')\n",
    )

    def files() -> tuple[bytes, bytes]:
        stage(project, "train")
        return (project / "model.pkl").read_bytes(), (project / "plain.pkl").read_bytes()

    first = files()
    write(project, "pipeline.helpers.other", "x = 2\n")
    assert files() == first
    write(project, "pipeline.helpers.model", model.format(2))
    second = files()
    assert second[0] != first[0]
    assert second[1] == first[1]
    write(project, "pipeline.helpers.base", "FACTOR = 3\nclass Base:\n    pass\n")
    assert files()[0] != second[0]


def test_an_object_of_a_script_travels_by_its_code(project: Path) -> None:
    (project / "script.py").write_text(
        "from nbstage.runtime import save\nclass Model:\n    x = 5\nsave(Model(), 'm.pkl')\n"
    )
    write(project, "pipeline.use", "print(load('m.pkl').x)")

    assert run(project, "script.py").returncode == 0
    assert stage(project, "use") == "5"


def test_a_failing_stage_prints_one_line_and_exits_with_1(project: Path) -> None:
    write(project, "pipeline.bad", "save({'rows': (n for n in ())}, 'out/rows.pkl')")

    done = run(project, "-m", "pipeline.bad")

    assert done.returncode == 1
    assert done.stderr == (
        "nbstage: 'out/rows.pkl' can't be stored: ['rows'] is a generator (generator)\n"
    )


def test_importing_the_runtime_imports_nothing_heavy(project: Path) -> None:
    done = run(project, "-c", "import sys, nbstage.runtime; print(*sorted(sys.modules))")

    heavy = {
        "numpy",
        "pandas",
        "pyarrow",
        "json",
        "typing",
        "pathlib",
        "subprocess",
        "re",
        "pickle",
    }
    assert heavy.isdisjoint(run_bare(project, "import nbstage.runtime"))
    assert {"nbstage.model", "nbstage.errors"}.isdisjoint(done.stdout.split())


def run_bare(project: Path, code: str) -> set[str]:
    """The modules that `code` imports where no package is installed."""
    done = run(project, "-c", f"import sys; {code}; print(*sys.modules)", isolated=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_runtime_works_where_nothing_else_is_installed(project: Path) -> None:
    code = (
        "from nbstage.runtime import *; save({1: {'a', 'b'}}, 'x.pkl'); save([1.5], 'x.json'); "
        "save_metrics({'a': 1}, 'm.json'); save_tables({'t': [{'a': 1}]}, 'plots'); "
        "assert load('x.pkl') == {1: {'a', 'b'}}; assert load('x.json') == [1.5]"
    )

    assert "numpy" not in run_bare(project, code)


def test_missing_packages_are_named(project: Path) -> None:
    (project / "params.yaml").write_text("a: 1\n")
    for code, told in [
        ("params('a')", "without ruamel.yaml or PyYAML"),
        ("save(lambda: 1, 'f.pkl')", "needs the package cloudpickle"),
    ]:
        done = run(project, "-c", f"from nbstage.runtime import *; {code}", isolated=True)
        assert done.returncode == 1
        assert told in done.stderr
        assert "Traceback" not in done.stderr
