"""The text of main(): files in, the function, files out."""

from __future__ import annotations

import builtins
import posixpath

from nbstage.convert.artifacts import RANDOM_NAMES
from nbstage.convert.render.text import WIDTH, call_lines
from nbstage.convert.stages import StagePlan
from nbstage.model import Artifact

_RESERVED = frozenset({"main", "nbstage", "asyncio"})
_RUNTIME = "nbstage.runtime"
_SAFE = frozenset({"load", "save"})


class Main:
    """The text of main() and the runtime functions it uses, by names that nothing else in the
    module has.
    """

    def __init__(self, plan: StagePlan, names: frozenset[str], *, awaits: bool) -> None:
        self.plan = plan
        self.awaits = awaits
        needed = _runtime_names(plan)
        self.dotted = bool({*names, *plan.wanted, plan.name} & set(needed))
        self.runtime = () if self.dotted else needed
        taken = plan.name in {*names, *_RESERVED} or hasattr(builtins, plan.name)
        self.function = f"{plan.name}_stage" if taken else plan.name

    def call(self, name: str) -> str:
        return f"{self.module(name)}.{name}" if self.dotted else name

    def module(self, name: str) -> str:
        """The module that the stage has a runtime function from."""
        return f"{_RUNTIME}.safe" if self.plan.safe and name in _SAFE else _RUNTIME

    def lines(self) -> list[str]:
        plan = self.plan
        lines = [
            "def main() -> None:",
            '    """Run the stage the way DVC does: files in, files out."""',
        ]
        folders = sorted({posixpath.dirname(path) for path in plan.writes} - {""})
        if folders:
            lines += call_lines(
                self.call("make_folders"), [f'"{_escaped(folder)}"' for folder in folders], "", 4
            )
        lines += [*self._within(), *self._run()]
        contracts = dict(plan.contracts)
        for artifact in plan.outputs:
            names = [self._local(name) for name in artifact.names]
            value = names[0] if len(names) == 1 else f"({', '.join(names)})"
            args = [value, f'"{artifact.path}"']
            if artifact.path in contracts:
                args.append(f'contract="{contracts[artifact.path]}"')
            lines += call_lines(self.call("save"), args, "", 4)
        if plan.metrics:
            lines += self._named("save_metrics", plan.metrics, f"metrics/{plan.name}.json")
        tables = tuple(name for name, _ in plan.shown.tables)
        if tables:
            lines += self._named("save_tables", tables, f"plots/{plan.name}")
        if plan.shown.possible:
            lines += self._named("save_tables", plan.shown.possible, f"plots/{plan.name}/tables")
        if plan.marks_done:
            deps = [
                f"pipeline/{plan.name}.py",
                *(artifact.path for artifact in plan.inputs),
                *plan.reads,
            ]
            args = [f'"artifacts/{plan.name}/done.txt"', *(f'"{_escaped(path)}"' for path in deps)]
            lines += call_lines(self.call("mark_done"), args, "", 4)
        return lines

    def _within(self) -> list[str]:
        """Where the function runs, and what keeps its figures."""
        plan = self.plan
        plotly = ", plotly=True" if plan.shown.plotly else ""
        figures = f'{self.call("figures")}("plots/{plan.name}/figures"{plotly})'
        workdir = f'{self.call("workdir")}("{_escaped(plan.workdir)}")'
        around = [figures, workdir] if plan.shown.figures else [workdir]
        line = f"    with {', '.join(around)}:"
        if len(line) <= WIDTH:
            return [line]
        return ["    with (", *(f"        {one}," for one in around), "    ):"]

    def _run(self) -> list[str]:
        args = [self._load(artifact) for artifact in self.plan.inputs]
        if self.plan.parameters:
            quoted = ", ".join(f'"{name}"' for name in self.plan.parameters)
            quoted += f', section="{self.plan.section}"' if self.plan.section else ""
            args.append(f"**{self.call('params')}({quoted})")
        results = [self._local(name) for name in self.plan.results]
        if self.awaits:
            return self._await(results, args)
        call = self.function
        if len(", ".join(results)) > 60:
            first = ["        (", *(f"            {name}," for name in results)]
            return [*first, *call_lines(f") = {call}", args, "", 8)]
        return call_lines(f"{', '.join(results)} = {call}" if results else call, args, "", 8)

    def _await(self, results: list[str], args: list[str]) -> list[str]:
        head = f"{', '.join(results)} = " if results else ""
        line = f"        {head}asyncio.run({self.function}({', '.join(args)}))"
        if len(line) <= WIDTH:
            return [line]
        inner = call_lines(self.function, args, "", 12)
        return [f"        {head}asyncio.run(", *inner, "        )"]

    def _load(self, artifact: Artifact) -> str:
        star = "*" if len(artifact.names) > 1 else ""
        return f'{star}{self.call("load")}("{artifact.path}")'

    def _local(self, name: str) -> str:
        plain = RANDOM_NAMES.get(name, name)
        return (
            f"{plain}_"
            if plain in {*_RESERVED, *_runtime_names(self.plan), self.function}
            else plain
        )

    def _named(self, function: str, names: tuple[str, ...], path: str) -> list[str]:
        items = [f'"{name}": {self._local(name)}' for name in names]
        line = f'    {self.call(function)}({{{", ".join(items)}}}, "{path}")'
        if len(line) <= 88:
            return [line]
        inner = [f"            {item}," for item in items]
        return [
            f"    {self.call(function)}(",
            "        {",
            *inner,
            "        },",
            f'        "{path}",',
            "    )",
        ]


def _runtime_names(plan: StagePlan) -> tuple[str, ...]:
    names = {"workdir"}
    if plan.writes and any("/" in path for path in plan.writes):
        names.add("make_folders")
    for wanted, name in (
        (plan.inputs, "load"),
        (plan.parameters, "params"),
        (plan.outputs, "save"),
        (plan.metrics, "save_metrics"),
        (plan.plots, "save_tables"),
        (plan.shown.figures, "figures"),
        (plan.marks_done, "mark_done"),
    ):
        if wanted:
            names.add(name)
    return tuple(sorted(names))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
