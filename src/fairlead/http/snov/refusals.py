"""How refusals read in this dialect, unless a page answers one in its own words."""

from collections.abc import Mapping

from fairlead.accounts.actions import RateLimited
from fairlead.http.request import Answer
from fairlead.http.snov.dialect import message, routing, validation
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotAllowed, NotFound, Refusal

NOT_FOUND = "Sorry, but url or entity not found"
# Our names of fields, as this dialect spells them.
FIELDS = {
    "company_name": "companyName",
    "company_site": "companySite",
    "create_duplicates": "createDuplicates",
    "custom_fields": "customFields",
    "first_name": "firstName",
    "last_name": "lastName",
    "list_id": "listId",
    "social_links": "socialLinks",
}


def answer(refusal: Refusal) -> Answer:
    match refusal:
        case RateLimited():
            return Answer(429, refusal.sentence, retry_after(refusal))
        case LimitReached():
            refused = message(400, refusal.sentence)
            return Answer(refused.status, refused.body, retry_after(refusal))
        case NotFound():
            return routing(404, NOT_FOUND)
        case NotAllowed():
            return routing(403, refusal.sentence)
        case Invalid() | Conflict():
            return invalid(refusal)
        case _:
            return message(400, refusal.sentence)


def invalid(refusal: Invalid | Conflict, fields: Mapping[str, str] = FIELDS) -> Answer:
    """`fields` tells how a page spells the names of ours."""
    ours = refusal.field or "request"
    theirs = fields.get(ours, ours)
    sentence = refusal.sentence
    return validation(theirs, theirs + sentence.removeprefix(ours) if sentence.startswith(f"{ours} ") else sentence)


def retry_after(refusal: LimitReached) -> tuple[tuple[bytes, bytes], ...]:
    seconds = refusal.retry_after_seconds
    return () if seconds is None else ((b"retry-after", str(seconds).encode()),)
