"""Purposes that have nobody above who would object: tests to oneself, answers a person wrote, notices of ours."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import NewEvent
from fairlead.senders.model import DueSend, Failed, Go, Permission, PresumedSent, Purpose, SendId, Sent, Settled


class Plain:
    """They may always go; what becomes of them is an event."""

    def __init__(self, purpose: Purpose) -> None:
        self._purpose = purpose

    async def allow(self, conn: Connection, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        return {send.id: Go() for send in sends}

    async def settled(self, conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
        await events.record_many(
            conn, [self._event(one) for one in settled if isinstance(one.outcome, Sent | PresumedSent | Failed)]
        )

    def _event(self, one: Settled) -> NewEvent:
        body = {
            "send_id": one.send_id,
            "mailbox_id": one.mailbox_id,
            "purpose": self._purpose,
            "subject_id": one.subject_id,
            "email": one.to_address,
        }
        if isinstance(one.outcome, Failed):
            body |= {"reason": one.outcome.reason, "hard": one.outcome.hard, "code": one.outcome.code}
        kind = "email_failed" if isinstance(one.outcome, Failed) else "email_sent"
        return NewEvent(one.workspace_id, kind, one.at, body)
