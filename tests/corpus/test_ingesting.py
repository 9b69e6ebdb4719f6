"""Archives into the lead database: once, whole, and whatever happens on the way."""

import asyncio
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
import shared_archives
from lead_export import lead_export
from written_archives import PAGES, arc, warc_gz, warc_of, warc_record

from fairlead.corpus.ingesting import engines
from fairlead.corpus.ingesting.engines import LocalEngine
from fairlead.corpus.ingesting.extracting import Job, make_part
from fairlead.corpus.ingesting.model import Outcome
from fairlead.corpus.ingesting.running import ingest
from fairlead.main import Start, open_house
from fairlead.settings import Settings
from fairlead.world import World

KEY = "ab" * 32


@asynccontextmanager
async def opened(conninfo: str, folder: Path) -> AsyncIterator[World]:
    async with open_house(Settings(database_url=conninfo, data=folder, secret_key=KEY), Start()) as house:
        yield house.world


async def taken_in(conninfo: str, folder: Path, *paths: Path, **how: object) -> Outcome:
    async with opened(conninfo, folder) as world:
        engine = how.pop("engine", None) or LocalEngine()
        return await ingest(world, paths, engine=engine, at_once=2, **how)  # type: ignore[arg-type]


async def part_hashes(conninfo: str) -> dict[str, str]:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        cur = await conn.execute("select name, report ->> 'part_hash' from ingestion_files order by name")
        return dict(await cur.fetchall())


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """Three archives that overlap."""
    folder = tmp_path / "archives"
    folder.mkdir()
    warc_gz(folder / "one.warc.gz", warc_of())
    arc(folder / "two.arc.gz")
    more = {f"https://d{n}.example/team": f"<h3>Bob Ray</h3><p>Engineer</p><p>bob@d{n}.example" for n in range(400)}
    warc_gz(folder / "three.warc.gz", warc_of(PAGES | more))
    return folder


async def test_all_files_are_taken_in_and_a_second_time_changes_nothing(
    archives: Path, conninfo: str, tmp_path: Path
) -> None:
    first = await taken_in(conninfo, tmp_path / "data", archives)
    assert (first.files, first.merged, first.failed) == (3, 3, False)
    export = await lead_export(conninfo)
    assert len(export["addresses"]) == 440
    assert len(export["people"]) == 440
    assert list((tmp_path / "data" / "ingestion").iterdir()) == []
    second = await taken_in(conninfo, tmp_path / "elsewhere", archives)
    assert (second.known_before, second.addresses, second.people) == (3, 0, 0)
    assert await lead_export(conninfo) == export


async def test_real_archives_are_taken_in_completely(conninfo: str, tmp_path: Path) -> None:
    outcome = await taken_in(conninfo, tmp_path / "data", shared_archives.folder())
    assert (outcome.merged, outcome.failed) == (len(shared_archives.answers()), False)
    found = {shared_archives.hashed(str(row[1])) for row in (await lead_export(conninfo))["addresses"]}
    answers = shared_archives.answers().values()
    assert found == {each for answer in answers for each in answer["addresses"]}  # type: ignore[attr-defined]


async def test_what_a_workspace_takes_in_is_its_own(archives: Path, conninfo: str, tmp_path: Path) -> None:
    await taken_in(conninfo, tmp_path / "data", archives / "one.warc.gz", owner=7)
    assert {row[0] for row in (await lead_export(conninfo))["addresses"]} == {7}


async def test_files_with_faults_are_taken_in_as_far_as_they_go(conninfo: str, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    whole = warc_gz(folder / "whole.warc.gz", warc_of()).read_bytes()
    (folder / "cut.warc.gz").write_bytes(whole[: len(whole) // 2])
    lying = [*warc_of()[:5], warc_record("https://l.example/", b"<p>ann@l.example", length=10_000_000_000)]
    warc_gz(folder / "lying.warc.gz", lying)
    (folder / "none.warc.gz").write_bytes(b"\x1f\x8bnothing")
    outcome = await taken_in(conninfo, tmp_path / "data", folder, tmp_path / "missing.warc")
    assert sorted(name for name, _ in outcome.incomplete) == ["cut.warc.gz", "lying.warc.gz", "none.warc.gz"]
    assert [name for name, _ in outcome.parked] == ["missing.warc"]
    # Of the lying record, what is there.
    assert len((await lead_export(conninfo))["addresses"]) == len(PAGES) + 1


async def test_the_same_input_gives_the_same_part_everywhere(archives: Path, tmp_path: Path) -> None:
    hashes = set()
    for number in range(2):
        job = Job(str(archives / "three.warc.gz"), str(tmp_path / f"{number}.part"), str(tmp_path / f"{number}.at"))
        hashes.add(make_part(job))
    assert len(hashes) == 1


async def test_a_record_that_kills_its_process_is_passed_over(
    archives: Path, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies at the fifth record, as one does that runs out of memory."""
    monkeypatch.setattr(engines, "PROGRAM", [sys.executable, str(Path(__file__).with_name("dying_extraction.py"))])
    outcome = await taken_in(conninfo, tmp_path / "data", archives / "one.warc.gz")
    assert outcome.flaws == {"takes_too_long": 1}
    assert len((await lead_export(conninfo))["addresses"]) == len(PAGES) - 1


async def test_a_record_that_stands_still_ends_the_reading_before_it(
    archives: Path, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that never gets past the fifth record, though it does not look into it."""
    monkeypatch.setattr(
        engines, "PROGRAM", [sys.executable, str(Path(__file__).with_name("dying_extraction.py")), "stand"]
    )
    engine = LocalEngine(record_seconds=2.0)
    outcome = await taken_in(conninfo, tmp_path / "data", archives / "one.warc.gz", engine=engine)
    assert [name for name, _ in outcome.incomplete] == ["one.warc.gz"]
    assert len((await lead_export(conninfo))["addresses"]) == 5


async def test_a_file_that_always_kills_is_given_up_and_can_be_tried_again(
    archives: Path, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PROGRAM", [sys.executable, "-c", "raise SystemExit(1)"])
    outcome = await taken_in(conninfo, tmp_path / "data", archives)
    assert len(outcome.parked) == 3
    assert (await taken_in(conninfo, tmp_path / "data", archives)).parked == outcome.parked
    monkeypatch.undo()
    assert not (await taken_in(conninfo, tmp_path / "data", archives, again=True)).failed


async def test_two_machines_share_the_work(archives: Path, conninfo: str, tmp_path: Path) -> None:
    outcomes = await asyncio.gather(
        taken_in(conninfo, tmp_path / "a", archives), taken_in(conninfo, tmp_path / "b", archives)
    )
    assert [outcome.merged for outcome in outcomes] == [3, 3]
    assert sum(outcome.addresses for outcome in outcomes) == 440


async def started(conninfo: str, folder: Path, archives: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, Path(__file__).with_name("ingesting_process.py"), conninfo, folder, archives,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    return process


async def test_whatever_is_killed_the_end_is_the_same(
    archives: Path, conninfo: str, tmp_path: Path, server, template: str
) -> None:
    """kill -9 at moments by chance, again and again, until one run comes to the end."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    kills = 0
    for attempt in range(12):
        process = await started(conninfo, tmp_path / "data", archives)
        try:
            # Later each time: the last runs come to their end.
            await asyncio.wait_for(process.wait(), dice.uniform(0.05, 0.4) * (attempt + 1))
            break
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            kills += 1
    killed = await taken_in(conninfo, tmp_path / "data", archives)
    assert killed.merged == 3
    undisturbed = f"undisturbed_{seed}"
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"create database {undisturbed} template {template}")
    await taken_in(server.conninfo(undisturbed), tmp_path / "other", archives)
    assert await lead_export(conninfo) == await lead_export(server.conninfo(undisturbed))
    assert await part_hashes(conninfo) == await part_hashes(server.conninfo(undisturbed))
    assert kills > 0


@pytest.mark.system
async def test_ray_makes_the_same_parts(archives: Path, conninfo: str, tmp_path: Path, server, template: str) -> None:
    pytest.importorskip("ray", reason="The engine ray needs the package ray: pip install 'fairlead[ray]'.")
    from fairlead.corpus.ingesting.engines import RayEngine

    await taken_in(conninfo, tmp_path / "data", archives)
    other = "made_by_ray"
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"create database {other} template {template}")
    engine = RayEngine()
    try:
        outcome = await taken_in(server.conninfo(other), tmp_path / "ray", archives, engine=engine)
    finally:
        engine.close()
        shutil.rmtree("/tmp/ray", ignore_errors=True)
    assert not outcome.failed
    assert await part_hashes(conninfo) == await part_hashes(server.conninfo(other))
    assert await lead_export(conninfo) == await lead_export(server.conninfo(other))
