"""What may be asked of tracking.

A hit is answered at once and spooled, copied to the database within a second, and judged a little later, when others of
the same mail have had time to come: a program that follows every link shows itself by the second one.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.model import Signal, StopReason
from fairlead.campaigns.tracking import certificate_store, store
from fairlead.campaigns.tracking.certificate_store import Certificate
from fairlead.campaigns.tracking.certificates import NoCertificate, ensure_certificate
from fairlead.campaigns.tracking.classes import classify
from fairlead.campaigns.tracking.domains import (
    add_domain,
    base_url,
    check_domain,
    proof_text,
    remove_domain,
    txt_record,
    verified_domain,
)
from fairlead.campaigns.tracking.links import Links
from fairlead.campaigns.tracking.model import COUNTED, Hit, HitClass, HitKind, TrackingDomain
from fairlead.campaigns.tracking.spool import Chunk, Spool
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import NewEvent
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, Postpone
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders
from fairlead.senders.model import Purpose, SendFacts
from fairlead.world import World

__all__ = [
    "JUDGE",
    "RENEW",
    "Chunk",
    "Links",
    "Spool",
    "acme_proof",
    "add_domain",
    "ask_for_renewals",
    "base_url",
    "certificates",
    "check_domain",
    "domain_proof",
    "domains",
    "forget_old_hits",
    "judge_hits",
    "keep_hits",
    "remove_domain",
    "renew_certificates",
    "txt_record",
    "unsubscribe",
    "verified_domain",
]

log = logging.getLogger("fairlead.tracking")

JUDGE = "tracking.judge"
RENEW = "tracking.renew"
# Business time from a hit until it is judged: longer than the spans in `classes`.
HOLD = timedelta(seconds=8)
JUDGED_AT_ONCE = 500
# How long the address and the agent of a reader are kept.
KEPT = timedelta(days=30)
UNSUBSCRIBED = "unsubscribed"
SIGNALS = {HitKind.OPEN: Signal.OPENED, HitKind.CLICK: Signal.CLICKED}

domain_proof = proof_text


async def acme_proof(world: World, token: str) -> str | None:
    """What a certificate authority is to be answered (RFC 8555, section 8.3)."""
    async with world.db.statement() as conn:
        return await certificate_store.challenge_answer(conn, token)


async def domains(conn: Connection, workspace_id: int) -> list[TrackingDomain]:
    return await store.domains(conn, workspace_id)


async def certificates(world: World) -> list[Certificate]:
    """Those of all domains in use, for the server that shows them."""
    async with world.db.statement() as conn:
        names = await store.names_in_use(conn)
        return await certificate_store.certificates(conn, world.keys, names)


async def renew_certificates(world: World, job: Job) -> None:
    """Orders anew what ends soon; what the authority refuses is tried again the next day."""
    async with world.db.statement() as conn:
        names = await store.names_in_use(conn)
        held = await certificate_store.certificates(conn, world.keys, names)
    for certificate in held:
        try:
            await ensure_certificate(world, certificate.domain)
        except NoCertificate as error:
            log.warning("%s", error)


async def ask_for_renewals(conn: Connection, now: datetime) -> None:
    """Once a day."""
    await jobs.enqueue(conn, RENEW, {}, due_at=now, once_key=RENEW)


async def keep_hits(world: World, chunk: Chunk) -> None:
    """Copies spooled hits to the database, each once however often it is tried, and lets them be judged."""
    async with world.db.transaction() as conn:
        hits = chunk.after(await store.copied_before(conn, chunk.name, chunk.end))
        tokens = {hit.token for hit in hits}
        # Who asks for its pixel has the mail, whatever was thought of its fate.
        await senders.note_seen(conn, tokens, now=world.clock.now())
        sent = await senders.sends_of_tokens(conn, tokens)
        steps = await store.steps_of_sends(conn, [(mail.workspace_id, mail.send_id) for mail in sent.values()])
        rows = []
        for hit in hits:
            # A mail that is not there was never sent by this database, or was erased with its reader.
            if (mail := sent.get(hit.token)) is None or mail.sent_at is None:
                continue
            if hit.kind is HitKind.UNSUBSCRIBE:
                await _unsubscribe(conn, mail, hit, steps.get(mail.send_id, {}))
            else:
                sent_at = {"sent_at": mail.sent_at.isoformat()}
                facts = _of_mail(mail) | steps.get(mail.send_id, {}) | sent_at
                rows.append((mail.workspace_id, int(mail.send_id), hit, facts))
        if rows:
            await store.insert_hits(conn, rows)
            first = min(hit.at for _, _, hit, _ in rows)
            await jobs.enqueue(conn, JUDGE, {}, due_at=first + HOLD, once_key=JUDGE)


async def judge_hits(world: World, job: Job) -> Postpone | None:
    """Tells people from programs and records the events `email_opened` and `email_clicked`.

    Body: campaign_id, enrollment_id, prospect_id, send_id, mailbox_id, node_key, variant_id, email, class, counted,
    first (of this kind, or of this link, that counts), and for a click link and url.
    """
    async with world.db.transaction() as conn:
        now = world.clock.now()
        due = await store.hits_to_judge(conn, until=now - HOLD, limit=JUDGED_AT_ONCE)
        if due:
            await _judge(world, conn, due, now)
        earliest = await store.earliest_to_judge(conn)
        if earliest is None:
            # In this transaction, so that hits copied from now on ask for a run of their own.
            await jobs.finish(conn, job)
            return None
    return Postpone(max(earliest + HOLD, now))


async def _judge(world: World, conn: Connection, due: Sequence[store.StoredHit], now: datetime) -> None:
    of_sends: dict[tuple[int, int], list[store.StoredHit]] = {}
    for row in await store.hits_of_sends(conn, sorted({(row.workspace_id, row.send_id) for row in due})):
        of_sends.setdefault((row.workspace_id, row.send_id), []).append(row)
    judged: list[tuple[int, HitClass]] = []
    records: list[NewEvent] = []
    seen: set[tuple[int, int, HitKind, int]] = set()
    for row in due:
        others = of_sends[row.workspace_id, row.send_id]
        assert row.facts is not None
        facts = dict(row.facts)
        sent_at = datetime.fromisoformat(facts.pop("sent_at"))
        near = [other.hit for other in others if other.id != row.id]
        found = classify(row.hit, sent_at, near, world.settings.own_networks)
        judged.append((row.id, found))
        key = (row.workspace_id, row.send_id, row.hit.kind, row.hit.link)
        counted = found in COUNTED
        first = counted and key not in seen and not _counted_before(row, others)
        if first:
            seen.add(key)
        body: dict[str, Any] = {**facts, "class": found.value, "counted": counted, "first": first}
        if row.hit.kind is HitKind.CLICK:
            body |= {"link": row.hit.link, "url": row.hit.url}
        kind = "email_clicked" if row.hit.kind is HitKind.CLICK else "email_opened"
        records.append(NewEvent(row.workspace_id, kind, row.hit.at, body))
        if counted and facts["enrollment_id"] is not None:
            await enrollments.note_signal(
                conn,
                row.workspace_id,
                facts["campaign_id"],
                facts["enrollment_id"],
                SIGNALS[row.hit.kind],
                at=row.hit.at,
                now=now,
                send_id=row.send_id,
            )
    await store.set_classes(conn, judged)
    await events.record_many(conn, records)


def _counted_before(row: store.StoredHit, others: Sequence[store.StoredHit]) -> bool:
    return any(
        other.hit_class in COUNTED and other.hit.kind is row.hit.kind and other.hit.link == row.hit.link
        for other in others
    )


async def unsubscribe(world: World, hit: Hit) -> None:
    """The reader of a mail wants no more: on the do-not-email list, and out of every sequence, before this returns."""
    async with world.db.transaction() as conn:
        mail = (await senders.sends_of_tokens(conn, [hit.token])).get(hit.token)
        if mail is not None:
            steps = await store.steps_of_sends(conn, [(mail.workspace_id, mail.send_id)])
            await _unsubscribe(conn, mail, hit, steps.get(mail.send_id, {}))


async def _unsubscribe(conn: Connection, mail: SendFacts, hit: Hit, step: dict[str, Any]) -> None:
    # Asked for its own answer, before everything else that stops: a second wish is no second event.
    listed = await prospects.stop_emailing(
        conn, mail.workspace_id, [mail.to_address], list_id=None, now=hit.at, reason=UNSUBSCRIBED, by_recipient=True
    )
    await enrollments.stop(
        conn, mail.workspace_id, StopReason.UNSUBSCRIBED, at=hit.at, address=address_key(mail.to_address)
    )
    if listed.added:
        await events.record(conn, mail.workspace_id, UNSUBSCRIBED, hit.at, **_of_mail(mail), **step)


def _of_mail(mail: SendFacts) -> dict[str, Any]:
    """What an event says of the mail it is about."""
    return {
        "campaign_id": mail.campaign_id,
        "enrollment_id": mail.subject_id if mail.purpose is Purpose.CAMPAIGN else None,
        "send_id": mail.send_id,
        "mailbox_id": mail.mailbox_id,
        "email": mail.to_address,
    }


async def forget_old_hits(conn: Connection, now: datetime) -> int:
    """How many hits lost their address and agent for good; the events stay."""
    return await store.forget_hits(conn, before=now - KEPT)
