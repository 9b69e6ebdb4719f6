"""What strangers are answered, and what comes of it: by the front door."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tracked_mail import FIREFOX, TrackedMail

from fairlead.prospects import actions as prospects

PIXEL = b"GIF89a"


@pytest.fixture
async def mail(house):
    return await TrackedMail.sent(await house.workspace())


async def blocked(mail: TrackedMail) -> bool:
    async with mail.door.world.db.statement() as conn:
        return bool(await prospects.blocked(conn, mail.tenant.workspace_id, [mail.to]))


async def test_an_open_is_answered_with_a_pixel_and_told_once_judged(mail):
    status, headers, body = await mail.open()
    assert (status, body[:6], headers["Content-Type"]) == (200, PIXEL, "image/gif")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
    (event,) = await mail.judged()
    assert event == {
        "kind": "email_opened", "campaign_id": 5, "enrollment_id": 77, "send_id": mail.send_id,
        "mailbox_id": event["mailbox_id"], "email": mail.to, "class": "human", "counted": True, "first": True,
    }  # fmt: skip


async def test_a_click_leads_to_its_target_and_is_told(mail):
    status, headers, _ = await mail.click(2)
    assert (status, headers["Location"]) == (302, "https://www.acme.example/offer")
    assert headers["Cache-Control"] == "no-store"
    (event,) = await mail.judged()
    assert (event["kind"], event["class"], event["link"], event["url"], event["first"]) == (
        "email_clicked", "human", 2, "https://www.acme.example/offer", True,
    )  # fmt: skip


async def test_only_the_first_counted_open_and_the_first_click_of_a_link_are_first(mail):
    await mail.open(agent="Mozilla/5.0")  # fetched before anybody looked
    await mail.open()
    await mail.judged()
    await mail.open()
    await mail.click(1)
    await mail.door.pass_time(seconds=30)
    await mail.click(1)
    await mail.click(2)
    told = [(event["kind"], event["class"], event["first"], event.get("link")) for event in await mail.judged()]
    assert told == [
        ("email_opened", "prefetch", False, None),
        ("email_opened", "human", True, None),
        ("email_opened", "human", False, None),
        ("email_clicked", "human", True, 1),
        ("email_clicked", "scanner", False, 1),
        ("email_clicked", "scanner", False, 2),
    ]  # fmt: skip


async def test_a_program_that_follows_every_link_is_seen_by_its_second_one(mail):
    for number in range(1, 6):
        await mail.click(number)
    assert {event["class"] for event in await mail.judged()} == {"scanner"}
    assert not any(event["counted"] for event in await mail.events())


@pytest.mark.parametrize("path", ["/o/", "/o/x", "/o/a-token-of-no-mail-at-all.AAAAAAAAAAAA", "/o/%00", "/o/" + "a" * 3000])
async def test_a_made_up_pixel_is_a_pixel_and_nothing_else(mail, path):
    status, _, body = await mail.ask(mail.door.base_url + path)
    assert (status, body[:6]) == (200, PIXEL)
    assert await mail.door.public.collect() == 0


@pytest.mark.parametrize(
    "path", ["/c/", "/c/https://evil.example/", "/c/1.AAAAAAAAAAAA.a-token-of-no-mail-at-all.aHR0cDovL2V2aWwuZXhhbXBsZS8"]
)
async def test_there_is_no_open_redirect(mail, path):
    status, headers, _ = await mail.ask(mail.door.base_url + path)
    assert status == 404
    assert "Location" not in headers


async def test_a_mail_that_is_not_in_the_ledger_leaves_no_trace(mail):
    stranger = TrackedMail(mail.tenant, "a-token-of-no-mail-at-all", 0, "x@acme.example")
    await stranger.open()
    assert await stranger.judged() == []


async def test_unsubscribing_takes_a_person_and_a_button(mail):
    address = mail.links.unsubscribe(mail.token)
    status, headers, page = await mail.ask(address)
    assert status == 200
    assert b'<form method="post">' in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert not await blocked(mail)
    status, _, page = await mail.ask(address, method="POST", data={"confirm": "yes"})
    assert (status, b"unsubscribed" in page) == (200, True)
    assert await blocked(mail)
    assert [event["kind"] for event in await mail.events()] == ["unsubscribed"]


@pytest.mark.parametrize(
    "options",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"data": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {
            "data": b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
    ],
)
async def test_one_click_unsubscribes_at_once(mail, options):
    """RFC 8058, section 3.2: a POST with either kind of form, no cookies, no redirect."""
    status, headers, _ = await mail.ask(mail.links.unsubscribe(mail.token), method="POST", **options)
    assert status == 200
    assert "Set-Cookie" not in headers
    assert await blocked(mail)


async def test_a_second_time_changes_and_tells_nothing(mail):
    for _ in range(3):
        status, _, _ = await mail.ask(mail.links.unsubscribe(mail.token), method="POST", data={"confirm": "yes"})
        assert status == 200
    assert len(await mail.events()) == 1


async def test_a_thousand_scanners_unsubscribe_nobody(mail):
    address = mail.links.unsubscribe(mail.token)

    async def scan(number: int) -> int:
        status, _, _ = await mail.ask(address, method="HEAD" if number % 2 else "GET", agent=f"Scanner/{number}")
        return status

    for start in range(0, 1000, 50):
        assert set(await asyncio.gather(*map(scan, range(start, start + 50)))) == {200}
    assert not await blocked(mail)
    assert await mail.events() == []


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100_000, b"confirm=no", b"List-Unsubscribe=Two-Clicks"])
async def test_a_post_that_confirms_nothing_changes_nothing(mail, body):
    status, _, _ = await mail.ask(mail.links.unsubscribe(mail.token), method="POST", data=body)
    assert status == 200
    assert not await blocked(mail)


async def test_an_unknown_token_is_answered_like_a_known_one(mail):
    stranger = mail.links.unsubscribe("a-token-of-no-mail-at-all")
    forged = mail.links.unsubscribe(mail.token)[:-2] + "xx"
    answers = [
        await mail.ask(address, method="POST", data={"confirm": "yes"})
        for address in (stranger, forged, mail.links.unsubscribe(mail.token))
    ]
    assert len({(status, body) for status, _, body in answers}) == 1
    assert [event["email"] for event in await mail.events()] == [mail.to]


@pytest.mark.parametrize(
    ("accept", "words"),
    [("de-DE,de;q=0.9,en;q=0.8", "Abmelden"), ("xx, pl;q=0.5", "Wypisz"), ("", "Unsubscribe"), ("fr;q=0", "Unsubscribe")],
)
async def test_the_page_speaks_the_readers_language(mail, accept, words):
    _, _, page = await mail.ask(mail.links.unsubscribe(mail.token), headers={"Accept-Language": accept})
    assert words in page.decode()


async def test_another_workspace_may_go_on_writing(house, mail):
    other = await TrackedMail.sent(await house.workspace())
    await mail.ask(mail.links.unsubscribe(mail.token), method="POST", data={"confirm": "yes"})
    assert await blocked(mail)
    assert not await blocked(other)


async def test_an_unsubscribe_while_the_database_is_away_is_kept(mail, monkeypatch):
    async def away(*_):
        raise ConnectionError("away")

    with monkeypatch.context() as broken:
        broken.setattr("fairlead.http.public.door.tracking.unsubscribe", away)
        status, _, _ = await mail.ask(mail.links.unsubscribe(mail.token), method="POST", data={"confirm": "yes"})
    assert status == 200
    assert not await blocked(mail)
    await mail.door.public.collect()
    assert await blocked(mail)


async def test_readers_are_forgotten_after_a_month(mail):
    await mail.open()
    await mail.judged()
    await mail.door.pass_time(days=31)
    from fairlead.campaigns.tracking import actions as tracking

    async with mail.door.world.db.transaction() as conn:
        assert await tracking.forget_old_hits(conn, mail.door.world.clock.now()) >= 1
    assert len(await mail.events()) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rest=st.text(st.characters(exclude_categories=["Cs"]), max_size=80), kind=st.sampled_from("ocu"))
async def test_wild_addresses_are_answered(mail, rest, kind):
    from urllib.parse import quote

    status, headers, _ = await mail.ask(f"{mail.door.base_url}/{kind}/{quote(rest)}", agent=FIREFOX)
    assert status in (200, 404)
    assert "Location" not in headers
