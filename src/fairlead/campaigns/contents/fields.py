"""The names contents know a recipient and a sender by, and their values."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fairlead.prospects.model import CustomField, Prospect
from fairlead.senders.model import Mailbox

_FOR_PROSPECTS: Final[Mapping[str, Callable[[Prospect], str | None]]] = {
    "first_name": lambda p: p.first_name,
    "last_name": lambda p: p.last_name,
    "full_name": lambda p: p.name,
    "email": lambda p: p.email,
    "company_name": lambda p: p.company_name,
    "company_site": lambda p: p.company_site,
    "position": lambda p: p.position,
    "industry": lambda p: p.industry,
    "country": lambda p: p.country,
    "locality": lambda p: p.locality,
    "phone": lambda p: p.phones[0] if p.phones else None,
    "linkedin": lambda p: p.social.get("linkedIn"),
}
_FOR_SENDERS: Final[Mapping[str, Callable[[Mailbox], str]]] = {
    "sender_name": lambda m: m.sender_name,
    "sender_first_name": lambda m: m.sender_name.partition(" ")[0],
    "sender_last_name": lambda m: m.sender_name.partition(" ")[2],
    "sender_email": lambda m: m.address,
}
# Other spellings that are about: those of endpoint 62, and of mail merges.
_ALIASES: Final = {
    "firstName": "first_name",
    "lastName": "last_name",
    "fullName": "full_name",
    "name": "full_name",
    "company": "company_name",
    "companyName": "company_name",
    "companySite": "company_site",
    "website": "company_site",
    "job_title": "position",
    "location": "locality",
    "city": "locality",
}
OF_LETTER: Final = frozenset({"unsubscribe_link", "signature", "now", "today"})
"""Names that stand for something of the mail itself."""
_SIMPLE: Final = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Names:
    """What contents of a workspace may name; its custom fields by label and by the label as one word."""

    custom: Mapping[str, str]
    """Name -> key of the field in a prospect."""

    @classmethod
    def of(cls, fields: Iterable[CustomField]) -> "Names":
        custom: dict[str, str] = {}
        for field in fields:
            custom.setdefault(" ".join(field.label.split()), str(field.id))
            custom.setdefault(_SIMPLE.sub("_", field.label.strip().lower()).strip("_"), str(field.id))
        return cls({name: key for name, key in custom.items() if name and name not in _BUILT_IN})

    def know(self, name: str) -> bool:
        return name in _BUILT_IN or name in OF_LETTER or name in self.custom

    def values(self, prospect: Prospect, mailbox: Mailbox | None = None) -> dict[str, str]:
        """By name; what is empty is not there."""
        found = {name: read(prospect) for name, read in _FOR_PROSPECTS.items()}
        if mailbox is not None:
            found |= {name: read(mailbox) for name, read in _FOR_SENDERS.items()}
        found |= {alias: found.get(name) for alias, name in _ALIASES.items()}
        found |= {name: prospect.custom.get(key) for name, key in self.custom.items()}
        return {name: value for name, value in found.items() if value is not None and value.strip()}


_BUILT_IN: Final = frozenset({*_FOR_PROSPECTS, *_FOR_SENDERS, *_ALIASES})
