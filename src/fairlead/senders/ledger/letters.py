"""A letter as it lies in the ledger: JSON, with the contents of its files kept apart and once for each content."""

import hashlib
from collections.abc import Mapping

import msgspec

from fairlead.senders.model import Attachment, Letter


class _File(msgspec.Struct, omit_defaults=True):
    name: str
    media_type: str
    digest: str
    content_id: str | None = None


class _Stored(msgspec.Struct, omit_defaults=True):
    subject: str
    text: str
    html: str | None = None
    files: tuple[_File, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    list_unsubscribe: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    signed: bool = True


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Stored)


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def stored(letter: Letter) -> str:
    """The text of a letter. NUL, which the database cannot hold, is left out."""
    files = tuple(
        _File(file.name, file.media_type, digest(file.content).hex(), file.content_id) for file in letter.attachments
    )
    return _ENCODER.encode(
        _Stored(
            letter.subject,
            letter.text,
            letter.html,
            files,
            letter.in_reply_to,
            letter.references,
            letter.list_unsubscribe,
            letter.headers,
            letter.signed,
        )
    ).decode()


def files_of(text: str) -> list[bytes]:
    """The digests of the files a stored letter needs."""
    return [bytes.fromhex(file.digest) for file in _DECODER.decode(text).files] if '"files"' in text else []


def words(text: str) -> str:
    """The plain text of a stored letter."""
    return _DECODER.decode(text).text


def references_of(text: str) -> tuple[str, ...]:
    return _DECODER.decode(text).references


def letter(text: str, files: Mapping[bytes, bytes]) -> Letter:
    """The letter again; `files` has the content of each digest of `files_of`."""
    found = _DECODER.decode(text)
    attachments = tuple(
        Attachment(file.name, file.media_type, files[bytes.fromhex(file.digest)], file.content_id)
        for file in found.files
    )
    return Letter(
        found.subject,
        found.html,
        found.text,
        attachments,
        found.in_reply_to,
        found.references,
        found.list_unsubscribe,
        found.headers,
        found.signed,
    )
