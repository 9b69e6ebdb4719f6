"""What one language brings to an answer: words for each kind, forms of address, dates, and programs' phrases."""

from dataclasses import dataclass
from datetime import date

from fairlead.sandbox.people.model import Answer


@dataclass(frozen=True)
class Language:
    """Texts may hold {sender}, {colleague}, {colleague_address}, {company}, {back}; `|` starts a new paragraph."""

    code: str
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    answers: dict[Answer, tuple[str, ...]]
    # Where the owner knows no colleague to name.
    wrong_person_unnamed: tuple[str, ...]
    out_of_office: tuple[str, ...]
    acknowledgment: tuple[str, ...]
    away_subject: str
    received_subject: str
    unsubscribe_subject: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    long_date: str
    gmail: str
    apple: str
    thunderbird: str
    outlook_prefix: str
    outlook_fields: tuple[str, str, str, str]
    iphone: str
    outlook_phone: str

    def day(self, day: date) -> str:
        return self.long_date.format(day=day.day, month=self.months[day.month - 1], year=day.year, number=day.month)


def lines(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.strip().splitlines() if line.strip())
