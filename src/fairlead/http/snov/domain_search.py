"""Endpoints 2 to 11, 18 and 76: who is at a domain. Contract sections 5, 7 and 18."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fairlead.accounts import actions as accounts
from fairlead.corpus import actions as corpus
from fairlead.corpus.model import KnownAddress
from fairlead.finder import actions as finder
from fairlead.finder.model import Task
from fairlead.http.params import LARGEST_ID
from fairlead.http.request import Answer
from fairlead.http.snov import searches
from fairlead.http.snov.dialect import Ask, connects_by_itself, message
from fairlead.http.snov.searches import is_over, link, shows, status
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import AddressStatus, SmtpStatus
from fairlead.world import World

BASE = "/v2/domain-search"
TABS = {"domain_emails": ("emails", "domain-emails"), "domain_generic": ("service", "generic-contacts")}
MOST_POSITIONS = 10
LARGEST_PAGE = 100_000
INVALID_DOMAIN = "Invalid domain"
EMAILS_SHOWN = 10
MOST_EMAILS_SHOWN = 100
EMAILS_A_CREDIT = 10
KINDS_OF_76 = {"all": None, "personal": False, "generic": True}
PROFILE = "https://www.linkedin.com/"


def _domain(ask: Ask) -> str | Answer:
    """The domain asked for, or the answer for what is none (contract section 5)."""
    given = ask.params.required_text("domain")
    try:
        return corpus.normalized_domain(given)
    except ValueError:
        return message(400, INVALID_DOMAIN)


# 2 and 3: the company.


@connects_by_itself
async def start_domain_search(ask: Ask) -> dict[str, Any] | Answer:
    domain = _domain(ask)
    if isinstance(domain, Answer):
        return domain
    request = {"domain": domain}
    task = await searches.start(ask, "domain", request, [finder.domain_charge(request)])
    return searches.started(ask.world, task, f"{BASE}/result", domain=domain)


@connects_by_itself
async def domain_search_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "domain")


@shows("domain")
def company_body(world: World, task: Task) -> dict[str, Any]:
    domain = task.request["domain"]
    result = task.result or {"company": None, "counts": [0, 0, 0]}
    people, emails, generic = result["counts"]
    company = result["company"]
    data: Any = None
    if is_over(task):
        data = [] if company is None else _company(company)
    links = {
        name: link(world, f"{BASE}/{path}/start?{urlencode({'domain': domain})}")
        for name, path in (
            ("prospects", "prospects"), ("domain_emails", "domain-emails"), ("generic_contacts", "generic-contacts")
        )
    }  # fmt: skip
    return {
        "data": data,
        "meta": {
            "domain": domain,
            "task_hash": task.token,
            "prospects_count": people,
            "emails_count": emails,
            "generic_contacts_count": generic,
        },
        "links": links if is_over(task) else [],
        "status": status(task),
    }


def _company(company: dict[str, Any]) -> dict[str, Any]:
    founded, phone = company["founded"], company["phone"]
    return {
        "company_name": company["name"],
        "city": company["city"],
        "founded": None if founded is None else str(founded),
        "website": company["site"],
        "hq_phone": None if phone is None else phone.lstrip("+"),
        "industry": company["industry"],
        "size": company["size"],
        "related_domains": company["related"],
    }


# 4 and 5: its people.


@connects_by_itself
async def start_prospects(ask: Ask) -> dict[str, Any] | Answer:
    domain = _domain(ask)
    if isinstance(domain, Answer):
        return domain
    positions = ask.params.texts("positions")
    if len(positions) > MOST_POSITIONS:
        raise Invalid(
            "too_many_positions", f"The positions may not have more than {MOST_POSITIONS} items.", field="positions"
        )
    page = ask.params.integer("page", least=1, most=LARGEST_PAGE) or 1
    request = {"domain": domain, "positions": positions, "page": page}
    task = await searches.start(ask, "domain_people", request, [finder.people_charge(request)])
    return searches.started(
        ask.world, task, f"{BASE}/prospects/result", domain=domain, tab="prospects", page=page, positions=positions
    )


@connects_by_itself
async def prospects_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "domain_people")


@shows("domain_people")
def people_body(world: World, task: Task) -> dict[str, Any]:
    request = task.request
    result = task.result or {"people": [], "total": 0}
    hashes = searches.prospect_hashes(world, "domain")
    shown = (request["page"] - 1) * finder.PEOPLE_PER_PAGE + len(result["people"])
    following = ""
    if result["people"] and shown < result["total"]:
        query = [("domain", request["domain"]), ("page", str(request["page"] + 1))]
        query += [("positions[]", position) for position in request["positions"]]
        following = link(world, f"{BASE}/prospects/start?{urlencode(query)}")
    return {
        "data": [
            {
                "first_name": person["first_name"],
                "last_name": person["last_name"],
                "position": person["position"] or "",
                "source_page": PROFILE + person["profile"] if person["profile"] else person["page"] or "",
                "search_emails_start": link(
                    world,
                    f"{BASE}/prospects/search-emails/start/{hashes.long(task.workspace_id, person['id'])}",
                ),
            }
            for person in result["people"]
        ],
        "meta": {
            "domain": request["domain"],
            "tab": "prospects",
            "task_hash": task.token,
            "page": request["page"],
            "positions": request["positions"],
            "total_count": result["total"],
        },
        "links": {"next": following} if is_over(task) else [],
        "status": status(task),
    }


# 6 and 7: the addresses of one of them.


@connects_by_itself
async def start_search_emails(ask: Ask) -> dict[str, Any]:
    return await _start_emails(ask, "domain", "person_emails", f"{BASE}/prospects/search-emails/result")


@connects_by_itself
async def start_reveal(ask: Ask) -> dict[str, Any]:
    """Endpoint 14, with its own hashes."""
    return await _start_emails(ask, "database", "reveal", "/v2/database-search/prospects/search-emails/result")


async def _start_emails(ask: Ask, door: str, kind: str, path: str) -> dict[str, Any]:
    given = ask.path.get("prospect_hash") or ask.path["task_hash"]
    person_id = searches.prospect_hashes(ask.world, door).find_long(given, ask.workspace_id)
    if person_id is None:
        raise NotFound("unknown_prospect", "There is no such prospect.", field="prospect_hash")
    request = {"person_id": person_id}
    task = await searches.start(ask, kind, request, [finder.person_charge(kind, request)])
    return searches.started(ask.world, task, path)


@connects_by_itself
async def search_emails_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "person_emails")


@connects_by_itself
async def reveal_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "reveal")


@shows("person_emails")
def emails_body(world: World, task: Task) -> dict[str, Any]:
    return _found_emails(task, {})


@shows("reveal")
def reveal_body(world: World, task: Task) -> dict[str, Any]:
    person = task.result
    if person is None:
        return _found_emails(task, {})
    return _found_emails(
        task,
        {
            "first_name": person["first_name"],
            "last_name": person["last_name"],
            "linkedin_url": PROFILE.replace("www.", "") + person["profile"] if person["profile"] else None,
        },
    )


def _found_emails(task: Task, about: dict[str, Any]) -> dict[str, Any]:
    data = None
    if is_over(task):
        result = task.result
        at = datetime.fromisoformat(result["at"])
        data = {
            "searching_date": at.strftime("%Y-%m-%d %H:%M:%S"),
            **about,
            "emails": [{"email": email, "smtp_status": found} for email, found in result["emails"]],
        }
    return {"data": data, "meta": {"task_hash": task.token}, "links": [], "status": status(task)}


# 8 to 11: addresses.


@connects_by_itself
async def start_domain_emails(ask: Ask) -> dict[str, Any] | Answer:
    return await _start_addresses(ask, "domain_emails")


@connects_by_itself
async def start_generic_contacts(ask: Ask) -> dict[str, Any] | Answer:
    return await _start_addresses(ask, "domain_generic")


async def _start_addresses(ask: Ask, kind: str) -> dict[str, Any] | Answer:
    domain = _domain(ask)
    if isinstance(domain, Answer):
        return domain
    tab, path = TABS[kind]
    cursor = (ask.params.text("next") or "").strip()
    after = 0
    if cursor:
        found = searches.cursors(ask.world, domain, tab).find_long(cursor, ask.workspace_id)
        if found is None:
            raise Invalid("bad_cursor", "The next is not a cursor of this search.", field="next")
        after = found
    request = {"domain": domain, "generic": kind == "domain_generic", "after": after, "next": cursor}
    task = await searches.start(ask, kind, request, [finder.addresses_charge(request)])
    return searches.started(ask.world, task, f"{BASE}/{path}/result", domain=domain, tab=tab, next=cursor)


@connects_by_itself
async def domain_emails_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "domain_emails")


@connects_by_itself
async def generic_contacts_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "domain_generic")


@shows("domain_emails", "domain_generic")
def addresses_body(world: World, task: Task) -> dict[str, Any]:
    domain = task.request["domain"]
    tab, path = TABS[task.kind]
    result = task.result or {"emails": [], "next": None, "total": 0}
    cursor = following = ""
    if result["next"] is not None:
        cursor = searches.cursors(world, domain, tab).long(task.workspace_id, result["next"])
        following = link(world, f"{BASE}/{path}/start?{urlencode({'domain': domain, 'next': cursor})}")
    return {
        "data": [{"email": email} for email in result["emails"]],
        "meta": {
            "domain": domain,
            "tab": tab,
            "task_hash": task.token,
            "next": cursor,
            "total_count": result["total"],
        },
        "links": {"next": following} if is_over(task) else [],
        "status": status(task),
    }


# 18: how many.


async def domain_emails_count(ask: Ask) -> dict[str, Any] | Answer:
    domain = _domain(ask)
    if isinstance(domain, Answer):
        return domain
    counts = await corpus.counts(ask.conn, ask.workspace_id, domain)
    return {"success": True, "domain": domain, "webmail": corpus.is_private_mail(domain), "result": counts.addresses}


# 76: addresses with their people, at once.


@connects_by_itself
async def domain_emails_with_info(ask: Ask) -> dict[str, Any] | Answer:
    domain = _domain(ask)
    if isinstance(domain, Answer):
        return domain
    params = ask.params
    kind = (params.text("type") or "all").strip().lower()
    if kind not in KINDS_OF_76:
        raise Invalid("bad_type", "The type must be one of all, personal, generic.", field="type")
    limit = params.integer("limit", least=1, most=MOST_EMAILS_SHOWN) or EMAILS_SHOWN
    after = params.integer("lastId", most=LARGEST_ID) or 0
    positions = params.texts("positions")
    async with ask.world.db.transaction() as conn:
        now = ask.world.clock.now()
        found = await corpus.known_addresses(
            conn,
            ask.workspace_id,
            domain,
            now,
            generic=KINDS_OF_76[kind],
            positions=positions,
            after=after,
            limit=limit,
            with_pages=True,
        )
        if not found:
            return _nothing_of_76(limit, webmail=corpus.is_private_mail(domain))
        tens = -(-len(found) // EMAILS_A_CREDIT)
        charges = [
            accounts.request_key("domain-emails-with-info", domain, kind, sorted(positions), after, limit, ten)
            for ten in range(tens)
        ]
        try:
            reservation = await accounts.reserve(conn, ask.workspace_id, charges, now)
        except LimitReached as refusal:
            return message(400, refusal.sentence)
        await accounts.settle(conn, reservation, charges, now, note=f"addresses of {domain}")
        counts = await corpus.counts(conn, ask.workspace_id, domain)
        company = await corpus.company(conn, ask.workspace_id, domain)
        statuses = await verifier.address_statuses(conn, ask.workspace_id, [one.address for one in found])
    name = (company.name if company else None) or ""
    total = {None: counts.addresses, False: counts.emails, True: counts.generic}[KINDS_OF_76[kind]]
    return {
        "success": True,
        "domain": domain,
        "webmail": False,
        "result": total,
        "lastId": found[-1].id,
        "limit": limit,
        "companyName": name,
        "emails": [_with_info(one, name, statuses[one.address]) for one in found],
    }


def _nothing_of_76(limit: int, *, webmail: bool) -> dict[str, Any]:
    return {
        "success": False,
        "domain": "",
        "webmail": webmail,
        "result": 0,
        "lastId": 0,
        "limit": limit,
        "companyName": "",
        "emails": [],
    }


def _with_info(known: KnownAddress, company: str, verification: AddressStatus) -> dict[str, Any]:
    verdict = verification.verdict
    verified = verdict is not None and verdict.smtp_status is SmtpStatus.VALID
    status_word = "verified" if verified or known.facts.verified_at is not None else "notVerified"
    if known.person_id is None:
        return {"email": known.address, "type": "email", "status": status_word}
    return {
        "email": known.address,
        "firstName": known.first_name or "",
        "lastName": known.last_name or "",
        "position": known.position or "",
        "sourcePage": PROFILE + known.profile if known.profile else known.source_page or "",
        "companyName": company,
        "type": "prospect",
        "status": status_word,
    }
