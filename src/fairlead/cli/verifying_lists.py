"""`fairlead verify --list`: the prospects of a list, paid for by their workspace."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import IO

import msgspec
from rich.console import Console

from fairlead.accounts import actions as accounts
from fairlead.cli.importing import bar, duration
from fairlead.cli.running import stopped
from fairlead.cli.verdict_files import VerdictFile
from fairlead.prospects.exporting import Format, export_rows
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import Batch, BatchState, SmtpStatus, Verdict
from fairlead.world import World

ROWS_AT_A_TIME = 1_000


async def verify_list(
    world: World, console: Console, workspace_id: int, list_name: str, target: VerdictFile, known: set[str]
) -> None:
    """Asks about the addresses of a list, and writes a row for each that is not `known` when all were asked."""
    with tempfile.TemporaryFile() as export:
        await export_rows(world, workspace_id, list_name=list_name, format=Format.JSONL, target=export)
        addresses = _Listed(export)
        if not any(True for _ in addresses):
            console.print(f"Nobody on the list {list_name!r} has an address.", markup=False, soft_wrap=True)
            return
        if problem := await verifier.identity_problem(world):
            console.print(problem, markup=False, soft_wrap=True)
        batch = await verifier.resume_or_start_list(world, workspace_id, f"list: {list_name}", addresses)
    if batch.left < batch.total:
        console.print(f"{batch.total - batch.left:,} of {batch.total:,} were answered before.", markup=False)
    batch = await _attended(world, console, batch)
    found = await _write_rows(world, batch, target, known)
    async with world.db.statement() as conn:
        credits = (await accounts.account(conn, workspace_id)).credits
    counted = ", ".join(f"{found[status]:,} {status.value.replace('_', ' ')}" for status in SmtpStatus)
    console.print(
        f"{found.total():,} addresses: {counted}; {credits:,.2f} credits left.", markup=False, soft_wrap=True
    )
    if batch.state is BatchState.NOT_ENOUGH_CREDITS:
        raise stopped(
            f"The credits ran out: {batch.left:,} of {batch.total:,} addresses have no verdict. Give the workspace "
            "credits and run the command again; nothing is charged twice."
        )
    if batch.left:
        console.print(
            f"{batch.left:,} were put off by their servers. A running server asks again within four hours; run the "
            "command again then, without a further charge.",
            markup=False, soft_wrap=True,
        )  # fmt: skip


async def _attended(world: World, console: Console, batch: Batch) -> Batch:
    before, started = batch.total - batch.left, world.timer.monotonic()
    with bar(console, "Verifying") as draw:

        def report(now: Batch) -> None:
            seconds = world.timer.monotonic() - started
            answered = now.total - now.left
            rate = (answered - before) / seconds if seconds else 0.0
            left = f", {duration(now.left / rate)} left" if now.left and rate else ""
            draw(min(answered / now.total, 0.999), f"{answered:,} addresses; {rate:,.0f} a second{left}", seconds)

        return await verifier.attend(world, batch, report)


async def _write_rows(world: World, batch: Batch, target: VerdictFile, known: set[str]) -> Counter[SmtpStatus]:
    found: Counter[SmtpStatus] = Counter()
    rows: list[Verdict] = []
    async for verdict in verifier.batch_verdicts(world, batch, open_too=True):
        found[verdict.smtp_status] += 1
        if verdict.address not in known:
            rows.append(verdict)
        if len(rows) >= ROWS_AT_A_TIME:
            target.write(rows)
            rows.clear()
    target.write(rows)
    return found


class _Listed:
    """The addresses in an export of prospects as JSON lines. Can be gone through again."""

    def __init__(self, export: IO[bytes]) -> None:
        self._export = export

    def __iter__(self) -> Iterator[str]:
        self._export.seek(0)
        for line in self._export:
            if email := msgspec.json.decode(line, type=_Prospect).email:
                yield email


class _Prospect(msgspec.Struct):
    email: str = ""
