"""Prospects are evidence too: what a workspace knows of people it wrote to or means to, for its own searches."""

from datetime import datetime, timedelta
from typing import Final

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import WorkspaceId
from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import AddressFinding, Method, PageFindings, PersonFinding
from fairlead.corpus.model import Source, SourceKind
from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, Priority
from fairlead.kit.profiles import NETWORKS
from fairlead.prospects.store import evidence as store
from fairlead.prospects.store.evidence import Seen
from fairlead.world import World

WORK: Final = "prospects.evidence"
TOGETHER: Final = 5_000
# Business time. Ids are given out before they are committed: by then no lower one can still appear.
SETTLED_AFTER: Final = timedelta(minutes=10)


async def ask_for_evidence(conn: Connection, now: datetime) -> None:
    """Puts in the job that takes new prospects in, unless one is there."""
    await jobs.enqueue(conn, WORK, {}, due_at=now, priority=Priority.BULK, once_key=WORK)


async def take_in_prospects(world: World, job: Job) -> None:
    """Records every prospect made since the last run as private evidence of its workspace."""
    async with world.db.statement() as conn:
        workspaces = await accounts.workspaces(conn)
    for workspace in workspaces:
        while await _take_in_some(world, workspace.id):
            pass


async def _take_in_some(world: World, workspace_id: WorkspaceId) -> bool:
    """Whether there may be more."""
    async with world.db.transaction() as conn:
        after = await store.position_for_update(conn, workspace_id)
        now = world.clock.now()
        rows = await store.next_prospects(
            conn, workspace_id, after=after, made_before=now - SETTLED_AFTER, limit=TOGETHER
        )
        if not rows:
            return False
        source = Source(SourceKind.PROSPECT, f"prospects {after + 1} to {rows[-1].id}", now, "", workspace_id)
        await corpus.record(conn, source, [findings(row) for row in rows], now)
        await store.move_position(conn, workspace_id, rows[-1].id)
    return len(rows) == TOGETHER


def findings(row: Seen) -> PageFindings:
    person = None
    if row.first_name or row.last_name or row.name:
        domain = None
        if row.company_site:
            try:
                domain = corpus.normalized_domain(row.company_site)
            except ValueError:
                domain = None
        person = PersonFinding(
            name=row.name or f"{row.first_name} {row.last_name}".strip(),
            first_name=row.first_name,
            last_name=row.last_name,
            method=Method.PROSPECT,
            position=row.position,
            address=row.email_key,
            social=tuple(link for network, link in row.social.items() if network in NETWORKS.values()),
            phone=row.phones[0] if row.phones else None,
            company=row.company_name,
            company_domain=domain if domain is not None and not corpus.is_private_mail(domain) else None,
        )
    addresses: tuple[AddressFinding, ...] = ()
    if row.email_key is not None:
        addresses = (AddressFinding(row.email_key, Method.PROSPECT, person=None if person is None else 0),)
    return PageFindings(
        f"prospect {row.id}", row.changed_at, "", addresses, () if person is None else (person,)
    )
