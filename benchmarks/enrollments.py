"""Ten million recipients: reading a list into a campaign, and rounds of the planner over it.

    python benchmarks/enrollments.py [--scale 0.1]

At a scale of 1, 10,000,000 prospects of one list, durable settings, 200 mailboxes. Rounds are measured with a reporting
transaction open; a busy round plans mails with their letters, an idle one finds that no mailbox has room. Beside the
loading a bare `insert ... select` of the same rows into a table with the same indexes, which asks nothing (the limit).
How long a claim of the sending loop takes is in `sending.py`.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from typing import Any

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.main import House, Start, open_house
from fairlead.settings import load
from jobs import temporary_server

RECIPIENTS = 10_000_000
DOMAINS = 200_000
MAILBOXES = 200
AT_LEAST_PER_SECOND = 50_000
ROUND_SECONDS = 10.0
MEMORY_MB = 300
GRAPH = (
    '{"entry":"1","nodes":[{"key":"1","type":"email","ports":{"next":"2"}},'
    '{"config":{"wait":{"amount":2,"unit":"days"}},"key":"2","type":"wait","ports":{"next":"3"}},'
    '{"key":"3","type":"email","ports":{"next":null}}]}'
)
BODY = "<p>Hello {{first_name}}, would you have a moment this week?</p>"


async def run_sql(house: House, text: str, **values: Any) -> Any:
    """The first row, without the time limit that statements have."""
    conn = await house.world.db.dedicated()
    try:
        cur = await conn.execute(text.encode(), values)
        return await cur.fetchone() if cur.description else None
    finally:
        await conn.close()


async def prepared(house: House, recipients: int) -> tuple[int, int]:
    """(workspace, campaign) with a list of prospects and mailboxes; nobody is enrolled yet."""
    now = house.world.clock.now()
    (workspace,) = await run_sql(
        house,
        """
        insert into workspaces (name, plan, credits_unlimited, made_at, period_ends_at, plan_ends_at)
        values ('Bench', 'unlimited', true, %(now)s, %(now)s::timestamptz + interval '1 month',
                %(now)s::timestamptz + interval '1 year') returning id
        """,
        now=now,
    )
    (list_id,) = await run_sql(
        house,
        "insert into prospect_lists (workspace_id, name, made_at) values (%(w)s, 'All', %(now)s) returning id",
        w=workspace, now=now,
    )  # fmt: skip
    await run_sql(
        house,
        """
        insert into prospects (workspace_id, email, email_key, first_name, country, source, made_at, changed_at)
        select %(w)s, a, a, 'Ann', 'Germany', 'import', %(now)s, %(now)s
          from (select 'r' || g || '@d' || g %% %(domains)s || '.example' as a
                  from generate_series(1, %(count)s::bigint) g) made
        """,
        w=workspace, now=now, domains=DOMAINS, count=recipients,
    )  # fmt: skip
    await run_sql(
        house,
        """
        insert into list_members (workspace_id, list_id, prospect_id, added_at)
        select workspace_id, %(list)s, id, %(now)s from prospects where workspace_id = %(w)s order by id
        """,
        w=workspace, list=list_id, now=now,
    )  # fmt: skip
    await run_sql(house, "analyze prospects")
    await run_sql(house, "analyze list_members")
    (campaign,) = await run_sql(
        house,
        """
        with c as (
          insert into campaigns (workspace_id, token, title, status, status_at, priority, tracks_opens, tracks_clicks,
                                 settings, completes_after_last_step, archive_in_months, provider_matching, made_at,
                                 changed_at)
          values (%(w)s, 'bench', 'Bench', 'active', %(now)s, 'medium', false, false, '{}', false, 3, false, %(now)s,
                  %(now)s) returning id
        ), l as (insert into campaign_lists select %(w)s, c.id, %(list)s from c
        ), t as (
          insert into content_variants (workspace_id, campaign_id, node_key, content_id, subject, body, is_plain,
                                        written_at, made_at)
          select %(w)s, c.id, k, 1, case k when '1' then 'Hello' else '' end, %(body)s, false, %(now)s, %(now)s
            from c, unnest(array['1', '3']) as k
        )
        select id from c
        """,
        w=workspace, list=list_id, now=now, body=BODY,
    )  # fmt: skip
    await run_sql(
        house,
        """
        with v as (
          insert into campaign_versions (workspace_id, campaign_id, number, graph, checksum, made_at)
          values (%(w)s, %(c)s, 1, %(graph)s, '', %(now)s) returning id
        )
        update campaigns set current_version_id = v.id from v where campaigns.id = %(c)s
        """,
        w=workspace, c=campaign, graph=GRAPH, now=now,
    )  # fmt: skip
    await run_sql(
        house,
        """
        insert into schedules (workspace_id, name, time_zone, days, is_default, made_at, changed_at)
        values (%(w)s, 'Always', 'UTC', (select jsonb_agg('{"enabled": true, "windows": [[0, 0]]}'::jsonb)
                                            from generate_series(1, 7)), true, %(now)s, %(now)s)
        """,
        w=workspace, now=now,
    )  # fmt: skip
    await run_sql(
        house,
        """
        with m as (
          insert into mailboxes (workspace_id, address, address_key, sender_name, provider, smtp_host, smtp_port,
                                 smtp_encryption, auth, login, secret, time_zone, daily_limit, delay_min_seconds,
                                 delay_max_seconds, sent_copies, made_at, changed_at)
          select %(w)s, 'm' || g || '@bench.example', 'm' || g || '@bench.example', 'Ann', 'other',
                 'smtp.bench.example', 587, 'starttls', 'password', 'm', '', 'UTC', 1000, 60, 120, 'none',
                 %(now)s, %(now)s
            from generate_series(1, %(boxes)s) g
          returning id
        )
        insert into campaign_mailboxes select %(w)s, %(c)s, m.id, 1, 1 from m
        """,
        w=workspace, c=campaign, boxes=MAILBOXES, now=now,
    )  # fmt: skip
    async with house.world.db.transaction() as conn:
        await enrollments.started(conn, workspace, campaign, now=now)
    return workspace, campaign


async def bare(house: House, recipients: int) -> float:
    """Rows a second into the same table and indexes, with nothing asked."""
    await run_sql(house, "create table bare (like enrollments including all)")
    started = time.perf_counter()
    await run_sql(
        house,
        """
        insert into bare (workspace_id, campaign_id, prospect_id, version_id, node_key, lane, address, address_key,
                          domain, state, due_at, look_at, enrolled_at)
        select workspace_id, campaign_id, prospect_id, version_id, node_key, lane, address, address_key, domain, state,
               due_at, look_at, enrolled_at from enrollments order by id
        """,
    )
    took = time.perf_counter() - started
    await run_sql(house, "drop table bare")
    return recipients / took


async def measured(scale: float) -> int:
    recipients = max(10_000, round(RECIPIENTS * scale))
    missed = 0
    with temporary_server() as conninfo, tempfile.TemporaryDirectory() as folder:
        settings = load({"FAIRLEAD_DATABASE_URL": conninfo, "FAIRLEAD_DATA": folder})
        async with open_house(settings, Start(serves=True)) as house:
            world = house.world
            await prepared(house, recipients)
            started, cpu = time.perf_counter(), time.process_time()
            await run_due_jobs(world, HANDLERS, ())
            took = time.perf_counter() - started
            loading, limit = recipients / took, await bare(house, recipients)
            (count,) = await run_sql(house, "select count(*) from enrollments where state = 'to_check'")
            assert count == recipients, count
            print(
                f"enrolling {recipients:,}: {loading:,.0f} a second ({took:.1f} s, {time.process_time() - cpu:.1f} s of"
                f" CPU here), a bare insert {limit:,.0f}: {loading / limit:.2f} of it"
            )
            missed += loading < AT_LEAST_PER_SECOND
            reporting = await world.db.dedicated()
            async with reporting.transaction():
                await reporting.execute("select count(*) from (select from enrollments limit 1) one")
                planned, longest = 0, 0.0
                while True:
                    started, cpu = time.perf_counter(), time.process_time()
                    await enrollments.keep(world)
                    done = await enrollments.plan_round(world)
                    took = time.perf_counter() - started
                    longest = max(longest, took)
                    used = time.process_time() - cpu
                    print(f"round: {done.planned:,} mails planned in {took:.2f} s, {used:.2f} s of CPU")
                    planned += done.planned
                    if not done.planned:
                        break
            await reporting.close()
            print(f"{planned:,} mails planned; the longest round {longest:.2f} s, limit {ROUND_SECONDS:.0f} s")
            missed += longest > ROUND_SECONDS
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"memory {memory:.0f} MB, limit {MEMORY_MB} MB")
            missed += memory > MEMORY_MB
    return missed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    sys.exit(bool(asyncio.run(measured(parser.parse_args().scale))))
