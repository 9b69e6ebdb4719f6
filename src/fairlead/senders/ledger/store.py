"""The SQL of planning and of asking the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.db import Connection
from fairlead.senders.ledger import letters
from fairlead.senders.model import MailboxId, MailWords, Purpose, Resolution, SendFacts, SendId, SentMail


@dataclass(frozen=True, slots=True)
class MailRow:
    workspace_id: int
    mailbox_id: int
    purpose: str
    subject_id: int
    campaign_id: int | None
    once_key: str
    token: str
    mark: str
    message_id: str
    to_address: str
    to_name: str
    subject: str
    letter: str
    planned_at: datetime
    due_at: datetime
    wanted_at: datetime
    priority: int


async def installation(conn: Connection) -> str:
    cur = await conn.execute("select token from instance")
    row = await cur.fetchone()
    return "" if row is None else str(row[0])


async def addresses_of_mailboxes(conn: Connection, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """By workspace and id; removed mailboxes are not among them."""
    cur = await conn.execute(
        """
        select m.workspace_id, m.id, m.address
          from unnest(%(workspaces)s::bigint[], %(ids)s::bigint[]) as wanted (workspace_id, id)
          join mailboxes m using (workspace_id, id)
         where m.deleted_at is null
        """,
        {"workspaces": [pair[0] for pair in pairs], "ids": [pair[1] for pair in pairs]},
    )
    return {(row[0], row[1]): row[2] for row in await cur.fetchall()}


async def put_files(conn: Connection, files: Mapping[tuple[int, bytes], bytes]) -> None:
    """Asks first which are there, so that a file of megabytes crosses the wire once and not with every batch."""
    if not files:
        return
    keys = sorted(files)
    cur = await conn.execute(
        """
        select workspace_id, digest from mail_files
         where (workspace_id, digest) in (select * from unnest(%s::bigint[], %s::bytea[]))
        """,
        [[key[0] for key in keys], [key[1] for key in keys]],
    )
    there = {(row[0], bytes(row[1])) for row in await cur.fetchall()}
    for key in keys:
        if key not in there:
            await conn.execute(
                "insert into mail_files (workspace_id, digest, content) values (%s, %s, %s) on conflict do nothing",
                [*key, files[key]],
            )


async def files(conn: Connection, workspace_id: int, digests: Sequence[bytes]) -> dict[bytes, bytes]:
    """Contents by digest."""
    if not digests:
        return {}
    cur = await conn.execute(
        "select digest, content from mail_files where workspace_id = %s and digest = any(%s)",
        [workspace_id, list(digests)],
    )
    return {bytes(row[0]): bytes(row[1]) for row in await cur.fetchall()}


async def insert_mails(conn: Connection, rows: Sequence[MailRow]) -> dict[str, SendId]:
    """Ids by token, of the rows whose once-key was not known."""
    cur = await conn.execute(
        """
        insert into mails (workspace_id, mailbox_id, purpose, subject_id, campaign_id, once_key, token, mark,
                           message_id, to_address, to_name, subject, letter, planned_at)
        select * from unnest(
                 %(workspace_id)s::bigint[], %(mailbox_id)s::bigint[], %(purpose)s::text[], %(subject_id)s::bigint[],
                 %(campaign_id)s::bigint[], %(once_key)s::text[], %(token)s::text[], %(mark)s::text[],
                 %(message_id)s::text[], %(to_address)s::text[], %(to_name)s::text[], %(subject)s::text[],
                 %(letter)s::text[], %(planned_at)s::timestamptz[])
        on conflict on constraint mails_once do nothing
        returning token, id
        """,
        {
            name: [getattr(row, name) for row in rows]
            for name in MailRow.__slots__
            if name not in ("due_at", "wanted_at", "priority")
        },
    )
    return {row[0]: SendId(row[1]) for row in await cur.fetchall()}


async def insert_sends(conn: Connection, planned: Sequence[tuple[MailRow, SendId]]) -> None:
    await conn.execute(
        """
        insert into sends (id, workspace_id, mailbox_id, campaign_id, purpose, subject_id, priority, due_at, wanted_at)
        select m.id, m.workspace_id, m.mailbox_id, m.campaign_id, m.purpose, m.subject_id,
               p.priority, p.due_at, p.wanted_at
          from unnest(%(ids)s::bigint[], %(priority)s::smallint[], %(due_at)s::timestamptz[],
                      %(wanted_at)s::timestamptz[]) as p (id, priority, due_at, wanted_at)
          join mails m on m.id = p.id
        """,
        {
            "ids": [mail_id for _, mail_id in planned],
            "priority": [row.priority for row, _ in planned],
            "due_at": [row.due_at for row, _ in planned],
            "wanted_at": [row.wanted_at for row, _ in planned],
        },
    )


async def meet_the_past(conn: Connection, ids: Sequence[SendId], *, now: datetime) -> None:
    """Takes out of the queue what was, or may have been, sent in a time this database has lost (see `restoring`)."""
    await conn.execute(
        """
        update sends s
           set state = 'uncertain', doubt = 'restored', uncertain_at = %(now)s, look_at = %(now)s
          from mails m
         where s.id = any(%(ids)s) and m.id = s.id
           and (exists (select from found_sends f where f.workspace_id = m.workspace_id and f.mark = m.mark)
                or exists (select from mailbox_turns t
                            where t.workspace_id = s.workspace_id and t.unproven_until >= s.wanted_at))
        """,
        {"ids": list(ids), "now": now},
    )


async def wake(conn: Connection, planned: Sequence[tuple[MailRow, SendId]]) -> None:
    """Tells the workers that these mailboxes have something to do, without a lock that a worker could hold."""
    first: dict[tuple[int, int], datetime] = {}
    for row, _ in planned:
        key = (row.mailbox_id, row.workspace_id)
        first[key] = min(first.get(key, row.due_at), row.due_at)
    if not first:
        return
    keys = sorted(first)
    given = {
        "mailboxes": [key[0] for key in keys],
        "workspaces": [key[1] for key in keys],
        "due": [first[key] for key in keys],
    }
    await conn.execute(
        """
        insert into mailbox_turns (mailbox_id, workspace_id)
        select w.* from unnest(%(mailboxes)s::bigint[], %(workspaces)s::bigint[]) as w (mailbox_id, workspace_id)
         where not exists (select from mailbox_turns t where t.mailbox_id = w.mailbox_id)
        on conflict do nothing
        """,
        given,
    )
    await conn.execute(
        """
        insert into mailbox_wakes (mailbox_id, due_at)
        select * from unnest(%(mailboxes)s::bigint[], %(due)s::timestamptz[])
        """,
        given,
    )
    await conn.execute("select pg_notify('sends', '')")


async def withdraw(conn: Connection, workspace_id: int, purpose: str, subject_ids: list[int]) -> list[int]:
    cur = await conn.execute(
        """
        with gone as (
          delete from sends
           where workspace_id = %(workspace_id)s and purpose = %(purpose)s and subject_id = any(%(subject_ids)s)
             and state in ('planned', 'claimed')
          returning id, mailbox_id, day
        ), given_back as (
          update mailbox_days d set reserved = d.reserved - g.count
            from (select mailbox_id, day, count(*) from gone where day is not null group by 1, 2) g
           where d.mailbox_id = g.mailbox_id and d.day = g.day
        )
        delete from mails using gone where mails.id = gone.id returning mails.id
        """,
        {"workspace_id": workspace_id, "purpose": purpose, "subject_ids": subject_ids},
    )
    return [row[0] for row in await cur.fetchall()]


async def planned_by_day(
    conn: Connection, workspace_id: int, mailbox_ids: Sequence[int], zones: Sequence[str], now: datetime
) -> dict[int, tuple[int, int, int, datetime | None]]:
    """Of each mailbox: reserved today, planned for today (and overdue), planned for tomorrow, when the last is due."""
    cur = await conn.execute(
        """
        select w.mailbox_id, coalesce(d.reserved, 0), p.today, p.tomorrow, p.last_due
          from unnest(%(ids)s::bigint[], %(zones)s::text[]) as w (mailbox_id, zone)
         cross join lateral (select (%(now)s at time zone w.zone)::date as today) t
          left join mailbox_days d on d.mailbox_id = w.mailbox_id and d.day = t.today
         cross join lateral (
               select count(*) filter (where (s.due_at at time zone w.zone)::date <= t.today) as today,
                      count(*) filter (where (s.due_at at time zone w.zone)::date = t.today + 1) as tomorrow,
                      max(s.due_at) as last_due
                 from sends s
                where s.workspace_id = %(workspace_id)s and s.mailbox_id = w.mailbox_id and s.state = 'planned') p
        """,
        {"workspace_id": workspace_id, "ids": list(mailbox_ids), "zones": list(zones), "now": now},
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in await cur.fetchall()}


async def free_times(conn: Connection, workspace_id: int, mailbox_ids: Sequence[int]) -> dict[int, datetime]:
    """When each mailbox may send next; those that never sent are not among them."""
    cur = await conn.execute(
        """
        select mailbox_id, next_free_at from mailbox_turns
         where workspace_id = %s and mailbox_id = any(%s) and next_free_at > '-infinity'
        """,
        [workspace_id, list(mailbox_ids)],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


async def mail(conn: Connection, workspace_id: int, send_id: int) -> tuple[str, str, str] | None:
    """Message-ID as the provider stored it, subject and letter."""
    cur = await conn.execute(
        """
        select coalesce(f.stored_id, m.message_id), m.subject, m.letter
          from mails m left join sent_mails f on f.workspace_id = m.workspace_id and f.id = m.id
         where m.workspace_id = %s and m.id = %s
        """,
        [workspace_id, send_id],
    )
    row = await cur.fetchone()
    return None if row is None else (row[0], row[1], row[2])


@dataclass(frozen=True, slots=True)
class SentRow:
    mailbox_id: int
    at: datetime
    letter: str
    to_address: str
    to_name: str
    message_id: str
    token: str
    mark: str


async def sent(conn: Connection, workspace_id: int, send_id: int) -> SentRow | None:
    """A mail that was sent, with all it takes to write it down once more."""
    cur = await conn.execute(
        """
        select f.mailbox_id, f.at, m.letter, m.to_address, m.to_name, m.message_id, m.token, m.mark
          from sent_mails f join mails m on m.id = f.id
         where f.workspace_id = %s and f.id = %s and f.outcome = 'sent'
        """,
        [workspace_id, send_id],
    )
    row = await cur.fetchone()
    return None if row is None else SentRow(*row)


async def facts_of_tokens(conn: Connection, tokens: Collection[str]) -> dict[str, SendFacts]:
    cur = await conn.execute(
        """
        select m.token, m.workspace_id, m.id, m.mailbox_id, m.purpose, m.subject_id, m.campaign_id, m.to_address,
               coalesce(f.at, s.marked_at)
          from mails m
          left join sent_mails f on f.workspace_id = m.workspace_id and f.id = m.id and f.outcome <> 'failed'
          left join sends s on s.id = m.id
         where m.token = any(%s)
        """,
        [list(tokens)],
    )
    return {
        row[0]: SendFacts(row[1], SendId(row[2]), MailboxId(row[3]), Purpose(row[4]), row[5], row[6], row[7], row[8])
        for row in await cur.fetchall()
    }


async def words_of(conn: Connection, sends: Collection[tuple[int, int]]) -> dict[int, MailWords]:
    cur = await conn.execute(
        """
        select m.id, b.address, m.to_address, m.to_name, m.subject, m.letter, coalesce(f.stored_id, m.message_id)
          from unnest(%(workspaces)s::bigint[], %(ids)s::bigint[]) as wanted (workspace_id, id)
          join mails m on m.workspace_id = wanted.workspace_id and m.id = wanted.id
          join mailboxes b on b.workspace_id = m.workspace_id and b.id = m.mailbox_id
          left join sent_mails f on f.workspace_id = m.workspace_id and f.id = m.id
        """,
        {"workspaces": [pair[0] for pair in sends], "ids": [pair[1] for pair in sends]},
    )
    return {
        number: MailWords(sender, address, name, subject, letters.words(letter), message_id)
        for number, sender, address, name, subject, letter, message_id in await cur.fetchall()
    }


async def tokens_of_stored_ids(conn: Connection, message_ids: Collection[str]) -> dict[str, str]:
    """Tokens of the mails to which the provider gave these ids."""
    cur = await conn.execute(
        """
        select f.stored_id, m.token from sent_mails f join mails m on m.id = f.id where f.stored_id = any(%s)
        """,
        [list(message_ids)],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


async def sent_page(
    conn: Connection, workspace_id: int, campaign_id: int | None, *, limit: int, offset: int
) -> list[SentMail]:
    """The newest first."""
    cur = await conn.execute(
        """
        select f.id, f.mailbox_id, f.campaign_id, f.purpose, f.subject_id, f.outcome, f.at, f.resolved_by, m.to_address,
               m.to_name, m.subject, coalesce(f.stored_id, m.message_id), f.reason, f.tries
          from sent_mails f join mails m on m.id = f.id
         where f.workspace_id = %(workspace_id)s and f.outcome <> 'failed'
           and (%(campaign_id)s::bigint is null or f.campaign_id = %(campaign_id)s)
         order by f.at desc, f.id desc limit %(limit)s offset %(offset)s
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "limit": limit, "offset": offset},
    )
    return [
        SentMail(
            SendId(row[0]),
            MailboxId(row[1]),
            row[2],
            Purpose(row[3]),
            row[4],
            row[5],
            row[6],
            Resolution(row[7]),
            *row[8:],
        )
        for row in await cur.fetchall()
    ]


async def next_planned(
    conn: Connection, workspace_id: int, *, campaign_id: int | None, mailbox_id: int | None, subject_id: int | None
) -> tuple[int, datetime | None]:
    cur = await conn.execute(
        """
        select count(*), min(greatest(s.due_at, t.next_free_at))
          from sends s left join mailbox_turns t on t.mailbox_id = s.mailbox_id
         where s.workspace_id = %(workspace_id)s and s.state in ('planned', 'claimed', 'sending')
           and (%(campaign_id)s::bigint is null or s.campaign_id = %(campaign_id)s)
           and (%(mailbox_id)s::bigint is null or s.mailbox_id = %(mailbox_id)s)
           and (%(subject_id)s::bigint is null or (s.purpose = 'campaign' and s.subject_id = %(subject_id)s))
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "mailbox_id": mailbox_id, "subject_id": subject_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0]), row[1]
