"""`fairlead serve --sandbox` and `fairlead sandbox`, as processes."""

import asyncio
import contextlib
import imaplib
import json
import os
import signal
import smtplib
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg

READY_SECONDS = 40.0


class Program:
    def __init__(self, process: asyncio.subprocess.Process, line: dict[str, Any]) -> None:
        self.process = process
        self.line = line


@contextlib.asynccontextmanager
async def program(*words: str, **environment: str) -> AsyncIterator[Program]:
    """A `fairlead` command that has printed its line; interrupted at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fairlead",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")} | environment,
    )
    try:
        async with asyncio.timeout(READY_SECONDS):
            line = await process.stdout.readline()
        assert line, (await process.stderr.read()).decode()
        yield Program(process, json.loads(line))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), READY_SECONDS)


def call(url: str, words: dict[str, Any] | None = None) -> Any:
    body = None if words is None else json.dumps(words).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=70) as answer:
        return json.load(answer)


async def asked(url: str, words: dict[str, Any] | None = None) -> Any:
    return await asyncio.to_thread(call, url, words)


def answers(url: str) -> bool:
    try:
        call(url)
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


async def business_now(conninfo: str) -> str:
    async with await psycopg.AsyncConnection.connect(conninfo) as conn:
        cur = await conn.execute("select to_char(latest at time zone 'UTC', 'YYYY-MM-DD') from business_clock")
        return (await cur.fetchone())[0]


async def test_a_server_lives_in_its_sandbox_and_both_have_one_clock(conninfo, tmp_path: Path):
    where = {"FAIRLEAD_DATABASE_URL": conninfo}
    serve = ("serve", "--port", "0", "--json", "--data", str(tmp_path))
    async with program(*serve, "--sandbox", "--seed", "7", "--companies", "5", **where) as server:
        assert set(server.line) == {"base_url", "control_url"}
        assert await asked(f"{server.line['base_url']}/readyz") == {"status": "ready", "mode": "sandbox"}
        world = await asked(f"{server.line['control_url']}/world.json")
        assert (world["seed"], len(world["companies"]), world["now"][:10]) == (7, 5, "2026-01-05")
        moved = await asked(f"{server.line['control_url']}/clock", {"to": "2026-02-01T12:00:00Z"})
        assert moved["idle"]
        assert moved["now"][:13] == "2026-02-01T12"
        assert await business_now(conninfo) == "2026-02-01"
    assert server.process.returncode == 0
    assert not await asyncio.to_thread(answers, f"{server.line['control_url']}/overview.json")
    async with program(*serve, "--sandbox", **where) as server:
        assert (await asked(f"{server.line['control_url']}/overview.json"))["now"] >= "2026-02-01T12"
    refused = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fairlead", *serve), stderr=asyncio.subprocess.PIPE, env={**os.environ, **where}
    )
    _, said = await asyncio.wait_for(refused.communicate(), READY_SECONDS)
    assert refused.returncode == 1
    assert b"belongs to a sandbox installation" in said


async def test_the_sandbox_ends_with_a_server_that_was_killed(conninfo, tmp_path: Path):
    words = ("serve", "--sandbox", "--port", "0", "--json", "--companies", "3", "--data", str(tmp_path))
    async with program(*words, FAIRLEAD_DATABASE_URL=conninfo) as server:
        server.process.kill()
        await server.process.wait()
        async with asyncio.timeout(15):
            while await asyncio.to_thread(answers, f"{server.line['control_url']}/overview.json"):
                await asyncio.sleep(0.05)


async def test_a_sandbox_alone_prints_one_line_with_all_one_needs():
    async with program("sandbox", "--json", "--seed", "3", "--companies", "8") as sandbox:
        line = sandbox.line
        assert set(line) == {"settings", "control_url", "dns"}
        assert set(line["settings"]) == {
            "FAIRLEAD_NAMESERVER", "FAIRLEAD_ALLOWED_NETWORKS", "FAIRLEAD_PORT_MAP", "FAIRLEAD_EXTRA_CA",
        }  # fmt: skip
        assert line["settings"]["FAIRLEAD_NAMESERVER"] == line["dns"]
        assert line["settings"]["FAIRLEAD_ALLOWED_NETWORKS"] == "127.64.0.0/10"
        world = await asked(f"{line['control_url']}/world.json")
        own = world["own_mailboxes"][0]
        person = next(
            person
            for company in world["companies"]
            for person in company["people"]
            if person["exists"] and company["mx_behavior"] in ("reject_unknown", "catch_all")
        )
        context = ssl.create_default_context(cafile=line["settings"]["FAIRLEAD_EXTRA_CA"])
        await asyncio.to_thread(send, own, person["email"], context)
        moved = await asked(f"{line['control_url']}/clock", {"advance_seconds": 60})
        assert moved["idle"]
        words = {"address": person["email"], "act": "reply", "answer": "question", "text": "What does it cost?"}
        assert await asked(f"{line['control_url']}/force", words) == {"done": True}
        assert b"What does it cost?" in await asyncio.to_thread(newest, own, context)
        assert Path(line["settings"]["FAIRLEAD_EXTRA_CA"]).exists()
    assert sandbox.process.returncode == 0
    assert not Path(line["settings"]["FAIRLEAD_EXTRA_CA"]).exists()


def send(own: dict[str, Any], to: str, context: ssl.SSLContext) -> None:
    smtp = own["smtp"]

    class Named(smtplib.SMTP_SSL):
        def _get_socket(self, host: str, port: int, timeout: float):
            plain = smtplib.SMTP._get_socket(self, host, port, timeout)
            return context.wrap_socket(plain, server_hostname=smtp["host"])

    with Named(smtp["real_host"], smtp["real_port"], context=context, timeout=10) as client:
        client.login(own["email"], own["password"])
        client.sendmail(
            own["email"], [to], f"From: {own['email']}\r\nTo: {to}\r\nSubject: Hi\r\nMessage-ID: <a@b>\r\n\r\nHi"
        )


def newest(own: dict[str, Any], context: ssl.SSLContext) -> bytes:
    imap = own["imap"]

    class Named(imaplib.IMAP4_SSL):
        def _create_socket(self, timeout: float):
            plain = imaplib.IMAP4._create_socket(self, timeout)
            return context.wrap_socket(plain, server_hostname=imap["host"])

    with Named(imap["real_host"], imap["real_port"], ssl_context=context, timeout=10) as client:
        client.login(own["email"], own["password"])
        client.select("INBOX")
        found: bytes = client.fetch("*", "(BODY[])")[1][0][1]
        return found
