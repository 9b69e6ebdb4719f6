"""No-op jobs per second in batches, with 200,000 future jobs waiting.

    python benchmarks/jobs.py [--scale 0.1] [--database-url postgresql://...]

One process and one connection; each batch is one durable transaction that ends the last batch and claims the next.
Beside it a bare `delete ... returning` loop on the same rows: the least a queue in a table can do, and so the limit.
Without a database URL it starts the embedded server's binaries on a temporary folder, with durable settings.
"""

import argparse
import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random

from fairlead.db.binaries import binaries
from fairlead.db.migrate import migrate
from fairlead.db.pool import Connection, Database
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Done, NewJob

JOBS = 200_000
FUTURE_JOBS = 200_000
BATCH = 1_000
AT_LEAST_PER_SECOND = 20_000
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


async def main(conninfo: str, scale: float) -> bool:
    async with Database.opened(conninfo, connections=2) as db, db.statement() as conn:
        await migrate(conn)
        await put_future_jobs(conn)
        count = int(JOBS * scale)
        enqueued = await enqueue(conn, count)
        claimed = await claim_and_finish(conn, count)
        await put_bare_rows(conn, count)
        bare = await delete_bare_rows(conn, count)
    print(f"jobs: {count:,} no-op jobs in batches of {BATCH:,}, {FUTURE_JOBS:,} future jobs waiting")
    print(f"  enqueue_many      {enqueued:>9,.0f} jobs/s")
    promise = f"{claimed / AT_LEAST_PER_SECOND:.2f} x the {AT_LEAST_PER_SECOND:,} promised"
    print(f"  claim and finish  {claimed:>9,.0f} jobs/s   {promise}")
    print(f"  delete returning  {bare:>9,.0f} rows/s   the queue reaches {claimed / bare:.2f} of this limit")
    return claimed >= AT_LEAST_PER_SECOND


async def put_future_jobs(conn: Connection) -> None:
    later = NOW + timedelta(days=1)
    for start in range(0, FUTURE_JOBS, 10_000):
        await jobs.enqueue_many(
            conn, [NewJob("later", {"n": start + n}, later + timedelta(seconds=n)) for n in range(10_000)], hint=False
        )


async def enqueue(conn: Connection, count: int) -> float:
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        due = [NewJob("no-op", {"n": start + n}, NOW) for n in range(min(BATCH, count - start))]
        await jobs.enqueue_many(conn, due, hint=False)
    return count / (time.perf_counter() - began)


async def claim_and_finish(conn: Connection, count: int) -> float:
    lots = Random(1)
    began = time.perf_counter()
    batch, finished = [], 0
    while True:
        async with conn.transaction():
            finished += len(await jobs.settle(conn, [(job, Done()) for job in batch], now=NOW, random=lots))
            batch = await jobs.claim(conn, BATCH, now=NOW, lease=timedelta(seconds=60), lot=lots.random())
        if not batch:
            break
    took = time.perf_counter() - began
    assert finished == count
    return count / took


async def put_bare_rows(conn: Connection, count: int) -> None:
    await conn.execute("drop table if exists bare_jobs")
    await conn.execute(
        """
        create table bare_jobs as
        select id, due_at, kind, payload from jobs
         union all
        select -n, %(now)s, 'no-op', jsonb_build_object('n', n) from generate_series(1, %(count)s) as n
        """,
        {"now": NOW, "count": count},
    )
    await conn.execute("alter table bare_jobs add primary key (id)")
    await conn.execute("create index on bare_jobs (due_at, id)")
    await conn.execute("analyze bare_jobs")


async def delete_bare_rows(conn: Connection, count: int) -> float:
    began = time.perf_counter()
    deleted = 0
    while True:
        cur = await conn.execute(
            """
            delete from bare_jobs
             where id = any (array(
                     select id from bare_jobs where due_at <= %(now)s
                      order by due_at, id limit %(batch)s for update skip locked))
            returning id, kind, payload
            """,
            {"now": NOW, "batch": BATCH},
        )
        rows = await cur.fetchall()
        if not rows:
            break
        deleted += len(rows)
    took = time.perf_counter() - began
    assert deleted == count
    return count / took


@contextmanager
def temporary_server() -> Iterator[str]:
    programs = binaries()
    nobody = pwd.getpwnam("nobody")
    as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL, **as_user
        )

    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", ignore_cleanup_errors=True) as folder:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        data = f"{folder}/data"
        run("initdb", "-D", data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c jit=off -c wal_compression=pglz"
        run("pg_ctl", "start", "-w", "-D", data, "-l", f"{folder}/log", "-o", options)
        try:
            yield f"host={folder} user=bench dbname=postgres"
        finally:
            run("pg_ctl", "stop", "-w", "-D", data, "-m", "fast")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 200,000 jobs to run")
    parser.add_argument("--database-url", help="an empty database; a benchmark schema is made in it")
    arguments = parser.parse_args()
    if arguments.database_url:
        reached = asyncio.run(main(arguments.database_url, arguments.scale))
    else:
        with temporary_server() as url:
            reached = asyncio.run(main(url, arguments.scale))
    raise SystemExit(0 if reached else 1)
