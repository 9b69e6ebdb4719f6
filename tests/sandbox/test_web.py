"""The web server itself: HTTP as clients speak it, and as hostile ones do."""

import asyncio
import http.client
import random
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from web_client import ADDRESS, DEADLINE_SECONDS, HandTimer, exchange, fetch, started

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.web import MOST_BODY_BYTES, Request, Response, Site, WebServer

FUZZ_SECONDS = 3.0


def echo(request: Request) -> Response:
    where = f"{request.scheme} {request.host} {request.path} {request.query}"
    text = f"{request.method} {where} {len(request.body)}"
    return Response(content_type="text/plain", body=text.encode())


async def later(request: Request) -> Response:
    await asyncio.sleep(0)
    return Response(content_type="text/plain", body=b"later " + request.path.encode())


def broken(request: Request) -> Response:
    raise ValueError("a handler broke")


SITES = {
    "echo.example": Site(echo),
    "later.example": Site(later),
    "broken.example": Site(broken),
    "large.example": Site(lambda request: Response(tail=b"x" * 65_536, tail_times=2_000)),
}


@pytest.fixture(scope="module")
async def web() -> AsyncIterator[tuple[WebServer, HandTimer, int]]:
    server, timer, port = await started(SITES.get)
    yield server, timer, port
    await server.close()


async def test_hosts_share_one_address_and_are_told_apart_by_name(web):
    _, _, port = web
    assert (await fetch(port, "ECHO.example.:80", "/a?b")).text == "GET http echo.example /a b 0"
    assert (await fetch(port, "later.example", "/a")).text == "later /a"
    assert (await fetch(port, "unknown.example", "/")).status == 421


async def test_pipelined_requests_are_answered_in_order_also_when_some_take_longer(web):
    _, _, port = web
    hosts = ["echo.example", "later.example"] * 20
    sent = "".join(f"GET /{n} HTTP/1.1\r\nHost: {host}\r\n\r\n" for n, host in enumerate(hosts))
    sent += "GET /end HTTP/1.1\r\nHost: echo.example\r\nConnection: close\r\n\r\n"
    raw = (await exchange(port, sent.encode())).decode()
    places = [raw.index(f" /{n} " if n % 2 == 0 else f"later /{n}") for n in range(40)]
    assert places == sorted(places)
    assert raw.endswith("/end  0")


async def test_the_standard_librarys_client_needs_no_special_care(web):
    _, _, port = web

    def visit() -> list[bytes]:
        client = http.client.HTTPConnection(ADDRESS, port, timeout=DEADLINE_SECONDS)
        try:
            bodies = []
            for path in ("/one", "/two"):
                client.request("POST", path, b"x" * 1000, {"Host": "echo.example"})
                bodies.append(client.getresponse().read())
            client.request("HEAD", "/three", headers={"Host": "echo.example"})
            bodies.append(client.getresponse().read())
            return bodies
        finally:
            client.close()

    assert await asyncio.to_thread(visit) == [
        b"POST http echo.example /one  1000",
        b"POST http echo.example /two  1000",
        b"",
    ]


async def test_aiohttp_sends_bodies_in_chunks_and_keeps_its_connection(web):
    _, _, port = web

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"y" * 100

    async with aiohttp.ClientSession(headers={"Host": "echo.example"}) as client:
        for _ in range(2):
            async with client.post(f"http://{ADDRESS}:{port}/up", data=parts()) as answer:
                assert await answer.text() == "POST http echo.example /up  500"


async def test_handlers_of_other_rooms_can_be_put_beside_the_sites(web):
    server, _, port = web
    server.extra["api.example"] = Site(later)
    assert (await fetch(port, "api.example", "/v1")).text == "later /v1"


async def test_a_handler_that_breaks_is_a_500_and_nothing_worse(web):
    _, _, port = web
    reported = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
    try:
        assert (await fetch(port, "broken.example", "/")).status == 500
    finally:
        loop.set_exception_handler(None)
    assert [str(fault) for fault in reported] == ["a handler broke"]
    assert (await fetch(port, "echo.example", "/")).status == 200


async def test_too_long_heads_and_bodies_are_refused(web):
    _, _, port = web
    head = b"GET / HTTP/1.1\r\nHost: echo.example\r\nX: " + b"y" * 40_000 + b"\r\n\r\n"
    assert (await exchange(port, head)).startswith(b"HTTP/1.1 431 ")
    long = b"POST / HTTP/1.1\r\nHost: echo.example\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1)
    assert (await exchange(port, long + b"z" * (MOST_BODY_BYTES + 1))).startswith(b"HTTP/1.1 413 ")
    assert (await exchange(port, b"NONSENSE\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_a_client_that_leaves_in_the_middle_of_a_large_page_costs_nothing(web):
    server, _, port = web
    reader, writer = await asyncio.open_connection(ADDRESS, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: large.example\r\n\r\n")
    await reader.readexactly(1_000_000)
    writer.transport.abort()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while server.counts["large.example"].at_once and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert server.counts["large.example"].at_once == 0


async def test_it_listens_inside_the_sandbox_network_only():
    server = WebServer(SITES.get, clock=None, timer=HandTimer())
    for address in ("0.0.0.0", "127.0.0.1", "192.0.2.1", "::1"):
        with pytest.raises(CannotStart):
            await server.listen(address, 0)


async def test_hostile_bytes_do_not_stop_it(web):
    _, _, port = web
    dice = random.Random("web fuzz")
    good = (
        b"GET /a?b=c HTTP/1.1\r\nHost: echo.example\r\nAccept: */*\r\n\r\n"
        b"POST /p HTTP/1.1\r\nHost: later.example\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
        b"GET / HTTP/1.1\r\nHost: echo.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    )
    until = time.monotonic() + FUZZ_SECONDS
    rounds = 0
    while time.monotonic() < until:
        rounds += 1
        if dice.random() < 0.3:
            sent = dice.randbytes(dice.randrange(1, 2000))
        else:
            changed = bytearray(good)
            for _ in range(dice.randrange(1, 12)):
                at = dice.randrange(len(changed))
                changed[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(4))
            sent = bytes(changed[: dice.randrange(1, len(changed) + 1)])
        reader, writer = await asyncio.open_connection(ADDRESS, port)
        try:
            writer.write(sent)
            writer.write_eof()
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await reader.read(65_536):
                    pass
        except ConnectionError:
            pass
        finally:
            writer.close()
    assert rounds > 50
    assert (await fetch(port, "echo.example", "/alive")).status == 200
