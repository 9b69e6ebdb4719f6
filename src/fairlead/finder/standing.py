"""How likely an address is right that somebody has already: what evidence and its verdict say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fairlead.corpus import actions as corpus
from fairlead.db import Connection
from fairlead.finder.model import Standing
from fairlead.finder.rules import SURE
from fairlead.kit.text import address_key
from fairlead.verifier.model import SmtpStatus, Verdict

DEAD: Final = 0.01


async def standings(
    conn: Connection, workspace_id: int, addresses: Sequence[str], *, now: datetime
) -> dict[str, Standing]:
    """By address as given, what evidence says; those nothing is known of are left out."""
    keys = {address: key for address in addresses if (key := _key(address)) is not None}
    if not keys:
        return {}
    known = await corpus.standings(conn, workspace_id, sorted(set(keys.values())), now)
    return {
        address: Standing(known[key].confidence / 100, known[key].employed, known[key].on_linkedin)
        for address, key in keys.items()
        if key in known
    }


def probability(standing: Standing | None, verdict: Verdict | None) -> float | None:
    """How likely an address is right, of 1; None where neither evidence nor a server said anything."""
    if verdict is not None and verdict.smtp_status is SmtpStatus.VALID:
        return SURE
    if verdict is not None and verdict.smtp_status is SmtpStatus.NOT_VALID:
        return DEAD
    return None if standing is None else standing.confidence


def _key(address: str) -> str | None:
    try:
        return address_key(address)
    except (ValueError, UnicodeError):
        return None
