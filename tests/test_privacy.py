"""One person's data: every table is known, and after erasing nothing is left anywhere."""

from uuid import uuid4

from fairlead import privacy
from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import Method
from fairlead.corpus.model import Outcome, SourceKind
from fairlead.events import actions as events
from fairlead.main import Start, open_house
from fairlead.settings import Settings
from front_door import FrontDoor
from lead_evidence import Corpus, page, person

TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
"""


async def test_every_table_is_covered_or_named_as_free_of_personal_data(db):
    async with db.statement() as conn:
        tables = {row[0] for row in await (await conn.execute(TABLES)).fetchall()}
    covered, free = privacy.covered(), set(privacy.free())
    assert covered & free == set()
    assert tables - covered - free == set(), "say in the room's `personal` module what these hold of a person"
    assert (covered | free) - tables == set()


async def mentions(door: FrontDoor, text: str) -> dict[str, int]:
    """How many rows of each table hold a text anywhere."""
    found = {}
    async with door.world.db.statement() as conn:
        for (table,) in await (await conn.execute(TABLES)).fetchall():
            cur = await conn.execute(f"select count(*) from {table} t where lower(t::text) like %s", [f"%{text}%"])
            if rows := (await cur.fetchone())[0]:
                found[table] = rows
    return found


async def test_a_person_is_shown_and_then_erased_from_every_table(conninfo, tmp_path):
    name = f"zz{uuid4().hex[:8]}"
    address, link = f"{name}@firm.example", f"https://www.linkedin.com/in/{name}"
    async with (
        open_house(Settings(database_url=conninfo, data=tmp_path), Start(serves=True)) as opened,
        FrontDoor.opened(opened) as door,
    ):
        tenant, other = await door.workspace(), await door.workspace()
        evidence = Corpus(door)
        ann = person(f"Ann {name.title()}", address, position="CTO", social=(link,), phone="+4930123456")
        await evidence.record(page("https://firm.example/team", "bob@firm.example", people=(ann,)))
        await evidence.record(
            page("row 1", people=(ann,)), uri="a.csv", kind=SourceKind.IMPORT, owner=tenant.workspace_id
        )
        now = door.world.clock.now()
        await evidence.ask(corpus.note_outcome, tenant.workspace_id, address, Outcome.REPLIED, now)
        for owner in (tenant, other):
            list_id = await owner.list()
            await owner.post(
                "/v1/add-prospect-to-list", listId=list_id, email=address, fullName=f"Ann {name}", social={"linkedIn": link}
            )
            await owner.post("/v1/do-not-email-list", items=[address])
        await tenant.post("/v2/email-verification/start", emails=[address, "bob@firm.example"])
        await tenant.post("/v2/domain-search/start", domain="firm.example")
        async with door.world.db.transaction() as conn:
            await events.record(conn, tenant.workspace_id, "email_sent", now, email=address)

        held = await mentions(door, name)
        shown = await privacy.export_person(door.world, [address.upper(), link])

        assert {
            "lead_people", "lead_addresses", "lead_details", "lead_sources", "prospects", "do_not_email_items",
            "verification_items", "verification_batches", "events",
        } <= set(held)  # fmt: skip
        assert set(held) - set(shown) == set()
        assert len(shown["prospects"]) == 2
        assert {"lead_evidence", "list_members"} <= set(shown)

        done = await privacy.erase_person(door.world, [address, link])

        assert set(shown) <= set(done)
        assert await mentions(door, name) == {}
        assert await privacy.export_person(door.world, [address, link]) == {}
        # Others stay, and the erased one stays out.
        assert await evidence.addresses(tenant.workspace_id, "firm.example") == ["bob@firm.example"]
        assert await evidence.counts(tenant.workspace_id, "firm.example") == (0, 1, 0)
        again = await evidence.record(page("https://firm.example/again", people=(ann,), method=Method.TEXT))
        assert again.hidden == 1
        refused = await tenant.post("/v1/add-prospect-to-list", listId=await tenant.list("More"), email=address)
        assert refused.status == 400
        assert await mentions(door, name) == {}
