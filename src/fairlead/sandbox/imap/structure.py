"""Messages taken apart without changing a byte: parts by number, ENVELOPE and BODYSTRUCTURE.

Source: RFC 3501, sections 6.4.5 (part numbers) and 7.4.2 (the two structures); RFC 2045 and 2046 for MIME.
"""

import binascii
import quopri
import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import getaddresses

from fairlead.sandbox.imap.wording import listed, nstring, string
from fairlead.sandbox.mailboxes import header_fields, header_section

DEPTH_LIMIT = 10
PARTS_LIMIT = 200
# Address lists beyond this are cut: they are parsed in more than linear time.
ADDRESSES_LIMIT = 20_000
# Python's own codecs that no mail is written in; some are slow on hostile input.
NO_CHARSETS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape")
PARAMETER = re.compile(rb';\s*([^=\s;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
CONTENT_TYPE = re.compile(rb"\s*([^/\s;]+)/([^/\s;]+)")
QUOTED_PAIR = re.compile(rb"\\(.)")
ADDRESS_FIELDS = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")


@dataclass(frozen=True)
class Part:
    """An entity: the message itself, one of its parts, or the message inside a message/rfc822 part."""

    header: bytes
    body: bytes
    type: bytes
    subtype: bytes
    parameters: tuple[tuple[bytes, bytes], ...]
    fields: dict[bytes, bytes]
    children: tuple["Part", ...] = ()
    message: "Part | None" = None

    @property
    def multipart(self) -> bool:
        return bool(self.children)

    def text(self) -> str:
        """The body, its transfer encoding and charset undone."""
        encoding = self.fields.get(b"content-transfer-encoding", b"").strip().lower()
        body = self.body
        if encoding == b"quoted-printable":
            body = quopri.decodestring(body)
        elif encoding == b"base64":
            with suppress(binascii.Error):
                body = binascii.a2b_base64(body)
        return decoded(body, dict(self.parameters).get(b"charset", b"utf-8").decode("ascii", "replace"))

    def numbered(self, path: tuple[int, ...]) -> "Part | None":
        """The part with that number, or None."""
        if not path:
            return self
        first, rest = path[0], path[1:]
        inside = self.message or self
        if inside.multipart:
            return inside.children[first - 1].numbered(rest) if 0 < first <= len(inside.children) else None
        # A message that is not multipart has one part, its body (RFC 3501, 6.4.5).
        return inside if first == 1 and not rest else None


@dataclass
class _Budget:
    parts: int = PARTS_LIMIT


def taken_apart(raw: bytes) -> Part:
    return _part(raw, b"text", b"plain", DEPTH_LIMIT, _Budget())


def _part(raw: bytes, type: bytes, subtype: bytes, depth: int, budget: _Budget) -> Part:
    header = header_section(raw)
    body = raw[len(header) :]
    fields: dict[bytes, bytes] = {}
    for name, value in header_fields(header):
        fields.setdefault(name.lower(), value)
    parameters: tuple[tuple[bytes, bytes], ...] = ()
    found = CONTENT_TYPE.match(fields.get(b"content-type", b""))
    if found:
        type, subtype = found[1].lower(), found[2].lower()
        parameters = read_parameters(fields[b"content-type"])
    children: tuple[Part, ...] = ()
    message = None
    if type == b"multipart" and depth > 0:
        boundary = dict(parameters).get(b"boundary", b"")
        default = (b"message", b"rfc822") if subtype == b"digest" else (b"text", b"plain")
        children = tuple(_part(one, *default, depth - 1, budget) for one in _split(body, boundary, budget))
    elif type == b"message" and subtype == b"rfc822" and depth > 0:
        message = _part(body, b"text", b"plain", depth - 1, budget)
    if type == b"multipart" and not children:
        # Broken or too deep: shown as what it then is, text.
        type, subtype = b"text", b"plain"
    if type == b"message" and subtype == b"rfc822" and message is None:
        type, subtype = b"application", b"octet-stream"
    return Part(header, body, type, subtype, parameters, fields, children, message)


def _split(body: bytes, boundary: bytes, budget: _Budget) -> list[bytes]:
    if not boundary:
        return []
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts: list[bytes] = []
    start = None
    for found in delimiter.finditer(body):
        if start is not None:
            parts.append(body[start : max(start, found.start())])
            budget.parts -= 1
        if found[1] or budget.parts <= 0:
            return parts
        start = body.find(b"\n", found.end()) + 1 or len(body)
    if start is not None:
        parts.append(body[start:])
    return parts


def read_parameters(value: bytes) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (found[1].lower(), QUOTED_PAIR.sub(rb"\1", found[2]) if found[2] is not None else found[3])
        for found in PARAMETER.finditer(value)
    )


def decoded(body: bytes, charset: str) -> str:
    """Text in the charset it claims, else in UTF-8; what does not fit is replaced."""
    with suppress(LookupError, ValueError):
        if charset.strip().lower() not in NO_CHARSETS:
            return body.decode(charset, "replace")
    return body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Section:
    """What stands between the brackets of BODY[...]. `kind` is b"", HEADER, FIELDS, FIELDS.NOT, TEXT or MIME."""

    path: tuple[int, ...] = ()
    kind: bytes = b""
    names: tuple[bytes, ...] = field(default=())


def section_bytes(raw: bytes, section: Section) -> bytes | None:
    """None when there is no such part."""
    if not section.path:
        header = header_section(raw)
        return _of_message(header, raw, section)
    part = taken_apart(raw).numbered(section.path)
    if part is None:
        return None
    if section.kind == b"":
        return part.body
    if section.kind == b"MIME":
        return part.header
    if part.message is None:
        return None
    return _of_message(part.message.header, part.body, section)


def _of_message(header: bytes, raw: bytes, section: Section) -> bytes:
    match section.kind:
        case b"":
            return raw
        case b"TEXT":
            return raw[len(header) :]
        case b"FIELDS":
            return header_subset(header, section.names, listed=True)
        case b"FIELDS.NOT":
            return header_subset(header, section.names, listed=False)
        case _:
            return header


def header_subset(header: bytes, names: tuple[bytes, ...], *, listed: bool) -> bytes:
    """The fields with those names, or all others, as they stand, with the empty line at the end."""
    wanted = {name.lower() for name in names}
    kept: list[bytes] = []
    keeping = False
    for line in header.splitlines(keepends=True):
        if not line.strip(b"\r\n"):
            break
        if line[:1] not in (b" ", b"\t"):
            keeping = (line.partition(b":")[0].strip().lower() in wanted) is listed
        if keeping:
            kept.append(line)
    return b"".join(kept) + b"\r\n"


def envelope(fields: dict[bytes, bytes]) -> bytes:
    addresses = {name: _addresses(fields.get(name)) for name in ADDRESS_FIELDS}
    for name in (b"sender", b"reply-to"):
        if addresses[name] == b"NIL":
            addresses[name] = addresses[b"from"]
    return listed(
        [
            nstring(fields.get(b"date")),
            nstring(fields.get(b"subject")),
            *(addresses[name] for name in ADDRESS_FIELDS),
            nstring(fields.get(b"in-reply-to")),
            nstring(fields.get(b"message-id")),
        ]
    )


def _addresses(value: bytes | None) -> bytes:
    if not value:
        return b"NIL"
    written = []
    for name, address in getaddresses([value[:ADDRESSES_LIMIT].decode("latin-1")]):
        local, _, host = address.rpartition("@")
        if local and host:
            person = nstring(name.encode("latin-1", "replace") or None)
            written.append(listed([person, b"NIL", string(local.encode("latin-1")), string(host.encode("latin-1"))]))
    return b"(" + b"".join(written) + b")" if written else b"NIL"


def body_structure(part: Part, *, extended: bool) -> bytes:
    """BODYSTRUCTURE, or BODY when not `extended`."""
    if part.multipart:
        children = b"".join(body_structure(child, extended=extended) for child in part.children)
        words = [children, string(part.subtype.upper())]
        if extended:
            words += [_parameters(part.parameters), *_extension(part)]
        return listed(words)
    encoding = part.fields.get(b"content-transfer-encoding", b"7bit").strip().upper()
    words = [
        string(part.type.upper()),
        string(part.subtype.upper()),
        _parameters(part.parameters or (((b"charset", b"us-ascii"),) if part.type == b"text" else ())),
        nstring(part.fields.get(b"content-id")),
        nstring(part.fields.get(b"content-description")),
        string(encoding),
        b"%d" % len(part.body),
    ]
    if part.message is not None:
        words += [envelope(part.message.fields), body_structure(part.message, extended=extended)]
    if part.message is not None or part.type == b"text":
        words.append(b"%d" % part.body.count(b"\n"))
    if extended:
        words += [nstring(part.fields.get(b"content-md5")), *_extension(part)]
    return listed(words)


def _parameters(parameters: tuple[tuple[bytes, bytes], ...]) -> bytes:
    if not parameters:
        return b"NIL"
    return listed(word for name, value in parameters for word in (string(name.upper()), string(value)))


def _extension(part: Part) -> list[bytes]:
    """Disposition, language, location."""
    disposition = b"NIL"
    value = part.fields.get(b"content-disposition")
    if value:
        kind = value.partition(b";")[0].strip().upper()
        disposition = listed([string(kind), _parameters(read_parameters(value))])
    return [
        disposition,
        nstring(part.fields.get(b"content-language")),
        nstring(part.fields.get(b"content-location")),
    ]
