"""Mails sent a second, exactly once in effect, database writes included, to a server that takes everything.

    python benchmarks/sending.py [--scale 0.1]

200 mailboxes without limit or gap; one worker process; durable settings. Beside it a bare pipelined client that sends
the same messages over as many connections and writes nothing down (the limit), and a sender as they often are: one
ordered cursor, one session, marked after sending. Then a million claims with a reporting transaction open.
CPU seconds are those of all processes: worker, database and server.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random, SystemRandom
from typing import Any

from fairlead.engine.sending import Sending
from fairlead.kit.tokens import new_token
from fairlead.main import House, Start, open_house
from fairlead.net.smtp import Accepted
from fairlead.senders import actions as senders
from fairlead.senders.composing import compose
from fairlead.senders.connecting import SECRET
from fairlead.senders.ledger import letters
from fairlead.senders.model import Letter, MailboxId, NewSend, Purpose
from fairlead.senders.sending import store
from fairlead.senders.sending.office import CLAIM_AHEAD
from fairlead.settings import load
from jobs import temporary_server

MAILS = 60_000
MAILBOXES = 200
CLAIMS = 1_000_000
CLAIMED_TOGETHER = 64
AT_LEAST_PER_SECOND = 1_500
MARK_P99_SECONDS = 0.250
CLAIM_P99_SECONDS = 0.050
MEMORY_MB = 300
SINK = "127.64.200.1"
NAIVE_MAILS = 2_000
TICKS = os.sysconf("SC_CLK_TCK")
DOMAIN = "bench.example"
TEXT = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.\n" * 8
LETTER = Letter("A question about {n}", f"<p>Hello,</p><p>{TEXT}</p>", f"Hello,\n\n{TEXT}")


# The far end.


def serve(pipe: Any) -> None:
    """A submission server that takes everything and keeps nothing."""
    import uvloop

    from fairlead.sandbox.clock import MovableClock
    from fairlead.sandbox.smtp.behavior import behavior_named
    from fairlead.sandbox.smtp.model import Login
    from fairlead.sandbox.smtp.server import SmtpServer
    from fairlead.sandbox.smtp.steps import MailHost
    from fairlead.sandbox.smtp.submission import Provider, Submission

    class Everyone:
        def password_login(self, user: str, password: str) -> Login:
            return Login.WELCOME

        def token_login(self, user: str, token: str) -> Login:
            return Login.WELCOME

        def may_send_as(self, user: str, address: str) -> bool:
            return True

    class Machine:
        monotonic = staticmethod(time.monotonic)
        sleep = staticmethod(asyncio.sleep)

    async def within() -> None:
        behavior = behavior_named("reject_unknown")
        policy = Submission(Provider("sink", behavior), Everyone(), auth_without_tls=True)
        server = SmtpServer(MovableClock(Machine(), speed=0), Machine(), Random(1))
        port = await server.listen(SINK, 0, MailHost("sink.example", behavior, policy, lambda envelope: None))
        pipe.send(port)
        await asyncio.to_thread(pipe.recv)
        await server.close()

    uvloop.run(within())


@dataclass
class FarEnd:
    pid: int
    port: int

    def cpu_seconds(self) -> float:
        return cpu_of(self.pid)


def cpu_of(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def database_cpu_seconds(folder: str) -> float:
    """Of the postmaster and its children, those that have ended included."""
    with open(f"{folder}/data/postmaster.pid", encoding="ascii") as file:
        postmaster = int(file.readline())
    with open(f"/proc/{postmaster}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    total = sum(int(fields[index]) for index in (11, 12, 13, 14)) / TICKS
    with open(f"/proc/{postmaster}/task/{postmaster}/children", encoding="ascii") as file:
        return total + sum(cpu_of(int(child)) for child in file.read().split())


# The house.


@asynccontextmanager
async def house_at(conninfo: str, port: int) -> AsyncIterator[House]:
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        settings = load(
            {
                "FAIRLEAD_DATABASE_URL": conninfo,
                "FAIRLEAD_DATA": folder,
                "FAIRLEAD_ALLOWED_NETWORKS": "127.64.0.0/10",
                "FAIRLEAD_PORT_MAP": f"587={port}",
                "FAIRLEAD_DATABASE_CONNECTIONS": "12",
            }
        )
        async with open_house(settings, Start(serves=True)) as house:
            yield house


async def furnish(house: House) -> tuple[int, list[MailboxId]]:
    async with house.world.db.transaction() as conn:
        now = house.world.clock.now()
        cur = await conn.execute(
            """
            insert into workspaces (name, plan, credits_unlimited, made_at, period_ends_at, plan_ends_at)
            values ('Bench', 'unlimited', true, %(now)s, 'infinity', 'infinity') returning id
            """,
            {"now": now},
        )
        workspace_id = (await cur.fetchone() or (0,))[0]
        ids = []
        for number in range(MAILBOXES):
            address = f"ann{number}@{DOMAIN}"
            cur = await conn.execute(
                """
                insert into mailboxes (workspace_id, address, address_key, sender_name, provider, smtp_host, smtp_port,
                  smtp_encryption, auth, login, secret, time_zone, daily_limit, delay_min_seconds, delay_max_seconds,
                  sent_copies, made_at, changed_at)
                values (%(workspace)s, %(address)s, %(address)s, 'Ann Miller', 'other', %(host)s, 587, 'none',
                  'password', %(address)s, %(secret)s, 'UTC', 1000000000, 0, 0, 'none', %(now)s, %(now)s)
                returning id
                """,
                {
                    "workspace": workspace_id,
                    "address": address,
                    "host": SINK,
                    "secret": house.world.keys.seal(b"secret", SECRET),
                    "now": now,
                },
            )
            ids.append(MailboxId((await cur.fetchone() or (0,))[0]))
    return workspace_id, ids


async def plan(house: House, workspace_id: int, mailboxes: Sequence[MailboxId], count: int) -> float:
    """Puts in so many mails, and says how many a second."""
    random, now = SystemRandom(), house.world.clock.now()
    began = time.perf_counter()
    for start in range(0, count, 2_000):
        sends = []
        for number in range(start, min(count, start + 2_000)):
            token = new_token(random, 24)
            to = f"person{number}@recipients.example"
            one = mailboxes[number % len(mailboxes)]
            sends.append(
                NewSend(workspace_id, one, Purpose.TEST, number, token, now, to, "Bo Peep", token, LETTER)
            )
        async with house.world.db.transaction() as conn:
            await senders.plan(conn, sends, now=now)
    async with house.world.db.statement() as conn:
        await conn.execute("analyze")
    return count / (time.perf_counter() - began)


@dataclass
class Measured:
    rate: float
    cpu: float
    parts: dict[str, float]


async def send_all(house: House, folder: str, far: FarEnd, count: int) -> tuple[Measured, dict[str, list[float]]]:
    seen: dict[str, list[float]] = {}
    sending = Sending(house.world, observe=lambda name, seconds: seen.setdefault(name, []).append(seconds))
    before = (time.process_time(), database_cpu_seconds(folder), far.cpu_seconds())
    listening = asyncio.create_task(house.world.listener.run())
    began = time.perf_counter()
    running = asyncio.create_task(sending.run())
    while True:
        await asyncio.sleep(0.25)
        async with house.world.db.statement() as conn:
            cur = await conn.execute("select exists (select from sends)")
            if not (await cur.fetchone() or (True,))[0]:
                break
    took = time.perf_counter() - began
    after = (time.process_time(), database_cpu_seconds(folder), far.cpu_seconds())
    sending.stop()
    await running
    listening.cancel()
    async with house.world.db.statement() as conn:
        cur = await conn.execute("select outcome, reason, reply, count(*) from sent_mails group by 1, 2, 3")
        outcomes = await cur.fetchall()
    assert [(row[0], row[3]) for row in outcomes] == [("sent", count)], outcomes
    spent = [b - a for a, b in zip(before, after, strict=True)]
    parts = dict(zip(("worker", "database", "server"), spent, strict=True))
    return Measured(count / took, sum(parts.values()), parts), seen


# Beside it.


def message_of(number: int) -> bytes:
    headers = (
        f"From: Ann <ann@{DOMAIN}>\r\nTo: person{number}@recipients.example\r\nSubject: A question\r\n"
        f"Message-ID: <{number}@{DOMAIN}>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    )
    return headers.encode() + (TEXT * 2).replace("\n", "\r\n").encode()


def bare_client(port: int, count: int) -> float:
    """The same sizes over as many connections, the next envelope right behind each message; nothing is written down."""
    clients = []
    for _ in range(MAILBOXES):
        client = socket.create_connection((SINK, port), timeout=30)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines(client, 1)
        client.sendall(b"HELO bench.example\r\n")
        lines(client, 1)
        client.sendall(b"EHLO bench.example\r\n")
        until(client, b"250 ")
        client.sendall(b"AUTH PLAIN AGFubkBiZW5jaC5leGFtcGxlAHNlY3JldA==\r\n")
        lines(client, 1)
        clients.append(client)
    envelope = f"MAIL FROM:<ann@{DOMAIN}>\r\nRCPT TO:<person@recipients.example>\r\nDATA\r\n".encode()
    body = message_of(1)
    began = time.perf_counter()
    rounds = max(1, count // len(clients))
    for client in clients:
        client.sendall(envelope)
    for number in range(rounds):
        last = number == rounds - 1
        for client in clients:
            lines(client, 3 if number == 0 else 4)
        for client in clients:
            client.sendall(body + (b".\r\n" if last else b".\r\n" + envelope))
    for client in clients:
        lines(client, 1)
        client.close()
    return rounds * len(clients) / (time.perf_counter() - began)


def lines(connection: socket.socket, count: int) -> None:
    found = 0
    while found < count:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server hung up")
        found += piece.count(b"\n")


def until(connection: socket.socket, mark: bytes) -> None:
    tail = b""
    while mark not in tail or not tail.endswith(b"\n"):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server hung up")
        tail += piece


async def ordered_cursor(house: House, workspace_id: int, mailboxes: Sequence[MailboxId], count: int) -> float:
    """One cursor in the order of ids, one session, and a mark after each message."""
    await plan(house, workspace_id, mailboxes[:1], count)
    async with house.world.db.statement() as conn:
        mailbox = await senders.mailbox(conn, workspace_id, mailboxes[0])
    session = await senders.submission(house.world, mailbox)
    reading = await house.world.db.dedicated()
    writing = await house.world.db.dedicated()
    began = time.perf_counter()
    try:
        async with reading.transaction(), reading.cursor(name="walk") as cursor:
            await cursor.execute(
                "select m.id, m.to_address, m.to_name, m.message_id, m.letter from sends s join mails m on m.id = s.id "
                "order by s.id"
            )
            async for send_id, to_address, to_name, message_id, letter in cursor:
                raw = compose(
                    letters.letter(letter, {}), mailbox, to_address=to_address, to_name=to_name, message_id=message_id,
                    reference=message_id, date=house.world.clock.now(),
                )  # fmt: skip
                outcome = await session.send(mailbox.address, to_address, raw)
                assert isinstance(outcome, Accepted), outcome
                await writing.execute("delete from sends where id = %s", [send_id])
    finally:
        await reading.close()
        await writing.close()
        await session.close()
    return count / (time.perf_counter() - began)


async def claims(
    house: House, workspace_id: int, mailboxes: Sequence[MailboxId], count: int
) -> tuple[list[float], list[float]]:
    """Seconds of each transaction that claims, and of each that looks for what is due in ten mailboxes.

    A report holds its snapshot all the while, so that nothing can be cleaned up.
    """
    await plan(house, workspace_id, mailboxes, count)
    report = await house.world.db.dedicated()
    await report.execute("begin isolation level repeatable read")
    await report.execute("select count(*) from sends")
    took: list[float] = []
    looked: list[float] = []
    now, today = house.world.clock.now(), date(2026, 1, 5)
    async with house.world.db.transaction() as conn:
        await store.collect_wakes(conn)
        at_most = len(mailboxes)
        turns = await store.take(conn, "bench", at_most=at_most, lease_seconds=86_400, now=now + timedelta(days=1))
    numbers = {turn.mailbox_id: turn.lease_number for turn in turns}
    known: dict[MailboxId, list[store.Candidate]] = {one: [] for one in numbers}
    ends: dict[MailboxId, store.Candidate] = {}
    done = 0
    while done < count:
        dry = [one for one, candidates in known.items() if not candidates][:10]
        if dry:
            began = time.perf_counter()
            async with house.world.db.transaction() as conn:
                # As workers do: from where the last look ended, and from the start where nothing is found there.
                last = [(one, ends[one]) for one in dry if one in ends]
                after = await store.candidates_after(conn, last, per_lane=store.CANDIDATES_PER_LANE) if last else {}
                afresh = [one for one in dry if not after.get(one)]
                if afresh:
                    after |= await store.candidates(conn, afresh, per_lane=store.CANDIDATES_PER_LANE)
            known |= after
            ends |= {one: candidates[-1] for one, candidates in after.items() if candidates}
            looked.append(time.perf_counter() - began)
        # As workers do: several mails of each mailbox at once, where there is no gap between them.
        wanted = []
        for one in sorted(known, key=lambda one: -len(known[one]))[: CLAIMED_TOGETHER // CLAIM_AHEAD]:
            wanted += [store.Wanted(c.id, one, numbers[one], today, 10**9) for c in known[one][:CLAIM_AHEAD]]
            del known[one][:CLAIM_AHEAD]
        began = time.perf_counter()
        async with house.world.db.transaction() as conn:
            claimed = await store.claim(conn, "bench", wanted)
        took.append(time.perf_counter() - began)
        ours = [(one.send.id, one.lease_number) for one in claimed]
        marks = [(one.send.id, one.send.mailbox_id, one.lease_number) for one in claimed]
        async with house.world.db.transaction() as conn:
            await store.mark(conn, "bench", marks, now=now)
        async with house.world.db.transaction() as conn:
            await store.finish(conn, [store.Final(a, b, "sent", now, "reply") for a, b in ours])
        done += len(claimed)
        if not claimed and not any(known.values()):
            break
    await report.close()
    return took, looked


def share(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else (values[0] if values else 0.0)


async def main(conninfo: str, far: FarEnd, scale: float, claim_scale: float) -> bool:
    folder = conninfo.partition("host=")[2].partition(" ")[0]
    count = int(MAILS * scale)
    async with house_at(conninfo, far.port) as house:
        workspace_id, mailboxes = await furnish(house)
        planned = await plan(house, workspace_id, mailboxes, count)
        ours, seen = await send_all(house, folder, far, count)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        naive = await ordered_cursor(house, workspace_id, mailboxes, max(200, int(NAIVE_MAILS * scale)))
        bare = await asyncio.to_thread(bare_client, far.port, count)
        print(f"{count:,} mails from {MAILBOXES} mailboxes; planned {planned:,.0f}/s")
        print(f"  Fairlead          {ours.rate:>9,.0f} /s   {ours.rate / AT_LEAST_PER_SECOND:.2f} x the promised")
        each = {name: f"{1e6 * seconds / count:.0f}" for name, seconds in ours.parts.items()}
        print(f"    CPU µs a mail   {1e6 * ours.cpu / count:>9,.0f}      {each}")
        print(f"    on two cores    {2 * count / ours.cpu:>9,.0f} /s   if nobody else used them")
        print(f"  bare client       {bare:>9,.0f} /s   Fairlead reaches {ours.rate / bare:.2f} of this limit")
        print(f"  ordered cursor    {naive:>9,.0f} /s   Fairlead is {ours.rate / naive:.1f} times as fast")
        marks = seen["mark"]
        print(
            f"  mark to first byte: p50 {1e3 * share(marks, 50):.0f} ms, p99 {1e3 * share(marks, 99):.0f} ms "
            f"(limit {1e3 * MARK_P99_SECONDS:.0f}); memory of the worker {memory:.0f} MB (limit {MEMORY_MB})"
        )
        total = int(CLAIMS * claim_scale)
        took, looked = await claims(house, workspace_id, mailboxes, total)
        late, late_looks = took[-max(10, len(took) // 10) :], looked[-max(10, len(looked) // 10) :]
        print(f"  {total:,} claims, {CLAIMED_TOGETHER} a transaction, with a report open, and looks into 10 mailboxes:")
        for name, all_of, last in (("claims", took, late), ("looks", looked, late_looks)):
            print(
                f"    {name:8} p50 {1e3 * share(all_of, 50):5.1f} ms, p99 {1e3 * share(all_of, 99):5.1f} ms; of the "
                f"last tenth p99 {1e3 * share(last, 99):5.1f} ms (limit {1e3 * CLAIM_P99_SECONDS:.0f})"
            )
    return (
        2 * count / ours.cpu >= AT_LEAST_PER_SECOND
        and share(marks, 99) < MARK_P99_SECONDS
        and share(late, 99) < CLAIM_P99_SECONDS
        and memory < MEMORY_MB
    )


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--claim-scale", type=float, help="of the million claims; default: as --scale")
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        if not ours.poll(60):
            raise TimeoutError("the far end did not start")
        far = FarEnd(process.pid or 0, ours.recv())
        import uvloop

        claim_scale = options.scale if options.claim_scale is None else options.claim_scale
        with temporary_server() as conninfo:
            reached = uvloop.run(main(conninfo, far, options.scale, claim_scale))
        ours.send("end")
        process.join(10)
    finally:
        if process.is_alive():
            process.kill()
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(run())
