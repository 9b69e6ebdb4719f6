"""Workspaces, members, API clients, keys, credits."""

import json
import re
import sys
from decimal import Decimal
from typing import Any

import click

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Role
from fairlead.cli.running import in_workspace, in_world, json_option, show, show_rows
from fairlead.prospects import actions as prospects
from fairlead.world import World


class Credits(click.ParamType[Decimal]):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if not re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,2})?", str(value)):
            self.fail(f"{value!r} is not a number with up to two decimals.", param, ctx)
        return Decimal(value)


class RateLimit(click.ParamType[int | str]):
    name = "number|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value == "none":
            return "none"
        if not re.fullmatch(r"[1-9][0-9]{0,9}", str(value)):
            self.fail(f"{value!r} is not a whole number from 1, or none.", param, ctx)
        return int(value)


@click.group()
def workspace() -> None:
    """Make and list workspaces."""


@workspace.command("create")
@click.option("--name", required=True)
@click.option("--owner", required=True, metavar="EMAIL")
@click.option("--plan", default="unlimited", show_default=True, metavar="PLAN")
@click.option("--credits", "given", type=Credits(), help="Start with this many, and finite ones on any plan.")
@click.option("--rate-limit", type=RateLimit(), help="Requests a minute. Default: that of the plan.")
@json_option
@in_world
async def create_workspace(
    world: World,
    name: str,
    owner: str,
    plan: str,
    given: Decimal | None,
    rate_limit: int | str | None,
    as_json: bool,
) -> None:
    """Make a workspace with its owner, an API client and an API key."""
    async with world.db.transaction() as conn:
        made = await accounts.create_workspace(
            world,
            conn,
            name=name,
            owner=owner,
            plan_name=plan,
            credits_given=given,
            rate_limit=rate_limit if isinstance(rate_limit, int) else None,
            no_rate_limit=rate_limit == "none",
        )
        await prospects.furnish(conn, made.workspace_id, made.user_id, now=world.clock.now())
    show(vars(made), as_json=as_json)
    if not as_json:
        click.echo("\nThe secret and the key are shown here only; keep them well.", err=True)


@workspace.command("list")
@json_option
@in_world
async def list_workspaces(world: World, as_json: bool) -> None:
    """List all workspaces."""
    async with world.db.statement() as conn:
        known = await accounts.workspaces(conn)
    rows = [{"id": item.id, "name": item.name, "plan": item.plan.name} for item in known]
    show_rows(rows, as_json=as_json, name="workspaces", empty="There is no workspace yet.")


@click.group()
def member() -> None:
    """The people of a workspace."""


@member.command("add")
@click.argument("email")
@click.option("--name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member", show_default=True)
@click.option("--own-records", is_flag=True, help="Let a member see only their own records.")
@json_option
@in_workspace
async def add_member(
    world: World, workspace_id: int, email: str, name: str | None, role: str, own_records: bool, as_json: bool
) -> None:
    """Add a person to the workspace."""
    async with world.db.transaction() as conn:
        member_id = await accounts.add_member(
            conn,
            workspace_id,
            email=email,
            name=name or email.partition("@")[0],
            role=Role(role),
            sees_all=not own_records,
            now=world.clock.now(),
        )
    show({"user_id": member_id}, as_json=as_json)


@member.command("list")
@json_option
@in_workspace
async def list_members(world: World, workspace_id: int, as_json: bool) -> None:
    """List the people of the workspace."""
    async with world.db.statement() as conn:
        rows = [vars(item) for item in await accounts.members(conn, workspace_id)]
    show_rows(rows, as_json=as_json, name="members", empty="This workspace has no members.")


@click.group()
def client() -> None:
    """API clients of the Snov.io API."""


@client.command("create")
@click.option("--dialect", default="reference", show_default=True, type=click.Choice(["reference", "openapi"]))
@json_option
@in_workspace
async def create_client(world: World, workspace_id: int, dialect: str, as_json: bool) -> None:
    """Make an API client; its secret is shown here only."""
    async with world.db.transaction() as conn:
        owner = await accounts.owner_of(conn, workspace_id)
        made = await accounts.create_client(world, conn, workspace_id, owner, accounts.dialect(dialect))
    show(vars(made), as_json=as_json)


@client.command("revoke")
@click.argument("client_id")
@in_workspace
async def revoke_client(world: World, workspace_id: int, client_id: str) -> None:
    """End an API client and all its tokens, at once."""
    async with world.db.transaction() as conn:
        await accounts.revoke_client(world, conn, workspace_id, client_id)
    click.echo(f"Client {client_id} and its tokens are revoked.")


@click.group()
def key() -> None:
    """API keys of the NetworkHQ API."""


@key.command("create")
@json_option
@in_workspace
async def create_key(world: World, workspace_id: int, as_json: bool) -> None:
    """Make an API key; it is shown here only."""
    async with world.db.transaction() as conn:
        owner = await accounts.owner_of(conn, workspace_id)
        made = await accounts.create_key(world, conn, workspace_id, owner)
    show({"api_key": made}, as_json=as_json)


@key.command("list")
@json_option
@in_workspace
async def list_keys(world: World, workspace_id: int, as_json: bool) -> None:
    """List the keys of the workspace by their first characters."""
    async with world.db.statement() as conn:
        rows = [vars(item) for item in await accounts.keys(conn, workspace_id)]
    show_rows(rows, as_json=as_json, name="keys", empty="This workspace has no keys.")


@key.command("revoke")
@click.argument("start")
@in_workspace
async def revoke_key(world: World, workspace_id: int, start: str) -> None:
    """End the API key that starts with START, as `key list` shows it."""
    async with world.db.transaction() as conn:
        await accounts.revoke_key(world, conn, workspace_id, start)
    click.echo("The key is revoked.")


@click.group(name="credits")
def credits_() -> None:
    """The credit ledger."""


@credits_.command("add")
@click.argument("amount", type=Credits())
@click.option("--note", default="by hand", show_default=True)
@json_option
@in_workspace
async def add_credits(world: World, workspace_id: int, amount: Decimal, note: str, as_json: bool) -> None:
    """Add credits to the workspace."""
    async with world.db.transaction() as conn:
        await accounts.grant(conn, workspace_id, amount, world.clock.now(), note=note)
        account = await accounts.account(conn, workspace_id)
    show({"balance": f"{account.credits:.2f}"}, as_json=as_json)


@credits_.command("show")
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@in_workspace
async def show_credits(world: World, workspace_id: int, last: int, as_json: bool) -> None:
    """Show the balance and the last entries of the ledger."""
    async with world.db.statement() as conn:
        account = await accounts.account(conn, workspace_id)
        entries = await accounts.ledger(conn, workspace_id, last=last)
    if not as_json:
        click.echo(f"Balance {account.credits:.2f}\n")
    rows = [vars(entry) for entry in entries]
    show_rows(rows, as_json=as_json, name="entries", empty="The ledger is empty.")


@click.command()
@click.option("--client-id", required=True)
@in_world
async def token(world: World, client_id: str) -> None:
    """Print what POST /v1/oauth/access_token would answer. The secret is asked for, or read from standard input."""
    from_person = sys.stdin.isatty()
    secret: str = click.prompt("Client secret", hide_input=True, err=True) if from_person else sys.stdin.readline()
    async with world.db.statement() as conn:
        given = await accounts.sign_in(world, conn, client_id=client_id, secret=secret.strip(), address="command line")
    click.echo(json.dumps({"access_token": given.token, "token_type": "Bearer", "expires_in": given.expires_in}))
