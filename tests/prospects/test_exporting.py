import csv
import io

import pyarrow.parquet
import pytest

from fairlead.kit.refusals import NotFound
from fairlead.prospects.exporting import Format, export_rows
from fairlead.prospects.importing.loading import import_file
from fairlead.prospects.importing.model import Existing

COLUMNS = (
    "email, name, first_name, last_name, phones, country, locality, industry, position, company_name, company_site,"
    " social, custom"
)


@pytest.fixture
async def tenant(house):
    tenant = await house.workspace()
    await tenant.custom_field("Budget", "number")
    await tenant.custom_field("Note")
    return tenant


async def put(tenant, tmp_path, text, list_name="People"):
    path = tmp_path / "start.jsonl"
    path.write_text(text, encoding="utf-8")
    imported = await import_file(tenant.door.world, tenant.workspace_id, path, list_name=list_name)
    assert imported.failed == 0


async def export(tenant, format=Format.CSV, list_name=None):
    target = io.BytesIO()
    count = await export_rows(tenant.door.world, tenant.workspace_id, list_name=list_name, format=format, target=target)
    return count, target.getvalue()


async def everything(tenant):
    async with tenant.door.world.db.statement() as conn:
        cur = await conn.execute(
            f"select {COLUMNS} from prospects where workspace_id = %s and deleted_at is null order by id",
            [tenant.workspace_id],
        )
        return await cur.fetchall()


PEOPLE = (
    '{"email":"ann@x.example","name":"=cmd()","phones":["+49 30 1","+49 170 2"],"country":"DE","custom:Budget":"-5",'
    '"custom:Note":"two\\nlines, \\"quoted\\"","linkedin":"https://linkedin.com/in/ann","social:Xing":"https://xing.com/a"}\n'
    '{"linkedin":"https://linkedin.com/in/bob","first_name":"@Bob","last_name":"\'=quoted","locality":"Łódź"}\n'
    '{"email":"+c@x.example","company_name":"- Firm","company_site":"firm.example","position":"\'apostrophe\'"}\n'
)


@pytest.mark.parametrize("format", list(Format))
async def test_what_is_exported_is_imported_as_it_was(tenant, house, tmp_path, format):
    await put(tenant, tmp_path, PEOPLE)
    count, exported = await export(tenant, format)
    assert count == 3
    other = await house.workspace()
    await other.custom_field("Budget", "number")
    await other.custom_field("Note")
    path = tmp_path / f"exported.{format}"
    path.write_bytes(exported)
    imported = await import_file(house.world, other.workspace_id, path, list_name="Copy", existing=Existing.UPDATE)
    assert (imported.made, imported.failed) == (3, 0)
    before, after = await everything(tenant), await everything(other)
    assert [row[:-1] for row in before] == [row[:-1] for row in after]
    assert [sorted(row[-1].values()) for row in before] == [sorted(row[-1].values()) for row in after]


async def test_no_cell_of_a_csv_starts_a_formula(tenant, tmp_path):
    await put(tenant, tmp_path, PEOPLE)
    _, exported = await export(tenant, list_name="People")
    assert exported.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"), newline="")))
    assert not [cell for line in table for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert table[0] == [
        "email", "name", "first_name", "last_name", "phones", "country", "locality", "industry", "position",
        "company_name", "company_site", "linkedin", "social:Xing", "custom:Budget", "custom:Note",
    ]  # fmt: skip
    assert table[1][:5] == ["ann@x.example", "'=cmd()", "'=cmd()", "", "'+49 30 1; +49 170 2"]


async def test_a_list_is_exported_in_its_order(tenant, tmp_path):
    await put(tenant, tmp_path, '{"email":"other@x.example"}\n', list_name="Others")
    await put(tenant, tmp_path, "".join(f'{{"email":"p{n}@x.example"}}\n' for n in (3, 1, 2)))
    count, exported = await export(tenant, Format.JSONL, "people")
    assert count == 3
    assert exported == b"".join(b'{"email":"p%d@x.example"}\n' % n for n in (3, 1, 2))
    with pytest.raises(NotFound):
        await export(tenant, Format.JSONL, "Nobody")


async def test_another_workspace_is_not_exported(tenant, house, tmp_path):
    other = await house.workspace()
    await put(other, tmp_path, '{"email":"theirs@x.example"}\n')
    count, exported = await export(tenant)
    assert count == 0
    assert exported.decode("utf-8-sig").count("\n") == 1
    _, exported = await export(tenant, Format.PARQUET)
    assert pyarrow.parquet.read_table(io.BytesIO(exported)).num_rows == 0


async def test_more_rows_than_are_fetched_at_a_time(tenant, tmp_path):
    total = 12_000
    await put(tenant, tmp_path, "".join(f'{{"email":"p{n}@x.example"}}\n' for n in range(total)))
    steps = []
    target = io.BytesIO()
    await export_rows(
        tenant.door.world, tenant.workspace_id, list_name="People", format=Format.PARQUET, target=target,
        progress=lambda rows, of: steps.append((rows, of)),
    )  # fmt: skip
    assert steps == [(5_000, total), (10_000, total), (total, total)]
    emails = pyarrow.parquet.read_table(target).column("email").to_pylist()
    assert emails == [f"p{n}@x.example" for n in range(total)]
