"""The far ends of the wire, on loopback: a name server that says as told, and an authority for TLS."""

import asyncio
import datetime
import ipaddress
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairlead.net.dns import AioDns

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
WORDS = {number: word for word, number in TYPES.items()}
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5


class StillTimer:
    """Machine time that passes when the test lets it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class NameServer:
    """Answers over UDP and TCP from `put` records; knows how to fail, to stay silent and to truncate."""

    port: int = 0
    records: dict[tuple[str, str], list[tuple[bytes, int]]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    silent: set[tuple[str, str]] = field(default_factory=set)
    too_long_for_udp: set[str] = field(default_factory=set)
    # Whether an alias is followed within one answer, as a recursive server does.
    recursive: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, kind: str, *values: object, ttl: int = 300) -> None:
        self.records[name, kind] = [(_rdata(kind, value), ttl) for value in values]

    def times_asked(self, name: str, kind: str | None = None) -> int:
        return sum(asked == name and kind in (None, word) for asked, word, _ in self.asked)

    def reply(self, query: bytes, transport: str) -> bytes | None:
        name, kind, question = _question(query)
        self.asked.append((name, kind, transport))
        if (name, kind) in self.silent:
            return None
        if transport == "udp" and name in self.too_long_for_udp:
            return query[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0) + question
        code, answers = self.codes.get(name, 0), self._answers(name, kind)
        if not code and not answers and not any(known == name for known, _ in self.records):
            code = NXDOMAIN
        authority = b"" if answers else _record("example", "SOA", _soa(minimum=60), 60)
        counts = struct.pack(">HHHHH", 0x8180 | code, 1, len(answers), 1 if authority else 0, 0)
        return query[:2] + counts + question + b"".join(answers) + authority

    def _answers(self, name: str, kind: str) -> list[bytes]:
        answers: list[bytes] = []
        for _ in range(20):
            own = [_record(name, kind, rdata, ttl) for rdata, ttl in self.records.get((name, kind), [])]
            if own or (name, "CNAME") not in self.records:
                return answers + own
            [(target, ttl)] = self.records[name, "CNAME"]
            answers.append(_record(name, "CNAME", target, ttl))
            name = _name_from(target, 0)[0]
            if not self.recursive:
                break
        return answers


def _name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def _name_from(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1


def _question(query: bytes) -> tuple[str, str, bytes]:
    name, end = _name_from(query, 12)
    number = struct.unpack(">H", query[end : end + 2])[0]
    return name, WORDS.get(number, str(number)), query[12 : end + 4]


def _record(name: str, kind: str, rdata: bytes, ttl: int) -> bytes:
    return _name(name) + struct.pack(">HHIH", TYPES[kind], 1, ttl, len(rdata)) + rdata


def _soa(minimum: int) -> bytes:
    return _name("ns.example") + _name("hostmaster.example") + struct.pack(">IIIII", 1, 1, 1, 1, minimum)


def _rdata(kind: str, value: object) -> bytes:
    match kind, value:
        case "A" | "AAAA", str():
            return ipaddress.ip_address(value).packed
        case "CNAME" | "PTR", str():
            return _name(value)
        case "MX", (int() as preference, str() as host):
            return struct.pack(">H", preference) + _name(host)
        case "TXT", bytes():
            chunks = [value[at : at + 255] for at in range(0, len(value), 255)] or [b""]
            return b"".join(bytes([len(chunk)]) + chunk for chunk in chunks)
    raise ValueError(f"no {kind} record is made of {value!r}")


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.reply(data, "udp")
        if reply is not None:
            self._transport.sendto(reply, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def running_name_server() -> AsyncIterator[NameServer]:
    server = NameServer()
    loop = asyncio.get_running_loop()

    async def serve_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
                reply = server.reply(await reader.readexactly(length), "tcp")
                if reply is not None:
                    writer.write(struct.pack(">H", len(reply)) + reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    for _ in range(20):  # the port the system gives for TCP may be taken for UDP
        tcp = await asyncio.start_server(serve_tcp, "127.0.0.1", 0)
        server.port = tcp.sockets[0].getsockname()[1]
        try:
            udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(server), ("127.0.0.1", server.port))
            break
        except OSError:
            tcp.close()
    try:
        yield server
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()


@pytest.fixture
async def name_server() -> AsyncIterator[NameServer]:
    async with running_name_server() as server:
        yield server


@pytest.fixture
def timer() -> StillTimer:
    return StillTimer()


@pytest.fixture
async def dns(name_server: NameServer, timer: StillTimer) -> AsyncIterator[AioDns]:
    resolver = AioDns(name_server.address, timer, try_seconds=0.3, tries=2)
    yield resolver
    await resolver.close()


@dataclass(frozen=True)
class Authority:
    """A certificate authority for one test run, and server contexts it vouches for."""

    certificate: Path
    folder: Path
    _key: ec.EllipticCurvePrivateKey
    _name: x509.Name

    def server_context(self, *hosts: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(hosts[0], self._name, key, self._key, hosts)
        path = self.folder / f"{hosts[0].replace(':', '-')}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(
    subject: str,
    issuer: x509.Name | None,
    key: ec.EllipticCurvePrivateKey,
    signed_by: ec.EllipticCurvePrivateKey,
    hosts: tuple[str, ...],
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if hosts:
        names = [
            x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
            for host in hosts
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signed_by, hashes.SHA256())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("Fairlead test authority", None, key, key, ())
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(path, folder, key, certificate.subject)
