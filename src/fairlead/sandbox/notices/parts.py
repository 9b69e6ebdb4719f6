"""Messages and their parts put together byte by byte, where a library would smooth out what vendors differ in."""

import re
from collections.abc import Sequence
from email.header import Header

from fairlead.sandbox.mailboxes import header_fields, header_section

RETURNED_LIMIT = 50_000
HEX = "0123456789ABCDEF"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def report(
    *, headers: Sequence[tuple[str, str]], boundary: str, parts: Sequence[bytes], report_type: str = "delivery-status"
) -> bytes:
    body = joined(boundary, parts)
    kind = f'multipart/report; report-type={report_type};\r\n\tboundary="{boundary}"'
    return header_lines([*headers, ("MIME-Version", "1.0"), ("Content-Type", kind)]) + b"\r\n" + body


def plain(*, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    kind = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit")]
    return header_lines([*headers, ("MIME-Version", "1.0"), *kind]) + b"\r\n" + body


def header_lines(fields: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8", "replace")


def part(kind: str, text: str, *, description: str | None = None, transfer_encoding: str | None = None) -> bytes:
    return part_of_bytes(kind, text.encode(), description=description, transfer_encoding=transfer_encoding)


def part_of_bytes(
    kind: str, body: bytes, *, description: str | None = None, transfer_encoding: str | None = None
) -> bytes:
    fields = [("Content-Type", kind)]
    if description:
        fields.insert(0, ("Content-Description", description))
    if transfer_encoding:
        fields.append(("Content-Transfer-Encoding", transfer_encoding))
    return header_lines(fields) + b"\r\n" + body


def multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    return f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode() + joined(boundary, parts)


def joined(boundary: str, parts: Sequence[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def header_of(raw: bytes, name: bytes) -> str:
    value = next((value for field, value in header_fields(raw) if field.lower() == name), b"")
    return one_line(value.decode("utf-8", "replace"))


def headers_text(raw: bytes) -> str:
    return crlf(header_section(raw)).decode("utf-8", "replace").rstrip()


def one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()


def crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")


def encoded_name(name: str) -> str:
    name = one_line(name).replace("\\", "").replace('"', "")
    return f'"{name}"' if name.isascii() else encoded(name)
