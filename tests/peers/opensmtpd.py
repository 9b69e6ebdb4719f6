"""OpenSMTPD with a configuration after the examples of its manual, smtpd.conf(5)."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from peers.internet import CLIENT_IP, USERS, Class, Place, Server, domain
from peers.packages import unpacked
from peers.tree import Tree

SERVED: Final = tuple(Class)
LOG: Final = "/var/log/smtpd.said"
# The words of filters are the operator's; these are from smtpd.conf(5). A rule that rejects has no words of its own.
CONFIGURATION: Final = """\
table aliases file:/etc/aliases
table mailboxes file:/etc/mailboxes
table anything file:/etc/anything
table strangers {{ "{client}" }}

filter closed phase connect match src <strangers> disconnect "550 no residential connections"
filter blocked phase rcpt-to match src <strangers> reject "550 no residential connections"

listen on {any} port {port} hostname any.opensmtpd.mx.example
listen on {blocked} port {port} hostname blocked.opensmtpd.mx.example filter blocked
listen on {closed} port {port} hostname closed.opensmtpd.mx.example filter closed

action "accounts" mbox alias <aliases>
action "mailboxes" mbox virtual <mailboxes>
action "anything" mbox virtual <anything>

match from src <strangers> for domain "{refused_domain}" reject
match from any for domain "{users_domain}" action "accounts"
match from any for domain {{ "{virtual_domain}", "{blocked_domain}", "{refused_domain}" }} action "mailboxes"
match from any for domain "{closed_domain}" action "mailboxes"
match from any for domain "{anything_domain}" action "anything"
"""


@contextlib.contextmanager
def opensmtpd(folder: Path, place: Place) -> Iterator[Tree]:
    source = unpacked("opensmtpd")
    assert source is not None
    services = ("opensmtpd", "opensmtpq")
    with Tree.copied(source, folder / "opensmtpd", services=services, users=USERS) as tree:
        tree.folder("/var/lib/opensmtpd/empty")
        tree.folder("/var/spool/smtpd", mode=0o711)
        tree.write("/etc/resolv.conf", place.resolv_conf)
        tree.write("/etc/aliases", "\n")
        tree.write("/etc/mailname", "any.opensmtpd.mx.example\n")
        tree.write("/etc/mailboxes", "".join(f"{user}: {user}\n" for user in USERS))
        tree.write("/etc/anything", f"@: {USERS[0]}\n")
        domains = {f"{kind}_domain": domain(Server.OPENSMTPD, kind) for kind in Class}
        hosts = {name: place.address(f"{name}.opensmtpd.mx.example") for name in ("any", "blocked", "closed")}
        tree.write("/etc/smtpd.conf", CONFIGURATION.format(client=CLIENT_IP, port=place.port, **hosts, **domains))
        tree.start("/usr/sbin/smtpd", "-d")
        yield tree
