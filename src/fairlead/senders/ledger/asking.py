"""What is asked of the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from fairlead.db import Connection
from fairlead.kit.refusals import NotFound
from fairlead.senders import store as mailbox_store
from fairlead.senders.ledger import letters, names, store
from fairlead.senders.model import (
    Letter,
    Mailbox,
    MailboxId,
    MailboxState,
    MailWords,
    Room,
    SendFacts,
    SentMail,
    Thread,
)
from fairlead.senders.pacing import local_day

# RFC 5322 sets no limit; this keeps the header line of a long thread within what servers take.
REFERENCES_KEPT = 20


async def room_left(
    conn: Connection, workspace_id: int, mailbox_ids: Sequence[int], *, now: datetime
) -> dict[MailboxId, Room]:
    """How much more each mailbox can be given; one that does not send at present has no room."""
    found = await mailbox_store.mailboxes(conn, workspace_id, mailbox_ids, deleted=False)
    counts = await store.planned_by_day(
        conn, workspace_id, [one.id for one in found], [one.time_zone for one in found], now
    )
    free = await store.free_times(conn, workspace_id, [one.id for one in found])
    rooms = {MailboxId(one): Room(0, 0, now) for one in mailbox_ids}
    for mailbox in found:
        if mailbox.state is MailboxState.ACTIVE:
            rooms[mailbox.id] = _room(mailbox, counts[mailbox.id], free.get(mailbox.id, now), now)
    return rooms


def _room(mailbox: Mailbox, counts: tuple[int, int, int, datetime | None], free_at: datetime, now: datetime) -> Room:
    reserved, today, tomorrow, last_due = counts
    day = local_day(mailbox.time_zone, now)
    gap = timedelta(seconds=(mailbox.delay.min_seconds + mailbox.delay.max_seconds) / 2)
    behind_the_last = now if last_due is None else last_due + gap
    return Room(
        today=max(0, mailbox.limit_on(day) - reserved - today),
        tomorrow=max(0, mailbox.limit_on(day + timedelta(days=1)) - tomorrow),
        next_free_at=max(now, free_at, behind_the_last),
    )


async def next_planned(
    conn: Connection,
    workspace_id: int,
    *,
    campaign_id: int | None = None,
    mailbox_id: int | None = None,
    subject_id: int | None = None,
) -> tuple[int, datetime | None]:
    """How many mails are on their way, and when the next of them goes out. `subject_id` is an enrollment's."""
    return await store.next_planned(
        conn, workspace_id, campaign_id=campaign_id, mailbox_id=mailbox_id, subject_id=subject_id
    )


async def thread_of(conn: Connection, workspace_id: int, send_id: int) -> Thread:
    """What a follow-up to this mail refers to. Raises `NotFound`."""
    message_id, subject, text = await _mail(conn, workspace_id, send_id)
    before = letters.references_of(text)
    return Thread(message_id, _shortened((*before, message_id)), subject)


def _shortened(references: tuple[str, ...]) -> tuple[str, ...]:
    """The first stays: it names the thread."""
    return references if len(references) <= REFERENCES_KEPT else (references[0], *references[1 - REFERENCES_KEPT :])


async def letter_of(conn: Connection, workspace_id: int, send_id: int) -> Letter:
    """The letter as it went out, or will. Raises `NotFound`."""
    _, _, text = await _mail(conn, workspace_id, send_id)
    return letters.letter(text, await store.files(conn, workspace_id, letters.files_of(text)))


async def _mail(conn: Connection, workspace_id: int, send_id: int) -> tuple[str, str, str]:
    found = await store.mail(conn, workspace_id, send_id)
    if found is None:
        raise NotFound("unknown_send", f"There is no mail {send_id}.")
    return found


async def words_of(conn: Connection, sends: Collection[tuple[int, int]]) -> dict[int, MailWords]:
    """How these mails read, by their ids; `sends` are workspaces and ids."""
    return await store.words_of(conn, sends) if sends else {}


async def sends_of_tokens(conn: Connection, tokens: Collection[str]) -> dict[str, SendFacts]:
    """The mails of these tokens, on their way or final. No workspace is asked: the token is the secret."""
    return await store.facts_of_tokens(conn, tokens) if tokens else {}


async def sends_of_message_ids(conn: Connection, message_ids: Collection[str]) -> dict[str, SendFacts]:
    """The mails with these Message-IDs (brackets or not), by the ids as given: our own ids, and those of providers."""
    bare = {given: given.strip().strip("<>") for given in message_ids}
    tokens = {given: token for given, name in bare.items() if (token := names.token_of_message_id(name)) is not None}
    facts = await sends_of_tokens(conn, set(tokens.values()))
    found = {given: facts[token] for given, token in tokens.items() if token in facts}
    left = {given: name for given, name in bare.items() if given not in found}
    if left:
        stored = await store.tokens_of_stored_ids(conn, set(left.values()))
        facts = await sends_of_tokens(conn, set(stored.values()))
        found |= {given: facts[stored[name]] for given, name in left.items() if name in stored}
    return found


async def sent_mails(
    conn: Connection, workspace_id: int, campaign_id: int | None = None, *, limit: int = 10_000, offset: int = 0
) -> list[SentMail]:
    """What was sent, or is presumed to be, the newest first."""
    return await store.sent_page(conn, workspace_id, campaign_id, limit=limit, offset=offset)
