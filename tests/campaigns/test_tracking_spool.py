"""Hits on their way to the database: written before the answer, copied once, whoever dies in between."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.campaigns.tracking.model import Hit, HitKind
from fairlead.campaigns.tracking.spool import Spool, hit_of, line_of

AT = datetime(2026, 3, 2, 9, 30, 1, 250_000, tzinfo=UTC)

WRITER = """
import os, sys
from pathlib import Path
from random import SystemRandom
from tests_of_spool import hit
from fairlead.campaigns.tracking.spool import Spool
spool = Spool(Path(sys.argv[1]), SystemRandom())
for number in range(10**9):
    spool.append(hit(number))
    os.write(1, b"%d\\n" % number)
"""


def hit(number: int) -> Hit:
    return Hit(f"token-of-mail-{number:06}", HitKind.OPEN, AT, "GET", "agent", "192.0.2.1")


class Database:
    """Copies as the real one does: what lies behind the mark it keeps."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.marks: dict[str, int] = {}
        self.away = False
        self.answer_lost = False

    async def keep(self, chunk) -> None:
        if self.away:
            raise ConnectionError("away")
        self.hits += chunk.after(self.marks.get(chunk.name, 0))
        self.marks[chunk.name] = max(chunk.end, self.marks.get(chunk.name, 0))
        if self.answer_lost:
            self.answer_lost = False
            raise ConnectionError("committed, but the answer was lost")


@pytest.fixture
def database() -> Database:
    return Database()


@given(
    st.builds(
        Hit,
        st.text(max_size=70), st.sampled_from(HitKind), st.just(AT), st.sampled_from(["GET", "HEAD", "POST"]),
        st.text(max_size=300), st.ip_addresses().map(str), st.integers(0, 9999), st.text(max_size=300),
    )
)  # fmt: skip
def test_a_hit_is_one_line_and_comes_back_as_it_was(one):
    line = line_of(one)
    assert line.count(b"\n") == 1
    assert hit_of(line) == one


@given(st.binary(max_size=200))
def test_a_torn_line_is_dropped(junk):
    assert hit_of(junk) is None or b"\n" not in junk


async def test_what_was_spooled_is_copied_in_order(tmp_path, database):
    spool = Spool(tmp_path, Random(1))
    for number in range(50):
        spool.append(hit(number))
    assert await spool.load(database.keep) == 50
    spool.append(hit(50))
    await spool.load(database.keep)
    assert database.hits == [hit(number) for number in range(51)]


async def test_hits_wait_while_the_database_is_away(tmp_path, database):
    spool = Spool(tmp_path, Random(1))
    spool.append(hit(1))
    database.away = True
    with pytest.raises(ConnectionError):
        await spool.load(database.keep)
    spool.append(hit(2))
    database.away = False
    await spool.load(database.keep)
    assert database.hits == [hit(1), hit(2)]


async def test_a_lost_answer_copies_nothing_twice(tmp_path, database):
    spool = Spool(tmp_path, Random(1))
    spool.append(hit(1))
    database.answer_lost = True
    with pytest.raises(ConnectionError):
        await spool.load(database.keep)
    spool.append(hit(2))
    await spool.load(database.keep)
    assert database.hits == [hit(1), hit(2)]


async def test_full_files_are_removed_once_copied(tmp_path, database, monkeypatch):
    monkeypatch.setattr("fairlead.campaigns.tracking.spool.FILE_BYTES", 1000)
    spool = Spool(tmp_path, Random(1))
    for number in range(100):
        spool.append(hit(number))
    folder = tmp_path / "spool" / "tracking"
    assert len(list(folder.iterdir())) > 5
    await spool.load(database.keep)
    assert len(list(folder.iterdir())) == 1
    assert database.hits == [hit(number) for number in range(100)]


async def test_files_of_a_living_process_are_left_to_it(tmp_path, database):
    living, other = Spool(tmp_path, Random(1)), Spool(tmp_path, Random(2))
    living.append(hit(1))
    assert await other.load(database.keep) == 0
    assert await living.load(database.keep) == 1


async def test_kill_minus_nine_loses_nothing_that_was_answered(tmp_path, database):
    module = tmp_path / "tests_of_spool.py"
    module.write_text(
        "from datetime import UTC, datetime\n"
        "from fairlead.campaigns.tracking.model import Hit, HitKind\n"
        f"AT = datetime.fromisoformat({AT.isoformat()!r})\n"
        "def hit(number):\n"
        '    return Hit(f"token-of-mail-{number:06}", HitKind.OPEN, AT, "GET", "agent", "192.0.2.1")\n'
    )
    answered = -1
    for run in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
        )
        assert writer.stdout is not None
        for line in writer.stdout:
            answered = int(line)
            if answered >= 200 * (run + 1):
                break
        writer.send_signal(signal.SIGKILL)
        # What it had answered until it died counts as well.
        rest = writer.stdout.read().splitlines()
        answered = int(rest[-1]) if rest and rest[-1].isdigit() else answered
        writer.wait()
        writer.stdout.close()
        database.hits.clear()
        await Spool(tmp_path, Random(run)).load(database.keep)
        seen = [one.token for one in database.hits]
        assert len(seen) == len(set(seen))
        assert set(seen) >= {hit(number).token for number in range(answered + 1)}
    assert not list((tmp_path / "spool" / "tracking").glob("*.hits"))
