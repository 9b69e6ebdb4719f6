"""Postfix relays into the sandbox: what it hands on arrives, and what is refused comes back as its own bounce."""

import asyncio
import smtplib
import tempfile
import time
from pathlib import Path

import pytest

from peers import postfix
from peers.internet import name_server
from peers.running import what_is_missing
from peers.tree import Tree
from sandbox.small_internet import small_internet

pytestmark = pytest.mark.system

SECONDS = 30.0


def hand_over(where: tuple[str, int], sender: str, recipients: list[str]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with smtplib.SMTP(*where, timeout=5) as client:
                client.sendmail(sender, recipients, b"Subject: By way of Postfix\r\n\r\nHello\r\n")
                return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def logged(tree: Tree, *wanted: str) -> str:
    deadline = time.monotonic() + SECONDS
    while not all(part in (log := tree.read(postfix.LOG)) for part in wanted) and time.monotonic() < deadline:
        time.sleep(0.05)
    return log


async def test_postfix_relays_into_the_sandbox():
    if missing := what_is_missing():
        pytest.skip(missing)
    async with small_internet() as internet, name_server({}) as (place, _):
        company = internet.company("reject_unknown")
        person = next(person for person in company.people if person.exists)
        nobody = f"nobody.of.that.name@{company.domain}"
        address = company.mail.hosts[0].addresses[0]
        where = (address, internet.net.port_map[25])
        listening = (place.address("any.postfix.mx.example"), place.port)

        def relay() -> str:
            with (
                tempfile.TemporaryDirectory(prefix="fairlead-peers-", ignore_cleanup_errors=True) as folder,
                postfix.postfix_that_relays(Path(folder), place, to=where) as tree,
            ):
                hand_over(listening, f"me@{company.domain}", [person.email, nobody])
                return logged(tree, f"to=<{person.email}>", f"to=<{nobody}>")

        log = await asyncio.to_thread(relay)
        await internet.settle()
        sent = next(line for line in log.splitlines() if f"to=<{person.email}>" in line)
        bounced = next(line for line in log.splitlines() if f"to=<{nobody}>" in line)
        assert "status=sent" in sent, sent
        assert "status=bounced" in bounced, bounced
        mailbox = internet.net.mailboxes.find(person.email)
        assert mailbox is not None
        raw = [entry.message.raw for role in ("INBOX", "Spam") for entry in mailbox.folder(role).entries]
        assert any(b"By way of Postfix" in message for message in raw)
