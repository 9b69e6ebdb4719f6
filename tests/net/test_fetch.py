import asyncio
import gzip
import ipaddress
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from fairlead.net.dns import Answer, Found, NoSuchName
from fairlead.net.errors import (
    AnswerBroken,
    BadUrl,
    ConnectFailed,
    Forbidden,
    NoAddress,
    Reason,
    TimedOut,
    TooLarge,
    TooManyRedirects,
)
from fairlead.net.fetch import GuardedFetch, Limits, Response
from fairlead.net.guard import Address

SANDBOX = (ipaddress.ip_network("127.64.0.0/10"),)
Answering: TypeAlias = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A web server that sends exactly the octets a test wrote down for a path."""

    port: int = 0
    answers: dict[str, Answering] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.seen.append(Seen(method, path, headers, body))
                answer = self.answers[path]
                if not isinstance(answer, bytes):
                    await answer(writer)
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


def ok(body: bytes = b"hello", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def sent_on(to: str, status: int = 302) -> bytes:
    return ok(b"moved", f"Location: {to}", status=f"{status} Moved")


@dataclass
class Names:
    answers: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def addresses(self, name: str) -> Answer[Address]:
        """One address at a time: the next question gets the next one, the last one stays."""
        self.asked.append(name)
        answers = self.answers.get(name)
        if answers is None:
            return NoSuchName()
        text = answers.pop(0) if len(answers) > 1 else answers[0]
        return Found((ipaddress.ip_address(text),), 60)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    here = Web()
    # On every address of loopback: what is refused would have been there to answer.
    server = await asyncio.start_server(here.serve, "0.0.0.0", 0)
    here.port = server.sockets[0].getsockname()[1]
    yield here
    server.close()
    await server.wait_closed()


@pytest.fixture
def names() -> Names:
    return Names({"x.example": ["127.64.0.1"], "y.example": ["127.64.0.2"]})


@pytest.fixture
async def fetch(web, names) -> AsyncIterator[GuardedFetch]:
    client = GuardedFetch(SANDBOX, {80: web.port}, names)
    yield client
    await client.close()


async def get(fetch: GuardedFetch, url: str, **limits: object) -> Response:
    return await fetch.request("GET", url, user_agent="Test/1", limits=Limits(total_seconds=5, **limits))


async def test_an_answer_comes_with_everything(web, fetch):
    web.answers["/page?q=1"] = ok(b"hello", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Name: caf\u00e9")
    response = await get(fetch, "http://x.example/page?q=1#part")
    assert (response.status, response.body, response.truncated) == (200, b"hello", False)
    assert response.url == "http://x.example/page?q=1"
    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert response.header("x-name") == "caf\ufffd"
    assert response.header("missing") is None
    assert 0 < response.elapsed_seconds < 5
    assert not response.downgraded


async def test_a_request_says_what_the_caller_said_and_no_more(web, fetch):
    web.answers["/hook"] = ok(b"", "Set-Cookie: a=1", status="201 Created")
    for _ in range(2):
        response = await fetch.request(
            "POST", "http://x.example/hook", user_agent="Hook/2", headers={"X-Signature": "s"}, body=b"{}"
        )
        assert response.status == 201
    assert web.seen[1] == Seen(
        "POST",
        "/hook",
        {
            "host": "x.example",
            "user-agent": "Hook/2",
            "x-signature": "s",
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            "content-length": "2",
        },
        b"{}",
    )


async def test_a_proxy_in_the_environment_is_not_used(web, names, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = GuardedFetch(SANDBOX, {80: web.port}, names)
    web.answers["/"] = ok()
    assert (await get(client, "http://x.example/")).status == 200
    await client.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
    ],
)
async def test_literal_private_addresses_are_refused(web, fetch, names, host):
    for url in (f"http://{host}:{web.port}/", f"http://{host}/"):
        with pytest.raises(Forbidden):
            await get(fetch, url)
    assert (web.seen, names.asked) == ([], [])


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "localhost", "no.such"]
)
async def test_odd_literals_and_names_of_this_machine_do_not_resolve(web, dns, host):
    client = GuardedFetch((ipaddress.ip_network("127.0.0.0/8"),), {}, dns)
    with pytest.raises(NoAddress):
        await get(client, f"http://{host}:{web.port}/")
    assert web.seen == []
    await client.close()


async def test_literals_and_names_in_allowed_networks_get_the_mapped_port(web, fetch):
    web.answers["/"] = ok()
    for host in ("127.64.0.1", "[::ffff:127.64.0.1]", "x.example"):
        assert (await get(fetch, f"http://{host}/")).status == 200
    assert [seen.headers["host"] for seen in web.seen] == ["127.64.0.1", "[::ffff:7f40:1]", "x.example"]


@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/secret", "http://inner.example:{port}/secret"])
async def test_a_redirect_into_a_private_network_is_refused(web, fetch, names, to):
    names.answers["inner.example"] = ["127.0.0.1"]
    web.answers |= {"/": sent_on(to.format(port=web.port)), "/secret": ok(b"secret")}
    with pytest.raises(Forbidden):
        await get(fetch, "http://x.example/")
    assert [seen.path for seen in web.seen] == ["/"]


async def test_a_name_that_turns_private_is_refused_at_the_next_connection(web, fetch, names):
    names.answers["rebind.example"] = ["127.64.0.1", "127.0.0.1"]
    web.answers |= {
        "/": ok(
            b"", "Connection: close", f"Location: http://rebind.example:{web.port}/secret", status="302 Found"
        ),
        "/secret": ok(b"secret"),
    }
    with pytest.raises(Forbidden):
        await get(fetch, f"http://rebind.example:{web.port}/")
    assert [seen.path for seen in web.seen] == ["/"]


async def test_the_socket_refuses_even_when_the_resolver_was_led_astray(web, names, monkeypatch):
    async def unchecked(host: str, dns: object, reach: object) -> list[Address]:
        return [ipaddress.ip_address("127.0.0.1")]

    monkeypatch.setattr("fairlead.net.http_client.permitted_addresses", unchecked)
    client = GuardedFetch(SANDBOX, {}, names)
    with pytest.raises(Forbidden):
        await get(client, f"http://x.example:{web.port}/")
    assert web.seen == []
    await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/",
        "file:///etc/passwd",
        "x.example",
        "//x.example/",
        "http://",
        "http:///path",
        "http://user@x.example/",
        "http://user:secret@x.example/",
        "http://@x.example/",
        "http://x.example:99999/",
        "http://x.example:0/",
        "http://x.example/a b",
        "http://x.example/\r\nX: y",
        "http://x.example/" + "a" * 9000,
    ],
)
async def test_what_is_no_address_of_the_web_is_refused(fetch, names, url):
    with pytest.raises(BadUrl):
        await get(fetch, url)
    assert names.asked == []


@pytest.mark.parametrize(
    "to", ["ftp://x.example/", "http://user:secret@x.example/", "file:///etc/passwd", "http://["]
)
async def test_a_redirect_to_what_is_no_address_of_the_web_is_refused(web, fetch, to):
    web.answers["/"] = sent_on(to)
    with pytest.raises(BadUrl):
        await get(fetch, "http://x.example/")


async def test_redirects_are_followed_and_listed(web, fetch):
    web.answers |= {"/a": sent_on("/b?x=1"), "/b?x=1": sent_on("http://y.example/c", 301), "/c": ok(b"end")}
    response = await get(fetch, "http://x.example/a")
    assert (response.body, response.url) == (b"end", "http://y.example/c")
    assert response.redirected_from == ("http://x.example/a", "http://x.example/b?x=1")


async def test_a_redirect_is_an_answer_where_none_is_followed(web, fetch):
    web.answers["/"] = sent_on("/b")
    response = await get(fetch, "http://x.example/", redirects=0)
    assert (response.status, response.header("location"), response.body) == (302, "/b", b"moved")
    assert len(web.seen) == 1


async def test_a_loop_of_redirects_ends_at_the_limit(web, fetch):
    web.answers |= {"/a": sent_on("/b"), "/b": sent_on("/a")}
    with pytest.raises(TooManyRedirects):
        await get(fetch, "http://x.example/a", redirects=3)
    assert len(web.seen) == 4


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (303, "HEAD", "HEAD", b""),
        (302, "PUT", "PUT", b"data"),
        (307, "POST", "POST", b"data"),
        (308, "POST", "POST", b"data"),
    ],
)
async def test_method_and_body_after_a_redirect_follow_the_rfc(web, fetch, status, method, then, body):
    web.answers |= {
        "/a": sent_on("/b", status) if method != "HEAD" else sent_on("/b", status)[:-5],
        "/b": ok(b""),
    }
    await fetch.request(
        method,
        "http://x.example/a",
        user_agent="Test/1",
        headers={"Content-Type": "text/plain"},
        body=b"data" if method != "HEAD" else None,
    )
    assert (web.seen[1].method, web.seen[1].body) == (then, body)
    assert ("content-type" in web.seen[1].headers) == (then == method)


async def test_secrets_for_one_origin_do_not_go_to_another(web, fetch):
    web.answers |= {"/a": sent_on("/b"), "/b": sent_on("http://y.example/c"), "/c": ok()}
    await fetch.request(
        "GET",
        "http://x.example/a",
        user_agent="Test/1",
        headers={"Authorization": "Bearer t", "Cookie": "c=1", "X-Other": "o"},
    )
    assert ["authorization" in seen.headers for seen in web.seen] == [True, True, False]
    assert ["cookie" in seen.headers for seen in web.seen] == [True, True, False]
    assert [seen.headers["x-other"] for seen in web.seen] == ["o", "o", "o"]


async def test_tls_needs_a_believed_authority_and_a_downgrade_is_visible(web, names, authority):
    secure = Web(answers={"/": sent_on("http://x.example/plain"), "/ok": ok(b"secure")})
    server = await asyncio.start_server(
        secure.serve, "127.64.0.1", 0, ssl=authority.server_context("x.example")
    )
    ports = {80: web.port, 443: server.sockets[0].getsockname()[1]}
    web.answers["/plain"] = ok(b"plain")
    names.answers["y.example"] = ["127.64.0.1"]
    believing = GuardedFetch(SANDBOX, ports, names, extra_ca=authority.certificate)
    plain = GuardedFetch(SANDBOX, ports, names)
    assert (await get(believing, "https://x.example/ok")).body == b"secure"
    response = await get(believing, "https://x.example/")
    assert (response.body, response.downgraded) == (b"plain", True)
    for client, host in ((believing, "y.example"), (plain, "x.example")):
        with pytest.raises(ConnectFailed) as failed:
            await get(client, f"https://{host}/ok")
        assert failed.value.reason is Reason.TLS
    await believing.close()
    await plain.close()
    server.close()
    await server.wait_closed()


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzipped(b"text" * 100)),
        ("x-gzip", gzipped(b"text" * 100)),
        ("GZIP, identity", gzipped(b"text" * 60) + gzipped(b"text" * 40)),
        ("gzip", gzipped(b"text" * 100) + b"trailing zeros\0\0"),
        ("deflate", zlib.compress(b"text" * 100)),
        ("deflate", zlib.compress(b"text" * 100)[2:-4]),
    ],
)
async def test_compressed_bodies_are_decompressed(web, fetch, coding, body):
    web.answers["/"] = ok(body, f"Content-Encoding: {coding}")
    assert (await get(fetch, "http://x.example/")).body == b"text" * 100


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"not gzip at all"),
        ("gzip", gzipped(b"text" * 100)[:-12]),
        ("br", b"whatever"),
        ("gzip, gzip", gzipped(gzipped(b"text"))),
        ("deflate", b"\xff\xff\xff not deflate"),
    ],
)
async def test_bodies_that_cannot_be_decompressed_are_broken_answers(web, fetch, coding, body):
    web.answers["/"] = ok(body, f"Content-Encoding: {coding}")
    with pytest.raises(AnswerBroken):
        await get(fetch, "http://x.example/")


@pytest.mark.parametrize("members", [1, 50])
async def test_a_gzip_bomb_is_stopped_at_the_limit(web, fetch, members):
    bomb = gzipped(bytes(50_000_000 // members)) * members
    web.answers["/"] = ok(bomb, "Content-Encoding: gzip")
    with pytest.raises(TooLarge):
        await get(fetch, "http://x.example/", body_bytes=100_000)
    response = await get(fetch, "http://x.example/", body_bytes=100_000, cut_body=True)
    assert (len(response.body), response.truncated) == (100_000, True)


async def test_a_body_of_exactly_the_limit_is_whole(web, fetch):
    web.answers["/"] = ok(b"x" * 1000)
    assert not (await get(fetch, "http://x.example/", body_bytes=1000, cut_body=True)).truncated
    response = await get(fetch, "http://x.example/", body_bytes=999, cut_body=True)
    assert (len(response.body), response.truncated) == (999, True)
    with pytest.raises(TooLarge):
        await get(fetch, "http://x.example/", body_bytes=999)


def endless(head: bytes, piece: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    return write


def slow(head: bytes, piece: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await asyncio.sleep(0.01)

    return write


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"),
        # A stream that goes on for ever and holds nothing: empty stored blocks of deflate.
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x78\x9c", b"\x00\x00\x00\xff\xff" * 2000),
    ],
)
async def test_an_endless_body_is_stopped_at_the_limit(web, fetch, head, piece):
    web.answers["/"] = endless(head, piece)
    with pytest.raises(TooLarge):
        await get(fetch, "http://x.example/", body_bytes=200_000)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Flood: " + b"y" * 100 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 10_000),
        (b"HTTP/1.1 200 ", b"y" * 10_000),
    ],
)
async def test_a_flood_of_headers_is_stopped(web, fetch, head, piece):
    web.answers["/"] = endless(head, piece)
    with pytest.raises(TooLarge):
        await get(fetch, "http://x.example/")


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 O", b"K"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"y"),
    ],
)
async def test_slow_headers_and_slow_bodies_meet_the_deadline(web, fetch, head, piece):
    web.answers["/"] = slow(head, piece)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        await fetch.request("GET", "http://x.example/", user_agent="Test/1", limits=Limits(total_seconds=0.2))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"\x16\x03\x01",
    ],
)
async def test_an_answer_that_breaks_off_or_is_not_http_is_told(web, fetch, answer):
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    web.answers["/"] = write
    with pytest.raises(AnswerBroken):
        await get(fetch, "http://x.example/")


async def test_nobody_listening_is_a_refused_connection(fetch, unused_tcp_port):
    with pytest.raises(ConnectFailed) as failed:
        await get(fetch, f"http://x.example:{unused_tcp_port}/")
    assert failed.value.reason is Reason.REFUSED


async def test_a_lookup_that_hangs_meets_the_time_for_connecting(fetch, names):
    async def for_ever(name: str) -> Answer[Address]:
        await asyncio.Event().wait()
        raise AssertionError

    names.addresses = for_ever
    with pytest.raises(ConnectFailed) as failed:
        await get(fetch, "http://x.example/", connect_seconds=0.1)
    assert failed.value.reason is Reason.TIMEOUT


async def test_no_body_is_read_where_there_is_none(web, fetch):
    web.answers |= {
        "/head": ok(b"")[:-2] + b"Content-Encoding: gzip\r\n\r\n",
        "/none": ok(b"", status="204 None"),
    }
    response = await fetch.request("HEAD", "http://x.example/head", user_agent="Test/1")
    assert (response.status, response.body) == (200, b"")
    assert (await get(fetch, "http://x.example/none")).body == b""
