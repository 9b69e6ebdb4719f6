"""The tables of tracking: hits, how far their files were copied, and the users' own host names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fairlead.campaigns.tracking.model import DomainState, Hit, HitClass, HitKind, TrackingDomain
from fairlead.db.pool import Connection


@dataclass(frozen=True)
class StoredHit:
    id: int
    workspace_id: int
    send_id: int
    hit: Hit
    hit_class: HitClass | None
    facts: dict[str, Any] | None


async def copied_before(conn: Connection, name: str, end: int) -> int:
    """How far the file was copied until now; notes down `end`. Others who copy the same file wait for our commit."""
    await conn.execute(
        "insert into spool_files (name, loaded) values (%(name)s, 0) on conflict (name) do nothing", {"name": name}
    )
    cur = await conn.execute("select loaded from spool_files where name = %(name)s for update", {"name": name})
    row = await cur.fetchone()
    assert row is not None
    await conn.execute(
        """
        update spool_files set loaded = greatest(loaded, %(end)s), loaded_at = clock_timestamp()
         where name = %(name)s
        """,
        {"name": name, "end": end},
    )
    return int(row[0])


async def insert_hits(conn: Connection, hits: Sequence[tuple[int, int, Hit, dict[str, Any]]]) -> None:
    """Each with its workspace, its sent mail and what an event will say of the mail."""
    columns = "workspace_id, send_id, kind, at, method, agent, address, link, url, facts"
    async with conn.cursor() as cur, cur.copy(f"copy tracked_hits ({columns}) from stdin") as copy:
        for workspace, send, hit, facts in hits:
            await copy.write_row(
                (workspace, send, hit.kind, hit.at, hit.method, _storable(hit.agent), hit.address, hit.link,
                 _storable(hit.url), Jsonb(facts))
            )  # fmt: skip


def _storable(text: str) -> str:
    return text.replace("\0", "")


async def steps_of_sends(conn: Connection, sends: Sequence[tuple[int, int]]) -> dict[int, dict[str, Any]]:
    """Of mails (workspace and id) that a sequence sent: whose step it was, by the mail's id."""
    cur = await conn.execute(
        """
        select r.send_id, e.prospect_id, r.node_key, r.variant_id
          from unnest(%(workspaces)s::bigint[], %(sends)s::bigint[]) as wanted (workspace_id, send_id)
          join step_runs r on r.workspace_id = wanted.workspace_id and r.send_id = wanted.send_id
          join enrollments e
            on e.workspace_id = r.workspace_id and e.campaign_id = r.campaign_id and e.id = r.enrollment_id
        """,
        {"workspaces": [pair[0] for pair in sends], "sends": [pair[1] for pair in sends]},
    )
    return {
        send_id: {"prospect_id": prospect_id, "node_key": node_key, "variant_id": variant_id}
        for send_id, prospect_id, node_key, variant_id in await cur.fetchall()
    }


async def hits_to_judge(conn: Connection, *, until: datetime, limit: int) -> list[StoredHit]:
    cur = await conn.execute(
        """
        select id, workspace_id, send_id, kind, at, method, agent, address, link, url, class, facts
          from tracked_hits
         where class is null and at <= %(until)s
         order by at, id
         limit %(limit)s
           for update skip locked
        """,
        {"until": until, "limit": limit},
    )
    return [_stored(row) for row in await cur.fetchall()]


async def earliest_to_judge(conn: Connection) -> datetime | None:
    cur = await conn.execute("select min(at) from tracked_hits where class is null")
    row = await cur.fetchone()
    found: datetime | None = row[0] if row else None
    return found


async def hits_of_sends(conn: Connection, send_ids: Sequence[tuple[int, int]]) -> list[StoredHit]:
    """All hits of these mails, given as workspace and mail, in the order of time."""
    cur = await conn.execute(
        """
        select id, h.workspace_id, h.send_id, kind, at, method, agent, address, link, url, class, facts
          from tracked_hits h
          join unnest(%(workspaces)s::bigint[], %(sends)s::bigint[]) as wanted (workspace_id, send_id)
            on wanted.workspace_id = h.workspace_id and wanted.send_id = h.send_id
         order by at, id
        """,
        {"workspaces": [pair[0] for pair in send_ids], "sends": [pair[1] for pair in send_ids]},
    )
    return [_stored(row) for row in await cur.fetchall()]


async def set_classes(conn: Connection, classes: Sequence[tuple[int, HitClass]]) -> None:
    await conn.execute(
        """
        update tracked_hits h set class = judged.class, facts = null
          from unnest(%(ids)s::bigint[], %(classes)s::text[]) as judged (id, class)
         where h.id = judged.id
        """,
        {"ids": [pair[0] for pair in classes], "classes": [pair[1] for pair in classes]},
    )


async def forget_hits(conn: Connection, *, before: datetime) -> int:
    cur = await conn.execute("delete from tracked_hits where at < %(before)s", {"before": before})
    await conn.execute("delete from spool_files where loaded_at < clock_timestamp() - interval '1 day'")
    return cur.rowcount


def _stored(row: tuple[Any, ...]) -> StoredHit:
    hit_id, workspace_id, send_id, kind, at, method, agent, address, link, url, hit_class, facts = row
    hit = Hit("", HitKind(kind), at, method, agent, address, link, url)
    return StoredHit(hit_id, workspace_id, send_id, hit, HitClass(hit_class) if hit_class else None, facts)


async def insert_domain(conn: Connection, *, workspace_id: int, domain: str, proof: str, now: datetime) -> bool:
    """Whether it is new to the workspace; one that was removed begins anew."""
    cur = await conn.execute(
        """
        insert into tracking_domains (workspace_id, domain, state, proof, made_at)
        values (%(workspace_id)s, %(domain)s, 'pending', %(proof)s, %(now)s)
        on conflict (workspace_id, domain) do update
           set state = 'pending', proof = excluded.proof, problem = null, checked_at = null, made_at = excluded.made_at
         where tracking_domains.state = 'removed'
        """,
        {"workspace_id": workspace_id, "domain": domain, "proof": proof, "now": now},
    )
    return cur.rowcount == 1


async def domains(conn: Connection, workspace_id: int) -> list[TrackingDomain]:
    async with conn.cursor(row_factory=class_row(_Row)) as cur:
        await cur.execute(
            """
            select workspace_id, domain, state, proof, problem, checked_at
              from tracking_domains
             where workspace_id = %(workspace_id)s and state <> 'removed'
             order by made_at, domain
            """,
            {"workspace_id": workspace_id},
        )
        return [row.domain_found() for row in await cur.fetchall()]


async def names_in_use(conn: Connection) -> list[str]:
    """Of every workspace, for the certificates of the installation; those too that are still to be proven."""
    cur = await conn.execute("select distinct domain from tracking_domains where state <> 'removed' order by domain")
    return [row[0] for row in await cur.fetchall()]


async def proof_known(conn: Connection, proof: str) -> bool:
    cur = await conn.execute(
        "select exists (select from tracking_domains where proof = %(proof)s and state <> 'removed')", {"proof": proof}
    )
    row = await cur.fetchone()
    return bool(row and row[0])


async def set_domain_state(
    conn: Connection, *, workspace_id: int, domain: str, state: DomainState, problem: str | None, now: datetime | None
) -> bool:
    """Whether there is such a domain that was not removed. Raises the unique violation of `one_workspace_per_...`."""
    cur = await conn.execute(
        """
        update tracking_domains
           set state = %(state)s, problem = %(problem)s, checked_at = coalesce(%(now)s, checked_at)
         where workspace_id = %(workspace_id)s and domain = %(domain)s and state <> 'removed'
        """,
        {"workspace_id": workspace_id, "domain": domain, "state": state, "problem": problem, "now": now},
    )
    return cur.rowcount == 1


@dataclass
class _Row:
    workspace_id: int
    domain: str
    state: str
    proof: str
    problem: str | None
    checked_at: datetime | None

    def domain_found(self) -> TrackingDomain:
        return TrackingDomain(
            self.workspace_id, self.domain, DomainState(self.state), self.proof, self.problem, self.checked_at
        )
