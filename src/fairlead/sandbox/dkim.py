"""DKIM signatures as providers put them on what their users send, and as receivers check them.

Source: RFC 6376, with the Ed25519 keys of RFC 8463. Signs relaxed/relaxed, checks all four.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fairlead.sandbox.mailboxes import header_section

SIGNED: Final = (
    "from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "mime-version",
    "content-type", "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
MOST_SIGNATURES: Final = 3

_FIELD = re.compile(rb"[^\r\n][^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n")
_B_VALUE = re.compile(rb"(\bb[ \t\r\n]*=)[^;]*")

# The TXT records of a name.
Texts = Callable[[str], list[str]]


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NONE = "none"


@dataclass(frozen=True)
class Checked:
    """`domain` is the one that vouches, `covered` the lower-case names of the fields it vouches for."""

    verdict: Verdict
    domain: str = ""
    covered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signer:
    domain: str
    selector: str
    seed: bytes  # of an Ed25519 key

    def signed(self, data: bytes) -> bytes:
        """`data` with a signature in front. CRLF line ends."""
        fields = _fields(data)
        names = [name for name in SIGNED for field in fields if _name(field) == name]
        body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(_body(data))).digest()).decode()
        tags = f"v=1; a=ed25519-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector}"
        head = f"DKIM-Signature: {tags};\r\n\th={':'.join(names)};\r\n\tbh={body_hash};\r\n\tb="
        digest = _header_hash(fields, names, head.encode() + b"\r\n", relaxed=True)
        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign(digest)
        return head.encode() + base64.b64encode(made) + b"\r\n" + data


def check(data: bytes, texts: Texts) -> Checked:
    """The first signature that holds; a failure where none does."""
    fields = _fields(data)
    signatures = [field for field in fields if _name(field) == "dkim-signature"][:MOST_SIGNATURES]
    found = [_check_one(field, fields, data, texts) for field in signatures]
    best = [one for one in found if one.verdict is Verdict.PASS] or found
    return best[0] if best else Checked(Verdict.NONE)


def _check_one(signature: bytes, fields: list[bytes], data: bytes, texts: Texts) -> Checked:
    tags = _tags(signature.partition(b":")[2].decode("latin-1"))
    domain = tags.get("d", "").lower()
    names = [name.strip().lower() for name in tags.get("h", "").split(":")]
    how = tags.get("c", "simple/simple").split("/")
    header_relaxed, body_relaxed = how[0] == "relaxed", how[1:] == ["relaxed"]
    failed = Checked(Verdict.FAIL, domain)
    try:
        made = base64.b64decode("".join(tags["b"].split()))
        body_hash = base64.b64decode("".join(tags["bh"].split()))
        body = _body(data)
        canonical = _relaxed_body(body) if body_relaxed else body.rstrip(b"\r\n") + b"\r\n"
        if "from" not in names or hashlib.sha256(canonical).digest() != body_hash:
            return failed
        blank = _B_VALUE.sub(rb"\1", signature.partition(b":")[2])
        unsigned = signature.partition(b":")[0] + b":" + blank
        unsigned = unsigned if unsigned.endswith(b"\r\n") else unsigned + b"\r\n"
        others = [field for field in fields if field is not signature]
        material = _header_material(others, names, unsigned, relaxed=header_relaxed)
        record = _tags("".join(texts(f"{tags['s']}._domainkey.{domain}")[:1]))
        _verify(tags["a"].lower(), base64.b64decode(record["p"]), made, material)
    except (KeyError, ValueError, binascii.Error, InvalidSignature):
        return failed
    return Checked(Verdict.PASS, domain, tuple(names))


def _verify(algorithm: str, key: bytes, signature: bytes, material: bytes) -> None:
    """Raises `InvalidSignature`, and `ValueError` for an algorithm or key that is none."""
    if algorithm == "ed25519-sha256":
        Ed25519PublicKey.from_public_bytes(key).verify(signature, hashlib.sha256(material).digest())
        return
    public = serialization.load_der_public_key(key)
    if algorithm != "rsa-sha256" or not isinstance(public, RSAPublicKey):
        raise ValueError(algorithm)
    public.verify(signature, material, PKCS1v15(), hashes.SHA256())


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _header_hash(fields: list[bytes], names: Sequence[str], signature: bytes, *, relaxed: bool) -> bytes:
    return hashlib.sha256(_header_material(fields, names, signature, relaxed=relaxed)).digest()


def _header_material(fields: list[bytes], names: Sequence[str], signature: bytes, *, relaxed: bool) -> bytes:
    """Fields named several times are taken from the bottom up (RFC 6376, section 5.4.2)."""
    left: dict[str, list[bytes]] = {}
    for field in fields:
        left.setdefault(_name(field), []).append(field)
    chosen = [held.pop() for name in names if (held := left.get(name))]
    material = b"".join(_relaxed_field(field) if relaxed else field for field in chosen)
    return material + (_relaxed_field(signature) if relaxed else signature).removesuffix(b"\r\n")


def _fields(data: bytes) -> list[bytes]:
    return _FIELD.findall(header_section(data))


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().lower().decode("latin-1")


def _body(data: bytes) -> bytes:
    return data[len(header_section(data)) :]


def _relaxed_field(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    words = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()
    return name.strip().lower() + b":" + words + b"\r\n"


def _relaxed_body(body: bytes) -> bytes:
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)
