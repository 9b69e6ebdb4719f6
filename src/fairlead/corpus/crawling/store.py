"""The SQL of crawling: turns at hosts, and sites that are being read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.db import Connection


@dataclass(frozen=True)
class KnownRobots:
    status: int
    text: str | None


@dataclass(frozen=True)
class NextPage:
    url: str
    depth: int
    score: int
    tries: int


async def take_turn(conn: Connection, host: str, holder: str, length: timedelta) -> float:
    """0 when the host is `holder`'s now, else how many seconds to wait before asking again."""
    cur = await conn.execute(
        """
        insert into crawl_hosts as known (host, lease_holder, lease_until)
        values (%(host)s, %(holder)s, clock_timestamp() + %(length)s)
        on conflict (host) do update set lease_holder = excluded.lease_holder, lease_until = excluded.lease_until
         where (known.lease_until is null or known.lease_until < clock_timestamp())
           and known.next_at <= clock_timestamp()
        """,
        {"host": host, "holder": holder, "length": length},
    )
    if cur.rowcount == 1:
        return 0.0
    cur = await conn.execute(
        "select extract(epoch from next_at - clock_timestamp())::float8 from crawl_hosts where host = %s", [host]
    )
    row = await cur.fetchone()
    return max(0.02, row[0] if row and row[0] > 0 else 0.0)


async def turn_holder(conn: Connection, host: str) -> str | None:
    cur = await conn.execute("select lease_holder from crawl_hosts where host = %s", [host])
    row = await cur.fetchone()
    return row[0] if row else None


async def end_turn(conn: Connection, host: str, holder: str, pause: timedelta) -> None:
    await conn.execute(
        """
        update crawl_hosts
           set lease_holder = null, lease_until = null, next_at = clock_timestamp() + %(pause)s
         where host = %(host)s and lease_holder = %(holder)s
        """,
        {"host": host, "holder": holder, "pause": pause},
    )


async def hold_off(conn: Connection, hosts: Sequence[str], pause: timedelta) -> None:
    """Nobody asks these hosts before this pause, counted from now, is over."""
    await conn.execute(
        """
        insert into crawl_hosts as known (host, next_at)
        select host, clock_timestamp() + %(pause)s from unnest(%(hosts)s::text[]) as host
        on conflict (host) do update set next_at = greatest(known.next_at, excluded.next_at)
        """,
        {"hosts": sorted(set(hosts)), "pause": pause},
    )


async def known_robots(conn: Connection, host: str, longest: timedelta) -> KnownRobots | None:
    cur = await conn.execute(
        """
        select robots_status, robots from crawl_hosts
         where host = %(host)s and robots_at > clock_timestamp() - %(longest)s
        """,
        {"host": host, "longest": longest},
    )
    row = await cur.fetchone()
    return KnownRobots(row[0], row[1]) if row else None


async def note_robots(conn: Connection, host: str, robots: KnownRobots) -> None:
    await conn.execute(
        """
        insert into crawl_hosts (host, robots_status, robots, robots_at)
        values (%(host)s, %(status)s, %(text)s, clock_timestamp())
        on conflict (host) do update
           set robots_status = excluded.robots_status, robots = excluded.robots, robots_at = excluded.robots_at
        """,
        {"host": host, "status": robots.status, "text": robots.text},
    )


async def forget_hosts(conn: Connection, longest: timedelta) -> int:
    """How many hosts nobody asked for so long are forgotten."""
    cur = await conn.execute(
        """
        delete from crawl_hosts
         where greatest(next_at, robots_at, lease_until) < clock_timestamp() - %(longest)s
        """,
        {"longest": longest},
    )
    return cur.rowcount


async def open_crawl(conn: Connection, domain: str, holder: str, length: timedelta, now: datetime) -> bool:
    """Whether the site is `holder`'s to read now: new, or left behind by somebody who is gone."""
    cur = await conn.execute(
        """
        insert into crawls as known (domain, started_at, lease_holder, lease_until)
        values (%(domain)s, %(now)s, %(holder)s, clock_timestamp() + %(length)s)
        on conflict (domain) do update set lease_holder = excluded.lease_holder, lease_until = excluded.lease_until
         where known.lease_until is null or known.lease_until < clock_timestamp()
            or known.lease_holder = excluded.lease_holder
        """,
        {"domain": domain, "holder": holder, "length": length, "now": now},
    )
    return cur.rowcount == 1


async def crawl_holder(conn: Connection, domain: str) -> tuple[bool, str | None]:
    """(whether the site is being read, by whom)."""
    cur = await conn.execute("select lease_holder from crawls where domain = %s", [domain])
    row = await cur.fetchone()
    return row is not None, row[0] if row else None


async def leave_crawl(conn: Connection, domain: str, holder: str) -> None:
    await conn.execute(
        """
        update crawls set lease_holder = null, lease_until = null
         where domain = %(domain)s and lease_holder = %(holder)s
        """,
        {"domain": domain, "holder": holder},
    )


async def end_crawl(conn: Connection, domain: str, holder: str) -> None:
    await conn.execute(
        "delete from crawls where domain = %(domain)s and lease_holder = %(holder)s",
        {"domain": domain, "holder": holder},
    )


async def add_pages(conn: Connection, domain: str, depth: int, pages: Sequence[tuple[str, int]], most: int) -> None:
    """Pages found at `depth`, the best scores first; never more than `most` of a site in all."""
    await conn.execute(
        """
        insert into crawl_pages (domain, url, depth, score)
        select %(domain)s, url, %(depth)s, score
          from unnest(%(urls)s::text[], %(scores)s::int[]) as found (url, score)
         where (select count(*) from crawl_pages where domain = %(domain)s) < %(most)s
        on conflict on constraint crawl_pages_key do update
           set score = greatest(crawl_pages.score, excluded.score)
         where crawl_pages.state = 'waiting' and crawl_pages.score < excluded.score
        """,
        {
            "domain": domain,
            "depth": depth,
            "urls": [url for url, _ in pages],
            "scores": [score for _, score in pages],
            "most": most,
        },
    )


async def waiting_pages(conn: Connection, domain: str) -> list[NextPage]:
    """The best first; of equals the one nearer to the home page."""
    cur = await conn.execute(
        """
        select url, depth, score, tries from crawl_pages
         where domain = %(domain)s and state = 'waiting'
         order by tries, score desc, depth, url
         limit 200
        """,
        {"domain": domain},
    )
    return [NextPage(*row) for row in await cur.fetchall()]


async def read_urls(conn: Connection, domain: str) -> list[tuple[str, int]]:
    """(URL, score) of the pages that were tried."""
    cur = await conn.execute(
        "select url, score from crawl_pages where domain = %s and state <> 'waiting' order by url", [domain]
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def note_page(
    conn: Connection, domain: str, url: str, state: str, *, addresses: int = 0, people: int = 0
) -> None:
    await conn.execute(
        """
        update crawl_pages
           set state = %(state)s, tries = tries + 1, addresses = %(addresses)s, people = %(people)s
         where domain = %(domain)s and url = %(url)s
        """,
        {"domain": domain, "url": url, "state": state, "addresses": addresses, "people": people},
    )


async def sums(conn: Connection, domain: str) -> tuple[int, int, int, int]:
    """(read, failed, addresses, people) so far."""
    cur = await conn.execute(
        """
        select count(*) filter (where state = 'read'), count(*) filter (where state = 'failed'),
               coalesce(sum(addresses), 0), coalesce(sum(people), 0)
          from crawl_pages where domain = %s
        """,
        [domain],
    )
    row = await cur.fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]


async def note_visit(conn: Connection, domain: str, label: str, outcome: str, now: datetime) -> None:
    await conn.execute(
        """
        with known as (
            insert into lead_domains (domain, label) values (%(domain)s, %(label)s)
            on conflict (domain) do update set label = lead_domains.label
            returning id
        )
        insert into lead_visits (domain_id, visited_at, outcome) select id, %(now)s, %(outcome)s from known
        on conflict (domain_id) do update set visited_at = excluded.visited_at, outcome = excluded.outcome
        """,
        {"domain": domain, "label": label, "outcome": outcome, "now": now},
    )
