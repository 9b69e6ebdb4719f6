"""One person's data, wherever it lies: shown, or erased for good.

Each room says in `personal` what its tables hold; here they are put together, and a test compares them with the tables
of the database. Erasing also claims the addresses and hides the profiles, hashed, so that nothing brings them back.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fairlead.accounts.personal import PERSONAL as ACCOUNTS
from fairlead.campaigns.personal import PERSONAL as CAMPAIGNS
from fairlead.corpus import actions as corpus
from fairlead.corpus.personal import PERSONAL as CORPUS
from fairlead.db import personal
from fairlead.db.personal import RoomRules, Who
from fairlead.events.personal import PERSONAL as EVENTS
from fairlead.finder.personal import PERSONAL as FINDER
from fairlead.jobs.personal import PERSONAL as JOBS
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key
from fairlead.prospects.personal import PERSONAL as PROSPECTS
from fairlead.senders.personal import PERSONAL as SENDERS
from fairlead.verifier.personal import PERSONAL as VERIFIER
from fairlead.webhooks.personal import PERSONAL as WEBHOOKS
from fairlead.world import World

# From the top down: what hangs on others goes first.
ROOMS: Final[tuple[RoomRules, ...]] = (
    WEBHOOKS, CAMPAIGNS, FINDER, PROSPECTS, SENDERS, VERIFIER, CORPUS, ACCOUNTS, EVENTS, JOBS,
)  # fmt: skip
OF_THE_HOUSE: Final = {
    "instance": "what this installation is",
    "business_clock": "the clock",
    "schema_migrations": "the schema",
}


def covered() -> set[str]:
    """Tables with rules."""
    return {rule.table for room in ROOMS for rule in room.rules}


def free() -> dict[str, str]:
    """Tables that hold nothing of a person, and why."""
    return OF_THE_HOUSE | {table: why for room in ROOMS for table, why in room.free.items()}


def who(given: Iterable[str]) -> Who:
    """The person with these addresses and LinkedIn profiles. Raises `Invalid`."""
    keys, profiles = [], []
    for text in given:
        if (profile := linkedin_profile(text)) is not None:
            profiles.append(profile)
            continue
        try:
            keys.append(address_key(text))
        except ValueError as error:
            sentence = f"{text!r} is neither an address nor a LinkedIn profile."
            raise Invalid("bad_person", sentence, field="person") from error
    if not keys and not profiles:
        raise Invalid("missing", "An address or a LinkedIn profile is needed.", field="person")
    return Who(tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(profiles)))


async def export_person(world: World, given: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Every row about a person, by table."""
    person = who(given)
    found: dict[str, list[dict[str, Any]]] = {}
    async with world.db.transaction() as conn:
        await conn.execute("set local statement_timeout = 0")
        for room in ROOMS:
            found |= await personal.export(conn, room.rules, person)
    return found


async def erase_person(world: World, given: Sequence[str]) -> dict[str, int]:
    """How many rows of each table were erased or emptied, in one transaction."""
    person = who(given)
    done: dict[str, int] = {}
    async with world.db.transaction() as conn:
        await conn.execute("set local statement_timeout = 0")
        rows = await personal.export(conn, CORPUS.rules, person)
        await corpus.erase_person(conn, world.clock.now(), keys=person.keys, profiles=person.profiles)
        done |= {table: len(found) for table, found in rows.items() if table != "lead_sources"}
        for room in ROOMS:
            done |= await personal.erase(conn, room.rules, person)
    return done
