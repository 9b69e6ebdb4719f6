"""All that runs in the background: what each kind of job does, and what is done every so often."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from fairlead.accounts import actions as accounts
from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.tracking import actions as tracking
from fairlead.corpus.crawling import work as crawling
from fairlead.db.pool import Connection
from fairlead.engine.periodic import Periodic
from fairlead.events import actions as events
from fairlead.finder import actions as finder
from fairlead.jobs.model import Job, Postpone
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders
from fairlead.verifier import actions as verifier
from fairlead.webhooks import actions as webhooks
from fairlead.world import World

# A handler returns when the job is done, or says until when to postpone it; an exception is a failed try. It may run
# twice, after a crash or when its process stood still: what must happen once is done in a transaction that ends with
# `jobs.finish(conn, job)`, or under a once-key.
Handler: TypeAlias = Callable[[World, Job], Awaitable[Postpone | None]]


async def _make_event_months(conn: Connection, now: datetime) -> None:
    await events.make_months(conn, now)


async def _renew_periods(conn: Connection, now: datetime) -> None:
    await accounts.renew_periods(conn, now)


async def _release_forgotten(conn: Connection, now: datetime) -> None:
    await accounts.release_forgotten(conn, now)


async def _forget_old_access(conn: Connection, now: datetime) -> None:
    await accounts.forget_old_access(conn)


async def _forget_old_verdicts(conn: Connection, now: datetime) -> None:
    await verifier.forget_old(conn, now)


async def _forget_old_deliveries(conn: Connection, now: datetime) -> None:
    await webhooks.forget_old(conn, now)


async def _forget_old_searches(conn: Connection, now: datetime) -> None:
    await finder.forget_old(conn, now)


async def _forget_old_hits(conn: Connection, now: datetime) -> None:
    await tracking.forget_old_hits(conn, now)


async def _forget_old_hosts(conn: Connection, now: datetime) -> None:
    await crawling.forget_old_hosts(conn)


HANDLERS: dict[str, Handler] = {
    enrollments.ENROLL: enrollments.enroll_list,
    senders.CHECK: senders.run_check,
    verifier.WORK: verifier.work_on_batch,
    verifier.RETRY: verifier.ask_again,
    senders.COPY: senders.keep_copy,
    finder.WORK: finder.work_on_task,
    prospects.EVIDENCE: prospects.take_in_prospects,
    crawling.CRAWL: crawling.work_on_crawl,
    tracking.JUDGE: tracking.judge_hits,
    tracking.RENEW: tracking.renew_certificates,
}

PERIODIC: tuple[Periodic, ...] = (
    Periodic("event months", timedelta(hours=1), _make_event_months),
    Periodic("workspace periods", timedelta(minutes=1), _renew_periods),
    Periodic("forgotten reservations", timedelta(hours=1), _release_forgotten),
    Periodic("ended access", timedelta(hours=1), _forget_old_access),
    Periodic("old verdicts", timedelta(days=1), _forget_old_verdicts),
    Periodic("old deliveries", timedelta(days=1), _forget_old_deliveries),
    Periodic("prospects as evidence", timedelta(hours=1), prospects.ask_for_evidence),
    Periodic("old searches", timedelta(days=1), _forget_old_searches),
    Periodic("old hosts", timedelta(days=1), _forget_old_hosts),
    Periodic("old hits", timedelta(days=1), _forget_old_hits),
    Periodic("certificates", timedelta(days=1), tracking.ask_for_renewals),
)
