"""The sandbox as a whole: every server of a world on loopback, the mail between them, and the people who answer."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from typing import Final

from fairlead.kit.clock import Timer
from fairlead.kit.refusals import CannotStart, NotFound
from fairlead.sandbox.authority import Authority
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.delivery import Parcel, Post, Relay
from fairlead.sandbox.dkim import Signer
from fairlead.sandbox.dns import DnsServer
from fairlead.sandbox.filing import Filing, HostDirectory, Recipients, token_of
from fairlead.sandbox.imap.server import Encryption, ImapServer
from fairlead.sandbox.imap.session import Policy
from fairlead.sandbox.loopback import SERVERS
from fairlead.sandbox.mailboxes import Keeping, Mailboxes
from fairlead.sandbox.making import servers
from fairlead.sandbox.making.listing import Listeners
from fairlead.sandbox.making.world import World
from fairlead.sandbox.mishaps import NONE, Copying, Mishaps
from fairlead.sandbox.model import OwnDomain, Provider
from fairlead.sandbox.notices import Vendor, feedback_report
from fairlead.sandbox.outside import Browser
from fairlead.sandbox.people.people import Page, People
from fairlead.sandbox.places import (
    IMAP,
    NAME_SERVER_ADDRESS,
    SUBMISSION,
    own_address,
    server_name,
    within_sandbox,
)
from fairlead.sandbox.records import Records
from fairlead.sandbox.sites.site import Sites
from fairlead.sandbox.smtp.behavior import Behavior, behavior_named
from fairlead.sandbox.smtp.model import Envelope, Login, received_header
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.server import SmtpServer
from fairlead.sandbox.smtp.steps import MailHost
from fairlead.sandbox.smtp.submission import PROVIDERS, Submission, Usage
from fairlead.sandbox.vouching import author
from fairlead.sandbox.web import WebServer
from fairlead.sandbox.zones import WorldZones

STANDARD_PORTS: Final = (25, 465, 587, 143, 993, 80, 443)
DNS_PORT: Final = 53
# Standard port 25 is at 20025; where another sandbox runs, at 21025, and so on. All lie below the ports the kernel
# gives to clients.
FIRST_BLOCK: Final = 20_000
BLOCK_SIZE: Final = 1_000
BLOCKS: Final = 12
MESSAGES_PER_FOLDER: Final = 5_000
POLL_SECONDS: Final = 0.2

SUBMISSION_OF: Final = {Provider.GOOGLE: "google", Provider.MICROSOFT: "microsoft"}
VENDORS: Final = {Provider.GOOGLE: Vendor.GMAIL, Provider.MICROSOFT: Vendor.EXCHANGE}


class Internet:
    """Made, then started. `clock` is the business time of everything in it, `timer` machine time."""

    def __init__(self, world: World, clock: MovableClock, timer: Timer, *, keeping: Keeping | None = None) -> None:
        self.world = world
        self.clock = clock
        self.timer = timer
        self.records = Records()
        self.recipients = Recipients(world)
        self.zones = WorldZones(world)
        self.authority = Authority()
        keeping = keeping or Keeping(per_folder=MESSAGES_PER_FOLDER)
        self.mailboxes = Mailboxes(self.recipients.account, keeping=keeping)
        self.people = People(
            self.recipients.owner, self.mailboxes, self, clock, seed=world.seed, on_spam=self._complained
        )
        self.sites = Sites(world)
        self.mishaps: dict[str, Mishaps] = {}  # by own domain
        self.copying = Copying(self.mailboxes, random.Random(f"{world.seed}|copies"))  # noqa: S311
        self.block = 0
        self._turn = asyncio.Lock()
        self._make_servers()

    def _make_servers(self) -> None:
        """Servers that do not listen yet: a try that found a port taken begins anew with others."""
        clock, timer = self.clock, self.timer
        tls = self.authority.server_context("mail.sandbox.example", self.zones.exists)
        self.dns = DnsServer(self.zones, clock, timer)
        self.smtp = SmtpServer(clock, timer, random.Random(f"{self.world.seed}|mishaps"), tls)  # noqa: S311
        self.imap = ImapServer(self.mailboxes, clock, tls)
        self.web = WebServer(self.sites.find_site, clock=clock, timer=timer)
        self.browser = Browser(self.zones, self.port_map, self.authority.client_context)
        self.post = Post(self.zones, clock, seed=self.world.seed, port=self.port_map[25])
        self.filing = Filing(self.recipients, self.mailboxes, self.people, self.records, self.zones)
        self._tls = tls

    # Where things are.

    @property
    def port_map(self) -> dict[int, int]:
        first = FIRST_BLOCK + BLOCK_SIZE * self.block
        return {port: first + port for port in STANDARD_PORTS}

    @property
    def name_server(self) -> str:
        return f"{NAME_SERVER_ADDRESS}:{FIRST_BLOCK + BLOCK_SIZE * self.block + DNS_PORT}"

    @property
    def listeners(self) -> Listeners:
        """Where the user's own servers really listen, by host name and standard port."""
        found: dict[tuple[str, int], tuple[str, int]] = {}
        for number, own in enumerate(self.world.own_domains):
            for label, part, ports in (("smtp", SUBMISSION, (25, 465, 587)), ("imap", IMAP, (143, 993))):
                for port in ports:
                    found[f"{label}.{own.domain}", port] = (own_address(number, part), self.port_map[port])
        return found

    def settings(self, ca_file: str) -> dict[str, str]:
        """What a server needs to live in this internet, as environment variables."""
        return {
            "FAIRLEAD_NAMESERVER": self.name_server,
            "FAIRLEAD_ALLOWED_NETWORKS": str(SERVERS),
            "FAIRLEAD_PORT_MAP": ",".join(f"{port}={real}" for port, real in self.port_map.items()),
            "FAIRLEAD_EXTRA_CA": ca_file,
        }

    # Starting and ending.

    async def start(self) -> None:
        """Listens on the first block of ports that is free. Raises `CannotStart`."""
        for block in range(BLOCKS):
            self.block = block
            self._make_servers()
            try:
                await self._listen()
                return
            except CannotStart as error:
                await self.close()
                why = error
        raise CannotStart(f"No block of ports from {FIRST_BLOCK} on is free for the sandbox. The last try: {why}")

    async def _listen(self) -> None:
        # The name server comes first: who has its port has the block.
        await self.dns.start(NAME_SERVER_ADDRESS, int(self.name_server.rpartition(":")[2]))
        await self._listen_as_receivers()
        for number, own in enumerate(self.world.own_domains):
            await self._listen_for_own(number, own)
        for address in sorted(self.world.web_server_addresses()):
            await self.web.listen(address, self.port_map[80])
            await self.web.listen(address, self.port_map[443], self._tls)

    async def _listen_as_receivers(self) -> None:
        policies: dict[tuple[Provider, str, str], Receiving] = {}
        for address in sorted(self.world.mail_server_addresses()):
            kind, name = servers.server_at(address), server_name(self.world, address)
            assert kind is not None
            assert name is not None
            behavior = behavior_named(kind[1], kind[2])
            # Servers of a kind are one system: greylisting knows who has called at its neighbor.
            policy = policies.get(kind)
            if policy is None:
                policy = policies[kind] = Receiving(behavior, HostDirectory(self.world, self.recipients, kind))
            await self.smtp.listen(address, self.port_map[25], MailHost(name, behavior, policy, self.filing.deliver))

    async def _listen_for_own(self, number: int, own: OwnDomain) -> None:
        owners = [mailbox for mailbox in self.world.own_mailboxes if mailbox.domain == own.domain]
        provider = owners[0].provider if owners else Provider.OTHER
        rules = PROVIDERS[SUBMISSION_OF.get(provider, "plain")]
        policy = Submission(rules, _Accounts(self.world), Usage())
        address = own_address(number, SUBMISSION)
        host = MailHost(f"smtp.{own.domain}", rules.behavior, policy, self._submitted)
        for port in (25, 465, 587):
            await self.smtp.listen(address, self.port_map[port], host, implicit_tls=port == 465)
        imap_policy = Policy(f"imap.{own.domain}", gmail=provider is Provider.GOOGLE)
        for port, encryption in ((143, Encryption.STARTTLS), (993, Encryption.SSL)):
            await self.imap.listen(
                own_address(number, IMAP), self.port_map[port], encryption=encryption, policy=imap_policy
            )

    def go_wrong(self, domain: str, mishaps: Mishaps) -> None:
        """What happens from now on in sessions with the submission server of an own domain. Raises `NotFound`."""
        number = next((n for n, own in enumerate(self.world.own_domains) if own.domain == domain), None)
        if number is None:
            raise NotFound("unknown_domain", f"There is no domain {domain!r} of your own here.")
        self.mishaps[domain] = mishaps
        address = own_address(number, SUBMISSION)
        for port in (25, 465, 587):
            host = self.smtp.hosts[address, self.port_map[port]]
            usual = self._usual_behavior(domain)
            self.smtp.put(address, self.port_map[port], replace(host, behavior=mishaps.behavior(usual)))

    def _usual_behavior(self, domain: str) -> Behavior:
        owner = next((mailbox for mailbox in self.world.own_mailboxes if mailbox.domain == domain), None)
        return PROVIDERS[SUBMISSION_OF.get(owner.provider, "plain") if owner else "plain"].behavior

    async def close(self) -> None:
        await self.post.close()
        await self.smtp.close()
        await self.imap.close()
        await self.web.close()
        await self.dns.close()

    # Time.

    def next_due(self) -> datetime | None:
        due = (self.people.next_due(), self.post.next_due(), self.copying.next_due())
        moments = [moment for moment in due if moment is not None]
        return min(moments, default=None)

    def idle(self, now: datetime) -> bool:
        """Whether nothing is under way and nothing due by `now` is left."""
        due = self.next_due()
        return not self.post.under_way and not self._turn.locked() and (due is None or due > now)

    async def run_due(self, now: datetime) -> None:
        """Does all that is due by `now`, and what follows from it. Returns when no mail is under way."""
        async with self._turn:
            while True:
                await self.post.settled()
                done = self.post.run_due(now) + self.copying.run_due(now)
                done += await self._let_people_act(now)
                if not done and not self.post.under_way:
                    return

    async def run(self) -> None:
        """Follows the clock until canceled."""
        while True:
            changed = self.clock.changed
            await self.run_due(self.clock.now())
            due = self.next_due()
            wait = self.clock.machine_seconds_until(due) if due is not None else None
            # New work may be due before what was due next, so nobody sleeps for long.
            try:
                async with asyncio.timeout(min(POLL_SECONDS, POLL_SECONDS if wait is None else wait)):
                    await changed.wait()
            except TimeoutError:
                continue

    async def _let_people_act(self, now: datetime) -> int:
        try:
            return await self.people.run_due(now)
        except Exception as fault:
            # One act that cannot be done must not keep everybody else from acting; it is off the list by now.
            asyncio.get_running_loop().call_exception_handler(
                {"message": "somebody in the sandbox could not act", "exception": fault}
            )
            return 1

    # Mail.

    def _submitted(self, envelope: Envelope) -> None:
        """Takes over from a submission server: the copy in Sent, the signature, and the way out."""
        self.records.count_send(envelope)
        self.records.note_submission(envelope)
        self.copying.copy(envelope, self.mishaps.get(envelope.host.partition(".")[2], NONE))
        data = envelope.data
        own = self.world.find_own_domain(author(data).rpartition("@")[2])
        if own is not None and own.mail.dkim:
            data = Signer(own.domain, own.mail.dkim[0][0], own.dkim_seed).signed(data)
        data = received_header(envelope) + data
        relay = self._own_relay(envelope)
        self.post.send(Parcel(relay, envelope.mail_from, envelope.rcpt_to, data, envelope.received_at))

    def _own_relay(self, envelope: Envelope) -> Relay:
        mailbox = self.world.find_own_mailbox(envelope.user or "")
        vendor = VENDORS.get(mailbox.provider) if mailbox is not None else None
        return Relay(envelope.host, self._submission_address(envelope.host.partition(".")[2]), vendor)

    def _submission_address(self, domain: str) -> str:
        domains = [own.domain for own in self.world.own_domains]
        return own_address(domains.index(domain) if domain in domains else 0, SUBMISSION)

    async def send_mail(self, envelope_from: str, to: str, raw: bytes) -> None:
        """Mail of a person, from the mail server of their company."""
        relay = self._relay_of(envelope_from or author(raw))
        if relay is not None:
            self.post.send(Parcel(relay, envelope_from, (to,), raw, self.clock.now()))

    async def fetch_url(self, method: str, url: str, user_agent: str, body: bytes | None) -> Page:
        return await self.browser.fetch(method, url, user_agent, body)

    def _relay_of(self, address: str) -> Relay | None:
        company = self.world.find_company(address.rpartition("@")[2])
        if company is None:
            return None
        for host in company.mail.hosts:
            for at in host.addresses:
                if within_sandbox(at):
                    return Relay(host.name, at, VENDORS.get(company.provider))
        return None

    def _complained(self, address: str, raw: bytes) -> None:
        """Passes a complaint on to the sender, where the provider has a feedback loop; Google has none."""
        company = self.world.find_company(address.rpartition("@")[2])
        mail_from, relay = _return_path(raw), self._relay_of(address)
        if company is None or company.provider is Provider.GOOGLE or relay is None or not mail_from:
            return
        report = feedback_report(
            raw,
            recipient=address,
            mail_from=mail_from,
            report_to=mail_from,
            reporter=relay.host,
            source_ip=self._submission_address(mail_from.rpartition("@")[2].lower()),
            now=self.clock.now(),
            seed=self.world.seed,
        )
        self.post.send(Parcel(relay, "", (mail_from,), report, self.clock.now()))

    def bounce_later(self, address: str, raw: bytes, reply: str) -> None:
        """A notice of the recipient's own system, which had accepted the message before it looked closer."""
        mail_from, relay = _return_path(raw), self._relay_of(address)
        if relay is not None and mail_from:
            self.post.refuse_late(relay, mail_from, address, raw, reply)


def _return_path(raw: bytes) -> str:
    """The envelope sender, which filing has put into the first line."""
    return raw.partition(b"\r\n")[0].decode("utf-8", "replace").partition("<")[2].rstrip(">")


class _Accounts:
    """The users of the submission servers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def password_login(self, user: str, password: str) -> Login:
        mailbox = self._world.find_own_mailbox(user)
        return Login.WELCOME if mailbox is not None and password == mailbox.password else Login.WRONG

    def token_login(self, user: str, token: str) -> Login:
        mailbox = self._world.find_own_mailbox(user)
        return Login.WELCOME if mailbox is not None and token == token_of(self._world, mailbox) else Login.WRONG

    def may_send_as(self, user: str, address: str) -> bool:
        return user.lower() == address.lower()
