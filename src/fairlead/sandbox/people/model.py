"""The words of this room: owners of mailboxes, what they may do with a letter, and what stays of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from fairlead.sandbox.model import Temper


class Client(StrEnum):
    """The program a person reads and writes with; it decides the looks of an answer."""

    GMAIL = "gmail"
    ANDROID = "android"
    YAHOO = "yahoo"
    OUTLOOK = "outlook"
    OUTLOOK_PHONE = "outlook_phone"
    APPLE_MAIL = "apple_mail"
    IPHONE = "iphone"
    THUNDERBIRD = "thunderbird"


PHONES = (Client.ANDROID, Client.OUTLOOK_PHONE, Client.IPHONE)


class Answer(StrEnum):
    """What an answer written by a person says."""

    INTERESTED = "interested"
    QUESTION = "question"
    LATER = "later"
    NOT_INTERESTED = "not_interested"
    UNSUBSCRIBE = "unsubscribe"
    WRONG_PERSON = "wrong_person"


class Automatic(StrEnum):
    OUT_OF_OFFICE = "out_of_office"
    ACKNOWLEDGMENT = "acknowledgment"


class Way(StrEnum):
    """How somebody unsubscribes without writing."""

    ONE_CLICK = "one_click"  # the POST of RFC 8058, as mail programs send it
    LINK = "link"  # opens the page and presses its button
    MAIL = "mail"  # the mailto: of List-Unsubscribe


@dataclass(frozen=True)
class Colleague:
    name: str
    address: str


@dataclass(frozen=True)
class Absence:
    """Away from the first moment to the last; `back` is the day of return in the person's own zone."""

    first: datetime
    last: datetime
    back: date


@dataclass(frozen=True)
class Owner:
    """Whose mailbox it is. `shared` mailboxes (info@, sales@) acknowledge what arrives and answer nothing else."""

    address: str
    first_name: str
    last_name: str
    language: str
    zone: str
    temper: Temper
    client: Client
    company: str = ""
    position: str = ""
    colleague: Colleague | None = None
    shared: bool = False
    # Every link is fetched before the message is shown.
    scanned: bool = False
    # Pictures are fetched by the provider at delivery, read or not.
    prefetched: bool = False
    shows_pictures: bool = True
    absences: tuple[Absence, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Scan:
    """A security scanner asks for every link and picture, by HEAD and by GET."""

    user_agent: str


@dataclass(frozen=True)
class Prefetch:
    """The provider fetches the pictures; nobody has read anything."""

    user_agent: str


@dataclass(frozen=True)
class Read:
    """The message is seen, and its pictures are fetched where they are shown."""

    pictures: bool = True


@dataclass(frozen=True)
class Click:
    """`url` None stands for the first link that is not about unsubscribing."""

    url: str | None = None


@dataclass(frozen=True)
class Reply:
    """`text` None leaves the words to chance. `nth` answers of the kind went before, so that none comes twice."""

    answer: Answer
    text: str | None = None
    nth: int = 0


@dataclass(frozen=True)
class AutoReply:
    kind: Automatic
    back: date | None = None


@dataclass(frozen=True)
class Unsubscribe:
    way: Way


@dataclass(frozen=True)
class MarkSpam:
    pass


@dataclass(frozen=True)
class Delete:
    pass


Act: TypeAlias = Scan | Prefetch | Read | Click | Reply | AutoReply | Unsubscribe | MarkSpam | Delete


@dataclass(frozen=True)
class Timed:
    at: datetime
    act: Act


@dataclass(frozen=True)
class Relation:
    """What one owner and one sender have between them. `closed`: asked to be left alone, which is final."""

    answers: tuple[Answer, ...] = ()
    closed: bool = False
    acknowledged: bool = False
    told_away_until: tuple[date, ...] = ()
    letters: int = 0


@dataclass(frozen=True)
class Plan:
    """What will be done with one letter, in order of time, and what then stands between the two."""

    acts: tuple[Timed, ...] = ()
    relation: Relation = field(default_factory=Relation)
