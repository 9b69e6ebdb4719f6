"""The command line. Each command calls the same actions as the other doors."""

import importlib
import sys

import click

from fairlead import __version__

# Command -> (module, attribute). Modules are imported when their command runs: `fairlead --help` is instant, and a
# server does not carry what only an import needs.
COMMANDS = {
    "backup": ("fairlead.cli.operating", "backup"),
    "claim": ("fairlead.cli.prospects", "claim"),
    "client": ("fairlead.cli.accounts", "client"),
    "credits": ("fairlead.cli.accounts", "credits_"),
    "doctor": ("fairlead.cli.operating", "doctor"),
    "donotemail": ("fairlead.cli.prospects", "donotemail"),
    "export": ("fairlead.cli.transfer", "export"),
    "field": ("fairlead.cli.prospects", "field"),
    "import": ("fairlead.cli.transfer", "import_"),
    "jobs": ("fairlead.cli.jobs", "jobs"),
    "key": ("fairlead.cli.accounts", "key"),
    "keys": ("fairlead.cli.operating", "keys"),
    "list": ("fairlead.cli.prospects", "list_"),
    "member": ("fairlead.cli.accounts", "member"),
    "migrate": ("fairlead.cli.operating", "migrate"),
    "prospect": ("fairlead.cli.prospects", "prospect"),
    "restore": ("fairlead.cli.operating", "restore"),
    "sandbox": ("fairlead.cli.sandbox", "sandbox"),
    "serve": ("fairlead.cli.serving", "serve"),
    "token": ("fairlead.cli.accounts", "token"),
    "web": ("fairlead.cli.serving", "web"),
    "worker": ("fairlead.cli.serving", "worker"),
    "workspace": ("fairlead.cli.accounts", "workspace"),
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fairlead")
def fairlead() -> None:
    """Self-hosted sales outreach."""


def main() -> None:
    fairlead(prog_name="fairlead", args=sys.argv[1:])
