"""The SQL of mailboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors, sql

from fairlead.db import Connection
from fairlead.senders.model import (
    Auth,
    Check,
    CheckStatus,
    Delay,
    Encryption,
    Mailbox,
    MailboxId,
    MailboxState,
    Provider,
    RampUp,
    SentCopies,
    ServerAddress,
)

_COLUMNS = """
       workspace_id, id, address, sender_name, provider, smtp_host, smtp_port, smtp_encryption,
       imap_host, imap_port, imap_encryption, login, auth, time_zone, daily_limit, delay_min_seconds, delay_max_seconds,
       ramp_up_start, ramp_up_step, ramp_up_from, signature_html, reply_to, bcc, tags, state, state_reason, sent_copies,
       smtp_status, smtp_errors, imap_status, imap_errors, made_at, changed_at, checked_at
"""


@dataclass(frozen=True)
class Secrets:
    """Sealed, as they are stored. `check_number` names the settings they belong to."""

    secret: bytes
    access_token: bytes | None
    access_token_until: datetime | None
    check_number: int
    machine_now: datetime


class AddressTaken(Exception):
    """Another mailbox of the workspace has this address. The transaction is over."""


async def insert(conn: Connection, values: dict[str, Any]) -> Mailbox | None:
    """The mailbox made of these columns, or None when the workspace has one of this address."""
    columns = sql.SQL(", ").join(map(sql.Identifier, values))
    places = sql.SQL(", ").join(map(sql.Placeholder, values))
    statement = sql.SQL(
        "insert into mailboxes ({columns}) values ({places})"
        " on conflict (workspace_id, address_key) where deleted_at is null do nothing returning " + _COLUMNS
    )
    cur = await conn.execute(statement.format(columns=columns, places=places), values)
    row = await cur.fetchone()
    return None if row is None else _mailbox(*row)


async def update(
    conn: Connection, workspace_id: int, mailbox_id: int, values: dict[str, Any], *, new_check: bool
) -> Mailbox | None:
    """The mailbox with these columns changed; None when there is none. Raises `AddressTaken`."""
    sets = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values)
    statement = sql.SQL(
        "update mailboxes set {sets}, check_number = check_number + %(new_check)s"
        " where workspace_id = %(workspace_id)s and id = %(mailbox_id)s and deleted_at is null returning " + _COLUMNS
    )
    given = {**values, "workspace_id": workspace_id, "mailbox_id": mailbox_id, "new_check": int(new_check)}
    try:
        cur = await conn.execute(statement.format(sets=sets), given)
    except errors.UniqueViolation as error:
        if error.diag.constraint_name == "one_mailbox_per_address":
            raise AddressTaken from error
        raise
    row = await cur.fetchone()
    return None if row is None else _mailbox(*row)


async def mailboxes(
    conn: Connection, workspace_id: int, ids: Sequence[int] | None, *, deleted: bool, lock: bool = False
) -> list[Mailbox]:
    """By id; all of the workspace where `ids` is None."""
    cur = await conn.execute(
        f"""
        select {_COLUMNS} from mailboxes
         where workspace_id = %(workspace_id)s
           and (%(ids)s::bigint[] is null or id = any(%(ids)s))
           and (%(deleted)s or deleted_at is null)
         order by id
        """
        + (" for update" if lock else ""),
        {"workspace_id": workspace_id, "ids": None if ids is None else list(ids), "deleted": deleted},
    )
    return [_mailbox(*row) for row in await cur.fetchall()]


async def mailboxes_by_id(conn: Connection, ids: Sequence[int]) -> dict[int, Mailbox]:
    """Of any workspace, removed ones too: for the workers that send for all."""
    cur = await conn.execute(f"select {_COLUMNS} from mailboxes where id = any(%s)", [list(ids)])
    return {row[1]: _mailbox(*row) for row in await cur.fetchall()}


async def find_by_address(conn: Connection, workspace_id: int, address_key: str) -> Mailbox | None:
    cur = await conn.execute(
        f"""
        select {_COLUMNS} from mailboxes
         where workspace_id = %s and address_key = %s and deleted_at is null
        """,
        [workspace_id, address_key],
    )
    row = await cur.fetchone()
    return None if row is None else _mailbox(*row)


async def count(conn: Connection, workspace_id: int) -> int:
    """How many there are; the workspace is locked until the end of the transaction, so that the answer stays true."""
    await conn.execute("select from workspaces where id = %s for no key update", [workspace_id])
    cur = await conn.execute(
        "select count(*) from mailboxes where workspace_id = %s and deleted_at is null", [workspace_id]
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def set_state(
    conn: Connection,
    workspace_id: int,
    mailbox_id: int,
    *,
    state: MailboxState,
    reason: str | None,
    among: Sequence[MailboxState],
    now: datetime,
) -> bool:
    """Whether a mailbox in one of the states `among` was put into another."""
    cur = await conn.execute(
        """
        update mailboxes set state = %(state)s, state_reason = %(reason)s, changed_at = %(now)s,
                             deleted_at = case when %(state)s = 'deleted' then %(now)s end
         where workspace_id = %(workspace_id)s and id = %(mailbox_id)s and state = any(%(among)s) and state <> %(state)s
        """,
        {
            "state": state,
            "reason": reason,
            "among": [str(one) for one in among],
            "now": now,
            "workspace_id": workspace_id,
            "mailbox_id": mailbox_id,
        },
    )
    return cur.rowcount == 1


async def secrets(conn: Connection, workspace_id: int, mailbox_id: int, *, lock: bool = False) -> Secrets | None:
    cur = await conn.execute(
        """
        select secret, access_token, access_token_until, check_number, clock_timestamp() from mailboxes
         where workspace_id = %s and id = %s and deleted_at is null
        """
        + (" for update" if lock else ""),
        [workspace_id, mailbox_id],
    )
    row = await cur.fetchone()
    if row is None:
        return None
    secret, token, until, number, machine_now = row
    return Secrets(bytes(secret), None if token is None else bytes(token), until, number, machine_now)


async def claim_renewal(conn: Connection, workspace_id: int, mailbox_id: int, *, seconds: float) -> bool:
    """Whether the caller may ask for another token now: some providers take the old ones back with each new one."""
    cur = await conn.execute(
        """
        update mailboxes set renewing_until = clock_timestamp() + make_interval(secs => %(seconds)s)
         where workspace_id = %(workspace_id)s and id = %(mailbox_id)s
           and (renewing_until is null or renewing_until < clock_timestamp())
        """,
        {"workspace_id": workspace_id, "mailbox_id": mailbox_id, "seconds": seconds},
    )
    return cur.rowcount == 1


async def release_renewal(conn: Connection, workspace_id: int, mailbox_id: int) -> None:
    await conn.execute(
        "update mailboxes set renewing_until = null where workspace_id = %s and id = %s", [workspace_id, mailbox_id]
    )


async def keep_tokens(
    conn: Connection,
    workspace_id: int,
    mailbox_id: int,
    *,
    old_secret: bytes,
    secret: bytes,
    access_token: bytes,
    lives_seconds: float,
) -> bool:
    """Whether the tokens were kept: they are not where the mailbox was connected anew meanwhile."""
    cur = await conn.execute(
        """
        update mailboxes set secret = %(secret)s, access_token = %(access_token)s, renewing_until = null,
                             access_token_until = clock_timestamp() + make_interval(secs => %(lives_seconds)s)
         where workspace_id = %(workspace_id)s and id = %(mailbox_id)s and secret = %(old_secret)s
        """,
        {
            "secret": secret,
            "access_token": access_token,
            "lives_seconds": lives_seconds,
            "workspace_id": workspace_id,
            "mailbox_id": mailbox_id,
            "old_secret": old_secret,
        },
    )
    return cur.rowcount == 1


async def name_provider(conn: Connection, workspace_id: int, mailbox_id: int, provider: Provider) -> None:
    """Whoever gave the consent is the provider, whatever its servers are called. It keeps copies of what is sent."""
    await conn.execute(
        """
        update mailboxes set provider = %(provider)s,
                             sent_copies = case when imap_host is null then 'none' else 'provider' end
         where workspace_id = %(workspace_id)s and id = %(mailbox_id)s
        """,
        {"provider": provider, "workspace_id": workspace_id, "mailbox_id": mailbox_id},
    )


async def keep_check(
    conn: Connection,
    workspace_id: int,
    mailbox_id: int,
    *,
    check_number: int,
    smtp: Check,
    imap: Check | None,
    provider: Provider,
    sent_copies: SentCopies,
    now: datetime,
) -> bool:
    """Whether the result was kept: it is not where the settings have changed since the check began."""
    cur = await conn.execute(
        """
        update mailboxes set smtp_status = %(smtp_status)s, smtp_errors = %(smtp_errors)s,
                             imap_status = %(imap_status)s, imap_errors = %(imap_errors)s,
                             provider = %(provider)s, sent_copies = %(sent_copies)s, checked_at = %(now)s
         where workspace_id = %(workspace_id)s and id = %(mailbox_id)s and check_number = %(check_number)s
           and deleted_at is null
        """,
        {
            "smtp_status": smtp.status,
            "smtp_errors": list(smtp.errors),
            "imap_status": None if imap is None else imap.status,
            "imap_errors": [] if imap is None else list(imap.errors),
            "provider": provider,
            "sent_copies": sent_copies,
            "now": now,
            "workspace_id": workspace_id,
            "mailbox_id": mailbox_id,
            "check_number": check_number,
        },
    )
    return cur.rowcount == 1


def _mailbox(
    workspace_id: int,
    id_: int,
    address: str,
    sender_name: str,
    provider: str,
    smtp_host: str,
    smtp_port: int,
    smtp_encryption: str,
    imap_host: str | None,
    imap_port: int | None,
    imap_encryption: str | None,
    login: str,
    auth: str,
    time_zone: str,
    daily_limit: int,
    delay_min_seconds: int,
    delay_max_seconds: int,
    ramp_up_start: int | None,
    ramp_up_step: int | None,
    ramp_up_from: Any,
    signature_html: str | None,
    reply_to: str | None,
    bcc: list[str],
    tags: list[str],
    state: str,
    state_reason: str | None,
    sent_copies: str,
    smtp_status: str,
    smtp_errors: list[str],
    imap_status: str | None,
    imap_errors: list[str],
    made_at: datetime,
    changed_at: datetime,
    checked_at: datetime | None,
) -> Mailbox:
    return Mailbox(
        workspace_id=workspace_id,
        id=MailboxId(id_),
        address=address,
        sender_name=sender_name,
        provider=Provider(provider),
        smtp=ServerAddress(smtp_host, smtp_port, Encryption(smtp_encryption)),
        imap=(
            None
            if imap_host is None or imap_port is None or imap_encryption is None
            else ServerAddress(imap_host, imap_port, Encryption(imap_encryption))
        ),
        login=login,
        auth=Auth(auth),
        time_zone=time_zone,
        daily_limit=daily_limit,
        delay=Delay(delay_min_seconds, delay_max_seconds),
        ramp_up=(
            None if ramp_up_start is None or ramp_up_step is None else RampUp(ramp_up_start, ramp_up_step, ramp_up_from)
        ),
        signature_html=signature_html,
        reply_to=reply_to,
        bcc=tuple(bcc),
        tags=tuple(tags),
        state=MailboxState(state),
        state_reason=state_reason,
        sent_copies=SentCopies(sent_copies),
        smtp_check=Check(CheckStatus(smtp_status), tuple(smtp_errors)),
        imap_check=None if imap_status is None else Check(CheckStatus(imap_status), tuple(imap_errors)),
        made_at=made_at,
        changed_at=changed_at,
        checked_at=checked_at,
    )
