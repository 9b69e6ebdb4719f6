"""The control port: every key that other tools rely on, the clock, forced events, and whom it refuses."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from small_internet import QuickTimer, SmallInternet, small_internet

from fairlead.kit.refusals import CannotStart
from fairlead.net.answers import Found, ServerFailed
from fairlead.net.dns import AioDns
from fairlead.sandbox.control import Control, OwnTime
from fairlead.sandbox.mailboxes import Role
from fairlead.sandbox.running import running


@dataclass
class Panel:
    internet: SmallInternet
    control: Control

    async def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        fields = {"host": f"127.0.0.1:{self.control.port}", "connection": "close"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if body:
            fields["content-length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control.port)
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head, _, content = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()
        first, *rest = head.decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return int(first.split()[1]), found, content

    async def get(self, path: str) -> Any:
        status, _, body = await self.request("GET", path)
        assert status == 200, body
        return json.loads(body)

    async def post(self, path: str, words: object, wanted: int = 200) -> Any:
        status, _, body = await self.request("POST", path, json.dumps(words).encode())
        assert status == wanted, body
        return json.loads(body)


@asynccontextmanager
async def panel(**options):
    async with small_internet(**options) as internet:
        control = Control(internet.net)
        await control.start()
        try:
            yield Panel(internet, control)
        finally:
            await control.close()


async def test_the_world_has_every_key_and_says_where_things_really_are():
    async with panel() as page:
        world = await page.get("/world.json")
        assert set(world) == {"seed", "now", "companies", "own_mailboxes"}
        assert world["now"] == "2026-01-05T08:00:00Z"
        assert set(world["companies"][0]) == {
            "name", "domain", "size", "industry", "city", "country", "phone", "founded", "related_domains", "pattern",
            "mx_behavior", "catch_all", "provider", "site", "people", "generic", "honeypots",
        }  # fmt: skip
        assert set(world["companies"][0]["people"][0]) == {
            "first_name", "last_name", "position", "email", "email_published", "exists", "social",
        }  # fmt: skip
        for mailbox in world["own_mailboxes"]:
            assert set(mailbox) == {"email", "password", "smtp", "imap"}
            for service in (mailbox["smtp"], mailbox["imap"]):
                assert set(service) == {"host", "port", "encryption", "real_host", "real_port"}
                _, writer = await asyncio.open_connection(service["real_host"], service["real_port"])
                writer.close()
                await writer.wait_closed()


async def test_messages_are_listed_by_recipient_time_and_number():
    async with panel() as page:
        people = [person.email for person in page.internet.company("reject_unknown").people if person.exists][:3]
        await page.internet.submit(people[0], "First\r\n", Subject="One")
        page.internet.net.clock.advance(by=timedelta(seconds=5))
        await page.internet.submit(people[1], "<p>Second</p>", Content_Type="text/html", MIME_Version="1.0")
        both = [one for one in (await page.get("/messages.json"))["messages"] if one["rcpt_to"] in people]
        assert [message["rcpt_to"] for message in both] == people[:2]
        first, second = both
        assert set(first) == {
            "id", "mail_from", "rcpt_to", "helo", "client_ip", "headers", "text", "html", "received_at", "folder",
        }  # fmt: skip
        assert ["Subject", "One"] in first["headers"]
        assert (first["text"].strip(), first["html"], second["html"].strip()) == ("First", None, "<p>Second</p>")
        assert (first["received_at"], first["folder"]) == ("2026-01-05T08:00:00Z", "INBOX")
        assert first["mail_from"] == page.internet.own().email

        async def listed(query: str) -> list[str]:
            return [message["id"] for message in (await page.get(f"/messages.json?{query}"))["messages"]]

        assert await listed(f"to={people[1]}") == [second["id"]]
        assert await listed("since=2026-01-05T08:00:03Z") == [second["id"]]
        assert await listed("limit=1") == [second["id"]]


async def test_a_message_is_shown_with_both_conversations_and_without_secrets():
    async with panel() as page:
        person = page.internet.person()
        await page.internet.submit(person.email)
        (message,) = (await page.get("/messages.json"))["messages"]
        shown = await page.get(f"/message.json?id={message['id']}")
        submission, transfer = (session["lines"] for session in shown["conversations"])
        assert any(line.startswith("C AUTH") for line in submission)
        assert page.internet.own().password not in json.dumps(shown)
        assert f"C RCPT TO:<{person.email}>" in transfer
        by_place = await page.get(f"/message.json?address={person.email}&folder=INBOX&uid=1")
        assert by_place == shown


async def test_sends_are_counted_by_recipient_and_by_message_id():
    async with panel() as page:
        person = page.internet.person()
        for _ in range(2):
            await page.internet.submit(person.email, Message_ID="<same@x.example>")
        assert await page.get("/sends.json") == {
            "per_recipient": {person.email: 2},
            "per_message_id": {"<same@x.example>": 2},
            "total": 2,
        }


async def test_the_clock_moves_forward_and_says_when_all_is_done():
    async with panel(behaviors=["greylist:postfix"]) as page:
        person = page.internet.person("greylist")
        await page.internet.submit(person.email)
        answer = await page.post("/clock", {"advance_seconds": 3600})
        assert answer == {"now": "2026-01-05T09:00:00Z", "idle": True}
        assert len((await page.get(f"/messages.json?to={person.email}"))["messages"]) == 1
        assert await page.post("/clock", {"to": "2026-01-06T00:00:00Z"}) == {
            "now": "2026-01-06T00:00:00Z",
            "idle": True,
        }
        assert (await page.post("/clock", {"to": "2026-01-01T00:00:00Z"}))["now"] == "2026-01-06T00:00:00Z"
        for wrong in ({}, {"advance_seconds": -1}, {"advance_seconds": "x"}, {"advance_seconds": 1e300}, {"to": "soon"},
                      {"to": "2026-01-07T00:00:00"}, {"to": "9999-01-01T00:00:00Z"}, {"advance_seconds": 1, "to": "x"},
                      [1]):  # fmt: skip
            assert "sentence" in (await page.post("/clock", wrong, 400))["error"]
        status, _, _ = await page.request("POST", "/clock", b"{not json")
        assert status == 400


async def test_work_that_does_not_end_in_time_is_said_to_go_on():
    class Busy(OwnTime):
        async def settled(self, now: datetime) -> bool:
            await asyncio.sleep(30)
            return True

    async with small_internet(companies=3) as internet:
        control = Control(internet.net, Busy(internet.net), patience_seconds=0.2)
        await control.start()
        answer = await Panel(internet, control).post("/clock", {"advance_seconds": 60})
        await control.close()
        assert answer == {"now": "2026-01-05T08:01:00Z", "idle": False}


async def test_events_are_forced():
    async with panel() as page:
        internet, person = page.internet, page.internet.person()
        await internet.submit(person.email)
        assert await page.post("/force", {"address": person.email, "act": "reply", "answer": "later"}) == {"done": True}
        await page.post("/force", {"address": person.email, "act": "bounce", "reply": "550 5.1.1 gone for good"})
        await page.post("/force", {"address": person.email, "act": "out_of_office", "back": "2026-01-19"})
        letters = await internet.read()
        assert len(letters) == 3
        assert any(b"gone for good" in letter for letter in letters)
        own = internet.own().email
        before = (await page.get(f"/mailbox.json?address={own}"))["folders"][0]["uid_validity"]
        changed = await page.post("/force", {"address": own, "act": "change_uid_validity"})
        assert changed["uid_validity"] != before
        assert (await page.post("/force", {"address": own, "act": "drop_connections"}))["dropped"] == 0
        done = (await page.get("/people.json"))["done"]
        assert {"reply: later", "auto reply: out_of_office, 2026-01-19"} <= {one["act"] for one in done}
        await page.post("/force", {"address": "nobody@nowhere.example", "act": "read"}, 404)
        await page.post("/force", {"address": person.email, "act": "dance"}, 400)
        await page.post("/force", {"act": "read"}, 400)


async def test_names_fail_on_request_and_queries_are_shown():
    async with panel() as page:
        domain = page.internet.company("reject_unknown").domain
        for script, answer in (
            ({"rcode": "SERVFAIL"}, ServerFailed),
            ({"truncates": True}, Found),
            ({"delay_seconds": 0.01}, Found),
            ({}, Found),
        ):
            await page.post("/dns", {"name": domain, **script})
            dns = AioDns(page.internet.net.name_server, QuickTimer())
            assert isinstance(await dns.mx(domain), answer)
            await dns.close()
        shown = await page.get("/dns.json")
        assert {"truncated", "SERVFAIL", "NOERROR"} <= {query["outcome"] for query in shown["queries"]}
        assert {"udp", "tcp"} == {query["transport"] for query in shown["queries"]}
        await page.post("/dns", {"name": domain, "rcode": "NO"}, 400)
        await page.post("/dns", {}, 400)


async def test_every_list_of_the_page_is_there():
    async with panel() as page:
        await page.internet.submit(page.internet.person().email)
        overview = await page.get("/overview.json")
        assert overview["counts"]["sends"] == 1
        assert overview["own_mailboxes"] == [box.email for box in page.internet.world.own_mailboxes]
        companies = (await page.get("/companies.json?limit=2&offset=1"))["companies"]
        assert [one["domain"] for one in companies] == [page.internet.world.company(n).domain for n in (1, 2)]
        found = (await page.get(f"/companies.json?q={companies[0]['domain']}"))["companies"]
        assert found == companies[:1]
        boxes = (await page.get("/mailboxes.json"))["mailboxes"]
        assert [box["own"] for box in boxes] == [True] * 5 + [False]
        assert len((await page.get("/sessions.json"))["sessions"]) == 2
        assert await page.get("/crawl.json") == {"hosts": {}}


async def test_the_page_is_served_whole_and_nothing_else_may_run_in_it():
    async with panel() as page:
        for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
            status, headers, body = await page.request("GET", path)
            assert (status, headers["content-type"].split(";")[0]) == (200, kind)
            assert "default-src 'none'" in headers["content-security-policy"]
            assert b"https://" not in body
            assert b"innerHTML" not in body


async def test_a_mail_is_shown_with_nothing_in_it_running_or_being_fetched():
    async with panel() as page:
        person = page.internet.person()
        await page.internet.submit(
            person.email, "<script>alert(1)</script>", Content_Type="text/html", MIME_Version="1.0"
        )
        status, headers, body = await page.request("GET", "/message.html?id=1")
        assert (status, b"<script>" in body) == (200, True)
        policy = headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "allow-scripts" not in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
    ],
)
async def test_foreign_pages_are_refused(headers):
    async with panel(companies=3) as page:
        for method, path, body in (("GET", "/world.json", b""), ("POST", "/clock", b'{"advance_seconds": 60}')):
            status, answered, content = await page.request(method, path, body, **headers)
            assert status in (400, 403)
            assert "access-control-allow-origin" not in answered
            assert status == 400 or "error" in json.loads(content)
        assert (await page.get("/overview.json"))["now"] == "2026-01-05T08:00:00Z"


async def test_its_own_page_may_ask():
    async with panel(companies=3) as page:
        origin = f"http://127.0.0.1:{page.control.port}"
        status, _, _ = await page.request(
            "POST", "/clock", b'{"advance_seconds": 1}', origin=origin, sec_fetch_site="same-origin"
        )
        assert status == 200
        status, _, _ = await page.request("GET", "/sends.json", host=f"localhost:{page.control.port}")
        assert status == 200


async def test_a_link_in_a_mail_cannot_move_the_clock():
    async with panel(companies=3) as page:
        for host in ("127.0.0.1", "localhost"):
            url = f"http://{host}:{page.control.port}/clock"
            asked = await page.internet.net.fetch_url("POST", url, "Mozilla/5.0", b'{"advance_seconds": 60}')
            assert asked.status == 0
        assert (await page.get("/overview.json"))["now"] == "2026-01-05T08:00:00Z"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("GET", "/clock", 405), ("POST", "/world.json", 405), ("DELETE", "/", 405),
        ("GET", "/message.json?id=x", 400), ("GET", "/message.json?id=99", 404), ("GET", "/messages.json?since=x", 400),
        ("GET", "/messages.json?limit=-1", 400), ("GET", "/mailbox.json?address=no@one.example", 404),
        ("GET", "/message.html?address=x", 404), ("GET", "/page.css/../../control.py", 404),
    ],
)  # fmt: skip
async def test_errors_are_json_with_a_sentence(method, path, status):
    async with panel(companies=3) as page:
        answered, headers, body = await page.request(method, path)
        assert answered == status
        assert headers["content-type"].startswith("application/json")
        assert set(json.loads(body)["error"]) == {"code", "sentence"}


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.2", "192.168.1.1", "::1", "localhost"])
async def test_it_refuses_to_stand_on_another_address(address):
    async with small_internet(companies=3) as internet:
        with pytest.raises(CannotStart):
            await Control(internet.net).start(address)
        with pytest.raises(CannotStart):
            async with running(internet.world, internet.net.clock, internet.net.timer, address=address):
                pass


async def test_a_submission_server_goes_wrong_as_it_is_told_and_is_mended():
    async with panel() as page:
        own, person = page.internet.own(), page.internet.person()
        await page.post("/submission", {"domain": own.domain, "no_copies": 1})
        await page.internet.submit(person.email)
        await page.post("/submission", {"domain": own.domain, "late_copies": 1, "late_seconds": 300})
        await page.internet.submit(person.email)
        await page.internet.settle()
        assert len(sent_folder(page, own)) == 0
        await page.internet.pass_time(seconds=300)
        assert len(sent_folder(page, own)) == 1
        await page.post("/submission", {"domain": own.domain})
        await page.internet.submit(person.email)
        assert len(sent_folder(page, own)) == 2
        await page.post("/submission", {"domain": own.domain, "lost_after": 1})
        with pytest.raises(Exception, match="closed"):
            await page.internet.submit(person.email)
        assert (await page.get("/sends.json"))["per_recipient"][person.email] == 4
        await page.post("/submission", {"domain": own.domain, "lost_before": 1})
        with pytest.raises(Exception, match="closed"):
            await page.internet.submit(person.email)
        assert (await page.get("/sends.json"))["per_recipient"][person.email] == 4
        await page.post("/submission", {"domain": "nobody.example"}, 404)
        await page.post("/submission", {"domain": own.domain, "lost_after": 2}, 400)
        await page.post("/submission", {"domain": own.domain, "what": 1}, 400)


def sent_folder(page, own):
    return page.internet.net.mailboxes.mailbox(own.email).entries(Role.SENT)
