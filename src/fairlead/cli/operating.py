"""Running an installation: migrate, doctor, backup, restore, encryption keys."""

import asyncio
from pathlib import Path
from typing import Any

import click
import psycopg

from fairlead import settings as setting_names
from fairlead.accounts import actions as accounts
from fairlead.cli.running import data_option, json_option, run, run_async, show, stopped
from fairlead.db import Connection
from fairlead.db.backup import BackupFailed
from fairlead.db.backup import backup as write_backup
from fairlead.db.backup import restore as read_backup
from fairlead.db.keys import KEY_FILE, add_key, drop_old_keys, read_keys, reseal, rotating
from fairlead.db.migrate import migrations
from fairlead.kit.refusals import CannotStart
from fairlead.main import House, Start, open_ground, open_house


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's schema up to date."""

    async def work(house: House) -> None:
        click.echo(f"The schema is up to date ({len(migrations())} migrations).")

    run(work, data, serves=True)


@click.command()
@data_option
@json_option
def doctor(data: Path | None, as_json: bool) -> None:
    """Check the surroundings and say what to do."""

    async def work(house: House) -> None:
        findings = await _findings(house)
        if as_json:
            show({"findings": findings, "ok": not findings}, as_json=True)
            return
        click.echo(f"Data folder    {house.folder}")
        click.echo(f"Mode           {house.world.mode}")
        click.echo(f"Business time  {house.world.clock.now():%Y-%m-%d %H:%M:%S} UTC")
        click.echo(f"Public address {house.world.public_url}")
        for finding in findings or ["Everything looks well."]:
            click.echo(f"- {finding}")

    run(work, data)


async def _findings(house: House) -> list[str]:
    world, findings = house.world, []
    if world.mode == "live" and not world.public_url.startswith("https://"):
        findings.append(
            "FAIRLEAD_PUBLIC_URL is not an https address: tracking and unsubscribe links would not work for recipients."
        )
    async with world.db.statement() as conn:
        cur = await conn.execute("select current_setting('fsync'), current_setting('synchronous_commit')")
        row = await cur.fetchone()
        if row != ("on", "on"):
            findings.append("The database may lose what it has confirmed: set fsync and synchronous_commit to on.")
        cur = await conn.execute("select count(*) from jobs where state = 'parked'")
        row = await cur.fetchone()
        if row and row[0]:
            findings.append(f"{row[0]} jobs have failed for good; look at them with: fairlead jobs list --parked")
    if world.settings.secret_key is None and (house.folder / KEY_FILE).stat().st_mode & 0o077:
        findings.append(f"Others can read {house.folder / KEY_FILE}; run: chmod 600 {house.folder / KEY_FILE}")
    return findings


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def backup(file: Path, data: Path | None) -> None:
    """Write everything but the encryption key to FILE, while the server runs."""

    async def work(house: House) -> None:
        with _Counter("Written") as count:
            await _in_thread(write_backup, house.world.db.conninfo, file, progress=count)
        click.echo(f"Backup written to {file}.")
        if house.world.settings.secret_key:
            click.echo("The encryption key is not in it; it is in FAIRLEAD_SECRET_KEY. Keep it elsewhere.")
        else:
            click.echo(f"The encryption key is not in it; it is in {house.folder / KEY_FILE}. Keep a copy elsewhere.")

    run(work, data)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace what the database holds.")
@data_option
def restore(file: Path, force: bool, data: Path | None) -> None:
    """Bring back a backup into an empty installation. Stop the server first."""

    async def fill() -> None:
        async with open_ground(setting_names.load(), data) as ground:
            empty = await asyncio.to_thread(_holds_no_workspace, ground.conninfo)
            with _Counter("Read") as count:
                await _in_thread(read_backup, ground.conninfo, file, progress=count, force=force or empty)

    async def look() -> None:
        try:
            async with open_house(setting_names.load(), Start(data=data, serves=True)) as house:
                async with house.world.db.statement() as conn:
                    known = await accounts.workspaces(conn)
                click.echo(f"Restored into {house.folder}: {len(known)} workspaces.")
        except CannotStart as error:
            raise stopped(f"The backup is restored, but cannot be used yet. {error}") from error

    run_async(fill)
    run_async(look)


def _holds_no_workspace(conninfo: str) -> bool:
    with psycopg.connect(conninfo) as conn:
        made = conn.execute("select to_regclass('workspaces') is not null").fetchone()
        if not (made and made[0]):
            return True
        used = conn.execute("select exists (select from workspaces)").fetchone()
        return not (used and used[0])


class _Counter:
    """A line on standard error with the bytes so far, every 64 MB."""

    STEP = 64 * 2**20

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._next = self.STEP

    def __enter__(self) -> "_Counter":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, octets: int) -> None:
        if octets >= self._next:
            click.echo(f"{self._verb} {octets // 2**20} MB", err=True)
            self._next = octets + self.STEP


async def _in_thread(work: Any, *args: Any, **options: Any) -> None:
    try:
        await asyncio.to_thread(work, *args, **options)
    except BackupFailed as error:
        raise stopped(str(error)) from error


@click.group()
def keys() -> None:
    """The encryption keys of stored secrets."""


@keys.command("rotate")
@click.option("--drop-old", is_flag=True, help="Forget the old keys; only after every server was started again.")
@data_option
def rotate(drop_old: bool, data: Path | None) -> None:
    """Make a new encryption key and seal every stored secret with it."""

    async def work(house: House) -> None:
        async with rotating(house.world.db) as conn:
            if house.world.settings.secret_key:
                await _rotate_setting(conn, house)
            elif drop_old:
                await _drop_old(conn, house)
            else:
                await _rotate_file(conn, house)

    run(work, data)


async def _rotate_file(conn: Connection, house: House) -> None:
    sealed = await reseal(conn, add_key(house.folder))
    click.echo(
        f"Sealed {sealed} secrets with a new key in {house.folder / KEY_FILE}. Start running servers again, then "
        "run: fairlead keys rotate --drop-old"
    )


async def _drop_old(conn: Connection, house: House) -> None:
    sealed = await reseal(conn, read_keys(house.folder))
    drop_old_keys(house.folder)
    click.echo(f"Sealed {sealed} more secrets with the newest key and forgot the old ones.")


async def _rotate_setting(conn: Connection, house: House) -> None:
    sealed = await reseal(conn, house.world.keys)
    click.echo(
        f"Sealed {sealed} secrets with the first key of FAIRLEAD_SECRET_KEY. To rotate, put a new key in front of the "
        "setting on every server, start them again, run this command, and then take the old keys out."
    )
