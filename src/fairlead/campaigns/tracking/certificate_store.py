"""The tables of certificates. Private keys are sealed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.db.pool import Connection, Database
from fairlead.kit.sealing import KeyRing

KEY_OF_CERTIFICATE = "tracking_certificates.private_key"
KEY_OF_ACCOUNT = "acme_accounts.private_key"


@dataclass(frozen=True)
class Certificate:
    domain: str
    private_key: bytes = field(repr=False)
    """PEM."""
    chain: str
    """PEM, the domain's own first."""
    ends_at: datetime
    """Real time."""


@dataclass(frozen=True)
class Account:
    private_key: bytes = field(repr=False)
    uri: str | None


async def find_certificate(conn: Connection, keys: KeyRing, domain: str) -> Certificate | None:
    found = await certificates(conn, keys, [domain])
    return found[0] if found else None


async def certificates(conn: Connection, keys: KeyRing, domains: list[str]) -> list[Certificate]:
    cur = await conn.execute(
        """
        select domain, private_key, chain, ends_at
          from tracking_certificates
         where domain = any (%(domains)s) and private_key is not null
         order by domain
        """,
        {"domains": domains},
    )
    return [
        Certificate(domain, keys.open(bytes(sealed), KEY_OF_CERTIFICATE), chain, ends_at)
        for domain, sealed, chain, ends_at in await cur.fetchall()
    ]


async def keep_certificate(conn: Connection, keys: KeyRing, fresh: Certificate, now: datetime) -> None:
    await conn.execute(
        """
        insert into tracking_certificates (domain, private_key, chain, ends_at, tried_at)
        values (%(domain)s, %(private_key)s, %(chain)s, %(ends_at)s, %(now)s)
        on conflict (domain) do update
           set private_key = excluded.private_key, chain = excluded.chain, ends_at = excluded.ends_at,
               problem = null, tried_at = excluded.tried_at
        """,
        {
            "domain": fresh.domain,
            "private_key": keys.seal(fresh.private_key, KEY_OF_CERTIFICATE),
            "chain": fresh.chain,
            "ends_at": fresh.ends_at,
            "now": now,
        },
    )


async def note_problem(conn: Connection, domain: str, problem: str, now: datetime) -> None:
    await conn.execute(
        """
        insert into tracking_certificates (domain, problem, tried_at) values (%(domain)s, %(problem)s, %(now)s)
        on conflict (domain) do update set problem = excluded.problem, tried_at = excluded.tried_at
        """,
        {"domain": domain, "problem": problem, "now": now},
    )


async def acme_account(
    conn: Connection, keys: KeyRing, directory: str, *, new_key: Callable[[], bytes]
) -> Account:
    """The account of this installation, its key made at the first call."""
    await conn.execute(
        """
        insert into acme_accounts (directory, private_key) values (%(directory)s, %(private_key)s)
        on conflict (directory) do nothing
        """,
        {"directory": directory, "private_key": keys.seal(new_key(), KEY_OF_ACCOUNT)},
    )
    cur = await conn.execute(
        "select private_key, uri from acme_accounts where directory = %(directory)s", {"directory": directory}
    )
    row = await cur.fetchone()
    assert row is not None
    return Account(keys.open(bytes(row[0]), KEY_OF_ACCOUNT), row[1])


async def note_account(conn: Connection, directory: str, uri: str) -> None:
    await conn.execute(
        "update acme_accounts set uri = %(uri)s where directory = %(directory)s", {"directory": directory, "uri": uri}
    )


async def show_challenge(db: Database, token: str, answer: str) -> None:
    async with db.transaction() as conn:
        await conn.execute("delete from acme_challenges where made_at < clock_timestamp() - interval '1 day'")
        await conn.execute(
            """
            insert into acme_challenges (token, answer) values (%(token)s, %(answer)s)
            on conflict (token) do update set answer = excluded.answer
            """,
            {"token": token, "answer": answer},
        )


async def challenge_answer(conn: Connection, token: str) -> str | None:
    cur = await conn.execute("select answer from acme_challenges where token = %(token)s", {"token": token})
    row = await cur.fetchone()
    return row[0] if row else None
