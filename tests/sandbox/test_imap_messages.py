"""Flags, copies, changes by others, IDLE and Gmail's labels over IMAP."""

import asyncio
import imaplib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from imap_house import ANN, BEA, NOW, House, opened_house, simple, tls_contexts

from fairlead.sandbox.mailboxes import SEEN, Role


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(tls_contexts(tmp_path)) as opened:
        yield opened


async def test_flags_are_set_added_and_taken_away(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.logged_in() as client:
            client.select()
            assert client.store("1:2", "+FLAGS", "(\\seen hot)")[1] == [
                b"1 (FLAGS (\\Seen hot \\Recent))",
                b"2 (FLAGS (\\Seen hot \\Recent))",
            ]
            assert client.store("1", "-FLAGS.SILENT", "hot")[1] == [None]
            assert client.uid("STORE", "3", "FLAGS", "(\\Deleted)")[1] == [b"3 (UID 3 FLAGS (\\Deleted \\Recent))"]
            for wrong in ("\\Recent", "\\Invented"):
                with pytest.raises(imaplib.IMAP4.error):
                    client.store("1", "+FLAGS", wrong)
            assert client.expunge()[1] == [b"3"]
            assert client.search(None, "ALL")[1] == [b"1 2"]

    await house.ask(talk)
    assert [sorted(entry.message.flags) for entry in box.entries()] == [[b"\\Seen"], [b"\\Seen", b"hot"]]


async def test_copy_and_move_tell_the_new_uids(house: House):
    box = house.boxes.mailbox(ANN)
    for number in range(1, 6):
        box.append(simple(number), NOW)
    archive, trash = box.folder("Archive"), box.folder("Trash")

    def talk() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            say(b"b SELECT INBOX\r\n")
            assert say(b"c COPY 1:2 Archive\r\n") == [b"c OK [COPYUID %d 1,2 1,2] copied\r\n" % archive.uid_validity]
            assert say(b"d UID MOVE 2,4 Trash\r\n") == [
                b"* OK [COPYUID %d 2,4 1,2] moved\r\n" % trash.uid_validity,
                b"* 4 EXPUNGE\r\n",
                b"* 2 EXPUNGE\r\n",
                b"d OK done\r\n",
            ]
            assert b"e NO [TRYCREATE]" in say(b"e COPY 1 Nowhere\r\n")[-1]
            say(b"f STORE 1:3 +FLAGS.SILENT \\Deleted\r\n")
            assert say(b"g UID EXPUNGE 5\r\n") == [b"* 3 EXPUNGE\r\n", b"g OK expunged\r\n"]
            assert say(b"h UNSELECT\r\n") == [b"h OK unselected\r\n"]
            say(b"i SELECT INBOX\r\n")
            assert say(b"j CLOSE\r\n") == [b"j OK closed\r\n"]

    await house.ask(talk)
    assert (len(box.entries()), len(box.entries(Role.ARCHIVE)), len(box.entries(Role.TRASH))) == (0, 2, 2)


async def test_one_session_sees_what_another_did_but_never_loses_count_during_fetch(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.raw() as one, house.raw() as two:
            for say in (one, two):
                say(b"a LOGIN ann@north.example secret\r\n")
                say(b"b SELECT INBOX\r\n")
            two(b"c STORE 1 +FLAGS (\\Deleted)\r\n")
            two(b"d EXPUNGE\r\n")
            two(b"e STORE 1 +FLAGS (\\Flagged)\r\n")
            # Message 1 is gone, and this session may not be told yet.
            assert one(b"f FETCH 2 (UID FLAGS)\r\n") == [
                b"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))\r\n",
                b"* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))\r\n",
                b"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))\r\n",
                b"f OK done\r\n",
            ]
            assert one(b"g NOOP\r\n") == [b"* 1 EXPUNGE\r\n", b"g OK done\r\n"]

    await house.ask(talk)


async def test_idle_tells_at_once_what_arrives_goes_and_changes(house: House):
    box = house.boxes.mailbox(ANN)
    box.append(simple(1), NOW)
    loop = asyncio.get_running_loop()

    def on_server(act: Callable[[], object]) -> None:
        loop.call_soon_threadsafe(act)

    def talk() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            say(b"b SELECT INBOX\r\n")
            assert say(b"c IDLE\r\n") == [b"+ idling\r\n"]
            on_server(lambda: box.append(simple(2), NOW))
            assert say(b"") == [b"* 2 EXISTS\r\n"]
            assert say(b"") == [b"* 2 RECENT\r\n"]
            on_server(lambda: box.add_flag(box.entries()[0], SEEN))
            assert say(b"") == [b"* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))\r\n"]
            on_server(lambda: box.expunge(box.folder("INBOX"), [box.entries()[0]]))
            assert say(b"") == [b"* 1 EXPUNGE\r\n"]
            assert say(b"DONE\r\n") == [b"c OK idle no more\r\n"]
            assert b"d OK" in say(b"d NOOP\r\n")[-1]

    await house.ask(talk)


async def test_a_changed_uidvalidity_ends_sessions_and_numbers_anew(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)
    box.expunge(box.folder("INBOX"), [box.entries()[0]])
    before = box.folder("INBOX").uid_validity
    loop = asyncio.get_running_loop()

    def talk() -> None:
        with house.raw() as say, house.raw() as idler:
            for one in (say, idler):
                one(b"a LOGIN ann@north.example secret\r\n")
                one(b"b SELECT INBOX\r\n")
            idler(b"c IDLE\r\n")
            loop.call_soon_threadsafe(box.change_uid_validity)
            assert b"* BYE" in idler(b"")[-1]
            assert b"* BYE" in say(b"c NOOP\r\n")[-1] or b"* BYE" in say(b"")[-1]
        with house.logged_in() as client:
            client.select()
            assert client.response("UIDVALIDITY")[1] == [b"%d" % (before + 6)]
            assert client.uid("SEARCH", "ALL")[1] == [b"1 2"]

    await house.ask(talk)


async def test_gmail_shows_one_message_under_many_labels(house: House):
    box = house.boxes.mailbox(BEA)
    first = box.append(simple(1), NOW)
    reply = box.append(simple(2, extra=b"In-Reply-To: <m1@shop.example>\r\n"), NOW, to=Role.SENT)
    assert reply.message.thread == first.message.number

    def talk() -> None:
        with house.logged_in(BEA) as client:
            assert "X-GM-EXT-1" in client.capability()[1][0].decode()
            assert b'(\\HasNoChildren \\All) "/" "[Gmail]/All Mail"' in client.list()[1]
            client.select('"[Gmail]/All Mail"')
            assert client.fetch("1:2", "(X-GM-MSGID X-GM-THRID X-GM-LABELS)")[1] == [
                b"1 (X-GM-MSGID %d X-GM-THRID %d X-GM-LABELS (\\Inbox))" % ((first.message.number,) * 2),
                b"2 (X-GM-MSGID %d X-GM-THRID %d X-GM-LABELS (\\Sent))" % (reply.message.number, first.message.number),
            ]
            assert client.search(None, f"X-GM-THRID {first.message.number}")[1] == [b"1 2"]
            assert client.search(None, f"X-GM-MSGID {reply.message.number}")[1] == [b"2"]
            assert client.search(None, 'X-GM-RAW "rfc822msgid:m2@shop.example"')[1] == [b"2"]
            assert client.search(None, "X-GM-RAW rfc822msgid:<m1@shop.example>")[1] == [b"1"]
            assert client.search(None, 'X-GM-RAW "subject:letter -in:sent"')[1] == [b"1"]
            assert client.search(None, 'X-GM-LABELS "\\\\Inbox"')[1] == [b"1"]
            answer = client.store("1", "+X-GM-LABELS", '(Hot "Two Words" \\Important)')[1][0]
            assert answer == b'1 (X-GM-LABELS ("Hot" "Two Words" \\Important \\Inbox))'
            client.store("1", "-X-GM-LABELS", "(Hot \\Inbox)")
            client.select('"Two Words"', readonly=True)
            assert b"X-GM-LABELS (\\Important)" in client.fetch("1", "X-GM-LABELS")[1][0]
            client.select("INBOX")
            assert client.search(None, "ALL")[1] == [b""]

    await house.ask(talk)
    assert [len(box.folder(name).entries) for name in ("Hot", "Two Words", "[Gmail]/All Mail")] == [0, 1, 2]


async def test_gmail_archives_what_is_expunged_from_inbox_and_moves_to_trash_from_everywhere(house: House):
    box = house.boxes.mailbox(BEA)
    for number in (1, 2):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.logged_in(BEA) as client:
            client.select()
            client.store("1", "+FLAGS", "\\Deleted")
            client.expunge()
            assert client.xatom("MOVE", "1", '"[Gmail]/Trash"')[0] == "OK"

    await house.ask(talk)
    assert [len(box.entries(role)) for role in (Role.INBOX, Role.ALL, Role.TRASH)] == [0, 1, 1]
