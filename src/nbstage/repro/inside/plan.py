"""What DVC would go through, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from nbstage.errors import UserError
from nbstage.repro.inside.exchange import exchanged
from nbstage.repro.inside.project import MEND
from nbstage.repro.nouns import Options

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@dataclass(frozen=True)
class Plan:
    """The stages in DVC's order; for each those that come before it, and of DVC's graph those that
    it needs and that need it.
    """

    stages: tuple[Stage, ...]
    before: Mapping[Stage, tuple[Stage, ...]]
    upstream: Mapping[Stage, tuple[Stage, ...]]
    downstream: Mapping[Stage, tuple[Stage, ...]]

    @cached_property
    def place(self) -> dict[Stage, int]:
        """Where in DVC's order a stage stands."""
        return {stage: place for place, stage in enumerate(self.stages)}

    @property
    def folders(self) -> set[Path]:
        """Where the stages' results lie."""
        return {Path(out.fs_path).parent for stage in self.stages for out in stage.outs}

    def all_downstream(self, stage: Stage) -> set[Stage]:
        """The stages that need this one, directly or through others."""
        found: set[Stage] = set()
        left = [stage]
        while left:
            new = [one for one in self.downstream.get(left.pop(), ()) if one not in found]
            found.update(new)
            left += new
        return found


def planned(repo: Repo, options: Options) -> Plan:
    """What `dvc repro` would go through, as dvc.repo.reproduce.reproduce finds it."""
    from dvc.exceptions import DvcException

    try:
        with _schemas_compiled_once():
            return _planned(repo, options)
    except DvcException:  # some of them are KeyErrors, too
        raise
    except (TypeError, ValueError, LookupError, AttributeError, OSError) as error:
        # DVC's reader of dvc.yaml and params.yaml lets some of them through.
        raise UserError(f"DVC fails on this project: {error}", MEND) from error


@contextmanager
def _schemas_compiled_once() -> Iterator[None]:
    """DVC without compiling what a stage's entry has to look like anew for each stage."""
    import dvc.schema
    from voluptuous import Schema

    known: dict[int, tuple[object, Schema]] = {}

    def compiled(schema: object) -> Schema:
        if id(schema) not in known:
            known[id(schema)] = (schema, Schema(schema))
        return known[id(schema)][1]

    with exchanged(dvc.schema, "vol", SimpleNamespace(Schema=compiled)):
        yield


def _planned(repo: Repo, options: Options) -> Plan:
    from dvc.repo.reproduce import get_active_graph, plan_repro

    widened = options.all_pipelines or options.pipeline
    stages = [] if options.all_pipelines else _collected(repo, options)
    if options.single_item and not widened:
        # Without the graph nothing is known of the order: one waits for the other.
        chain = pairwise(stages)
        return Plan(tuple(stages), {later: (earlier,) for earlier, later in chain}, {}, {})
    graph = get_active_graph(repo.index.graph)
    steps = plan_repro(
        graph,
        stages,
        pipeline=options.pipeline,
        downstream=options.downstream and not widened,
    )
    upstream = {stage: tuple(graph.successors(stage)) for stage in steps}
    return Plan(
        tuple(steps),
        upstream,
        upstream,
        {stage: tuple(graph.predecessors(stage)) for stage in steps},
    )


def _collected(repo: Repo, options: Options) -> list[Stage]:
    from dvc.dvcfile import PROJECT_FILE
    from dvc.repo.reproduce import collect_stages

    path = os.path.abspath(PROJECT_FILE)  # noqa: PTH100 - as DVC compares it
    if not options.targets and os.path.isfile(path):  # noqa: PTH113
        # The index has read the file already; to read a thousand stages again takes a second.
        found = [stage for stage in repo.index.stages if stage.path == path]
        if found:
            return found
    targets = options.targets or (PROJECT_FILE,)
    stages: list[Stage] = collect_stages(
        repo, targets, recursive=options.recursive, glob=options.glob
    )
    return stages


def in_order(repo: Repo, plan: Plan) -> None:
    """Bring what .gitignore got into the order in which DVC would have put it there."""
    context = repo.scm_context
    place = {out.fspath: place for stage, place in plan.place.items() for out in stage.outs}
    wanted = sorted(context.ignored_paths, key=lambda path: place.get(path, -1))
    if wanted == context.ignored_paths:
        return
    for path in wanted:
        repo.scm.ignore_remove(path)
    repo.scm._reset()  # it remembers what is ignored
    for path in wanted:
        repo.scm.ignore(path)
    context.ignored_paths = wanted
