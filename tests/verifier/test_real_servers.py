"""The verifier and the mail servers of tests/peers: Postfix, Postfix with postgrey, Exim, OpenSMTPD."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest

from engine.engine_house import working
from fairlead.db.pool import Database
from fairlead.engine.handlers import HANDLERS
from fairlead.verifier.actions import verify_now
from fairlead.verifier.families import REJECTS_PER_SESSION
from fairlead.verifier.model import SmtpStatus, UnknownReason, Verdict
from peers import postfix
from peers.asking import Asker, asker, every_kind, mixed
from peers.internet import Class, Server, domain
from peers.running import Peers, peers  # noqa: F401 - a fixture

pytestmark = pytest.mark.system

PATIENCE_SECONDS = 60.0
# Postfix waits for so long before each reply once it has had enough.
TARPIT_SECONDS = 0.9

VALID = (SmtpStatus.VALID, None)
GONE = (SmtpStatus.NOT_VALID, None)
CATCH_ALL = (SmtpStatus.UNKNOWN, UnknownReason.CATCHALL)
BANNED = (SmtpStatus.UNKNOWN, UnknownReason.BANNED)
UNCLEAR = (SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR)
GREYLISTED = (SmtpStatus.UNKNOWN, UnknownReason.GREYLIST)
# Class -> what is right of a name somebody has, and of one nobody has.
RIGHT = {
    Class.USERS: (VALID, GONE),
    Class.VIRTUAL: (VALID, GONE),
    Class.ANYTHING: (CATCH_ALL, CATCH_ALL),
    Class.BLOCKED: (BANNED, BANNED),
    Class.REFUSED: (UNCLEAR, UNCLEAR),
    Class.CLOSED: (BANNED, BANNED),
    Class.ELSEWHERE: (UNCLEAR, UNCLEAR),
}
EXCEPTIONS = {
    # It tells a blocked client which names it does not know.
    (Server.EXIM, Class.BLOCKED): (BANNED, GONE),
}


def right(server: Server, kind: Class, *, there: bool) -> tuple[SmtpStatus, UnknownReason | None]:
    if server is Server.POSTGREY:
        return GREYLISTED
    known, unknown = EXCEPTIONS.get((server, kind), RIGHT[kind])
    return known if there else unknown


def outcome(verdict: Verdict) -> tuple[SmtpStatus, UnknownReason | None]:
    return verdict.smtp_status, verdict.unknown_reason


async def verdicts(us: Asker, addresses: Iterable[str]) -> dict[str, Verdict]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return {verdict.address: verdict async for verdict in verify_now(us.world, list(addresses))}


def matrix(rows: dict[str, Counter[str]]) -> str:
    """A table of counts: what an address is, and what was said of it."""
    columns = sorted({word for counts in rows.values() for word in counts})
    lines = ["".join([f"{'':34}", *(f"{column:>26}" for column in columns)])]
    for name, counts in rows.items():
        lines.append("".join([f"{name:34}", *(f"{counts[column] or '':>26}" for column in columns)]))
    return "\n".join(lines)


async def test_every_class_of_every_server_gets_its_verdict(
    peers: Peers,  # noqa: F811
    db: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = every_kind(Server)
    async with asker(peers, db) as us:
        found = await verdicts(us, kinds)
    rows: dict[str, Counter[str]] = {}
    wrong, false_not_valid = [], []
    for address, (server, kind, there) in kinds.items():
        status, reason = outcome(found[address])
        row = rows.setdefault(f"{server} {kind}: {'known' if there else 'unknown'}", Counter())
        row[f"{status} {reason or ''}".strip()] += 1
        if (status, reason) != right(server, kind, there=there):
            wrong.append((address, found[address].reason.word))
        # A domain that is not served has no mailboxes, whatever their names.
        if there and kind is not Class.ELSEWHERE and status is SmtpStatus.NOT_VALID:
            false_not_valid.append(address)
    with capsys.disabled():
        print(f"\nReal servers, {len(kinds)} addresses\n{matrix(rows)}\nfalse not_valid: {len(false_not_valid)}")
    assert false_not_valid == []
    assert wrong == []


async def test_default_postfix_never_gets_more_refusals_than_it_bears(
    peers: Peers,  # noqa: F811
    db: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seed = random.randrange(1_000_000)
    addresses = mixed(Server.POSTFIX, known=180, unknown=120, seed=seed)
    before = len(peers.log(Server.POSTFIX))
    async with asker(peers, db) as us:
        found = await verdicts(us, addresses)
    sessions = us.sessions
    overdrawn = [sent for session in sessions for sent in session.sent if sum(sent) > REJECTS_PER_SESSION]
    slow = [wait for session in sessions for wait in session.waits if wait >= TARPIT_SECONDS]
    log = await whole_log(peers, before, len(sessions))
    errors = errors_of_sessions(log)
    with capsys.disabled():
        print(
            f"\nPostfix, 40 % unknown, seed {seed}: {len(addresses)} addresses, {len(sessions)} sessions,"
            f" {sum(session.commands for session in sessions)} commands,"
            f" at most {max(session.most_in_the_air for session in sessions)} recipients in the air,"
            f" at most {max(session.refusals for session in sessions)} refusals by our count"
            f" and {max(errors)} errors by its own, {len(slow)} slow replies"
        )
    assert overdrawn == []
    assert slow == []
    assert max(errors) <= REJECTS_PER_SESSION
    assert "too many errors" not in log
    assert {address: outcome(verdict) for address, verdict in found.items()} == {
        address: VALID if there else GONE for address, there in addresses.items()
    }


async def whole_log(peers: Peers, before: int, sessions: int) -> str:  # noqa: F811
    """What Postfix has written since, once it has written of the end of all sessions."""
    deadline = time.monotonic() + 10
    while True:
        log = peers.log(Server.POSTFIX)[before:]
        if log.count(": disconnect from ") >= sessions or time.monotonic() > deadline:
            return log
        await asyncio.sleep(0.05)


def errors_of_sessions(log: str) -> list[int]:
    """How many commands of each session Postfix refused: it notes `commands=ACCEPTED/ALL`, or ALL alone."""
    counts = re.findall(r": disconnect from .* commands=([0-9]+)(?:/([0-9]+))?$", log, re.MULTILINE)
    return [int(every or accepted) - int(accepted) for accepted, every in counts]


@pytest.mark.parametrize("peer", [Server.EXIM, Server.OPENSMTPD])
async def test_a_list_with_many_unknown_users_is_settled_in_one_visit(
    peers: Peers,  # noqa: F811
    db: Database,
    peer: Server,
) -> None:
    seed = random.randrange(1_000_000)
    print("seed", seed)
    addresses = mixed(peer, known=120, unknown=80, seed=seed)
    async with asker(peers, db) as us:
        found = await verdicts(us, addresses)
    assert {address: outcome(verdict) for address, verdict in found.items()} == {
        address: VALID if there else GONE for address, there in addresses.items()
    }
    assert max(session.refusals for session in us.sessions) <= REJECTS_PER_SESSION


# What a server says of a name nobody has, asked for alone: with nobody accepted beside it, only postmaster can tell
# whether the server serves the domain at all.
ALONE = {
    **{(server, kind): GONE for server in (Server.EXIM, Server.OPENSMTPD) for kind in (Class.USERS, Class.VIRTUAL)},
    **{(server, Class.ELSEWHERE): UNCLEAR for server in (Server.EXIM, Server.OPENSMTPD)},
    (Server.OPENSMTPD, Class.REFUSED): UNCLEAR,
}


@pytest.mark.parametrize(("peer", "kind"), ALONE)
async def test_a_lone_unknown_name_is_told_from_a_domain_that_is_not_served(
    peers: Peers,  # noqa: F811
    db: Database,
    peer: Server,
    kind: Class,
) -> None:
    alone = f"nobody93@{domain(peer, kind)}"
    async with asker(peers, db) as us:
        found = await verdicts(us, [alone])
    assert outcome(found[alone]) == ALONE[peer, kind]
    assert sum(session.recipients for session in us.sessions) <= 2
    assert max(session.refusals for session in us.sessions) <= REJECTS_PER_SESSION


async def test_exim_that_has_had_enough_bad_names_is_asked_for_the_good_ones_anew(peers: Peers, db: Database) -> None:  # noqa: F811
    names = [*(f"nobody{number}" for number in range(6)), *(f"user{number}" for number in range(12))]
    asked = [f"{name}@{domain(Server.EXIM, Class.VIRTUAL)}" for name in names]
    async with asker(peers, db) as us:
        found = await verdicts(us, asked)
    assert [outcome(found[address]) for address in asked] == [*[GONE] * 6, *[VALID] * 12]


async def test_opensmtpd_is_asked_one_command_at_a_time(peers: Peers, db: Database) -> None:  # noqa: F811
    async with asker(peers, db) as us:
        await verdicts(us, mixed(Server.OPENSMTPD, known=20, unknown=5, seed=1))
    assert max(session.most_in_the_air for session in us.sessions) == 1


async def test_greylisted_names_are_settled_by_the_retry(peers: Peers, db: Database) -> None:  # noqa: F811
    # Names no other test has asked postgrey for.
    names = {f"user{number}": True for number in range(50, 56)} | {f"nobody{number}": False for number in range(50, 54)}
    addresses = {f"{name}@{domain(Server.POSTGREY, Class.USERS)}": there for name, there in names.items()}
    async with asker(peers, db) as us, working(us.world, HANDLERS):
        first = await verdicts(us, addresses)
        assert {outcome(verdict) for verdict in first.values()} == {GREYLISTED}
        assert {verdict.retry_at for verdict in first.values()} == {us.clock.now() + timedelta(minutes=6)}
        # postgrey has a clock of its own.
        await asyncio.sleep(postfix.GREYLISTED_SECONDS + 1)
        asked_before = len(us.sessions)
        us.clock.advance(by=timedelta(minutes=6, seconds=1))
        found = await settled(us, addresses)
        retried = sum(session.recipients for session in us.sessions[asked_before:])
    assert {address: outcome(verdict) for address, verdict in found.items()} == {
        address: VALID if there else GONE for address, there in addresses.items()
    }
    assert retried <= len(addresses) + 1


async def settled(us: Asker, addresses: Iterable[str]) -> dict[str, Verdict]:
    """The verdicts once all of them stand. Looking asks nobody: an open one waits for its retry."""
    deadline = time.monotonic() + 20
    while True:
        found = await verdicts(us, addresses)
        if all(verdict.settled for verdict in found.values()) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)
