"""Kill -9 of the server, of the database and of both while clients add prospects: what was acknowledged is there."""

import os
import random
import signal
import socket
import threading
import time

import psycopg
import pytest
import requests

from fairlead_process import Installation, Serving, conninfo_of, new_installation

CLIENTS = 6
VICTIMS = ("server", "database", "both")
AWAY_SECONDS_AT_MOST = 20.0


class Client(threading.Thread):
    """Adds one new address after the other, and remembers those it was told are there."""

    def __init__(self, number: int, url: str, token: str, list_id: int, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self.acknowledged: set[str] = set()
        self.refused = 0
        self._number, self._url, self._token, self._list_id = number, url, token, list_id
        self._enough = enough

    def run(self) -> None:
        tried = 0
        with requests.Session() as http:
            http.headers["Authorization"] = f"Bearer {self._token}"
            while not self._enough.is_set():
                tried += 1  # never twice: whether an unacknowledged one arrived is not known
                self._add(http, f"p{tried}@client{self._number}.example")

    def _add(self, http: requests.Session, email: str) -> None:
        try:
            answer = http.post(
                f"{self._url}/v1/add-prospect-to-list", data={"email": email, "listId": self._list_id}, timeout=30
            )
        except requests.RequestException:
            time.sleep(0.02)  # the server is on its way back
            return
        if answer.status_code == 200 and answer.json()["success"]:
            self.acknowledged.add(email)
        else:
            # Its database is away: an error is no promise, and must be one of ours.
            assert answer.status_code >= 500, answer.text
            self.refused += 1
            time.sleep(0.02)


class Crashes:
    """A server that is killed, started again and looked at."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.serving = self._start()
        self.away: list[float] = []

    def _start(self) -> Serving:
        return Serving.started(self.installation, "serve", "--port", str(self.port))

    def kill(self, victim: str) -> None:
        """Kills, and waits until the front door is open again."""
        since = time.monotonic()
        if victim in ("server", "both"):
            self.serving.process.kill()
        if victim in ("database", "both"):
            pid_file = self.installation.data / "data" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        if victim in ("server", "both"):
            self.serving.stop()
            self.serving = self._start()
        while not self._ready():
            assert time.monotonic() - since < AWAY_SECONDS_AT_MOST, self.serving.said()
            time.sleep(0.02)
        self.away.append(time.monotonic() - since)

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.serving.base_url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False


def kill_under_load(kills: int) -> None:
    chance = random.Random(kills)
    with new_installation() as installation:
        crashes = Crashes(installation)
        made = installation.workspace()
        given = installation.done("token", "--client-id", made["client_id"], given=made["client_secret"])
        list_id = installation.done("list", "create", "People", "--json").json["id"]
        enough = threading.Event()
        clients = [
            Client(number, crashes.serving.base_url, given.json["access_token"], list_id, enough)
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for number in range(kills):
            time.sleep(chance.uniform(0.05, 0.8))  # machine time: somewhere in the work of the clients
            crashes.kill(VICTIMS[number % len(VICTIMS)])
        time.sleep(0.3)
        enough.set()
        for client in clients:
            client.join(60)
            assert not client.is_alive()
        acknowledged = set().union(*(client.acknowledged for client in clients))
        there, listed, told, bad = what_is_there(installation, list_id)
        assert crashes.serving.stop() == 0
    lost = acknowledged - there
    print(
        f"{kills} kills, {len(acknowledged)} acknowledged, {len(lost)} lost, {len(there - acknowledged)} there without "
        f"an answer, away {max(crashes.away):.2f} s at most"
    )
    assert len(acknowledged) > 20 * kills
    assert lost == set()
    # What an address brought with it came and went with it: its place on the list, and the fact in the log.
    assert there == listed == told
    assert bad == 0


def what_is_there(installation: Installation, list_id: int) -> tuple[set[str], set[str], set[str], int]:
    """The addresses of prospects, those on the list, those told of in the log; pages with a bad checksum."""
    with psycopg.connect(conninfo_of(installation)) as conn:
        there = conn.execute("select email_key from prospects").fetchall()
        listed = conn.execute(
            "select email_key from list_members m join prospects p on p.id = m.prospect_id where m.list_id = %s",
            [list_id],
        ).fetchall()
        told = conn.execute(
            "select email_key from events e join prospects p on p.id = (e.body->>'prospect_id')::bigint "
            "where e.kind = 'prospect_listed'"
        ).fetchall()
        bad = conn.execute("select coalesce(sum(checksum_failures), 0) from pg_stat_database").fetchone()
    assert len(there) == len(listed) == len(told)
    return {row[0] for row in there}, {row[0] for row in listed}, {row[0] for row in told}, int(bad[0] if bad else 0)


def test_three_kills_under_load_lose_nothing_that_was_acknowledged() -> None:
    kill_under_load(3)


@pytest.mark.bars
def test_twenty_one_kills_under_load_lose_nothing_that_was_acknowledged() -> None:
    kill_under_load(21)
