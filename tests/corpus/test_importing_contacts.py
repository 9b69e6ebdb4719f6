"""Exports of other tools, cards and letters come in as evidence of a workspace."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow
import pyarrow.parquet
import pytest

from fairlead.corpus import actions as corpus
from fairlead.corpus import importing
from fairlead.kit.refusals import Invalid
from lead_evidence import Corpus

ROWS = [
    {
        "Email": "Ann.Lee@{domain}", "First Name": "Ann", "Last Name": "Lee", "Title": "QA Engineer",
        "Company": "Example GmbH", "Website": "https://www.{domain}/", "City": "Köln", "Country": "Germany",
        "Person Linkedin Url": "https://www.linkedin.com/in/ann-{word}", "Industry": "Machinery",
    },
    {
        "Email": "info@{domain}", "First Name": "", "Last Name": "", "Title": "", "Company": "Example GmbH",
        "Website": "{domain}", "City": "", "Country": "", "Person Linkedin Url": "", "Industry": "Machinery",
    },
    {
        "Email": "", "First Name": "Bob", "Last Name": "Ray", "Title": "Head of Sales", "Company": "Example GmbH",
        "Website": "{domain}", "City": "", "Country": "", "Person Linkedin Url": "", "Industry": "",
    },
    {
        "Email": "no address", "First Name": "", "Last Name": "", "Title": "", "Company": "", "Website": "", "City": "",
        "Country": "", "Person Linkedin Url": "", "Industry": "",
    },
]  # fmt: skip


def rows(domain: str) -> list[dict[str, str]]:
    word = domain.partition(".")[0]
    return [{key: value.format(domain=domain, word=word) for key, value in row.items()} for row in ROWS]


def write_csv(path: Path, found: list[dict[str, str]]) -> None:
    lines = [";".join(found[0]), *(";".join(row.values()) for row in found)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_jsonl(path: Path, found: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")


def write_parquet(path: Path, found: list[dict[str, str]]) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(found), path)


@pytest.fixture
def evidence(house) -> Corpus:
    return Corpus(house)


@pytest.mark.parametrize(
    ("name", "write"), [("a.csv", write_csv), ("a.jsonl", write_jsonl), ("a.parquet", write_parquet)]
)
async def test_an_export_of_another_tool_is_understood_by_its_columns(house, evidence, domain, tmp_path, name, write):
    ours, theirs = await house.workspace(), await house.workspace()
    write(tmp_path / name, rows(domain))

    imported = await corpus.import_contacts(house.world, tmp_path / name, owner=ours.workspace_id)

    assert (imported.rows, imported.contacts, imported.failed) == (4, 3, 1)
    assert await evidence.counts(ours.workspace_id, domain) == (2, 1, 1)
    assert await evidence.counts(theirs.workspace_id, domain) == (0, 0, 0)
    whole = await evidence.ask(corpus.person_of, ours.workspace_id, f"ann.lee@{domain}")
    assert (whole.person.position, whole.person.place.city, whole.person.place.country) == ("QA Engineer", "Köln", "DE")
    assert whole.person.profile == f"in/ann-{domain.partition('.')[0]}"
    assert [(job.company, job.domain, job.former) for job in whole.jobs] == [("Example GmbH", domain, False)]
    card = await evidence.ask(corpus.company, ours.workspace_id, domain)
    assert (card.name, card.industry, card.site) == ("Example GmbH", "Machinery", f"https://{domain}")


async def every_row(world: Any, owner: int) -> list[Any]:
    """All that is stored for an owner, without numbers and times."""
    statements = (
        "select key, first_name, last_name, rank, profile from lead_people where owner = %s order by 1",
        "select local, generic, methods, sources, own_domain from lead_addresses where owner = %s order by 1",
        "select people, emails, generic from lead_counts where owner = %s order by 1, 2, 3",
        "select name, industry, size, site from lead_companies where owner = %s order by 1",
        "select s.uri, s.note, e.place, e.method, e.former from lead_sources s join lead_evidence e on e.source_id = s.id"
        " where s.owner = %s order by 3",
    )
    async with world.db.statement() as conn:
        return [await (await conn.execute(statement, [owner])).fetchall() for statement in statements]


async def test_importing_twice_changes_nothing(house, evidence, domain, tmp_path):
    tenant = await house.workspace()
    write_csv(tmp_path / "a.csv", rows(domain))
    await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=tenant.workspace_id)
    before = await every_row(house.world, tenant.workspace_id)

    again = await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=tenant.workspace_id)

    assert again.known_before
    assert await every_row(house.world, tenant.workspace_id) == before


async def test_an_import_that_was_interrupted_goes_on_and_ends_as_one_in_one_go(
    house, evidence, domain, tmp_path, monkeypatch
):
    whole, broken = await house.workspace(), await house.workspace()
    found = [
        {"Email": f"p{n % 70}@{domain}", "Name": f"Ann N{n % 60}", "Title": "CTO" if n % 2 else "CEO", "Website": domain}
        for n in range(100)
    ]
    write_csv(tmp_path / "a.csv", found)
    monkeypatch.setattr(importing, "ROWS_TOGETHER", 30)
    await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=whole.workspace_id)

    class Stop(Exception):
        pass

    def stop(rows: int, done: float) -> None:
        raise Stop

    for _ in range(3):
        with pytest.raises(Stop):
            await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=broken.workspace_id, progress=stop)
    await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=broken.workspace_id)

    assert await every_row(house.world, broken.workspace_id) == await every_row(house.world, whole.workspace_id)


async def test_two_processes_with_the_same_file_take_it_in_once(house, evidence, domain, tmp_path):
    tenant, one = await house.workspace(), await house.workspace()
    write_csv(tmp_path / "a.csv", rows(domain))
    await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=one.workspace_id)
    await asyncio.gather(
        *(corpus.import_contacts(house.world, tmp_path / "a.csv", owner=tenant.workspace_id) for _ in range(4))
    )
    assert await every_row(house.world, tenant.workspace_id) == await every_row(house.world, one.workspace_id)


async def test_a_withdrawn_file_takes_its_people_with_it(house, evidence, domain, tmp_path):
    tenant = await house.workspace()
    write_csv(tmp_path / "a.csv", rows(domain))
    imported = await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=tenant.workspace_id)
    await evidence.ask(corpus.withdraw, imported.source_id)
    assert [part for part in await every_row(house.world, tenant.workspace_id) if part] == [[(0, 0, 0)]]


async def test_cards_come_in(house, evidence, domain, tmp_path):
    tenant = await house.workspace()
    (tmp_path / "a.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nN:Lee;Ann;;;\nFN:Ann Lee\nORG:Example GmbH\nTITLE:CTO\n"
        f"EMAIL:ann@{domain}\nTEL:+4930123456\nEND:VCARD\n"
    )
    imported = await corpus.import_contacts(house.world, tmp_path / "a.vcf", owner=tenant.workspace_id)
    assert imported.contacts == 1
    whole = await evidence.ask(corpus.person_of, tenant.workspace_id, f"ann@{domain}")
    assert (whole.person.last_name, whole.person.position, whole.phones) == ("Lee", "CTO", ("+4930123456",))


LETTER = """From ann@{domain} Mon Mar  2 10:11:12 2026
From: "Lee, Ann" <Ann@{domain}>
To: me@example.com
Subject: Re: Offer
Date: Mon, 2 Mar 2026 10:11:12 +0000
Content-Type: text/plain; charset=utf-8

Sounds good.

--{blank}
Ann Lee
Head of Purchasing
Example GmbH | +49 30 901820
https://www.linkedin.com/in/ann-{word}

> On Monday you wrote:
> Bob Ray, CEO

From no-reply@{domain} Mon Mar  2 10:11:13 2026
From: no-reply@{domain}
Date: Mon, 2 Mar 2026 10:11:13 +0000

Do not answer.
"""


async def test_signatures_of_letters_come_in(house, evidence, domain, tmp_path):
    tenant, other = await house.workspace(), await house.workspace()
    word = uuid4().hex[:8]
    (tmp_path / "a.mbox").write_text(LETTER.format(domain=domain, word=word, blank=" "))

    imported = await corpus.import_contacts(house.world, tmp_path / "a.mbox", owner=tenant.workspace_id)

    assert (imported.rows, imported.contacts, imported.failed) == (2, 1, 1)
    whole = await evidence.ask(corpus.person_of, tenant.workspace_id, f"ann@{domain}")
    assert (whole.person.first_name, whole.person.last_name) == ("Ann", "Lee")
    assert whole.person.position == "Head of Purchasing"
    assert whole.person.profile == f"in/ann-{word}"
    assert whole.phones == ("+4930901820",)
    assert await evidence.ask(corpus.person_of, other.workspace_id, f"ann@{domain}") is None


async def test_a_file_that_names_nobody_is_refused(house, tmp_path):
    tenant = await house.workspace()
    (tmp_path / "a.csv").write_text("Color,Size\nred,7\n")
    with pytest.raises(Invalid):
        await corpus.import_contacts(house.world, tmp_path / "a.csv", owner=tenant.workspace_id)
