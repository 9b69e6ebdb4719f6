"""Postfix as Debian configures it, with mailboxes, a catch-all and a block list; and Postfix behind postgrey."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from peers.internet import BLOCKLIST, USERS, Class, Place, Server, domain
from peers.packages import unpacked
from peers.tree import Tree

SERVED: Final = (Class.USERS, Class.VIRTUAL, Class.ANYTHING, Class.BLOCKED, Class.CLOSED, Class.ELSEWHERE)
SERVED_WITH_POSTGREY: Final = (Class.USERS, Class.VIRTUAL, Class.ANYTHING)
LOG: Final = "/var/log/mail.log"
# postgrey's own default is 300 s; of real time, which a test has less of.
GREYLISTED_SECONDS: Final = 3

# What Debian's package asks for or sets when it is installed as an "Internet Site"; TLS is left out. Not its own:
# where the log goes, and that loopback is not trusted, since we come from there as a stranger.
MAIN: Final = """\
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = any.{server}.mx.example
myorigin = $myhostname
mydestination = $myhostname, {users}
relayhost =
mynetworks = {network}.0/24
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
maillog_file = /var/log/mail.log
virtual_mailbox_domains = {tables}
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_restriction_classes = listed
listed = reject_rbl_client {blocklist}
smtpd_recipient_restrictions = {restrictions}
"""


@contextlib.contextmanager
def postfix(folder: Path, place: Place) -> Iterator[Tree]:
    with _copied(folder, "postfix") as tree:
        services = [
            _listener(place, "any.postfix.mx.example"),
            _listener(place, "closed.postfix.mx.example", smtpd_delay_reject="no", smtpd_client_restrictions="reject"),
        ]
        _configure(tree, place, Server.POSTFIX, SERVED, "check_recipient_access texthash:/etc/postfix/wary", services)
        tree.write("/etc/postfix/wary", f"{domain(Server.POSTFIX, Class.BLOCKED)} listed\n")
        _start(tree)
        yield tree


@contextlib.contextmanager
def postfix_that_relays(folder: Path, place: Place, *, to: tuple[str, int]) -> Iterator[Tree]:
    """Hands everything on to the server `to`, for whoever comes from this machine."""
    with _copied(folder, "postfix-relaying") as tree:
        services = [_listener(place, "any.postfix.mx.example", mynetworks="127.0.0.0/8")]
        _configure(tree, place, Server.POSTFIX, (), "", services)
        address, port = to
        tree.write("/etc/postfix/main.cf", tree.read("/etc/postfix/main.cf") + f"relayhost = [{address}]:{port}\n")
        _start(tree)
        yield tree


@contextlib.contextmanager
def postfix_with_postgrey(folder: Path, place: Place) -> Iterator[Tree]:
    with _postgrey(folder, place), _copied(folder, "postfix-greylisting") as tree:
        policy = f"check_policy_service inet:{place.address('any.postgrey.mx.example')}:{place.policy_port}"
        services = [_listener(place, "any.postgrey.mx.example")]
        _configure(tree, place, Server.POSTGREY, SERVED_WITH_POSTGREY, policy, services)
        _start(tree)
        yield tree


@contextlib.contextmanager
def _postgrey(folder: Path, place: Place) -> Iterator[None]:
    source = unpacked("postgrey")
    assert source is not None
    with Tree.copied(source, folder / "postgrey", services=("postgrey",), users=()) as tree:
        tree.folder("/var/lib/postgrey", owner="postgrey")
        tree.write("/etc/resolv.conf", place.resolv_conf)
        tree.start(
            "/usr/sbin/postgrey",
            f"--inet={place.address('any.postgrey.mx.example')}:{place.policy_port}",
            f"--delay={GREYLISTED_SECONDS}",
            "--dbdir=/var/lib/postgrey",
            "--user=postgrey",
            "--group=postgrey",
            "--hostname=any.postgrey.mx.example",
        )  # fmt: skip
        yield


def _copied(folder: Path, name: str) -> contextlib.AbstractContextManager[Tree]:
    source = unpacked("postfix")
    assert source is not None
    return Tree.copied(source, folder / name, services=("postfix", "postdrop"), users=USERS)


def _configure(
    tree: Tree, place: Place, server: Server, served: tuple[Class, ...], restrictions: str, listeners: list[str]
) -> None:
    tables = [domain(server, kind) for kind in served if kind not in (Class.USERS, Class.ELSEWHERE)]
    tree.write(
        "/etc/postfix/main.cf",
        MAIN.format(
            server=server,
            users=domain(server, Class.USERS),
            network=place.network,
            tables=" ".join(tables),
            blocklist=BLOCKLIST,
            restrictions=restrictions,
        ),
    )
    names = [name for name in tables if name != domain(server, Class.ANYTHING)]
    mailboxes = [f"{user}@{name} {user}\n" for name in names for user in USERS]
    tree.write("/etc/postfix/mailboxes", "".join(mailboxes) + f"@{domain(server, Class.ANYTHING)} anything\n")
    packaged = tree.read("/usr/share/postfix/master.cf.dist")
    inner = re.sub(r"^(\w\S*\s+unix\S*\s+\S+\s+\S+\s+)y", r"\1n", packaged, flags=re.MULTILINE)  # one chroot is enough
    own = re.sub(r"^smtp\s+inet.*\n", lambda _: "".join(listeners), inner, count=1, flags=re.MULTILINE)
    tree.write("/etc/postfix/master.cf", own)
    tree.write("/etc/resolv.conf", place.resolv_conf)


def _listener(place: Place, host: str, **options: str) -> str:
    line = f"{place.address(host)}:{place.port} inet n - n - - smtpd"
    return " ".join([line, *(f"-o {name}={value}" for name, value in options.items())]) + "\n"


def _start(tree: Tree) -> None:
    tree.folder("/var/spool/postfix")
    tree.folder("/var/lib/postfix", owner="postfix")
    tree.start("/usr/sbin/postfix", "start-fg")
