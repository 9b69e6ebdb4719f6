"""Left out for good: addresses and people whose owners asked for it, for the whole installation."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fairlead.corpus import rules
from fairlead.corpus.store import hiding as store
from fairlead.corpus.store import recording, withdrawing
from fairlead.db import Connection
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key, domain_key


async def claim(conn: Connection, addresses: Iterable[str], now: datetime) -> int:
    """How many addresses are hidden now that were not before. What was known of them is erased, whoever knew it."""
    keys = _keys(addresses)
    hidden = await store.insert_claims(conn, keys, now)
    await erase_addresses(conn, keys)
    return hidden


async def release_claims(conn: Connection, addresses: Iterable[str]) -> int:
    """How many addresses were hidden and are so no longer."""
    return await store.delete_claims(conn, _keys(addresses))


async def claimed_among(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Those of `keys` (forms of `kit.text.address_key`) whose owners asked to be left alone."""
    return await store.claimed_among(conn, list(keys))


async def hide_person(conn: Connection, now: datetime, *, domain: str = "", name: str = "", profile: str = "") -> int:
    """Hides a person, by name and company domain or by a LinkedIn profile; how many records were erased.

    Raises `Invalid` when neither names a person.
    """
    ids, hashes = await _people(conn, domain=domain, name=name, profile=profile)
    await store.insert_hidden_people(conn, hashes, now)
    await erase_people(conn, ids)
    return len(ids)


async def is_hidden(conn: Connection, domain: str, name: str) -> bool:
    """Whether somebody of this name at a company's domain asked to be left out."""
    hashes = rules.person_hashes(domain=rules.registrable(domain), key=rules.folded(name), profile=None)
    return bool(await store.hidden_people_among(conn, hashes))


async def erase_addresses(conn: Connection, keys: Sequence[str]) -> int:
    """Drops all that is known of addresses, whoever knows it; how many rows they had."""
    ids = await withdrawing.addresses_of_keys(conn, keys)
    if not ids:
        return 0
    people = await withdrawing.people_of_addresses(conn, ids)
    await withdrawing.hold_domains(conn, people=people, addresses=ids)
    await withdrawing.delete_address_evidence(conn, ids)
    await withdrawing.drop_addresses(conn, ids)
    await recording.refresh_people(conn, people)
    await withdrawing.drop_people(conn, await withdrawing.without_evidence(conn, people=people) if people else [])
    return len(ids)


async def erase_people(conn: Connection, ids: Sequence[int]) -> None:
    """Drops people with their addresses."""
    if not ids:
        return
    addresses = await withdrawing.addresses_of_people(conn, ids)
    await withdrawing.hold_domains(conn, people=ids, addresses=addresses)
    await withdrawing.drop_people(conn, ids)
    await withdrawing.delete_address_evidence(conn, addresses)
    await withdrawing.drop_addresses(conn, addresses)


async def _people(conn: Connection, *, domain: str, name: str, profile: str) -> tuple[list[int], list[bytes]]:
    if profile:
        key = linkedin_profile(profile)
        if key is None:
            raise Invalid("bad_profile", "This is no LinkedIn profile.", field="profile")
        return await withdrawing.people_of_profile(conn, key), rules.person_hashes(domain="", key="", profile=key)
    try:
        company = rules.registrable(domain_key(domain))
    except ValueError:
        raise Invalid("bad_domain", "This is no domain name.", field="domain") from None
    key = rules.folded(name)
    if not key:
        raise Invalid("missing", "A name is needed.", field="name")
    return (
        await withdrawing.people_named(conn, domain=company, key=key),
        rules.person_hashes(domain=company, key=key, profile=None),
    )


def _keys(addresses: Iterable[str]) -> list[str]:
    keys = []
    for address in addresses:
        try:
            keys.append(address_key(address))
        except ValueError as error:
            raise Invalid("bad_address", f"{error}.", field="address") from error
    return keys


async def erase_person(conn: Connection, now: datetime, *, keys: Sequence[str], profiles: Sequence[str]) -> None:
    """Drops all that is known of the person with these addresses and profiles, and keeps both out for good."""
    ids = await withdrawing.addresses_of_keys(conn, keys)
    people = set(await withdrawing.people_of_addresses(conn, ids)) if ids else set()
    for profile in profiles:
        people |= set(await withdrawing.people_of_profile(conn, profile))
    hashes = [hash_ for profile in profiles for hash_ in rules.person_hashes(domain="", key="", profile=profile)]
    await store.insert_hidden_people(conn, hashes, now)
    await store.insert_claims(conn, list(keys), now)
    await erase_people(conn, sorted(people))
    await erase_addresses(conn, keys)
