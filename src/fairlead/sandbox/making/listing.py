"""The world as other tools read it: the JSON of `GET /world.json` on the control port."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, OwnMailbox, Person

# (host name, port) of a service to (address, port) of its listener.
Listeners = Mapping[tuple[str, int], tuple[str, int]]


def world_json(world: World, now: datetime, listeners: Listeners) -> dict[str, Any]:
    return {
        **_head(world, now),
        "companies": [company_json(company) for company in world],
        "own_mailboxes": own_mailboxes_json(world, listeners),
    }


def world_json_text(world: World, now: datetime, listeners: Listeners) -> Iterator[str]:
    """The same as text in pieces, so that a world of 100,000 companies need not be in memory at once."""
    yield json.dumps(_head(world, now), ensure_ascii=False)[:-1] + ', "companies": ['
    for company in world:
        yield (", " if company.index else "") + json.dumps(company_json(company), ensure_ascii=False)
    yield '], "own_mailboxes": ' + json.dumps(own_mailboxes_json(world, listeners), ensure_ascii=False) + "}"


def _head(world: World, now: datetime) -> dict[str, Any]:
    return {"seed": world.seed, "now": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def company_json(company: Company) -> dict[str, Any]:
    return {
        "name": company.name,
        "domain": company.domain,
        "size": company.size,
        "industry": company.industry,
        "city": company.city,
        "country": company.country,
        "phone": company.phone,
        "founded": str(company.founded),
        "related_domains": list(company.related_domains),
        "pattern": company.pattern,
        "mx_behavior": company.mx_behavior,
        "catch_all": company.catch_all,
        "provider": company.provider.value,
        "site": company.site is not None,
        "people": [_person_json(person) for person in company.people],
        "generic": list(company.generic),
        "honeypots": list(company.honeypots),
    }


def _person_json(person: Person) -> dict[str, Any]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "position": person.position,
        "email": person.email,
        "email_published": person.email_published,
        "exists": person.exists,
        "social": [social.url for social in person.social],
    }


def own_mailboxes_json(world: World, listeners: Listeners) -> list[dict[str, Any]]:
    """Raises `KeyError` when `listeners` lacks a service of one of the mailboxes."""
    return [_own_mailbox_json(mailbox, listeners) for mailbox in world.own_mailboxes]


def _own_mailbox_json(mailbox: OwnMailbox, listeners: Listeners) -> dict[str, Any]:
    return {
        "email": mailbox.email,
        "password": mailbox.password,
        "smtp": _service(mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_encryption, listeners),
        "imap": _service(mailbox.imap_host, mailbox.imap_port, mailbox.imap_encryption, listeners),
    }


def _service(host: str, port: int, encryption: str, listeners: Listeners) -> dict[str, Any]:
    real_host, real_port = listeners[host, port]
    return {
        "host": host,
        "port": port,
        "encryption": encryption,
        "real_host": real_host,
        "real_port": real_port,
    }
