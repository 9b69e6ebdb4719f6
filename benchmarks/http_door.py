"""The Snov.io door against a hello route: `get-balance` and `add-prospect-to-list`, 32 clients, durable commits.

The hello route does `select 1` on the same pool in the same process. Each is run with the rate limit off and with a
limit of 10^9, in turns, and the medians are compared. The clients are one process with prepared requests.

    python benchmarks/http_door.py [--scale 0.1]
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from _http_load import CLIENTS, load

SECONDS = 10.0
TURNS = 3
LIMITS = {"get-balance": 0.5, "add-prospect-to-list": 0.25}
ADDS_PER_SECOND = 800


# The server: the product's own application, with one more door.


class Hello:
    def __init__(self, db) -> None:
        self._db = db

    def knows(self, path: str) -> bool:
        return path == "/hello"

    async def __call__(self, scope, receive, send) -> int:
        async with self._db.statement() as conn:
            await (await conn.execute("select 1")).fetchone()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return 200


def serve(data: str, port: int, counted: bool) -> None:
    import uvicorn
    import uvloop

    from fairlead.http.app import App
    from fairlead.main import Start, open_house
    from fairlead.settings import Settings

    async def within() -> None:
        settings = Settings(rate_limit=counted)
        async with open_house(settings, Start(data=Path(data), serves=True)) as house:
            app = App(house.world, doors={"hello": Hello(house.world.db)})
            config = uvicorn.Config(
                app,
                host="127.0.0.1",
                port=port,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
            await uvicorn.Server(config).serve()

    uvloop.run(within())


def requests(token: str, list_id: int) -> dict[str, Callable[[], bytes]]:
    head = f"Host: x\r\nAuthorization: Bearer {token}\r\n"
    balance = f"GET /v1/get-balance HTTP/1.1\r\n{head}\r\n".encode()
    numbers = iter(range(10**12))
    salt = os.getpid() * 10**6 + int(time.time())

    def add() -> bytes:
        number = next(numbers)
        body = (
            f"listId={list_id}&email=p{salt}.{number}%40company{number % 997}.example&fullName=Ann+Lee+{number}"
            "&country=Germany&position=QA+Engineer&companyName=Example+Inc&companySite=https%3A%2F%2Fexample.com"
            f"&socialLinks%5BlinkedIn%5D=https%3A%2F%2Fwww.linkedin.com%2Fin%2Fp{number}&updateContact=1"
        )
        return (
            f"POST /v1/add-prospect-to-list HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return {
        "hello": lambda: b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "get-balance": lambda: balance,
        "add-prospect-to-list": add,
    }


@contextlib.contextmanager
def running(data: str, counted: bool) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(data, port, counted))
    process.start()
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.join(30)


def fairlead(data: str, *arguments: str) -> dict:
    command = [sys.executable, "-m", "fairlead", *arguments, "--data", data, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the running time")
    seconds = max(1.0, SECONDS * parser.parse_args().scale)
    missed = False
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # the database's user must reach what lies within
        data = f"{folder}/data"
        create = ("workspace", "create", "--name", "B", "--owner", "b@x.example", "--rate-limit", str(10**9))
        made = fairlead(data, *create)
        list_id = fairlead(data, "list", "create", "People")["id"]
        for counted in (False, True):
            with running(data, counted) as port:
                asyncio.run(load(port, requests("", 0)["hello"], 1.0))
                token = asyncio.run(sign_in(port, made))
                missed |= report(asyncio.run(in_turns(port, requests(token, list_id), seconds)), counted, seconds)
    return 1 if missed else 0


async def sign_in(port: int, made: dict) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = f"grant_type=client_credentials&client_id={made['client_id']}&client_secret={made['client_secret']}"
    writer.write(
        f"POST /v1/oauth/access_token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = await reader.read()
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])["access_token"]


async def in_turns(port: int, kinds: dict, seconds: float) -> dict[str, list[list[float]]]:
    times: dict[str, list[list[float]]] = {name: [] for name in kinds}
    for _ in range(TURNS):
        for name, request in kinds.items():
            times[name].append(await load(port, request, seconds / TURNS))
    return times


def report(times: dict[str, list[list[float]]], counted: bool, seconds: float) -> bool:
    rates = {name: statistics.median(len(turn) / (seconds / TURNS) for turn in turns) for name, turns in times.items()}
    print(f"rate limit {'10^9' if counted else 'off'}, {CLIENTS} clients, {seconds:.0f} s each in {TURNS} turns")
    missed = False
    for name, rate in rates.items():
        every = sorted(second for turn in times[name] for second in turn)
        p99 = every[int(len(every) * 0.99)] * 1000
        line = f"  {name:<22}{rate:8.0f}/s  p99 {p99:6.1f} ms"
        if name in LIMITS:
            ratio = rate / rates["hello"]
            ok = ratio >= LIMITS[name] and (name != "add-prospect-to-list" or rate >= ADDS_PER_SECOND)
            missed |= not ok
            line += f"  {ratio:.2f} of hello (limit {LIMITS[name]}"
            line += f", and {ADDS_PER_SECOND}/s" if name == "add-prospect-to-list" else ""
            line += f") {'ok' if ok else 'MISSED'}"
        print(line)
    return missed


if __name__ == "__main__":
    sys.exit(main())
