"""A world from a seed. Companies are made when somebody asks for them, the same ones every time."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property

from fairlead.kit.refusals import Invalid, NotFound
from fairlead.sandbox.making import mail, servers
from fairlead.sandbox.making.companies import company
from fairlead.sandbox.making.identities import identity
from fairlead.sandbox.making.own import own_domain, own_mailbox
from fairlead.sandbox.model import Company, MailHost, OwnDomain, OwnMailbox, Person

FEWEST_COMPANIES, MOST_COMPANIES = 1, 100_000
# A company takes about 30 kB: this many are kept, the others are made anew when they are asked for.
KEPT = 5_000


class World:
    """`behaviors` gives the first companies their mail servers: names of `making.mail.BEHAVIORS`, for
    `reject_unknown` also with a wording, as "reject_unknown:exim". The others behave as the seed will have
    it.

    Raises `Invalid` for a number of companies outside 1 to 100,000 and for an unknown behavior.
    """

    def __init__(
        self, *, seed: int, companies: int = 50, own_mailboxes: int = 5, behaviors: Sequence[str] = ()
    ) -> None:
        if not FEWEST_COMPANIES <= companies <= MOST_COMPANIES:
            raise Invalid(
                "no_such_world",
                f"A world has {FEWEST_COMPANIES} to {MOST_COMPANIES} companies.",
                field="companies",
            )
        for behavior in behaviors:
            mail.check_wanted(behavior)
        self.seed = seed
        self.behaviors = tuple(behaviors)
        self._count = companies
        self._own_count = own_mailboxes
        self._made: OrderedDict[int, Company] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Company]:
        return map(self.company, range(self._count))

    def company(self, index: int) -> Company:
        """Raises `NotFound` outside 0 to `len(world)` - 1."""
        found = self._made.get(index)
        if found is None:
            if not 0 <= index < self._count:
                raise NotFound("no_such_company", f"This world has {self._count} companies.")
            wanted = self.behaviors[index] if index < len(self.behaviors) else None
            found = self._made[index] = company(self.seed, index, wanted)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found

    def find_company(self, domain: str) -> Company | None:
        """The company of a domain, one of its related domains, or any host name under them."""
        labels = domain.lower().rstrip(".").split(".")
        if len(labels) < 2:
            return None
        index = self._index.get(labels[-2])
        if index is None:
            return None
        found = self.company(index)
        second_level = ".".join(labels[-2:])
        return found if second_level == found.domain or second_level in found.related_domains else None

    def find_person(self, address: str) -> Person | None:
        found = self.find_company(address.rpartition("@")[2])
        return found.people_by_email.get(address.lower()) if found else None

    def find_mail_host(self, name: str) -> MailHost | None:
        """The mail host of that name, for its address records: a company's, a provider's, or one of the
        user's own.
        """
        name = name.lower().rstrip(".")
        company, own = self.find_company(name), self.find_own_domain(name)
        facts = company.mail if company else own.mail if own else None
        if facts is None:
            return servers.find_provider_host(name)
        return next((host for host in facts.hosts if host.name == name), None)

    def domains(self) -> Iterator[str]:
        """The main domain of each company, without making the companies."""
        return (identity(self.seed, index).domain for index in range(self._count))

    @cached_property
    def own_mailboxes(self) -> tuple[OwnMailbox, ...]:
        return tuple(own_mailbox(self.seed, number) for number in range(self._own_count))

    @cached_property
    def own_domains(self) -> tuple[OwnDomain, ...]:
        domains = dict.fromkeys(mailbox.domain for mailbox in self.own_mailboxes)
        return tuple(own_domain(number) for number in range(len(domains)))

    def find_own_domain(self, domain: str) -> OwnDomain | None:
        """The own domain itself or the one a host name lies under."""
        second_level = ".".join(domain.lower().rstrip(".").split(".")[-2:])
        return self._own_domains_by_name.get(second_level)

    def find_own_mailbox(self, address: str) -> OwnMailbox | None:
        return self._own_by_email.get(address.lower())

    def mail_server_addresses(self) -> frozenset[str]:
        """Where mail servers have to listen; `servers.server_at` tells how each behaves.

        Of a large world all addresses any company might use, so that no company has to be made for it.
        """
        own = {
            address for domain in self.own_domains for host in domain.mail.hosts for address in host.addresses
        }
        large = self._count > KEPT
        # A wish may go beyond what occurs by itself, so those companies are looked at in any case.
        looked_at = range(min(len(self.behaviors), self._count) if large else self._count)
        hosts = (host for index in looked_at for host in self.company(index).mail.hosts)
        used = {address for host in hosts for address in host.addresses if servers.server_at(address)}
        return frozenset(own | used).union(mail.all_server_addresses() if large else ())

    def web_server_addresses(self) -> frozenset[str]:
        """Where the web server has to listen."""
        if self._count > KEPT:
            return frozenset([servers.WEB_ADDRESS, *servers.IMPLICIT_MX_ADDRESSES.values()])
        return frozenset([servers.WEB_ADDRESS, *(company.site.address for company in self if company.site)])

    @cached_property
    def _index(self) -> dict[str, int]:
        """Place by the label before the top-level domain, which no two companies share."""
        return {identity(self.seed, index).label: index for index in range(self._count)}

    @cached_property
    def _own_domains_by_name(self) -> dict[str, OwnDomain]:
        return {domain.domain: domain for domain in self.own_domains}

    @cached_property
    def _own_by_email(self) -> dict[str, OwnMailbox]:
        return {mailbox.email: mailbox for mailbox in self.own_mailboxes}
