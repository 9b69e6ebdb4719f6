"""Batches: what is asked, answered and paid, in one process and in several."""

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from mail_lab import addresses_of, mail_lab

from fairlead.accounts import actions as accounts
from fairlead.corpus import actions as corpus
from fairlead.db.clock import start_business_clock
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.jobs.model import NewJob
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import BatchKind, BatchState, Progress, Reason, SmtpStatus, UnknownReason

PROGRAM = Path(__file__).with_name("verifying_process.py")
PATIENCE_SECONDS = 180.0


async def workspace(world, *, credits_given: int = 20_000) -> int:
    async with world.db.transaction() as conn:
        made = await accounts.create_workspace(
            world, conn, name="Test", owner=f"{uuid4().hex}@owner.example", plan_name="starter",
            credits_given=Decimal(credits_given),
        )  # fmt: skip
    return made.workspace_id


async def balance(world, workspace_id: int) -> Decimal:
    async with world.db.statement() as conn:
        return (await accounts.account(conn, workspace_id)).credits


async def work(lab) -> None:
    await run_due_jobs(lab.world, HANDLERS, ())


async def verified(lab, workspace_id, addresses, **options):
    """The result of a batch once nothing due is left to do."""
    batch = await verifier.start_verification(lab.world, workspace_id, addresses, **options)
    await work(lab)
    return await verifier.task_result(lab.world, workspace_id, batch.token)


async def status(lab, workspace_id, address):
    async with lab.world.db.statement() as conn:
        return (await verifier.address_statuses(conn, workspace_id, [address]))[address]


@pytest.fixture
async def lab(db):
    async with mail_lab(["reject_unknown:postfix", "catch_all", "greylist", "blocked_rcpt"], db=db) as lab:
        yield lab


def someone(lab, behavior="reject_unknown", number=0) -> str:
    return sorted(lab.company(behavior).known_addresses)[number]


async def test_a_task_answers_every_address_and_costs_a_credit_for_each(lab):
    ours = await workspace(lab.world)
    known, domain = someone(lab), lab.company("reject_unknown").domain
    result = await verified(
        lab, ours, [known, f"nobody@{domain}", someone(lab, "catch_all"), "not an address", known, known.upper()]
    )
    assert result.batch.state is BatchState.COMPLETED
    assert {verdict.address: verdict.reason for verdict in result.verdicts} == {
        known: Reason.ACCEPTED,
        f"nobody@{domain}": Reason.NO_SUCH_MAILBOX,
        someone(lab, "catch_all"): Reason.CATCH_ALL,
        "not an address": Reason.BAD_FORMAT,
    }
    assert await balance(lab.world, ours) == 20_000 - 4


async def test_the_same_question_is_paid_once_by_a_workspace_and_asked_once_for_all(lab):
    ours, theirs = await workspace(lab.world), await workspace(lab.world)
    asked = lab.count_questions()
    for _ in range(2):
        await verified(lab, ours, [someone(lab)])
    result = await verified(lab, theirs, [someone(lab)])
    assert result.verdicts[0].reason is Reason.ACCEPTED
    assert asked[someone(lab)] == 1
    assert await balance(lab.world, ours) == await balance(lab.world, theirs) == 20_000 - 1


async def test_a_verdict_is_asked_for_anew_after_thirty_days(lab):
    ours = await workspace(lab.world)
    asked = lab.count_questions()
    await verified(lab, ours, [someone(lab)])
    lab.pass_time(days=29)
    await verified(lab, ours, [someone(lab)])
    assert asked[someone(lab)] == 1
    lab.pass_time(days=2)
    await verified(lab, ours, [someone(lab)])
    assert asked[someone(lab)] == 2


async def test_a_task_says_greylist_at_once_and_the_next_start_gives_the_settled_verdict_free(lab):
    ours = await workspace(lab.world)
    address = someone(lab, "greylist")
    first = await verified(lab, ours, [address])
    assert first.batch.state is BatchState.COMPLETED
    assert first.verdicts[0].unknown_reason is UnknownReason.GREYLIST
    assert await balance(lab.world, ours) == 20_000 - 1
    asked = lab.count_questions()
    again = await verified(lab, ours, [address])
    assert again.verdicts[0].unknown_reason is UnknownReason.GREYLIST
    assert not asked
    lab.pass_time(minutes=6)
    await work(lab)
    assert (await verified(lab, ours, [address])).verdicts[0].reason is Reason.ACCEPTED
    assert await balance(lab.world, ours) == 20_000 - 1
    reread = await verifier.task_result(lab.world, ours, first.batch.token)
    assert reread.verdicts == first.verdicts


async def test_a_legacy_address_waits_for_its_verdict_and_pays_for_a_definite_one_only(lab):
    ours = await workspace(lab.world)
    address, catch_all = someone(lab, "greylist"), someone(lab, "catch_all")
    await verified(lab, ours, [address, catch_all, someone(lab)], kind=BatchKind.LEGACY)
    put_off = await status(lab, ours, address)
    assert put_off.progress is Progress.COMPLETE
    assert put_off.verdict.is_greylist
    assert not put_off.verdict.settled
    lab.pass_time(minutes=6)
    await work(lab)
    settled = await status(lab, ours, address)
    assert settled.verdict.smtp_status is SmtpStatus.VALID
    assert settled.verdict.settled
    assert (await status(lab, ours, catch_all)).verdict.is_catchall
    assert await balance(lab.world, ours) == 20_000 - 2


async def test_an_address_that_stays_greylisted_to_the_end_costs_a_legacy_caller_nothing(lab):
    ours = await workspace(lab.world)
    for host in lab.net.smtp.hosts.values():
        if host.behavior.greylist_wait is not None:
            host.policy._greylist.wait = timedelta(days=9)
    address = someone(lab, "greylist")
    await verified(lab, ours, [address], kind=BatchKind.LEGACY)
    asked = lab.count_questions()
    for minutes in (6, 10, 15, 30, 179, 600):
        lab.pass_time(minutes=minutes)
        await work(lab)
    assert asked[address] == 5
    found = await status(lab, ours, address)
    assert found.verdict.settled
    assert found.verdict.reason is Reason.GREYLISTED
    assert await balance(lab.world, ours) == 20_000


async def test_what_was_never_asked_for_here_is_not_verified_and_stays_unknown_to_others(lab):
    ours, theirs = await workspace(lab.world), await workspace(lab.world)
    await verified(lab, ours, [someone(lab)])
    assert (await status(lab, theirs, someone(lab))).progress is Progress.NOT_VERIFIED
    batch = await verifier.start_verification(lab.world, theirs, [someone(lab)], kind=BatchKind.LEGACY)
    assert (await status(lab, theirs, someone(lab))).progress is Progress.IN_PROGRESS
    with pytest.raises(NotFound):
        await verifier.task_result(lab.world, ours, batch.token)


async def test_a_claimed_address_is_hidden_and_nobody_asks_for_it(lab):
    ours = await workspace(lab.world)
    await verified(lab, ours, [someone(lab)])
    async with lab.world.db.transaction() as conn:
        await corpus.claim(conn, [someone(lab), someone(lab, number=1)], lab.world.clock.now())
    asked = lab.count_questions()
    result = await verified(lab, ours, [someone(lab), someone(lab, number=1)])
    assert {verdict.unknown_reason for verdict in result.verdicts} == {UnknownReason.HIDDEN_BY_OWNER}
    assert not asked


async def test_an_address_claimed_while_it_is_greylisted_is_answered_as_hidden(lab):
    ours = await workspace(lab.world)
    address = someone(lab, "greylist")
    batch = await verifier.start_verification(lab.world, ours, [address], kind=BatchKind.LIST)
    await work(lab)
    async with lab.world.db.transaction() as conn:
        await corpus.claim(conn, [address], lab.world.clock.now())
    lab.pass_time(minutes=6)
    await work(lab)
    result = await verifier.task_result(lab.world, ours, batch.token)
    assert result.batch.state is BatchState.COMPLETED
    assert result.verdicts[0].unknown_reason is UnknownReason.HIDDEN_BY_OWNER


async def test_without_enough_credits_a_task_says_so_and_asks_nobody(lab):
    ours = await workspace(lab.world, credits_given=1)
    asked = lab.count_questions()
    result = await verified(lab, ours, [someone(lab), someone(lab, number=1)])
    assert result.batch.state is BatchState.NOT_ENOUGH_CREDITS
    assert result.verdicts == ()
    with pytest.raises(LimitReached):
        await verified(lab, ours, [someone(lab), someone(lab, number=1)], kind=BatchKind.LEGACY)
    assert not asked
    assert await balance(lab.world, ours) == 1


async def test_a_list_ends_where_the_credits_end_and_charges_for_what_it_told(lab):
    ours = await workspace(lab.world, credits_given=25)
    mixed = [f"nobody{number}@{company.domain}" for company in lab.net.world for number in range(20)]
    result = await verified(lab, ours, mixed, kind=BatchKind.LIST)
    assert result.batch.state is BatchState.NOT_ENOUGH_CREDITS
    assert await balance(lab.world, ours) == 25 - len(result.verdicts) >= 0


@pytest.mark.parametrize("kind", [BatchKind.TASK, BatchKind.LEGACY])
async def test_a_request_holds_one_to_ten_addresses(lab, kind):
    ours = await workspace(lab.world)
    for addresses in ([], [f"a{number}@x.example" for number in range(11)]):
        with pytest.raises(Invalid):
            await verifier.start_verification(lab.world, ours, addresses, kind=kind)


async def test_junk_is_answered_and_breaks_nothing(lab):
    ours = await workspace(lab.world)
    long = ["x" * 1_000 + "@x.example", "x" * 100_000]
    junk = ["", " ", "@", "a@b", "\x00\ud800@x.example", "a@x.example\r\nRSET", "é", *long]
    result = await verified(lab, ours, junk)
    assert {verdict.reason for verdict in result.verdicts} == {Reason.BAD_FORMAT}
    assert result.batch.left == 0
    assert await balance(lab.world, ours) == 20_000 - result.batch.total


async def test_a_task_no_worker_got_to_is_answered_when_its_time_is_up(lab):
    ours = await workspace(lab.world)
    batch = await verifier.start_verification(lab.world, ours, [someone(lab), "junk"])
    early = await verifier.task_result(lab.world, ours, batch.token)
    assert (early.batch.state, early.verdicts) == (BatchState.RUNNING, ())
    async with lab.world.db.statement() as conn:
        await conn.execute("update verification_batches set answer_by = clock_timestamp() - interval '1 s'")
    late = await verifier.task_result(lab.world, ours, batch.token)
    assert late.batch.state is BatchState.COMPLETED
    assert {verdict.reason for verdict in late.verdicts} == {Reason.OUT_OF_TIME, Reason.BAD_FORMAT}
    assert await balance(lab.world, ours) == 20_000 - 2
    await work(lab)
    assert (await verifier.task_result(lab.world, ours, batch.token)).verdicts == late.verdicts


async def test_a_task_whose_server_stands_still_is_answered_in_its_time(db):
    class Standing:
        def monotonic(self) -> float:
            return 0.0

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(3600)

    async with mail_lab(["slow_banner", "reject_unknown:postfix"], db=db, server_timer=Standing()) as lab:
        ours = await workspace(lab.world)
        batch = await verifier.start_verification(lab.world, ours, [someone(lab, "slow_banner"), someone(lab)])
        async with db.statement() as conn:
            await conn.execute("update verification_batches set answer_by = clock_timestamp() + interval '3 s'")
        async with asyncio.timeout(20):
            await work(lab)
        result = await verifier.task_result(lab.world, ours, batch.token)
        assert {verdict.reason for verdict in result.verdicts} == {Reason.OUT_OF_TIME, Reason.ACCEPTED}


async def test_a_finished_batch_puts_in_the_job_its_starter_asked_for(lab):
    ours = await workspace(lab.world)
    told = []

    async def tell(world, job):
        told.append(job.payload)

    wanted = NewJob("tell", {"whom": "ann"}, lab.world.clock.now())
    batch = await verifier.start_verification(lab.world, ours, [someone(lab)], when_done=wanted)
    await run_due_jobs(lab.world, {**HANDLERS, "tell": tell}, ())
    assert told == [{"whom": "ann", "task": batch.token}]


async def test_old_batches_are_dropped_and_young_ones_stay(lab):
    ours = await workspace(lab.world)
    old = await verified(lab, ours, [someone(lab)])
    lab.pass_time(days=31)
    young = await verified(lab, ours, [someone(lab)])
    async with lab.world.db.transaction() as conn:
        await verifier.forget_old(conn, lab.world.clock.now())
        assert await verifier.find_batch(conn, ours, old.batch.token) is None
        assert await verifier.find_batch(conn, ours, young.batch.token) is not None


async def test_a_run_that_was_interrupted_goes_on_where_it_was(lab):
    mixed = [address for company in lab.net.world for address, _ in addresses_of(company, known=5, unknown=20)]
    seen = []
    verdicts = verifier.verify_now(lab.world, mixed)
    async for verdict in verdicts:
        seen.append(verdict)
        if len(seen) == 30:
            break
    await verdicts.aclose()
    asked = lab.count_questions()
    everything = {verdict.address async for verdict in verifier.verify_now(lab.world, mixed)}
    assert everything == set(mixed)
    assert not {verdict.address for verdict in seen} & asked.keys()


# Processes.


@asynccontextmanager
async def process(lab, db):
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), db.conninfo, lab.net.name_server, str(lab.net.port_map[25])
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            await asyncio.wait_for(child.wait(), 30)


async def left(db, batch) -> int:
    async with db.statement() as conn:
        cur = await conn.execute("select remaining from verification_batches where id = %s", [batch.id])
        return (await cur.fetchone())[0]


async def until_left(db, batch, at_most: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await left(db, batch) > at_most:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def big_batch(db, size: int):
    """A list of `size` addresses at twenty domains, half of them with a server that takes its time to say no."""
    async with mail_lab(["reject_unknown:postfix", "slow_banner"] * 10, db=db) as lab:
        async with db.transaction() as conn:
            await start_business_clock(conn, sandbox=True, origin=lab.clock.now(), speed=1)
        world = lab.world
        ours = await workspace(world)
        each = size // len(lab.net.world)
        addresses = [f"nobody{number}@{company.domain}" for company in lab.net.world for number in range(each)]
        batch = await verifier.start_verification(world, ours, addresses, kind=BatchKind.LIST)
        yield lab, ours, batch, addresses


@pytest.mark.parametrize("size", [2_000, pytest.param(10_000, marks=pytest.mark.bars)])
async def test_after_kill_9_in_the_middle_nothing_is_lost_and_nothing_charged_twice(db, size):
    async with big_batch(db, size) as (lab, ours, batch, addresses):
        for share in (0.8, 0.5):
            async with process(lab, db) as child:
                await until_left(db, batch, int(size * share))
                child.kill()
                await child.wait()
        assert await left(db, batch) > 0
        async with process(lab, db):
            await until_left(db, batch, 0)
        verdicts = [verdict async for verdict in verifier.batch_verdicts(lab.world, batch)]
        assert sorted(verdict.address for verdict in verdicts) == sorted(addresses)
        assert {verdict.reason for verdict in verdicts} == {Reason.NO_SUCH_MAILBOX}
        assert await balance(lab.world, ours) == 20_000 - size
        async with db.statement() as conn:
            ledger = await accounts.ledger(conn, ours, last=100_000)
        assert sum(entry.credits for entry in ledger if entry.kind == "charge") == size


async def test_two_workers_share_a_batch_and_nobody_is_asked_for_twice(db):
    async with big_batch(db, 4_000) as (lab, ours, batch, addresses):
        asked = lab.count_questions()
        async with process(lab, db), process(lab, db):
            await until_left(db, batch, 0)
        assert {asked[address] for address in addresses} == {1}
        async with db.statement() as conn:
            cur = await conn.execute("select kind from jobs where state = 'parked'")
            assert await cur.fetchall() == []
        assert await balance(lab.world, ours) == 20_000 - 4_000
