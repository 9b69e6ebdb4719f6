"""Mailboxes: connected, looked at, changed, paused, brought in by the hundred."""

import asyncio
import csv
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from fairlead.cli.consent import code_in, receiver
from fairlead.cli.running import SOME_ROWS_FAILED, in_workspace, json_option, show, show_rows, stopped
from fairlead.db import Connection
from fairlead.kit.tokens import new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import (
    Check,
    CheckStatus,
    ConsentProvider,
    Delay,
    Encryption,
    Mailbox,
    RampUp,
    ServerAddress,
    Settings,
)
from fairlead.world import World

Command = TypeVar("Command", bound=Callable[..., Any])

CHECKS_AT_ONCE: Final = 8
LARGEST_FILE: Final = 20_000_000
USUAL: Final = {
    465: Encryption.SSL, 587: Encryption.STARTTLS, 25: Encryption.NONE, 993: Encryption.SSL, 143: Encryption.NONE,
}  # fmt: skip
_SERVER: Final = re.compile(r"([^\s:]+):(\d{1,5})(?::(ssl|starttls|tls|none))?")


class Server(click.ParamType[ServerAddress]):
    name = "HOST:PORT[:ENCRYPTION]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ServerAddress:
        match = _SERVER.fullmatch(str(value).strip())
        if match is None:
            self.fail("it takes HOST:PORT, or HOST:PORT:ENCRYPTION with ssl, starttls or none", param, ctx)
        port, word = int(match[2]), match[3]
        encryption = Encryption("starttls" if word == "tls" else word) if word else USUAL.get(port, Encryption.SSL)
        return ServerAddress(match[1], port, encryption)


class Seconds(click.ParamType[Delay]):
    name = "SECONDS or FROM-TO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Delay:
        match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", str(value).strip())
        if match is None:
            self.fail("it takes a number of seconds such as 600, or two such as 600-900", param, ctx)
        return Delay(int(match[1]), int(match[2] or match[1]))


class Steps(click.ParamType[tuple[int, int] | None]):
    name = "START+STEP"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int] | None:
        if str(value).strip().lower() == "none":
            return None
        match = re.fullmatch(r"(\d{1,6})\+(\d{1,6})", str(value).strip())
        if match is None:
            self.fail("it takes mails on the first day and more on each after it, such as 5+3, or none", param, ctx)
        return int(match[1]), int(match[2])


SETTINGS: Final = (
    click.option("--name", help="The name recipients see."),
    click.option("--smtp", type=Server(), help="Server mail is handed in at, such as smtp.example.com:465."),
    click.option("--imap", type=Server(), help="Server mail is read from, such as imap.example.com:993."),
    click.option("--login", help="User name, where it is not the address."),
    click.option("--time-zone", help="Such as Europe/Berlin."),
    click.option("--daily-limit", type=int, help="Mails a day."),
    click.option("--delay", type=Seconds(), help="Between two mails: 600, or drawn anew each time from 600-900."),
    click.option("--ramp-up", type=Steps(), help="Mails on the first day, and more on each after it: 5+3; or none."),
    click.option("--signature", type=click.Path(path_type=Path, dir_okay=False), help="File with HTML."),
    click.option("--reply-to", help="Where answers go, where not to the address itself."),
    click.option("--bcc", multiple=True, help="Gets a copy of every mail. May be given several times."),
    click.option("--tag", "tags", multiple=True, help="May be given several times."),
)


def settings_options(command: Command) -> Command:
    for option in reversed(SETTINGS):
        command = option(command)
    return command


password_option = click.option(
    "--password-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line; - for standard input."
)


@click.group()
def mailbox() -> None:
    """Mailboxes that mail is sent from."""


@mailbox.command("add")
@click.argument("address")
@settings_options
@password_option
@click.option("--check/--no-check", default=True, show_default=True, help="Log in to its servers now.")
@json_option
@in_workspace
async def add(
    world: World, workspace_id: int, address: str, password_file: Path | None, check: bool, as_json: bool, **given: Any
) -> None:
    """Connect a mailbox with a password. The servers of well-known providers need not be named."""
    smtp, imap = given.pop("smtp"), given.pop("imap")
    if smtp is None:
        smtp, usual = await senders.usual_servers(world, address)
        imap = imap or usual
    blank = Settings(address, given["name"] or address.partition("@")[0], smtp, imap)
    settings = _edited(world, blank, given | {"smtp": None, "imap": None})
    secret = _password(password_file)
    async with world.db.transaction() as conn:
        made = await senders.create(
            world, conn, workspace_id, settings, secret=secret, now=world.clock.now()
        )
    await _show_made(world, made, check=check, as_json=as_json)


@mailbox.command("connect")
@click.argument("provider", type=click.Choice([provider.value for provider in ConsentProvider]))
@click.option("--address", required=True, help="The mailbox to connect.")
@settings_options
@click.option("--port", type=int, default=0, help="Port here that the browser comes back to. Default: a free one.")
@click.option("--paste", is_flag=True, help="The browser runs elsewhere: paste the address it ends at.")
@json_option
@in_workspace
async def connect(
    world: World,
    workspace_id: int,
    provider: str,
    address: str,
    port: int,
    paste: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Connect a mailbox by consent (OAuth), with your own app at Google or Microsoft."""
    chosen = ConsentProvider(provider)
    smtp, imap = senders.servers_of(chosen.mail_provider, address)
    blank = Settings(address, given["name"] or address.partition("@")[0], given["smtp"] or smtp, given["imap"] or imap)
    settings = _edited(world, blank, given)
    app = senders.app(world.settings, chosen)
    state, verifier = new_token(world.random, 40), new_token(world.random, 64)
    async with receiver(state, port) as waiting:
        # Microsoft lets a program choose its port under this name only.
        host = "localhost" if chosen is ConsentProvider.MICROSOFT else "127.0.0.1"
        redirect_uri = f"http://{host}:{waiting.port}"
        url = senders.authorization_url(
            app, redirect_uri=redirect_uri, state=state, verifier=verifier, address=address
        )
        click.echo(f"Open this address in a browser and give consent:\n\n{url}\n", err=True)
        if paste:
            code = code_in(click.prompt("The address the browser ended at", err=True), state)
        else:
            code = await waiting.code()
    made = await senders.connect(
        world, workspace_id, settings, app=app, code=code, redirect_uri=redirect_uri, verifier=verifier
    )
    await _show_made(world, made, check=True, as_json=as_json)


@mailbox.command("list")
@click.option("--tag", help="Only those with this tag.")
@json_option
@in_workspace
async def list_(world: World, workspace_id: int, tag: str | None, as_json: bool) -> None:
    """Show the mailboxes."""
    async with world.db.statement() as conn:
        found = await senders.mailboxes(conn, workspace_id)
    wanted = [one for one in found if tag is None or tag.casefold() in map(str.casefold, one.tags)]
    show_rows([_row(one) for one in wanted], as_json=as_json, name="mailboxes", empty="There is no mailbox yet.")


@mailbox.command("check")
@click.argument("which", nargs=-1)
@json_option
@in_workspace
async def check_(world: World, workspace_id: int, which: tuple[str, ...], as_json: bool) -> None:
    """Log in to the servers of mailboxes, by address or id, or of all of them."""
    async with world.db.statement() as conn:
        chosen = [await _chosen(conn, workspace_id, one) for one in which]
        chosen = chosen or await senders.mailboxes(conn, workspace_id)
    seats = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def checked_one(one: Mailbox) -> Mailbox:
        async with seats:
            return await senders.check(world, workspace_id, one.id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(checked_one(one)) for one in chosen]
    checked = [task.result() for task in tasks]
    rows = [
        {"id": one.id, "address": one.address, "server": kind, "status": done.status.value, "why": _joined(done)}
        for one in checked
        for kind, done in (("smtp", one.smtp_check), ("imap", one.imap_check))
        if done is not None
    ]
    show_rows(rows, as_json=as_json, name="checks", empty="There is no mailbox yet.")
    if any(row["status"] != CheckStatus.VALID.value for row in rows):
        raise SystemExit(SOME_ROWS_FAILED)


@mailbox.command("set")
@click.argument("which")
@settings_options
@click.option("--address", help="Another address.")
@click.option("--new-password", is_flag=True, help="Ask for a new password.")
@password_option
@click.option("--no-imap", is_flag=True, help="Do not read this mailbox any more.")
@json_option
@in_workspace
async def set_(
    world: World,
    workspace_id: int,
    which: str,
    address: str | None,
    new_password: bool,
    password_file: Path | None,
    no_imap: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Change the settings of a mailbox, by address or id."""
    secret = _password(password_file) if new_password or password_file else None

    def edit(before: Settings) -> Settings:
        edited = _edited(world, before, given)
        edited = replace(edited, address=address) if address else edited
        return replace(edited, imap=None) if no_imap else edited

    async with world.db.transaction() as conn:
        known = await _chosen(conn, workspace_id, which)
        changed = await senders.change(
            world, conn, workspace_id, known.id, edit, secret=secret, now=world.clock.now()
        )
    show(_row(changed), as_json=as_json)


@mailbox.command("pause")
@click.argument("which")
@click.option("--reason", default="Paused on the command line.", show_default=True)
@in_workspace
async def pause(world: World, workspace_id: int, which: str, reason: str) -> None:
    """Stop sending from a mailbox."""
    async with world.db.transaction() as conn:
        known = await _chosen(conn, workspace_id, which)
        changed = await senders.pause(conn, workspace_id, known.id, reason=reason, now=world.clock.now())
    click.echo("Paused." if changed else "It was paused already.")


@mailbox.command("resume")
@click.argument("which")
@in_workspace
async def resume(world: World, workspace_id: int, which: str) -> None:
    """Send from a mailbox again."""
    async with world.db.transaction() as conn:
        known = await _chosen(conn, workspace_id, which)
        changed = await senders.resume(conn, workspace_id, known.id, now=world.clock.now())
    click.echo("Resumed." if changed else "It was not paused.")


@mailbox.command("remove")
@click.argument("which")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_workspace
async def remove(world: World, workspace_id: int, which: str, yes: bool) -> None:
    """Take a mailbox out of use. What it sent stays."""
    async with world.db.statement() as conn:
        known = await _chosen(conn, workspace_id, which)
    if not yes:
        click.confirm(f"Remove {known.address}?", abort=True)
    async with world.db.transaction() as conn:
        await senders.remove(conn, workspace_id, known.id, now=world.clock.now())
    click.echo("Removed.")


@mailbox.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--errors", type=click.Path(path_type=Path, dir_okay=False), help="Default: FILE with .errors.csv.")
@json_option
@in_workspace
async def import_(world: World, workspace_id: int, file: Path, errors: Path | None, as_json: bool) -> None:
    """Connect the mailboxes of a CSV file. Columns are known by their names; servers are checked afterwards."""
    if file.stat().st_size > LARGEST_FILE:
        raise stopped(f"{file} is larger than {LARGEST_FILE // 10**6} MB.")
    table = senders.read_table(file.read_bytes())
    if table.unused:
        click.echo(f"Columns that mean nothing here: {', '.join(table.unused)}", err=True)
    imported = await senders.bring_in(world, workspace_id, table)
    target = errors or file.with_name(f"{file.stem}.errors.csv")
    if imported.failed:
        # Whoever may read the table of passwords may read this one; nobody else.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(senders.error_table(table, imported.failed))
    failed = len(imported.failed)
    show(
        {"made": imported.made, "failed": failed, "errors": str(target) if failed else None},
        as_json=as_json,
        text=f"{imported.made} connected, {failed} failed" + (f"; see {target}." if failed else "."),
    )
    if failed:
        raise SystemExit(SOME_ROWS_FAILED)


async def _chosen(conn: Connection, workspace_id: int, which: str) -> Mailbox:
    if "@" in which:
        found = await senders.find(conn, workspace_id, which)
        if found is None:
            raise stopped(f"There is no mailbox {which}.")
        return found
    if not which.isdecimal() or len(which) > 18:
        raise stopped(f"{which} is neither an address nor the id of a mailbox.")
    return await senders.mailbox(conn, workspace_id, int(which))


def _edited(world: World, settings: Settings, given: dict[str, Any]) -> Settings:
    changes: dict[str, Any] = {
        ours: given[name]
        for name, ours in (
            ("name", "sender_name"), ("smtp", "smtp"), ("imap", "imap"), ("login", "login"), ("delay", "delay"),
            ("time_zone", "time_zone"), ("daily_limit", "daily_limit"), ("reply_to", "reply_to"), ("bcc", "bcc"),
            ("tags", "tags"),
        )
        if given.get(name)
    }  # fmt: skip
    if given.get("ramp_up") is not None:
        start, step = given["ramp_up"]
        changes["ramp_up"] = RampUp(start, step, world.clock.now().date())
    if given.get("signature") is not None:
        changes["signature_html"] = _text(given["signature"])
    return replace(settings, **changes)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise stopped(f"{file} cannot be read: {error}") from error


def _password(file: Path | None) -> str:
    if file is None:
        return str(click.prompt("Password", hide_input=True, err=True))
    text = sys.stdin.readline() if str(file) == "-" else _text(file)
    return text.splitlines()[0] if text else ""


async def _show_made(world: World, made: Mailbox, *, check: bool, as_json: bool) -> None:
    if check:
        made = await senders.check(world, made.workspace_id, made.id)
    show(_row(made), as_json=as_json)
    problems = [*made.smtp_check.errors, *(made.imap_check.errors if made.imap_check else ())]
    for sentence in problems:
        click.echo(sentence, err=True)
    if problems:
        raise SystemExit(1)


def _joined(check: Check) -> str | None:
    return " ".join(check.errors) or None


def _row(mailbox: Mailbox) -> dict[str, Any]:
    imap = mailbox.imap_check
    return {
        "id": mailbox.id,
        "address": mailbox.address,
        "name": mailbox.sender_name,
        "provider": mailbox.provider.value,
        "state": mailbox.state.value,
        "smtp": mailbox.smtp_check.status.value,
        "imap": imap.status.value if imap else None,
        "daily_limit": mailbox.daily_limit,
        "tags": " ".join(mailbox.tags),
        "reason": mailbox.state_reason,
    }
