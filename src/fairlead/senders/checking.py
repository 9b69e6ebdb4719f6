"""Does a mailbox work? Its servers are really asked: connected to, logged in to, and left again."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fairlead.jobs.model import Job, Postpone
from fairlead.kit.refusals import NotFound
from fairlead.net.imap import ImapFailure, ImapSession
from fairlead.net.mail_login import NotConnected
from fairlead.net.smtp import SmtpSession, Times
from fairlead.senders import providers, store
from fairlead.senders.connecting import reading, submission
from fairlead.senders.model import Auth, Check, CheckStatus, Mailbox, Provider, SentCopies
from fairlead.senders.states import mailbox as mailbox_of
from fairlead.world import World

# Machine time: somebody is waiting for the answer.
TIMES: Final = Times(connect_seconds=10.0, opening_seconds=15.0, reply_seconds=10.0)
CHECK_SECONDS: Final = 25.0
# Business time for which a result is given again without asking: what failed may have been put right meanwhile.
VALID_FOR: Final = timedelta(hours=1)
INVALID_FOR: Final = timedelta(minutes=1)

SENT_MISSING: Final = "No Sent folder: the server has none, so copies of what is sent cannot be kept there."

BORROWED: Final = (
    "Not a server of the domain: recipients refuse mail from {domain} that comes through {host}; "
    "send by the provider's own."
)


@dataclass(frozen=True)
class _Result:
    check: Check
    provider: Provider | None = None
    has_sent_folder: bool = False


async def check(world: World, workspace_id: int, mailbox_id: int) -> Mailbox:
    """The mailbox after both its servers were asked. Raises `NotFound`."""
    async with world.db.statement() as conn:
        mailbox = await mailbox_of(conn, workspace_id, mailbox_id)
        secrets = await store.secrets(conn, workspace_id, mailbox_id)
    if secrets is None:
        raise NotFound("unknown_mailbox", f"There is no mailbox {mailbox_id}.", field="mailbox_id")
    async with asyncio.TaskGroup() as group:
        smtp_task = group.create_task(_within_time(_check_smtp(world, mailbox)))
        imap_task = group.create_task(_within_time(_check_imap(world, mailbox)))
    smtp, imap = smtp_task.result(), imap_task.result()
    provider = await _provider(world, mailbox, smtp, imap)
    async with world.db.transaction() as conn:
        await store.keep_check(
            conn,
            workspace_id,
            mailbox_id,
            check_number=secrets.check_number,
            smtp=smtp.check,
            imap=imap.check if mailbox.imap is not None else None,
            provider=provider,
            sent_copies=_copies(mailbox, smtp, imap),
            now=world.clock.now(),
        )
        return await mailbox_of(conn, workspace_id, mailbox_id)


async def up_to_date(world: World, workspace_id: int, mailbox_id: int) -> Mailbox:
    """The mailbox with a check that is not too old: a new one where it is pending, or was done a while ago."""
    async with world.db.statement() as conn:
        mailbox = await mailbox_of(conn, workspace_id, mailbox_id)
    statuses = {mailbox.smtp_check.status, *([mailbox.imap_check.status] if mailbox.imap_check else [])}
    lasts = INVALID_FOR if CheckStatus.INVALID in statuses else VALID_FOR
    if CheckStatus.PENDING not in statuses and mailbox.checked_at is not None:
        age = world.clock.now() - mailbox.checked_at
        if age < lasts:
            return mailbox
    return await check(world, workspace_id, mailbox_id)


async def run_check(world: World, job: Job) -> Postpone | None:
    """The handler of jobs of the kind `CHECK`."""
    try:
        await check(world, int(job.payload["workspace_id"]), int(job.payload["mailbox_id"]))
    except NotFound:
        return None  # removed meanwhile
    return None


async def _within_time(asking: Awaitable[_Result]) -> _Result:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await asking
    except TimeoutError:
        return _invalid(f"No answer: the check was given up after {CHECK_SECONDS:.0f} seconds.")


async def _check_smtp(world: World, mailbox: Mailbox) -> _Result:
    by_name = providers.by_host(mailbox.smtp.host)
    opened = await submission(world, mailbox, times=TIMES)
    match opened:
        case SmtpSession():
            found = by_name or providers.by_greeting(opened.banner)
            await opened.close()
            if mailbox.auth is Auth.PASSWORD and providers.is_borrowed(mailbox.address, mailbox.smtp.host):
                domain = mailbox.address.rpartition("@")[2]
                return _invalid(BORROWED.format(domain=domain, host=mailbox.smtp.host), found)
            return _Result(Check(CheckStatus.VALID), found)
        case NotConnected(sentence=sentence):
            return _invalid(sentence, by_name)


async def _check_imap(world: World, mailbox: Mailbox) -> _Result:
    if mailbox.imap is None:
        return _Result(Check(CheckStatus.VALID))
    opened = await reading(world, mailbox)
    match opened:
        case ImapSession():
            return await _look_around(opened)
        case NotConnected(sentence=sentence):
            return _invalid(sentence)


async def _look_around(session: ImapSession) -> _Result:
    try:
        await session.select("INBOX", read_only=True)
        sent = await session.sent_folder()
        provider = Provider.GMAIL if session.is_gmail else None
        if sent is None:
            return _invalid(SENT_MISSING, provider)
        return _Result(Check(CheckStatus.VALID), provider, has_sent_folder=True)
    except ImapFailure as failure:
        return _invalid(f"The folders cannot be opened: {session.host} said {failure}")
    finally:
        await session.close()


async def _provider(world: World, mailbox: Mailbox, smtp: _Result, imap: _Result) -> Provider:
    if mailbox.auth is Auth.OAUTH:
        return mailbox.provider  # whoever gave the token
    found = smtp.provider or imap.provider
    if found is None:
        found = await providers.by_exchanger(world.dns, mailbox.address.rpartition("@")[2])
    return providers.first(found)


def _copies(mailbox: Mailbox, smtp: _Result, imap: _Result) -> SentCopies:
    if mailbox.imap is None:
        return SentCopies.NONE
    if imap.check.status is not CheckStatus.VALID:
        # What was learned when it worked stays true; a server that is away has not changed its ways.
        return mailbox.sent_copies if imap.check.errors != (SENT_MISSING,) else SentCopies.NONE
    if mailbox.auth is Auth.OAUTH:
        return providers.copies(mailbox.provider, mailbox.smtp, has_sent_folder=imap.has_sent_folder)
    provider = smtp.provider if smtp.check.status is CheckStatus.VALID else providers.by_host(mailbox.smtp.host)
    return providers.copies(provider, mailbox.smtp, has_sent_folder=imap.has_sent_folder)


def _invalid(sentence: str, provider: Provider | None = None) -> _Result:
    return _Result(Check(CheckStatus.INVALID, (sentence,)), provider)
