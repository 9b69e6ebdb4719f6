"""The last step of a message: from the server that accepted it into mailboxes, and before the eyes of their owners."""

from datetime import datetime
from typing import Final

from fairlead.sandbox.mailboxes import Account, Flavor, Mailboxes, Role, header_fields
from fairlead.sandbox.making.chance import source
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, OwnMailbox, Provider
from fairlead.sandbox.people.model import Owner
from fairlead.sandbox.people.owners import owner_of, owner_of_shared
from fairlead.sandbox.people.people import People
from fairlead.sandbox.records import Records, from_outside
from fairlead.sandbox.smtp.model import Envelope, Known, received_header
from fairlead.sandbox.vouching import Vouched, vouched
from fairlead.sandbox.zones import WorldZones

# Where a catch-all domain puts what nobody owns. The name cannot be a person's.
UNCLAIMED: Final = "catch-all.unclaimed"
# Shared addresses every domain of the user's own has.
OWN_SHARED: Final = ("postmaster", "abuse", "dmarc")
ANSWERS_KEPT: Final = 100_000
FLAVORS: Final = {Provider.GOOGLE: Flavor.GMAIL, Provider.MICROSOFT: Flavor.EXCHANGE}


def token_of(world: World, mailbox: OwnMailbox) -> str:
    """The bearer token that XOAUTH2 takes for a mailbox."""
    return f"{source(world.seed, 'token', mailbox.email).getrandbits(128):032x}"


class Recipients:
    """Who has a mailbox: the directory of every receiving server, and the accounts behind it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def account(self, address: str) -> Account | None:
        address = address.lower()
        own = self._world.find_own_mailbox(address)
        if own is not None:
            return Account(own.email, own.password, token_of(self._world, own), FLAVORS.get(own.provider, Flavor.PLAIN))
        local, _, domain = address.rpartition("@")
        if self._world.find_own_domain(domain) is not None:
            return Account(address) if local in OWN_SHARED else None
        company = self._company(domain)
        if company is None or (address not in company.known_addresses and local != UNCLAIMED):
            return None
        return Account(address, flavor=FLAVORS.get(company.provider, Flavor.PLAIN))

    def owner(self, address: str) -> Owner | None:
        """The person or team behind an address; nobody reads the user's own mailboxes."""
        address = address.lower()
        company = self._company(address.rpartition("@")[2])
        if company is None:
            return None
        person = company.people_by_email.get(address)
        if person is not None:
            return owner_of(person, company, seed=self._world.seed) if person.exists else None
        return owner_of_shared(address, company, seed=self._world.seed) if address in company.generic else None

    def claimed_by(self, address: str) -> str:
        """The mailbox a message for `address` ends in, where the server has accepted it."""
        if self.account(address) is not None or self.account(plain(address)) is not None:
            return address
        return f"{UNCLAIMED}@{address.rpartition('@')[2]}"

    def _company(self, domain: str) -> Company | None:
        company = self._world.find_company(domain)
        return company if company is not None and company.domain == domain else None


def plain(address: str) -> str:
    """`ann+anything@x` is Ann's."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


class HostDirectory:
    """What one kind of server knows: the addresses of the domains whose mail it takes."""

    def __init__(self, world: World, recipients: Recipients, kind: tuple[Provider, str, str]) -> None:
        self._world = world
        self._recipients = recipients
        self._kind = kind
        self._known: dict[str, Known] = {}

    def knows(self, address: str) -> Known:
        address = address.lower()
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= ANSWERS_KEPT:
                self._known.clear()
            known = self._known[address] = self._looked_up(address)
        return known

    def _looked_up(self, address: str) -> Known:
        if address == "postmaster":
            return Known.MAILBOX
        domain = address.rpartition("@")[2]
        if not self._hosts(domain):
            return Known.ELSEWHERE
        found = self._recipients.account(address) or self._recipients.account(plain(address))
        return Known.MAILBOX if found else Known.UNKNOWN

    def _hosts(self, domain: str) -> bool:
        own = self._world.find_own_domain(domain)
        if own is not None:
            return own.domain == domain and self._kind == OWN_KIND
        company = self._world.find_company(domain)
        if company is None or company.domain != domain:
            return False
        provider, behavior, wording = self._kind
        return company.provider is provider and any(
            host.behavior == behavior and host.wording == wording for host in company.mail.hosts
        )


OWN_KIND: Final = (Provider.OTHER, "reject_unknown", "postfix")


class Filing:
    """What every receiving server hands its messages to."""

    def __init__(
        self, recipients: Recipients, mailboxes: Mailboxes, people: People, records: Records, zones: WorldZones
    ) -> None:
        self._recipients = recipients
        self._mailboxes = mailboxes
        self._people = people
        self._records = records
        self._zones = zones

    def deliver(self, envelope: Envelope) -> None:
        if from_outside(envelope):
            self._records.count_send(envelope)
        judged = vouched(envelope, self._zones)
        trace = received_header(envelope) + judged.header(envelope.host)
        spam = self._is_spam(envelope, judged)
        for recipient in envelope.rcpt_to:
            self._file(envelope, recipient, trace, spam=spam)

    def _file(self, envelope: Envelope, recipient: str, trace: bytes, *, spam: bool) -> None:
        mailbox = self._mailboxes.find(self._recipients.claimed_by(recipient))
        if mailbox is None:  # the postmaster without a domain, whom nobody reads
            return
        raw = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {recipient}\r\n".encode() + trace + envelope.data
        at: datetime = envelope.received_at
        entry = mailbox.append(raw, at, to=Role.SPAM if spam else Role.INBOX)
        self._records.note_delivery(recipient, envelope, mailbox, entry.message)
        self._people.received(mailbox.address, raw, at=at, in_spam=spam)

    def _is_spam(self, envelope: Envelope, judged: Vouched) -> bool:
        """Nobody answers for the domain in From, and it is neither a notice nor an answer to something sent."""
        return not (judged.aligned or not envelope.mail_from or self._is_answer(envelope.data))

    def _is_answer(self, raw: bytes) -> bool:
        ids = (value.decode("utf-8", "replace") for name, value in header_fields(raw) if name.lower() == b"in-reply-to")
        return any(one.strip() in self._records.sends.per_message_id for one in ids)
