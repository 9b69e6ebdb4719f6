"""Encryption keys: made at the first start, refused when wrong, and changed for new ones under a running server."""

import asyncio
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from fairlead.db import keys
from fairlead.db.instance import KEY_CHECK, KEY_CHECK_PURPOSE, check_keys, ensure_instance
from fairlead.db.keys import KEY_FILE, add_key, drop_old_keys, load_keys, parse_keys, read_keys, reseal, rotating
from fairlead.kit.refusals import CannotStart
from fairlead.kit.sealing import KeyRing, Unopenable, new_key

PURPOSE = "things.password"
KEY_TEXT = "ab" * 32


@pytest.fixture
async def conn(db):
    async with db.statement() as conn:
        await ensure_instance(conn, wanted_mode="live", new_token="test")
        yield conn


async def test_the_first_start_makes_a_key_that_its_owner_alone_may_read(tmp_path):
    os.umask(os.umask(0))  # whatever the umask is
    ring = load_keys(None, tmp_path, first_start=True)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert load_keys(None, tmp_path, first_start=False).keys == ring.keys
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_many_first_starts_at_once_make_one_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: load_keys(None, tmp_path, first_start=True).keys, range(64)))
    assert len(set(rings)) == 1


def test_a_lost_key_is_told_and_not_replaced_by_a_new_one(tmp_path):
    with pytest.raises(CannotStart, match=r"is missing; put it back as .*encryption\.key, or set FAIRLEAD_SECRET_KEY"):
        load_keys(None, tmp_path, first_start=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "\n", "zz" * 32, "ab" * 31, KEY_TEXT + "00", "\xff\xfe", "ab" * 33])
def test_a_file_that_holds_no_key_is_one_sentence_without_its_content(tmp_path, text):
    (tmp_path / KEY_FILE).write_text(text, "latin-1")
    with pytest.raises(CannotStart) as refusal:
        load_keys(None, tmp_path, first_start=True)
    assert KEY_FILE in str(refusal.value)
    assert not text.strip() or text.strip() not in str(refusal.value)


def test_a_folder_that_takes_no_file_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="cannot be written"):
        load_keys(None, tmp_path / "file", first_start=True)


def test_the_setting_goes_before_the_file_and_names_itself_when_it_is_wrong(tmp_path):
    ring = load_keys(f"{KEY_TEXT}, {'cd' * 32}", tmp_path, first_start=True)
    assert ring.keys == (b"\xab" * 32, b"\xcd" * 32)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CannotStart, match="FAIRLEAD_SECRET_KEY must hold") as refusal:
        load_keys("abcd", tmp_path, first_start=True)
    assert "abcd" not in str(refusal.value)


def test_keys_are_not_shown(tmp_path):
    ring = load_keys(KEY_TEXT, tmp_path, first_start=True)
    assert KEY_TEXT not in repr(ring)
    assert repr(b"\xab" * 32) not in repr(ring)


async def test_the_key_of_another_installation_is_refused(conn):
    await check_keys(conn, KeyRing((new_key(),)))
    with pytest.raises(CannotStart, match=r"does not open the secrets.*put back the file encryption\.key"):
        await check_keys(conn, KeyRing((new_key(),)))


async def test_of_two_first_starts_with_different_keys_one_is_refused(conn, db):
    async def start():
        async with db.statement() as own:
            await check_keys(own, KeyRing((new_key(),)))

    ended = await asyncio.gather(*(start() for _ in range(8)), return_exceptions=True)
    assert [type(result) for result in ended if result] == [CannotStart] * 7


# Rotating


async def check(conn, ring):
    await check_keys(conn, ring)
    return ring


async def sealed_check(conn):
    return bytes((await (await conn.execute("select key_check from instance")).fetchone())[0])


async def test_rotating_moves_every_secret_to_a_new_key_and_dropping_forgets_the_old(conn, db, tmp_path):
    first = await check(conn, load_keys(None, tmp_path, first_start=True))
    async with rotating(db) as own:
        assert await reseal(own, add_key(tmp_path)) == 1
        assert await reseal(own, read_keys(tmp_path)) == 0
    assert read_keys(tmp_path).keys[1:] == first.keys
    with pytest.raises(Unopenable):
        KeyRing(first.keys).open(await sealed_check(conn), KEY_CHECK_PURPOSE)
    drop_old_keys(tmp_path)
    assert len(read_keys(tmp_path).keys) == 1
    await check_keys(conn, load_keys(None, tmp_path, first_start=False))
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


async def test_a_running_server_opens_what_is_sealed_with_a_key_made_since_its_start(conn, db, tmp_path):
    running = await check(conn, load_keys(None, tmp_path, first_start=True))
    async with rotating(db) as own:
        await reseal(own, add_key(tmp_path))
    assert running.open(await sealed_check(conn), KEY_CHECK_PURPOSE) == KEY_CHECK
    # It goes on sealing with its own, which stays in the file for that.
    assert read_keys(tmp_path).open(running.seal(b"new", PURPOSE), PURPOSE) == b"new"


async def test_rotating_twice_at_once_loses_no_key(conn, db, tmp_path):
    await check(conn, load_keys(None, tmp_path, first_start=True))

    async def rotate():
        async with rotating(db) as own:
            await reseal(own, await asyncio.to_thread(add_key, tmp_path))

    await asyncio.gather(*(rotate() for _ in range(5)))
    assert len(read_keys(tmp_path).keys) == 6
    await check_keys(conn, read_keys(tmp_path))


async def test_a_rotation_killed_before_its_end_leaves_everything_to_open(conn, tmp_path):
    await check(conn, load_keys(None, tmp_path, first_start=True))
    add_key(tmp_path)
    await check_keys(conn, load_keys(None, tmp_path, first_start=False))


async def test_a_secret_that_changes_while_it_is_resealed_is_not_put_back(conn, db, tmp_path, monkeypatch):
    """A column with many secrets; one of them is given a new value after the old one was read."""
    await conn.execute("create table things (id int primary key, password bytea)")
    monkeypatch.setattr(keys, "SEALED", (keys.SealedColumn("things", "password", "id"),))
    ring = load_keys(None, tmp_path, first_start=True)
    for number in range(3):
        await conn.execute("insert into things values (%s, %s)", [number, ring.seal(b"old", PURPOSE)])
    later = add_key(tmp_path)
    real = KeyRing.open

    def open_while_another_writes(self, sealed, purpose):
        with psycopg.connect(db.conninfo, autocommit=True) as other:
            other.execute("update things set password = %s where id = 1", [ring.seal(b"new", PURPOSE)])
        return real(self, sealed, purpose)

    monkeypatch.setattr(KeyRing, "open", open_while_another_writes)
    await reseal(conn, later)
    monkeypatch.setattr(KeyRing, "open", real)
    cur = await conn.execute("select password from things order by id")
    assert [later.open(bytes(row[0]), PURPOSE) for row in await cur.fetchall()] == [b"old", b"new", b"old"]


def test_every_sealed_column_is_one_of_the_schema():
    """A column that is sealed and not listed would be lost by the next rotation."""
    assert {place.purpose for place in keys.SEALED} == {
        KEY_CHECK_PURPOSE,
        "mailboxes.secret",
        "mailboxes.access_token",
        "webhooks.secret",
        "webhooks.old_secret",
        "tracking_certificates.private_key",
        "acme_accounts.private_key",
    }
    assert parse_keys(KEY_TEXT, "here") == (b"\xab" * 32,)
