"""Who we are to mail servers: the name we greet them with, and the sender we name."""

import socket
from urllib.parse import urlsplit

from fairlead.kit.text import domain_key
from fairlead.net.answers import Found
from fairlead.verifier.asking import Identity
from fairlead.world import World


def identity(world: World) -> Identity:
    """From the settings; the same for every session, because greylists know us by it.

    Without settings: the host of the public URL, else the name of this machine. A sender with a mailbox and not the
    empty one: servers accept a notice of delivery for one recipient only.
    """
    settings = world.settings
    helo = settings.verifier_helo or _host_of(world.public_url) or _host_of(f"//{socket.getfqdn()}") or "[127.0.0.1]"
    return Identity(helo, settings.verifier_mail_from or f"postmaster@{helo}")


async def identity_problem(world: World) -> str | None:
    """What is wrong with the HELO name, in a sentence that says what to do; None when servers can look it up."""
    helo = identity(world).helo
    if _host_of(f"//{helo}") is None:
        return f"{helo} is not a host name: set FAIRLEAD_VERIFIER_HELO to the name of this machine."
    if isinstance(await world.dns.addresses(helo), Found):
        return None
    return (
        f"{helo} has no address in the DNS, and many mail servers refuse whoever greets them with such a name: "
        "set FAIRLEAD_VERIFIER_HELO to the name this machine's address leads back to."
    )


def _host_of(url: str) -> str | None:
    try:
        return domain_key(urlsplit(url).hostname or "")
    except ValueError:
        return None
