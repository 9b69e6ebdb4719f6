"""What was learned of domains and servers, with its age. Times are business time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairlead.db import Connection
from fairlead.net.guard import Address
from fairlead.verifier.model import DomainFacts, ServerFacts


async def domains(conn: Connection, names: Sequence[str], *, since: datetime) -> dict[str, DomainFacts]:
    cur = await conn.execute(
        """
        select domain, accepts_anything, made_up, mx
          from mail_domains
         where domain = any(%(names)s) and learned_at > %(since)s
        """,
        {"names": list(names), "since": since},
    )
    return {row[0]: DomainFacts(row[1], row[2], row[3]) for row in await cur.fetchall()}


async def note_domains(conn: Connection, learned: Mapping[str, DomainFacts], *, now: datetime) -> None:
    """What is None in the facts stays as it was. A made-up name says that the domain is greylisting."""
    if not learned:
        return
    # In the order of the names: two workers with the same domains wait for each other instead of deadlocking.
    ordered = sorted(learned)
    facts = [learned[name] for name in ordered]
    await conn.execute(
        """
        insert into mail_domains as d (domain, accepts_anything, made_up, mx, greylists_at, learned_at)
        select domain, accepts_anything, made_up, mx,
               case when made_up is null then null else %(now)s end, %(now)s
          from unnest(%(names)s::text[], %(accept)s::boolean[], %(made_up)s::text[], %(mx)s::text[])
               as learned (domain, accepts_anything, made_up, mx)
        on conflict (domain) do update
           set accepts_anything = coalesce(excluded.accepts_anything, d.accepts_anything),
               made_up = coalesce(excluded.made_up, d.made_up),
               mx = coalesce(excluded.mx, d.mx),
               greylists_at = coalesce(excluded.greylists_at, d.greylists_at),
               learned_at = excluded.learned_at
        """,
        {
            "names": ordered,
            "accept": [fact.accepts_anything for fact in facts],
            "made_up": [fact.made_up for fact in facts],
            "mx": [fact.mx for fact in facts],
            "now": now,
        },
    )


async def servers(conn: Connection, *, since: datetime) -> dict[Address, ServerFacts]:
    """All of them: only servers that showed a limit are noted down."""
    cur = await conn.execute(
        """
        select address, lockstep, rejects, recipients, answers, connections
          from mail_servers
         where learned_at > %s
        """,
        [since],
    )
    return {
        row[0]: ServerFacts(lockstep=row[1], rejects=row[2], recipients=row[3], answers=row[4], connections=row[5])
        for row in await cur.fetchall()
    }


async def note_servers(conn: Connection, learned: Mapping[Address, ServerFacts], *, now: datetime) -> None:
    for address, facts in sorted(learned.items(), key=lambda item: str(item[0])):
        await conn.execute(
            """
            insert into mail_servers (address, lockstep, rejects, recipients, answers, connections, learned_at)
            values (%(address)s, %(lockstep)s, %(rejects)s, %(recipients)s, %(answers)s, %(connections)s, %(now)s)
            on conflict (address) do update
               set lockstep = excluded.lockstep, rejects = excluded.rejects, recipients = excluded.recipients,
                   answers = excluded.answers, connections = excluded.connections, learned_at = excluded.learned_at
            """,
            {
                "address": address,
                "lockstep": facts.lockstep,
                "rejects": facts.rejects,
                "recipients": facts.recipients,
                "answers": facts.answers,
                "connections": facts.connections,
                "now": now,
            },
        )
