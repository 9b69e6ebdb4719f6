"""What is to be asked and what was heard: the addresses of one domain on their way through the sessions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from fairlead.kit.tokens import new_token
from fairlead.verifier.model import Answer, DomainFacts, Finding, Heard, NoRoute, Route, Silence
from fairlead.verifier.replies import ReplyMeaning
from fairlead.verifier.rules import accepts_made_up, verdict

# A domain with more is asked in pieces, so that two sessions can share it and a lost one costs little.
MOST_IN_ONE_WORK = 200
MADE_UP_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
MADE_UP_LENGTH = 14
PUT_OFF = frozenset({ReplyMeaning.GREYLISTED, ReplyMeaning.TRY_LATER})


@dataclass(slots=True, eq=False)
class Domain:
    """What is known of a domain while it is asked about, by all works of it together."""

    name: str
    accepts_anything: bool | None
    made_up: str  # the address nobody has
    mx: str | None = None  # the best host, as facts have it
    of_made_up: Heard | None = None
    # Whether its server takes mail for somebody of it, as far as that was asked for by itself.
    is_served: bool | None = None
    greylists: bool = False
    # Told by a server and not by facts known before.
    learned: bool = False

    @classmethod
    def known_as(cls, name: str, facts: DomainFacts | None, random: Random) -> "Domain":
        facts = facts or DomainFacts()
        local = facts.made_up or "q" + new_token(random, MADE_UP_LENGTH, MADE_UP_LETTERS)
        return cls(name, facts.accepts_anything, f"{local}@{name}", facts.mx)

    @property
    def postmaster(self) -> str:
        """The address every domain that is served has (RFC 5321, 4.5.1)."""
        return f"postmaster@{self.name}"

    def hear_of_made_up(self, heard: Heard) -> None:
        self.of_made_up = heard
        known = accepts_made_up(heard)
        if known is not None:
            self.accepts_anything, self.learned = known, True
        elif isinstance(heard, Answer) and heard.meaning is ReplyMeaning.GREYLISTED:
            self.greylists = self.learned = True


@dataclass(slots=True, eq=False)
class Work:
    """Addresses of one domain that can be asked for in one transaction. `waiting` is taken from its end."""

    domain: Domain
    waiting: list[str]
    utf8: bool = False  # the addresses need SMTPUTF8 (RFC 6531)
    heard: dict[str, Heard] = field(default_factory=dict)
    route: Route | NoRoute | None = None
    # Somebody was accepted or put off: now the made-up address is worth asking for.
    wants_made_up: bool = False
    asked_made_up: bool = False
    asked_postmaster: bool = False
    # A recipient was told apart from others: what is refused after that is no refusal of everybody.
    told_apart: bool = False
    refused_alike: int = 0
    # Sessions that ended without an answer, one after the other.
    failures: int = 0

    def needs_made_up(self) -> bool:
        """Whether the made-up address may still have to be asked for."""
        return self.domain.accepts_anything is None and not self.asked_made_up

    def wants_postmaster(self) -> bool:
        """Whether a refusal that is also said of domains not served would be told apart by asking for postmaster."""
        if self.asked_postmaster or self.domain.is_served is not None or self.domain.postmaster in self.heard:
            return False
        answers = [heard for heard in self.heard.values() if isinstance(heard, Answer)]
        meant = {answer.meaning for answer in answers if not answer.temporary}
        return ReplyMeaning.NO_SUCH_RECIPIENT in meant and ReplyMeaning.ACCEPTED not in meant

    def is_over(self) -> bool:
        """Whether there is nobody left to ask for."""
        return not (self.waiting or (self.needs_made_up() and self.wants_made_up) or self.wants_postmaster())

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names of the domain's MX hosts, as far as they are known, the best first."""
        if isinstance(self.route, Route):
            return self.route.hosts
        return (self.domain.mx,) if self.domain.mx else ()

    def end_with(self, heard: Heard) -> None:
        """All that is still waiting hears this."""
        for address in self.waiting:
            self.heard[address] = heard
        self.waiting.clear()

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """What follows for each address once the work is over."""
        if isinstance(self.route, NoRoute):
            nowhere = verdict(self.route)
            for address in self.waiting:
                yield address, nowhere
            return
        domain = self.domain
        is_served = domain.is_served is True or any(
            isinstance(heard, Answer) and heard.meaning is ReplyMeaning.ACCEPTED for heard in self.heard.values()
        )
        for address, heard in self.heard.items():
            yield (
                address,
                verdict(
                    heard,
                    accepts_anything=domain.accepts_anything,
                    of_made_up=domain.of_made_up,
                    is_served=is_served,
                ),
            )


def works_of(domain: Domain, addresses: Sequence[str]) -> Iterator[Work]:
    """The works that ask for `addresses`, all of `domain`, each local part as it was typed."""
    if domain.accepts_anything:
        # Any name is taken there: an answer would prove nothing, so nobody is asked.
        work = Work(domain, [])
        work.heard = dict.fromkeys(addresses, Silence.NOT_ASKED)
        yield work
        return
    plain = [address for address in addresses if address.isascii()]
    beyond = [address for address in addresses if not address.isascii()] if len(plain) < len(addresses) else []
    for group, utf8 in ((plain, False), (beyond, True)):
        for start in range(0, len(group), MOST_IN_ONE_WORK):
            piece = group[start : start + MOST_IN_ONE_WORK]
            piece.reverse()
            yield Work(domain, piece, utf8)
