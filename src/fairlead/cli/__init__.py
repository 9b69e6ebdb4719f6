"""The command line. Each command calls the same actions as the other doors."""

import importlib
import sys

import click

from fairlead import __version__

# Command -> (module, attribute, line of help). Modules are imported when their command runs: `fairlead --help` is
# instant, and a server does not carry what only an import needs.
COMMANDS = {
    "backup": ("fairlead.cli.operating", "backup", "Write everything but the encryption key to a file."),
    "campaign": ("fairlead.cli.campaigns", "campaign", "Sequences of mails to the prospects of a list."),
    "claim": ("fairlead.cli.prospects", "claim", "Hide addresses whose owners asked for it."),
    "client": ("fairlead.cli.accounts", "client", "API clients of the Snov.io API."),
    "crawl": ("fairlead.cli.crawling", "crawl", "Read sites of companies into the lead database."),
    "credits": ("fairlead.cli.accounts", "credits_", "The credit ledger."),
    "doctor": ("fairlead.cli.operating", "doctor", "Check the surroundings and say what to do."),
    "donotemail": ("fairlead.cli.prospects", "donotemail", "Whom not to write to."),
    "export": ("fairlead.cli.transfer", "export", "Write prospects as CSV, JSON lines or Parquet."),
    "field": ("fairlead.cli.prospects", "field", "Custom fields of prospects."),
    "import": ("fairlead.cli.transfer", "import_", "Bring prospects from a file onto a list."),
    "ingest": ("fairlead.cli.ingesting", "ingest", "Take web archives and folders of pages into the lead database."),
    "jobs": ("fairlead.cli.jobs", "jobs", "Background work: what waits, and what failed for good."),
    "key": ("fairlead.cli.accounts", "key", "API keys of the NetworkHQ API."),
    "keys": ("fairlead.cli.operating", "keys", "The encryption keys of stored secrets."),
    "list": ("fairlead.cli.prospects", "list_", "Prospect lists."),
    "mailbox": ("fairlead.cli.mailbox", "mailbox", "Mailboxes that mail is sent from."),
    "member": ("fairlead.cli.accounts", "member", "The people of a workspace."),
    "migrate": ("fairlead.cli.operating", "migrate", "Bring the database's schema up to date."),
    "person": ("fairlead.cli.person", "person", "Show or erase all data of one person."),
    "prospect": ("fairlead.cli.prospects", "prospect", "Move, delete and merge prospects, and take it back."),
    "restore": ("fairlead.cli.operating", "restore", "Bring back a backup into an empty installation."),
    "sandbox": ("fairlead.cli.sandbox", "sandbox", "Run a small internet on loopback to try things out."),
    "schedule": ("fairlead.cli.schedules", "schedule", "When campaigns may send, and days off."),
    "search": ("fairlead.cli.searching", "search", "Put the people known at domains on a list."),
    "serve": ("fairlead.cli.serving", "serve", "Run the web server, the worker and the database."),
    "token": ("fairlead.cli.accounts", "token", "Print what POST /v1/oauth/access_token would answer."),
    "sends": ("fairlead.cli.sends", "sends", "Mails sent, and those of which nobody knows."),
    "tracking-domain": ("fairlead.cli.tracking", "tracking_domain", "Host names of your own for tracked links."),
    "verify": ("fairlead.cli.verifying", "verify", "Check whether addresses are alive."),
    "web": ("fairlead.cli.serving", "web", "Run the web server alone."),
    "webhooks": ("fairlead.cli.webhooks", "webhooks", "Tell other systems what happens, and see that it arrived."),
    "why": ("fairlead.cli.why", "why", "Say what a campaign, a mailbox or a recipient waits for."),
    "worker": ("fairlead.cli.serving", "worker", "Run the worker alone."),
    "workspace": ("fairlead.cli.accounts", "workspace", "Make and list workspaces."),
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fairlead")
def fairlead() -> None:
    """Self-hosted sales outreach."""


def main() -> None:
    fairlead(prog_name="fairlead", args=sys.argv[1:])
