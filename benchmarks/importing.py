"""Prospects imported per second from a CSV file into a fresh workspace, and the memory that takes.

    python benchmarks/importing.py [--scale 0.1] [--database-url postgresql://...]

The whole path: bytes of the file to durable commits, all indexes in place. Beside it COPY of the same columns into a
table without keys or indexes: the least any import can do, and so the limit. The database is the embedded one on a
temporary folder, as an installation has it, unless a URL is given.
"""

import argparse
import asyncio
import csv
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from fairlead.accounts import actions as accounts
from fairlead.main import Start, open_house
from fairlead.prospects.importing.loading import import_file
from fairlead.settings import Settings
from fairlead.world import World

ROWS = 1_000_000
AT_LEAST_PER_SECOND = 50_000
MOST_MEGABYTES = 300
COLUMNS = [
    "Email", "First name", "Last name", "Phone", "Country", "City", "Industry", "Job title", "Company", "Website",
    "LinkedIn",
]  # fmt: skip
FIRST = ["Ann", "Bob", "Chloé", "Dieter", "Eva", "François", "Greta", "Hugo", "Inés", "Jörg", "Kasia", "Luca", "Marta"]
LAST = ["Müller", "Smith", "García", "Rossi", "Kowalski", "Silva", "Jansen", "Dupont", "Novák", "Brown", "Weber"]
CITIES = [("Germany", "Köln"), ("France", "Lyon"), ("Spain", "Málaga"), ("Poland", "Łódź"), ("Italy", "Milano")]
TITLES = ["Head of Sales", "CEO", "Marketing Manager", "Purchasing, Europe", "CTO", "Owner"]
BLOCK = 1 << 20


async def main(options: argparse.Namespace) -> bool:
    count = int(ROWS * options.scale)
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded database may run as another user
        path = folder / "prospects.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(COLUMNS)
            csv.writer(file).writerows(rows(count))
        settings = Settings(database_url=options.database_url, data=folder / "data")
        async with open_house(settings, Start(serves=True)) as house:
            imported, took = await timed_import(house.world, path, count)
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            bare = count / await timed_copy(house.world, path)
        size = path.stat().st_size / 1e6
    promise = f"{imported / AT_LEAST_PER_SECOND:.2f} x the {AT_LEAST_PER_SECOND:,} promised"
    print(f"importing: {count:,} prospects of {len(COLUMNS)} columns, {size:.0f} MB, in {took:.1f} s")
    print(f"  import           {imported:>9,.0f} rows/s   {promise}")
    print(f"  peak memory      {megabytes:>9,.0f} MB       of the {MOST_MEGABYTES} allowed")
    print(f"  COPY, bare table {bare:>9,.0f} rows/s   the import reaches {imported / bare:.2f} of this limit")
    return imported >= AT_LEAST_PER_SECOND and megabytes < MOST_MEGABYTES


def rows(count: int) -> Iterator[list[str]]:
    lots = Random(1)
    for number in range(count):
        first, last = lots.choice(FIRST), lots.choice(LAST)
        country, city = lots.choice(CITIES)
        firm = lots.randrange(50_000)
        yield [
            f"{lots.choice('abcdefgh')}.{lots.randrange(10**6)}.{number}@firm{firm}.example", first, last,
            f"+49 30 {lots.randrange(10**7)}", country, city, "Machinery", lots.choice(TITLES), f"Firm {firm} GmbH",
            f"firm{firm}.example", f"https://www.linkedin.com/in/p-{number}" if number % 3 else "",
        ]  # fmt: skip


async def timed_import(world: World, path: Path, count: int) -> tuple[float, float]:
    async with world.db.transaction() as conn:
        made = await accounts.create_workspace(world, conn, name="Bench", owner=f"{time.time_ns()}@owner.example")
    began = time.perf_counter()
    imported = await import_file(world, made.workspace_id, path, list_name="All")
    took = time.perf_counter() - began
    assert imported.made == imported.listed == count, imported
    return count / took, took


async def timed_copy(world: World, path: Path) -> float:
    conn = await world.db.dedicated()
    try:
        await conn.execute(f"create table bare ({', '.join(f'column_{n} text' for n in range(len(COLUMNS)))})")
        began = time.perf_counter()
        async with conn.cursor() as cur, cur.copy("copy bare from stdin with (format csv, header)") as copy:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    await copy.write(block)
        took = time.perf_counter() - began
        await conn.execute("drop table bare")
        return took
    finally:
        await conn.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 1,000,000 rows")
    parser.add_argument("--database-url", help="a database in which to make a workspace")
    raise SystemExit(0 if asyncio.run(main(parser.parse_args())) else 1)
