"""How `nbstage --help` reads."""

from __future__ import annotations

import click


class Command(click.Command):
    """A command whose help ends with examples, their lines as they are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self, formatter)


class Later(click.Command):
    """A command of another module, which is imported when somebody asks for it."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name)
        self.module = module


class Commands(click.Group):
    """The commands in the order of their use."""

    command_class = Command

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.commands.get(cmd_name)
        if isinstance(found, Later):
            from importlib import import_module

            found = self.commands[cmd_name] = getattr(import_module(found.module), cmd_name)
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self, formatter)


def _write_examples(command: click.Command, formatter: click.HelpFormatter) -> None:
    if command.epilog:
        with formatter.section("Examples"):
            formatter.write("".join(f"  {line}\n" for line in command.epilog.splitlines()))


def print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version and stop, if asked to."""
    if value:
        from importlib.metadata import version

        click.echo(f"nbstage {version('nbstage')}")
        ctx.exit()
