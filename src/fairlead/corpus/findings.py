"""What is found: addresses, people and a company on one page, or in one row, card or letter.

Plain values without behavior. Everything that fills the lead database, from a crawled page to an imported row,
says what it found in these words; `corpus.actions.record` takes them in. Text is one line, without control
characters; domains are A-labels in lower case; addresses are in the form of `kit.text.address_key`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Method(StrEnum):
    """How a fact was seen."""

    MAILTO = "mailto"  # the target of a mailto: link
    TEXT = "text"  # in the text of a page or letter, as one reads it
    ENTITY = "entity"  # in text or a link that was written with entities or percent signs to hide it
    CFEMAIL = "cfemail"  # encoded by Cloudflare's e-mail protection
    OBFUSCATED = "obfuscated"  # "ann at example dot org", text written backwards, split or padded
    SCRIPT = "script"  # put together by a script of the page
    JSON_LD = "json_ld"  # schema.org in JSON-LD
    MICRODATA = "microdata"  # schema.org in microdata or RDFa
    HCARD = "hcard"  # class names of hCard or h-card
    VCARD = "vcard"  # a vCard file
    CARD = "card"  # a card of a team page: a name, a position, links
    IMAGE_NAME = "image_name"  # the name of an image that shows the address
    META = "meta"  # the head of a page: title, meta elements, feeds
    IMPORT = "import"  # a row of a file that was imported
    SIGNATURE = "signature"  # the end of a letter
    REPLY = "reply"  # somebody answered from there
    BOUNCE = "bounce"  # a message to there came back
    PROSPECT = "prospect"  # a prospect of the workspace
    VERIFIED = "verified"  # a mail server confirmed it


@dataclass(frozen=True, slots=True)
class AddressFinding:
    address: str
    method: Method
    # Index into `PageFindings.people` of the one it belongs to.
    person: int | None = None
    # Whether the page is of the same registrable domain as the address, or of a domain the page calls its own.
    on_own_domain: bool = False
    # First 8 bytes of SHA-256 over what stands around it, as hex: tells whether two sightings are copies of one text.
    snippet_hash: str = ""


@dataclass(frozen=True, slots=True)
class PersonFinding:
    # As written, without titles such as "Dr." in front.
    name: str
    first_name: str
    last_name: str
    method: Method
    position: str | None = None
    # Also among `PageFindings.addresses`, with this person's index.
    address: str | None = None
    # Profiles on social networks: absolute URLs.
    social: tuple[str, ...] = ()
    # E.164.
    phone: str | None = None
    # Of the company worked for where it is not the page's own; a past one where `former`.
    company: str | None = None
    company_domain: str | None = None
    former: bool = False


@dataclass(frozen=True, slots=True)
class CompanyFinding:
    # Registrable.
    domain: str
    method: Method
    name: str | None = None
    city: str | None = None
    # ISO 3166-1 alpha-2, upper case.
    country: str | None = None
    # A year.
    founded: int | None = None
    # E.164.
    phone: str | None = None
    industry: str | None = None
    # Employees, as "51-200", "10001+" or the number the source says.
    size: str | None = None
    # Absolute URL of the home page.
    site: str | None = None
    # Profiles on social networks: absolute URLs.
    social: tuple[str, ...] = ()
    # Registrable domains the page calls its own.
    related_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageFindings:
    # Absolute URL of the page, or whatever names the row or letter within its source.
    uri: str
    # When the page was as it is here: the time of the capture, not of the reading.
    captured_at: datetime
    # Registrable domain of the page; empty for what is no page.
    domain: str
    addresses: tuple[AddressFinding, ...] = ()
    people: tuple[PersonFinding, ...] = ()
    company: CompanyFinding | None = None
    # SHA-256 of the content as hex: the same content seen again is the same evidence.
    digest: str = ""

    @property
    def empty(self) -> bool:
        return not (self.addresses or self.people or self.company)
