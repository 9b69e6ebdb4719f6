"""A list somebody waits for: started, gone on with, added to, and asked again for whom a server had put off."""

import asyncio
from collections import Counter

import pytest
from mail_lab import addresses_of, mail_lab
from test_engine_batches import balance, workspace

from fairlead.verifier import actions as verifier
from fairlead.verifier.model import BatchState, Reason


@pytest.fixture
async def lab(db):
    async with mail_lab(["reject_unknown:postfix", "catch_all", "greylist"], db=db) as lab:
        yield lab


async def of_list(lab, workspace_id, addresses, name="Fair"):
    """The list once every address was asked for, and what is said of each."""
    batch = await verifier.resume_or_start_list(lab.world, workspace_id, name, addresses)
    batch = await verifier.attend(lab.world, batch)
    told = [verdict async for verdict in verifier.batch_verdicts(lab.world, batch, open_too=True)]
    return batch, {verdict.address: verdict for verdict in told}


def mixed(lab, *behaviors: str, unknown: int = 20) -> dict[str, bool]:
    return {
        address: known
        for behavior in behaviors
        for address, known in addresses_of(lab.company(behavior), known=4, unknown=unknown)
    }


async def test_without_a_worker_whoever_waits_does_the_work_and_the_workspace_pays(lab):
    ours = await workspace(lab.world)
    addresses = [*mixed(lab, "reject_unknown", "catch_all"), "no address"]
    batch, told = await of_list(lab, ours, addresses)
    assert batch.state is BatchState.COMPLETED
    assert told.keys() == set(addresses)
    assert await balance(lab.world, ours) == 20_000 - len(addresses)
    asked = lab.count_questions()
    again, told_again = await of_list(lab, ours, addresses)
    assert again.id != batch.id
    assert {a: v.reason for a, v in told_again.items()} == {a: v.reason for a, v in told.items()}
    assert not asked
    assert await balance(lab.world, ours) == 20_000 - len(addresses)


async def test_an_interrupted_list_goes_on_with_what_came_to_it_since_and_nobody_pays_twice(lab):
    ours = await workspace(lab.world)
    addresses = list(mixed(lab, "reject_unknown", unknown=800))
    batch = await verifier.resume_or_start_list(lab.world, ours, "Fair", addresses[:-5])
    waiting = asyncio.create_task(verifier.attend(lab.world, batch))
    while (await verifier.task_result(lab.world, ours, batch.token)).batch.left == batch.total:
        assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    answered = {v.address async for v in verifier.batch_verdicts(lab.world, batch)}
    assert answered

    asked = lab.count_questions()
    resumed, told = await of_list(lab, ours, addresses)
    assert (resumed.id, resumed.total) == (batch.id, len(addresses))
    assert told.keys() == set(addresses)
    assert not answered & asked.keys()
    assert await balance(lab.world, ours) == 20_000 - len(addresses)


async def test_a_second_one_who_waits_looks_on_and_asks_nobody_twice(lab):
    ours = await workspace(lab.world)
    addresses = list(mixed(lab, "reject_unknown"))
    batch = await verifier.resume_or_start_list(lab.world, ours, "Fair", addresses)
    asked = lab.count_questions()
    seen: Counter[str] = Counter()
    both = await asyncio.gather(
        *(verifier.attend(lab.world, batch, lambda now, who=who: seen.update([who])) for who in "ab")
    )
    assert [done.state for done in both] == [BatchState.COMPLETED] * 2
    assert {asked[address] for address in addresses} == {1}
    assert seen.keys() == {"a", "b"}
    assert await balance(lab.world, ours) == 20_000 - len(addresses)


async def test_who_was_put_off_is_shown_so_and_settled_by_the_next_run_once_it_is_time(lab):
    ours = await workspace(lab.world)
    addresses = mixed(lab, "greylist")
    batch, told = await of_list(lab, ours, addresses)
    assert batch.state is BatchState.RUNNING
    assert {verdict.reason for verdict in told.values()} == {Reason.GREYLISTED}
    assert all(verdict.retry_at is not None for verdict in told.values())
    assert await balance(lab.world, ours) == 20_000
    # No server runs: the next command asks, and not before it is time.
    early, _ = await of_list(lab, ours, addresses)
    assert (early.id, early.left) == (batch.id, len(addresses))
    lab.pass_time(minutes=8)
    done, told = await of_list(lab, ours, addresses)
    assert (done.id, done.state) == (batch.id, BatchState.COMPLETED)
    assert {address: verdict.reason is Reason.ACCEPTED for address, verdict in told.items()} == addresses
    assert await balance(lab.world, ours) == 20_000 - len(addresses)
