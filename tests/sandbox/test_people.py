"""The people who answer: what they plan, what they do when it is due, and how their answers read."""

import email
import email.policy
import random
import string
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from fairlead.kit.refusals import Invalid, NotFound
from fairlead.sandbox.mailboxes import ANSWERED, SEEN, Account, Mailboxes, Role
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Temper
from fairlead.sandbox.people import agents
from fairlead.sandbox.people.composing import Occasion, automatic, reply, subject_of_answer
from fairlead.sandbox.people.hours import DESK, POCKET, after_work_time
from fairlead.sandbox.people.letters import first_form, read_letter
from fairlead.sandbox.people.model import (
    Absence,
    Answer,
    Automatic,
    AutoReply,
    Click,
    Client,
    Colleague,
    MarkSpam,
    Owner,
    Plan,
    Prefetch,
    Read,
    Relation,
    Reply,
    Scan,
    Unsubscribe,
    Way,
)
from fairlead.sandbox.people.owners import owner_of, owner_of_shared
from fairlead.sandbox.people.people import Page, People, act_named
from fairlead.sandbox.people.planning import absence_at, plan
from fairlead.sandbox.people.texts import LANGUAGES

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SAM = "sam@shop.example"


def letter_bytes(number: int = 1, *, extra: str = "", references: str = "", plain: bool = False) -> bytes:
    head = (
        f'From: "Lee, Sam" <{SAM}>\r\nTo: Ann Klein <ann@north.example>\r\nSubject: A quick idea\r\n'
        f"Date: Mon, 5 Jan 2026 08:59:00 +0000\r\nMessage-ID: <m{number}@shop.example>\r\n"
        f"{references}{extra}MIME-Version: 1.0\r\n"
    )
    if plain:
        return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\nHi Ann,\r\nlook: https://shop.example/x.\r\n".encode()
    return (
        f'{head}Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi Ann,\r\n\r\nhave a look.\r\n> old\r\nSam\r\n"
        "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        '<p>Hi Ann, <a href="https://t.shop.example/c/1">have a look</a>.</p>'
        '<p><a href="https://t.shop.example/u/9">Unsubscribe</a></p>'
        '<img src="https://t.shop.example/o/1.gif" width="1" height="1">\r\n--b--\r\n'
    ).encode()


ONE_CLICK = (
    "List-Unsubscribe: <https://t.shop.example/u/9>, <mailto:stop@shop.example?subject=stop%209>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)


def owner(temper: Temper = Temper.INTERESTED, client: Client = Client.GMAIL, **more: object) -> Owner:
    values: dict[str, object] = {
        "address": "ann@north.example",
        "first_name": "Ann",
        "last_name": "Klein",
        "language": "en",
        "zone": "Europe/Berlin",
        "temper": temper,
        "client": client,
        "company": "North GmbH",
        "position": "Head of Sales",
        "colleague": Colleague("Bob Groß", "bob@north.example"),
    }
    return Owner(**{**values, **more})  # type: ignore[arg-type]


def planned(who: Owner, *, seed: int = 1, number: int = 1, relation: Relation | None = None, **more: object) -> Plan:
    raw = more.pop("raw", None) or letter_bytes(number)
    assert isinstance(raw, bytes)
    return plan(who, read_letter(raw), seed=seed, received=MONDAY, relation=relation or Relation(), **more)  # type: ignore[arg-type]


def kinds(made: Plan) -> list[str]:
    return [type(timed.act).__name__ for timed in made.acts]


def seed_of_a_reply(who: Owner) -> int:
    """The first seed with which the owner answers the letter."""
    return next(seed for seed in range(100) if "Reply" in kinds(planned(who, seed=seed)))


class Town:
    """A clock that stands, and an outside that notes what is asked of it."""

    def __init__(self, *owners: Owner, seed: int = 1) -> None:
        self.moment = MONDAY
        self.fetched: list[tuple[str, str, str, bytes | None]] = []
        self.sent: list[tuple[str, str, EmailMessage]] = []
        self.pages: dict[str, str] = {}
        self.complaints: list[str] = []
        self.boxes = Mailboxes()
        known = {one.address: one for one in owners}
        for one in owners:
            self.boxes.create(Account(one.address))
        self.people = People(
            known.get,
            self.boxes,
            self,
            self,
            seed=seed,
            on_spam=lambda address, raw: self.complaints.append(address),
        )

    def now(self) -> datetime:
        return self.moment

    async def fetch_url(self, method: str, url: str, user_agent: str, body: bytes | None) -> Page:
        self.fetched.append((method, url, user_agent, body))
        return Page(200, url, self.pages.get(url, ""))

    async def send_mail(self, envelope_from: str, to: str, raw: bytes) -> None:
        self.sent.append((envelope_from, to, read(raw)))

    def deliver(self, raw: bytes, address: str = "ann@north.example") -> Plan | None:
        self.boxes.mailbox(address).append(raw, self.moment)
        return self.people.received(address, raw, at=self.moment)

    async def pass_time(self, **span: float) -> int:
        self.moment += timedelta(**span)
        return await self.people.run_due(self.moment)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


# Letters


def test_a_letter_is_read_for_links_pictures_and_ways_to_leave():
    letter = read_letter(letter_bytes(extra=ONE_CLICK, references="References: <a@x> <b@x>\r\n"))
    assert (letter.sender, letter.sender_name, letter.sender_first_name) == (SAM, "Lee, Sam", "Sam")
    assert letter.inviting_links == ("https://t.shop.example/c/1",)
    assert letter.leaving_link == "https://t.shop.example/u/9"
    assert letter.one_click == "https://t.shop.example/u/9"
    assert letter.leaving_mail == "mailto:stop@shop.example?subject=stop%209"
    assert letter.pictures == ("https://t.shop.example/o/1.gif",)
    assert letter.references == ("<a@x>", "<b@x>")
    assert not letter.automatic
    assert read_letter(letter_bytes(plain=True)).links == ("https://shop.example/x",)


@pytest.mark.parametrize(
    "extra",
    ["Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n", "Return-Path: <>\r\n", "X-Autoreply: yes\r\n"],
)
def test_nobody_answers_a_machine(extra: str):
    for seed in range(30):
        made = planned(owner(Temper.ABSENT), seed=seed, raw=letter_bytes(extra=extra))
        assert not {"Reply", "AutoReply"} & set(kinds(made))


def test_hostile_letters_are_read_without_harm():
    seed = random.SystemRandom().randrange(10**9)
    dice = random.Random(seed)
    whole = letter_bytes(extra=ONE_CLICK)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        raw = bytearray(whole)
        for _ in range(dice.randrange(1, 30)):
            at = dice.randrange(len(raw))
            raw[at : at + dice.randrange(4)] = dice.choice(
                (b"\x00", b"\xff\xfe", b"<", b">", b"=?x?b?", b"\r\n", b"\n\n", b"%")
            )
        try:
            letter = read_letter(bytes(raw))
            occasion = Occasion(owner(client=dice.choice(list(Client))), letter, MONDAY, MONDAY, 1)
            reply(occasion, Reply(dice.choice(list(Answer))))
            automatic(occasion, Automatic.ACKNOWLEDGMENT)
        except Exception as wrong:
            raise AssertionError(f"seed {seed}: {bytes(raw)!r}") from wrong


# Plans


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert planned(owner()) == planned(owner())
    assert len({str(planned(owner(), seed=seed)) for seed in range(10)}) > 5


def test_people_read_and_answer_in_the_working_hours_of_their_zone():
    for seed in range(300):
        for zone in ("Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"):
            for timed in planned(owner(client=Client.OUTLOOK, zone=zone), seed=seed).acts:
                local = timed.at.astimezone(ZoneInfo(zone))
                if isinstance(timed.act, Read | Reply):
                    assert local.weekday() < 5
                    assert DESK.start <= local.time() <= DESK.end
                assert timed.at >= MONDAY


def test_every_temper_does_what_it_is_named_for():
    def outcomes(temper: Temper) -> Counter[str]:
        count: Counter[str] = Counter()
        for seed in range(400):
            for timed in planned(owner(temper), seed=seed, raw=letter_bytes(extra=ONE_CLICK)).acts:
                match timed.act:
                    case Reply(answer):
                        count[answer] += 1
                    case other:
                        count[type(other).__name__] += 1
        return count

    assert outcomes(Temper.INTERESTED)[Answer.INTERESTED] > 150
    assert outcomes(Temper.CURIOUS)[Answer.QUESTION] > 140
    assert outcomes(Temper.BUSY)[Answer.LATER] > 90
    assert outcomes(Temper.POLITE)[Answer.NOT_INTERESTED] > 130
    annoyed = outcomes(Temper.ANNOYED)
    assert annoyed[Answer.UNSUBSCRIBE] > 50
    assert annoyed["MarkSpam"] > 40
    assert annoyed["Unsubscribe"] > 50
    assert outcomes(Temper.MOVED_ON)[Answer.WRONG_PERSON] > 130
    silent = outcomes(Temper.SILENT)
    assert silent["Read"] > 100
    assert not set(silent) & set(Answer)
    assert outcomes(Temper.ABSENT)["AutoReply"] == 400


def test_out_of_office_is_sent_at_once_and_once_to_each_sender():
    away = Absence(MONDAY - timedelta(days=1), MONDAY + timedelta(days=4), (MONDAY + timedelta(days=4)).date())
    who = owner(absences=(away,))
    first = planned(who)
    (note,) = [timed for timed in first.acts if isinstance(timed.act, AutoReply)]
    assert note.at - MONDAY < timedelta(seconds=21)
    assert note.act == AutoReply(Automatic.OUT_OF_OFFICE, away.back)
    assert all(timed.at >= away.last for timed in first.acts if isinstance(timed.act, Read | Reply | Click))
    again = planned(who, number=2, relation=first.relation)
    assert "AutoReply" not in kinds(again)


def test_an_absence_has_one_return_date_which_is_a_working_day_at_home():
    who = owner(Temper.ABSENT)
    found = absence_at(who, MONDAY, seed=1)
    assert found is not None
    assert found == absence_at(who, MONDAY + timedelta(hours=30), seed=1)
    assert found.back.weekday() < 5
    assert found.back > MONDAY.date()
    shares = [absence_at(owner(address=f"p{n}@x.example"), MONDAY, seed=1) is not None for n in range(500)]
    assert 5 < sum(shares) < 60


def test_a_shared_mailbox_acknowledges_once_and_answers_nothing_else():
    who = owner(shared=True)
    first = planned(who)
    assert kinds(first) == ["AutoReply"]
    assert kinds(planned(who, number=2, relation=first.relation)) == []


def test_asking_to_be_left_alone_is_final():
    for seed in range(300):
        relation = Relation(answers=(Answer.UNSUBSCRIBE,), closed=True)
        for number in range(2, 5):
            made = planned(owner(), seed=seed, number=number, relation=relation)
            assert not {"Reply", "Click", "Unsubscribe"} & set(kinds(made))
            relation = made.relation
            assert relation.closed


def test_a_person_does_not_answer_each_follow_up_the_same_way():
    lengths: set[int] = set()
    for seed in range(200):
        relation = Relation()
        given: list[tuple[Answer, int]] = []
        for number in range(1, 9):
            made = planned(owner(), seed=seed, number=number, relation=relation)
            given += [(timed.act.answer, timed.act.nth) for timed in made.acts if isinstance(timed.act, Reply)]
            relation = made.relation
        assert len(given) == len(set(given)) <= 3
        lengths.add(len(given))
    assert lengths >= {2, 3}


def test_machines_come_first_a_scanner_within_seconds_and_a_prefetch_without_a_reader():
    (scan,) = [t for t in planned(owner(Temper.SILENT, scanned=True)).acts if isinstance(t.act, Scan)]
    assert scan.at - MONDAY < timedelta(seconds=9)
    gmail = planned(owner(prefetched=True)).acts[0]
    assert gmail.act == Prefetch(agents.GMAIL_PREFETCH)
    apple = [t for t in planned(owner(client=Client.IPHONE, prefetched=True)).acts if isinstance(t.act, Prefetch)]
    assert apple[0].act.user_agent == "Mozilla/5.0"


def test_mail_in_the_spam_folder_is_hardly_ever_seen_and_never_answered():
    seen = Counter(kind for seed in range(500) for kind in kinds(planned(owner(), seed=seed, in_spam=True)))
    assert seen["Read"] < 30
    assert set(seen) <= {"Read"}


def test_work_time_passes_in_working_hours_only_also_when_clocks_change():
    friday = datetime(2026, 1, 9, 16, 30, tzinfo=UTC)  # half past five in Berlin
    assert after_work_time(friday, timedelta(hours=1), BERLIN) == datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
    assert after_work_time(friday, timedelta(hours=1), BERLIN, POCKET) == friday + timedelta(hours=1)
    before_summer_time = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    assert after_work_time(before_summer_time, timedelta(hours=1), BERLIN, POCKET) == datetime(
        2026, 3, 29, 5, 30, tzinfo=UTC
    )


# Carrying out


async def test_what_is_due_is_done_in_order_and_marks_the_mailbox():
    who = owner(prefetched=True, scanned=True)
    town = Town(who, seed=seed_of_a_reply(who))
    made = town.deliver(letter_bytes())
    assert made is not None
    assert "Reply" in kinds(made)
    assert town.people.next_due() == made.acts[0].at
    assert await town.pass_time(seconds=0) == 0
    await town.pass_time(seconds=10)
    methods = [method for method, *_ in town.fetched]
    assert methods.count("HEAD") == 3
    assert ("GET", "https://t.shop.example/u/9") in [(method, url) for method, url, *_ in town.fetched]
    assert not town.sent
    await town.pass_time(days=10)
    assert ("GET", "https://t.shop.example/o/1.gif", agents.GOOGLE_PROXY, None) in town.fetched
    ((envelope_from, to, answer),) = town.sent
    assert (envelope_from, to) == ("ann@north.example", SAM)
    assert answer["In-Reply-To"] == "<m1@shop.example>"
    box = town.boxes.mailbox("ann@north.example")
    assert {SEEN, ANSWERED} <= box.entries()[0].message.flags
    assert box.entries(Role.SENT)[0].message.message_id == answer["Message-ID"].encode()
    assert [done.act for done in town.people.done] == [timed.act for timed in made.acts]


async def test_scripts_force_any_act_on_the_newest_or_a_named_message():
    town = Town(owner(Temper.SILENT))
    for number in (1, 2):
        town.boxes.mailbox("ann@north.example").append(letter_bytes(number, extra=ONE_CLICK), MONDAY)
    force = town.people.force
    await force("ann@north.example", act_named({"act": "reply", "answer": "later", "text": "Ask again in May."}))
    assert town.sent[-1][2]["In-Reply-To"] == "<m2@shop.example>"
    assert "Ask again in May." in town.sent[-1][2].get_body(("plain",)).get_content()
    await force("ann@north.example", act_named({"act": "click"}), message_id="<m1@shop.example>")
    assert town.fetched[-1][:3] == ("GET", "https://t.shop.example/c/1", agents.CHROME)
    await force("ann@north.example", act_named({"act": "read"}))
    assert town.fetched[-1][2] == agents.GOOGLE_PROXY
    await force("ann@north.example", act_named({"act": "out_of_office", "back": "2026-02-02"}))
    assert town.sent[-1][0] == ""
    assert "2 February 2026" in town.sent[-1][2].get_content()
    await force("ann@north.example", MarkSpam())
    assert town.complaints == ["ann@north.example"]
    assert len(town.boxes.mailbox("ann@north.example").entries(Role.SPAM)) == 1
    with pytest.raises(NotFound):
        await force("nobody@north.example", Read())
    with pytest.raises(NotFound):
        await force("ann@north.example", Read(), message_id="<none@x>")
    for words in ({}, {"act": "dance"}, {"act": "reply", "answer": "maybe"}, {"act": "click", "url": 7}):
        with pytest.raises(Invalid):
            act_named(words)


async def test_each_way_to_leave_does_what_a_mail_program_does():
    town = Town(owner(Temper.SILENT))
    town.boxes.mailbox("ann@north.example").append(letter_bytes(extra=ONE_CLICK), MONDAY)
    url = "https://t.shop.example/u/9"
    await town.people.force("ann@north.example", Unsubscribe(Way.ONE_CLICK))
    assert town.fetched == [("POST", url, agents.GOOGLE_PROXY, b"List-Unsubscribe=One-Click")]
    town.pages[url] = (
        '<form method="post" action="/u/9/yes"><input type="hidden" name="t" value="a b">'
        '<input type=checkbox name=all value=1><button name="go" value="1">Leave</button></form>'
    )
    town.fetched.clear()
    await town.people.force("ann@north.example", Unsubscribe(Way.LINK))
    assert town.fetched == [
        ("GET", url, agents.CHROME, None),
        ("POST", "https://t.shop.example/u/9/yes", agents.CHROME, b"t=a+b&go=1"),
    ]
    await town.people.force("ann@north.example", Unsubscribe(Way.MAIL))
    _, to, mail = town.sent[-1]
    assert (to, mail["Subject"]) == ("stop@shop.example", "stop 9")
    assert first_form("<form><input name=a></form>") is None


async def test_answers_planned_before_somebody_leaves_are_not_sent():
    town = Town(owner(), seed=seed_of_a_reply(owner()))
    town.deliver(letter_bytes())
    await town.people.force("ann@north.example", Reply(Answer.UNSUBSCRIBE))
    await town.pass_time(days=10)
    assert len(town.sent) == 1


# Answers


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("client", list(Client))
def test_an_answer_holds_the_thread_together_and_quotes_in_the_manner_of_its_program(client: Client, language: str):
    letter = read_letter(letter_bytes(references="References: <a@x> <b@x>\r\nIn-Reply-To: <b@x>\r\n"))
    who = owner(client=client, language=language)
    occasion = Occasion(who, letter, MONDAY, MONDAY + timedelta(hours=3), 5)
    raw = reply(occasion, Reply(Answer.QUESTION, "Wie viel?"))
    assert raw == reply(occasion, Reply(Answer.QUESTION, "Wie viel?"))
    message = read(raw)
    assert message["References"] == "<a@x> <b@x> <m1@shop.example>"
    assert message["In-Reply-To"] == "<m1@shop.example>"
    assert message["Date"].datetime == MONDAY + timedelta(hours=3)
    assert message["Date"].datetime.utcoffset() == timedelta(hours=1)
    assert message["From"].addresses[0].addr_spec == who.address
    assert message["To"].addresses[0].addr_spec == SAM
    assert message["Subject"].endswith(" A quick idea")
    assert message["Message-ID"].startswith("<")
    text = message.get_body(("plain",)).get_content()
    assert "Wie viel?" in text
    if client in (Client.OUTLOOK, Client.OUTLOOK_PHONE):
        sender, sent, to, subject = LANGUAGES[language].outlook_fields
        assert f"{sender}: Lee, Sam <{SAM}>" in text
        assert all(f"\n{name}: " in text for name in (sent, to, subject))
    else:
        assert "> have a look." in text
        assert ">> old" in text or "> > old" in text
    if message.get_content_type() == "multipart/alternative":
        page = message.get_body(("html",)).get_content()
        marks = {Client.GMAIL: "gmail_quote", Client.ANDROID: "gmail_quote", Client.OUTLOOK: "MsoNormal"}
        assert marks.get(client, "") in page
        assert "Wie viel?" in page
    if client is Client.IPHONE:
        assert LANGUAGES[language].iphone in text


def test_there_are_ten_texts_of_every_kind_in_every_language_and_all_can_be_filled():
    assert sorted(LANGUAGES) == ["de", "en", "es", "fr", "it", "pl"]
    allowed = {"sender", "colleague", "colleague_address", "company", "back"}
    everything: Counter[str] = Counter()
    for language in LANGUAGES.values():
        for texts in (*language.answers.values(), language.out_of_office, language.acknowledgment):
            assert len(set(texts)) >= 10, language.code
            for text in texts:
                everything[text] += 1
                assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= allowed
        assert set(language.answers) == set(Answer)
        assert all("{back}" in text for text in language.out_of_office)
        assert all("{colleague_address}" in text for text in language.answers[Answer.WRONG_PERSON])
        assert len(language.months) == len(language.short_months) == 12
    print(f"texts: {len(everything)} different ones")


def test_a_wrong_person_names_the_right_one_and_an_absence_its_end_in_the_own_language():
    letter = read_letter(letter_bytes())
    occasion = Occasion(owner(language="de"), letter, MONDAY, MONDAY, 5)
    text = read(reply(occasion, Reply(Answer.WRONG_PERSON))).get_body(("plain",)).get_content()
    assert "bob@north.example" in text
    note = read(automatic(occasion, Automatic.OUT_OF_OFFICE, datetime(2026, 2, 2, tzinfo=UTC).date()))
    assert "02.02.2026" in note.get_content()
    assert note["Subject"] == "Automatische Antwort: A quick idea"
    assert note["X-Autoreply"] == "yes"
    alone = Occasion(owner(colleague=None), letter, MONDAY, MONDAY, 5)
    assert "None" not in read(reply(alone, Reply(Answer.WRONG_PERSON))).get_body(("plain",)).get_content()


@pytest.mark.parametrize("subject", ["Re: x", "RE: x", "AW: x", "Odp.: x", "R: x", "re[2]: x"])
def test_a_thread_has_one_prefix(subject: str):
    assert subject_of_answer(subject) == subject
    assert subject_of_answer("Reach: x") == "Re: Reach: x"


def test_owners_follow_from_the_people_of_the_world():
    company = next(one for one in World(seed=4, companies=20) if len(one.people) > 2 and one.generic)
    made = [owner_of(person, company, seed=4) for person in company.people]
    assert made == [owner_of(person, company, seed=4) for person in company.people]
    assert all(one.colleague is None or one.colleague.address != one.address for one in made)
    shared = owner_of_shared(company.generic[0], company, seed=4)
    assert shared.address == company.generic[0]
