"""The addresses of a person of the lead database. Contract endpoints 6 and 14."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final

from fairlead.accounts.actions import request_key
from fairlead.corpus import actions as corpus
from fairlead.corpus.model import KnownAddress, KnownPerson
from fairlead.finder.finding import address_of
from fairlead.finder.model import Done, Sought, Task
from fairlead.finder.names import from_parts
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import SmtpStatus, Verdict
from fairlead.world import World

# Of somebody with many addresses the surest are looked at.
MOST_LOOKED_AT: Final = 5
# Below this an address is known to be dead: it bounced.
_LEAST_CONFIDENCE: Final = 10
_WRITING_SECONDS: Final = 5.0


def charge(kind: str, request: dict[str, Any]) -> str:
    return request_key("prospect-emails" if kind == "person_emails" else "database-emails", request["person_id"])


async def emails_work(world: World, task: Task) -> Done:
    """{"at": ISO time, "first_name", "last_name", "profile", "emails": [[address, valid or unknown]]}."""
    async with world.db.statement() as conn:
        person = await corpus.find_person(conn, task.workspace_id, task.request["person_id"])
        known = []
        if person is not None:
            known = await corpus.addresses_of_person(conn, task.workspace_id, person.id, world.clock.now())
    until = world.timer.monotonic() + task.seconds_left - _WRITING_SECONDS
    emails = await _alive(world, known, seconds=until - world.timer.monotonic())
    if not emails and person is not None and person.domain:
        sought = Sought(from_parts(person.first_name, person.last_name), person.domain)
        found = await address_of(world, task.workspace_id, sought, seconds=max(1.0, until - world.timer.monotonic()))
        if found is not None and found.smtp_status is not SmtpStatus.NOT_VALID:
            emails = [(found.address, found.smtp_status.value)]
    return Done(_result(world, person, emails), [charge(task.kind, task.request)] if emails else [])


def _result(world: World, person: KnownPerson | None, emails: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "at": world.clock.now().isoformat(),
        "first_name": person.first_name if person else "",
        "last_name": person.last_name if person else "",
        "profile": person.profile if person else None,
        "emails": [list(email) for email in emails],
    }


async def _alive(world: World, known: Sequence[KnownAddress], *, seconds: float) -> list[tuple[str, str]]:
    """(address, status) of those no server denied: the valid ones, else those nobody could tell of."""
    asked = [address.address for address in known if not address.generic and address.confidence >= _LEAST_CONFIDENCE][
        :MOST_LOOKED_AT
    ]
    if not asked:
        return []
    verdicts: dict[str, Verdict] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(1.0, seconds)):
            async for verdict in verifier.verify_now(world, asked):
                verdicts[verdict.address] = verdict
    statuses = dict.fromkeys(asked, SmtpStatus.UNKNOWN)
    statuses |= {address: verdict.smtp_status for address, verdict in verdicts.items()}
    for wanted in (SmtpStatus.VALID, SmtpStatus.UNKNOWN):
        if found := [(address, wanted.value) for address in asked if statuses[address] is wanted]:
            return found
    return []
