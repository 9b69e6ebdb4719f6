"""What may be asked of the lead database.

An address can be claimed by its owner: it is then refused everywhere in this installation. The SQL function
`claimed_among(text[])` is this room's answer inside statements of rooms above it.
"""

from collections.abc import Iterable
from datetime import datetime

from fairlead.corpus import store
from fairlead.db import Connection
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key


async def claim(conn: Connection, addresses: Iterable[str], now: datetime) -> int:
    """How many addresses are hidden now that were not before."""
    return await store.insert_claims(conn, _keys(addresses), now)


async def release_claims(conn: Connection, addresses: Iterable[str]) -> int:
    """How many addresses were hidden and are so no longer."""
    return await store.delete_claims(conn, _keys(addresses))


async def claimed_among(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Those of `keys` (forms of `kit.text.address_key`) whose owners asked to be left alone."""
    return await store.claimed_among(conn, list(keys))


def _keys(addresses: Iterable[str]) -> list[str]:
    keys = []
    for address in addresses:
        try:
            keys.append(address_key(address))
        except ValueError as error:
            raise Invalid("bad_address", f"{error}.", field="address") from error
    return keys
