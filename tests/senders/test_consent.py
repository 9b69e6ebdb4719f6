"""Mailboxes connected by consent: codes, tokens that end, consents that are taken back."""

import asyncio
import re
from urllib.parse import urlsplit

import aiohttp
import pytest
from post import ACCOUNTS, STATUS, Post

from fairlead.cli.consent import Receiver, code_in, receiver
from fairlead.kit.refusals import Invalid, LimitReached
from fairlead.net.mail_login import NotConnected, Trouble
from fairlead.net.smtp import Accepted, SmtpSession
from fairlead.sandbox.filing import token_of
from fairlead.senders import actions as senders
from fairlead.senders.model import ConsentProvider, Encryption, ServerAddress, Settings

REDIRECT = "http://127.0.0.1:1"


def settings_of(own) -> Settings:
    return Settings(
        own.email, own.name, ServerAddress(own.smtp_host, own.smtp_port, Encryption(own.smtp_encryption)),
        ServerAddress(own.imap_host, own.imap_port, Encryption(own.imap_encryption)),
    )  # fmt: skip


async def consented(post: Post, tenant, number: int = 0, provider: ConsentProvider = ConsentProvider.GOOGLE):
    """A mailbox, connected as the command does it."""
    own = post.yard.own(number)
    post.consent.access = lambda: token_of(post.yard.net.world, own)
    app = senders.app(post.world.settings, provider)
    url = senders.authorization_url(app, redirect_uri=REDIRECT, state="state", verifier="v" * 43, address=own.email)
    code = code_in(post.consent.consent(url), "state")
    return await senders.connect(
        post.world, tenant.workspace_id, settings_of(own), app=app, code=code, redirect_uri=REDIRECT, verifier="v" * 43
    )


async def sends(post: Post, mailbox) -> bool:
    session = await senders.submission(post.world, mailbox)
    assert isinstance(session, SmtpSession), session
    text = f"From: <{mailbox.address}>\r\nTo: <a@far.example>\r\nMessage-ID: <x@here.example>\r\n\r\nhi\r\n"
    outcome = await session.send(mailbox.address, "a@far.example", text.encode())
    await session.close()
    return isinstance(outcome, Accepted)


async def forget_access(post: Post, mailbox, lives: float = 0) -> None:
    """As if the token had been given so long ago that it lasts for `lives` seconds more."""
    async with post.world.db.statement() as conn:
        await conn.execute(
            "update mailboxes set access_token_until = clock_timestamp() + make_interval(secs => %s) where id = %s",
            [lives, mailbox.id],
        )


@pytest.mark.parametrize(("number", "provider"), [(0, ConsentProvider.GOOGLE), (4, ConsentProvider.MICROSOFT)])
async def test_a_mailbox_is_connected_by_consent_and_sends(post: Post, number, provider):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant, number, provider)
    assert mailbox.provider is provider.mail_provider
    assert mailbox.sent_copies == "provider"
    status = await tenant.get(STATUS, sender_account_id=mailbox.id)
    assert status.body == {"data": {"smtp": {"status": "valid"}, "imap": {"status": "valid"}}}
    assert await sends(post, mailbox)
    assert len(post.consent.asked) == 1  # the token that came with the code still lasts


async def test_a_token_is_renewed_before_it_ends(post: Post):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    await forget_access(post, mailbox, lives=310)
    assert await sends(post, mailbox)
    assert len(post.consent.asked) == 1
    await forget_access(post, mailbox, lives=290)
    assert await sends(post, mailbox)
    assert await sends(post, mailbox)
    assert [words["grant_type"] for words in post.consent.asked] == ["authorization_code", "refresh_token"]


async def test_a_token_taken_back_early_is_renewed_at_once(post: Post):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    good = post.consent.access
    post.consent.access = lambda: "stale"
    await forget_access(post, mailbox)
    refused = await senders.submission(post.world, mailbox)
    assert isinstance(refused, NotConnected)
    post.consent.access = good
    assert await sends(post, mailbox)  # although the stale one is believed to last an hour


async def test_a_consent_taken_back_stops_the_mailbox_and_says_what_to_do(post: Post):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    post.consent.valid.clear()
    await forget_access(post, mailbox)
    refused = await senders.submission(post.world, mailbox)
    assert isinstance(refused, NotConnected)
    assert (refused.trouble, refused.temporary) == (Trouble.TOKEN, False)
    async with post.world.db.statement() as conn:
        stopped = await senders.mailbox(conn, tenant.workspace_id, mailbox.id)
    assert stopped.state == "error"
    assert "fairlead mailbox connect google --address" in stopped.state_reason
    assert "revoked" in stopped.state_reason
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["suspended"] is True
    again = await consented(post, tenant)
    assert (again.id, again.state, again.state_reason) == (mailbox.id, "active", None)
    assert await sends(post, again)


async def test_refresh_tokens_that_change_each_time_are_kept(post: Post):
    tenant = await post.tenant()
    post.consent.rotates = True
    mailbox = await consented(post, tenant)
    for _ in range(3):
        await forget_access(post, mailbox)
        assert await sends(post, mailbox)
    # Two at once with one refresh token: the second is refused, and finds what the first one was given.
    await forget_access(post, mailbox)
    results = await asyncio.gather(*(sends(post, mailbox) for _ in range(4)))
    assert results == [True] * 4
    async with post.world.db.statement() as conn:
        assert (await senders.mailbox(conn, tenant.workspace_id, mailbox.id)).state == "active"


@pytest.mark.parametrize(
    "answer",
    [(500, b"oops"), (200, b"{}"), (200, b"[]"), (400, b'{"error": "temporarily_unavailable"}'), (401, b'{"error":"invalid_client"}'),
     (302, b""), (200, b"x" * 200_000)],
)  # fmt: skip
async def test_a_bad_day_of_the_provider_is_no_reason_to_stop(post: Post, answer):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    await forget_access(post, mailbox)
    post.consent.answers = [answer]
    refused = await senders.submission(post.world, mailbox)
    assert isinstance(refused, NotConnected)
    assert (refused.trouble, refused.temporary) == (Trouble.LATER, True)
    async with post.world.db.statement() as conn:
        assert (await senders.mailbox(conn, tenant.workspace_id, mailbox.id)).state == "active"
    assert await sends(post, mailbox)


@pytest.mark.parametrize("life", [None, "3600", -1, True, "soon", 10**12])
async def test_any_life_of_a_token_is_borne(post: Post, life):
    tenant = await post.tenant()
    post.consent.lives = life
    assert await sends(post, await consented(post, tenant))


async def test_tokens_are_sealed(post: Post):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    async with post.world.db.statement() as conn:
        cur = await conn.execute("select secret, access_token from mailboxes where id = %s", [mailbox.id])
        kept = b"".join(map(bytes, await cur.fetchone()))
    assert b"refresh" not in kept
    assert post.consent.access().encode() not in kept


async def test_a_password_ends_the_consent(post: Post):
    tenant = await post.tenant()
    mailbox = await consented(post, tenant)
    await tenant.call("PATCH", f"{ACCOUNTS}/{mailbox.id}", json={"password": post.yard.own().password})
    post.consent.valid.clear()
    async with post.world.db.statement() as conn:
        mailbox = await senders.mailbox(conn, tenant.workspace_id, mailbox.id)
    assert await sends(post, mailbox)


# The browser that comes back.


async def test_the_command_takes_the_browser_back_and_connects(post: Post):
    tenant = await post.tenant()
    own = post.yard.own()
    post.consent.access = lambda: token_of(post.yard.net.world, own)
    process = await post.started(
        tenant, "connect", "google", "--address", own.email, "--json",
        "--smtp", f"{own.smtp_host}:465", "--imap", f"{own.imap_host}:993", "--name", own.name,
    )  # fmt: skip
    shown = b""
    while not (found := re.search(rb"http://\S+/authorize\?\S+", shown)):
        line = await asyncio.wait_for(process.stderr.readline(), 30)
        assert line, shown
        shown += line
    back = post.consent.consent(found[0].decode())
    async with aiohttp.ClientSession() as browser:
        base = f"http://127.0.0.1:{urlsplit(back).port}"
        for odd in ("/favicon.ico", "/?state=wrong&code=x", "/?code=x"):
            async with browser.get(base + odd) as page:
                assert page.status == 404
        async with browser.get(back) as page:
            assert page.status == 200
            assert "Thank you" in await page.text()
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err
    assert b'"smtp":"valid","imap":"valid"' in out
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["provider"] == "gmail"


async def test_a_person_who_says_no_ends_the_command(post: Post):
    tenant = await post.tenant()
    process = await post.started(tenant, "connect", "microsoft", "--address", "a@x.example")
    shown = b""
    while not (found := re.search(rb"redirect_uri=http%3A%2F%2Flocalhost%3A(\d+)\S*state=(\w+)", shown)):
        shown += await asyncio.wait_for(process.stderr.readline(), 30)
    async with aiohttp.ClientSession() as browser:
        query = f"error=access_denied&error_description=The+person%0Adeclined&state={found[2].decode()}"
        async with browser.get(f"http://127.0.0.1:{found[1].decode()}/?{query}") as page:
            assert "not connected" in await page.text()
    _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"There was no consent: The person declined" in err


async def test_an_app_that_is_not_set_is_named(post: Post):
    from dataclasses import replace

    with pytest.raises(Invalid, match="FAIRLEAD_GOOGLE_CLIENT_ID is not set"):
        senders.app(replace(post.world.settings, google_client_id=None), ConsentProvider.GOOGLE)


async def test_nobody_waits_for_ever():
    with pytest.raises(LimitReached, match="Nobody gave consent"):
        await Receiver("state").code(seconds=0.01)
    async with receiver("state", 0) as waiting:
        with pytest.raises(Invalid, match="cannot be listened on"):
            async with receiver("state", waiting.port):
                pass


@pytest.mark.parametrize("url", ["", "nonsense", "http://x/?code=c", "http://x/?state=other&code=c", "http://x/?state=state", "http://x/?state=state&code="])
def test_an_address_that_is_not_ours_holds_no_code(url):
    with pytest.raises(Invalid) as refusal:
        code_in(url, "state")
    assert refusal.value.code == "no_code"
