import json

import pytest

from fairlead.cli.importing import export_command, import_command
from fairlead.kit.refusals import Invalid
from fairlead.prospects.importing.model import Existing


@pytest.fixture
async def tenant(house):
    return await house.workspace()


@pytest.fixture
def run(tenant, tmp_path):
    async def run_(text, **options):
        path = tmp_path / "people.csv"
        path.write_text(text, encoding="utf-8")
        given = {"list_name": "People", "existing": Existing.SKIP, "mapping": {}, "dry_run": False} | options
        return await import_command(tenant.door.world, tenant.workspace_id, path, **given)

    return run_


async def test_the_mapping_is_shown_and_then_what_came_of_it(run, capsys):
    assert await run("email,Town hall,name\nann@x.example,\x1b[31mx,[red]Ann\n") == 0
    out, err = capsys.readouterr()
    assert "people.csv: CSV, comma, UTF-8" in err
    assert "(ignored)" in err
    assert "\x1b" not in err
    assert "[red]Ann" in err
    assert "Importing: 100%, 1 rows" in err
    assert "1 new prospects, 0 known before." in out
    assert "fairlead import --undo" in out


async def test_some_rows_failed_is_exit_code_3(run, tmp_path, capsys):
    assert await run("email\nann@x.example\nnone\n") == 3
    assert f"1 rows failed; see {tmp_path / 'people.csv.errors.csv'}." in capsys.readouterr().out


async def test_as_json_one_object_goes_to_standard_output(run, capsys):
    assert await run("email\nann@x.example\n", as_json=True, dry_run=True) == 0
    out = capsys.readouterr().out
    figures = json.loads(out)
    assert out.count("\n") == 1
    assert (figures["rows"], figures["made"], figures["change_id"], figures["errors_path"]) == (1, 1, None, None)


async def test_an_export_appears_when_it_is_complete(run, tenant, tmp_path, capsys):
    await run("email\nann@x.example\n")
    target = tmp_path / "out.jsonl"
    assert await export_command(tenant.door.world, tenant.workspace_id, list_name=None, format=None, output=target) == 0
    assert target.read_bytes() == b'{"email":"ann@x.example"}\n'
    assert f"1 prospects in {target}." in capsys.readouterr().err.replace("\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "people.csv"]


async def test_an_export_that_cannot_be_written_is_refused(tenant, tmp_path):
    options = {"list_name": None, "format": None}
    with pytest.raises(Invalid, match="cannot be written"):
        await export_command(
            tenant.door.world, tenant.workspace_id, output=tmp_path / "nowhere" / "out.csv", **options
        )
    with pytest.raises(Invalid, match="csv, jsonl or parquet"):
        await export_command(tenant.door.world, tenant.workspace_id, output=tmp_path / "out.xls", **options)
