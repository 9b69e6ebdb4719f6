"""`fairlead sandbox`: the sandbox internet alone."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import click

from fairlead.cli.running import json_option, stopped
from fairlead.cli.sandbox_process import DEFAULT_COMPANIES
from fairlead.kit.refusals import CannotStart, Refusal
from fairlead.main import MachineTimer
from fairlead.sandbox.making.world import FEWEST_COMPANIES, MOST_COMPANIES, World
from fairlead.sandbox.running import Running, serve, serve_attached

PAGE = """
  The sandbox internet is running. Nothing leaves this machine.

  Watch it in a browser   {control_url}
  Name server             {dns}        dig @{dns_host} -p {dns_port} {domain} MX
  Certificates            {ca}

  Your mailboxes          {email}   password {password}
    sending               {smtp_host} port {smtp_port} ({smtp_encryption}), really at {smtp_real}
    reading               {imap_host} port {imap_port} ({imap_encryption}), really at {imap_real}
  ({others} more, with their passwords, at {control_url}/world.json)

  Write to somebody (with the program swaks):
    swaks --server {smtp_real_host}:{starttls_port} --tls --auth-user {email} --auth-password {password} \\
          --from {email} --to {person}
  Then let time pass:
    curl -d '{{"advance_seconds": 86400}}' {control_url}/clock
  and read what came back:
    curl --cacert {ca} --resolve {imap_host}:{imap_real_port}:{imap_real_host} \\
         --user {email}:{password} 'imaps://{imap_host}:{imap_real_port}/INBOX;UID=1'

  A server of yours lives in it with these settings:
{settings}
"""


@click.command()
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same world.")
@click.option(
    "--companies", default=DEFAULT_COMPANIES, show_default=True, type=click.IntRange(FEWEST_COMPANIES, MOST_COMPANIES)
)
@click.option("--behavior", "behaviors", multiple=True, metavar="NAME", help="Mail servers of the first companies.")
@click.option("--speed", default=1.0, show_default=True, help="Seconds of business time to one of machine time.")
@click.option("--control-port", type=click.IntRange(0, 65535), help="Default: 20000, or the next free block.")
@click.option("--attached", is_flag=True, hidden=True)
@json_option
def sandbox(
    seed: int,
    companies: int,
    behaviors: tuple[str, ...],
    speed: float,
    control_port: int | None,
    attached: bool,
    as_json: bool,
) -> None:
    """Run a small internet on loopback: name servers, mail servers, mailboxes, web sites and people who answer."""

    async def work() -> None:
        world = World(seed=seed, companies=companies, behaviors=behaviors)
        if attached:
            await serve_attached(world, MachineTimer())
        else:
            show = _show_line if as_json else _show_page
            await serve(world, MachineTimer(), speed=speed, port=control_port, show=show)

    try:
        _run_loop(work())
    except (CannotStart, Refusal) as error:
        raise stopped(str(error)) from error


def _run_loop(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # where uvloop has no wheel
        asyncio.run(work)
    else:
        uvloop.run(work)


def _show_line(sandbox: Running) -> None:
    print(json.dumps(sandbox.line()), flush=True)


def _show_page(sandbox: Running) -> None:
    internet, line = sandbox.internet, sandbox.line()
    mailbox, listeners = internet.world.own_mailboxes[0], internet.listeners
    smtp = listeners[mailbox.smtp_host, mailbox.smtp_port]
    imap = listeners[mailbox.imap_host, mailbox.imap_port]
    company = next((one for one in internet.world if one.mx_behavior == "reject_unknown"), internet.world.company(0))
    person = next((one for one in company.people if one.exists), company.people[0])
    dns_host, _, dns_port = internet.name_server.rpartition(":")
    text = PAGE.format(
        control_url=sandbox.control.url,
        dns=internet.name_server,
        dns_host=dns_host,
        dns_port=dns_port,
        domain=company.domain,
        ca=sandbox.ca_file,
        email=mailbox.email,
        password=mailbox.password,
        smtp_host=mailbox.smtp_host,
        smtp_port=mailbox.smtp_port,
        smtp_encryption=mailbox.smtp_encryption,
        smtp_real=f"{smtp[0]}:{smtp[1]}",
        smtp_real_host=smtp[0],
        starttls_port=listeners[mailbox.smtp_host, 587][1],
        imap_host=mailbox.imap_host,
        imap_port=mailbox.imap_port,
        imap_encryption=mailbox.imap_encryption,
        imap_real=f"{imap[0]}:{imap[1]}",
        imap_real_host=imap[0],
        imap_real_port=imap[1],
        others=len(internet.world.own_mailboxes) - 1,
        person=person.email,
        settings="\n".join(f"    {name}={value}" for name, value in line["settings"].items()),
    )
    print(text, flush=True)
