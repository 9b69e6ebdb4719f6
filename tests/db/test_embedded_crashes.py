"""Kill -9 of the server while many write: what was acknowledged is there."""

import os
import signal
import threading
import time

import psycopg
import pytest
from embedded_world import ask, ask_again, postmaster_pid

from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place

WRITERS = 8
SECONDS_BETWEEN_KILLS = 0.3


class Writer(threading.Thread):
    """Inserts one number after the other, each in its own transaction, and remembers those acknowledged."""

    def __init__(self, conninfo: str, name: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[int] = []
        self._conninfo = conninfo
        self._number = name
        self._enough = stop
        self._next = 0

    def run(self) -> None:
        while not self._enough.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5) as conn:
                    self._write(conn)
            except psycopg.OperationalError:
                time.sleep(0.01)  # the server is on its way back

    def _write(self, conn: psycopg.Connection) -> None:
        while not self._enough.is_set():
            self._next += 1  # never twice: whether an unacknowledged one arrived is not known
            conn.execute("insert into written values (%s, %s)", [self._number, self._next])
            self.acknowledged.append(self._next)


def kill_under_load(place: Place, rounds: int) -> None:
    with EmbeddedServer.start(place, say=lambda line: None) as server:
        ask(server.conninfo, "create table written (writer int, number int)")
        stop = threading.Event()
        writers = [Writer(server.conninfo, name, stop) for name in range(WRITERS)]
        for writer in writers:
            writer.start()
        away = [kill(server.conninfo, place) for _ in range(rounds)]
        stop.set()
        for writer in writers:
            writer.join(30)
        with psycopg.connect(server.conninfo) as conn:
            there = set(conn.execute("select writer, number from written").fetchall())
            bad = conn.execute("select sum(checksum_failures) from pg_stat_database").fetchone()
    acknowledged = {(name, number) for name, writer in enumerate(writers) for number in writer.acknowledged}
    lost = acknowledged - there
    print(f"{rounds} kills, {len(acknowledged)} acknowledged, {len(lost)} lost, away {max(away):.2f} s at most")
    assert len(acknowledged) > 100 * rounds
    assert lost == set()
    assert bad == (0,)


def kill(conninfo: str, place: Place) -> float:
    """Lets the writers write, kills the postmaster, and gives the seconds until the server answers again."""
    time.sleep(SECONDS_BETWEEN_KILLS)
    pid = postmaster_pid(place)
    os.kill(pid, signal.SIGKILL)
    since = time.monotonic()
    while ask_again(conninfo, "select 1") and postmaster_pid(place) == pid:
        assert time.monotonic() - since < 30
    return time.monotonic() - since


def test_three_kills_under_load_lose_nothing(place: Place) -> None:
    kill_under_load(place, 3)


@pytest.mark.bars
def test_twenty_kills_under_load_lose_nothing(place: Place) -> None:
    kill_under_load(place, 20)
