"""Whether somebody answers for a message: SPF, DKIM and DMARC alignment, as a receiver writes them down.

Sources: RFC 7208 (SPF; macros, `exists`, `ptr` and `redirect` occur in no record of the sandbox), RFC 9989 (DMARC),
RFC 8601 (Authentication-Results).
"""

import ipaddress
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Final

from fairlead.sandbox import dkim
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dkim import Checked, Verdict
from fairlead.sandbox.mailboxes import header_fields
from fairlead.sandbox.smtp.model import Envelope
from fairlead.sandbox.zones import WorldZones

MOST_LOOKUPS: Final = 10  # RFC 7208, section 4.6.4
QUALIFIERS: Final = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


@dataclass(frozen=True)
class Vouched:
    """`aligned`: SPF or DKIM passed for the domain that stands in From."""

    spf: str
    spf_domain: str
    dkim: Checked
    from_domain: str
    aligned: bool

    def header(self, host: str) -> bytes:
        signed = f" header.d={self.dkim.domain}" if self.dkim.domain else ""
        return (
            f"Authentication-Results: {host};\r\n\tspf={self.spf} smtp.mailfrom={self.spf_domain};\r\n"
            f"\tdkim={self.dkim.verdict}{signed};\r\n"
            f"\tdmarc={'pass' if self.aligned else 'fail'} header.from={self.from_domain}\r\n"
        ).encode()


def vouched(envelope: Envelope, zones: WorldZones) -> Vouched:
    domain = envelope.mail_from.rpartition("@")[2].lower() or envelope.helo.lower()
    spf = spf_result(zones, domain, envelope.client_ip)
    signature = dkim.check(envelope.data, lambda name: _texts(zones, name))
    from_domain = author(envelope.data).rpartition("@")[2].lower()
    spf_aligned = spf == "pass" and _organization(domain) == _organization(from_domain)
    signed = signature.verdict is Verdict.PASS and _organization(signature.domain) == _organization(from_domain)
    return Vouched(spf, domain, signature, from_domain, spf_aligned or signed)


def author(raw: bytes) -> str:
    """The address in From; empty where none can be read."""
    values = [value.decode("utf-8", "replace") for name, value in header_fields(raw) if name.lower() == b"from"]
    return next((address for _, address in getaddresses(values) if "@" in address), "")


def spf_result(zones: WorldZones, domain: str, client_ip: str) -> str:
    """none, pass, fail, softfail, neutral or permerror."""
    return _spf(zones, domain, client_ip, [0])


def _spf(zones: WorldZones, domain: str, client_ip: str, lookups: list[int]) -> str:
    record = next((text for text in _texts(zones, domain) if text.split(" ")[0] == "v=spf1"), None)
    if record is None:
        return "none"
    for term in record.split()[1:]:
        qualifier = QUALIFIERS.get(term[0], "pass")
        mechanism, _, value = term.lstrip("+-~?").partition(":")
        lookups[0] += mechanism in ("a", "mx", "include")
        if lookups[0] > MOST_LOOKUPS:
            return "permerror"
        if _matches(zones, mechanism, value or domain, client_ip, lookups):
            return qualifier
    return "neutral"


def _matches(zones: WorldZones, mechanism: str, value: str, client_ip: str, lookups: list[int]) -> bool:
    match mechanism:
        case "all":
            return True
        case "ip4":
            return ipaddress.ip_address(client_ip) in ipaddress.ip_network(value, strict=False)
        case "a":
            return client_ip in (zones.addresses(value) or ())
        case "mx":
            hosts = [r.data.host for r in zones.records(value, wire.MX) if isinstance(r.data, wire.Exchange)]
            return any(client_ip in (zones.addresses(host) or ()) for host in hosts if host)
        case "include":
            return _spf(zones, value, client_ip, lookups) == "pass"
    return False


def _texts(zones: WorldZones, name: str) -> list[str]:
    return [
        b"".join(record.data.strings).decode("utf-8", "replace")
        for record in zones.records(name, wire.TXT)
        if isinstance(record.data, wire.Texts)
    ]


def _organization(domain: str) -> str:
    """Every organization of the sandbox has its domain directly under a top-level one."""
    return ".".join(domain.split(".")[-2:])
