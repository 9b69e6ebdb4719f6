"""Moving, deleting and merging prospects, and taking each back, as an operator sees it through the API."""

from uuid import uuid4

import pytest

from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.prospects import actions as prospects


class Office:
    """A workspace, its people by address and its lists by name."""

    def __init__(self, house, tenant):
        self.house, self.tenant, self.workspace_id = house, tenant, tenant.workspace_id
        self.lists: dict[str, int] = {}

    async def list(self, name):
        self.lists[name] = await self.tenant.list(name)

    async def add(self, email, *names, duplicate=False, **fields):
        """A prospect on these lists; its number."""
        for name in names:
            added = await self.tenant.post(
                "/v1/add-prospect-to-list",
                email=email,
                listId=self.lists[name],
                createDuplicates=duplicate,
                **fields,
            )
            assert added.body["success"], added.body
        return await self.newest(email)

    async def newest(self, email):
        async with self.house.world.db.statement() as conn:
            return max(await prospects.prospects_of_addresses(conn, self.workspace_id, [email]), default=None)

    async def profile(self, link, name, **fields):
        """A prospect with a LinkedIn profile and no address; its number."""
        added = await self.tenant.post(
            "/v1/add-prospect-to-list", listId=self.lists[name], **{"socialLinks[linkedIn]": link}, **fields
        )
        assert added.body["success"], added.body
        async with self.house.world.db.statement() as conn:
            cur = await conn.execute("select max(id) from prospects where workspace_id = %s", [self.workspace_id])
            return (await cur.fetchone())[0]

    async def do(self, action, *args, **options):
        """One change at a business time of its own."""
        await self.house.pass_time(seconds=1)
        async with self.house.world.db.transaction() as conn:
            now = self.house.world.clock.now()
            return await getattr(prospects, action)(conn, self.workspace_id, *args, now=now, **options)

    async def move(self, ids, to, from_=None):
        from_list = self.lists[from_] if from_ else None
        return await self.do("move", ids, to_list=self.lists[to], from_list=from_list)

    async def on(self, name):
        """The addresses on a list."""
        page = await self.tenant.post("/v1/prospect-list", listId=self.lists[name], perPage=100)
        return sorted(email["email"] for person in page.body["prospects"] for email in person["emails"])

    async def known(self, number):
        async with self.house.world.db.statement() as conn:
            return await prospects.find_prospect(conn, self.workspace_id, number)

    async def duplicates(self):
        async with self.house.world.db.statement() as conn:
            return await prospects.duplicates(conn, self.workspace_id)


@pytest.fixture
async def office(house):
    office = Office(house, await house.workspace())
    for name in ("A", "B", "C"):
        await office.list(name)
    return office


# Moving


async def test_moving_takes_off_every_list_and_undo_puts_back(office):
    ann = await office.add("ann@x.io", "A", "B")
    change = await office.move([ann], "C")
    assert (await office.on("A"), await office.on("B"), await office.on("C")) == ([], [], ["ann@x.io"])
    undone = await office.do("undo", change)
    assert (undone.restored, undone.left_alone) == (1, 0)
    assert (await office.on("A"), await office.on("B"), await office.on("C")) == (["ann@x.io"], ["ann@x.io"], [])


async def test_moving_from_one_list_leaves_the_others(office):
    ann = await office.add("ann@x.io", "A", "B")
    await office.move([ann], "C", from_="A")
    assert (await office.on("A"), await office.on("B"), await office.on("C")) == ([], ["ann@x.io"], ["ann@x.io"])


async def test_moving_to_the_list_they_are_on_keeps_them_there_and_so_does_undo(office):
    ann = await office.add("ann@x.io", "A", "B")
    change = await office.move([ann], "A")
    assert (await office.on("A"), await office.on("B")) == (["ann@x.io"], [])
    await office.do("undo", change)
    assert (await office.on("A"), await office.on("B")) == (["ann@x.io"], ["ann@x.io"])


async def test_undoing_a_move_leaves_what_was_done_since(office):
    """Put on another list meanwhile, and given a name: both stay."""
    ann = await office.add("ann@x.io", "A")
    change = await office.move([ann], "B")
    await office.add("ann@x.io", "C", updateContact=True, firstName="Ann")
    await office.do("undo", change)
    assert (await office.on("A"), await office.on("B"), await office.on("C")) == (["ann@x.io"], [], ["ann@x.io"])
    assert (await office.known(ann)).first_name == "Ann"


async def test_undoing_a_move_does_not_bring_back_who_was_deleted_since(office):
    ann = await office.add("ann@x.io", "A")
    change = await office.move([ann], "B")
    await office.do("delete", [ann])
    undone = await office.do("undo", change)
    assert (undone.restored, undone.left_alone) == (0, 1)
    assert await office.known(ann) is None
    assert await office.on("A") == []


async def test_two_moves_are_taken_back_in_any_order(office):
    ann = await office.add("ann@x.io", "A")
    first, second = await office.move([ann], "B"), await office.move([ann], "C")
    await office.do("undo", second)
    assert (await office.on("B"), await office.on("C")) == (["ann@x.io"], [])
    await office.do("undo", first)
    assert (await office.on("A"), await office.on("B")) == (["ann@x.io"], [])


async def test_a_list_that_is_deleted_takes_nobody(office):
    ann = await office.add("ann@x.io", "A")
    await office.do("delete_list", office.lists["B"])
    with pytest.raises(NotFound):
        await office.move([ann], "B")
    assert await office.on("A") == ["ann@x.io"]


# Deleting


async def test_deleting_hides_a_prospect_everywhere_and_undo_brings_it_back_as_it_was(office):
    ann = await office.add("ann@x.io", "A", "B", firstName="Ann", phones="+1 555")
    before = await office.known(ann)
    change = await office.do("delete", [ann])
    assert await office.known(ann) is None
    assert (await office.tenant.post("/v1/get-prospects-by-email", email="ann@x.io")).body["success"] is False
    assert (await office.on("A"), await office.on("B")) == ([], [])
    assert (await office.do("undo", change)).restored == 1
    assert await office.known(ann) == before
    assert (await office.on("A"), await office.on("B")) == (["ann@x.io"], ["ann@x.io"])


async def test_an_address_taken_meanwhile_is_a_conflict_that_names_it_and_changes_nothing(office):
    ann, bob = await office.add("ann@x.io", "A"), await office.add("bob@x.io", "A")
    change = await office.do("delete", [ann, bob])
    new = await office.add("ann@x.io", "B")
    with pytest.raises(Conflict, match=r"Another prospect has ann@x\.io by now") as refusal:
        await office.do("undo", change)
    assert refusal.value.code == "address_taken"
    assert await office.known(bob) is None
    await office.do("delete", [new])
    assert (await office.do("undo", change)).restored == 2
    assert await office.on("A") == ["ann@x.io", "bob@x.io"]


async def test_a_profile_taken_meanwhile_is_a_conflict_that_names_it(office):
    link = f"https://www.linkedin.com/in/{uuid4().hex}"
    ann = await office.profile(link, "A")
    change = await office.do("delete", [ann])
    assert await office.profile(link, "A") != ann
    with pytest.raises(Conflict, match=r"Another prospect has the LinkedIn profile in/"):
        await office.do("undo", change)


async def test_a_prospect_deleted_twice_is_not_there_the_second_time(office):
    ann = await office.add("ann@x.io", "A")
    await office.do("delete", [ann])
    with pytest.raises(NotFound):
        await office.do("delete", [ann])


async def test_nobody_is_nobody(office):
    for action, options in (("delete", {}), ("move", {"to_list": office.lists["A"], "from_list": None})):
        with pytest.raises(Invalid):
            await office.do(action, [], **options)


# Duplicates and merging


async def test_duplicates_are_groups_with_the_one_that_stays_first(office):
    first = await office.add("ann@x.io", "A")
    second = await office.add("ann@x.io", "A", duplicate=True)
    await office.add("bob@x.io", "A")
    assert await office.duplicates() == [("ann@x.io", [first, second])]


async def test_people_with_one_profile_are_duplicates_whoever_has_an_address_first(office):
    link = f"https://www.linkedin.com/in/{uuid4().hex}"
    without = await office.profile(link, "A")
    ann = await office.add("ann@x.io", "A", **{"socialLinks[linkedIn]": link})
    assert [numbers for _, numbers in await office.duplicates()] == [[ann, without]]


async def test_copies_without_an_address_are_duplicates_too(office):
    link = f"https://www.linkedin.com/in/{uuid4().hex}"
    first = await office.profile(link, "A")
    second = await office.profile(link, "A", createDuplicates=True)
    assert first != second
    assert [numbers for _, numbers in await office.duplicates()] == [[first, second]]


async def test_merging_keeps_what_is_known_and_fills_what_is_not(office):
    ann = await office.add("ann@x.io", "A", firstName="Ann", country="France")
    anna = await office.add("anna@y.io", "B", firstName="Anna", lastName="Lee", phones="+1 555", position="CEO")
    await office.do("merge", ann, [anna])
    kept = await office.known(ann)
    assert (kept.first_name, kept.last_name, kept.country, kept.position) == ("Ann", "Lee", "France", "CEO")
    assert (kept.email, kept.other_emails, kept.phones) == ("ann@x.io", ["anna@y.io"], ["+1 555"])
    assert [item.name for item in kept.lists] == ["A", "B"]
    assert await office.known(anna) is None


async def test_a_merge_taken_back_leaves_both_as_they_were(office):
    ann, anna = await office.add("ann@x.io", "A", firstName="Ann"), await office.add("anna@y.io", "B", phones="+1 555")
    before = [await office.known(ann), await office.known(anna)]
    change = await office.do("merge", ann, [anna])
    undone = await office.do("undo", change)
    assert (undone.restored, undone.left_alone) == (2, 0)
    assert [await office.known(ann), await office.known(anna)] == before
    assert (await office.on("A"), await office.on("B")) == (["ann@x.io"], ["anna@y.io"])


async def test_who_was_changed_after_a_merge_keeps_the_change_and_the_other_comes_back(office):
    ann, anna = await office.add("ann@x.io", "A"), await office.add("anna@y.io", "B")
    change = await office.do("merge", ann, [anna])
    await office.house.pass_time(seconds=1)
    await office.add("ann@x.io", "C", updateContact=True, firstName="Ann")
    undone = await office.do("undo", change)
    assert (undone.restored, undone.left_alone) == (1, 1)
    assert (await office.known(ann)).first_name == "Ann"
    assert await office.known(anna) is not None


async def test_the_original_merged_into_its_copy_and_back(office):
    """The copy becomes the one that is found by the address, so that adding it again makes no other."""
    original = await office.add("ann@x.io", "A")
    copy = await office.add("ann@x.io", "A", duplicate=True)
    change = await office.do("merge", copy, [original])
    assert await office.add("ann@x.io", "B") == copy
    assert await office.duplicates() == []
    await office.do("undo", change)
    assert [numbers for _, numbers in await office.duplicates()] == [[original, copy]]


async def test_who_had_only_a_profile_takes_over_the_address(office):
    link = f"https://www.linkedin.com/in/{uuid4().hex}"
    without = await office.profile(link, "A")
    ann = await office.add("ann@x.io", "A")
    change = await office.do("merge", without, [ann])
    assert (await office.known(without)).email == "ann@x.io"
    assert await office.add("ann@x.io", "B") == without
    await office.do("undo", change)
    assert (await office.known(ann)).email == "ann@x.io"


async def test_a_copy_merged_into_another_does_not_push_out_the_original(office):
    link = f"https://www.linkedin.com/in/{uuid4().hex}"
    original = await office.add("ann@x.io", "A")
    copy = await office.add("ann@x.io", "A", duplicate=True)
    without = await office.profile(link, "A")
    await office.do("merge", without, [copy])
    await office.add("ann@x.io", "B")
    assert [item.name for item in (await office.known(original)).lists] == ["A", "B"]
    assert (await office.known(without)).email == "ann@x.io"


async def test_a_merge_with_itself_or_with_nobody_is_refused_and_changes_nothing(office):
    ann, anna = await office.add("ann@x.io", "A"), await office.add("anna@y.io", "A")
    with pytest.raises(Invalid):
        await office.do("merge", ann, [ann])
    with pytest.raises(Invalid):
        await office.do("merge", ann, [])
    with pytest.raises(NotFound):
        await office.do("merge", ann, [anna, 10**15])
    with pytest.raises(NotFound):
        await office.do("merge", 10**15, [anna])
    await office.do("delete", [ann])
    with pytest.raises(NotFound):
        await office.do("merge", ann, [anna])
    assert await office.on("A") == ["anna@y.io"]


# Taking back


async def test_a_change_is_taken_back_once(office):
    ann = await office.add("ann@x.io", "A")
    change = await office.do("delete", [ann])
    await office.do("undo", change)
    with pytest.raises(Conflict, match="was taken back at"):
        await office.do("undo", change)
    async with office.house.world.db.statement() as conn:
        (seen,) = await prospects.changes(conn, office.workspace_id)
    assert (seen.id, seen.kind, seen.undone_at is None) == (change, "delete", False)


async def test_another_tenant_can_neither_change_nor_take_back(office, house):
    ann = await office.add("ann@x.io", "A")
    change = await office.move([ann], "B")
    other = Office(house, await house.workspace())
    await other.list("A")
    before = await office.tenant.rows()
    for action, args, options in (
        ("undo", [change], {}),
        ("delete", [[ann]], {}),
        ("move", [[ann]], {"to_list": other.lists["A"], "from_list": None}),
        ("move", [[ann]], {"to_list": office.lists["A"], "from_list": None}),
        ("merge", [ann, [ann + 1]], {}),
    ):
        with pytest.raises(NotFound):
            await other.do(action, *args, **options)
    assert await office.tenant.rows() == before
    assert await office.on("B") == ["ann@x.io"]
    assert await other.on("A") == []


async def test_every_change_is_told_in_the_log(office):
    ann, bob = await office.add("ann@x.io", "A"), await office.add("bob@x.io", "A")
    moved = await office.move([ann], "B")
    merged = await office.do("merge", ann, [bob])
    await office.do("undo", merged)
    deleted = await office.do("delete", [bob])
    async with office.house.world.db.statement() as conn:
        cur = await conn.execute(
            """
            select kind, (body->>'change_id')::int from events
             where workspace_id = %s and body ? 'change_id' order by id
            """,
            [office.workspace_id],
        )
        assert await cur.fetchall() == [
            ("prospects_moved", moved),
            ("prospects_merged", merged),
            ("prospect_change_undone", merged),
            ("prospects_deleted", deleted),
        ]
