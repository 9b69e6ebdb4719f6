"""Backup and restore, on the embedded server and on servers of other versions."""

import datetime
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from embedded_world import ask, ask_again
from psycopg.conninfo import make_conninfo

from fairlead.db import backup as backups
from fairlead.db.backup import BackupFailed, backup, restore
from fairlead.db.binaries import ENVIRONMENT, binaries
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.migrate import migrate
from fairlead.db.place import Place
from fairlead.db.system_user import run_as

ROWS = 20_000
OLD_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
needs_old_server = [
    pytest.mark.system,
    pytest.mark.skipif(not OLD_PROGRAMS.exists(), reason="PostgreSQL 15 is not installed"),
]
COMPARED = "select count(*) || ' ' || sum(hashtext(text::text)) || ' ' || count(distinct mood) from letters"


@pytest.fixture
def server(place: Place) -> Iterator[EmbeddedServer]:
    with EmbeddedServer.start(place) as started:
        yield started


def write_letters(conninfo: str) -> None:
    """Texts with everything that COPY has to escape, and one of each kind of object."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("create extension pg_trgm")
        conn.execute("create extension citext")
        conn.execute("create type mood as enum ('glad', 'sad')")
        conn.execute("create domain word as text check (value <> '')")
        conn.execute(
            """
            create table letters (
              id bigint generated always as identity primary key,
              text citext,
              mood mood not null default 'glad',
              written timestamptz not null default clock_timestamp(),
              raw bytea
            )
            """
        )
        conn.execute(
            r"""
            insert into letters (text, mood, raw)
            select case n %% 4 when 0 then null when 1 then E'\\.\n' || n when 2 then E'a\tb\r\n' || n
                               else 'COPY letters FROM stdin;' || chr(10) || 'größe ' || n end,
                   (array['glad', 'sad'])[1 + n %% 2]::mood, decode(lpad(to_hex(n), 8, '0'), 'hex')
              from generate_series(1, %(rows)s) n
            """,
            {"rows": ROWS},
        )
        conn.execute("create index letters_by_text on letters using gin ((text::text) gin_trgm_ops)")
        conn.execute("create view sad_letters as select id from letters where mood = 'sad'")
        conn.execute("create materialized view counted as select count(*) as letters from letters")
        conn.execute(
            r"""
            create function answer(kind word) returns text language plpgsql as $$
            begin
              -- \restrict, \. and COPY letters FROM stdin; are words like others here
              return 'dear ' || kind;
            end $$
            """
        )
        conn.execute("create procedure nothing() language sql as 'select 1'")


def assert_same_letters(conninfo: str, expected: str) -> None:
    assert ask(conninfo, COMPARED) == expected
    assert ask(conninfo, "insert into letters (text) values ('new') returning id") == ROWS + 1
    assert ask(conninfo, "select answer('friend')") == "dear friend"
    assert ask(conninfo, "select letters from counted") == ROWS
    assert ask(conninfo, "select count(*) from sad_letters") == ROWS // 2
    assert ask(conninfo, "select count(*) from pg_indexes where indexname = 'letters_by_text'") == 1
    assert ask(conninfo, "select reltuples from pg_class where relname = 'letters'") >= ROWS  # analyzed


def new_database(conninfo: str, name: str) -> str:
    ask(conninfo, f"create database {name}")
    return make_conninfo(conninfo, dbname=name)


def test_what_was_backed_up_is_what_is_restored(server: EmbeddedServer, tmp_path: Path) -> None:
    write_letters(server.conninfo)
    expected = ask(server.conninfo, COMPARED)
    target = tmp_path / "fairlead.backup"
    written: list[int] = []
    read: list[int] = []
    assert backup(server.conninfo, target, progress=written.append) == target.stat().st_size == written[-1]
    assert written == sorted(written)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]
    other = new_database(server.conninfo, "other")
    restore(other, target, progress=read.append)
    assert read == sorted(read)
    assert read[-1] > ROWS
    assert_same_letters(other, expected)


async def test_the_schema_of_the_product_survives(server: EmbeddedServer, tmp_path: Path) -> None:
    async with await psycopg.AsyncConnection.connect(server.conninfo, autocommit=True) as conn:
        await migrate(conn)
    backup(server.conninfo, tmp_path / "backup")
    other = new_database(server.conninfo, "other")
    restore(other, tmp_path / "backup")
    async with await psycopg.AsyncConnection.connect(other, autocommit=True) as conn:
        assert await migrate(conn) == []


def test_a_backup_is_of_one_moment_while_others_write(server: EmbeddedServer, tmp_path: Path) -> None:
    ask(server.conninfo, "create table a (n int); create table b (n int)")
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(server.conninfo, autocommit=True) as conn:
            n = 0
            while not stop.is_set():
                n += 1
                with conn.transaction():
                    conn.execute("insert into a values (%s)", [n])
                    conn.execute("insert into b values (%s)", [n])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ask_again(server.conninfo, "select 1")
        backup(server.conninfo, tmp_path / "backup")
    finally:
        stop.set()
        writer.join(30)
    other = new_database(server.conninfo, "other")
    restore(other, tmp_path / "backup")
    assert ask(other, "select (select coalesce(sum(n), 0) from a) = (select coalesce(sum(n), 0) from b)")


def test_neither_password_nor_key_is_in_a_backup(server: EmbeddedServer, place: Place, tmp_path: Path) -> None:
    (place.root / "keys").write_text("f" * 64)
    backup(server.conninfo, tmp_path / "backup")
    unpacked = subprocess.run(
        [binaries() / "pg_restore", "--file=-", tmp_path / "backup"], capture_output=True, check=True
    ).stdout
    assert place.secret.read_text().strip().encode() not in unpacked
    assert b"f" * 64 not in unpacked
    assert b"SCRAM" not in unpacked


def test_no_program_is_given_the_password_as_an_argument(server: EmbeddedServer, place: Place) -> None:
    _, safe, environment = backups._pg_dump_for(server.conninfo)
    password = place.secret.read_text().strip()
    assert password not in safe
    assert environment["PGPASSWORD"] == password


# What goes wrong.


def test_a_database_that_is_not_empty_is_left_alone_unless_forced(server: EmbeddedServer, tmp_path: Path) -> None:
    write_letters(server.conninfo)
    expected = ask(server.conninfo, COMPARED)
    backup(server.conninfo, tmp_path / "backup")
    ask(server.conninfo, "delete from letters; create table newer (n int)")
    with pytest.raises(BackupFailed, match="not empty"):
        restore(server.conninfo, tmp_path / "backup")
    assert ask(server.conninfo, "select count(*) from letters") == 0
    restore(server.conninfo, tmp_path / "backup", force=True)
    assert_same_letters(server.conninfo, expected)
    assert ask(server.conninfo, "select to_regclass('newer')") is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_backup_that_was_cut_off_changes_nothing(server: EmbeddedServer, tmp_path: Path, share: float) -> None:
    write_letters(server.conninfo)
    backup(server.conninfo, tmp_path / "whole")
    ask(server.conninfo, "create table newer as select 7 as number")
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupFailed, match="the database is as it was") as failed:
        restore(server.conninfo, tmp_path / "cut", force=True)
    assert "\n" not in str(failed.value)
    assert ask(server.conninfo, "select number from newer") == 7
    assert ask(server.conninfo, "select count(*) from letters") == ROWS


def test_a_file_that_is_no_backup_changes_nothing(server: EmbeddedServer, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear " * 1000)
    with pytest.raises(BackupFailed, match="is not a whole backup"):
        restore(server.conninfo, tmp_path / "letters.txt")
    with pytest.raises(BackupFailed, match="cannot be read: No such file"):
        restore(server.conninfo, tmp_path / "nothing")


def test_a_backup_that_fails_leaves_the_one_before(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "LOCK_WAIT", "200ms")
    ask(server.conninfo, "create table t (n int)")
    (tmp_path / "backup").write_text("the one before")
    with psycopg.connect(server.conninfo) as conn:
        conn.execute("lock table t in access exclusive mode")
        with pytest.raises(BackupFailed, match="kept a table locked for 200ms"):
            backup(server.conninfo, tmp_path / "backup")
    with pytest.raises(BackupFailed, match=r"cannot be written to .*: No such file"):
        backup(server.conninfo, tmp_path / "nowhere" / "backup")
    assert (tmp_path / "backup").read_text() == "the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_a_backup_given_up_leaves_nothing(server: EmbeddedServer, tmp_path: Path) -> None:
    write_letters(server.conninfo)

    def ctrl_c(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(server.conninfo, tmp_path / "backup", progress=ctrl_c)
    assert list(tmp_path.iterdir()) == []
    backup(server.conninfo, tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        restore(server.conninfo, tmp_path / "backup", force=True, progress=ctrl_c)
    assert ask(server.conninfo, "select count(*) from letters") == ROWS


def test_a_full_disk_is_one_sentence(server: EmbeddedServer) -> None:
    class Full:
        def write(self, block: bytes) -> int:
            with open("/dev/full", "wb", buffering=0) as full:
                return full.write(block)

    program, safe, environment = backups._pg_dump_for(server.conninfo)
    with pytest.raises(OSError, match="No space left"):
        backups._dump(program, safe, environment, Full().write, lambda _: None)


def test_a_database_in_use_is_one_sentence(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(server.conninfo, "create table t (n int)")
    backup(server.conninfo, tmp_path / "backup")
    monkeypatch.setattr(backups, "LOCK_WAIT", "200ms")
    with psycopg.connect(server.conninfo) as conn:
        conn.execute("insert into t values (1)")
        with pytest.raises(BackupFailed, match="in use; stop Fairlead"):
            restore(server.conninfo, tmp_path / "backup", force=True)


def test_a_server_that_is_not_there_is_one_sentence(place: Place, tmp_path: Path) -> None:
    conninfo = make_conninfo(host=str(place.sockets), dbname="fairlead", user="fairlead")
    for fails in (lambda: backup(conninfo, tmp_path / "b"), lambda: restore(conninfo, Path(__file__))):
        with pytest.raises(BackupFailed, match="The database cannot be reached: connection") as failed:
            fails()
        assert "\n" not in str(failed.value)


# Servers of others.


@contextmanager
def old_server(place: Place, *options: str) -> Iterator[str]:
    """A PostgreSQL 15 of the system, and how to connect to it."""
    old = replace(place, root=place.root.parent / "old")
    old.root.mkdir()
    (old.root / "password").write_text("old")
    if old.user is not None:
        os.chown(old.root, old.user.uid, old.user.gid)
    (old.root / "password").chmod(0o644)
    ours = {**run_as(old.user), "env": ENVIRONMENT, "cwd": "/", "stdin": subprocess.DEVNULL}
    initdb = [OLD_PROGRAMS / "initdb", "-D", old.data, "-U", "admin", "--pwfile", old.root / "password"]
    subprocess.run(
        [*initdb, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"], check=True, capture_output=True, **ours
    )
    for name in ("server.key", "server.crt"):
        if (place.root.parent / name).exists():
            shutil.copy(place.root.parent / name, old.data / name)
            (old.data / name).chmod(0o600)
            if old.user is not None:
                os.chown(old.data / name, old.user.uid, old.user.gid)
    command = [OLD_PROGRAMS / "postgres", "-D", old.data, "-c", f"unix_socket_directories={old.root}", *options]
    with (old.root / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, **ours) as process:
        conninfo = make_conninfo(host=str(old.root), user="admin", password="old", dbname="postgres")
        try:
            ask_again(conninfo, "select 1")
            ask(conninfo, "create role app login password 'app' nosuperuser")
            ask(conninfo, "create database app owner app")
            yield make_conninfo(conninfo, user="app", password="app", dbname="app")
        finally:
            process.send_signal(signal.SIGINT)


class TestOldServer:
    pytestmark = needs_old_server

    def test_the_way_from_the_embedded_server_to_an_older_one_and_back(
        self, server: EmbeddedServer, place: Place, tmp_path: Path
    ) -> None:
        write_letters(server.conninfo)
        expected = ask(server.conninfo, COMPARED)
        backup(server.conninfo, tmp_path / "new")
        with old_server(place, "-c", "listen_addresses=") as old:
            restore(old, tmp_path / "new")
            backup(old, tmp_path / "old")
            assert_same_letters(old, expected)
            restore(old, tmp_path / "new", force=True)
        other = new_database(server.conninfo, "other")
        restore(other, tmp_path / "old")
        assert_same_letters(other, expected)

    async def test_the_schema_of_the_product_goes_to_an_older_server(
        self, server: EmbeddedServer, place: Place, tmp_path: Path
    ) -> None:
        async with await psycopg.AsyncConnection.connect(server.conninfo, autocommit=True) as conn:
            await migrate(conn)
        backup(server.conninfo, tmp_path / "new")
        with old_server(place, "-c", "listen_addresses=") as old:
            restore(old, tmp_path / "new")
            async with await psycopg.AsyncConnection.connect(old, autocommit=True) as conn:
                assert await migrate(conn) == []

    def test_what_travels_encrypted_is_never_fetched_in_clear_text(
        self, server: EmbeddedServer, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
    ) -> None:
        write_certificate(place.root.parent)
        write_letters(server.conninfo)
        expected = ask(server.conninfo, COMPARED)
        backup(server.conninfo, tmp_path / "new")
        options = ["-c", "ssl=on", "-c", "listen_addresses=127.0.0.1", "-c", f"port={free_port}"]
        monkeypatch.setenv("PGPORT", str(free_port))
        with old_server(place, *options) as local:
            old = make_conninfo(local, host="127.0.0.1")
            restore(old, tmp_path / "new")
            monkeypatch.setenv("PATH", str(OLD_PROGRAMS))
            backup(old, tmp_path / "old")
            monkeypatch.setenv("PATH", str(tmp_path))
            with pytest.raises(BackupFailed, match=r"encrypted, .* install postgresql-client-15"):
                backup(old, tmp_path / "old")
        other = new_database(make_conninfo(server.conninfo, port=5432), "other")
        restore(other, tmp_path / "old")
        assert_same_letters(other, expected)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    (folder / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
