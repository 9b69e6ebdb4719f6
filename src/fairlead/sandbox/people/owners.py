"""Owners made from the companies of the world: who uses which program, who is scanned, who is whose colleague."""

from fairlead.sandbox.making.chance import happens, one, source, weighted
from fairlead.sandbox.model import Company, Person, Provider, Temper
from fairlead.sandbox.people.model import Client, Colleague, Owner

CLIENTS: dict[Provider, dict[Client, float]] = {
    Provider.GOOGLE: {Client.GMAIL: 55, Client.ANDROID: 15, Client.IPHONE: 18, Client.APPLE_MAIL: 12},
    Provider.MICROSOFT: {Client.OUTLOOK: 60, Client.OUTLOOK_PHONE: 15, Client.IPHONE: 18, Client.APPLE_MAIL: 7},
}
OTHER_CLIENTS = {
    Client.THUNDERBIRD: 30.0,
    Client.APPLE_MAIL: 20.0,
    Client.OUTLOOK: 20.0,
    Client.IPHONE: 20.0,
    Client.YAHOO: 10.0,
}
GATEWAYS = (Provider.BARRACUDA, Provider.PROOFPOINT, Provider.MIMECAST, Provider.TREND_MICRO)
SCANNED_SHARE = {Provider.MICROSOFT: 0.2}
SHARED_ACKNOWLEDGES = 0.7
SHOWS_PICTURES = {Client.OUTLOOK: 0.45, Client.THUNDERBIRD: 0.25}


def owner_of(person: Person, company: Company, *, seed: int) -> Owner:
    dice = source(seed, "owner", person.email)
    client = weighted(dice, CLIENTS.get(company.provider, OTHER_CLIENTS))
    others = [other for other in company.people if other.exists and other.email != person.email]
    colleague: Person | None = one(dice, others) if others else None
    return Owner(
        address=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        language=person.language,
        zone=person.zone,
        temper=person.temper,
        client=client,
        company=company.name,
        position=person.position,
        colleague=Colleague(colleague.name, colleague.email) if colleague else None,
        scanned=_scanned(company, seed),
        prefetched=_prefetched(client, happens(dice, 0.3)),
        shows_pictures=happens(dice, SHOWS_PICTURES.get(client, 0.97)),
    )


def owner_of_shared(address: str, company: Company, *, seed: int) -> Owner:
    """The owner of info@ and the like: nobody in particular."""
    dice = source(seed, "owner", address)
    return Owner(
        address=address,
        first_name=company.name,
        last_name="",
        language=company.language,
        zone=company.zone,
        temper=Temper.SILENT,
        client=weighted(dice, CLIENTS.get(company.provider, OTHER_CLIENTS)),
        company=company.name,
        shared=happens(dice, SHARED_ACKNOWLEDGES),
        scanned=_scanned(company, seed),
    )


def _scanned(company: Company, seed: int) -> bool:
    """A company has a scanner for all its mailboxes or for none."""
    if company.provider in GATEWAYS:
        return True
    return happens(source(seed, "scanner", company.domain), SCANNED_SHARE.get(company.provider, 0.04))


def _prefetched(client: Client, by_chance: bool) -> bool:
    """Apple's programs always do, with mail privacy on; Gmail does for some."""
    return client in (Client.APPLE_MAIL, Client.IPHONE) or (client in (Client.GMAIL, Client.ANDROID) and by_chance)
