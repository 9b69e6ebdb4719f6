"""Fan-out and delivery of webhooks to 50 endpoints, against the bare HTTP client on the same receiver.

The receiver is a process of its own. The bare client posts bodies of the same length to the same addresses with as many
connections and writes nothing down. Fairlead reads the events from its log, fans them out, signs and posts them, and
writes every outcome and the delivery log, durably.

    python benchmarks/webhooks.py [--scale 0.1]
"""

import argparse
import asyncio
import ipaddress
import multiprocessing
import os
import re
import sys
import tempfile
import time
from pathlib import Path

ENDPOINTS = 50
EVENTS = 1_000
AT_ONCE = 10
LIMIT_PER_SECOND = 3_000
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
THANKS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FACTS = {
    "campaign_id": 100232, "campaign": "Spring", "step_id": 1780000000001, "prospect_id": 7, "prospect_name": "Ann Lee",
    "email": "ann@example.com", "sender_email": "me@example.org", "subject": "Plans for the spring",
    "message": "Hello Ann, " + "this is what a letter reads like. " * 20, "message_id": "<abc@example.org>",
}  # fmt: skip


class Receiver(asyncio.Protocol):
    def connection_made(self, transport) -> None:
        self._transport, self._buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(LENGTH.search(head)[1]):
            self._buffer = b""
            self._transport.write(THANKS)


def receive(ports: "multiprocessing.Queue[int]") -> None:
    import uvloop

    async def within() -> None:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0, backlog=2048)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(within())


async def bare(port: int, deliveries: int, body: bytes) -> float:
    """Deliveries a second of the client library alone."""
    import aiohttp

    left = iter(range(deliveries))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def seat() -> None:
            for number in left:
                url = f"http://127.0.0.1:{port}/{number % ENDPOINTS}"
                async with http.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                    assert answer.status == 200
                    await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(seat() for _ in range(AT_ONCE * ENDPOINTS // 2)))
        return deliveries / (time.perf_counter() - started)


async def product(port: int, events: int, data: Path) -> tuple[float, float]:
    """Deliveries a second, and seconds of CPU of this process, from the first event to the last outcome."""
    from fairlead.accounts import actions as accounts
    from fairlead.events import actions as log
    from fairlead.events.model import NewEvent
    from fairlead.main import Start, open_house
    from fairlead.settings import Settings
    from fairlead.webhooks import actions as webhooks

    settings = Settings(allowed_networks=(ipaddress.ip_network("127.0.0.1/32"),), database_connections=20)
    async with open_house(settings, Start(data=data, serves=True)) as house:
        world = house.world
        async with world.db.transaction() as conn:
            made = await accounts.create_workspace(world, conn, name="B", owner="b@x.example", no_rate_limit=True)
            account = await accounts.account(conn, made.workspace_id)
            for number in range(ENDPOINTS):
                await webhooks.create_webhook(
                    world, conn, made.workspace_id, plan=account.plan, member_id=made.user_id,
                    url=f"http://127.0.0.1:{port}/{number}", event_object="campaign_email", event_action="sent",
                )  # fmt: skip
        async with world.db.transaction() as conn:
            now = world.clock.now()
            await log.record_many(
                conn, [NewEvent(made.workspace_id, "email_sent", now, FACTS | {"n": n}) for n in range(events)]
            )
        deliverer = webhooks.Deliverer(world)
        started, cpu = time.perf_counter(), time.process_time()
        running = asyncio.create_task(deliverer.run())
        # Looks for what is left, and not at what was done, which would cost more the longer it takes.
        while True:
            await asyncio.sleep(0.1)
            async with world.db.statement() as conn:
                cur = await conn.execute(
                    "select exists (select from webhook_events), "
                    "exists (select from webhook_deliveries where state = 'waiting')"
                )
                began, waiting = await cur.fetchone()
            if began and not waiting:
                break
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        deliverer.stop()
        await running
        async with world.db.statement() as conn:
            cur = await conn.execute("select count(*) from webhook_attempts where status = 200")
            assert await cur.fetchone() == (events * ENDPOINTS,)
        return events * ENDPOINTS / seconds, cpu


def main() -> int:
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of events")
    events = max(100, int(EVENTS * parser.parse_args().scale))
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    receiver = context.Process(target=receive, args=(ports,), daemon=True)
    receiver.start()
    try:
        port = ports.get(timeout=30)
        with tempfile.TemporaryDirectory(prefix="fairlead-bench-", ignore_cleanup_errors=True) as folder:
            os.chmod(folder, 0o755)  # the database's user must reach what lies within
            rate, cpu = uvloop.run(product(port, events, Path(folder) / "data"))
        limit = uvloop.run(bare(port, events * ENDPOINTS, b"x" * 2_400))
    finally:
        receiver.terminate()
    ok = rate >= LIMIT_PER_SECOND
    print(f"{events} events to {ENDPOINTS} endpoints, {events * ENDPOINTS} deliveries")
    print(f"  bare client  {limit:8.0f}/s")
    print(
        f"  webhooks     {rate:8.0f}/s  {rate / limit:.2f} of the bare client  {events * ENDPOINTS / cpu:.0f} a CPU "
        f"second of the worker  (limit {LIMIT_PER_SECOND}/s) {'ok' if ok else 'MISSED'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
