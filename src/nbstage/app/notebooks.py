"""Notebooks as they lie on disk -> conversions as far as they go, and what is wrong with them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from nbstage.convert import disk, plan
from nbstage.convert.blocks import Block, arrange
from nbstage.convert.checks import plan_checks
from nbstage.convert.contracts import with_contracts
from nbstage.convert.flow import trace_flow
from nbstage.convert.module_state import states_of
from nbstage.convert.parameters import find_parameters
from nbstage.convert.program import program
from nbstage.convert.render.dvc_yaml import sections_of, stages_of
from nbstage.convert.render.params_yaml import read_params
from nbstage.convert.rules import Converted, judge
from nbstage.convert.sections import values_of
from nbstage.convert.shared import share
from nbstage.convert.stages import plan_stages, workdir_of
from nbstage.convert.used import LocalModules
from nbstage.errors import UserError
from nbstage.model import (
    CellKind,
    Config,
    Level,
    Notebook,
    Problem,
    Role,
)
from nbstage.notebook.python import cells_to_python
from nbstage.notebook.read import read
from nbstage.notebook.tags import label, name_clashes, with_prefix, without_tag_lines
from nbstage.surroundings import local_modules, local_sources, star_names
from nbstage.trace.facts import facts_of_cells, read_facts

Found = tuple[tuple[Converted, LocalModules], ...]
Made = tuple[Found, tuple[Problem, ...]]


def has_error(problems: Iterable[Problem]) -> bool:
    """Whether a problem stands in the way of writing."""
    return any(problem.level is Level.ERROR for problem in problems)


def convert_all(root: Path, config: Config, paths: tuple[str, ...]) -> Made:
    """The notebooks that could be read, converted with the values of params.yaml and the facts of
    their traces, and the problems of all.
    """
    held = read_params(disk.read_text(root, "params.yaml"))
    if not isinstance(held, dict):
        return (), held
    before = disk.read_text(root, "dvc.yaml")
    known, sections = stages_of(before), sections_of(before)
    found: list[tuple[Converted, LocalModules]] = []
    problems: list[Problem] = []
    for path in paths:
        notebook = read(root / path, root)
        if not isinstance(notebook, Notebook):
            problems += notebook
            continue
        one, more = convert_notebook(
            root, config, notebook, held, known.get(path, ()), sections.get(path, frozenset())
        )
        problems += more
        if one is not None:
            found.append(one)
    return tuple(found), tuple(problems)


def convert_beside(root: Path, config: Config, paths: tuple[str, ...]) -> Found:
    """The project's other notebooks; what is wrong with them is no matter just now."""
    found: Found = ()
    for path in paths:
        with suppress(UserError):
            found += convert_all(root, config, (path,))[0]
    return found


def convert_notebook(
    root: Path,
    config: Config,
    notebook: Notebook,
    held: dict[str, object],
    known: tuple[str, ...] = (),
    sections: frozenset[str] = frozenset(),
) -> tuple[tuple[Converted, LocalModules] | None, tuple[Problem, ...]]:
    """A notebook as given, converted as far as it goes. `held` are the values of params.yaml,
    `known` the stages that dvc.yaml has from it, `sections` where these have their parameters.
    """
    path = notebook.path
    prefix = config.prefixes.get(path, "")
    blocks, problems = _blocks(notebook, prefix)
    if has_error(problems):
        return None, problems
    workdir = workdir_of(config, path)
    parameters = find_parameters(blocks, prefix)
    given = values_of(held, parameters, sections)
    values = {one.name: given.get(one.name, one.value) for one in parameters}
    facts = facts_of_cells(notebook, read_facts(root, path), workdir)
    analysed = program(blocks, partial(star_names, root, workdir), values, facts)
    flow, shared = trace_flow(analysed), share(analysed, prefix)
    plans = with_contracts(plan_stages(flow, shared, config, path), disk.find_contracts(root))
    checks = plan_checks(flow, shared, config, path, plans)
    folders = (workdir, *plan.told_folders(analysed, workdir))
    local = local_modules(root, folders, _imported(blocks))
    states = states_of(local_sources(root, folders, local))
    converted = Converted(
        notebook, blocks, analysed, flow, shared, plans, config, known, states, checks, given
    )
    return (converted, local), (*problems, *judge(converted))


def _blocks(notebook: Notebook, prefix: str) -> tuple[tuple[Block, ...], tuple[Problem, ...]]:
    cells = tuple(cell for cell in notebook.cells if cell.kind is CellKind.CODE)
    labelled = [label(cell, notebook.path) for cell in cells]
    plain = cells_to_python(cells, notebook.path)
    labels = tuple(found for found, _ in labelled)
    skipped = [found.role is Role.SKIP for found in labels]
    problems = [problem for _, found in labelled for problem in found]
    problems += [
        problem
        for (_, found), skip in zip(plain, skipped, strict=True)
        if not skip
        for problem in found
    ]
    problems += name_clashes(zip(cells, labels, strict=True), notebook.path)
    if has_error(problems):
        return (), tuple(problems)
    codes = tuple(without_tag_lines(code) for code, _ in plain)
    final = with_prefix(labels, prefix)
    return arrange(tuple(zip(cells, final, codes, strict=True)), notebook.path), tuple(problems)


def _imported(blocks: tuple[Block, ...]) -> set[str]:
    texts = [block.code.text for block in blocks if "import" in block.code.text]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.split(".")[0] for name in plain | named}
