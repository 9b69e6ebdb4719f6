"""Whose servers take a recipient's mail, for campaigns that write to each from a mailbox of the same provider."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from fairlead.campaigns.enrollments.store import moving as store
from fairlead.net.answers import Found
from fairlead.verifier import actions as verifier
from fairlead.world import World

KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 20
MOST_ASKED: Final = 200
SECONDS: Final = 5.0
UNKNOWN: Final = "other"


async def of_domains(world: World, domains: Collection[str], now: datetime) -> dict[str, str]:
    """By domain: the family its mail exchangers belong to. Of those not asked in this round nothing is said."""
    async with world.db.statement() as conn:
        known = await store.providers(conn, domains, not_before=now - KEPT)
    asked = sorted(set(domains) - known.keys())[:MOST_ASKED]
    if not asked:
        return known
    seats = asyncio.Semaphore(AT_ONCE)

    async def one(domain: str) -> str:
        async with seats:
            return await _provider(world, domain)

    async with asyncio.TaskGroup() as group:
        running = {domain: group.create_task(one(domain)) for domain in asked}
    found = {domain: task.result() for domain, task in running.items()}
    async with world.db.statement() as conn:
        await store.put_providers(conn, found, now=now)
    return known | found


async def _provider(world: World, domain: str) -> str:
    try:
        async with asyncio.timeout(SECONDS):
            answer = await world.dns.mx(domain)
    except TimeoutError:
        return UNKNOWN
    if not isinstance(answer, Found):
        return UNKNOWN
    # The one that is asked first: the others stand in for it.
    return verifier.family_of(min(answer.records).host).name
