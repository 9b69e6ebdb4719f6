"""What the control port shows, as JSON."""

import email
import email.policy
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

from fairlead.sandbox.imap.search import decoded_words
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.mailboxes import Entry, Folder, Mailbox, Message, Role, header_fields
from fairlead.sandbox.model import Company
from fairlead.sandbox.people.model import Timed
from fairlead.sandbox.records import Delivery
from fairlead.sandbox.smtp.transcript import Transcript

POLICY: Final = email.policy.default
SHOWN_TEXT: Final = 1_000_000
CAPITALS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def message_json(delivery: Delivery) -> dict[str, Any]:
    envelope = delivery.envelope
    text, html = bodies(delivery.message.raw)
    return {
        "id": str(delivery.number),
        "mail_from": envelope.mail_from,
        "rcpt_to": delivery.recipient,
        "helo": envelope.helo,
        "client_ip": envelope.client_ip,
        "headers": headers(delivery.message.raw),
        "text": text,
        "html": html,
        "received_at": moment(envelope.received_at),
        "folder": delivery.folder,
    }


def conversations(delivery: Delivery) -> list[dict[str, Any]]:
    """The sessions in which the message was handed on, the first one first."""
    steps = [delivery.submitted, delivery.envelope]
    return [session_json(envelope.transcript) for envelope in steps if envelope is not None]


def session_json(transcript: Transcript) -> dict[str, Any]:
    return {
        "number": transcript.number,
        "server": transcript.host,
        "address": f"{transcript.address}:{transcript.port}",
        "client_ip": transcript.client_ip,
        "started_at": moment(transcript.started_at),
        "user": transcript.user,
        "tls": transcript.tls,
        "messages": transcript.messages,
        "lines": transcript.lines(),
    }


def headers(raw: bytes) -> list[list[str]]:
    return [[_shown(name), _shown(value)] for name, value in header_fields(raw)]


def bodies(raw: bytes) -> tuple[str | None, str | None]:
    """The plain text and the HTML of a message, whatever shape it is in; None for what it does not have."""
    try:
        message = email.message_from_bytes(raw, policy=POLICY)
        assert isinstance(message, EmailMessage)
        found = [_body(message, kind) for kind in ("plain", "html")]
    except Exception:
        # The library stumbles over some messages that are broken on purpose; they are shown as they came.
        return raw.decode("utf-8", "replace")[:SHOWN_TEXT], None
    return found[0], found[1]


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    content = part.get_content()
    return content[:SHOWN_TEXT] if isinstance(content, str) else None


def overview_json(internet: Internet) -> dict[str, Any]:
    due = internet.next_due()
    return {
        "seed": internet.world.seed,
        "now": moment(internet.clock.now()),
        "speed": internet.clock.speed,
        "companies": len(internet.world),
        "dns": internet.name_server,
        "port_map": internet.port_map,
        "own_mailboxes": [mailbox.email for mailbox in internet.world.own_mailboxes],
        "next_due": moment(due) if due is not None else None,
        "waiting_acts": len(internet.people.waiting()),
        "waiting_mail": internet.post.waiting,
        "mail_under_way": internet.post.under_way,
        "counts": {
            "sends": internet.records.total,
            "mail_sessions": internet.smtp.counts["connections"],
            "messages": internet.smtp.counts["messages"],
            "notices": internet.post.notices,
            "dns_answers": sum(internet.dns.counts.values()),
            "web_pages": internet.web.pages,
            "imap_fetched": internet.imap.counters.fetched,
            "refused_urls": len(internet.browser.refused),
        },
    }


def company_json(company: Company) -> dict[str, Any]:
    return {
        "name": company.name,
        "domain": company.domain,
        "city": company.city,
        "country": company.country,
        "industry": company.industry,
        "size": company.size,
        "provider": company.provider.value,
        "mx_behavior": company.mx_behavior,
        "site": f"{company.site.scheme}://{company.site.host}/" if company.site else None,
        "people": [
            {
                "name": person.name,
                "position": person.position,
                "email": person.email,
                "exists": person.exists,
                "temper": person.temper.value,
                "language": person.language,
            }
            for person in company.people
        ],
    }


def mailboxes_json(internet: Internet) -> list[dict[str, Any]]:
    """The user's own, and those of others that hold a message."""
    own = {mailbox.email for mailbox in internet.world.own_mailboxes}
    opened = [internet.mailboxes.mailbox(address) for address in sorted(own)]
    others = sorted((box for box in internet.mailboxes if box.address not in own), key=lambda box: box.address)
    return [
        {
            "address": box.address,
            "own": box.address in own,
            "folders": {folder.name: len(folder.entries) for folder in box.folders.values() if folder.entries},
        }
        for box in (*opened, *others)
        if box.address in own or any(folder.entries for folder in box.folders.values())
    ]


def mailbox_json(mailbox: Mailbox, limit: int) -> dict[str, Any]:
    """Folders with their newest messages first."""
    return {
        "address": mailbox.address,
        "folders": [
            {
                "name": folder.name,
                "uid_validity": folder.uid_validity,
                "messages": [_entry_json(folder, entry) for entry in reversed(folder.entries[-limit:])],
            }
            for folder in mailbox.folders.values()
            if folder.role is not Role.ALL
        ],
    }


def _entry_json(folder: Folder, entry: Entry) -> dict[str, Any]:
    message = entry.message
    return {
        "uid": entry.uid,
        "folder": folder.name,
        "from": _field(message, b"from"),
        "to": _field(message, b"to"),
        "subject": _field(message, b"subject"),
        "received_at": moment(message.received),
        "size": message.size,
        "flags": sorted(_shown(flag) for flag in message.flags),
    }


def people_json(internet: Internet, limit: int) -> dict[str, Any]:
    """What people have done and will do next, and the addresses they asked for."""
    done = internet.people.done[-limit:]
    return {
        "done": [
            {"at": moment(one.at), "address": one.address, "sender": one.sender, "act": act_words(one.act)}
            for one in reversed(done)
        ],
        "waiting": [waiting_json(*one) for one in internet.people.waiting()[:limit]],
        "visits": [
            {"method": visit.method, "url": visit.url, "status": visit.status, "user_agent": visit.user_agent}
            for visit in reversed(list(internet.browser.visits)[-limit:])
        ],
        "refused_urls": list(internet.browser.refused)[-limit:],
    }


def waiting_json(address: str, timed: Timed) -> dict[str, Any]:
    return {"at": moment(timed.at), "address": address, "act": act_words(timed.act)}


def act_words(act: object) -> str:
    """`reply: interested` and the like, for a person to read."""
    name = CAPITALS.sub(" ", type(act).__name__).lower()
    facts = [str(value) for key, value in vars(act).items() if value not in (None, 0, True) and key != "user_agent"]
    return f"{name}: {', '.join(facts)}" if facts else name


def dns_json(internet: Internet, limit: int) -> dict[str, Any]:
    return {
        "queries": [
            {**asked._asdict(), "at": moment(asked.at)} for asked in reversed(internet.dns.log()[-limit:])
        ],
        "counts": dict(internet.dns.counts),
    }


def crawl_json(internet: Internet) -> dict[str, Any]:
    """What crawlers did, by host, against the rules of its robots.txt too."""
    return {
        "hosts": {
            host: {
                "requests": count.requests,
                "robots_fetched": count.robots_fetched,
                "forbidden": count.forbidden,
                "hasty": count.hasty,
                "most_at_once": count.most_at_once,
            }
            for host, count in sorted(internet.web.counts.items())
        }
    }


def sends_json(internet: Internet) -> dict[str, Any]:
    records = internet.records
    return {
        "per_recipient": dict(records.sends.per_recipient),
        "per_message_id": dict(records.sends.per_message_id),
        "total": records.total,
    }


def sessions_json(transcripts: Iterable[Transcript]) -> dict[str, Any]:
    return {"sessions": [session_json(transcript) for transcript in transcripts]}


def _field(message: Message, name: bytes) -> str:
    return decoded_words(next(iter(message.header(name)), b""))


def _shown(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
