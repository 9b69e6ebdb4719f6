import asyncio
import errno
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from fairlead.kit.refusals import CannotStart
from fairlead.net import attempts
from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import Answer, Found, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.net.errors import ConnectFailed, Forbidden, Missing, NoAddress, Reason
from fairlead.net.guard import Address
from fairlead.net.kinds import Kind
from fairlead.net.tls import tls_context
from fairlead.settings import Settings

SANDBOX = (ipaddress.ip_network("127.64.0.0/10"),)
PUBLIC_4, PUBLIC_6 = "8.8.4.4", "2606:4700::1"


@dataclass
class Names:
    """Name servers whose answers the test writes down, in the order in which they are given."""

    answers: dict[str, list[Answer[Address]]] = field(default_factory=dict)
    asked: int = 0

    def put(self, name: str, *addresses: str) -> None:
        found = Found(tuple(ipaddress.ip_address(text) for text in addresses), 60)
        self.answers.setdefault(name, []).append(found)

    async def addresses(self, name: str) -> Answer[Address]:
        self.asked += 1
        answers = self.answers.get(name, [NoSuchName()])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Tries:
    """Stands in the place of the operating system's connect: writes down, and fails as it is told."""

    tried: list[tuple[str, int]] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    async def __call__(self, sock: socket.socket, address: tuple[str, int]) -> None:
        self.tried.append(address)
        raise OSError(self.errors.get(address[0], errno.ECONNREFUSED), "as told")


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def tries() -> Tries:
    return Tries()


@dataclass
class Greeter:
    port: int
    # Of each connection, the address it came from.
    peers: list[str] = field(default_factory=list)


@pytest.fixture
async def greeter() -> AsyncIterator[Greeter]:
    here = Greeter(0)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.peers.append(writer.get_extra_info("peername")[0])
        writer.write(b"220 hello\r\n")
        writer.close()

    # On every address of loopback: what is refused would have been there to answer.
    server = await asyncio.start_server(greet, "0.0.0.0", 0)
    here.port = server.sockets[0].getsockname()[1]
    yield here
    server.close()
    await server.wait_closed()


async def greeting(dialer: GuardedDialer, host: str, port: int, **how: object) -> bytes:
    reader, writer = await dialer.connect(host, port, tls=None, timeout_seconds=5, **how)
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_an_allowed_network_is_reached_at_the_mapped_port(names, greeter):
    names.put("mx.x.example", "127.64.0.9")
    dialer = GuardedDialer(SANDBOX, {25: greeter.port}, names)
    assert await greeting(dialer, "mx.x.example", 25) == b"220 hello\r\n"
    assert await greeting(dialer, "127.64.0.9", 25) == b"220 hello\r\n"
    assert await greeting(dialer, "::ffff:127.64.0.9", 25) == b"220 hello\r\n"
    assert await greeting(dialer, "127.64.0.9", greeter.port) == b"220 hello\r\n"


async def test_the_port_map_is_not_applied_twice(names, greeter):
    dialer = GuardedDialer(SANDBOX, {25: greeter.port, greeter.port: 1}, names)
    assert await greeting(dialer, "127.64.0.9", 25) == b"220 hello\r\n"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.63.255.255",
        "127.128.0.0",
        "0.0.0.0",
        "::ffff:127.0.0.1",
        "::1",
        "10.0.0.1",
        "169.254.169.254",
    ],
)
async def test_an_allowed_network_opens_nothing_beside_it(names, greeter, host):
    dialer = GuardedDialer(SANDBOX, {25: greeter.port}, names)
    names.put("x.example", host)
    for spelled in (host, "x.example"):
        with pytest.raises(Forbidden) as refused:
            await greeting(dialer, spelled, greeter.port)
        assert str(greeter.port) not in str(refused.value)
    with pytest.raises(Forbidden):
        await dialer.connect_address(ipaddress.ip_address(host), greeter.port, tls=None, timeout_seconds=5)
    assert greeter.peers == []


async def test_a_refusal_says_the_same_whether_something_listens_or_not(names, greeter, unused_tcp_port):
    dialer = GuardedDialer((), {}, names)
    sentences = set()
    for port in (greeter.port, unused_tcp_port):
        with pytest.raises(Forbidden) as refused:
            await greeting(dialer, "127.0.0.1", port)
        sentences.add(str(refused.value))
    assert len(sentences) == 1


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f.1", "0x7f000001", "[::1]", "127.0.0.1."]
)
async def test_names_of_this_machine_and_odd_literals_do_not_resolve(dns, name_server, greeter, host):
    dialer = GuardedDialer((ipaddress.ip_network("127.0.0.0/8"),), {}, dns)
    with pytest.raises(NoAddress) as missing:
        await greeting(dialer, host, greeter.port)
    assert missing.value.reason is Missing.NO_SUCH_NAME
    assert (greeter.peers, name_server.asked) == ([], [])


async def test_a_name_that_changes_its_address_after_the_check_changes_nothing(names, tries):
    names.put("rebind.example", PUBLIC_4)
    names.put("rebind.example", "127.0.0.1")
    dialer = GuardedDialer((), {}, names, sock_connect=tries)
    with pytest.raises(ConnectFailed):
        await greeting(dialer, "rebind.example", 25)
    assert (tries.tried, names.asked) == ([(PUBLIC_4, 25)], 1)
    with pytest.raises(Forbidden):
        await greeting(dialer, "rebind.example", 25)
    assert tries.tried == [(PUBLIC_4, 25)]


async def test_a_socket_that_ends_up_elsewhere_is_closed_again(names, greeter):
    async def lead_astray(sock: socket.socket, address: tuple[str, int]) -> None:
        sock.setblocking(True)
        socket.socket.connect(sock, ("127.0.0.1", greeter.port))

    names.put("x.example", PUBLIC_4)
    dialer = GuardedDialer((), {}, names, sock_connect=lead_astray)
    with pytest.raises(Forbidden) as refused:
        await greeting(dialer, "x.example", 25)
    assert refused.value.kind is Kind.LOOPBACK


async def test_the_socket_itself_refuses_what_got_past_every_other_check(names, monkeypatch, greeter):
    async def unchecked(host: object, dns: object, reach: object) -> list[Address]:
        return [ipaddress.ip_address("127.0.0.1")]

    monkeypatch.setattr("fairlead.net.dialer.permitted_addresses", unchecked)
    with pytest.raises(Forbidden):
        await greeting(GuardedDialer((), {}, names), "x.example", greeter.port)
    assert greeter.peers == []


async def test_of_a_mixed_answer_only_the_permitted_addresses_are_tried(names, tries):
    names.put("x.example", "10.0.0.1", PUBLIC_4, "::1", PUBLIC_6)
    with pytest.raises(ConnectFailed):
        await greeting(GuardedDialer((), {25: 2525}, names, sock_connect=tries), "x.example", 25)
    assert tries.tried == [(PUBLIC_4, 25), (PUBLIC_6, 25)]


async def test_families_take_turns_and_attempts_are_few(names, tries):
    names.put("x.example", *(f"2606:4700::{n}" for n in range(1, 9)), *(f"8.8.8.{n}" for n in range(1, 9)))
    with pytest.raises(ConnectFailed):
        await greeting(GuardedDialer((), {}, names, sock_connect=tries), "x.example", 25)
    assert [host for host, _ in tries.tried] == [
        "2606:4700::1", "8.8.8.1", "2606:4700::2", "8.8.8.2", "2606:4700::3", "8.8.8.3"
    ]  # fmt: skip


async def test_a_silent_address_gives_way_to_the_next(names, greeter):
    names.put("x.example", "127.64.0.1", "127.64.0.2")
    called_off = []

    async def first_is_silent(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == "127.64.0.1":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                called_off.append(address[0])
                raise
        await asyncio.get_running_loop().sock_connect(sock, address)

    dialer = GuardedDialer(SANDBOX, {}, names, sock_connect=first_is_silent)
    assert await greeting(dialer, "x.example", greeter.port) == b"220 hello\r\n"
    assert called_off == ["127.64.0.1"]


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ({}, Reason.REFUSED),
        ({PUBLIC_6: errno.ENETUNREACH}, Reason.REFUSED),
        ({PUBLIC_6: errno.ENETUNREACH, PUBLIC_4: errno.ETIMEDOUT}, Reason.TIMEOUT),
        ({PUBLIC_6: errno.ENETUNREACH, PUBLIC_4: errno.EHOSTUNREACH}, Reason.UNREACHABLE),
        ({PUBLIC_6: errno.ECONNRESET, PUBLIC_4: errno.EHOSTUNREACH}, Reason.RESET),
    ],
)
async def test_the_most_telling_reason_is_told(names, tries, errors, reason):
    names.put("x.example", PUBLIC_6, PUBLIC_4)
    tries.errors = errors
    with pytest.raises(ConnectFailed) as failed:
        await greeting(GuardedDialer((), {}, names, sock_connect=tries), "x.example", 25)
    assert failed.value.reason is reason


async def test_running_out_of_files_is_a_fault_and_no_word_about_the_host(names, tries):
    tries.errors = {PUBLIC_4: errno.EMFILE}
    with pytest.raises(OSError, match="as told"):
        await greeting(GuardedDialer((), {}, names, sock_connect=tries), PUBLIC_4, 25)


@pytest.mark.parametrize(
    ("answer", "reason", "temporary"),
    [
        (NoSuchName(), Missing.NO_SUCH_NAME, False),
        (NoData(), Missing.NO_DATA, False),
        (ServerFailed("servfail"), Missing.SERVER_FAILED, True),
        (TimedOut(), Missing.TIMED_OUT, True),
    ],
)
async def test_a_name_without_address_says_why(names, answer, reason, temporary):
    names.answers["x.example"] = [answer]
    with pytest.raises(NoAddress) as missing:
        await greeting(GuardedDialer((), {}, names), "x.example", 25)
    assert (missing.value.reason, missing.value.temporary) == (reason, temporary)


async def test_the_time_limit_holds_for_lookup_connection_and_handshake(names, greeter, authority):
    async def for_ever(*_: object) -> None:
        await asyncio.Event().wait()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(say_nothing, "127.64.0.3", 0)
    port = mute.sockets[0].getsockname()[1]
    slow_names = Names()
    slow_names.addresses = for_ever  # type: ignore[method-assign]
    started = time.monotonic()
    for dialer, host, tls in (
        (GuardedDialer((), {}, slow_names), "x.example", None),
        (GuardedDialer((), {}, names, sock_connect=for_ever), PUBLIC_4, None),
        (GuardedDialer(SANDBOX, {}, names), "127.64.0.3", ssl.create_default_context()),
    ):
        with pytest.raises(ConnectFailed) as failed:
            await dialer.connect(host, port, tls=tls, timeout_seconds=0.1)
        assert failed.value.reason is Reason.TIMEOUT
    assert time.monotonic() - started < 3
    mute.close()
    await mute.wait_closed()


async def test_the_source_address_can_be_chosen(names, greeter):
    names.put("x.example", PUBLIC_6, "127.64.0.9")
    dialer = GuardedDialer(SANDBOX, {}, names)
    assert await greeting(dialer, "x.example", greeter.port, local_addr="127.65.4.3") == b"220 hello\r\n"
    assert greeter.peers == ["127.65.4.3"]
    for source in ("8.8.8.8", "::1"):
        with pytest.raises(ConnectFailed) as failed:
            await greeting(dialer, "127.64.0.9", greeter.port, local_addr=source)
        assert failed.value.reason is Reason.LOCAL


async def test_a_certificate_has_to_come_from_a_believed_authority_and_carry_the_name(names, authority):
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK\r\n")
        writer.close()

    server = await asyncio.start_server(
        greet, "127.64.0.5", 0, ssl=authority.server_context("imap.x.example")
    )
    port = server.sockets[0].getsockname()[1]
    for host in ("imap.x.example", "other.x.example"):
        names.put(host, "127.64.0.5")
    believing = GuardedDialer(SANDBOX, {993: port}, names, extra_ca=authority.certificate)
    plain = GuardedDialer(SANDBOX, {993: port}, names)

    for dialer, host in (
        (believing, "other.x.example"),
        (plain, "imap.x.example"),
        (believing, "127.64.0.5"),
    ):
        with pytest.raises(ConnectFailed) as failed:
            await dialer.connect(host, 993, tls=dialer.default_tls, timeout_seconds=5)
        assert failed.value.reason is Reason.TLS
    for host in ("IMAP.x.example.", "imap.x.example"):
        names.put(host, "127.64.0.5")
        reader, writer = await believing.connect(host, 993, tls=believing.default_tls, timeout_seconds=5)
        assert await reader.readline() == b"* OK\r\n"
        writer.close()
    reader, writer = await believing.connect_address(
        ipaddress.ip_address("127.64.0.5"),
        993,
        tls=tls_context(Settings(extra_ca=authority.certificate)),
        server_hostname="imap.x.example",
        timeout_seconds=5,
    )
    assert await reader.readline() == b"* OK\r\n"
    writer.close()
    server.close()
    await server.wait_closed()


async def test_plain_text_where_tls_is_expected_is_a_tls_failure(names, greeter):
    dialer = GuardedDialer(SANDBOX, {}, names)
    with pytest.raises(ConnectFailed) as failed:
        await dialer.connect("127.64.0.9", greeter.port, tls=dialer.default_tls, timeout_seconds=5)
    assert failed.value.reason is Reason.TLS


async def test_a_protocol_of_the_callers_own_gets_the_transport(names, greeter):
    class Lines(asyncio.Protocol):
        def __init__(self) -> None:
            self.received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def data_received(self, data: bytes) -> None:
            self.received.set_result(data)

    dialer = GuardedDialer(SANDBOX, {25: greeter.port}, names)
    transport, protocol = await dialer.open_transport(Lines, "127.64.0.9", 25, tls=None, timeout_seconds=5)
    assert await protocol.received == b"220 hello\r\n"
    transport.close()


async def test_a_file_that_holds_no_certificates_stops_the_start(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(CannotStart, match="FAIRLEAD_EXTRA_CA"):
            tls_context(Settings(extra_ca=path))


async def test_every_loser_of_the_race_is_closed(names, monkeypatch, greeter):
    monkeypatch.setattr(attempts, "NEXT_ATTEMPT_SECONDS", 0)
    opened = []

    async def together(sock: socket.socket, address: tuple[str, int]) -> None:
        opened.append(sock)
        await asyncio.get_running_loop().sock_connect(sock, address)
        while len(opened) < 3:
            await asyncio.sleep(0)

    names.put("x.example", "127.64.0.1", "127.64.0.2", "127.64.0.3")
    dialer = GuardedDialer(SANDBOX, {}, names, sock_connect=together)
    assert await greeting(dialer, "x.example", greeter.port) == b"220 hello\r\n"
    deadline = time.monotonic() + 3
    while any(sock.fileno() != -1 for sock in opened) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert [sock.fileno() for sock in opened] == [-1, -1, -1]
