"""Recipients as they are asked for from outside."""

from collections.abc import Collection, Sequence

from fairlead.campaigns.enrollments.model import EnrollmentId, EnrollmentState, Participation, Recipient
from fairlead.db import Connection


async def campaign_exists(conn: Connection, workspace_id: int, campaign_id: int) -> bool:
    cur = await conn.execute(
        "select 1 from campaigns where workspace_id = %s and id = %s and deleted_at is null",
        [workspace_id, campaign_id],
    )
    return await cur.fetchone() is not None


async def campaign_title(conn: Connection, workspace_id: int, campaign_id: int) -> str | None:
    cur = await conn.execute(
        "select title from campaigns where workspace_id = %s and id = %s and deleted_at is null",
        [workspace_id, campaign_id],
    )
    row = await cur.fetchone()
    return None if row is None else str(row[0])


async def recipients(
    conn: Connection, workspace_id: int, campaign_id: int, addresses: Collection[str], *, lock: bool = False
) -> dict[str, Recipient]:
    """By address as compared."""
    cur = await conn.execute(
        f"""
        select id, campaign_id, prospect_id, address_key, state, reason from enrollments
         where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s
           and (domain, address_key) in (select split_part(a, '@', -1), a from unnest(%(addresses)s::text[]) as a)
         order by id {"for update" if lock else ""}
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "addresses": list(addresses)},
    )
    return {
        row[3]: Recipient(EnrollmentId(row[0]), row[1], row[2], row[3], EnrollmentState(row[4]), row[5])
        for row in await cur.fetchall()
    }


async def participations(
    conn: Connection, workspace_id: int, people: Sequence[tuple[int, Sequence[str]]]
) -> dict[int, list[Participation]]:
    """The campaigns of prospects (id, addresses as compared), the oldest campaign first."""
    cur = await conn.execute(
        """
        select e.prospect_id, e.campaign_id, c.title, e.state, e.sent, e.opened, e.replied
          from unnest(%(prospects)s::bigint[], %(keys)s::text[]) as p (prospect_id, address_key)
          join enrollments e on e.workspace_id = %(workspace_id)s and e.domain = split_part(p.address_key, '@', -1)
                            and e.address_key = p.address_key and e.prospect_id = p.prospect_id
          join campaigns c on c.workspace_id = e.workspace_id and c.id = e.campaign_id and c.deleted_at is null
         order by e.campaign_id, e.id
        """,
        {
            "workspace_id": workspace_id,
            "prospects": [id_ for id_, keys in people for _ in keys],
            "keys": [key for _, keys in people for key in keys],
        },
    )
    found: dict[int, list[Participation]] = {}
    for row in await cur.fetchall():
        found.setdefault(row[0], []).append(Participation(row[1], row[2], EnrollmentState(row[3]), *row[4:]))
    return found
