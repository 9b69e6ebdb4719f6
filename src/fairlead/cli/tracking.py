"""`fairlead tracking-domain`: host names of your own for pixel, links and the unsubscribe page."""

from typing import Any
from urllib.parse import urlsplit

import click

from fairlead.campaigns.tracking import actions as tracking
from fairlead.campaigns.tracking.model import DomainState, TrackingDomain
from fairlead.cli.running import in_workspace, json_option, show, show_rows, stopped
from fairlead.world import World


@click.group("tracking-domain")
def tracking_domain() -> None:
    """Host names of your own for the addresses that letters carry."""


@tracking_domain.command()
@click.argument("domain")
@json_option
@in_workspace
async def add(world: World, workspace_id: int, *, domain: str, as_json: bool) -> None:
    """Add a domain; prints the two DNS records it needs."""
    made = await tracking.add_domain(world, workspace_id, domain)
    name, value = tracking.txt_record(made)
    host = urlsplit(world.public_url).hostname
    text = (
        f"Set these records, then run: fairlead tracking-domain check {made.domain}\n"
        f'  {name}  TXT    "{value}"\n'
        f"  {made.domain}  CNAME  {host}"
    )
    show(_domain(made) | {"txt_name": name, "txt_value": value, "cname": host}, as_json=as_json, text=text)


@tracking_domain.command()
@click.argument("domain")
@json_option
@in_workspace
async def check(world: World, workspace_id: int, *, domain: str, as_json: bool) -> None:
    """Look whether the domain is yours and leads here, and order its certificate where that is set up."""
    found = await tracking.check_domain(world, workspace_id, domain)
    if found.state is not DomainState.VERIFIED and not as_json:
        raise stopped(found.problem or "It is not verified yet.")
    show(_domain(found), as_json=as_json, text=f"New letters now use {found.domain}.")


@tracking_domain.command("list")
@json_option
@in_workspace
async def list_(world: World, workspace_id: int, *, as_json: bool) -> None:
    """List the tracking domains of a workspace."""
    async with world.db.statement() as conn:
        found = await tracking.domains(conn, workspace_id)
    rows = [_domain(one) for one in found]
    show_rows(rows, as_json=as_json, name="domains", empty="Letters use the address of this server.")


@tracking_domain.command()
@click.argument("domain")
@json_option
@in_workspace
async def remove(world: World, workspace_id: int, *, domain: str, as_json: bool) -> None:
    """Let new letters no longer use a domain; links that are out go on working while it leads here."""
    async with world.db.transaction() as conn:
        await tracking.remove_domain(conn, workspace_id, domain)
    show({"removed": domain}, as_json=as_json, text=f"{domain} is no longer used.")


def _domain(domain: TrackingDomain) -> dict[str, Any]:
    return {
        "domain": domain.domain,
        "state": domain.state.value,
        "problem": domain.problem,
        "checked_at": None if domain.checked_at is None else f"{domain.checked_at:%Y-%m-%dT%H:%M:%SZ}",
    }
