"""Where the encryption keys come from, and how every sealed value moves to a new one."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from psycopg import sql

from fairlead.db.own_files import flush_folder
from fairlead.db.pool import Connection, Database
from fairlead.kit.refusals import CannotStart
from fairlead.kit.sealing import KEY_BYTES, KeyRing, new_key

KEY_FILE = "encryption.key"
SETTING = "FAIRLEAD_SECRET_KEY"
# See `docs/architecture.md`, locks.
ROTATION_LOCK = 0x666C_0004
BATCH = 500


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values. What it is sealed for is its name, `table.column`."""

    table: str
    column: str
    key: str

    @property
    def purpose(self) -> str:
        return f"{self.table}.{self.column}"


SEALED = (
    SealedColumn("instance", "key_check", "only_row"),
    SealedColumn("mailboxes", "secret", "id"),
    SealedColumn("mailboxes", "access_token", "id"),
    SealedColumn("webhooks", "secret", "id"),
    SealedColumn("webhooks", "old_secret", "id"),
    SealedColumn("tracking_certificates", "private_key", "domain"),
    SealedColumn("acme_accounts", "private_key", "directory"),
)


def parse_keys(text: str, place: str) -> tuple[bytes, ...]:
    try:
        keys = tuple(bytes.fromhex(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip())
    except ValueError as error:
        raise CannotStart(f"{place} holds something that is not an encryption key.") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise CannotStart(f"{place} must hold encryption keys of {2 * KEY_BYTES} hex digits each.")
    return keys


def load_keys(setting: str | None, folder: Path, *, first_start: bool) -> KeyRing:
    """The keys of the setting, or of the file in `folder`, which is made at the first start (0600).

    Raises `CannotStart`; also where the file of an installation that has secrets is missing.
    """
    if setting:
        return KeyRing(parse_keys(setting, SETTING))
    path = folder / KEY_FILE
    if first_start and not path.exists():
        try:
            _write(path, (new_key(),), exclusive=True)
        except FileExistsError:
            pass  # another process was first
        except OSError as error:
            raise CannotStart(f"The encryption key cannot be written to {path}: {error.strerror}.") from error
    return KeyRing(_read(path), reread=partial(_read, path))


def add_key(folder: Path) -> KeyRing:
    """A ring with a new key in front, written to the file. The old ones stay: running processes seal with them."""
    path = folder / KEY_FILE
    ring = (new_key(), *_read(path))
    _write(path, ring)
    return KeyRing(ring)


def read_keys(folder: Path) -> KeyRing:
    """The keys of the file as it is now."""
    return KeyRing(_read(folder / KEY_FILE))


def drop_old_keys(folder: Path) -> None:
    """Leaves the newest key alone in the file."""
    path = folder / KEY_FILE
    _write(path, _read(path)[:1])


@asynccontextmanager
async def rotating(db: Database) -> AsyncIterator[Connection]:
    """A connection for `reseal`, held by one process at a time: of two that write the file, one key would be lost."""
    conn = await db.dedicated()
    try:
        await conn.execute("select pg_advisory_lock(%s)", [ROTATION_LOCK])
        yield conn
    finally:
        await conn.close()


async def reseal(conn: Connection, keys: KeyRing) -> int:
    """Seals every stored secret with the newest key; how many were sealed with another before."""
    changed = 0
    for place in SEALED:
        changed += await _reseal_column(conn, keys, place)
    return changed


async def _reseal_column(conn: Connection, keys: KeyRing, place: SealedColumn) -> int:
    names = {name: sql.Identifier(getattr(place, name)) for name in ("table", "column", "key")}
    select = sql.SQL("select {key}, {column} from {table} where {column} is not null").format(**names)
    update = sql.SQL("update {table} set {column} = %s where {key} = %s and {column} = %s").format(**names)
    changed = 0
    cur = await conn.execute(select)
    while rows := await cur.fetchmany(BATCH):
        for key, sealed in rows:
            old = bytes(sealed)
            if not keys.newest_seals(old):
                fresh = keys.seal(keys.open(old, place.purpose), place.purpose)
                # The old value is part of the condition: a secret changed meanwhile is not put back.
                changed += (await conn.execute(update, [fresh, key, old])).rowcount
    return changed


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        text = path.read_text("ascii", errors="replace")
    except FileNotFoundError:
        raise CannotStart(
            f"The encryption key of the secrets stored in this database is missing; put it back as {path}, or set "
            f"{SETTING}."
        ) from None
    except OSError as error:
        raise CannotStart(f"The encryption key in {path} cannot be read: {error.strerror}.") from error
    return parse_keys(text, str(path))


def _write(path: Path, keys: tuple[bytes, ...], *, exclusive: bool = False) -> None:
    # Written beside and moved, so that a crash leaves the old file or the new one. `link` refuses to replace.
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # of mode 0600
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("".join(f"{key.hex()}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(beside, path)
        else:
            beside.replace(path)
        flush_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)
