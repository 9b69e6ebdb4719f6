"""What this installation is: its mode and name, and whether the encryption keys at hand are its own."""

from dataclasses import dataclass

from fairlead.db.pool import Connection
from fairlead.kit.refusals import CannotStart
from fairlead.kit.sealing import KeyRing, Unopenable

KEY_CHECK = b"fairlead"
KEY_CHECK_PURPOSE = "instance.key_check"


@dataclass(frozen=True)
class Instance:
    mode: str
    token: str
    has_key: bool
    """Whether an encryption key was ever used here."""


async def ensure_instance(conn: Connection, *, wanted_mode: str | None, new_token: str) -> Instance:
    """The installation's row, made if this is its first start. Raises `CannotStart` in the wrong mode.

    `wanted_mode` None stands for whichever it is, and makes a live one.
    """
    await conn.execute(
        "insert into instance (mode, token) values (%s, %s) on conflict do nothing",
        [wanted_mode or "live", new_token],
    )
    cur = await conn.execute("select mode, token, key_check is not null from instance")
    row = await cur.fetchone()
    assert row is not None
    if wanted_mode is not None and row[0] != wanted_mode:
        raise CannotStart(
            f"This data belongs to a {row[0]} installation and cannot be served as a {wanted_mode} one; "
            + ("leave out --sandbox" if row[0] == "live" else "add --sandbox")
            + ", or name another folder with --data."
        )
    return Instance(*row)


async def check_keys(conn: Connection, keys: KeyRing) -> None:
    """Raises `CannotStart` when the keys are not those the stored secrets were sealed with."""
    # Of two first starts with different keys one is first, and the other is told here.
    await conn.execute(
        "update instance set key_check = %s where key_check is null", [keys.seal(KEY_CHECK, KEY_CHECK_PURPOSE)]
    )
    cur = await conn.execute("select key_check from instance")
    row = await cur.fetchone()
    assert row is not None
    try:
        opened = keys.open(bytes(row[0]), KEY_CHECK_PURPOSE)
    except Unopenable as error:
        raise CannotStart(
            "The encryption key does not open the secrets stored in this database; put back the file encryption.key "
            "that belongs to it, or set FAIRLEAD_SECRET_KEY."
        ) from error
    assert opened == KEY_CHECK
