"""A letter from a mailbox of the sandbox to somebody in it: what arrives, and how its copy is found again."""

from email import message_from_bytes, policy

import pytest
from letters import NOW
from post import Post

from fairlead.net.imap import ImapSession
from fairlead.net.smtp import Accepted, SmtpSession
from fairlead.senders import actions as senders
from fairlead.senders.composing import REFERENCE_HEADER, compose
from fairlead.senders.model import Attachment, Letter, SentCopies

REFERENCE = "tokentokentokentoken.0123456789abcdef01234567"


async def sent(post: Post, tenant, number: int, letter: Letter, to: str, **settings):
    """The mailbox after the letter went out through it, and the message as it was handed in."""
    made = await post.connected(tenant, number, **settings)
    mailbox = await senders.check(post.world, tenant.workspace_id, made["id"])
    message = compose(
        letter, mailbox, to_address=to, to_name="Zoë O'Brien, PhD", date=NOW, reference=REFERENCE,
        message_id=f"token{number}@{mailbox.address.partition('@')[2]}",
    )  # fmt: skip
    session = await senders.submission(post.world, mailbox)
    assert isinstance(session, SmtpSession), session
    outcome = await session.send(mailbox.address, to, message, bcc=mailbox.bcc)
    await session.close()
    assert isinstance(outcome, Accepted), outcome
    await post.yard.net.run_due(post.yard.net.clock.now())
    return mailbox, message


def arrived(post: Post, to: str):
    delivery = post.yard.net.records.deliveries(to=to, since=None, limit=1)[-1]
    return message_from_bytes(delivery.message.raw, policy=policy.default)


def somebody(post: Post) -> str:
    return next(person.email for company in post.yard.net.world for person in company.people if person.exists)


async def test_what_arrives_is_what_was_written(post: Post):
    tenant, to = await post.tenant(), somebody(post)
    letter = Letter(
        "Grüße – a question about “plans”", '<p>Hi Zoë, <img src="cid:logo@here"></p>', "Hi Zoë,",
        (Attachment("logo.png", "image/png", b"\x89PNG\x00", "logo@here"), Attachment("Angebot ü.pdf", "application/pdf", b"%PDF\xff")),
        list_unsubscribe="https://go.example/u/token",
    )  # fmt: skip
    boss = post.yard.own(7).email
    await sent(post, tenant, 6, letter, to, signature="<p>Ann<br>Here</p>", bcc_email=boss, reply_to="sales@here.example")
    message = arrived(post, to)
    assert message["Subject"] == letter.subject
    assert message["To"].addresses[0].display_name == "Zoë O'Brien, PhD"
    assert message["Reply-To"] == "sales@here.example"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Ann" in message.get_body(["plain"]).get_content()
    assert "<p>Ann<br>Here</p>" in message.get_body(["html"]).get_content()
    (offer,) = message.iter_attachments()
    assert (offer.get_filename(), offer.get_content()) == ("Angebot ü.pdf", b"%PDF\xff")
    # The copy arrived too, and says nothing of itself.
    copy = arrived(post, boss)
    assert copy["To"].addresses[0].addr_spec == to
    assert boss not in copy.as_string().partition("\n\n")[0].replace(f"for <{boss}>", "").replace(f"Delivered-To: {boss}", "")


@pytest.mark.parametrize("number", [0, 3, 6], ids=["google", "microsoft", "another"])
async def test_its_copy_is_found_by_its_reference(post: Post, number: int):
    tenant, to = await post.tenant(), somebody(post)
    mailbox, message = await sent(post, tenant, number, Letter("Hello", None, "Hello"), to)
    session = await senders.reading(post.world, mailbox)
    assert isinstance(session, ImapSession)
    folder = await session.sent_folder()
    if mailbox.sent_copies is SentCopies.APPEND:
        await session.append(folder, message, flags=["\\Seen"])
    await session.select(folder, read_only=True)
    found = await session.search(header=(REFERENCE_HEADER, REFERENCE))
    headers = [fields async for _, fields in session.fetch_headers(found[-1:], [REFERENCE_HEADER, "Message-ID"])]
    await session.close()
    (fields,) = headers
    assert fields[REFERENCE_HEADER.lower()] == REFERENCE
    # Microsoft gives every message an id of its own: only the reference leads to it.
    assert (fields["message-id"] == f"<token{number}@{mailbox.address.partition('@')[2]}>") is (number != 3)


