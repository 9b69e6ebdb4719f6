import asyncio
import csv
import itertools
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.corpus import actions as corpus
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.prospects import actions as prospects
from fairlead.prospects.importing import loading
from fairlead.prospects.importing.loading import import_file, plan_import
from fairlead.prospects.importing.model import Existing

PROCESS = Path(__file__).with_name("importing_process.py")
KILL_WITHIN_SECONDS = 30.0


class Importer:
    """A workspace, and a folder with files to import into it."""

    def __init__(self, house, tenant, folder):
        self.house, self.world, self.workspace_id, self.folder = house, house.world, tenant.workspace_id, folder
        self.tenant = tenant

    def file(self, text, name="people.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    async def run(self, text, *, list_name="People", **options):
        path = text if isinstance(text, Path) else self.file(text)
        return await import_file(self.world, self.workspace_id, path, list_name=list_name, **options)

    async def column(self, statement):
        async with self.world.db.statement() as conn:
            cur = await conn.execute(statement.replace("HERE", f"workspace_id = {self.workspace_id}"))
            return [row[0] for row in await cur.fetchall()]

    async def addresses(self):
        return await self.column("select email from prospects where HERE and deleted_at is null order by id")

    async def listed(self, list_name="People"):
        """The addresses on the list, the last added first."""
        async with self.world.db.statement() as conn:
            list_id = await prospects.find_list_named(conn, self.workspace_id, list_name)
            if list_id is None:
                return None
            page = await prospects.page_of_list(conn, self.workspace_id, list_id, page=1, per_page=100_000)
        return [prospect.email for prospect in page.prospects]

    async def undo(self, change_id):
        async with self.world.db.transaction() as conn:
            return await prospects.undo(conn, self.workspace_id, change_id, now=self.world.clock.now())

    def errors(self, imported):
        with imported.errors_path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
async def importer(house, tmp_path):
    return Importer(house, await house.workspace(), tmp_path)


@pytest.fixture
def small_chunks(monkeypatch):
    """So that a few rows are several transactions."""
    monkeypatch.setattr(loading, "CHUNK_ROWS", 2)
    monkeypatch.setattr(loading, "ROWS_AT_A_TIME", 1)


async def test_a_row_becomes_a_prospect_with_all_its_fields_on_the_list(importer):
    await importer.tenant.custom_field("Budget", "number")
    imported = await importer.run(
        "E-mail;Vorname;Nachname;Telefon;Mobil;Land;Ort;Branche;Position;Firma;Webseite;LinkedIn;Facebook;budget;Notes\n"
        "Ann.Example@Firm.example;Ann;Example;+49 30 1;+49 170 2;DE;Köln;Machinery;CEO;Firm GmbH;firm.example/about;"
        "https://de.linkedin.com/in/Ann-E/;https://facebook.com/ann;12.5;nothing\n"
    )
    assert (imported.rows, imported.made, imported.listed, imported.failed) == (1, 1, 1, 0)
    found = await importer.tenant.prospect("ann.example@firm.example")
    assert (found.email, found.name, found.first_name, found.last_name) == (
        "Ann.Example@Firm.example", "Ann Example", "Ann", "Example",
    )  # fmt: skip
    assert found.phones == ["+49 30 1", "+49 170 2"]
    assert (found.country, found.locality, found.industry, found.position) == ("Germany", "Köln", "Machinery", "CEO")
    assert (found.company_name, found.company_site) == ("Firm GmbH", "http://firm.example/about")
    assert found.social == {"linkedIn": "https://de.linkedin.com/in/Ann-E/", "facebook": "https://facebook.com/ann"}
    assert list(found.custom.values()) == ["12.5"]
    assert found.source == "import"
    assert [item.name for item in found.lists] == ["People"]


async def test_the_list_has_the_order_of_the_file(importer, small_chunks):
    await importer.run("email\n" + "".join(f"p{n}@x.example\n" for n in (3, 1, 5, 2, 4)))
    assert await importer.listed() == [f"p{n}@x.example" for n in (4, 2, 5, 1, 3)]


async def test_an_address_counts_once_in_a_file_however_it_is_spelled(importer, small_chunks):
    imported = await importer.run(
        "email,name\nann@x.example,First\nb@x.example,\nANN@X.example,Second\nc@x.example,\nann@x.example,Third\n"
    )
    assert (imported.made, imported.duplicates, imported.listed, imported.failed) == (3, 2, 3, 0)
    assert (await importer.tenant.prospect("ann@x.example")).name == "First"


async def test_without_an_address_the_linkedin_profile_tells_who_it_is(importer, small_chunks):
    text = (
        "email,linkedin\n,https://www.linkedin.com/in/ann\n,linkedin.com/in/ANN/?trk=x\nbob@x.example,\n"
        ",https://linkedin.com/in/carl\n"
    )
    imported = await importer.run(text)
    assert (imported.made, imported.duplicates) == (3, 1)
    again = await importer.run(text)
    assert (again.made, again.known, again.duplicates, again.listed) == (0, 3, 1, 0)


async def test_known_prospects_are_put_on_the_list_and_left_as_they_are(importer):
    await importer.run("email,name,city\nann@x.example,Ann Old,Rome\n", list_name="Old")
    imported = await importer.run("email,name\nann@x.example,Ann New\nbob@x.example,Bob\n")
    assert (imported.made, imported.known, imported.updated, imported.listed) == (1, 1, 0, 2)
    assert (await importer.tenant.prospect("ann@x.example")).name == "Ann Old"
    assert await importer.listed() == ["bob@x.example", "ann@x.example"]


async def test_update_overwrites_with_what_the_row_has_and_the_first_row_counts(importer, small_chunks):
    await importer.run("email,first name,last name,city,phone\nann@x.example,Ann,Old,Rome,12345\n", list_name="Old")
    imported = await importer.run(
        "email,last name,city,company\nANN@x.example,New,,Firm\nbob@x.example,,,\nann@x.example,Later,,\n",
        existing=Existing.UPDATE,
    )
    assert (imported.made, imported.known, imported.updated, imported.duplicates) == (1, 1, 1, 1)
    found = await importer.tenant.prospect("ann@x.example")
    assert (found.email, found.name, found.locality, found.phones) == ("ANN@x.example", "Ann New", "Rome", ["12345"])
    assert found.company_name == "Firm"


async def test_what_the_public_api_added_is_known_to_an_import(importer):
    list_id = await importer.tenant.list("Api")
    await importer.tenant.post("/v1/add-prospect-to-list", email="ann@x.example", listId=list_id)
    imported = await importer.run("email\nAnn@x.example\n")
    assert (imported.made, imported.known, imported.listed) == (0, 1, 1)


async def test_wrong_rows_go_to_a_file_with_the_reason_and_the_others_come_in(importer):
    imported = await importer.run(
        'email,name,country\nann@x.example,Ann,DE\nno address,Bob,DE\n\n=1+1@x,Two,\nc@x.example,C,Atlantis\n'
        'd@x.example,"Two\r\nlines",DE\ne@x.example,E\n'
    )
    assert (imported.made, imported.failed) == (1, 5)
    assert imported.errors_path == importer.folder / "people.csv.errors.csv"
    errors = importer.errors(imported)
    # Row numbers are those of a spreadsheet: the header is row 1, and a row with two lines is one.
    assert [(row["row"], row["column"]) for row in errors] == [
        ("3", "email"), ("5", "email"), ("6", "country"), ("7", "name"), ("8", ""),
    ]  # fmt: skip
    assert errors[0]["reason"] == "email is not a valid e-mail address."
    assert errors[0]["email"] == "no address"
    assert errors[1]["email"] == "'=1+1@x"
    assert errors[4]["reason"] == "The row has 2 cells in place of 3."


async def test_where_the_file_of_errors_cannot_be_written_it_says_so(importer):
    path = importer.file("email\nann@x.example\nno address\n")
    (importer.folder / "people.csv.errors.csv").mkdir()
    imported = await importer.run(path)
    assert (imported.made, imported.failed, imported.errors_path) == (1, 1, None)
    assert "cannot be written" in imported.errors_problem


async def test_claimed_addresses_are_errors(importer):
    async with importer.world.db.transaction() as conn:
        await corpus.claim(conn, [f"claimed{importer.workspace_id}@x.example"], importer.world.clock.now())
    for dry_run in (True, False):
        imported = await importer.run(
            f"email\nCLAIMED{importer.workspace_id}@x.example\nann@x.example\n", dry_run=dry_run
        )
        assert (imported.made, imported.failed) == (1, 1)
        (error,) = importer.errors(imported)
        assert (error["row"], error["email"]) == ("2", f"CLAIMED{importer.workspace_id}@x.example")
    assert await importer.addresses() == ["ann@x.example"]


async def test_new_prospects_need_the_required_fields_and_known_ones_do_not(importer):
    await importer.run("email\nold@x.example\n")
    await importer.tenant.custom_field("Region", required=True)
    text = "email,region\nold@x.example,\nnew@x.example,\ngood@x.example,North\n"
    for dry_run in (True, False):
        imported = await importer.run(text, dry_run=dry_run)
        assert (imported.made, imported.known, imported.failed) == (1, 1, 1)
        (error,) = importer.errors(imported)
        assert (error["row"], error["reason"]) == ("3", "Custom field 'Region' is required.")


async def test_a_dry_run_counts_and_changes_nothing(importer, small_chunks):
    await importer.run("email\nold@x.example\n", list_name="Old")
    before = await importer.tenant.rows()
    text = "email\na@x.example\nold@x.example\nb@x.example\na@x.example\nnone\n"
    counted = await importer.run(text, dry_run=True)
    assert await importer.tenant.rows() == before
    assert await importer.listed() is None
    done = await importer.run(text)
    figures = ("rows", "made", "known", "updated", "listed", "duplicates", "failed")
    assert [getattr(counted, name) for name in figures] == [getattr(done, name) for name in figures]
    assert (counted.change_id, done.made, done.duplicates) == (None, 2, 1)


async def test_undo_takes_an_import_back(importer, small_chunks):
    await importer.run("email,name\nann@x.example,Ann\nbob@x.example,Bob\n", list_name="Old")
    imported = await importer.run(
        "email,name\nann@x.example,Other\nc@x.example,C\nd@x.example,D\n", existing=Existing.UPDATE
    )
    undone = await importer.undo(imported.change_id)
    assert (undone.removed, undone.restored, undone.left_alone) == (2, 1, 0)
    assert await importer.addresses() == ["ann@x.example", "bob@x.example"]
    assert (await importer.tenant.prospect("ann@x.example")).name == "Ann"
    assert await importer.listed() == []
    assert await importer.listed("Old") == ["bob@x.example", "ann@x.example"]
    with pytest.raises(Conflict):
        await importer.undo(imported.change_id)


async def test_undo_leaves_alone_what_was_changed_since(importer):
    imported = await importer.run("email,name\nann@x.example,Ann\nbob@x.example,Bob\n")
    await importer.house.pass_time(hours=1)
    await importer.run("email,name\nann@x.example,Later\n", existing=Existing.UPDATE)
    undone = await importer.undo(imported.change_id)
    assert (undone.removed, undone.left_alone) == (1, 1)
    assert await importer.addresses() == ["ann@x.example"]


async def test_an_import_that_was_taken_back_while_running_stops(importer, small_chunks):
    path = importer.file("email\n" + "".join(f"p{n}@x.example\n" for n in range(20)))
    undone = []

    def take_back_soon(step):
        if not undone:
            undone.append(asyncio.get_running_loop().create_task(take_back()))

    async def take_back():
        (change_id,) = await importer.column("select id from prospect_changes where HERE")
        await importer.undo(change_id)

    with pytest.raises(Conflict, match="taken back while it was running"):
        await importer.run(path, progress=take_back_soon)
    await undone[0]


async def test_the_event_tells_what_was_done(importer, small_chunks):
    async with importer.world.db.statement() as conn:
        start = await events.horizon(conn)
    imported = await importer.run("email\na@x.example\nb@x.example\nc@x.example\n")
    async with importer.world.db.statement() as conn:
        kinds = ["prospects_imported"]
        (event,) = await events.read_since(conn, start, 10, workspace_id=importer.workspace_id, kinds=kinds)
    assert event.body == {
        "change_id": imported.change_id, "list_id": imported.list_id, "made": 3, "updated": 0, "listed": 3,
    }  # fmt: skip


async def test_a_file_without_a_good_row_leaves_nothing_behind(importer):
    before = await importer.tenant.rows()
    imported = await importer.run("email\nnone\n")
    assert (imported.failed, imported.change_id) == (1, None)
    assert await importer.tenant.rows() == before


async def test_another_workspace_is_not_touched(importer, house, tmp_path):
    other = Importer(house, await house.workspace(), tmp_path)
    await other.run("email,name\nann@x.example,Theirs\n")
    before = await other.tenant.rows()
    imported = await importer.run("email,name\nann@x.example,Ours\n", existing=Existing.UPDATE)
    assert (imported.made, imported.known) == (1, 0)
    with pytest.raises(NotFound):
        await other.undo(imported.change_id)
    assert await other.tenant.rows() == before
    assert (await other.tenant.prospect("ann@x.example")).name == "Theirs"


async def test_two_imports_of_one_file_at_once_make_each_prospect_once(importer, small_chunks):
    path = importer.file("email\n" + "".join(f"p{n}@x.example\n" for n in range(40)))
    both = await asyncio.gather(importer.run(path), importer.run(path))
    assert sum(imported.made for imported in both) == 40
    assert sum(imported.listed for imported in both) == 40
    assert len(await importer.addresses()) == 40


async def test_single_additions_meanwhile_do_no_harm(importer, small_chunks):
    path = importer.file("email\n" + "".join(f"p{n}@x.example\n" for n in range(40)))
    list_id = await importer.tenant.list("Api")

    async def add_singly():
        for n in range(0, 40, 3):
            await importer.tenant.post("/v1/add-prospect-to-list", email=f"p{n}@x.example", listId=list_id)

    imported, _ = await asyncio.gather(importer.run(path), add_singly())
    assert imported.made + imported.known == 40
    assert len(await importer.addresses()) == 40


async def test_killed_in_the_middle_it_can_be_run_again_and_taken_back(importer):
    total = 40_000
    path = importer.file("email,name\n" + "".join(f"p{n}@x.example,P {n}\n" for n in range(total)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROCESS, importer.world.db.conninfo, importer.house.house.folder,
        str(importer.workspace_id), path,
    )  # fmt: skip
    try:
        async with asyncio.timeout(KILL_WITHIN_SECONDS):
            while not await importer.column("select 1 from prospects where HERE limit 1"):
                assert process.returncode is None
                await asyncio.sleep(0.005)
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    await gone(importer)
    made = len(await importer.addresses())
    assert 0 < made < total
    assert made % 1_000 == 0
    assert len(await importer.listed()) == made
    (change,) = await importer.column("select id from prospect_changes where HERE")

    again = await importer.run(path)
    assert (again.made, again.known, again.listed) == (total - made, made, total - made)
    undone = await importer.undo(change)
    assert undone.removed == made
    assert len(await importer.listed()) == total - made


async def gone(importer):
    """The server notices that the killed process has gone, and its transaction with it."""
    async with asyncio.timeout(KILL_WITHIN_SECONDS):
        while await importer.column(
            "select 1 from pg_stat_activity where datname = current_database() and query ilike '%import_rows%'"
            " and query not like '%pg_stat_activity%'"
        ):
            await asyncio.sleep(0.01)


async def test_the_plan_shows_what_each_column_becomes(importer):
    path = importer.file("Email,Ort,Notes\n" + "".join(f"p{n}@x.example,Köln,n\n" for n in range(5)))
    plan = await plan_import(importer.world, importer.workspace_id, path, mapping={"Notes": "company_name"})
    assert [(column.target, column.why) for column in plan.columns] == [
        ("email", "header"), ("locality", "header"), ("company_name", "given"),
    ]  # fmt: skip
    assert plan.sample == [[f"p{n}@x.example", "Köln", "n"] for n in range(3)]
    assert (await importer.run(path, plan=plan)).made == 5


async def test_a_file_that_reaches_nobody_is_refused(importer):
    with pytest.raises(Invalid, match="No column holds e-mail addresses"):
        await importer.run("name,city\nAnn,Rome\n")
    with pytest.raises(NotFound):
        await importer.run(importer.folder / "nowhere.csv")
    with pytest.raises(Invalid):
        await importer.run("email\nann@x.example\n", list_name=" ")


async def test_progress_comes_to_the_end(importer, small_chunks):
    steps = []
    await importer.run("email\n" + "".join(f"p{n}@x.example\n" for n in range(9)) + "none\n", progress=steps.append)
    assert (steps[-1].rows, steps[-1].failed, steps[-1].done) == (10, 1, 1.0)
    assert all(before.done <= after.done for before, after in itertools.pairwise(steps))
    assert steps[-1].seconds >= 0


async def test_all_rows_of_an_import_have_one_time(importer, small_chunks):
    imported = await importer.run("email\n" + "".join(f"p{n}@x.example\n" for n in range(9)))
    changed = await importer.column("select distinct changed_at from prospects where HERE")
    made = await importer.column(f"select made_at from prospect_changes where HERE and id = {imported.change_id}")
    assert changed == made
    assert timedelta() <= importer.world.clock.now() - changed[0] < timedelta(minutes=5)
