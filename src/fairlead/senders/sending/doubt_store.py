"""The SQL of what is uncertain, and of mailboxes held after a restore."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairlead.db import Connection
from fairlead.senders.model import DueSend, MailboxId, Purpose, SendId, UncertainSend


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A mail of which nobody knows whether it was sent."""

    send: DueSend
    state: str
    doubt: str
    token: str
    mark: str
    message_id: str
    since: datetime
    marked_at: datetime | None
    looks: int
    requeued: bool
    is_seen: bool


_DOUBTFUL = """
       s.id, s.workspace_id, s.mailbox_id, s.purpose, s.subject_id, s.campaign_id, m.once_key, s.due_at, m.to_address,
       s.state, s.doubt, m.token, m.mark, m.message_id, s.uncertain_at, s.marked_at, s.looks, s.requeued, s.is_seen
"""


def _doubtful(row: tuple[Any, ...]) -> Doubtful:
    send = DueSend(SendId(row[0]), row[1], MailboxId(row[2]), Purpose(row[3]), *row[4:9])
    return Doubtful(send, *row[9:])


async def pick_due(conn: Connection, *, now: datetime, hold_seconds: float, limit: int) -> list[Doubtful]:
    """Uncertain mails whose Sent folder should be looked into now; nobody else gets them for so long."""
    cur = await conn.execute(
        f"""
        with due as (
          select id from sends
           where state = 'uncertain' and look_at <= %(now)s
             and (looking_until is null or looking_until < clock_timestamp())
           order by look_at limit %(limit)s for update skip locked
        ), picked as (
          update sends s set looking_until = clock_timestamp() + make_interval(secs => %(hold)s)
            from due where s.id = due.id returning s.*
        )
        select {_DOUBTFUL} from picked s join mails m on m.id = s.id
        """,
        {"now": now, "hold": hold_seconds, "limit": limit},
    )
    return [_doubtful(row) for row in await cur.fetchall()]


async def look_again(conn: Connection, looks: Sequence[tuple[SendId, int, datetime]]) -> None:
    """How often each was looked for, and when the next time is."""
    await conn.execute(
        """
        update sends s set looks = w.looks, look_at = w.look_at, looking_until = null
          from unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) as w (id, looks, look_at)
         where s.id = w.id and s.state = 'uncertain'
        """,
        [[one[0] for one in looks], [one[1] for one in looks], [one[2] for one in looks]],
    )


async def need_decision(conn: Connection, ids: Sequence[SendId]) -> set[SendId]:
    cur = await conn.execute(
        """
        update sends set state = 'needs_decision', look_at = null
         where id = any(%s) and state = 'uncertain' returning id
        """,
        [list(ids)],
    )
    return {SendId(row[0]) for row in await cur.fetchall()}


async def accepted_lately(
    conn: Connection, workspace_id: int, mailbox_id: int, *, since: datetime, until: datetime, limit: int
) -> dict[str, datetime]:
    """The newest mails a mailbox handed over with a server's yes: token -> when."""
    cur = await conn.execute(
        """
        select m.token, f.at from sent_mails f join mails m on m.id = f.id
         where f.workspace_id = %(workspace_id)s and f.mailbox_id = %(mailbox_id)s and f.outcome = 'sent'
           and f.resolved_by = 'reply' and f.at between %(since)s and %(until)s
         order by f.at desc limit %(limit)s
        """,
        {
            "workspace_id": workspace_id,
            "mailbox_id": mailbox_id,
            "since": since,
            "until": until,
            "limit": limit,
        },
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


async def note_stored_ids(conn: Connection, workspace_id: int, found: Mapping[str, str]) -> int:
    """Keeps the Message-IDs that the provider gave to mails (by token), where they differ from ours."""
    cur = await conn.execute(
        """
        update sent_mails f set stored_id = w.message_id
          from unnest(%(tokens)s::text[], %(ids)s::text[]) as w (token, message_id)
          join mails m on m.token = w.token
         where f.workspace_id = %(workspace_id)s and f.id = m.id and m.workspace_id = f.workspace_id
           and w.message_id <> m.message_id and f.stored_id is distinct from w.message_id
        """,
        {"workspace_id": workspace_id, "tokens": list(found), "ids": list(found.values())},
    )
    return cur.rowcount


@dataclass(frozen=True, slots=True)
class Unread:
    """A mailbox with mails whose copies nobody has looked at; `since` is when the first of them was sent."""

    mailbox_id: MailboxId
    workspace_id: int
    since: datetime


async def pick_to_learn(
    conn: Connection, *, now: datetime, read_after: timedelta, ask_again_after: timedelta, limit: int
) -> list[Unread]:
    """Mailboxes whose provider keeps copies and whose copies should be read now, noted as read up to `now`."""
    cur = await conn.execute(
        """
        with due as (
          select t.mailbox_id, first.at
            from mailbox_turns t join mailboxes m on m.id = t.mailbox_id
           cross join lateral (
                 select f.at from sent_mails f
                  where f.workspace_id = t.workspace_id and f.mailbox_id = t.mailbox_id and f.outcome = 'sent'
                    and f.at > coalesce(t.learned_at, '-infinity')
                  order by f.at, f.id limit 1) first
           where m.sent_copies = 'provider' and m.imap_host is not null and m.state = 'active' and t.held_at is null
             and first.at <= %(now)s - %(read_after)s::interval
             and (t.learned_at is null
                  or t.learned_at <= %(now)s - case when t.renames = false then %(ask)s::interval
                                                    else %(read_after)s::interval end)
           limit %(limit)s for update of t skip locked
        )
        update mailbox_turns t set learned_at = %(now)s - interval '1 second'
          from due where t.mailbox_id = due.mailbox_id
        returning t.mailbox_id, t.workspace_id, due.at
        """,
        {"now": now, "read_after": read_after, "ask": ask_again_after, "limit": limit},
    )
    return [Unread(MailboxId(row[0]), row[1], row[2]) for row in await cur.fetchall()]


async def note_learned(conn: Connection, mailbox_id: int, *, renames: bool | None) -> None:
    """Whether the provider gives mails ids of its own; None leaves it as it is known. Once it did, it does."""
    await conn.execute(
        """
        update mailbox_turns set renames = coalesce(renames, false) or %(renames)s
         where mailbox_id = %(mailbox_id)s and %(renames)s::boolean is not null
        """,
        {"mailbox_id": mailbox_id, "renames": renames},
    )


async def found_of_marks(conn: Connection, workspace_id: int, marks: Collection[str]) -> dict[str, str]:
    """Message-IDs of the copies found of these effects."""
    cur = await conn.execute(
        "select mark, message_id from found_sends where workspace_id = %s and mark = any(%s)",
        [workspace_id, list(marks)],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


# What a person sees and decides.


async def uncertain(conn: Connection, workspace_id: int | None, send_id: int | None, limit: int) -> list[UncertainSend]:
    cur = await conn.execute(
        """
        select s.id, s.workspace_id, s.mailbox_id, b.address, s.state, s.doubt, m.to_address, m.subject, s.uncertain_at,
               s.look_at, s.purpose, s.subject_id, m.token
          from sends s join mails m on m.id = s.id join mailboxes b on b.id = s.mailbox_id
         where s.state in ('uncertain', 'needs_decision')
           and (%(workspace_id)s::bigint is null or s.workspace_id = %(workspace_id)s)
           and (%(send_id)s::bigint is null or s.id = %(send_id)s)
         union all
        select f.id, f.workspace_id, f.mailbox_id, b.address, f.outcome, coalesce(f.reason, ''), m.to_address,
               m.subject, f.at, null, f.purpose, f.subject_id, m.token
          from sent_mails f join mails m on m.id = f.id join mailboxes b on b.id = f.mailbox_id
         where f.outcome = 'presumed_sent'
           and (%(workspace_id)s::bigint is null or f.workspace_id = %(workspace_id)s)
           and (%(send_id)s::bigint is null or f.id = %(send_id)s)
         order by 9, 1 limit %(limit)s
        """,
        {"workspace_id": workspace_id, "send_id": send_id, "limit": limit},
    )
    return [
        UncertainSend(
            SendId(row[0]),
            row[1],
            MailboxId(row[2]),
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            row[9],
            Purpose(row[10]),
            row[11],
            row[12],
        )
        for row in await cur.fetchall()
    ]


async def doubtful_of(conn: Connection, workspace_id: int, ids: Collection[int]) -> list[Doubtful]:
    """On their way and in doubt, locked."""
    cur = await conn.execute(
        f"""
        select {_DOUBTFUL} from sends s join mails m on m.id = s.id
         where s.workspace_id = %s and s.id = any(%s) and s.state in ('uncertain', 'needs_decision')
         order by s.id for update of s
        """,
        [workspace_id, list(ids)],
    )
    return [_doubtful(row) for row in await cur.fetchall()]


async def presumed_of(conn: Connection, workspace_id: int, ids: Collection[int]) -> list[tuple[DueSend, str]]:
    """Presumed sent, with their Message-IDs, locked."""
    cur = await conn.execute(
        """
        select f.id, f.workspace_id, f.mailbox_id, f.purpose, f.subject_id, f.campaign_id, m.once_key, f.at,
               m.to_address, m.message_id
          from sent_mails f join mails m on m.id = f.id
         where f.workspace_id = %s and f.id = any(%s) and f.outcome = 'presumed_sent'
         order by f.id for update of f
        """,
        [workspace_id, list(ids)],
    )
    return [
        (DueSend(SendId(row[0]), row[1], MailboxId(row[2]), Purpose(row[3]), *row[4:9]), row[9])
        for row in await cur.fetchall()
    ]


async def confirm(conn: Connection, workspace_id: int, ids: Collection[int], *, resolved_by: str) -> None:
    """What was presumed is known."""
    await conn.execute(
        """
        update sent_mails set outcome = 'sent', resolved_by = %s
         where workspace_id = %s and id = any(%s) and outcome = 'presumed_sent'
        """,
        [resolved_by, workspace_id, list(ids)],
    )


async def take_up_again(conn: Connection, workspace_id: int, ids: Collection[int], *, now: datetime) -> None:
    """Plans mails anew that were presumed sent."""
    await conn.execute(
        """
        with back as (
          delete from sent_mails
           where workspace_id = %(workspace_id)s and id = any(%(ids)s) and outcome = 'presumed_sent'
          returning *
        ), woken as (
          insert into mailbox_wakes (mailbox_id, due_at) select distinct mailbox_id, %(now)s::timestamptz from back
        )
        insert into sends (id, workspace_id, mailbox_id, campaign_id, purpose, subject_id, priority, due_at, wanted_at,
                           tries, requeued)
        select id, workspace_id, mailbox_id, campaign_id, purpose, subject_id, 1, %(now)s, %(now)s, tries, true
          from back
        """,
        {"workspace_id": workspace_id, "ids": list(ids), "now": now},
    )


async def note_seen(conn: Connection, tokens: Collection[str], *, now: datetime) -> None:
    """Somebody has received these mails: what was in doubt about them is not any more."""
    await conn.execute(
        """
        with seen as (
          select id, workspace_id from mails where token = any(%(tokens)s)
        ), presumed as (
          update sent_mails f set outcome = 'sent', resolved_by = 'recipient'
            from seen where f.workspace_id = seen.workspace_id and f.id = seen.id and f.outcome = 'presumed_sent'
        )
        update sends s set is_seen = true, state = 'uncertain', look_at = %(now)s
          from seen where s.id = seen.id and s.state in ('uncertain', 'needs_decision')
        """,
        {"tokens": list(tokens), "now": now},
    )


# Held mailboxes.


@dataclass(frozen=True, slots=True)
class Held:
    mailbox_id: MailboxId
    workspace_id: int
    held_at: datetime
    held_from: datetime
    trusted: bool


# What this database is: its server, the server's history, and our tables' identity in it, which each restore changes.
_PLACE = """
       (select system_identifier from pg_control_system()) || ':' ||
       (select timeline_id from pg_control_checkpoint()) || ':' || 'sends'::regclass::oid
"""


async def note_watch(conn: Connection, *, gap_seconds: float) -> bool:
    """Whether somebody watched until now, in this very database. Notes that we do."""
    cur = await conn.execute(
        f"""
        update sending_watch set seen_at = clock_timestamp(), stopped = false
         where place = {_PLACE} and seen_at > clock_timestamp() - make_interval(secs => %s)
        """,
        [gap_seconds],
    )
    return cur.rowcount == 1


async def begin_watch(conn: Connection) -> tuple[datetime, bool] | None:
    """Begins to watch; None where nobody ever has.

    Else the machine time when somebody did last, and whether the last one ended in good order in this very database.
    """
    cur = await conn.execute(
        f"insert into sending_watch (seen_at, place) values (clock_timestamp(), {_PLACE}) on conflict do nothing"
    )
    if cur.rowcount:
        return None
    cur = await conn.execute(f"select seen_at, stopped and place = {_PLACE} from sending_watch for update")
    row = await cur.fetchone()
    await conn.execute(f"update sending_watch set seen_at = clock_timestamp(), stopped = false, place = {_PLACE}")
    assert row is not None
    return row[0], row[1]


async def end_watch(conn: Connection) -> None:
    """Notes a good end, where no other worker lives."""
    await conn.execute(
        """
        update sending_watch set stopped = true, seen_at = clock_timestamp()
         where not exists (select from sending_workers where alive_until > clock_timestamp())
           and not exists (select from sends where state = 'sending')
        """
    )


async def hold_all(conn: Connection, *, now: datetime, since: datetime, trusted: bool) -> int:
    """Holds every mailbox that ever had something to send. Workers that think they have one find their leases gone."""
    cur = await conn.execute(
        """
        with locked as (select mailbox_id from mailbox_turns order by mailbox_id for update)
        update mailbox_turns t
           set trusted = %(trusted)s and (t.held_at is null or t.trusted),
               held_at = %(now)s, held_from = least(t.held_from, %(since)s), compared = false, compare_at = null,
               compare_note = null
          from locked where t.mailbox_id = locked.mailbox_id
        """,
        {"now": now, "since": since, "trusted": trusted},
    )
    return cur.rowcount


async def pick_held(conn: Connection, *, limit: int, hold_seconds: float) -> list[Held]:
    """Held mailboxes to be compared now; nobody else gets them for so long."""
    cur = await conn.execute(
        """
        with due as (
          select mailbox_id from mailbox_turns
           where held_at is not null and not compared and (compare_at is null or compare_at <= clock_timestamp())
             and lease_owner is null
           order by compare_at nulls first limit %(limit)s for update skip locked
        )
        update mailbox_turns t set compare_at = clock_timestamp() + make_interval(secs => %(hold)s)
          from due where t.mailbox_id = due.mailbox_id
        returning t.mailbox_id, t.workspace_id, t.held_at, t.held_from, t.trusted
        """,
        {"limit": limit, "hold": hold_seconds},
    )
    return [Held(MailboxId(row[0]), *row[1:]) for row in await cur.fetchall()]


async def put_off_comparing(conn: Connection, mailbox_id: int, *, note: str, seconds: float) -> None:
    await conn.execute(
        """
        update mailbox_turns set compare_note = %(note)s, compare_at = clock_timestamp() + make_interval(secs => %(by)s)
         where mailbox_id = %(mailbox_id)s and held_at is not null and not compared
        """,
        {"mailbox_id": mailbox_id, "note": note, "by": seconds},
    )


async def known_tokens(conn: Connection, workspace_id: int, tokens: Collection[str]) -> dict[str, tuple[SendId, bool]]:
    """Mails of these tokens: id, and whether it is still on its way."""
    cur = await conn.execute(
        """
        select m.token, m.id, s.id is not null from mails m left join sends s on s.id = m.id
         where m.workspace_id = %s and m.token = any(%s)
        """,
        [workspace_id, list(tokens)],
    )
    return {row[0]: (SendId(row[1]), row[2]) for row in await cur.fetchall()}


async def sends_of(conn: Connection, ids: Collection[int]) -> list[DueSend]:
    cur = await conn.execute(
        """
        select s.id, s.workspace_id, s.mailbox_id, s.purpose, s.subject_id, s.campaign_id, m.once_key, s.due_at,
               m.to_address
          from sends s join mails m on m.id = s.id where s.id = any(%s) order by s.id
        """,
        [list(ids)],
    )
    return [
        DueSend(SendId(row[0]), row[1], MailboxId(row[2]), Purpose(row[3]), *row[4:]) for row in await cur.fetchall()
    ]


async def note_found(
    conn: Connection, workspace_id: int, mailbox_id: int, found: Mapping[str, str], *, now: datetime
) -> None:
    """Copies of mails this database does not know: mark -> Message-ID."""
    await conn.execute(
        """
        insert into found_sends (workspace_id, mark, mailbox_id, message_id, found_at)
        select %(workspace_id)s, w.mark, %(mailbox_id)s, w.message_id, %(now)s
          from unnest(%(marks)s::text[], %(ids)s::text[]) as w (mark, message_id)
        on conflict do nothing
        """,
        {
            "workspace_id": workspace_id,
            "mailbox_id": mailbox_id,
            "marks": list(found),
            "ids": list(found.values()),
            "now": now,
        },
    )


async def doubt_unproven(conn: Connection, held: Held, *, now: datetime) -> None:
    """What may have been sent from this mailbox in the lost time, and cannot be proven not to have been."""
    await conn.execute(
        """
        update sends set state = 'uncertain', doubt = 'restored', uncertain_at = %(now)s, look_at = %(now)s, day = null
         where mailbox_id = %(mailbox_id)s and state = 'planned' and wanted_at <= %(held_at)s
        """,
        {"mailbox_id": held.mailbox_id, "held_at": held.held_at, "now": now},
    )


async def doubt_found(conn: Connection, workspace_id: int, *, now: datetime) -> None:
    """What is planned in the workspace although a copy of the same effect was found in a Sent folder."""
    await conn.execute(
        """
        update sends s
           set state = 'uncertain', doubt = 'restored', uncertain_at = %(now)s, look_at = %(now)s, day = null
          from mails m join found_sends f on f.workspace_id = m.workspace_id and f.mark = m.mark
         where s.workspace_id = %(workspace_id)s and m.id = s.id and s.state = 'planned'
        """,
        {"workspace_id": workspace_id, "now": now},
    )


async def end_comparing(conn: Connection, held: Held, *, proven: bool) -> bool:
    """Whether this was the last held mailbox of its workspace, whose mailboxes may send again now."""
    await conn.execute(
        """
        update mailbox_turns
           set compared = true, compare_note = null,
               unproven_until = case when %(proven)s then unproven_until else greatest(unproven_until, held_at) end
         where mailbox_id = %(mailbox_id)s and held_at is not null
        """,
        {"mailbox_id": held.mailbox_id, "proven": proven},
    )
    # One after the other: of two that end together the second must see that it is the last.
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended('held mailboxes ' || %s, 0))", [str(held.workspace_id)]
    )
    cur = await conn.execute(
        "select from mailbox_turns where workspace_id = %s and held_at is not null and not compared limit 1",
        [held.workspace_id],
    )
    if await cur.fetchone() is not None:
        return False
    await conn.execute(
        """
        update mailbox_turns t
           set held_at = null, held_from = null, compared = false, compare_at = null,
               wake_at = (select min(due_at) from sends s where s.mailbox_id = t.mailbox_id and s.state = 'planned')
         where t.workspace_id = %s and t.held_at is not null
        """,
        [held.workspace_id],
    )
    await conn.execute("select pg_notify('sends', '')")
    return True


async def held_mailboxes(
    conn: Connection, workspace_id: int | None
) -> list[tuple[int, str, datetime, bool, str | None]]:
    """Mailbox, its address, since when it is held, whether it was compared, and what stands in the way."""
    cur = await conn.execute(
        """
        select t.mailbox_id, m.address, t.held_at, t.compared, t.compare_note
          from mailbox_turns t join mailboxes m on m.id = t.mailbox_id
         where t.held_at is not null and (%(workspace_id)s::bigint is null or t.workspace_id = %(workspace_id)s)
         order by t.mailbox_id
        """,
        {"workspace_id": workspace_id},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await cur.fetchall()]


async def held(conn: Connection, mailbox_id: int) -> Held | None:
    cur = await conn.execute(
        """
        select mailbox_id, workspace_id, held_at, held_from, trusted from mailbox_turns
         where mailbox_id = %s and held_at is not null and not compared for update
        """,
        [mailbox_id],
    )
    row = await cur.fetchone()
    return None if row is None else Held(MailboxId(row[0]), row[1], row[2], row[3], row[4])


async def next_due(conn: Connection, after: datetime) -> datetime | None:
    """When a mailbox has something to send next, or a doubt is looked into."""
    cur = await conn.execute(
        """
        select least(
                 (select min(wake_at) from mailbox_turns where wake_at > %(after)s),
                 (select min(due_at) from mailbox_wakes where due_at > %(after)s),
                 (select min(look_at) from sends where state = 'uncertain' and look_at > %(after)s))
        """,
        {"after": after},
    )
    row = await cur.fetchone()
    found: datetime | None = row[0] if row else None
    return found


async def all_done(conn: Connection, now: datetime) -> bool:
    """Whether nothing is under way, and nothing due by `now` could go out or be looked for at this moment."""
    cur = await conn.execute(
        """
        select not exists (select from sends where state in ('claimed', 'sending'))
           and not exists (select from sends where state = 'uncertain' and look_at <= %(now)s)
           and not exists (
                 select from sends s join mailbox_turns t using (mailbox_id) join mailboxes m on m.id = s.mailbox_id
                  where s.state = 'planned' and s.due_at <= %(now)s and t.next_free_at <= %(now)s and t.held_at is null
                    and (t.retry_at is null or t.retry_at <= clock_timestamp()) and m.state = 'active'
                    and (t.wake_at <= %(now)s or t.lease_owner is not null
                         or exists (select from mailbox_wakes w where w.mailbox_id = s.mailbox_id)))
        """,
        {"now": now},
    )
    row = await cur.fetchone()
    return bool(row and row[0])
