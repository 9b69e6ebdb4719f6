"""Tracking domains of the users' own: added, shown to be theirs, used by new letters.

A domain is theirs when a TXT record says so, and it is used once it leads here: only then does a reader's click arrive.

    _fairlead.track.example.com.  TXT    "fairlead-domain=PROOF"
    track.example.com.            CNAME  the host of FAIRLEAD_PUBLIC_URL
"""

from urllib.parse import urlsplit

import psycopg

from fairlead import __version__
from fairlead.campaigns.tracking import store
from fairlead.campaigns.tracking.certificates import NoCertificate, ensure_certificate
from fairlead.campaigns.tracking.model import DomainState, TrackingDomain
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotFound
from fairlead.kit.text import domain_key
from fairlead.kit.tokens import new_token
from fairlead.net.answers import Found
from fairlead.net.errors import NetworkFailure
from fairlead.net.fetch import Limits
from fairlead.world import World

PROOF_LENGTH = 32
MOST_DOMAINS = 50
TRIES_AFTER_ORDER = 5
RECORD = "_fairlead"
PROOF_PATH = "/.well-known/fairlead-domain/"
LIMITS = Limits(total_seconds=10.0, connect_seconds=5.0, redirects=0, body_bytes=1_000, cut_body=True)


def txt_record(domain: TrackingDomain) -> tuple[str, str]:
    """Name and value of the record that proves whose it is."""
    return f"{RECORD}.{domain.domain}", f"fairlead-domain={domain.proof}"


def base_url(world: World, verified: str | None) -> str:
    """Under which address a letter's pixel and links are made: a verified domain's, or this server's own."""
    if verified is None:
        return world.public_url
    own = urlsplit(world.public_url)
    # Encrypted as the server itself is; in a sandbox nothing is.
    return f"{own.scheme}://{verified}" + (f":{own.port}" if own.port and world.mode == "sandbox" else "")


async def add_domain(world: World, workspace_id: int, domain: str) -> TrackingDomain:
    """A domain that waits to be shown to be theirs. Raises `Invalid`, `Conflict`, `LimitReached`."""
    try:
        name = domain_key(domain)
    except ValueError:
        raise Invalid("bad_domain", f"{domain!r} is not a host name.", field="domain") from None
    if name == urlsplit(world.public_url).hostname:
        raise Invalid("bad_domain", "This is the address of the server itself; it needs no proof.", field="domain")
    async with world.db.transaction() as conn:
        known = await store.domains(conn, workspace_id)
        if len(known) >= MOST_DOMAINS:
            raise LimitReached("too_many_domains", f"A workspace has at most {MOST_DOMAINS} tracking domains.")
        made = await store.insert_domain(
            conn,
            workspace_id=workspace_id,
            domain=name,
            proof=new_token(world.random, PROOF_LENGTH),
            now=world.clock.now(),
        )
        if not made:
            raise Conflict("domain_exists", f"{name} is a tracking domain of this workspace already.", field="domain")
        return await _domain(conn, workspace_id, name)


async def remove_domain(conn: Connection, workspace_id: int, domain: str) -> None:
    """New letters no longer use it; links that are out go on working as long as it leads here. Raises `NotFound`."""
    removed = await store.set_domain_state(
        conn, workspace_id=workspace_id, domain=domain, state=DomainState.REMOVED, problem=None, now=None
    )
    if not removed:
        raise NotFound("domain_not_found", "There is no such tracking domain.", field="domain")


async def verified_domain(conn: Connection, workspace_id: int) -> str | None:
    """The domain that new letters of a workspace use: the first one that leads here."""
    found = await store.domains(conn, workspace_id)
    return next((domain.domain for domain in found if domain.state is DomainState.VERIFIED), None)


async def check_domain(world: World, workspace_id: int, domain: str) -> TrackingDomain:
    """Looks whether the domain is theirs and leads here, and notes down what it found.

    Raises `NotFound`, and `Conflict` where another workspace uses it.
    """
    async with world.db.statement() as conn:
        known = await _domain(conn, workspace_id, domain)
    problem = await _problem(world, known)
    state = DomainState.PENDING if problem else DomainState.VERIFIED
    try:
        async with world.db.transaction() as conn:
            await store.set_domain_state(
                conn, workspace_id=workspace_id, domain=domain, state=state, problem=problem, now=world.clock.now()
            )
            return await _domain(conn, workspace_id, domain)
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(
            "domain_taken", f"{domain} is in use by another workspace of this server.", field="domain"
        ) from error


async def proof_text(world: World, proof: str) -> str | None:
    """What this server answers under `PROOF_PATH`: the proof itself where it gave that out."""
    if len(proof) != PROOF_LENGTH:
        return None
    async with world.db.statement() as conn:
        return proof if await store.proof_known(conn, proof) else None


async def _domain(conn: Connection, workspace_id: int, name: str) -> TrackingDomain:
    for domain in await store.domains(conn, workspace_id):
        if domain.domain == name:
            return domain
    raise NotFound("domain_not_found", "There is no such tracking domain.", field="domain")


async def _problem(world: World, domain: TrackingDomain) -> str | None:
    """What is wrong, in words; None when all is well."""
    name, value = txt_record(domain)
    answer = await world.dns.txt(name)
    texts = [text.strip() for text in answer.records] if isinstance(answer, Found) else []
    if value not in texts:
        return f'{name} has no TXT record "{value}".'
    if problem := await _does_not_lead_here(world, domain, "http"):
        return problem
    if not world.public_url.startswith("https:"):
        return None
    # A proxy of the user's may hold a certificate already; otherwise we order one.
    if await _does_not_lead_here(world, domain, "https") is None:
        return None
    try:
        await ensure_certificate(world, domain.domain)
    except NoCertificate as error:
        return str(error)
    # The servers that show it read it when they are first asked for its name.
    for _ in range(TRIES_AFTER_ORDER):
        await world.timer.sleep(1.0)
        if (problem := await _does_not_lead_here(world, domain, "https")) is None:
            return None
    return problem


async def _does_not_lead_here(world: World, domain: TrackingDomain, scheme: str) -> str | None:
    start, host = f"{scheme}://{domain.domain}", urlsplit(world.public_url).hostname
    url = f"{start}{PROOF_PATH}{domain.proof}"
    try:
        response = await world.fetch.request("GET", url, user_agent=f"Fairlead/{__version__}", limits=LIMITS)
    except NetworkFailure as error:
        return f"{start} does not answer ({str(error).rstrip('.')}); point it at {host}."
    if response.status in (301, 302, 307, 308):
        return f"{start} redirects; let it pass {PROOF_PATH} through to this server."
    if response.status != 200 or response.body.strip() != domain.proof.encode():
        return f"{start} leads to another server; point it at {host}."
    return None
