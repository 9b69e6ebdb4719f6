"""Mailboxes from a table: columns guessed from their names, and every row that fails told why."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from fairlead.kit.refusals import Invalid, Refusal
from fairlead.senders import mailboxes, providers
from fairlead.senders.model import Delay, Encryption, Provider, RampUp, ServerAddress, Settings
from fairlead.world import World

MOST_ROWS: Final = 10_000
MOST_OCTETS: Final = 20_000_000
# What columns are called, reduced to letters and digits; the first spelling is ours.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "email": (
        "email", "emailaddress", "address", "mailbox", "emailfrom", "fromemail", "sender", "senderemail", "account",
        "emailaccount", "from",
    ),
    "name": ("name", "sendername", "fromname", "fullname", "displayname"),
    "first_name": ("firstname", "givenname", "first"),
    "last_name": ("lastname", "surname", "familyname", "last"),
    "password": (
        "password", "apppassword", "smtppassword", "emailpassword", "mailboxpassword", "pass", "imappassword",
    ),
    "login": ("login", "username", "user", "smtpusername", "smtplogin", "smtpuser", "imapusername", "imaplogin"),
    "smtp_host": ("smtphost", "smtpserver", "smtp", "outgoingserver", "smtphostname", "smtpaddress"),
    "smtp_port": ("smtpport", "outgoingport"),
    "smtp_encryption": ("smtpencryption", "smtpsecurity", "smtpssl", "smtptls", "smtpsecure"),
    "imap_host": ("imaphost", "imapserver", "imap", "incomingserver", "imaphostname", "imapaddress"),
    "imap_port": ("imapport", "incomingport"),
    "imap_encryption": ("imapencryption", "imapsecurity", "imapssl", "imaptls", "imapsecure"),
    "daily_limit": ("dailylimit", "limitation", "limit", "maxperday", "perday", "dailymax", "maxemailperday",
                    "maxemailsperday", "messageperday"),
    "delay_from": ("delayfrom", "delaymin", "mindelay", "delay", "delayfixed", "minwaittime", "wait"),
    "delay_to": ("delayto", "delaymax", "maxdelay"),
    "ramp_up_start": ("rampupstart", "warmupstart"),
    "ramp_up_step": ("rampupstep", "rampupincrement", "warmupincrement"),
    "signature": ("signature", "signaturehtml", "emailsignature"),
    "reply_to": ("replyto", "replytoemail", "replyaddress"),
    "bcc": ("bcc", "bccemail"),
    "tags": ("tags", "tag", "labels", "groups"),
    "time_zone": ("timezone", "tz", "zone"),
}  # fmt: skip
_WORDS: Final = {
    "ssl": "tls", "tls": "tls", "ssltls": "tls", "implicit": "tls", "true": "tls", "yes": "tls", "1": "tls",
    "starttls": "starttls", "none": "none", "no": "none", "false": "none", "0": "none", "plain": "none",
}  # fmt: skip
_PLAIN: Final = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    columns: dict[str, int]  # ours -> place
    rows: tuple[tuple[str, ...], ...]

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns that mean nothing to us."""
        used = set(self.columns.values())
        return tuple(name for place, name in enumerate(self.header) if place not in used)


@dataclass(frozen=True)
class FailedRow:
    number: int  # counted from 1, without the header
    cells: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Imported:
    made: int
    failed: tuple[FailedRow, ...]


def read_table(raw: bytes) -> Table:
    """A table with comma, semicolon or tab between its cells. Raises `Invalid`."""
    if len(raw) > MOST_OCTETS:
        raise Invalid("too_large", f"The file is larger than {MOST_OCTETS // 10**6} MB.", field="file")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise Invalid("bad_table", f"The file cannot be read as a table: {error}.", field="file") from None
    if len(lines) < 2:
        raise Invalid("empty", "The file has no rows below its header.", field="file")
    if len(lines) - 1 > MOST_ROWS:
        raise Invalid("too_many", f"The file has more than {MOST_ROWS:,} rows.", field="file")
    header = tuple(cell.strip() for cell in lines[0])
    columns = _guessed(header)
    for needed in ("email", "password"):
        if needed not in columns:
            known = ", ".join(COLUMNS)
            raise Invalid("no_column", f"No column looks like {needed}; these are known: {known}.", field="file")
    return Table(header, columns, tuple(map(tuple, lines[1:])))


def _guessed(header: Sequence[str]) -> dict[str, int]:
    spelled = {_PLAIN.sub("", name.lower()): place for place, name in reversed(list(enumerate(header)))}
    found = {
        ours: next((spelled[word] for word in spellings if word in spelled), None)
        for ours, spellings in COLUMNS.items()
    }
    return {ours: place for ours, place in found.items() if place is not None}


async def bring_in(world: World, workspace_id: int, table: Table) -> Imported:
    """Makes the mailbox of each row, one by one: a row that fails holds up no other."""
    made, failed = 0, []
    for number, cells in enumerate(table.rows, 1):
        row = {ours: cells[place].strip() for ours, place in table.columns.items() if place < len(cells)}
        try:
            settings = await _settings(world, row)
            now = world.clock.now()
            async with world.db.transaction() as conn:
                await mailboxes.create(
                    world, conn, workspace_id, settings, secret=row.get("password", ""), now=now
                )
        except Refusal as refusal:
            failed.append(FailedRow(number, cells, refusal.sentence))
        else:
            made += 1
    return Imported(made, tuple(failed))


def error_table(table: Table, failed: Sequence[FailedRow]) -> Iterator[list[str]]:
    """The rows that failed as they were, with why; passwords are left out, for the file is there to be looked at."""
    secret = table.columns["password"]
    yield [*table.header, "error"]
    for row in failed:
        cells = [*row.cells, *[""] * (len(table.header) - len(row.cells))][: len(table.header)]
        cells[secret] = ""
        yield [*cells, row.why]


async def _settings(world: World, row: dict[str, str]) -> Settings:
    address = row.get("email", "")
    smtp, imap = await _servers(world, row, address)
    name = row.get("name") or f"{row.get('first_name', '')} {row.get('last_name', '')}".strip()
    delay = _delay(row)
    ramp_up = None
    if row.get("ramp_up_start"):
        day: date = world.clock.now().date()
        ramp_up = RampUp(_number(row, "ramp_up_start", 5), _number(row, "ramp_up_step", 5), day)
    return Settings(
        address=address,
        sender_name=name or address.partition("@")[0],
        smtp=smtp,
        imap=imap,
        login=row.get("login", ""),
        time_zone=row.get("time_zone") or "UTC",
        daily_limit=_number(row, "daily_limit", 50),
        delay=delay,
        ramp_up=ramp_up,
        signature_html=row.get("signature") or None,
        reply_to=row.get("reply_to") or None,
        bcc=tuple(re.split(r"[,;\s]+", row["bcc"])) if row.get("bcc") else (),
        tags=tuple(re.split(r"[,;|]", row.get("tags", ""))),
    )


async def _servers(world: World, row: dict[str, str], address: str) -> tuple[ServerAddress, ServerAddress | None]:
    """As the row has them; where it has none, those of the provider that takes the mail of the domain."""
    if not row.get("smtp_host"):
        provider = await providers.by_exchanger(world.dns, address.rpartition("@")[2]) if "@" in address else None
        return servers_of(provider, address)
    smtp = _server(row, "smtp", {465: Encryption.SSL, 587: Encryption.STARTTLS, 25: Encryption.NONE})
    imap = _server(row, "imap", {993: Encryption.SSL, 143: Encryption.NONE}) if row.get("imap_host") else None
    return smtp, imap


async def usual_servers(world: World, address: str) -> tuple[ServerAddress, ServerAddress]:
    """The well-known servers of the provider that takes an address's mail. Raises `Invalid`."""
    return servers_of(await providers.by_exchanger(world.dns, address.rpartition("@")[2]), address)


def servers_of(provider: Provider | None, address: str) -> tuple[ServerAddress, ServerAddress]:
    """The well-known servers of a provider. Raises `Invalid`."""
    if provider not in providers.SERVERS:
        raise Invalid("no_server", f"The servers of {address} are not known: name them.", field="smtp.host")
    return providers.SERVERS[provider]


def _server(row: dict[str, str], kind: str, usual: dict[int, Encryption]) -> ServerAddress:
    port = _number(row, f"{kind}_port", next(iter(usual)))
    word = _PLAIN.sub("", row.get(f"{kind}_encryption", "").lower())
    if word and word not in _WORDS:
        raise Invalid("bad_encryption", f"{kind}_encryption is ssl, starttls or none.", field=f"{kind}_encryption")
    # "TLS" and "SSL" are said of both kinds; the port tells which is meant.
    encryption = usual.get(port, Encryption.SSL)
    meaning = _WORDS.get(word)
    if meaning == "none":
        encryption = Encryption.NONE
    elif meaning == "starttls" or (meaning == "tls" and encryption is Encryption.NONE):
        encryption = Encryption.STARTTLS
    return ServerAddress(row[f"{kind}_host"], port, encryption)


def _delay(row: dict[str, str]) -> Delay:
    if not row.get("delay_from"):
        return Delay(600, 900)
    least = _number(row, "delay_from", 600)
    return Delay(least, _number(row, "delay_to", least))


def _number(row: dict[str, str], name: str, otherwise: int) -> int:
    text = row.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid("not_a_number", f"{name} is a whole number.", field=name)
    return int(text)
