"""Two workspaces never see each other: every live route is walked with the other one's ids."""

from dataclasses import dataclass

import pytest

from fairlead.accounts.plans import UNLIMITED
from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.corpus.findings import Method, PageFindings, PersonFinding
from fairlead.corpus.model import SourceKind
from fairlead.http.snov.endpoints import ENDPOINTS
from fairlead.prospects import actions as prospects
from fairlead.webhooks import actions as webhooks
from lead_evidence import Corpus

SECRET = "zanzibar"


@dataclass(frozen=True)
class Owned:
    """What the other workspace has, as its own callers name it."""

    list_id: int
    short: str
    long: str
    do_not_email_list_id: int
    task: str
    mailbox_id: int
    campaign_id: int
    webhook_id: int
    search: str
    email: str = f"{SECRET}@{SECRET}.example"


# For each live endpoint what a stranger may ask with the ids of the other workspace.
SEARCHED = {"domain": f"{SECRET}.example"}
FILTERS = {"company": {"name": {"include": ["Tanganyika"]}}}
CONTENT = {"subject": "Taken", "body": "Taken", "plain_text": False, "usage": "active"}
SEQUENCE = {
    "title": "Mine",
    "priority": "low",
    "complete_campaign_after_last_step": True,
    "archive_in_months": 1,
    "recipients": {"list_id": 1},
    "sequence": {"entry": "a", "steps": [{"_ref": "a", "type": "email", "content_slots": 1, "next": None}]},
}
WALK = {
    "2": lambda owned: [SEARCHED],
    "3": lambda owned: [{}],
    "4": lambda owned: [SEARCHED, SEARCHED | {"positions": ["tester"]}],
    "5": lambda owned: [{}],
    "6": lambda owned: [{}],
    "7": lambda owned: [{}],
    "8": lambda owned: [SEARCHED],
    "9": lambda owned: [{}],
    "10": lambda owned: [SEARCHED],
    "11": lambda owned: [{}],
    "12": lambda owned: [{"filters": FILTERS}, {"filters": {"prospect": {"last_name": "Tanganyika"}}}],
    "13": lambda owned: [{}],
    "14": lambda owned: [{}],
    "15": lambda owned: [{}],
    "16": lambda owned: [{"filters": FILTERS}],
    "17": lambda owned: [{}],
    "18": lambda owned: [SEARCHED],
    "76": lambda owned: [SEARCHED, SEARCHED | {"type": "personal", "limit": 100}],
    "19": lambda owned: [{"rows": [{"first_name": SECRET, "last_name": "Lee", "domain": f"{SECRET}.example"}]}],
    "20": lambda owned: [{"task_hash": owned.search}],
    "21": lambda owned: [{"names": [SECRET]}],
    "22": lambda owned: [{"task_hash": owned.search}],
    "23": lambda owned: [{"urls": [f"https://www.linkedin.com/in/{SECRET}"]}],
    "24": lambda owned: [{"task_hash": owned.search}],
    "25": lambda owned: [{"email": owned.email}],
    "77": lambda owned: [{"firstName": SECRET, "lastName": "Lee", "domain": f"{SECRET}.example"}],
    "78": lambda owned: [{"firstName": SECRET, "lastName": "Lee", "domain": f"{SECRET}.example"}],
    "79": lambda owned: [{"url": f"https://www.linkedin.com/in/{SECRET}"}],
    "80": lambda owned: [{"url": f"https://www.linkedin.com/in/{SECRET}"}],
    "A4": lambda owned: [{"email": owned.email}],
    "A10": lambda owned: [{"task_hash": owned.search}],
    "A11": lambda owned: [{"task_hash": owned.search}],
    "A12": lambda owned: [{"task_hash": owned.search}],
    "26": lambda owned: [{"emails": [owned.email]}],
    "27": lambda owned: [{"task_hash": owned.task}],
    "A13": lambda owned: [{"task_hash": owned.task}],
    "81": lambda owned: [{"emails": [owned.email]}],
    "82": lambda owned: [{"emails": [owned.email]}],
    "28": lambda owned: [{"email_from": f"new@{SECRET}.example"}],
    "29": lambda owned: [{}],
    "30": lambda owned: [{"limitation": 7}, {"tags": None}, {"password": "x"}],
    "31": lambda owned: [{"sender_account_id": owned.mailbox_id}],
    "49": lambda owned: [{"emails": [owned.email]}],
    "50": lambda owned: [
        {"email": owned.email, "campaign_id": owned.campaign_id, "status": status} for status in ("Paused", "Unsubscribed")
    ],
    "58": lambda owned: [{"campaignId": owned.campaign_id}],
    "A8": lambda owned: [{}],
    "38": lambda owned: [{}],
    "39": lambda owned: [
        SEQUENCE | {"recipients": {"list_id": owned.list_id}},
        SEQUENCE | {"email_accounts": [owned.mailbox_id]},
    ],
    "40": lambda owned: [{}],
    "41": lambda owned: [{"title": "Taken"}, {"email_accounts": []}, {"recipients": {"list_id": owned.list_id}}],
    "42": lambda owned: [{}],
    "43": lambda owned: [{"action": "pause"}, {"action": "archived"}],
    "44": lambda owned: [{}],
    "45": lambda owned: [{"content_id": 1, **CONTENT}],
    "46": lambda owned: [{}],
    "47": lambda owned: [CONTENT],
    "48": lambda owned: [{}],
    "A1": lambda owned: [SEQUENCE | {"recipients": {"list_id": owned.list_id}}],
    "A2": lambda owned: [{"state": "pause"}],
    "A9": lambda owned: [{}],
    "52": lambda owned: [{"items": ["x.example"], "listId": owned.do_not_email_list_id}, {"items": [owned.email]}],
    "53": lambda owned: [{}, {"listId": owned.do_not_email_list_id}],
    "62": lambda owned: [
        {"listId": owned.list_id, "email": owned.email},
        {"listId": owned.list_id, "email": owned.email, "updateContact": 1, "fullName": "Changed"},
        {"listId": owned.list_id, "email": owned.email, "createDuplicates": 1},
        {"listId": owned.list_id, "email": "new@x.example", "customFields": {f"{SECRET} field": "x"}},
        {"listId": owned.list_id, "socialLinks": {"linkedIn": f"https://www.linkedin.com/in/{SECRET}"}},
    ],
    "63": lambda owned: [{"id": owned.short}, {"id": owned.short.rstrip("=")}, {"id": owned.long}],
    "64": lambda owned: [{"email": owned.email}, {"email": owned.email.upper()}],
    "65": lambda owned: [{}],
    "66": lambda owned: [{}],
    "67": lambda owned: [{"listId": owned.list_id}, {"listId": owned.list_id, "perPage": 5_000}],
    "68": lambda owned: [{"name": f"{SECRET} list"}],
    "71": lambda owned: [{}],
    "72": lambda owned: [{}],
    "73": lambda owned: [{"event": "email_replied", "endpoint_url": f"https://{SECRET}.example/hook"}],
    "74": lambda owned: [{"status": "deactivated"}, {"status": "active"}],
    "75": lambda owned: [{}],
}
# Whose number stands in a path, by what follows its version.
NUMBERS = {"webhooks": "webhook_id", "campaigns": "campaign_id", "sender-accounts": "mailbox_id"}
TOKEN_ENDPOINTS = {"1", "A14"}


@pytest.fixture
async def other(house):
    return await house.workspace(name=f"{SECRET} workspace", owner=f"{SECRET}@owner.example", plan_name="free")


@pytest.fixture
async def owned(house, other):
    list_id = await other.list(f"{SECRET} list")
    await other.custom_field(f"{SECRET} field")
    added = await other.post(
        "/v1/add-prospect-to-list",
        listId=list_id,
        email=Owned.email,
        fullName=f"{SECRET} Lee",
        socialLinks={"linkedIn": f"https://www.linkedin.com/in/{SECRET}"},
    )
    page = await other.post("/v1/prospect-list", listId=list_id)
    async with house.world.db.transaction() as conn:
        named = await prospects.create_do_not_email_list(
            conn, other.workspace_id, f"{SECRET} stop", other.made.user_id, stops_all=True, now=house.world.clock.now()
        )
        hook = await webhooks.create_webhook(
            house.world,
            conn,
            other.workspace_id,
            plan=UNLIMITED,
            member_id=other.made.user_id,
            url=f"https://{SECRET}.example/hook",
            name="email_replied",
        )
    await other.post("/v1/do-not-email-list", items=[f"stopped@{SECRET}.example"], listId=named)
    task = await other.post("/v2/email-verification/start", emails=[Owned.email])
    known = PersonFinding(f"{SECRET} Lee", SECRET, "Tanganyika", Method.IMPORT, "Tester", Owned.email)
    row = PageFindings("row 1", house.world.clock.now(), "", (), (known,))
    await Corpus(house).record(row, uri=f"{SECRET}.csv", kind=SourceKind.IMPORT, owner=other.workspace_id)
    search = await other.post(
        "/v2/emails-by-domain-by-name/start",
        rows=[{"first_name": SECRET, "last_name": "Lee", "domain": f"{SECRET}.example"}],
    )
    mailbox = await other.post(
        "/v2/sender-accounts/emails",
        sender_name=f"{SECRET} Lee",
        email_from=Owned.email,
        password=SECRET,
        smtp={"host": f"smtp.{SECRET}.example", "port": 465, "encryption": "ssl"},
    )
    return Owned(
        list_id,
        added.body["id"],
        page.body["prospects"][0]["id"],
        named,
        task.body["data"]["task_hash"],
        mailbox.body["data"]["id"],
        await campaign_of(house, other, list_id),
        hook.id,
        search.body["data"]["task_hash"],
    )


async def campaign_of(house, other, list_id):
    """An active campaign whose only recipient is the one of the list."""
    now = house.world.clock.now()
    async with house.world.db.transaction() as conn:
        cur = await conn.execute(
            """
            insert into campaigns (workspace_id, token, title, status, status_at, priority, tracks_opens, tracks_clicks,
                                   settings, completes_after_last_step, archive_in_months, provider_matching, made_at, changed_at)
            values (%(workspace)s, %(title)s, %(title)s, 'active', %(now)s, 'low', false, false, '{}', false, 1, false,
                    %(now)s, %(now)s)
            returning id
            """,
            {"workspace": other.workspace_id, "title": f"{SECRET} {other.workspace_id}", "now": now},
        )
        (campaign,) = await cur.fetchone()
        await conn.execute("insert into campaign_lists values (%s, %s, %s)", [other.workspace_id, campaign, list_id])
        await conn.execute(
            """
            with version as (
              insert into campaign_versions (workspace_id, campaign_id, number, graph, checksum, made_at)
              values (%(workspace)s, %(campaign)s, 1, '{"entry":"1","nodes":[{"key":"1","type":"email","ports":{"next":null}}]}', '', %(now)s)
              returning id)
            update campaigns set current_version_id = version.id from version where campaigns.id = %(campaign)s
            """,
            {"workspace": other.workspace_id, "campaign": campaign, "now": now},
        )
        members = await prospects.prospects_in_list(conn, other.workspace_id, list_id)
        assert await enrollments.enroll_prospect(conn, other.workspace_id, list_id, members[0], now=now) == 1
    return campaign


async def seen_by(tenant, owned):
    """All that a workspace sees of itself."""
    pages = [
        await tenant.get("/v1/get-user-lists"),
        await tenant.get("/v1/prospect-custom-fields"),
        await tenant.get("/v2/blacklists"),
        await tenant.get("/v1/get-balance"),
        await tenant.get("/v2/sender-accounts/emails"),
        await tenant.call("GET", f"/v2/campaigns/{owned.campaign_id}/recipient", json={"emails": [owned.email]}),
        await tenant.get("/v2/campaigns"),
        await tenant.get(f"/v2/campaigns/{owned.campaign_id}"),
        await tenant.get("/v2/webhooks"),
        await tenant.post("/v1/prospect-list", listId=owned.list_id),
        await tenant.post("/v1/get-prospects-by-email", email=owned.email),
        await tenant.post("/v1/get-prospect-by-id", id=owned.long),
    ]
    return [page.body for page in pages]


def texts_in(value):
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in [key, *texts_in(inner)]]
    return [text for inner in value for text in texts_in(inner)] if isinstance(value, list) else [str(value)]


def live():
    return [endpoint for endpoint in ENDPOINTS if endpoint.handler is not None]


def test_every_live_endpoint_is_walked():
    assert {endpoint.number for endpoint in live()} == set(WALK) | TOKEN_ENDPOINTS


@pytest.mark.parametrize("endpoint", [e for e in live() if e.number in WALK], ids=lambda e: e.path)
async def test_a_stranger_sees_nothing_and_changes_nothing(house, other, owned, endpoint):
    stranger = await house.workspace()
    before, rows = await seen_by(other, owned), await other.rows()
    for fields in WALK[endpoint.number](owned):
        for method in endpoint.methods:
            number = NUMBERS.get(endpoint.path.split("/")[2], "mailbox_id")
            path = endpoint.path.replace("{task_hash}", owned.task).replace("{id}", str(getattr(owned, number)))
            path = path.replace("{prospect_hash}", owned.long).replace("{step_id}", "1").replace("{content_id}", "10")
            answered = await stranger.call(method, path, json=fields)
            assert answered.status in (200, 400, 404, 422)
            shown = str(answered.body)
            for told in texts_in(fields):  # what was asked may be said again
                shown = shown.replace(told, "")
            assert SECRET not in shown
            assert owned.short not in shown
    assert await seen_by(other, owned) == before
    assert await other.rows() == rows


async def test_the_ids_of_another_workspace_answer_as_unknown_ones_do(house, other, owned):
    stranger = await house.workspace()

    async def answers(list_id, short, long, stop_list):
        asked = [
            await stranger.post("/v1/prospect-list", listId=list_id),
            await stranger.post("/v1/add-prospect-to-list", listId=list_id, email="new@x.example"),
            await stranger.post("/v1/do-not-email-list", items="x.example", listId=stop_list),
            await stranger.post("/v1/get-prospect-by-id", id=short),
            await stranger.post("/v1/get-prospect-by-id", id=long),
        ]
        return [(a.status, str(a.body).replace(short, "ID").replace(long, "ID")) for a in asked]

    theirs = await answers(owned.list_id, owned.short, owned.long, owned.do_not_email_list_id)
    nobodys = await answers(10**9, "A" * 22 + "==", "0" * 74, 10**9)
    assert theirs == nobodys


async def test_a_token_opens_its_own_workspace_only(house, other, owned):
    stranger = await house.workspace()
    assert (await stranger.get("/v1/get-balance")).body["data"]["balance"] == "1000000.00"
    mixed = await stranger.call("GET", "/v1/get-balance", params={"access_token": other.token})
    assert mixed.body["data"]["balance"] == "1000000.00"  # the header goes first
    crossed = {
        "grant_type": "client_credentials",
        "client_id": stranger.made.client_id,
        "client_secret": other.made.client_secret,
    }
    assert (await house.request("POST", "/v1/oauth/access_token", data=crossed)).status == 401


async def test_both_may_have_the_same_person_and_the_same_names(house, other, owned):
    stranger = await house.workspace()
    list_id = await stranger.list(f"{SECRET} list")
    added = await stranger.post("/v1/add-prospect-to-list", listId=list_id, email=owned.email, fullName="Mine")
    assert (added.status, added.body["added"]) == (200, True)
    assert added.body["id"] != owned.short
    mine = (await stranger.post("/v1/get-prospects-by-email", email=owned.email)).body["data"]
    assert [(person["name"], [item["id"] for item in person["lists"]]) for person in mine] == [("Mine", [list_id])]
    theirs = (await other.post("/v1/get-prospects-by-email", email=owned.email)).body["data"]
    assert [person["name"] for person in theirs] == [f"{SECRET} Lee"]
