"""The tables of webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.db.pool import Connection
from fairlead.kit.sealing import KeyRing
from fairlead.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryId,
    DeliveryState,
    LoggedAttempt,
    LoggedDelivery,
    Secrets,
    Topic,
    Webhook,
    WebhookId,
    WebhookStatus,
)

SECRET = "webhooks.secret"  # noqa: S105 - names of columns
OLD_SECRET = "webhooks.old_secret"  # noqa: S105
COLUMNS = """
    id, workspace_id, member_id, url, event_object, event_action, event_name, status, stopped_because, made_at
"""


async def lock_workspace(conn: Connection, workspace_id: int) -> None:
    """Lets one caller at a time count the webhooks of a workspace."""
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended('webhooks ' || %(workspace_id)s::text, 0))",
        {"workspace_id": workspace_id},
    )


async def count(conn: Connection, workspace_id: int) -> int:
    cur = await conn.execute(
        "select count(*) from webhooks where workspace_id = %(workspace_id)s and deleted_at is null",
        {"workspace_id": workspace_id},
    )
    row = await cur.fetchone()
    return int(row[0]) if row else 0


async def insert_webhook(
    conn: Connection,
    keys: KeyRing,
    *,
    workspace_id: int,
    member_id: int,
    url: str,
    topic: Topic,
    name: str | None,
    secret: bytes,
    now: datetime,
) -> Webhook:
    cur = await conn.execute(
        f"""
        insert into webhooks (workspace_id, member_id, url, event_object, event_action, event_name, secret, made_at)
        values (%(workspace_id)s, %(member_id)s, %(url)s, %(object)s, %(action)s, %(name)s, %(secret)s, %(now)s)
        returning {COLUMNS}
        """,
        {
            "workspace_id": workspace_id,
            "member_id": member_id,
            "url": url,
            "object": topic.object,
            "action": topic.action,
            "name": name,
            "secret": keys.seal(secret, SECRET),
            "now": now,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return _webhook(row)


async def webhooks(conn: Connection, workspace_id: int) -> list[Webhook]:
    cur = await conn.execute(
        f"""
        select {COLUMNS}
          from webhooks
         where workspace_id = %(workspace_id)s and deleted_at is null
         order by id
        """,
        {"workspace_id": workspace_id},
    )
    return [_webhook(row) for row in await cur.fetchall()]


async def find_webhook(conn: Connection, workspace_id: int, webhook_id: int) -> Webhook | None:
    cur = await conn.execute(
        f"""
        select {COLUMNS}
          from webhooks
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        """,
        {"workspace_id": workspace_id, "id": webhook_id},
    )
    row = await cur.fetchone()
    return _webhook(row) if row else None


async def set_status(
    conn: Connection, *, workspace_id: int, webhook_id: int, status: WebhookStatus, because: str | None
) -> Webhook | None:
    cur = await conn.execute(
        f"""
        update webhooks set status = %(status)s, stopped_because = %(because)s
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        returning {COLUMNS}
        """,
        {"workspace_id": workspace_id, "id": webhook_id, "status": status, "because": because},
    )
    row = await cur.fetchone()
    return _webhook(row) if row else None


async def mark_deleted(conn: Connection, *, workspace_id: int, webhook_id: int, now: datetime) -> bool:
    cur = await conn.execute(
        """
        update webhooks set deleted_at = %(now)s, status = 'deactivated'
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        """,
        {"workspace_id": workspace_id, "id": webhook_id, "now": now},
    )
    return cur.rowcount == 1


async def drop_waiting(conn: Connection, webhook_id: int, now: datetime) -> int:
    """How many deliveries no longer wait, because nobody wants them."""
    cur = await conn.execute(
        """
        update webhook_deliveries set state = 'dropped', changed_at = %(now)s
         where webhook_id = %(id)s and state = 'waiting'
        """,
        {"id": webhook_id, "now": now},
    )
    return cur.rowcount


async def active_of_workspaces(conn: Connection, workspace_ids: Sequence[int]) -> list[Webhook]:
    cur = await conn.execute(
        f"""
        select {COLUMNS}
          from webhooks
         where workspace_id = any (%(workspaces)s) and status = 'active' and deleted_at is null
         order by id
        """,
        {"workspaces": list(workspace_ids)},
    )
    return [_webhook(row) for row in await cur.fetchall()]


@dataclass(frozen=True)
class NewTold:
    """An event as it is told, and the webhooks that are told of it."""

    workspace_id: int
    event_id: int
    topic: Topic
    at: datetime
    facts: dict[str, Any]
    webhook_ids: Sequence[int]


async def insert_told(conn: Connection, told: Sequence[NewTold], now: datetime) -> int:
    """How many deliveries now wait. An event that was told before is not told again."""
    if not told:
        return 0
    cur = await conn.execute(
        """
        insert into webhook_events (workspace_id, event_id, event_object, event_action, at, facts)
        select * from unnest(%(workspaces)s::bigint[], %(events)s::bigint[], %(objects)s::text[], %(actions)s::text[],
                             %(ats)s::timestamptz[], %(facts)s::jsonb[])
        on conflict on constraint webhook_events_once do nothing
        returning id, event_id, event_object, event_action
        """,
        {
            "workspaces": [one.workspace_id for one in told],
            "events": [one.event_id for one in told],
            "objects": [one.topic.object for one in told],
            "actions": [one.topic.action for one in told],
            "ats": [one.at for one in told],
            "facts": [Jsonb(one.facts) for one in told],
        },
    )
    numbers = {(row[1], Topic(row[2], row[3])): row[0] for row in await cur.fetchall()}
    rows = [
        (one.workspace_id, webhook_id, numbers[one.event_id, one.topic])
        for one in told
        if (one.event_id, one.topic) in numbers
        for webhook_id in one.webhook_ids
    ]
    await conn.execute(
        """
        insert into webhook_deliveries (workspace_id, webhook_id, event, due_at, changed_at)
        select workspace_id, webhook_id, event, %(now)s, %(now)s
          from unnest(%(workspaces)s::bigint[], %(webhooks)s::bigint[], %(events)s::bigint[])
            as told (workspace_id, webhook_id, event)
        """,
        {
            "workspaces": [row[0] for row in rows],
            "webhooks": [row[1] for row in rows],
            "events": [row[2] for row in rows],
            "now": now,
        },
    )
    return len(rows)


async def take_webhooks(
    conn: Connection, *, owner: int, limit: int, now: datetime, lease: timedelta
) -> list[WebhookId]:
    """Webhooks with something due that nobody serves, leased to `owner`. Each is looked up by one step of an index."""
    cur = await conn.execute(
        """
        with recursive waiting (webhook_id) as (
          (select webhook_id from webhook_deliveries where state = 'waiting' order by webhook_id limit 1)
          union all
          select (select d.webhook_id from webhook_deliveries d
                   where d.state = 'waiting' and d.webhook_id > waiting.webhook_id
                   order by d.webhook_id limit 1)
            from waiting where waiting.webhook_id is not null
        ), free as (
          select webhook_id from waiting
           where webhook_id is not null
             and exists (select from webhook_deliveries d
                          where d.webhook_id = waiting.webhook_id and d.state = 'waiting' and d.due_at <= %(now)s)
             and not exists (select from webhook_leases l
                              where l.webhook_id = waiting.webhook_id and l.lease_until > clock_timestamp())
           limit %(limit)s
        )
        insert into webhook_leases (webhook_id, owner, lease_until)
        select webhook_id, %(owner)s, clock_timestamp() + %(lease)s from free
        on conflict (webhook_id) do update set owner = excluded.owner, lease_until = excluded.lease_until
         where webhook_leases.lease_until <= clock_timestamp()
        returning webhook_id
        """,
        {"owner": owner, "limit": limit, "now": now, "lease": lease},
    )
    return [WebhookId(row[0]) for row in await cur.fetchall()]


async def extend_leases(
    conn: Connection, *, owner: int, webhook_ids: Sequence[int], lease: timedelta
) -> set[WebhookId]:
    """Those of the webhooks that `owner` still serves."""
    cur = await conn.execute(
        """
        update webhook_leases set lease_until = clock_timestamp() + %(lease)s
         where owner = %(owner)s and webhook_id = any (%(ids)s)
        returning webhook_id
        """,
        {"owner": owner, "ids": list(webhook_ids), "lease": lease},
    )
    return {WebhookId(row[0]) for row in await cur.fetchall()}


async def give_back(conn: Connection, *, owner: int, webhook_ids: Sequence[int]) -> None:
    await conn.execute(
        "delete from webhook_leases where owner = %(owner)s and webhook_id = any (%(ids)s)",
        {"owner": owner, "ids": list(webhook_ids)},
    )


async def webhook_to_serve(
    conn: Connection, keys: KeyRing, webhook_id: int, now: datetime
) -> tuple[Webhook, Secrets] | None:
    """None when it is no longer active."""
    cur = await conn.execute(
        f"""
        select {COLUMNS}, secret, case when old_secret_until > %(now)s then old_secret end
          from webhooks
         where id = %(id)s and status = 'active' and deleted_at is null
        """,
        {"id": webhook_id, "now": now},
    )
    row = await cur.fetchone()
    if row is None:
        return None
    *columns, secret, old = row
    before = keys.open(bytes(old), OLD_SECRET) if old is not None else None
    return _webhook(tuple(columns)), Secrets(keys.open(bytes(secret), SECRET), before)


async def due(
    conn: Connection, webhook_id: int, *, in_hand: Sequence[int], now: datetime, limit: int
) -> list[Delivery]:
    """The next deliveries of a webhook that are due, without those in hand, oldest first."""
    cur = await conn.execute(
        """
        select d.id, d.webhook_id, d.workspace_id, d.event, e.event_object, e.event_action, e.at, e.facts, d.tries,
               d.round, d.due_at
          from webhook_deliveries d
          join webhook_events e on e.id = d.event
         where d.webhook_id = %(id)s and d.state = 'waiting' and d.due_at <= %(now)s and not d.id = any (%(in_hand)s)
         order by d.due_at, d.id
         limit %(limit)s
        """,
        {"id": webhook_id, "now": now, "in_hand": list(in_hand), "limit": limit},
    )
    return [_delivery(row) for row in await cur.fetchall()]


@dataclass(frozen=True)
class Ended:
    """A try that ended, and what becomes of its delivery."""

    delivery: Delivery
    attempt: Attempt
    state: DeliveryState
    due_at: datetime


async def settle(conn: Connection, ended: Sequence[Ended], now: datetime) -> None:
    """Writes tries down. One that another worker has settled meanwhile leaves no trace but its row in the log."""
    await conn.execute(
        """
        update webhook_deliveries d
           set state = ended.state, tries = ended.tries, due_at = ended.due_at, last_status = ended.status,
               changed_at = %(now)s
          from unnest(%(ids)s::bigint[], %(states)s::text[], %(tries)s::smallint[], %(rounds)s::smallint[],
                      %(dues)s::timestamptz[], %(statuses)s::smallint[])
            as ended (id, state, tries, round, due_at, status)
         where d.id = ended.id and d.state = 'waiting' and d.tries = ended.tries - 1 and d.round = ended.round
        """,
        {
            "ids": [one.delivery.id for one in ended],
            "states": [one.state for one in ended],
            "tries": [one.delivery.tries + 1 for one in ended],
            "rounds": [one.delivery.round for one in ended],
            "dues": [one.due_at for one in ended],
            "statuses": [one.attempt.status for one in ended],
            "now": now,
        },
    )
    await conn.execute(
        """
        insert into webhook_attempts (delivery_id, round, number, at, elapsed_ms, status, problem, response, headers)
        select * from unnest(%(ids)s::bigint[], %(rounds)s::smallint[], %(numbers)s::smallint[], %(ats)s::timestamptz[],
                             %(elapsed)s::int[], %(statuses)s::smallint[], %(problems)s::text[], %(responses)s::bytea[],
                             %(headers)s::jsonb[])
        on conflict do nothing
        """,
        {
            "ids": [one.delivery.id for one in ended],
            "rounds": [one.delivery.round for one in ended],
            "numbers": [one.delivery.tries + 1 for one in ended],
            "ats": [one.attempt.at for one in ended],
            "elapsed": [one.attempt.elapsed_ms for one in ended],
            "statuses": [one.attempt.status for one in ended],
            "problems": [one.attempt.problem for one in ended],
            "responses": [one.attempt.response for one in ended],
            "headers": [Jsonb(one.attempt.headers) for one in ended],
        },
    )


async def earliest_due(conn: Connection, after: datetime | None) -> datetime | None:
    """When the next delivery of an active webhook is due; for whoever moves the clock."""
    cur = await conn.execute(
        """
        select min(d.due_at)
          from webhook_deliveries d
          join webhooks w on w.id = d.webhook_id
         where d.state = 'waiting' and w.status = 'active'
           and (%(after)s::timestamptz is null or d.due_at > %(after)s)
        """,
        {"after": after},
    )
    row = await cur.fetchone()
    found: datetime | None = row[0] if row else None
    return found


async def all_done(conn: Connection, now: datetime) -> bool:
    cur = await conn.execute(
        """
        select not exists (select from webhook_deliveries d join webhooks w on w.id = d.webhook_id
                            where d.state = 'waiting' and d.due_at <= %(now)s and w.status = 'active')
        """,
        {"now": now},
    )
    row = await cur.fetchone()
    return bool(row and row[0])


async def logged(
    conn: Connection,
    workspace_id: int,
    *,
    webhook_id: int | None = None,
    state: DeliveryState | None = None,
    after: int = 0,
    limit: int = 100,
    newest_first: bool = True,
) -> list[LoggedDelivery]:
    order = "desc" if newest_first else "asc"
    cur = await conn.execute(
        f"""
        select d.id, d.webhook_id, e.event_object, e.event_action, e.at, d.state, d.tries, d.due_at, d.last_status,
               d.changed_at
          from webhook_deliveries d
          join webhook_events e on e.id = d.event
         where d.workspace_id = %(workspace_id)s and d.id > %(after)s
           and (%(webhook_id)s::bigint is null or d.webhook_id = %(webhook_id)s)
           and (%(state)s::text is null or d.state = %(state)s)
         order by d.id {order}
         limit %(limit)s
        """,
        {"workspace_id": workspace_id, "webhook_id": webhook_id, "state": state, "after": after, "limit": limit},
    )
    return [
        LoggedDelivery(
            DeliveryId(row[0]), WebhookId(row[1]), Topic(row[2], row[3]), row[4], DeliveryState(row[5]), row[6], row[7],
            row[8], row[9],
        )
        for row in await cur.fetchall()
    ]  # fmt: skip


async def find_delivery(conn: Connection, workspace_id: int, delivery_id: int) -> Delivery | None:
    cur = await conn.execute(
        """
        select d.id, d.webhook_id, d.workspace_id, d.event, e.event_object, e.event_action, e.at, e.facts, d.tries,
               d.round, d.due_at
          from webhook_deliveries d
          join webhook_events e on e.id = d.event
         where d.workspace_id = %(workspace_id)s and d.id = %(id)s
        """,
        {"workspace_id": workspace_id, "id": delivery_id},
    )
    row = await cur.fetchone()
    return _delivery(row) if row else None


async def attempts(conn: Connection, workspace_id: int, delivery_id: int) -> list[LoggedAttempt]:
    cur = await conn.execute(
        """
        select a.round, a.number, a.at, a.elapsed_ms, a.status, a.problem, a.response, a.headers
          from webhook_attempts a
          join webhook_deliveries d on d.id = a.delivery_id
         where d.workspace_id = %(workspace_id)s and d.id = %(id)s
         order by a.round, a.number
        """,
        {"workspace_id": workspace_id, "id": delivery_id},
    )
    return [
        LoggedAttempt(
            row[0],
            row[1],
            Attempt(row[2], row[3], row[4], row[5], bytes(row[6] or b""), tuple(map(tuple, row[7] or ()))),
        )
        for row in await cur.fetchall()
    ]


async def replay(
    conn: Connection,
    workspace_id: int,
    *,
    ids: Sequence[int] | None,
    webhook_id: int | None,
    since: datetime | None,
    until: datetime | None,
    failed_only: bool,
    now: datetime,
) -> int:
    """How many deliveries wait again, in a new round, of the webhooks that are active. What waits already is left."""
    cur = await conn.execute(
        """
        update webhook_deliveries d
           set state = 'waiting', tries = 0, round = round + 1, due_at = %(now)s, changed_at = %(now)s
          from webhook_events e, webhooks w
         where d.workspace_id = %(workspace_id)s and e.id = d.event and w.id = d.webhook_id
           and w.status = 'active' and w.deleted_at is null
           and d.state <> 'waiting'
           and (not %(failed_only)s or d.state in ('failed', 'dropped'))
           and (%(ids)s::bigint[] is null or d.id = any (%(ids)s))
           and (%(webhook_id)s::bigint is null or d.webhook_id = %(webhook_id)s)
           and (%(since)s::timestamptz is null or e.at >= %(since)s)
           and (%(until)s::timestamptz is null or e.at <= %(until)s)
        """,
        {
            "workspace_id": workspace_id,
            "ids": None if ids is None else list(ids),
            "webhook_id": webhook_id,
            "since": since,
            "until": until,
            "failed_only": failed_only,
            "now": now,
        },
    )
    return cur.rowcount


async def secrets_of(conn: Connection, keys: KeyRing, workspace_id: int, webhook_id: int) -> bytes | None:
    cur = await conn.execute(
        """
        select secret from webhooks
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        """,
        {"workspace_id": workspace_id, "id": webhook_id},
    )
    row = await cur.fetchone()
    return keys.open(bytes(row[0]), SECRET) if row else None


async def change_secret(
    conn: Connection,
    keys: KeyRing,
    *,
    workspace_id: int,
    webhook_id: int,
    before: bytes,
    secret: bytes,
    until: datetime,
) -> None:
    await conn.execute(
        """
        update webhooks set secret = %(secret)s, old_secret = %(before)s, old_secret_until = %(until)s
         where workspace_id = %(workspace_id)s and id = %(id)s
        """,
        {
            "workspace_id": workspace_id,
            "id": webhook_id,
            "secret": keys.seal(secret, SECRET),
            "before": keys.seal(before, OLD_SECRET),
            "until": until,
        },
    )


async def forget(conn: Connection, *, before: datetime) -> int:
    """How many events, with their deliveries and tries, were forgotten; those that wait stay."""
    cur = await conn.execute(
        """
        delete from webhook_events e
         where e.at < %(before)s
           and not exists (select from webhook_deliveries d where d.event = e.id and d.state = 'waiting')
        """,
        {"before": before},
    )
    return cur.rowcount


def _webhook(row: tuple[Any, ...]) -> Webhook:
    return Webhook(
        WebhookId(row[0]), row[1], row[2], row[3], Topic(row[4], row[5]), row[6], WebhookStatus(row[7]), row[8], row[9]
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, webhook_id, workspace_id, event, kind, action, at, facts, tries, round_, due_at = row
    return Delivery(
        id=DeliveryId(number),
        webhook_id=WebhookId(webhook_id),
        workspace_id=workspace_id,
        event=event,
        topic=Topic(kind, action),
        at=at,
        facts=facts,
        tries=tries,
        round=round_,
        due_at=due_at,
    )
