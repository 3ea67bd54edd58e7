"""Calls in a notebook whose result is another one at each run, found without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from nbstage.convert.blocks import Block
from nbstage.model import Role
from nbstage.verify.nouns import Unseeded

_NO_SEED = "without a seed"
_CLOCK = "the time"
_SYSTEM = "drawn by the operating system"
_PROCESS = "another one in each process"
_THREADS = "work that may end in any order"
_FOLDERS = "in the file system's order"
_NETWORK = "what another machine says"

# Seeded where they are given an argument that is not None.
_SEEDABLE = {
    *(f"numpy.random.{name}" for name in ("default_rng", "RandomState", "SeedSequence", "seed")),
    *(f"numpy.random.{name}" for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")),
    "random.Random",
    "random.seed",
}
_CALLS = {
    **dict.fromkeys((f"time.{name}" for name in ("ctime", "gmtime", "localtime", "time")), _CLOCK),
    **dict.fromkeys((f"time.{name}" for name in ("strftime", "time_ns", "asctime")), _CLOCK),
    **dict.fromkeys((f"time.{name}" for name in ("perf_counter", "perf_counter_ns")), _CLOCK),
    **dict.fromkeys((f"time.{name}" for name in ("monotonic", "monotonic_ns")), _CLOCK),
    **dict.fromkeys((f"time.{name}" for name in ("process_time", "thread_time")), _CLOCK),
    **dict.fromkeys((f"datetime.datetime.{name}" for name in ("now", "today", "utcnow")), _CLOCK),
    **dict.fromkeys((f"pandas.Timestamp.{name}" for name in ("now", "today", "utcnow")), _CLOCK),
    "datetime.date.today": _CLOCK,
    "uuid.uuid1": _SYSTEM,
    "uuid.uuid4": _SYSTEM,
    "os.urandom": _SYSTEM,
    "os.getrandom": _SYSTEM,
    "random.SystemRandom": _SYSTEM,
    "torch.seed": _SYSTEM,
    **dict.fromkeys(("os.getpid", "os.getppid", "threading.get_ident", "id"), _PROCESS),
    **dict.fromkeys((f"tempfile.{name}" for name in ("mkdtemp", "mkstemp", "mktemp")), _PROCESS),
    "tempfile.NamedTemporaryFile": _PROCESS,
    "tempfile.TemporaryDirectory": _PROCESS,
    "threading.Thread": _THREADS,
    "concurrent.futures.ThreadPoolExecutor": _THREADS,
    "concurrent.futures.ProcessPoolExecutor": _THREADS,
    "concurrent.futures.as_completed": _THREADS,
    "multiprocessing.Pool": _THREADS,
    "multiprocessing.Process": _THREADS,
    **dict.fromkeys(("os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"), _FOLDERS),
    "urllib.request.urlopen": _NETWORK,
    **dict.fromkeys((f"requests.{name}" for name in ("get", "post", "request")), _NETWORK),
}


def find_unseeded(blocks: Iterable[Block]) -> tuple[Unseeded, ...]:
    """The calls in the cells of stages, definitions and imports that no fixed start governs."""
    kept = [block for block in blocks if block.role not in (Role.SKIP, Role.CHECK)]
    trees = [(block, ast.parse(block.code.text)) for block in kept]
    names = dict(pair for _, tree in trees for pair in _imported(tree))
    return tuple(found for block, tree in trees for found in _in_block(block, tree, names))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that imports bind, with the dotted names behind them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (_top(alias.name),) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _top(name: str) -> str:
    return name.partition(".")[0]


def _in_block(block: Block, tree: ast.Module, names: dict[str, str]) -> Iterator[Unseeded]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        why = _why(node, names)
        if why:
            line = block.code.lines[node.lineno - 1]
            yield Unseeded(block.cell.number, line, _shown(node), why)


def _why(node: ast.Call, names: dict[str, str]) -> str:
    dotted = _dotted(node.func, names)
    if dotted in _SEEDABLE:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return "" if any(not _is_none(value) for value in given) else _NO_SEED
    if dotted.startswith("secrets."):
        return _SYSTEM
    return _CALLS.get(dotted) or (_THREADS if _in_parallel(node) else "")


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    """`numpy.random.default_rng` for `np.random.default_rng`; "" for what starts at no import."""
    match node:
        case ast.Name(id="id"):
            return "id"
        case ast.Name(id=name):
            return names.get(name, "")
        case ast.Attribute(value=value, attr=attr):
            owner = _dotted(value, names)
            return f"{owner}.{attr}" if owner else ""
        case _:
            return ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _in_parallel(node: ast.Call) -> bool:
    jobs = [keyword.value for keyword in node.keywords if keyword.arg == "n_jobs"]
    return any(ast.unparse(value) not in ("1", "None") for value in jobs)


def _shown(node: ast.Call) -> str:
    """The call as text of one line, its arguments left out where they are long."""
    whole = ast.unparse(node)
    return whole if len(whole) <= 60 else f"{ast.unparse(node.func)[:50]}(...)"
