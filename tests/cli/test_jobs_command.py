import asyncio
import json
from datetime import UTC, datetime
from random import Random

import pytest
from click.testing import CliRunner

from fairlead.cli import fairlead
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Hopeless, JobState, NewJob

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def command(conninfo, tmp_path):
    async def run(*arguments):
        environment = {"FAIRLEAD_DATABASE_URL": conninfo, "FAIRLEAD_DATA": str(tmp_path / "data")}
        result = await asyncio.to_thread(CliRunner().invoke, fairlead, ["jobs", *arguments], env=environment)
        return result.exit_code, result.stdout

    return run


@pytest.fixture
async def parked_ids(db):
    """Two parked jobs, of which workspace 7 owns the second; one more job waits."""
    async with db.transaction() as conn:
        await jobs.enqueue_many(conn, [NewJob("a", {"secret": 1}, NOW), NewJob("b", {}, NOW, workspace_id=7)])
        claimed = await jobs.claim(conn, 2, now=NOW, lease=NOW - NOW)
        await jobs.settle(conn, [(job, Hopeless("no")) for job in claimed], now=NOW, random=Random(1))
        await jobs.enqueue(conn, "b", {}, due_at=NOW)
    return [job.id for job in claimed]


async def states(db):
    async with db.statement() as conn:
        return [job.state for job in await jobs.listed(conn)]


async def test_the_list_shows_what_is_left_and_why_it_failed(command, parked_ids):
    code, text = await command("list", "--json")
    shown = json.loads(text)["jobs"]
    assert (code, [job["state"] for job in shown]) == (0, ["parked", "parked", "waiting"])
    assert (shown[0]["last_error"], shown[0]["parked_at"]) == ("no", "2026-01-05T08:00:00Z")
    assert "secret" not in text
    for narrowed in (["--parked", "--kind", "b"], ["--workspace", "7"]):
        _, text = await command("list", "--json", *narrowed)
        assert [job["id"] for job in json.loads(text)["jobs"]] == parked_ids[1:]


async def test_a_parked_job_is_retried_and_another_dropped(command, db, parked_ids):
    first, second = parked_ids
    assert await command("retry", str(first), "--json") == (0, f'{{"done":[{first}],"not_parked":[]}}\n')
    assert await command("drop", str(second)) == (0, "1 jobs dropped.\n")
    assert await states(db) == [JobState.WAITING, JobState.WAITING]


async def test_all_parked_jobs_are_dropped_and_those_that_wait_stay(command, db, parked_ids):
    assert (await command("drop", "--all"))[0] == 0
    assert await states(db) == [JobState.WAITING]


async def test_naming_a_job_that_is_not_parked_ends_with_3_and_naming_none_with_2(command, parked_ids):
    code, text = await command("retry", str(parked_ids[0]), "999999")
    assert (code, text) == (3, "1 jobs retried.\nNot a parked job: 999999\n")
    assert (await command("drop"))[0] == 2
    assert (await command("drop", "--all", "1"))[0] == 2
