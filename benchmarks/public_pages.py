"""Pixel and counted link against a bare ASGI route of the same server, 32 clients.

The bare route answers the same image without looking at what was asked. Pixel and link check a signature, write the
hit to the spool before they answer, and a loader carries hits to the database meanwhile. In turns; the medians are
compared.

    python benchmarks/public_pages.py [--scale 0.1]
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from _http_load import CLIENTS, load

SECONDS = 10.0
TURNS = 5
LIMIT = 0.7


def serve(data: str, port: int, addresses: "multiprocessing.Queue[tuple[str, str]]") -> None:
    import uvicorn
    import uvloop

    from fairlead.campaigns.tracking.links import Links
    from fairlead.http.app import App
    from fairlead.http.public.door import PIXEL_BODY, PIXEL_START
    from fairlead.main import Start, open_house
    from fairlead.settings import Settings

    async def within() -> None:
        async with open_house(Settings(), Start(data=Path(data), serves=True)) as house:
            app = App(house.world)

            async def routed(scope, receive, send) -> None:
                if scope["path"] == "/bare":
                    await send(PIXEL_START)
                    await send(PIXEL_BODY)
                else:
                    await app(scope, receive, send)

            links = Links(house.world.installation, "")
            token = "a-token-of-no-mail-at-all"
            addresses.put((links.pixel(token), links.click(token, 1, "https://www.example.com/offer?ref=letter")))
            config = uvicorn.Config(
                routed, host="127.0.0.1", port=port, lifespan="off", ws="none", log_config=None, access_log=False,
                server_header=False, proxy_headers=False,
            )  # fmt: skip
            loading = asyncio.create_task(app.public.run())
            await uvicorn.Server(config).serve()
            loading.cancel()

    uvloop.run(within())


@contextlib.contextmanager
def running(data: str) -> Iterator[tuple[int, str, str]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    addresses = context.Queue()
    process = context.Process(target=serve, args=(data, port, addresses))
    process.start()
    try:
        pixel, click = addresses.get(timeout=60)
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield port, pixel, click
    finally:
        process.terminate()
        process.join(30)


async def in_turns(port: int, paths: dict[str, str], seconds: float) -> dict[str, list[list[float]]]:
    agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    requests = {
        name: f"GET {path} HTTP/1.1\r\nHost: x\r\n{agent}\r\n\r\n".encode() for name, path in paths.items()
    }
    times: dict[str, list[list[float]]] = {name: [] for name in paths}
    for _ in range(TURNS):
        for name, request in requests.items():
            times[name].append(await load(port, lambda request=request: request, seconds / TURNS))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the running time")
    seconds = max(2.0, SECONDS * parser.parse_args().scale)
    missed = False
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # the database's user must reach what lies within
        with running(f"{folder}/data") as (port, pixel, click):
            asyncio.run(load(port, lambda: b"GET /bare HTTP/1.1\r\nHost: x\r\n\r\n", 0.5))
            times = asyncio.run(in_turns(port, {"bare": "/bare", "pixel": pixel, "click": click}, seconds))
    print(f"{CLIENTS} clients, {seconds:.0f} s each in {TURNS} turns")
    rates = {name: statistics.median(len(turn) / (seconds / TURNS) for turn in turns) for name, turns in times.items()}
    for name, rate in rates.items():
        every = sorted(second for turn in times[name] for second in turn)
        line = f"  {name:<8}{rate:8.0f}/s  p99 {every[int(len(every) * 0.99)] * 1000:6.1f} ms"
        if name != "bare":
            ratio = rate / rates["bare"]
            missed |= ratio < LIMIT
            line += f"  {ratio:.2f} of the bare route (limit {LIMIT}) {'ok' if ratio >= LIMIT else 'MISSED'}"
        print(line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
