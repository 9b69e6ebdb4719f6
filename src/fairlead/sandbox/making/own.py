"""The user's own side of the world: domains to send from, and mailboxes with their settings."""

import string

from fairlead.sandbox.making.chance import one, source, within
from fairlead.sandbox.making.mail import own_mail_facts
from fairlead.sandbox.making.names import plain
from fairlead.sandbox.model import OwnDomain, OwnMailbox, Provider

NAMES = (
    "brightdesk",
    "meetnorth",
    "salespier",
    "openquay",
    "tidewell",
    "harborline",
    "firstmile",
    "northmail",
)
MAILBOXES_PER_DOMAIN = 3
SENDERS = (("Ann", "Miller"), ("Paul", "Jansen"), ("Clara", "Weiß"), ("Marc", "Dubois"), ("Nina", "Rossi"),
           ("Tom", "Barker"), ("Ewa", "Nowak"), ("Luis", "Ortega"))  # fmt: skip
PROVIDERS = (Provider.GOOGLE, Provider.MICROSOFT, Provider.OTHER)
# (SMTP port and encryption, IMAP port and encryption), in turn over the mailboxes of a domain.
CONNECTIONS = ((465, "ssl", 993, "ssl"), (587, "starttls", 143, "starttls"), (465, "ssl", 993, "ssl"))


def own_domain(number: int) -> OwnDomain:
    # No label of a company has "own" in front and none is on the list, so that nobody's domain is taken.
    label = NAMES[number] if number < len(NAMES) else f"own-{number + 1}"
    domain = f"{label}.example"
    facts, seed = own_mail_facts(domain, number)
    return OwnDomain(domain, facts, seed)


def own_mailbox(seed: int, number: int) -> OwnMailbox:
    dice = source(seed, "own mailbox", number)
    domain_number, place = divmod(number, MAILBOXES_PER_DOMAIN)
    domain = own_domain(domain_number).domain
    first, last = SENDERS[number % len(SENDERS)]
    again = "" if number < len(SENDERS) else str(number // len(SENDERS) + 1)
    smtp_port, smtp_encryption, imap_port, imap_encryption = CONNECTIONS[place]
    return OwnMailbox(
        email=f"{plain(first, 'german')}.{plain(last, 'german')}{again}@{domain}",
        name=f"{first} {last}",
        password="".join(
            one(dice, string.ascii_letters + string.digits) for _ in range(within(dice, 14, 18))
        ),
        provider=PROVIDERS[domain_number % len(PROVIDERS)],
        smtp_host=f"smtp.{domain}",
        smtp_port=smtp_port,
        smtp_encryption=smtp_encryption,
        imap_host=f"imap.{domain}",
        imap_port=imap_port,
        imap_encryption=imap_encryption,
    )
