"""What no address is, what leads nowhere and what leads in circles, through every door a verification has."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from mail_lab import MailLab, mail_lab

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.main import Start, open_house
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns_zones import Found
from fairlead_process import PROGRAM, Installation, new_installation
from front_door import FrontDoor, Tenant

DEADLINE_SECONDS = 60.0
NOT_VALID, UNKNOWN = "not_valid", "unknown"
LONG = "a" * 1000 + "@blue.example"
# Records of names that are there for this test alone.
RECORDS = {
    ("loopback.example", wire.MX): wire.mx("loopback.example", 10, "mx.loopback.example"),
    ("mx.loopback.example", wire.A): wire.address("mx.loopback.example", "127.0.0.1"),
    ("local.example", wire.MX): wire.mx("local.example", 10, "localhost"),
    # Two aliases of each other.
    ("circle.example", wire.CNAME): wire.cname("circle.example", "back.circle.example"),
    ("back.circle.example", wire.CNAME): wire.cname("back.circle.example", "circle.example"),
    # An MX host that is an alias of itself.
    ("around.example", wire.MX): wire.mx("around.example", 10, "mx.around.example"),
    ("mx.around.example", wire.CNAME): wire.cname("mx.around.example", "mx.around.example"),
    # A domain whose mail server is the domain, which has no address.
    ("self.example", wire.MX): wire.mx("self.example", 10, "self.example"),
}
# What is asked -> (status, whether it has the form of an address, the reason of an unknown one).
CASES = {
    "junk": (NOT_VALID, False, None),
    "two@at@signs.example": (NOT_VALID, False, None),
    "with blank@blue.example": (NOT_VALID, False, None),
    "ann@[127.0.0.1]": (NOT_VALID, False, None),
    "ann@localhost": (NOT_VALID, False, None),
    LONG: (NOT_VALID, False, None),
    "ann@loopback.example": (NOT_VALID, True, None),
    "ann@local.example": (NOT_VALID, True, None),
    "ann@self.example": (NOT_VALID, True, None),
    "ann@circle.example": (UNKNOWN, True, "connection_error"),
    "ann@around.example": (UNKNOWN, True, "connection_error"),
}
LOTS = (list(CASES)[:6], list(CASES)[6:])  # at most ten in a request


@dataclass
class Yard:
    lab: MailLab
    installation: Installation

    async def ran(self, *command: object, given: str = "") -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=self.installation.folder, env=self.installation.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(given.encode()), DEADLINE_SECONDS)
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture(scope="module")
async def yard() -> AsyncIterator[Yard]:
    async with mail_lab(["reject_unknown:postfix"]) as lab:
        usual = lab.net.zones.lookup

        def lookup(name: str, type: int):
            record = RECORDS.get((name, type)) or RECORDS.get((name, wire.CNAME))
            return usual(name, type) if record is None else Found((record,))

        lab.net.zones.lookup = lookup
        with new_installation() as installation:
            installation.settings |= {
                "FAIRLEAD_NAMESERVER": lab.net.name_server,
                "FAIRLEAD_ALLOWED_NETWORKS": "127.64.0.0/10",
                "FAIRLEAD_PORT_MAP": f"25={lab.net.port_map[25]}",
            }
            yield Yard(lab, installation)


@pytest.fixture
async def tenant(yard, conninfo, tmp_path) -> AsyncIterator[Tenant]:
    settings = replace(yard.lab.world.settings, database_url=conninfo, data=tmp_path)
    async with open_house(settings, Start(serves=True)) as house, FrontDoor.opened(house) as door:
        made = await door.workspace(credits_given=Decimal(100))
        yield made


def nobody_was_connected_to(yard) -> bool:
    return not yard.lab.net.smtp.counts["connections"]


async def test_endpoint_26_answers_each_and_charges_each_once(yard, tenant):
    told = {}
    for lot in LOTS:
        started = await tenant.post("/v2/email-verification/start", emails=[*lot, lot[0], lot[-1]])
        assert started.status == 200, started.body
        await run_due_jobs(tenant.door.world, HANDLERS)
        result = await tenant.get("/v2/email-verification/result", task_hash=started.body["data"]["task_hash"])
        assert result.body["status"] == "completed"
        told |= {row["email"]: row["result"] for row in result.body["data"]}
        assert len(result.body["data"]) == len(lot)
    shown = {
        email: (row["smtp_status"], row["is_valid_format"], row.get("unknown_status_reason"))
        for email, row in told.items()
    }
    assert shown == CASES
    assert await tenant.balance() == 100 - len(CASES)
    assert nobody_was_connected_to(yard)


@pytest.mark.parametrize("door", ["/v2/email-verification/start", "/v1/add-emails-to-verification"])
async def test_eleven_addresses_are_refused_and_cost_nothing(tenant, door):
    refused = await tenant.post(door, emails=[f"ann{number}@blue.example" for number in range(11)])
    assert refused.status == 422
    assert "10" in json.dumps(refused.body["errors"]["emails"])
    assert await tenant.balance() == 100


async def test_endpoints_82_and_81_answer_each_and_charge_what_is_definite(yard, tenant):
    shown = {}
    for lot in LOTS:
        added = await tenant.post("/v1/add-emails-to-verification", emails=[*lot, lot[0]])
        assert added.body == {"success": True} | {email: {"sent": True} for email in lot}
        await run_due_jobs(tenant.door.world, HANDLERS)
        status = await tenant.post("/v1/get-emails-verification-status", emails=lot)
        for email in lot:
            assert status.body[email]["status"]["identifier"] == "complete", email
            data = status.body[email]["data"]
            reason = "connection_error" if data["isConnectionError"] else None
            shown[email] = (data["smtpStatus"], data["isValidFormat"], reason)
    assert shown == CASES
    definite = sum(status == NOT_VALID for status, _, _ in CASES.values())
    for minutes in (6, 10, 15, 30, 180):  # whose name servers gave no answer is asked about again
        await tenant.door.pass_time(minutes=minutes)
        await run_due_jobs(tenant.door.world, HANDLERS)
    assert await tenant.balance() == 100 - definite
    assert nobody_was_connected_to(yard)


def rows_of(out: str) -> dict[str, tuple[str, bool, str | None]]:
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(CASES)
    return {
        row["email"]: (
            row["smtp_status"],
            row["is_valid_format"] == "true",
            "connection_error" if row["is_connection_error"] == "true" else None,
        )
        for row in rows
    }


async def test_the_command_line_answers_each_once(yard):
    code, out, err = await yard.ran(PROGRAM, "verify", *CASES, "junk", "ann@loopback.example")
    assert (code, rows_of(out)) == (0, CASES), err
    assert nobody_was_connected_to(yard)


async def test_a_file_is_answered_line_by_line(yard):
    lines = "".join(f"{address}\n" for address in [*CASES, "junk", "ann@circle.example"])
    code, out, err = await yard.ran(PROGRAM, "verify", "--file", "-", given=lines)
    assert (code, rows_of(out)) == (0, CASES), err
    assert nobody_was_connected_to(yard)


async def test_a_program_gets_a_verdict_for_each_in_its_order(yard):
    asked = [*CASES, "junk", "ann@loopback.example"]
    program = (
        "import fairlead, json\n"
        f"for verdict in fairlead.verify({asked!r}):\n"
        "    reason = verdict.unknown_reason\n"
        "    print(json.dumps([verdict.address, verdict.smtp_status, verdict.flags.is_valid_format, reason]))\n"
    )
    code, out, err = await yard.ran(sys.executable, "-W", "error", "-c", program)
    assert code == 0, err
    told = [json.loads(line) for line in out.splitlines()]
    assert [row[0] for row in told] == asked
    assert {row[0]: tuple(row[1:]) for row in told} == CASES
    assert nobody_was_connected_to(yard)
