"""Endpoints 49, 50 and 58 (also A8): recipients of a campaign, and what was sent to them. Contract 12 and 13."""

from functools import lru_cache
from typing import Any, Final

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.actions import Wish
from fairlead.campaigns.enrollments.model import EnrollmentState
from fairlead.http.request import Answer
from fairlead.http.snov.dialect import Ask, date_object, message, routing, validation
from fairlead.http.snov.refusals import NOT_FOUND
from fairlead.kit.public_ids import PublicIds
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.kit.text import address_key
from fairlead.senders import actions as senders
from fairlead.senders.model import SentMail

MOST_EMAILS: Final = 100
LONGEST_EMAIL: Final = 100
PER_PAGE: Final = 10_000
LARGEST_ID: Final = 2**63 - 1

# Contract 12.1; the code of endpoint 49, and the word of the application.
CODES: Final = {
    EnrollmentState.TO_CHECK: "tocheck",
    EnrollmentState.ACTIVE: "active",
    EnrollmentState.PARKED: "active",
    EnrollmentState.PAUSED: "paused",
    EnrollmentState.OVER_LIMIT: "over_limit",
    EnrollmentState.FINISHED: "finished",
    EnrollmentState.UNSUBSCRIBED: "unsubscribe",
    EnrollmentState.BOUNCED: "bounced",
    EnrollmentState.MOVED: "moved",
    EnrollmentState.EXCLUDED: "finished",
    EnrollmentState.FAILED: "finished",
}
WORDS: Final = {
    EnrollmentState.TO_CHECK: "Active",
    EnrollmentState.ACTIVE: "Active",
    EnrollmentState.PARKED: "Active",
    EnrollmentState.PAUSED: "Paused",
    EnrollmentState.OVER_LIMIT: "Over limit",
    EnrollmentState.FINISHED: "Finished",
    EnrollmentState.UNSUBSCRIBED: "Unsubscribed",
    EnrollmentState.BOUNCED: "Bounced",
    EnrollmentState.MOVED: "Moved",
    EnrollmentState.EXCLUDED: "Finished",
    EnrollmentState.FAILED: "Finished",
}
# Contract 50: older clients name more states, which all mean that the recipient is done with.
WISHES: Final = {
    "active": Wish.ACTIVE,
    "paused": Wish.PAUSED,
    "unsubscribed": Wish.UNSUBSCRIBED,
    "finished": Wish.FINISHED,
    "auto-replied": Wish.FINISHED,
    "replied": Wish.FINISHED,
    "replied from another email": Wish.FINISHED,
}


async def campaign_recipients(ask: Ask) -> dict[str, Any] | Answer:
    campaign_id = _id_in_path(ask)
    if campaign_id is None:
        return routing(404, NOT_FOUND)
    emails = ask.params.texts("emails")
    if not 1 <= len(emails) <= MOST_EMAILS:
        return validation("emails", f"emails has 1 to {MOST_EMAILS} addresses.")
    if any(len(email) > LONGEST_EMAIL for email in emails):
        return validation("emails", f"An address in emails has at most {LONGEST_EMAIL} characters.")
    if len(set(emails)) < len(emails):
        return validation("emails", "The addresses in emails have to differ.")
    keys = {email: _key(email) for email in emails}
    try:
        found = await enrollments.recipients(
            ask.conn, ask.workspace_id, campaign_id, {key for key in keys.values() if key is not None}
        )
    except NotFound:
        return routing(404, NOT_FOUND)
    rows = []
    for email, key in keys.items():
        recipient = None if key is None else found.get(key)
        status = None if recipient is None else CODES[recipient.state]
        rows.append({"email": email, "exist": recipient is not None, "status": status})
    return {"data": rows}


async def change_recipient_status(ask: Ask) -> dict[str, Any] | Answer:
    email = ask.params.required_text("email")
    campaign_id = ask.params.required_integer("campaign_id")
    wish = WISHES.get(" ".join(ask.params.required_text("status").casefold().split()))
    if wish is None:
        raise Invalid("bad_status", "status is one of Active, Paused, Unsubscribed.", field="status")
    key = _key(email)
    try:
        if key is None:
            raise NotFound("recipient_not_found", "Recipient not found", field="email")
        async with ask.conn.transaction():
            await enrollments.change_status(
                ask.conn, ask.workspace_id, campaign_id, key, wish, now=ask.world.clock.now()
            )
    except (NotFound, Conflict) as refusal:
        return {"success": False, "message": refusal.sentence, "errors": refusal.sentence}
    return {"success": True}


async def emails_sent(ask: Ask) -> list[dict[str, Any]] | Answer:
    try:
        return await _sent(ask, ask.params.required_integer("campaignId"))
    except NotFound as refusal:
        return message(400, refusal.sentence)


async def campaign_emails_sent(ask: Ask) -> dict[str, Any] | Answer:
    campaign_id = _id_in_path(ask)
    try:
        return routing(404, NOT_FOUND) if campaign_id is None else {"data": await _sent(ask, campaign_id)}
    except NotFound:
        return routing(404, NOT_FOUND)


async def _sent(ask: Ask, campaign_id: int) -> list[dict[str, Any]]:
    offset = ask.params.integer("offset", least=0, most=LARGEST_ID) or 0
    title = await enrollments.campaign_title(ask.conn, ask.workspace_id, campaign_id)
    mails = await senders.sent_mails(ask.conn, ask.workspace_id, campaign_id, limit=PER_PAGE, offset=offset)
    return [_row(ask, title, mail) for mail in mails]


def _row(ask: Ask, title: str, mail: SentMail) -> dict[str, Any]:
    return {
        "sentDate": date_object(mail.at),
        "userName": mail.to_name,
        "userEmail": mail.to_address,
        "campaign": title,
        "hash": _ids(ask.world.installation, "hash of a sent mail").digits(ask.workspace_id, mail.id),
        "id": _ids(ask.world.installation, "sent mail").digits(ask.workspace_id, mail.id),
    }


@lru_cache(maxsize=16)
def _ids(installation: str, kind: str) -> PublicIds:
    return PublicIds(installation, kind)


def _id_in_path(ask: Ask) -> int | None:
    text = ask.path["id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _key(email: str) -> str | None:
    try:
        return address_key(email)
    except ValueError:
        return None
