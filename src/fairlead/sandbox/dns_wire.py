"""Messages of the domain name system as bytes: a strict, bounded reader of queries and a writer of answers.

Sources: RFC 1035 (sections 3 and 4), RFC 2181 (section 9 on truncation), RFC 6891 (EDNS0), RFC 2782 (SRV),
RFC 3596 (AAAA).
"""

import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, OPT, ANY = 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 255
TYPE_NAMES: Final = {
    A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", PTR: "PTR", MX: "MX", TXT: "TXT", AAAA: "AAAA",
    SRV: "SRV", ANY: "ANY",
}  # fmt: skip
IN: Final = 1

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
RCODE_NAMES: Final = {
    NOERROR: "NOERROR", FORMERR: "FORMERR", SERVFAIL: "SERVFAIL", NXDOMAIN: "NXDOMAIN", NOTIMP: "NOTIMP",
    REFUSED: "REFUSED", BADVERS: "BADVERS",
}  # fmt: skip

RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION_DESIRED = 0x8000, 0x0400, 0x0200, 0x0100
HEADER_BYTES: Final = 12
LONGEST_LABEL: Final = 63
LONGEST_NAME: Final = 255
LONGEST_STRING: Final = 255
PLAIN_UDP_BYTES: Final = 512  # RFC 1035, section 4.2.1
# What goes through every network unfragmented: https://www.dnsflagday.net/2020/
OUR_UDP_BYTES: Final = 1232
LONGEST_MESSAGE: Final = 65535
# A query carries an OPT record and perhaps a signature; more is an attack on the reader.
MOST_ADDITIONAL: Final = 4
REACH_OF_POINTER: Final = 0x4000
DEFAULT_TTL: Final = 300

_HEADER = struct.Struct("!HHHHHH")
_QUESTION_TAIL = struct.Struct("!HH")
_RECORD_TAIL = struct.Struct("!HHIH")
_U16 = struct.Struct("!H")
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789-_*/+"


class Malformed(Exception):
    """The bytes are no query that can be understood: to be answered FORMERR."""


class Unanswerable(Exception):
    """The bytes are too short for a header, or no query at all: no answer goes back, so that none can loop."""


# Record data. Host names are A-labels without the final dot; "" is the root.


@dataclass(frozen=True)
class Address:
    """A or AAAA, as the text of the address says."""

    address: str


@dataclass(frozen=True)
class Target:
    """What NS, CNAME and PTR point to."""

    host: str


@dataclass(frozen=True)
class Exchange:
    preference: int
    host: str  # "" with preference 0 says that the domain takes no mail (RFC 7505)


@dataclass(frozen=True)
class Texts:
    strings: tuple[bytes, ...]  # up to 255 bytes each


@dataclass(frozen=True)
class Start:
    primary: str
    mailbox: str
    serial: int
    refresh_seconds: int = 7200
    retry_seconds: int = 900
    expire_seconds: int = 1209600
    minimum_seconds: int = 300


@dataclass(frozen=True)
class Service:
    priority: int
    weight: int
    port: int
    host: str


RecordData: TypeAlias = Address | Target | Exchange | Texts | Start | Service


@dataclass(frozen=True)
class Record:
    name: str
    type: int
    data: RecordData
    ttl_seconds: int = DEFAULT_TTL


def address(name: str, text: str) -> Record:
    return Record(name, AAAA if ":" in text else A, Address(text))


def mx(name: str, preference: int, host: str) -> Record:
    return Record(name, MX, Exchange(preference, host))


def null_mx(name: str) -> Record:
    """The domain takes no mail (RFC 7505)."""
    return mx(name, 0, "")


def txt(name: str, *texts: str | bytes) -> Record:
    """One record; a text longer than a string may be is split into several (RFC 7208, section 3.3)."""
    whole = [text.encode() if isinstance(text, str) else text for text in texts]
    pieces = [
        text[start : start + LONGEST_STRING] for text in whole for start in range(0, len(text) or 1, LONGEST_STRING)
    ]
    return Record(name, TXT, Texts(tuple(pieces)))


def cname(name: str, host: str) -> Record:
    return Record(name, CNAME, Target(host))


def ns(name: str, host: str) -> Record:
    return Record(name, NS, Target(host))


def ptr(text: str, host: str) -> Record:
    """The name of an address, at its place under in-addr.arpa or ip6.arpa."""
    return Record(ipaddress.ip_address(text).reverse_pointer, PTR, Target(host))


def srv(name: str, priority: int, weight: int, port: int, host: str) -> Record:
    return Record(name, SRV, Service(priority, weight, port, host))


def soa(zone: str, primary: str, serial: int = 1) -> Record:
    return Record(zone, SOA, Start(primary, f"hostmaster.{zone}".rstrip("."), serial))


@dataclass(frozen=True)
class Edns:
    udp_bytes: int
    version: int


@dataclass(frozen=True)
class Query:
    opcode: int
    recursion_desired: bool
    name: str  # lower case, without the final dot; bytes unusual in host names are written \DDD
    type: int
    klass: int
    question: bytes  # as it came, to be given back letter by letter
    edns: Edns | None


def read_query(data: bytes) -> Query:
    """Raises `Malformed` or `Unanswerable`."""
    if len(data) < HEADER_BYTES:
        raise Unanswerable
    _, flags, questions, answers, authorities, additional = _HEADER.unpack_from(data)
    if flags & RESPONSE:
        raise Unanswerable
    if questions != 1 or answers or authorities or additional > MOST_ADDITIONAL:
        raise Malformed
    name, at = _read_name(data, HEADER_BYTES)
    if at + _QUESTION_TAIL.size > len(data):
        raise Malformed
    type, klass = _QUESTION_TAIL.unpack_from(data, at)
    at += _QUESTION_TAIL.size
    question = bytes(data[HEADER_BYTES:at])
    edns = None
    for _ in range(additional):
        owner, at = _read_name(data, at)
        if at + _RECORD_TAIL.size > len(data):
            raise Malformed
        kind, size, extended, length = _RECORD_TAIL.unpack_from(data, at)
        at += _RECORD_TAIL.size + length
        if at > len(data):
            raise Malformed
        if kind == OPT:
            if edns is not None or owner:
                raise Malformed
            edns = Edns(size, extended >> 16 & 0xFF)
    if at != len(data):
        raise Malformed
    return Query(flags >> 11 & 0xF, bool(flags & RECURSION_DESIRED), name, type, klass, question, edns)


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    """The name at `at` and the place after it. A query has nothing a pointer could save, so none is followed."""
    labels: list[str] = []
    begin = at
    while True:
        if at >= len(data):
            raise Malformed
        length = data[at]
        at += 1
        if length == 0:
            return ".".join(labels), at
        if length > LONGEST_LABEL or at + length > len(data) or at + length - begin >= LONGEST_NAME:
            raise Malformed
        label = data[at : at + length].lower()
        labels.append(_escaped(label) if label.translate(None, _PLAIN) else label.decode("ascii"))
        at += length


def _escaped(label: bytes) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03d}" for byte in label)


@dataclass(frozen=True)
class Response:
    rcode: int
    authoritative: bool = False
    answers: Sequence[Record] = ()
    authorities: Sequence[Record] = ()
    additional: Sequence[Record] = ()


def write_response(query: Query, response: Response, *, most_bytes: int, truncate: bool = False) -> bytes:
    """The answer to `query` with the id 0, no longer than `most_bytes`.

    The additional section is left out where it does not fit; where that is not enough, or with `truncate`, the
    message is empty and has the TC bit (RFC 2181, section 9).
    """
    if not truncate:
        for additional in (response.additional, ()) if response.additional else ((),):
            message = _message(query, response, response.answers, response.authorities, additional, flags=0)
            if len(message) <= most_bytes:
                return message
    return _message(query, response, (), (), (), flags=TRUNCATED)


def write_bare_response(data: bytes, rcode: int) -> bytes:
    """A header alone with the id 0, for a query whose question cannot be given back."""
    flags = _U16.unpack_from(data, 2)[0]
    return _HEADER.pack(0, RESPONSE | flags & 0x7900 | rcode, 0, 0, 0, 0)


def _message(
    query: Query,
    response: Response,
    answers: Sequence[Record],
    authorities: Sequence[Record],
    additional: Sequence[Record],
    *,
    flags: int,
) -> bytes:
    flags |= RESPONSE | query.opcode << 11 | response.rcode & 0xF
    flags |= AUTHORITATIVE * response.authoritative | RECURSION_DESIRED * query.recursion_desired
    extra = len(additional) + (query.edns is not None)
    writer = _Writer(_HEADER.pack(0, flags, 1, len(answers), len(authorities), extra), query)
    for section in (answers, authorities, additional):
        for record in section:
            writer.record(record)
    if query.edns is not None:
        writer.opt(response.rcode)
    return bytes(writer.out)


class _Writer:
    """Bytes so far, and where in them each name stands (RFC 1035, section 4.1.4)."""

    def __init__(self, header: bytes, query: Query) -> None:
        self.out = bytearray(header + query.question)
        self._places: dict[str, int] = {}
        at, name = HEADER_BYTES, query.name
        while name:
            self._places[name] = at
            at += query.question[at - HEADER_BYTES] + 1
            name = name.partition(".")[2]

    def record(self, record: Record) -> None:
        self._name(record.name)
        self.out += _RECORD_TAIL.pack(record.type, IN, record.ttl_seconds, 0)
        start = len(self.out)
        self._data(record.data)
        _U16.pack_into(self.out, start - 2, len(self.out) - start)

    def opt(self, rcode: int) -> None:
        self.out += b"\0" + _RECORD_TAIL.pack(OPT, OUR_UDP_BYTES, rcode >> 4 << 24, 0)

    def _data(self, data: RecordData) -> None:
        match data:
            case Address(text):
                # 0.1 µs where `ipaddress` takes 1.9, and most answers have addresses.
                self.out += socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
            case Target(host):
                self._name(host)
            case Exchange(preference, host):
                self.out += _U16.pack(preference)
                self._name(host)
            case Texts(strings):
                for string in strings:
                    self.out.append(len(string))
                    self.out += string
            case Start():
                self._name(data.primary)
                self._name(data.mailbox)
                times = (data.refresh_seconds, data.retry_seconds, data.expire_seconds, data.minimum_seconds)
                self.out += struct.pack("!5I", data.serial, *times)
            case Service():
                self.out += struct.pack("!3H", data.priority, data.weight, data.port)
                self._name(data.host, compress=False)  # RFC 2782: the target is never compressed

    def _name(self, name: str, *, compress: bool = True) -> None:
        while name:
            place = self._places.get(name)
            if compress and place is not None:
                self.out += _U16.pack(0xC000 | place)
                return
            if place is None and len(self.out) < REACH_OF_POINTER:
                self._places[name] = len(self.out)
            label, _, name = name.partition(".")
            encoded = label.encode("ascii")
            if not 0 < len(encoded) <= LONGEST_LABEL:
                raise ValueError(f"a label of {len(encoded)} bytes in a record")
            self.out.append(len(encoded))
            self.out += encoded
        self.out.append(0)
